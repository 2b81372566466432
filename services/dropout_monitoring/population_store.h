// The SQL of comparisons and ledgers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "ruraledu/registry/v1/person.pb.h"

namespace ruraledu::dropout_monitoring {

// A page of ids: those behind `after`, in order, with the last one of the page. Sealed fields are opened where a sealer
// is given.
struct ComparedPupil {
  std::string person;
  ruraledu::registry::v1::Student student;  // without sealed fields
  std::string birth_date;
  std::string step;  // of the absence, "" none
  bool unmarked = false;
  std::string case_id, case_state;  // of its open case, "" none
};
absl::StatusOr<std::vector<ComparedPupil>> PupilsToCompare(db::Transaction& tx, std::string_view shard,
                                                           std::string_view after, int64_t limit);
absl::StatusOr<std::vector<v1::Resident>> ResidentsBehind(db::Transaction& tx, const crypto::Sealer& sealer,
                                                          std::string_view shard, std::string_view after,
                                                          int64_t limit);
// Children of households that no resident is, one row each; born from `born_from` to `born_until`, days as text.
struct ComparedMember {
  std::string child_key, digest, birth_date, household;
};
absl::StatusOr<std::vector<ComparedMember>> MembersToCompare(db::Transaction& tx, std::string_view shard,
                                                             std::string_view born_from, std::string_view born_until,
                                                             std::string_view after, int64_t limit);
// The household of a child by its key, "" none: the first one by id.
absl::StatusOr<std::string> HouseholdOfChild(db::Transaction& tx, std::string_view shard, std::string_view child_key);
// Open findings of children from `first` to `last`, ends included, by child.
absl::StatusOr<std::map<std::string, std::vector<v1::ComparisonFinding>>> FindingsBetween(db::Transaction& tx,
                                                                                          const crypto::Sealer& sealer,
                                                                                          std::string_view shard,
                                                                                          std::string_view first,
                                                                                          std::string_view last);
// Open findings about nobody: neither pupil, nor resident, nor member of a household; behind an id.
absl::StatusOr<std::vector<v1::ComparisonFinding>> FindingsAboutNobody(db::Transaction& tx,
                                                                       const crypto::Sealer& sealer,
                                                                       std::string_view shard, std::string_view after,
                                                                       int64_t limit);

// A student whose number, or name with birth date, has the digest; in whatever county.
struct DigestOwner {
  std::string shard, person;
};
absl::StatusOr<std::vector<DigestOwner>> OwnersOfDigest(db::Transaction& tx, std::string_view digest);

// Whether the last day of something about a child whom no register knows is over that still tells who it is.
absl::StatusOr<bool> UnnamedEnded(db::Transaction& tx, std::string_view shard, absl::CivilDay today);

// The newest closed comparison; nullopt: none.
absl::StatusOr<std::optional<v1::ComparisonRun>> NewestComparison(db::Transaction& tx, std::string_view shard);
// When something happened in the county for the first time; nullopt: nothing did.
absl::StatusOr<std::optional<absl::Time>> BeganAt(db::Transaction& tx, std::string_view shard);
// Versions of a ledger, newest first, at most two.
// Versions of a ledger that were signed, replaced ones included, the newest first.
absl::StatusOr<std::vector<v1::ChildLedger>> SignedLedgers(db::Transaction& tx, std::string_view shard,
                                                           v1::LedgerKind kind);
absl::StatusOr<std::vector<v1::ChildLedger>> NewestLedgers(db::Transaction& tx, std::string_view shard,
                                                           v1::LedgerKind kind);
// Open findings by kind, and residents that wait for a decision.
struct PopulationCounts {
  std::map<std::string, int64_t> open_findings;  // "COMPARISON_KIND_NEVER_ENROLLED"
  int64_t reviews = 0;
};
absl::StatusOr<PopulationCounts> CountPopulation(db::Transaction& tx, std::string_view shard);

}  // namespace ruraledu::dropout_monitoring
