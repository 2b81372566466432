// The SQL of studying elsewhere, graduates and publicity, beside what common/feed/root.h does for every root.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/domain/rate.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// A pupil of the copy, in whatever county.
struct PupilKey {
  std::string shard, person;
  auto operator<=>(const PupilKey&) const = default;
};
// Pupils of schools of other counties whose household is of the shard, behind `after`, in order.
absl::StatusOr<std::vector<PupilKey>> PupilsElsewhere(db::Transaction& tx, std::string_view shard,
                                                      const PupilKey& after, int64_t limit);
// Pupils of the shard whose household is of another one.
absl::StatusOr<std::vector<PupilKey>> PupilsFromElsewhere(db::Transaction& tx, std::string_view shard,
                                                          std::string_view after, int64_t limit);

// Ids of the cases of a term for which the home county pays, behind the id `after`, in order.
absl::StatusOr<std::vector<std::string>> CasesToSettle(db::Transaction& tx, std::string_view shard,
                                                       std::string_view term, std::string_view after, int64_t limit);
// Cases of a term without their sealed fields, in order of area: all, or those of a letter.
absl::StatusOr<std::vector<v1::OutwardCase>> CasesOfTerm(db::Transaction& tx, std::string_view shard,
                                                         std::string_view term);
absl::StatusOr<std::vector<v1::OutwardCase>> CasesOfLetter(db::Transaction& tx, std::string_view shard,
                                                           std::string_view term, std::string_view letter);
absl::StatusOr<std::vector<v1::Application>> ApplicationsOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            std::string_view shard, std::string_view person,
                                                            std::string_view term);
// Conditions for rpc::ListSpec: cases whose answer is late on the day; graduates who lack a policy or a contact since.
std::string LateText(absl::CivilDay on, std::vector<db::Value>* args);
std::string LackingText(absl::CivilDay since, std::vector<db::Value>* args);
struct TermCount {
  std::string term;
  int64_t count = 0;
};
// Late answers by term, the newest term first.
absl::StatusOr<std::vector<TermCount>> LateCases(db::Transaction& tx, std::string_view shard, absl::CivilDay on);

// Placed of all that were not taken out, within the areas.
absl::StatusOr<Rate> PlacedOf(db::Transaction& tx, std::string_view shard, int32_t graduating_year,
                              absl::Span<const AreaRange> within);
// Whether an identification of the person gave a level.
absl::StatusOr<bool> WasIdentified(db::Transaction& tx, std::string_view shard, std::string_view person);

// Activities of a term that were not taken back, in order of area.
absl::StatusOr<std::vector<v1::PublicityActivity>> ActivitiesOf(db::Transaction& tx, std::string_view shard,
                                                                std::string_view term);

}  // namespace ruraledu::student_aid
