// Applies the rows of an import to the roots of its county; the preview is the same code run dry, on a snapshot.
//
// One ImportRun lives as long as one transaction, which may be a snapshot: then it only makes ready what another
// transaction writes (Seal). Rows about one root are a unit. What a unit finds wrong becomes the
// row's error, what it changes is written through RootWriter with the image before it, so that the import can be
// withdrawn.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "services/registry/import_facts_store.h"
#include "services/registry/import_rules.h"
#include "services/registry/import_store.h"
#include "services/registry/match_rules.h"
#include "services/registry/reference.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {

// What stays the same for all transactions of an import.
struct ImportParts {
  const rpc::Host& host;
  std::shared_ptr<const Reference> reference;
  std::shared_ptr<const crypto::Sealer> sealer;
  MatchWeights weights;
  ImportFacts facts;
  std::string shard;
  std::string actor;                           // "job:<id>"
  std::map<std::string, std::string> headers;  // header of each field as it stands in the file
  // Of the disabled federation's files: blind index of a parent's identity number -> ids of the students.
  std::map<std::string, std::vector<std::string>> parents;
};

using ImportUnit = std::vector<StagedLine*>;

// Units over lines that were loaded unit by unit.
std::vector<ImportUnit> UnitsOf(const std::vector<std::vector<int64_t>>& numbers, std::vector<StagedLine>* lines);

// The version in an etag.
int64_t VersionOf(std::string_view etag);

// A UUID (version 8) out of its parts: a run that was cut off finds what it made.
std::string DerivedId(std::initializer_list<std::string_view> parts);
// The same for what one row of an import makes: time of the import, line, digest. Neighbours in the file are neighbours
// in the tables, which are filled from the front instead of everywhere at once.
std::string IdOfLine(std::string_view kind, std::string_view import_id, int64_t line);

// Rows of a roster are about one student each: of one that the row made no image is kept, since the row itself names it
// and the version (ImagesOf).
bool MakesOwnRoot(ruraledu::registry::v1::ImportSource source, const feed::RootTable& table);
// The images of a row from before the import, the one that goes without saying last.
std::vector<ruraledu::registry::v1::BeforeImage> ImagesOf(ruraledu::registry::v1::ImportSource source,
                                                          const StagedLine& line);

// Adds a fault to a row and makes its outcome ERROR.
void Refuse(const std::map<std::string, std::string>& headers, const RowIssue& issue, StagedLine* line);

// Marks rows that repeat a key of the file as DUPLICATE: of exact repeats (DUPLICATE_IN_BATCH) the first stands; where
// rows of one root differ, none does (DUPLICATE_DIFFERS), which counts as an error. Rows of keys that may have many
// rows are only compared for exact repeats.
void MarkRepeats(bool many_rows, ImportUnit& unit);

class ImportRun {
 public:
  // `dry`: nothing is written; outcomes are what they would be.
  ImportRun(db::Transaction& tx, const ImportParts& parts, bool dry);
  // On a snapshot in which the head of the county is at `head_seq`: what is to be written is made ready by Seal. A unit
  // that needs to read what an earlier one changes answers HEAD_MOVED. `before`: is being written meanwhile, whether
  // the snapshot shows it or not; what is made ready follows it.
  struct Ready;
  ImportRun(db::Transaction& snapshot, const ImportParts& parts, int64_t head_seq, const Ready* before);

  // Reads what the units need of the county with few statements. Without it each row asks for itself.
  absl::Status Prefetch(absl::Span<const ImportUnit> units);
  absl::Status Apply(ImportUnit& unit);
  // Gives a student what a department's rows say of one person.
  absl::Status Attach(std::string_view student, ImportUnit& unit);
  // A student came after the household: links the member that a row of rural revitalisation named.
  absl::Status LinkMember(StagedLine& line);
  // Queues a new student and another one as possible duplicates when they score high enough.
  absl::Status ProposeDuplicate(std::string_view student, std::string_view other);
  // Ends what a complete file no longer says of a student or household; false when there is nothing to end.
  absl::StatusOr<bool> EndStudent(std::string_view id, const std::vector<std::string>& groups, StagedLine* line);
  absl::StatusOr<bool> EndHousehold(std::string_view id, const std::vector<std::string>& groups, StagedLine* line);
  // The student whose identity the roster row needs, the present one or the one it would make; and the indexes of the
  // number that must be claimed, none when it is had.
  struct Holder {
    std::string person;
    std::vector<std::string> claims;
  };
  absl::StatusOr<Holder> HolderOf(const StagedLine& line);
  // Puts a root back to the image before the import; what the import made goes out of use. False when it was changed
  // since, or the import made it and something in use refers to it by now: an officer decides. Idempotent.
  absl::StatusOr<bool> Restore(const ruraledu::registry::v1::BeforeImage& before, int64_t applied_version);
  // Writes what is pending. Call it before the transaction ends.
  absl::Status Flush();
  // HEAD_MOVED when the run needed what `before` changes, or when others have written in the county.
  absl::StatusOr<Ready> Seal();

