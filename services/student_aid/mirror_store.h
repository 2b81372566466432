// The SQL of the mirror of the national system, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "services/student_aid/store.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// --- Papers of pupils -----------------------------------------------------------------------------------------------

// Keyed digests by which a person is found; "" for a number that is not there.
struct PaperDigests {
  std::string id_number, student_number;
};
PaperDigests DigestsOfPaper(const crypto::KeyRing& keys, const std::string& id_number,
                            const std::string& student_number);
// The student number that holds now, "" without one.
std::string StudentNumberOf(const registry_v1::Student& student);
// The copy of what the national system asks for: numbers in clear, sealed, sex and ethnic group; written by the
// follower.
absl::Status PutPaper(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      const PaperDigests& digests, const Seen& seen);
// body, sealed, version of a person's papers.
absl::StatusOr<std::optional<db::Row>> PaperOf(db::Transaction& tx, std::string_view shard, std::string_view person);
// The person of a number, by ID number and else by student number; of merged records the one who stays. "": nobody.
absl::StatusOr<std::string> PersonOfPaper(db::Transaction& tx, std::string_view shard, const PaperDigests& digests);

// --- Exports --------------------------------------------------------------------------------------------------------

// The export of a term and layout that stands, "" when there is none; how many there were so far.
struct StandingExport {
  std::string id;
  int64_t before = 0;
};
absl::StatusOr<StandingExport> FindStandingExport(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                  std::string_view layout);
absl::StatusOr<int64_t> OpenDifferencesOf(db::Transaction& tx, std::string_view shard, std::string_view exported);
absl::StatusOr<int64_t> HeadsOf(db::Transaction& tx, std::string_view shard, std::string_view exported);
// id, body, sealed, version of the rows of an export behind an id, in order of id; those of the file come first.
absl::StatusOr<std::vector<db::Row>> EntriesOf(db::Transaction& tx, std::string_view shard, std::string_view exported,
                                               std::string_view after, int64_t limit);
// id, person, project, row of the same.
absl::StatusOr<std::vector<db::Row>> EntryKeysOf(db::Transaction& tx, std::string_view shard, std::string_view exported,
                                                 std::string_view after, int64_t limit);
// Id of a feedback of the export that is not closed, other than `feedback`; "" when there is none.
absl::StatusOr<std::string> FeedbackUnderWay(db::Transaction& tx, std::string_view shard, std::string_view exported,
                                             std::string_view feedback);

// --- What there is to see -------------------------------------------------------------------------------------------

// Differences of a county that nobody worked off yet.
absl::StatusOr<int64_t> OpenMirrorDifferences(db::Transaction& tx, std::string_view shard);

// Both sides by school and project, of exports that stand.
struct MirrorSums {
  int64_t our_rows = 0, our_fen = 0, their_rows = 0, their_fen = 0, agreed = 0, open = 0, worked_off = 0;
};
struct MirrorSumKey {
  std::string area, project;
  auto operator<=>(const MirrorSumKey&) const = default;
};
absl::StatusOr<std::map<MirrorSumKey, MirrorSums>> MirrorSumsOf(db::Transaction& tx, std::string_view shard,
                                                                std::string_view term);
// id, body, sealed, version of the differences of exports of a term that stand, worked off or not, in an area, behind
// an id.
absl::StatusOr<std::vector<db::Row>> MirrorDifferencesWithin(db::Transaction& tx, std::string_view shard,
                                                             std::string_view term, const AreaRange& within,
                                                             std::string_view after, int64_t limit);

}  // namespace ruraledu::student_aid
