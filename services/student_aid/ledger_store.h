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

#include "common/db/db.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
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

}  // namespace ruraledu::student_aid
