// What is read of the ledger; writing it is in ledger_store.cc.
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/feed/root.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

std::string KindName(v1::LedgerEntryKind kind) {
  return v1::LedgerEntryKind_Name(kind);
}

// budget_year, item, account, debit, credit from `column` on.
void AddRow(const db::Row& row, size_t column, std::map<FundKey, FundState>* funds) {
  Balance& both =
      (*funds)[{static_cast<int32_t>(row.Int(column)), row.Text(column + 1)}].accounts.at(row.Int(column + 2));
  both.debit_fen += row.Int(column + 3);
  both.credit_fen += row.Int(column + 4);
}

absl::StatusOr<std::map<FundKey, FundState>> SumsOf(db::Transaction& tx, std::string_view sql,
                                                    std::vector<db::Value> args) {
  std::map<FundKey, FundState> funds;
  ASSIGN_OR_RETURN(const auto rows, tx.QueryValues(sql, std::move(args)));
  for (const db::Row& row : rows) {
    AddRow(row, 0, &funds);
  }
  return funds;
}

// The lines of all entries, those too that the year before carried over into this one.
absl::StatusOr<std::map<FundKey, FundState>> SumsOfEntries(db::Transaction& tx, std::string_view shard,
                                                           int32_t budget_year) {
  std::map<FundKey, FundState> funds;
  for (const int32_t year : {budget_year - 1, budget_year}) {
    ASSIGN_OR_RETURN(const auto rows,
                     tx.Query("SELECT item, kind, CAST(sum(amount_fen) AS BIGINT) FROM ledger_entry "
                              "WHERE shard = $1 AND budget_year = $2 AND (kind = $3 OR $4 = 1) GROUP "
                              "BY item, kind",
                              shard, year, KindName(v1::LEDGER_ENTRY_KIND_CARRY_OVER), year == budget_year));
    for (const db::Row& row : rows) {
      v1::LedgerEntryKind kind = v1::LEDGER_ENTRY_KIND_UNSPECIFIED;
      v1::LedgerEntryKind_Parse(row.Text(1), &kind);
      for (const v1::LedgerLine& line : LinesOf(kind, year, row.Int(2))) {
        if (line.budget_year() == budget_year) {
          Add(line, &funds[{budget_year, row.Text(0)}]);
        }
      }
    }
  }
  return funds;
}

absl::StatusOr<std::map<FundKey, OpenAmounts>> SumsOfOpen(db::Transaction& tx, std::string_view shard,
                                                          int32_t budget_year) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT item, CAST(sum(payable_fen) AS BIGINT), CAST(sum(paid_fen) AS "
                                             "BIGINT), CAST(sum(recoverable_fen) AS BIGINT) FROM fund_open WHERE shard "
                                             "= $1 AND budget_year = $2 AND of_person = 0 GROUP BY item",
                                             shard, budget_year));
  std::map<FundKey, OpenAmounts> open;
  for (const db::Row& row : rows) {
    open[{budget_year, row.Text(0)}] = {row.Int(1), row.Int(2), row.Int(3)};
  }
  return open;
}

}  // namespace

absl::StatusOr<std::vector<v1::FundArrival>> ReadArrivals(db::Transaction& tx, std::string_view shard,
                                                          int32_t budget_year) {
  ASSIGN_OR_RETURN(const auto funds, LoadFunds(tx, shard, budget_year));
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM ledger_entry WHERE shard = $1 AND budget_year = $2 "
                            "AND kind = $3 ORDER BY item, on_day, id",
                            shard, budget_year, KindName(v1::LEDGER_ENTRY_KIND_ARRIVAL)));
  std::vector<v1::FundArrival> arrivals;
  size_t begin = 0;  // of the present item
  const auto settle = [&]() {
    if (begin < arrivals.size()) {
      const auto fund = funds.find({budget_year, arrivals[begin].item()});
      SetUnspent(fund == funds.end() ? 0 : fund->second.Net(v1::LEDGER_ACCOUNT_CASH),
                 absl::MakeSpan(arrivals).subspan(begin));
    }
    begin = arrivals.size();
  };
  for (const db::Row& row : rows) {
    v1::LedgerEntry entry;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kLedgerEntries, row.Text(0), nullptr, &entry));
    if (begin < arrivals.size() && arrivals[begin].item() != entry.item()) {
      settle();
    }
    v1::FundArrival& arrival = arrivals.emplace_back();
    arrival.set_entry(entry.name());
    arrival.set_budget_year(entry.budget_year());
    arrival.set_item(entry.item());
    arrival.set_document(entry.document());
    arrival.set_level(entry.level());
    *arrival.mutable_arrived_on() = entry.on();
    arrival.set_amount_fen(entry.amount_fen());
  }
  settle();
  return arrivals;
}

absl::StatusOr<std::map<FundKey, FundState>> BalancesOn(db::Transaction& tx, std::string_view shard,
                                                        absl::CivilDay on) {
  return SumsOf(tx,
                "SELECT budget_year, item, account, CAST(sum(debit_fen) AS BIGINT), CAST(sum(credit_fen) AS BIGINT) "
                "FROM fund_day WHERE shard = $1 AND on_day <= $2 GROUP BY budget_year, item, account ORDER BY "
                "budget_year, item, account",
                {std::string(shard), DayText(on)});
}

