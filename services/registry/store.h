// The registry's own SQL, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {

// The school of a name in the transaction's shard; SCHOOL_UNKNOWN when there is none or it lies in another county.
absl::StatusOr<ruraledu::registry::v1::School> LoadSchool(db::Transaction& tx, const crypto::Sealer& sealer,
                                                          std::string_view name);
// The school with a national code in the shard.
absl::StatusOr<std::optional<ruraledu::registry::v1::School>> FindSchoolByCode(db::Transaction& tx,
                                                                               const crypto::Sealer& sealer,
                                                                               std::string_view code);
// ALREADY_EXISTS SCHOOL_CODE_TAKEN.
absl::Status CheckSchoolCodeFree(db::Transaction& tx, std::string_view code);

// "" when there is no such school.
absl::StatusOr<std::string> AreaOfSchool(db::Transaction& tx, std::string_view shard, std::string_view id);
// In order of code, without what is sealed.
absl::StatusOr<std::vector<ruraledu::registry::v1::School>> SchoolsWithin(db::Transaction& tx, std::string_view shard,
                                                                          const AreaRange& range);

// Stage and status of those placed in a school of the transaction's shard, each pair once.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> PupilsOfSchool(db::Transaction& tx,
                                                                                std::string_view area);

// ALREADY_EXISTS SUBJECT_TAKEN; the second of a client certificate.
absl::Status CheckSubjectFree(db::Transaction& tx, std::string_view issuer, std::string_view subject);
absl::Status CheckCertificateFree(db::Transaction& tx, std::string_view fingerprint);
// In order of id, after `after`.
absl::StatusOr<std::vector<ruraledu::registry::v1::Account>> AccountsAfter(db::Transaction& tx, std::string_view shard,
                                                                           std::string_view after, int64_t limit);

// --- roots of any table, without what is sealed of them
absl::StatusOr<bool> AnyRoot(db::Transaction& tx, const feed::RootTable& table);
// By id, in the transaction's shard.
absl::StatusOr<std::map<std::string, int64_t>> RootVersions(db::Transaction& tx, const feed::RootTable& table);
struct PlacedRoot {
  std::string shard, id;
  std::unique_ptr<google::protobuf::Message> root;
  int64_t version = 0;
};
absl::StatusOr<std::vector<PlacedRoot>> RootsOf(db::Transaction& tx, const feed::RootTable& table,
                                                std::string_view shard);
// Over all shards, in order of shard and id, after a place.
absl::StatusOr<std::vector<PlacedRoot>> RootsAfter(db::Transaction& tx, const feed::RootTable& table,
                                                   std::string_view shard, std::string_view id, int64_t limit);

// A root as it rests, for a change that leaves its extra columns alone.
struct WholeRoot {
  std::unique_ptr<google::protobuf::Message> root;
  std::vector<db::Value> extra;
};
// Of the transaction's shard, in order of id.
absl::StatusOr<std::vector<WholeRoot>> RootsWithin(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   const feed::RootTable& table, const AreaRange& range, int64_t limit);

// The class of a name in the transaction's shard; CLASS_UNKNOWN.
absl::StatusOr<ruraledu::registry::v1::SchoolClass> LoadClass(db::Transaction& tx, const crypto::Sealer& sealer,
                                                              std::string_view name);

// Ids of students of the shard with this blind index of the identity number (any of the key versions), those that left
// or were merged excluded.
absl::StatusOr<std::vector<std::string>> StudentsByIdIndex(db::Transaction& tx, std::string_view shard,
                                                           const std::vector<std::string>& indexes);
// The one with this name and birth date, those that left or were merged excluded; "" for none and for several.
absl::StatusOr<std::string> StudentByName(db::Transaction& tx, std::string_view shard, std::string_view display_name,
                                          absl::CivilDay birth);

// Students in order of id, those that left too: the last id of a page behind `after` ("" for none), and the page.
absl::StatusOr<std::string> LastStudent(db::Transaction& tx, std::string_view shard, std::string_view after,
                                        int64_t limit);
absl::StatusOr<std::vector<ruraledu::registry::v1::Student>> StudentsUntil(db::Transaction& tx,
                                                                           const crypto::Sealer& sealer,
                                                                           std::string_view shard,
                                                                           std::string_view after,
                                                                           std::string_view until);

// The extra columns of a student's row as they stand, for a change that leaves name and numbers alone.
absl::StatusOr<std::vector<db::Value>> KeepStudentExtra(db::Transaction& tx, std::string_view shard,
                                                        std::string_view id);

// Whether the county has a row of the student, also one that left.
absl::StatusOr<bool> HasStudent(db::Transaction& tx, std::string_view shard, std::string_view id);

// Whether a transfer of the student is requested or accepted.
absl::StatusOr<bool> HasOpenTransfer(db::Transaction& tx, std::string_view shard, std::string_view student);

// Transfers of any county into a school of `county`, in order of shard and id, after a place. UNSPECIFIED: every state.
absl::StatusOr<std::vector<ruraledu::registry::v1::Transfer>> TransfersInto(db::Transaction& tx,
                                                                            std::string_view county,
                                                                            ruraledu::registry::v1::TransferState state,
                                                                            std::string_view after_shard,
                                                                            std::string_view after_id, int64_t limit);

// What makes a doubtful pair one pair whatever the order: the column `pair` of its row.
std::string ReviewPair(const ruraledu::registry::v1::IdentityReview& review);

// Confirms a weak match: the household's member gets the student, the student the household and its village.
absl::Status LinkMember(db::Transaction& tx, const crypto::Sealer& sealer,
                        const ruraledu::registry::v1::IdentityReview& review, feed::RootWriter& writer);

// Where a person is now, from the directory in the person's hash shard.
struct PersonPlace {
  std::string home_shard;
  std::string merged_into;  // person id, "" = not merged
};
absl::StatusOr<std::optional<PersonPlace>> FindPerson(db::Transaction& tx, std::string_view person);
// Persons that were never known, of one hash shard (the transaction's): they are in `home_shard`. Known ones stay as
// they are.
absl::Status AddPersons(db::Transaction& tx, const std::vector<std::string>& persons, std::string_view home_shard,
                        absl::CivilDay effective_on);
absl::Status PutPerson(db::Transaction& tx, std::string_view person, std::string_view home_shard,
                       absl::CivilDay effective_on, std::string_view merged_into);

// What waits in every county: kind "review" (OPEN), "transfer" (requested, accepted) or "import" (by state, the ended
// ones left out).
struct OpenWork {
  std::string kind, shard, state;
  int64_t count = 0;
};
absl::StatusOr<std::vector<OpenWork>> CountOpenWork(db::Transaction& tx);

}  // namespace ruraledu::registry
