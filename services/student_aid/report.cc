#include "services/student_aid/report.h"

#include <algorithm>
#include <vector>

#include "services/student_aid/fund_writes.h"

namespace ruraledu::student_aid {

const ReportSpec* FindReport(v1::ReportKind kind) {
  static const auto* const all = new std::vector<ReportSpec>{
      BudgetNeedReport(), ExecutionReport(), FundArrivalsReport(), OverpaymentsReport(), AidLedgerReport(),
      // Programmes.
      LoansReport(), SchoolFundsReport(),
      // Office.
      IdentificationReport(), CoverageReport(), GapsReport(), LatePaymentsReport(), SupplementsReport(),
      ComplaintsReport(),
      // Studying elsewhere, publicity.
      OutwardReport(), PublicityReport(),
      // Mirror of the national system.
      MirrorReport(), MirrorDifferencesReport(),
      // Problems.
      ProblemsReport(),
      // Aid of other departments.
      DepartmentOverlapsReport(),
      // Consents.
      ConsentsReport(),
      // Compliance, aid in kind.
      ComplianceReport(), GoodsLedgerReport(), GoodsUnissuedReport()};
  const auto found = std::find_if(all->begin(), all->end(), [&](const ReportSpec& spec) { return spec.kind == kind; });
  return found == all->end() ? nullptr : &*found;
}

std::string LabelOf(const PolicyBook& book, std::string_view item) {
  const v1::PolicyItem* found = FindItem(book, item);
  return found == nullptr ? std::string(item) : found->label_zh();
}

}  // namespace ruraledu::student_aid