 private:
  template <typename M>
  absl::StatusOr<std::optional<M>> Load(const feed::RootTable& table, std::string_view id);
  // True when the root changes.
  template <typename M>
  absl::StatusOr<bool> Put(const feed::RootTable& table, const std::optional<M>& before, const M& after,
                           std::string_view cause, StagedLine* line, std::vector<db::Value> extra = {});
  void Settle(bool is_new, bool changed, std::string_view root, std::string_view code, StagedLine* line);
  void Refuse(const RowIssue& issue, StagedLine* line) const;
  // What is said of a row that is taken, each with its column. The row's own code is the first of them.
  void Warn(const std::vector<std::string>& warnings, StagedLine* line) const;
  std::string Name(std::string_view collection, std::string_view id) const;
  std::vector<db::Value> TeacherExtra(const ruraledu::registry::v1::Teacher& teacher);
  std::string CurrentIndex(std::string_view kind, std::string_view value);
  // Blind indexes of a number under every key version, worked out once per number.
  const std::vector<std::string>& IndexesOf(std::string_view kind, std::string_view number);
  std::vector<db::Value> StudentExtra(const ruraledu::registry::v1::Student& student);
  // Does it now, or with what Seal makes ready.
  absl::Status Then(std::function<absl::Status(db::Transaction&)> job);
  StudentChecks checks() const;

  using Schools = std::map<std::string, std::optional<ruraledu::registry::v1::School>>;
  using Classes = std::map<std::string, std::optional<ruraledu::registry::v1::SchoolClass>>;
  // What was found of a school or class, nullopt where there is none; lives as long as the run.
  absl::StatusOr<Schools::mapped_type*> SchoolByCode(std::string_view code);
  absl::StatusOr<Classes::mapped_type*> FindClass(std::string_view school, std::string_view year,
                                                  std::string_view grade, std::string_view name);
  // Null where there is none, and for those that a withdrawal took out of use.
  absl::StatusOr<const ruraledu::registry::v1::School*> SchoolInUse(std::string_view code);
  // Null where the row names none, or is refused.
  absl::StatusOr<const ruraledu::registry::v1::SchoolClass*> ClassOf(const ruraledu::registry::v1::School& school,
                                                                     const RowView& row, StagedLine* line);
  // Id of a teacher by identity number or else personnel number, "" for none.
  absl::StatusOr<std::string> TeacherOf(std::string_view id_number, std::string_view staff_number);
  // The first student with one of the indexes; `present`: of those that neither left nor were merged.
  absl::StatusOr<std::string> FirstStudent(StudentIndex index, const std::vector<std::string>& values, bool present);
  absl::StatusOr<std::string> StudentByIdNumber(std::string_view id_number);
  absl::StatusOr<std::string> StudentOfRoster(const RowView& row);
  absl::StatusOr<std::optional<ImportValues>> WithoutIdentity(
      const RowView& row, const StagedLine& line, const std::optional<ruraledu::registry::v1::Student>& before);
  absl::Status CorrectNumber(const ruraledu::registry::v1::Student& before, StagedLine* line);
  absl::Status LinkStudent(std::string_view id, const ruraledu::registry::v1::Household& household, StagedLine* line);
  absl::Status MatchMember(ruraledu::registry::v1::Household* household, StagedLine* line);
  struct WeakMatch {
    bool found = false;
    std::string same;  // student of a pair that an officer decided to be one person
  };
  absl::StatusOr<WeakMatch> QueueWeakMatches(const RowView& row, std::string_view reference, std::string_view key,
                                             StagedLine* line);
  struct Candidate {
    ruraledu::registry::v1::Student student;
    MatchScore score;
  };
  absl::StatusOr<std::vector<Candidate>> Candidates(const MatchPerson& person, int from);
  // The state in which the review is afterwards.
  absl::StatusOr<ruraledu::registry::v1::ReviewState> PutReview(ruraledu::registry::v1::IdentityReview review,
                                                                const std::string& key, StagedLine* line);
  absl::StatusOr<std::string> CanonicalOf(const std::vector<std::string>& indexes);

