// Benefit claims (common/db/claims.h): nobody gets a benefit twice in a term, in whatever county. Keys are those of
// benefit_rules.h, holder is the county shard. All keys of a person lie in the person's hash shard.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/claims.h"
#include "services/student_aid/benefit_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kBenefitSpace = "benefit";

// What became of wanted keys.
struct Taken {
  std::vector<bool> had;             // in input order: the county holds it
  std::set<std::string> operations;  // to be settled by the county's write and confirmed afterwards
  std::set<std::string> shards;      // claim shards that have something to confirm
};
// Takes keys for `county` under `operation`, one write per claim shard, in order of shard.
absl::StatusOr<Taken> TakeBenefits(db::Database& database, const std::vector<std::string>& keys,
                                   std::string_view county, std::string_view operation);
// Within the county's write: CLAIM_BARRED.
absl::Status SettleBenefits(db::Transaction& tx, const std::set<std::string>& operations);
// After it; the sweeper does the same when the process dies before.
absl::Status ConfirmBenefits(db::Database& database, const std::set<std::string>& shards,
                             const std::set<std::string>& operations);
absl::Status ReleaseBenefits(db::Database& database, const std::vector<std::string>& keys, std::string_view county);

}  // namespace ruraledu::student_aid
