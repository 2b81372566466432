#include "services/student_aid/fund_writes.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {

std::string FundId(const FundKey& key) {
  return absl::StrCat(key.budget_year, ".", key.item);
}

const v1::PolicyItem* FindItem(const PolicyBook& book, std::string_view item) {
  const v1::PolicyItem* found = nullptr;
  for (const v1::PolicySet& set : book.sets()) {
    for (const v1::PolicyItem& row : set.items()) {
      found = row.code() == item ? &row : found;  // a later row of a code follows the earlier one
    }
  }
  return found;
}

void CheckFundRequest(int32_t budget_year, const std::string& document, int items, Violations* violations) {
  if (budget_year < 2000 || budget_year > 2200) {
    violations->Add("budget_year", "NUMBER_RANGE", {{"low", "2000"}, {"high", "2200"}});
  }
  violations->MostBytes("document", document, kMostName);
  violations->MostElements("items", items, kMostFundItems);
}

std::vector<v1::FundRow> RowsOf(const PolicyBook& book,
                                const google::protobuf::RepeatedPtrField<v1::FundAmount>& items) {
  std::vector<v1::FundRow> rows;
  std::set<std::string> seen;
  for (const v1::FundAmount& item : items) {
    v1::FundRow& row = rows.emplace_back();
    row.set_item(item.item());
    row.set_amount_fen(item.amount_fen());
    if (book.FamilyOf(item.item()) == v1::BENEFIT_FAMILY_UNSPECIFIED) {
      row.set_reason("ITEM_UNKNOWN");
    } else if (!seen.insert(item.item()).second) {
      row.set_reason("DUPLICATE_IN_BATCH");
    }
  }
  return rows;
}

std::string FundRowsText(const std::vector<v1::FundRow>& rows) {
  std::string text;
  for (const v1::FundRow& row : rows) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", row.item(), "\t", row.amount_fen(), "\t", row.entry(), "\t",
                    row.reason());
  }
  return text;
}

void ReadFundRows(std::string_view text, google::protobuf::RepeatedPtrField<v1::FundRow>* rows) {
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, '\t');
    v1::FundRow* row = rows->Add();
    row->set_item(cells.at(0));
    int64_t amount = 0;
    if (absl::SimpleAtoi(cells.at(1), &amount)) {
      row->set_amount_fen(amount);
    }
    row->set_entry(cells.at(2));
    row->set_reason(cells.at(3));
  }
}

std::map<FundKey, int64_t> OverAge(const std::map<FundKey, FundState>& funds, int32_t over_age_year) {
  std::map<std::string, std::vector<YearOfItem>> by_item;
  for (const auto& [key, fund] : funds) {  // in order of years
    const FundTotals totals = TotalsOf(fund);
    by_item[key.item].push_back({key.budget_year, totals.arrived_fen, totals.carried_in_fen, totals.carried_out_fen,
                                 std::max<int64_t>(fund.Net(v1::LEDGER_ACCOUNT_CASH), 0)});
  }
  std::map<FundKey, int64_t> over;
  for (const auto& [item, years] : by_item) {
    for (const AgedMoney& aged : AgesOf(years)) {
      if (aged.origin_year <= over_age_year) {
        over[{aged.budget_year, item}] += aged.amount_fen;
      }
    }
  }
  return over;
}

v1::Fund FundOf(const FundKey& key, const FundState& state, int64_t over_age_fen) {
  const FundTotals totals = TotalsOf(state);
  v1::Fund fund;
  fund.set_budget_year(key.budget_year);
  fund.set_item(key.item);
  fund.set_allotted_fen(totals.allotted_fen);
  fund.set_arrived_fen(totals.arrived_fen);
  fund.set_carried_in_fen(totals.carried_in_fen);
  fund.set_carried_out_fen(totals.carried_out_fen);
  fund.set_surrendered_fen(totals.surrendered_fen);
  fund.set_ordered_fen(totals.ordered_fen);
  fund.set_failed_fen(totals.failed_fen);
  fund.set_paid_fen(totals.paid_fen);
  fund.set_returned_fen(totals.returned_fen);
  fund.set_settled_fen(totals.settled_fen);
  fund.set_overpaid_fen(totals.overpaid_fen);
  fund.set_recovered_fen(totals.recovered_fen);
  fund.set_written_off_fen(totals.written_off_fen);
  fund.set_recoverable_fen(state.Net(v1::LEDGER_ACCOUNT_RECOVERABLE));
  fund.set_payable_fen(state.Net(v1::LEDGER_ACCOUNT_PAYABLE));
  fund.set_at_hand_fen(state.Net(v1::LEDGER_ACCOUNT_CASH));
  fund.set_available_fen(state.Available());
  fund.set_advance_fen(state.advance_fen);
  fund.set_closed(state.closed);
  fund.set_over_age_fen(over_age_fen);
  return fund;
}

}  // namespace ruraledu::student_aid
