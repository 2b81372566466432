// The SQL of student_aid, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/domain/calendar.h"
#include "common/feed/copy.h"
#include "google/protobuf/arena.h"
#include "ruraledu/common/v1/types.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/student_aid/restriction_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

namespace registry_v1 = ruraledu::registry::v1;

// --- Copies of the registry's roots, written by the follower --------------------------------------------------------
using feed::Seen;
// Cut the root to what aid needs: of guardians their names, of the contact the card, and no papers. The caller has
// replaced ID numbers by keyed digests: aid only compares them. `card_digest`: that of the card's number, "" without
// one.
absl::Status PutPupil(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      std::string_view card_digest, const Seen& seen);
absl::Status PutSchool(db::Transaction& tx, const registry_v1::School& school, const Seen& seen);
absl::Status PutHousehold(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Household& household,
                          const Seen& seen);
absl::Status PutCalendar(db::Transaction& tx, const registry_v1::Calendar& calendar, const Seen& seen);
using feed::AllSchools;
using feed::BatchOpen;
using feed::BatchOpenWithin;
using feed::CopyPositions;
using feed::CountiesWithin;
using feed::FindSchool;
using feed::WhoStays;

// The texts of the first column.
std::vector<std::string> FirstColumn(const std::vector<db::Row>& rows);
// HEAD_MOVED when one of the roots, by id, has another etag than it had ("": it was not there).
absl::Status CheckUnchanged(db::Transaction& tx, const feed::RootTable& table,
                            const std::vector<std::pair<std::string, std::string>>& seen);

struct PupilPlace {
  std::string area, display_name, merged_into;
  int64_t version = 0;  // of the registry
};
absl::StatusOr<std::optional<PupilPlace>> FindPupil(db::Transaction& tx, std::string_view shard,
                                                    std::string_view person);
// The area of a root that files may belong to, a pupil of the county, a payment batch or a check of
// accounts; nullopt when there is none. FILE_OWNER.
absl::StatusOr<std::optional<std::string>> AreaOfFileOwner(db::Transaction& tx, std::string_view owner);
// The record into which a person of the transaction's shard was merged, "" when none.
absl::StatusOr<std::string> MergedInto(db::Transaction& tx, std::string_view person);
// Persons of a shard that were merged into a person, and into those again.
absl::StatusOr<std::vector<std::string>> AliasesOf(db::Transaction& tx, std::string_view shard,
                                                   std::string_view person);

// --- What a run reads -----------------------------------------------------------------------------------------------
// Persons of a county are read in the order of their claim shards, so that the claims of a page lie together; for
// comparisons, which claim nothing, in the order of their ids, `claim_shard` being empty.
struct PersonKey {
  std::string claim_shard, person;
  auto operator<=>(const PersonKey&) const = default;
};
// What compliance asks beside (compliance_store.h), of the persons of a page.
struct ComplianceRows {
  std::vector<db::Row> identified;  // person, state, disputed; of the school year
  std::vector<db::Row> applied;     // person, item, state; of the term
  std::vector<db::Row> submitted;   // id, body, sealed, version of the applications that wait for their school
  std::vector<db::Row> cards;       // person, card_digest; why the bank refused the card, NULL unless it did
  std::vector<db::Row> sharers;     // id, body, sealed, version, card_digest of pupils whose card another one has, too
};
// Rows of one snapshot, still sealed: decrypting is done outside of the transaction.
struct SealedPage {
  // claim_shard ("" in the order of ids), id; then body, sealed, version of the pupil; then id, body, sealed, version
  // of the household, the decision in force and the comparison, each NULL when there is none; then the household's
  // shard.
  std::vector<db::Row> pupils;
  // person, id, body, sealed, version: by person, records of those who were merged into the person last.
  std::vector<db::Row> aid;
  // Likewise, of the school year, those that gave a level; not in pages of comparisons.
  std::vector<db::Row> identifications;
  // Likewise: who studies beyond school, what others paid in the term, and applications of it that were paid.
  std::vector<db::Row> studies, tracked, paid;
  ComplianceRows compliance;
  std::map<std::string, registry_v1::School> schools;  // by resource name
  ruraledu::common::v1::Positions positions;
  bool batch_open = false;
};
// Persons behind `after`. Without comparisons these are left out.
absl::StatusOr<SealedPage> ReadPage(db::Transaction& tx, std::string_view shard, std::string_view term,
                                    const PersonKey& after, int64_t limit, bool with_comparisons);

// These persons, and those behind `after` in the order of ids; neither decisions nor comparisons nor aid.
absl::StatusOr<SealedPage> ReadPersons(db::Transaction& tx, std::string_view shard,
                                       absl::Span<const std::string> persons);
absl::StatusOr<SealedPage> ReadRoll(db::Transaction& tx, std::string_view shard, std::string_view after, int64_t limit);

