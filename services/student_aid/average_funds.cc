#include "services/student_aid/average_funds.h"

#include "common/base/error.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/report_rules.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::map<std::string, int64_t>> AllottedOf(db::Transaction& tx, std::string_view shard,
                                                          const PolicyBook& book, const Averages& averages,
                                                          absl::Span<const Term> terms) {
  std::map<std::string, int64_t> allotted;
  for (const Term& term : terms) {
    ASSIGN_OR_RETURN(const auto funds, LoadFunds(tx, shard, term.BudgetYear()));
    for (const auto& [key, fund] : funds) {
      const int64_t fund_fen = TotalsOf(fund).allotted_fen;
      const v1::PolicyItem* item = ItemInForce(book, RegionOfShard(shard), term, key.item);
      item = item == nullptr ? FindItem(book, key.item) : item;
      const std::string_view row = item == nullptr || fund_fen == 0 ? "" : averages.RowOf(*item);
      if (!row.empty()) {
        allotted[std::string(row)] += TermPartFen(fund_fen, term);
      }
    }
  }
  return allotted;
}

}  // namespace ruraledu::student_aid
