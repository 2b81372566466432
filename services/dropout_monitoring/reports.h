// The reports of this service (common/rpc/reports.h). What joins adds a kind (report.proto) and a spec to FindReport.
#pragma once

#include "common/rpc/reports.h"
#include "ruraledu/dropout_monitoring/v1/report.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kUnmaskReports = "dropout_monitoring.reports.unmask";

struct ReportParts {
  const rpc::Host& host;
  const Standards& standards;
  std::string option = "";  // what the kind asks for beside area and period
};

using reports_v1::ReportCell;
using reports_v1::ReportRow;
using rpc::ReportCursor;
using rpc::ReportQuery;
using ReportSpec = rpc::ReportSpec<v1::ReportKind, ReportParts>;

// All reports; nullptr for a kind that nobody makes.
const ReportSpec* FindReport(v1::ReportKind kind);

// Township, code and name: the first columns of lists by school.
std::vector<ReportCell> SchoolCells(const ruraledu::registry::v1::School& school);

// Figures of zero reports in the order of their columns.
std::vector<int64_t> ZeroFiguresOf(const v1::ZeroFigures& figures);
std::vector<rpc::ReportColumnSpec> ZeroFigureColumns();

// The specs, each beside its rows.
ReportSpec RatesReport();
ReportSpec CohortsReport();
// Ledgers.
ReportSpec SuspectedReport();
ReportSpec DropoutsReport();
ReportSpec ZeroReportsReport();
ReportSpec MissingReportsReport();
ReportSpec UnmarkedClassesReport();
ReportSpec ResponsibilityGapsReport();
ReportSpec PlatformLedgerReport();
ReportSpec PlatformBasicReport();
ReportSpec RegisterFindingsReport();
ReportSpec RegisterChecksReport();
// The enrolment drive, leavers.
ReportSpec EnrolmentDailyReport();
ReportSpec ExpectedChildrenReport();
ReportSpec LeaversReport();
ReportSpec LeaverRatesReport();
// The expert committee.
ReportSpec CommitteeReviewsReport();
// The work on cases.
ReportSpec CaseWorkReport();
// Ledgers and lists one by one.
ReportSpec SignedLedgerReport();
ReportSpec DisabledChildrenReport();
ReportSpec DossiersReport();
ReportSpec DepartmentSlipsReport();
ReportSpec AbsenceApprovalsReport();
ReportSpec PlatformReport();
// Sums by county, for city and province.
ReportSpec ZeroRollUpReport();
ReportSpec ClearanceReport();

}  // namespace ruraledu::dropout_monitoring