absl::StatusOr<std::map<std::pair<FundKey, std::string>, FundState>> MonthsOf(db::Transaction& tx,
                                                                              std::string_view shard,
                                                                              int32_t budget_year) {
  std::map<std::pair<FundKey, std::string>, FundState> months;
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT on_day, item, account, debit_fen, credit_fen FROM fund_day WHERE shard = $1 AND "
                            "budget_year = $2 ORDER BY on_day, item, account",
                            shard, budget_year));
  for (const db::Row& row : rows) {
    const std::string month = row.Text(0).substr(0, std::string_view("2024-03").size());
    Balance& both = months[{{budget_year, row.Text(1)}, month}].accounts.at(row.Int(2));
    both.debit_fen += row.Int(3);
    both.credit_fen += row.Int(4);
  }
  return months;
}

absl::StatusOr<std::vector<v1::LedgerEntry>> ListEntries(db::Transaction& tx, std::string_view shard,
                                                         const EntryFilter& filter, std::string_view after_day,
                                                         std::string_view after_id, int64_t limit) {
  std::string sql = "SELECT id, body, sealed, version FROM ledger_entry WHERE shard = $1 AND (on_day, id) > ($2, $3)";
  std::vector<db::Value> args = {std::string(shard), std::string(after_day), std::string(after_id)};
  const auto where = [&](std::string_view condition, db::Value value) {
    args.push_back(std::move(value));
    absl::StrAppend(&sql, " AND ", condition, " $", args.size());
  };
  if (filter.budget_year != 0) {
    where("budget_year =", int64_t{filter.budget_year});
  }
  for (const auto& [condition, value] :
       std::vector<std::pair<std::string_view, std::string>>{{"item =", filter.item},
                                                             {"person <> '' AND person =", filter.person},
                                                             {"order_name <> '' AND order_name =", filter.order},
                                                             {"on_day >=", filter.from},
                                                             {"on_day <=", filter.to}}) {
    if (!value.empty()) {
      where(condition, value);
    }
  }
  if (filter.kind != v1::LEDGER_ENTRY_KIND_UNSPECIFIED) {
    where("kind =", KindName(filter.kind));
  }
  args.emplace_back(limit);
  absl::StrAppend(&sql, " ORDER BY on_day, id LIMIT $", args.size());
  ASSIGN_OR_RETURN(const auto rows, tx.QueryValues(sql, std::move(args)));
  return feed::ReadRoots<v1::LedgerEntry>(rows, kLedgerEntries, nullptr);
}

absl::StatusOr<std::vector<GrantedRow>> GrantedOf(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                  std::string_view item, std::string_view after_area,
                                                  std::string_view after_id, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT area, id, body, sealed, version FROM decision WHERE shard = $1 AND term = $2 AND "
                            "in_force = 1 AND (area, id) > ($3, $4) ORDER BY area, id LIMIT $5",
                            shard, term, after_area, after_id, limit));
  std::vector<GrantedRow> granted;
  granted.reserve(rows.size());
  for (const db::Row& row : rows) {
    v1::Decision decision;
    RETURN_IF_ERROR(feed::ReadRoot(row, 2, kDecisions, row.Text(1), nullptr, &decision));
    GrantedRow& one = granted.emplace_back(GrantedRow{row.Text(0), row.Text(1), 0, false});
    for (const v1::DecisionItem& counted : decision.counted()) {
      if (counted.item() == item) {
        one.granted = true;
        one.amount_fen += counted.amount_fen();
      }
    }
  }
  return granted;
}

absl::StatusOr<std::vector<int32_t>> BudgetYears(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT DISTINCT budget_year FROM fund_account WHERE shard = $1 ORDER BY budget_year", shard));
  std::vector<int32_t> years;
  for (const db::Row& row : rows) {
    years.push_back(static_cast<int32_t>(row.Int(0)));
  }
  return years;
}

absl::StatusOr<int64_t> CountImbalances(db::Transaction& tx, std::string_view shard, int32_t budget_year) {
  ASSIGN_OR_RETURN(auto present, LoadFunds(tx, shard, budget_year));
  ASSIGN_OR_RETURN(auto by_day,
                   SumsOf(tx,
                          "SELECT budget_year, item, account, CAST(sum(debit_fen) AS BIGINT), CAST(sum(credit_fen) AS "
                          "BIGINT) FROM fund_day WHERE shard = $1 AND budget_year = $2 GROUP BY budget_year, item, "
                          "account",
                          {std::string(shard), int64_t{budget_year}}));
  ASSIGN_OR_RETURN(auto by_entry, SumsOfEntries(tx, shard, budget_year));
  ASSIGN_OR_RETURN(auto by_open, SumsOfOpen(tx, shard, budget_year));
  std::set<FundKey> keys;
  for (const auto* side : {&present, &by_day, &by_entry}) {
    for (const auto& [key, state] : *side) {
      keys.insert(key);
    }
  }
  for (const auto& [key, amounts] : by_open) {
    keys.insert(key);
  }
  int64_t findings = 0;
  for (const FundKey& key : keys) {
    const FundState& balance = present[key];
    findings += static_cast<int64_t>(balance.Imbalance() != 0);
    findings += static_cast<int64_t>(balance.accounts != by_day[key].accounts);
    findings += static_cast<int64_t>(balance.accounts != by_entry[key].accounts);
    findings += static_cast<int64_t>(by_open[key].payable_fen != balance.Net(v1::LEDGER_ACCOUNT_PAYABLE));
    findings += static_cast<int64_t>(by_open[key].recoverable_fen != balance.Net(v1::LEDGER_ACCOUNT_RECOVERABLE));
  }
  return findings;
}

}  // namespace ruraledu::student_aid
