// Reports as answers and as files (common/rpc/reports.h).
#include "services/student_aid/handlers.h"
#include "services/student_aid/report.h"

namespace ruraledu::student_aid {

absl::StatusOr<v1::Report> Handlers::GetReport(rpc::Call& call, const v1::GetReportRequest& request) {
  return rpc::GetReport<v1::Report>(
      {host_, dashboards_.board.spec().places, kUnmask}, call, request,
      rpc::Bind(FindReport(request.report()),
                ReportParts{host_, book_, fund_rules_, tables_, payments_, office_, follow_up_, applications_,
                            departments_, compliance_, goods_, consents_}));
}

absl::StatusOr<rpc::ReportStream> Handlers::ExportReport(rpc::Call& call, const v1::ExportReportRequest& request) {
  return rpc::ExportReport({host_, dashboards_.board.spec().places, kUnmask}, call, request,
                           rpc::Bind(FindReport(request.report()),
                                     ReportParts{host_, book_, fund_rules_, tables_, payments_, office_, follow_up_,
                                                 applications_, departments_, compliance_, goods_, consents_}));
}

}  // namespace ruraledu::student_aid
