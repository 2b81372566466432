// The SQL of student_aid, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "ruraledu/common/v1/types.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

namespace registry_v1 = ruraledu::registry::v1;

// --- Copies of the registry's roots, written by the follower --------------------------------------------------------
// `version` is the registry's. Without `resync` an older image never replaces a newer one and the mark stays; with it
// the image of the state replaces whatever is there.
struct Seen {
  int64_t version = 0;
  std::optional<int64_t> resync;
};
// Cut the root to what aid needs: contacts, guardians and papers are left out. The caller has replaced ID numbers by
// keyed digests: aid only compares them.
absl::Status PutPupil(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      const Seen& seen);
absl::Status PutSchool(db::Transaction& tx, const registry_v1::School& school, const Seen& seen);
absl::Status PutHousehold(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Household& household,
                          const Seen& seen);
absl::Status PutBatch(db::Transaction& tx, std::string_view import, bool open, const Seen& seen);
// Removes the copies of a shard that the resync did not see.
absl::Status DropUnseen(db::Transaction& tx, std::string_view shard, int64_t resync);

// Whether an import is partly applied in a county shard, or in any of the counties of a province's digits ("41").
absl::StatusOr<bool> BatchOpen(db::Transaction& tx, std::string_view shard);
absl::StatusOr<bool> BatchOpenWithin(db::Transaction& tx, std::string_view province_digits);
// County shards of a province that the follower knows, in order.
absl::StatusOr<std::vector<std::string>> CountiesWithin(db::Transaction& tx, std::string_view province_digits);
// Where the copy of a shard stands; empty when nothing was followed yet.
absl::StatusOr<ruraledu::common::v1::Positions> CopyPositions(db::Transaction& tx, std::string_view shard);

// Whether this is the first time that the transaction's access shard sees the mark.
absl::StatusOr<bool> MarkAccessResync(db::Transaction& tx, int64_t resync);

struct PupilPlace {
  std::string area, display_name, merged_into;
  int64_t version = 0;  // of the registry
};
absl::StatusOr<std::optional<PupilPlace>> FindPupil(db::Transaction& tx, std::string_view shard,
                                                    std::string_view person);
// The record into which a person of the transaction's shard was merged, "" when none.
absl::StatusOr<std::string> MergedInto(db::Transaction& tx, std::string_view person);
absl::StatusOr<std::vector<registry_v1::School>> AllSchools(db::Transaction& tx, std::string_view shard);

// --- What a run reads -----------------------------------------------------------------------------------------------
// Persons of a county are read in the order of their claim shards, so that the claims of a page lie together.
struct PersonKey {
  std::string claim_shard, person;
  auto operator<=>(const PersonKey&) const = default;
};
// Rows of one snapshot, still sealed: decrypting is done outside of the transaction.
struct SealedPage {
  std::vector<db::Row>
      pupils;  // claim_shard, id, body, sealed, version, household: id or NULL, body, sealed, version, shard
  std::vector<db::Row> decisions;    // id, body, sealed, version: those in force in the term
  std::vector<db::Row> aid;          // person (canonical), id, body, sealed, version
  std::vector<db::Row> comparisons;  // id, body, sealed, version
  std::vector<registry_v1::School> schools;
  ruraledu::common::v1::Positions positions;
  bool batch_open = false;
};
struct PupilCopy {
  PersonKey key;
  registry_v1::Student student;
  std::optional<registry_v1::Household> household;
};
struct RunPage {
  std::vector<PupilCopy> pupils;
  absl::flat_hash_map<std::string, v1::Decision> decisions;          // by person
  absl::flat_hash_map<std::string, std::vector<v1::AidRecord>> aid;  // by person, merged ones under the one they became
  absl::flat_hash_map<std::string, v1::Comparison> comparisons;      // by person
  std::map<std::string, registry_v1::School> schools;                // by resource name
  ruraledu::common::v1::Positions positions;
};
absl::StatusOr<SealedPage> ReadPage(db::Transaction& tx, std::string_view shard, std::string_view term,
                                    const PersonKey& after, int64_t limit, bool with_comparisons);
// Outside of any transaction: a household may rest under the key of another county.
absl::StatusOr<RunPage> OpenPage(const SealedPage& page, crypto::KeyRing& keys, std::string_view shard);

// --- Runs -----------------------------------------------------------------------------------------------------------
// The runs of a county, kind and term, newest first; `state` UNSPECIFIED: all.
absl::StatusOr<std::vector<v1::Run>> FindRuns(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                              v1::RunKind kind, std::string_view term, v1::RunState state);
// Runs of a county from the newest back, those before the id `before`; sealed parts are left out. Empty kind, term and
// `before`: all.
absl::StatusOr<std::vector<v1::Run>> PageOfRuns(db::Transaction& tx, std::string_view shard, std::string_view kind,
                                                std::string_view term, std::string_view before, int64_t limit);
absl::Status InsertDifferences(db::Transaction& tx, std::string_view run,
                               const std::vector<std::pair<std::string, v1::PersonDifference>>& by_area);
struct DifferenceRow {
  std::string person, area;
  v1::PersonDifference difference;
};
absl::StatusOr<std::vector<DifferenceRow>> ListDifferences(db::Transaction& tx, std::string_view shard,
                                                           std::string_view run, std::string_view after_person,
                                                           int64_t limit);

// --- Recorded aid ---------------------------------------------------------------------------------------------------
// Records of a person in a term and benefit family that were not refused.
absl::StatusOr<std::vector<v1::AidRecord>> AidOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                 std::string_view person, std::string_view term,
                                                 v1::BenefitFamily family);

}  // namespace ruraledu::student_aid