struct PupilCopy {
  PersonKey key;
  registry_v1::Student student;
  std::optional<registry_v1::Household> household;
};
// What a run knows of one person.
struct RunPupil {
  PupilCopy copy;
  // What was recorded, then what others paid (programme.proto), then what the county paid itself.
  std::vector<v1::AidRecord> aid;
  std::vector<v1::Identification> identifications;
  std::vector<v1::Study> studies;
  // On the arena that they were opened with; null: there is none.
  v1::Decision* decision = nullptr;  // in a page with comparisons only what is sealed: input and answer
  v1::Comparison* comparison = nullptr;
};
// Opens the persons of a page one after the other, outside of any transaction: a household may rest under the key of
// another county. The page outlives it.
class PageOpener {
 public:
  static absl::StatusOr<PageOpener> Create(const SealedPage& page, crypto::KeyRing& keys, std::string_view shard);
  // `pupil` may hold the person before: its memory is used again.
  absl::Status Open(const db::Row& row, google::protobuf::Arena* arena, RunPupil* pupil) const;

 private:
  using ByPerson = absl::flat_hash_map<std::string_view, absl::Span<const db::Row>>;
  PageOpener(crypto::KeyRing& keys, std::string_view shard) : keys_(&keys), shard_(shard) {}
  static ByPerson Group(const std::vector<db::Row>& rows);
  template <typename M>
  absl::Status OpenAll(const ByPerson& rows, const feed::RootTable& table, const std::string& person,
                       std::vector<M>* roots) const;
  absl::Status AddPaid(RunPupil* pupil) const;

  crypto::KeyRing* keys_;
  std::string shard_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  ByPerson aid_, identifications_, studies_, tracked_, paid_;
};

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

// --- Identification -------------------------------------------------------------------------------------------------
// Whether somebody who was merged into the person has a record of the school year.
absl::StatusOr<bool> HasRecordOfAlias(db::Transaction& tx, std::string_view shard, std::string_view person,
                                      std::string_view school_year);
// Ids of the records that wait for a notice, within an area, in order of area and id.
absl::StatusOr<std::vector<std::string>> IdsToPost(db::Transaction& tx, std::string_view shard,
                                                   std::string_view school_year, const AreaRange& within);
// Ids of the records on a notice that are neither confirmed nor refused.
absl::StatusOr<std::vector<std::string>> IdsOnNotice(db::Transaction& tx, std::string_view shard,
                                                     std::string_view notice);
absl::StatusOr<std::vector<std::string>> IdsOfPerson(db::Transaction& tx, std::string_view shard,
                                                     std::string_view person);
// Of the persons behind `after` up to `last`, in order.
absl::StatusOr<std::vector<std::string>> PersonsWithRecord(db::Transaction& tx, std::string_view shard,
                                                           std::string_view school_year, std::string_view after,
                                                           std::string_view last);

// A job that the service gives itself in the transaction's county; `input` is what its kind reads.
absl::Status InsertOwnJob(db::Transaction& tx, std::string_view kind, std::string input);

// --- Applications ---------------------------------------------------------------------------------------------------
// Ids of the applications of a term within an area that are in a state, in order of area and id.
absl::StatusOr<std::vector<std::string>> ApplicationsIn(db::Transaction& tx, std::string_view shard,
                                                        std::string_view term, const AreaRange& within,
                                                        v1::ApplicationState state, int64_t limit);
// Ids of those that a notice shows.
absl::StatusOr<std::vector<std::string>> ApplicationsOnNotice(db::Transaction& tx, std::string_view shard,
                                                              std::string_view notice);
// Pupils of the should-not list of the newest comparison of a term, with the reason; nullopt: none of the term is
// closed.
absl::StatusOr<std::optional<std::map<std::string, v1::GapReason>>> ShouldNotList(db::Transaction& tx,
                                                                                  const crypto::Sealer& sealer,
                                                                                  std::string_view shard,
                                                                                  std::string_view term);
// Restrictions of a shard that were not lifted.
absl::StatusOr<RestrictionMap> OpenRestrictions(db::Transaction& tx, const crypto::Sealer& sealer,
                                                std::string_view shard);

// What the job of applications reads: decisions in force of the persons behind `after` in the order of ids, and what
// there is of those persons in the term; still sealed.
struct DecisionPage {
  // person, id, body, sealed, version; what belongs to somebody who was merged stands with the one who stays.
  std::vector<db::Row> decisions, applications, aid, identifications;
};
absl::StatusOr<DecisionPage> ReadDecisions(db::Transaction& tx, std::string_view shard, std::string_view term,
                                           std::string_view after, int64_t limit);

// --- Recorded aid ---------------------------------------------------------------------------------------------------
// Records of a person in a term and benefit family that were not refused.
absl::StatusOr<std::vector<v1::AidRecord>> AidOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                 std::string_view person, std::string_view term,
                                                 v1::BenefitFamily family);

}  // namespace ruraledu::student_aid