  template <typename M>
  absl::StatusOr<bool> RestoreRoot(const feed::RootTable& table, const ruraledu::registry::v1::BeforeImage& image,
                                   int64_t applied_version);
  template <typename M>
  absl::StatusOr<bool> IsAsLeft(const M& present, int64_t applied_version);
  // Whether something in use refers to a root that the import made.
  template <typename M>
  absl::StatusOr<bool> Referenced(const M& root);

  absl::Status Student(StagedLine* line);
  absl::Status School(StagedLine* line);
  // Closes a school as its row says (AL-2).
  absl::Status CloseByRow(const RowView& row, ruraledu::registry::v1::School* school, RowIssues* issues);
  absl::Status Class(StagedLine* line);
  absl::Status Teacher(StagedLine* line);
  absl::Status Village(StagedLine* line);
  absl::Status Calendar(ImportUnit& unit);
  absl::Status Household(ImportUnit& unit);
  absl::Status Person(ImportUnit& unit);
  // What a unit says of the children of a disabled person (kind X2).
  absl::Status Children(ImportUnit& unit);

  // Hashes of the blind indexes that a run asked for and of the roots that it read and changed, schools excepted.
  using Touched = absl::flat_hash_set<size_t>;
  void Touch(const feed::RootTable& table, std::string_view id);

  // Versions of what is in writer_ are known when it is written: the entry there, from 1.
  template <typename T>
  struct Awaiting {
    T* what;
    int64_t entry;
  };
  void Await(int64_t head_seq);  // gives them out

  db::Transaction& tx_;
  const ImportParts& parts_;
  const bool dry_;
  const absl::CivilDay today_;
  const std::optional<int64_t> head_seq_;  // behind which the run writes, of a snapshot
  const Ready* const unseen_ = nullptr;    // is being written, the snapshot does not show it
  const bool overtaken_ = false;           // the snapshot shows what others wrote
  Touched touched_;
  bool by_name_ = false;  // a student was looked for by name
  std::unique_ptr<feed::RootWriter> writer_;
  std::vector<std::function<absl::Status(db::Transaction&)>> jobs_;
  absl::flat_hash_set<std::string> pending_;  // "table/id" of the roots in writer_
  std::vector<Awaiting<ruraledu::registry::v1::BeforeImage>> befores_;
  std::vector<Awaiting<StagedLine>> settled_;
  absl::flat_hash_map<std::string, std::vector<std::string>> indexes_;  // by kind and number
  StudentsByIndex by_id_number_, by_student_number_;
  RootRows students_;  // prefetched, not changed since
  Schools schools_;
  Classes classes_;
  feed::PastRoots past_{tx_, *parts_.sealer, parts_.shard};  // of withdrawals
  std::set<std::string> reviews_;                            // ids and pairs put by this run
  std::optional<std::set<std::string>> lived_in_;            // villages of present students and households
};

// What a run on a snapshot wants written; HEAD_MOVED when the county has moved on. The rows have their versions.
struct ImportRun::Ready {
  int64_t head_seq = 0;
  std::unique_ptr<feed::RootWriter> roots;  // null: nothing changed
  std::vector<std::function<absl::Status(db::Transaction&)>> jobs;
  // For the run behind it.
  Schools schools;
  Classes classes;
  Touched touched;

  int64_t next_seq() const { return head_seq + (roots == nullptr ? 0 : roots->entries()); }
  absl::Status Write(db::Transaction& tx) const;
};

// The facts of an import as its root states them.
ImportFacts FactsOf(const ruraledu::registry::v1::Import& import, const Reference& reference);
// An officer decided that a department's row and a student are one person: the student gets what the rows of the person
// say, the rows their outcome. `parts` are those of the import of the row. REVIEW_STALE when row or student is no
// longer what it was.
absl::Status AttachReviewed(db::Transaction& tx, const ImportParts& parts,
                            const ruraledu::registry::v1::IdentityReview& review);

}  // namespace ruraledu::registry
