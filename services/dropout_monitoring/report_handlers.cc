// Reports as answers and as files (common/rpc/reports.h).
#include <algorithm>

#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/reports.h"

namespace ruraledu::dropout_monitoring {

const ReportSpec* FindReport(v1::ReportKind kind) {
  static const auto* const all =
      new std::vector<ReportSpec>{RatesReport(), CohortsReport(),
                                  // Ledgers.
                                  SuspectedReport(), DropoutsReport(), ZeroReportsReport(), MissingReportsReport(),
                                  UnmarkedClassesReport(), ResponsibilityGapsReport(), PlatformLedgerReport(),
                                  PlatformBasicReport(), RegisterFindingsReport(), RegisterChecksReport(),
                                  // The enrolment drive, leavers.
                                  EnrolmentDailyReport(), ExpectedChildrenReport(), LeaversReport(),
                                  LeaverRatesReport(), CommitteeReviewsReport(), CaseWorkReport(),
                                  // Ledgers and lists one by one.
                                  SignedLedgerReport(), DisabledChildrenReport(), DossiersReport(),
                                  DepartmentSlipsReport(), AbsenceApprovalsReport(), PlatformReport(),
                                  // Sums by county.
                                  ZeroRollUpReport(), ClearanceReport()};
  const auto found = std::find_if(all->begin(), all->end(), [&](const ReportSpec& spec) { return spec.kind == kind; });
  return found == all->end() ? nullptr : &*found;
}

absl::StatusOr<v1::Report> Handlers::GetReport(rpc::Call& call, const v1::GetReportRequest& request) {
  return rpc::GetReport<v1::Report>(
      {host_, dashboards_.board.spec().places, kUnmaskReports}, call, request,
      rpc::Bind(FindReport(request.report()), ReportParts{host_, standards_, request.option()}, request.period()));
}

absl::StatusOr<rpc::ReportStream> Handlers::ExportReport(rpc::Call& call, const v1::ExportReportRequest& request) {
  return rpc::ExportReport(
      {host_, dashboards_.board.spec().places, kUnmaskReports}, call, request,
      rpc::Bind(FindReport(request.report()), ReportParts{host_, standards_, request.option()}, request.period()));
}

}  // namespace ruraledu::dropout_monitoring
