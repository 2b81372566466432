#include "services/student_aid/ledger_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

OpenAmounts OpenOf(const db::Row& row, size_t column) {
  return {row.Int(column), row.Int(column + 1), row.Int(column + 2)};
}

std::vector<db::Value> RowOf(std::string_view shard, const OpenKey& key, const OpenAmounts& open) {
  return {std::string(shard), int64_t{key.fund.budget_year}, key.fund.item,
          key.subject,        int64_t{key.of_person},        open.payable_fen,
          open.paid_fen,      open.recoverable_fen};
}

}  // namespace

absl::StatusOr<FundState> LoadFund(db::Transaction& tx, std::string_view shard, const FundKey& key) {
  FundState fund;
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT account, debit_fen, credit_fen FROM fund_account WHERE shard = $1 "
                                             "AND budget_year = $2 AND item = $3",
                                             shard, key.budget_year, key.item));
  for (const db::Row& row : rows) {
    fund.accounts.at(row.Int(0)) = {row.Int(1), row.Int(2)};
  }
  ASSIGN_OR_RETURN(
      const auto rules,
      tx.QueryOne("SELECT closed_on, advance_fen FROM fund WHERE shard = $1 AND budget_year = $2 AND item = $3", shard,
                  key.budget_year, key.item));
  if (rules.has_value()) {
    fund.closed = !rules->Text(0).empty();
    fund.advance_fen = rules->Int(1);
  }
  return fund;
}

absl::StatusOr<std::map<FundKey, FundState>> LoadFunds(db::Transaction& tx, std::string_view shard,
                                                       int32_t budget_year) {
  std::map<FundKey, FundState> funds;
  const int64_t from = budget_year == 0 ? 0 : budget_year;
  const int64_t to = budget_year == 0 ? 10000 : budget_year;
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT budget_year, item, account, debit_fen, credit_fen FROM fund_account WHERE shard = "
                            "$1 AND budget_year >= $2 AND budget_year <= $3 ORDER BY budget_year, item, account",
                            shard, from, to));
  for (const db::Row& row : rows) {
    funds[{static_cast<int32_t>(row.Int(0)), row.Text(1)}].accounts.at(row.Int(2)) = {row.Int(3), row.Int(4)};
  }
  ASSIGN_OR_RETURN(const auto rules,
                   tx.Query("SELECT budget_year, item, closed_on, advance_fen FROM fund WHERE shard = $1 AND "
                            "budget_year >= $2 AND budget_year <= $3 ORDER BY budget_year, item",
                            shard, from, to));
  for (const db::Row& row : rules) {
    FundState& fund = funds[{static_cast<int32_t>(row.Int(0)), row.Text(1)}];
    fund.closed = !row.Text(2).empty();
    fund.advance_fen = row.Int(3);
  }
  return funds;
}

absl::Status SaveAccount(db::Transaction& tx, const FundKey& key, v1::LedgerAccount account, const Balance& balance) {
  return tx
      .Execute(
          "INSERT INTO fund_account (shard, budget_year, item, account, debit_fen, credit_fen) VALUES ($1, $2, "
          "$3, $4, $5, $6) ON CONFLICT (shard, budget_year, item, account) DO UPDATE SET debit_fen = "
          "excluded.debit_fen, credit_fen = excluded.credit_fen",
          tx.shard(), key.budget_year, key.item, static_cast<int64_t>(account), balance.debit_fen, balance.credit_fen)
      .status();
}

absl::Status SaveRules(db::Transaction& tx, const FundKey& key, std::string_view closed_on, int64_t advance_fen) {
  return tx
      .Execute(
          "INSERT INTO fund (shard, budget_year, item, closed_on, advance_fen) VALUES ($1, $2, $3, $4, $5) ON "
          "CONFLICT (shard, budget_year, item) DO UPDATE SET closed_on = excluded.closed_on, advance_fen = "
          "excluded.advance_fen",
          tx.shard(), key.budget_year, key.item, closed_on, advance_fen)
      .status();
}

absl::Status AddToDay(db::Transaction& tx, std::string_view on, const FundKey& key, v1::LedgerAccount account,
                      const Balance& moved) {
  return tx
      .Execute(
          "INSERT INTO fund_day (shard, on_day, budget_year, item, account, debit_fen, credit_fen) VALUES ($1, "
          "$2, $3, $4, $5, $6, $7) ON CONFLICT (shard, on_day, budget_year, item, account) DO UPDATE SET "
          "debit_fen = fund_day.debit_fen + excluded.debit_fen, credit_fen = fund_day.credit_fen + "
          "excluded.credit_fen",
          tx.shard(), on, key.budget_year, key.item, static_cast<int64_t>(account), moved.debit_fen, moved.credit_fen)
      .status();
}

absl::StatusOr<std::optional<OpenAmounts>> FindOpen(db::Transaction& tx, std::string_view shard, const OpenKey& key) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT payable_fen, paid_fen, recoverable_fen FROM fund_open WHERE shard = $1 AND "
                               "budget_year = $2 AND item = $3 AND of_person = $4 AND subject = $5",
                               shard, key.fund.budget_year, key.fund.item, key.of_person, key.subject));
  return row.has_value() ? std::optional(OpenOf(*row, 0)) : std::nullopt;
}

// One by one, by the whole key: a list of keys is planned by PostgreSQL while the fund is empty, and walks all that is
// open of the fund from then on (decision 0027).
absl::StatusOr<std::map<OpenKey, OpenAmounts>> FindOpenOf(db::Transaction& tx, const std::vector<OpenKey>& keys) {
  std::map<OpenKey, OpenAmounts> found;
  for (const OpenKey& key : keys) {
    ASSIGN_OR_RETURN(const auto open, FindOpen(tx, tx.shard(), key));
    if (open.has_value()) {
      found.emplace(key, *open);
    }
  }
  return found;
}

absl::Status SaveOpen(db::Transaction& tx, const std::vector<std::pair<OpenKey, OpenAmounts>>& present,
                      const std::vector<std::pair<OpenKey, OpenAmounts>>& fresh) {
  for (const auto& [key, open] : present) {
    RETURN_IF_ERROR(tx.ExecuteValues("UPDATE fund_open SET payable_fen = $6, paid_fen = $7, recoverable_fen = $8 WHERE "
                                     "shard = $1 AND budget_year = $2 AND item = $3 AND subject = $4 AND of_person = "
                                     "$5",
                                     RowOf(tx.shard(), key, open))
                        .status());
  }
  std::vector<std::vector<db::Value>> rows;
  rows.reserve(fresh.size());
  for (const auto& [key, open] : fresh) {
    rows.push_back(RowOf(tx.shard(), key, open));
  }
  return rows.empty() ? absl::OkStatus()
                      : tx.Bulk("fund_open",
                                std::vector<std::string_view>{"shard", "budget_year", "item", "subject", "of_person",
                                                              "payable_fen", "paid_fen", "recoverable_fen"},
                                rows);
}

}  // namespace ruraledu::student_aid
