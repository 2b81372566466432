// What reports read beside funds and entries.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/root.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

int64_t* AmountOf(PaidAmounts* amounts, std::string_view kind) {
  v1::LedgerEntryKind parsed = v1::LEDGER_ENTRY_KIND_UNSPECIFIED;
  v1::LedgerEntryKind_Parse(std::string(kind), &parsed);
  switch (parsed) {
    case v1::LEDGER_ENTRY_KIND_ORDER:
      return &amounts->ordered_fen;
    case v1::LEDGER_ENTRY_KIND_ORDER_END:
      return &amounts->failed_fen;
    case v1::LEDGER_ENTRY_KIND_PAYMENT:
      return &amounts->paid_fen;
    case v1::LEDGER_ENTRY_KIND_RETURN:
      return &amounts->returned_fen;
    case v1::LEDGER_ENTRY_KIND_OVERPAYMENT:
      return &amounts->overpaid_fen;
    case v1::LEDGER_ENTRY_KIND_RECOVERY:
      return &amounts->recovered_fen;
    case v1::LEDGER_ENTRY_KIND_WRITE_OFF:
      return &amounts->written_off_fen;
    default:
      return nullptr;
  }
}

}  // namespace

absl::StatusOr<std::map<std::string, std::pair<int64_t, int64_t>>> EntitledOf(db::Transaction& tx,
                                                                              std::string_view shard,
                                                                              std::string_view term) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT dimension, measure, value FROM counter WHERE shard = $1 AND level = 'COUNTY' AND "
                            "area = $2 AND period = $3 AND measure IN ('entitled_items', 'entitled_fen')",
                            shard, shard.substr(1), term));
  std::map<std::string, std::pair<int64_t, int64_t>> items;
  for (const db::Row& row : rows) {
    auto& [heads, fen] = items[row.Text(0)];
    (row.Text(1) == "entitled_items" ? heads : fen) = row.Int(2);
  }
  std::erase_if(items, [](const auto& item) { return item.second.first == 0; });
  return items;
}

absl::StatusOr<std::vector<v1::LedgerEntry>> FundEntries(db::Transaction& tx, std::string_view shard,
                                                         int32_t budget_year) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM ledger_entry WHERE shard = $1 AND budget_year = $2 "
                            "AND kind IN ($3, $4, $5, $6) ORDER BY item, on_day, id",
                            shard, budget_year, v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_ALLOTMENT),
                            v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT),
                            v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_ARRIVAL),
                            v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT)));
  return feed::ReadRoots<v1::LedgerEntry>(rows, kLedgerEntries, nullptr);
}

absl::StatusOr<std::vector<OverpaymentRow>> OverpaymentsOf(db::Transaction& tx, std::string_view shard,
                                                           int32_t budget_year) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT person, item, order_name, kind, CAST(sum(amount_fen) AS BIGINT) FROM ledger_entry WHERE shard = "
               "$1 AND budget_year = $2 AND kind IN ($3, $4, $5) GROUP BY person, item, order_name, kind ORDER BY "
               "person, item, order_name, kind",
               shard, budget_year, v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_OVERPAYMENT),
               v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_RECOVERY),
               v1::LedgerEntryKind_Name(v1::LEDGER_ENTRY_KIND_WRITE_OFF)));
  std::vector<OverpaymentRow> wrong;
  for (const db::Row& row : rows) {
    if (wrong.empty() || wrong.back().person != row.Text(0) || wrong.back().item != row.Text(1) ||
        wrong.back().order != row.Text(2)) {
      wrong.push_back({row.Text(0), row.Text(1), row.Text(2)});
    }
    PaidAmounts amounts;
    if (int64_t* amount = AmountOf(&amounts, row.Text(3)); amount != nullptr) {
      *amount = row.Int(4);
    }
    wrong.back().overpaid_fen += amounts.overpaid_fen;
    wrong.back().recovered_fen += amounts.recovered_fen;
    wrong.back().written_off_fen += amounts.written_off_fen;
  }
  return wrong;
}

absl::StatusOr<std::vector<v1::Decision>> DecisionsOf(db::Transaction& tx, std::string_view shard,
                                                      std::string_view term, const AreaRange& within,
                                                      std::string_view after_area, std::string_view after_id,
                                                      int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id, body, sealed, version FROM decision WHERE shard = $1 AND term = $2 AND in_force "
               "= 1 AND area >= $3 AND area < $4 AND (area, id) > ($5, $6) ORDER BY area, id LIMIT $7",
               shard, term, within.lo, within.hi, after_area, after_id, limit));
  return feed::ReadRoots<v1::Decision>(rows, kDecisions, nullptr);
}

absl::StatusOr<std::map<std::string, PaidAmounts>> PaidOf(db::Transaction& tx, std::string_view shard,
                                                          std::string_view person, std::string_view term) {
  const std::string orders = absl::StrCat("counties/", shard.substr(1), "/paymentOrders/", person, ".", term);
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT item, kind, CAST(sum(amount_fen) AS BIGINT) FROM ledger_entry "
                                             "WHERE shard = $1 AND order_name <> '' AND order_name > $2 AND order_name "
                                             "< $3 GROUP BY item, kind",
                                             shard, absl::StrCat(orders, "."), absl::StrCat(orders, "/")));
  std::map<std::string, PaidAmounts> items;
  for (const db::Row& row : rows) {
    if (int64_t* amount = AmountOf(&items[row.Text(0)], row.Text(1)); amount != nullptr) {
      *amount += row.Int(2);
    }
  }
  return items;
}

}  // namespace ruraledu::student_aid
