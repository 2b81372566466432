#include "services/student_aid/report.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

const ReportSpec* FindReport(v1::ReportKind kind) {
  static const auto* const all = new std::vector<ReportSpec>{
      BudgetNeedReport(), ExecutionReport(), FundArrivalsReport(), OverpaymentsReport(), AidLedgerReport(),
      // Studying elsewhere, publicity.
      OutwardReport(), PublicityReport()};
  const auto found = std::find_if(all->begin(), all->end(), [&](const ReportSpec& spec) { return spec.kind == kind; });
  return found == all->end() ? nullptr : &*found;
}

absl::StatusOr<std::vector<std::string>> CountyShards(db::Transaction& tx, std::string_view area) {
  if (area.size() >= 6) {
    return std::vector<std::string>{absl::StrCat("c", area.substr(0, 6))};
  }
  ASSIGN_OR_RETURN(auto shards, CountiesWithin(tx, area.substr(0, 2)));
  std::erase_if(shards, [&](const std::string& shard) { return !absl::StartsWith(shard, absl::StrCat("c", area)); });
  return shards;
}

std::string LabelOf(const PolicyBook& book, std::string_view item) {
  const v1::PolicyItem* found = FindItem(book, item);
  return found == nullptr ? std::string(item) : found->label_zh();
}

}  // namespace ruraledu::student_aid
