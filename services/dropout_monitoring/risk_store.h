// What the early-warning score reads of children, and the scores as they are stored.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/register_store.h"
#include "services/dropout_monitoring/risk_rules.h"
#include "services/dropout_monitoring/standards.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// Suspicions of a child that were no false alarm: its closed cases.
using Suspicions = std::map<std::string, int64_t, std::less<>>;
// Of a whole shard, or of one child.
absl::StatusOr<Suspicions> SuspicionsIn(db::Transaction& tx, std::string_view shard);
absl::StatusOr<Suspicions> SuspicionsOf(db::Transaction& tx, std::string_view shard, std::string_view person);

// A child with what the score asks of it.
struct ScoredChild : RegisterChild {
  std::optional<v1::Risk> before;
};
// Who belongs to a school on a day, by person.
absl::StatusOr<std::map<std::string, ScoredChild>> ScoredChildrenOf(db::Transaction& tx, crypto::KeyRing& keys,
                                                                    const std::string& shard, std::string_view school,
                                                                    absl::CivilDay on);
// One child; PERSON_UNKNOWN, MOVED.
absl::StatusOr<ScoredChild> ScoredChildOf(db::Transaction& tx, crypto::KeyRing& keys, const std::string& shard,
                                          const std::string& person, absl::CivilDay on);

// Scores of children who are on no roll of the county any more, at most `limit`, in order of person.
absl::StatusOr<std::vector<v1::Risk>> ScoresOfLeavers(db::Transaction& tx, const crypto::Sealer& sealer,
                                                      std::string_view shard, int64_t limit);

// The policy of a county. REGION_POLICY_MISSING.
absl::StatusOr<const v1::RiskPolicy*> RiskPolicyOf(const Standards& standards, const std::string& shard,
                                                   absl::CivilDay on);
// The score of a child by the policy of its county as it is to be stored; nullopt: none, and none was. `evaluation` is
// the newest one of its absence.
absl::StatusOr<std::optional<v1::Risk>> Rescored(const Standards& standards, const v1::RiskPolicy& policy,
                                                 const std::string& shard, const ScoredChild& child,
                                                 const v1::AbsenceEvaluation& evaluation, int64_t earlier_suspicions,
                                                 absl::CivilDay on);

}  // namespace ruraledu::dropout_monitoring
