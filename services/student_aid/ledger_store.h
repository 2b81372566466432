// The SQL of the ledger (schema 0006_ledger.sql): what entries add up to, written with them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/student_aid/ledger_rules.h"

namespace ruraledu::student_aid {

// A fund within a county.
struct FundKey {
  int32_t budget_year = 0;
  std::string item;
  auto operator<=>(const FundKey&) const = default;
};

// Of what amounts are open: an order's name, or a person's id.
struct OpenKey {
  FundKey fund;
  bool of_person = false;
  std::string subject;
  auto operator<=>(const OpenKey&) const = default;
};

// A fund with nothing on its accounts when there is none yet.
absl::StatusOr<FundState> LoadFund(db::Transaction& tx, std::string_view shard, const FundKey& key);
// Funds of a county, of a budget year or, with 0, of all.
absl::StatusOr<std::map<FundKey, FundState>> LoadFunds(db::Transaction& tx, std::string_view shard,
                                                       int32_t budget_year);
absl::Status SaveAccount(db::Transaction& tx, const FundKey& key, v1::LedgerAccount account, const Balance& balance);
absl::Status SaveRules(db::Transaction& tx, const FundKey& key, std::string_view closed_on, int64_t advance_fen);
// Adds to what was booked on a day.
absl::Status AddToDay(db::Transaction& tx, std::string_view on, const FundKey& key, v1::LedgerAccount account,
                      const Balance& moved);

absl::StatusOr<std::optional<OpenAmounts>> FindOpen(db::Transaction& tx, std::string_view shard, const OpenKey& key);
// Whether rows are fresh is the caller's knowledge: those are written in one go.
absl::Status SaveOpen(db::Transaction& tx, const std::vector<std::pair<OpenKey, OpenAmounts>>& present,
                      const std::vector<std::pair<OpenKey, OpenAmounts>>& fresh);
// Those of the keys that have a row.
absl::StatusOr<std::map<OpenKey, OpenAmounts>> FindOpenOf(db::Transaction& tx, const std::vector<OpenKey>& keys);

// --- What is read of it ---------------------------------------------------------------------------------------------
// Arrivals of a budget year in order of item and day, with what is not paid out of each.
absl::StatusOr<std::vector<v1::FundArrival>> ReadArrivals(db::Transaction& tx, std::string_view shard,
                                                          int32_t budget_year);
// Accounts at the end of a day.
absl::StatusOr<std::map<FundKey, FundState>> BalancesOn(db::Transaction& tx, std::string_view shard, absl::CivilDay on);
// What was booked in each month of a calendar year on the funds of that budget year: "2024-03".
absl::StatusOr<std::map<std::pair<FundKey, std::string>, FundState>> MonthsOf(db::Transaction& tx,
                                                                              std::string_view shard,
                                                                              int32_t budget_year);

struct EntryFilter {
  int32_t budget_year = 0;  // 0: all; likewise below
  std::string item, person, order;
  v1::LedgerEntryKind kind = v1::LEDGER_ENTRY_KIND_UNSPECIFIED;
  std::string from, to;  // days
};
// Entries without their sealed parts behind (`after_day`, `after_id`), in order of day and id.
absl::StatusOr<std::vector<v1::LedgerEntry>> ListEntries(db::Transaction& tx, std::string_view shard,
                                                         const EntryFilter& filter, std::string_view after_day,
                                                         std::string_view after_id, int64_t limit);

// What decisions in force of a term grant of an item, of those behind (`after_area`, `after_id`).
struct GrantedRow {
  std::string area, id;
  int64_t amount_fen = 0;
  bool granted = false;
};
absl::StatusOr<std::vector<GrantedRow>> GrantedOf(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                  std::string_view item, std::string_view after_area,
                                                  std::string_view after_id, int64_t limit);

// Heads and fen of each item that counts in coverage, by decisions in force of a term; out of the counters.
absl::StatusOr<std::map<std::string, std::pair<int64_t, int64_t>>> EntitledOf(db::Transaction& tx,
                                                                              std::string_view shard,
                                                                              std::string_view term);
// Allotments, arrivals and their cuts of a budget year, in order of item, day and id.
absl::StatusOr<std::vector<v1::LedgerEntry>> FundEntries(db::Transaction& tx, std::string_view shard,
                                                         int32_t budget_year);
// What was wrongly paid of a budget year, by person, item and order.
struct OverpaymentRow {
  std::string person, item, order;
  int64_t overpaid_fen = 0, recovered_fen = 0, written_off_fen = 0;
};
absl::StatusOr<std::vector<OverpaymentRow>> OverpaymentsOf(db::Transaction& tx, std::string_view shard,
                                                           int32_t budget_year);
// Decisions in force of a term within an area behind (`after_area`, `after_id`), without their sealed parts.
absl::StatusOr<std::vector<v1::Decision>> DecisionsOf(db::Transaction& tx, std::string_view shard,
                                                      std::string_view term, const AreaRange& within,
                                                      std::string_view after_area, std::string_view after_id,
                                                      int64_t limit);
// What the orders of a person and term came to, by item: their names begin with both.
struct PaidAmounts {
  int64_t ordered_fen = 0, failed_fen = 0, paid_fen = 0, returned_fen = 0;
  int64_t overpaid_fen = 0, recovered_fen = 0, written_off_fen = 0;
};
absl::StatusOr<std::map<std::string, PaidAmounts>> PaidOf(db::Transaction& tx, std::string_view shard,
                                                          std::string_view person, std::string_view term);

// --- Whether it is sound --------------------------------------------------------------------------------------------
// Differences between entries and what they add up to in the funds of a budget year: of debits and credits, of balances
// and entries, of balances and days, of open amounts and accounts. 0 when it is sound.
absl::StatusOr<int64_t> CountImbalances(db::Transaction& tx, std::string_view shard, int32_t budget_year);
// Budget years that have entries.
absl::StatusOr<std::vector<int32_t>> BudgetYears(db::Transaction& tx, std::string_view shard);

}  // namespace ruraledu::student_aid
