// What all sources share: loading and writing roots, finding persons, reviews, restoring.
#include "services/registry/import_run.h"

#include "absl/algorithm/container.h"
#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/crypto/blind_index.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "services/registry/identity.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

constexpr std::string_view kIdNumber = "id_number", kStudentNumber = "student_number";

std::string RootKey(const feed::RootTable& table, std::string_view id) {
  return absl::StrCat(table.table, "/", id);
}

}  // namespace

std::string DerivedId(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    absl::StrAppend(&text, crypto::BigEndian32(static_cast<uint32_t>(part.size())), part);
  }
  std::string digest = crypto::Sha256({text}).substr(0, 16);
  digest[6] = static_cast<char>((digest[6] & 0x0f) | 0x80);  // UUID version 8: made by the application
  digest[8] = static_cast<char>((digest[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(digest);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

std::string IdOfLine(std::string_view kind, std::string_view import_id, int64_t line) {
  constexpr size_t kTime = 13;  // characters of the 48 bits of a UUID of version 7
  std::string id = DerivedId({kind, import_id, absl::StrCat(line)});
  id.replace(0, kTime, import_id.substr(0, kTime));
  return id.replace(kTime + 1, 9, absl::StrFormat("8%03x-%04x", line >> 14 & 0xfff, 0x8000 | (line & 0x3fff)));
}

bool MakesOwnRoot(v1::ImportSource source, const feed::RootTable& table) {
  return source == v1::IMPORT_SOURCE_STUDENT_ROSTER && &table == &kStudents;
}

std::vector<ImportUnit> UnitsOf(const std::vector<std::vector<int64_t>>& numbers, std::vector<StagedLine>* lines) {
  std::vector<ImportUnit> units;
  size_t at = 0;
  for (const auto& unit : numbers) {
    units.emplace_back();
    for (size_t i = 0; i < unit.size(); ++i) {
      units.back().push_back(&(*lines)[at++]);
    }
  }
  return units;
}

namespace {

void AddFault(const std::map<std::string, std::string>& headers, const RowIssue& issue, StagedLine* line) {
  v1::RowFault* fault = line->staged.add_faults();
  const auto header = headers.find(issue.field);
  fault->set_column(header == headers.end() ? issue.field : header->second);
  fault->set_field(issue.field);
  fault->set_code(issue.code);
  const auto value = line->staged.values().find(issue.field);
  fault->set_original(value == line->staged.values().end() ? "" : value->second);
}

}  // namespace

void Refuse(const std::map<std::string, std::string>& headers, const RowIssue& issue, StagedLine* line) {
  if (line->outcome != "ERROR") {
    line->staged.clear_faults();  // warnings of a row that is refused after all
  }
  AddFault(headers, issue, line);
  line->outcome = "ERROR";
  line->code = line->staged.faults(0).code();
}

void MarkRepeats(bool many_rows, ImportUnit& unit) {
  if (unit.size() < 2) {
    return;
  }
  std::vector<std::pair<std::map<std::string, std::string>, StagedLine*>> sorted;
  for (StagedLine* line : unit) {
    if (line->outcome.empty()) {
      sorted.emplace_back(
          std::map<std::string, std::string>(line->staged.values().begin(), line->staged.values().end()), line);
    }
  }
  absl::c_stable_sort(sorted, [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto mark = [](StagedLine* line, std::string_view code) {
    line->outcome = "DUPLICATE";
    line->code = std::string(code);
  };
  bool differ = false;
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].first == sorted[i - 1].first) {
      mark(sorted[i].second, "DUPLICATE_IN_BATCH");
    } else {
      differ = true;
    }
  }
  if (differ && !many_rows) {  // which of them is right is not for a program to decide
    absl::c_for_each(sorted, [&](const auto& item) { mark(item.second, "DUPLICATE_DIFFERS"); });
  }
}

ImportRun::ImportRun(db::Transaction& tx, const ImportParts& parts, bool dry)
    : tx_(tx), parts_(parts), dry_(dry), today_(tx.clock().Today()) {}

ImportRun::ImportRun(db::Transaction& snapshot, const ImportParts& parts, int64_t head_seq, const Ready* before)
    : tx_(snapshot),
      parts_(parts),
      dry_(false),
      today_(snapshot.clock().Today()),
      head_seq_(before == nullptr ? head_seq : before->next_seq()),
      unseen_(before != nullptr && head_seq == before->head_seq ? before : nullptr),
      overtaken_(head_seq != head_seq_ && unseen_ == nullptr) {
  if (before != nullptr) {
    schools_ = before->schools;
    classes_ = before->classes;
  }
}

absl::Status ImportRun::Prefetch(absl::Span<const ImportUnit> units) {
  std::vector<std::string> id_numbers, student_numbers, ids;
  const bool roster = parts_.facts.source == v1::IMPORT_SOURCE_STUDENT_ROSTER;
  const bool staged_index = parts_.host.keys.index_keys().size() == 1;  // a staged row carries it
  for (const ImportUnit& unit : units) {
    for (const StagedLine* line : unit) {
      const RowView row(line->staged.values());
      if (const std::string number = PersonIdOfRow(row); !number.empty()) {
        if (staged_index && !line->person_key.empty()) {
          indexes_.try_emplace(absl::StrCat(kIdNumber, "|", number), std::vector{line->person_key});
        }
        absl::c_copy(IndexesOf(kIdNumber, number), std::back_inserter(id_numbers));
      }
      if (roster && row.Has("student_number")) {
        absl::c_copy(IndexesOf(kStudentNumber, row.Get("student_number")), std::back_inserter(student_numbers));
      }
    }
  }
  RETURN_IF_ERROR(FindStudents(tx_, parts_.shard, StudentIndex::kIdNumber, id_numbers, &by_id_number_));
  RETURN_IF_ERROR(FindStudents(tx_, parts_.shard, StudentIndex::kStudentNumber, student_numbers, &by_student_number_));
  for (const StudentsByIndex* found : {&by_id_number_, &by_student_number_}) {
    for (const auto& [index, students] : *found) {
      for (const IndexedStudent& student : students) {
        if (!student.gone && !students_.contains(student.id)) {
          ids.push_back(student.id);
        }
      }
    }
  }
  return FindRoots(tx_, kStudents, parts_.shard, ids, &students_);
}

StudentChecks ImportRun::checks() const {
  return parts_.reference->ChecksOn(today_);
}

std::string ImportRun::Name(std::string_view collection, std::string_view id) const {
  return absl::StrCat("counties/", parts_.facts.county, "/", collection, "/", id);
}

std::string ImportRun::CurrentIndex(std::string_view kind, std::string_view value) {
  if (value.empty()) {
    return "";
  }
  const auto known = indexes_.find(absl::StrCat(kind, "|", value));
  return known == indexes_.end() ? crypto::BlindIndex(parts_.host.keys, kind, value).value : known->second.back();
}

const std::vector<std::string>& ImportRun::IndexesOf(std::string_view kind, std::string_view number) {
  bool changed = false;
  const std::string normal = NormalizeNumber(number, &changed);
  const auto [at, fresh] = indexes_.try_emplace(absl::StrCat(kind, "|", normal));
  if (fresh) {
    for (const crypto::IndexRow& row : crypto::BlindIndexes(parts_.host.keys, kind, normal)) {
      at->second.push_back(row.value);
    }
  }
  return at->second;
}

std::vector<db::Value> ImportRun::StudentExtra(const v1::Student& student) {
  if (dry_) {
    return {};
  }
  const NameRules& names = parts_.reference->names;
  const std::string_view number =
      student.student_numbers().empty() ? "" : std::string_view(student.student_numbers(0).number());
  return {names.SortKey(names.Prepare(student.display_name())), CurrentIndex(kIdNumber, student.id_number()),
          CurrentIndex(kStudentNumber, number)};
}

absl::Status ImportRun::Then(std::function<absl::Status(db::Transaction&)> job) {
  if (!head_seq_.has_value()) {
    return job(tx_);
  }
  jobs_.push_back(std::move(job));
  return absl::OkStatus();
}

void ImportRun::Refuse(const RowIssue& issue, StagedLine* line) const {
  registry::Refuse(parts_.headers, issue, line);
}

void ImportRun::Settle(bool is_new, bool changed, std::string_view root, std::string_view code, StagedLine* line) {
  line->outcome = is_new ? "NEW" : changed ? "CHANGED" : "UNCHANGED";
  line->code = std::string(code);
  line->root = std::string(root);
  line->root_version = 0;
  if (writer_ != nullptr && (is_new || changed)) {
    settled_.push_back({line, writer_->entries()});
  }
}

void ImportRun::Warn(const std::vector<std::string>& warnings, StagedLine* line) const {
  static const auto* const kFields =
      new std::map<std::string_view, std::string_view>{{"ID_NORMALIZED", "citizen_id"},
                                                       {"ID_BIRTH_MISMATCH", "birth_date"},
                                                       {"ID_SEX_MISMATCH", "sex"},
                                                       {"STUDENT_NUMBER_NORMALIZED", "student_number"},
                                                       {"STUDENT_NUMBER_BODY_MISMATCH", "student_number"},
                                                       {"DUPLICATE_ACROSS_SCHOOLS", "school_code"},
                                                       {"TEACHER_UNKNOWN", "head_teacher_id"}};
  line->staged.clear_faults();
  for (const std::string& code : warnings) {
    const auto field = kFields->find(code);
    AddFault(parts_.headers, {field == kFields->end() ? "" : std::string(field->second), code}, line);
  }
  line->code = warnings.empty() ? "" : warnings.front();
}

template <typename M>
absl::StatusOr<std::optional<M>> ImportRun::Load(const feed::RootTable& table, std::string_view id) {
  if (pending_.contains(RootKey(table, id))) {
    RETURN_IF_ERROR(Flush());
  }
  Touch(table, id);
  if (&table == &kStudents) {
    if (const auto known = students_.find(id); known != students_.end()) {
      M root;
      RETURN_IF_ERROR(feed::ReadRoot(known->second, 1, table, id, parts_.sealer.get(), &root));
      return std::optional<M>(std::move(root));
    }
  }
  return feed::Load<M>(tx_, *parts_.sealer, table, parts_.shard, id);
}

template <typename M>
absl::StatusOr<bool> ImportRun::Put(const feed::RootTable& table, const std::optional<M>& before, const M& after,
                                    std::string_view cause, StagedLine* line, std::vector<db::Value> extra) {
  std::string image = before.has_value() ? before->SerializeAsString() : "";
  if (before.has_value() && image == after.SerializeAsString()) {
    return false;
  }
  if (dry_) {
    return true;
  }
  const std::string_view id = feed::IdOfName(after.name());
  if (pending_.contains(RootKey(table, id))) {
    RETURN_IF_ERROR(Flush());
  }
  if (writer_ == nullptr) {
    writer_ = std::make_unique<feed::RootWriter>(parts_.shard, *parts_.sealer,
                                                 feed::RootWriter::Author{parts_.actor, parts_.facts.import_id},
                                                 parts_.host.NewCounters());
  }
  ASSIGN_OR_RETURN(const bool changed,
                   writer_->Put(table, before.has_value() ? &*before : nullptr, after, cause, std::move(extra)));
  if (!changed) {
    return false;
  }
  pending_.insert(RootKey(table, id));
  Touch(table, id);
  if (&table == &kStudents) {
    students_.erase(id);
  }
  if (line != nullptr && (before.has_value() || !MakesOwnRoot(parts_.facts.source, table))) {
    v1::BeforeImage* added = line->staged.add_befores();
    added->set_name(after.name());
    added->set_root(std::move(image));
    befores_.push_back({added, writer_->entries()});
  }
  return true;
}

void ImportRun::Await(int64_t head_seq) {
  for (const auto& [image, entry] : befores_) {
    image->set_version(head_seq + entry);
  }
  for (const auto& [line, entry] : settled_) {
    line->root_version = head_seq + entry;
  }
  befores_.clear();
  settled_.clear();
}

absl::Status ImportRun::Flush() {
  if (writer_ == nullptr) {
    return absl::OkStatus();
  }
  if (head_seq_.has_value()) {
    return Fail("HEAD_MOVED", {{"shard", parts_.shard}});
  }
  Await(tx_.head().seq);
  RETURN_IF_ERROR(writer_->Write(tx_).status());
  writer_.reset();
  pending_.clear();
  return absl::OkStatus();
}

absl::StatusOr<ImportRun::Ready> ImportRun::Seal() {
  for (const StudentsByIndex* asked : {&by_id_number_, &by_student_number_}) {
    for (const auto& [index, students] : *asked) {
      touched_.insert(absl::HashOf(index));
    }
  }
  const bool needs_unseen =
      unseen_ != nullptr &&
      (by_name_ || absl::c_any_of(touched_, [&](size_t one) { return unseen_->touched.contains(one); }));
  if (overtaken_ || needs_unseen) {
    return Fail("HEAD_MOVED", {{"shard", parts_.shard}});
  }
  Await(*head_seq_);
  return Ready{.head_seq = *head_seq_,
               .roots = std::move(writer_),
               .jobs = std::move(jobs_),
               .schools = std::move(schools_),
               .classes = std::move(classes_),
               .touched = std::move(touched_)};
}

void ImportRun::Touch(const feed::RootTable& table, std::string_view id) {
  touched_.insert(absl::HashOf(table.table, id));
}

absl::Status ImportRun::Ready::Write(db::Transaction& tx) const {
  if (tx.head().seq != head_seq) {
    return Fail("HEAD_MOVED", {{"shard", tx.shard()}});
  }
  if (roots != nullptr) {
    RETURN_IF_ERROR(roots->Write(tx).status());
  }
  for (const auto& job : jobs) {
    RETURN_IF_ERROR(job(tx));
  }
  return absl::OkStatus();
}

absl::Status ImportRun::Apply(ImportUnit& unit) {
  std::erase_if(unit, [](const StagedLine* line) { return line->outcome == "ERROR" || line->outcome == "DUPLICATE"; });
  if (unit.empty()) {
    return absl::OkStatus();
  }
  switch (parts_.facts.source) {
    case v1::IMPORT_SOURCE_STUDENT_ROSTER:
      return Student(unit.front());
    case v1::IMPORT_SOURCE_SCHOOLS:
      return School(unit.front());
    case v1::IMPORT_SOURCE_CLASSES:
      return Class(unit.front());
    case v1::IMPORT_SOURCE_TEACHERS:
      return Teacher(unit.front());
    case v1::IMPORT_SOURCE_VILLAGES:
      return Village(unit.front());
    case v1::IMPORT_SOURCE_CALENDARS:
      return Calendar(unit);
    case v1::IMPORT_SOURCE_RURAL_REVITALISATION:
      return Household(unit);
    default:
      return Person(unit);
  }
}

absl::StatusOr<std::string> ImportRun::FirstStudent(StudentIndex index, const std::vector<std::string>& values,
                                                    bool present) {
  StudentsByIndex& found = index == StudentIndex::kIdNumber ? by_id_number_ : by_student_number_;
  for (const std::string& value : values) {
    touched_.insert(absl::HashOf(value));
    auto known = found.find(value);
    StudentsByIndex asked;
    if (known == found.end()) {  // no prefetched one: what the run itself changes counts
      RETURN_IF_ERROR(FindStudents(tx_, parts_.shard, index, {value}, &asked));
      known = asked.find(value);
    }
    for (const IndexedStudent& student : known->second) {
      if (!present || !student.gone) {
        return student.id;
      }
    }
  }
  return std::string();
}

absl::StatusOr<std::string> ImportRun::StudentByIdNumber(std::string_view id_number) {
  if (id_number.empty()) {
    return std::string();
  }
  const std::vector<std::string> indexes = IndexesOf(kIdNumber, id_number);
  ASSIGN_OR_RETURN(std::string id, FirstStudent(StudentIndex::kIdNumber, indexes, true));
  return id.empty() ? CanonicalOf(indexes) : std::move(id);
}

// The student into which the one with this number was merged.
absl::StatusOr<std::string> ImportRun::CanonicalOf(const std::vector<std::string>& indexes) {
  ASSIGN_OR_RETURN(const std::string alias, FirstStudent(StudentIndex::kIdNumber, indexes, false));
  if (alias.empty()) {
    return alias;
  }
  ASSIGN_OR_RETURN(const auto merged, Load<v1::Student>(kStudents, alias));
  std::string into(feed::IdOfName(merged->merged_into()));
  Touch(kStudents, into);
  ASSIGN_OR_RETURN(const bool present, IsPresent(tx_, parts_.shard, into));
  return present ? std::move(into) : std::string();
}

absl::StatusOr<std::vector<ImportRun::Candidate>> ImportRun::Candidates(const MatchPerson& person, int from) {
  const NameRules& names = parts_.reference->names;
  const std::string block = NameBlock(person.name);
  std::vector<Candidate> found;
  for (const absl::CivilDay birth : BirthBlocks(person.birth_date)) {
    ASSIGN_OR_RETURN(const auto rows,
                     MatchRowsOfBirth(tx_, parts_.shard, birth, absl::StrCat(block, "0"), absl::StrCat(block, "6")));
    for (const MatchRow& row : rows) {
      const PreparedName name = names.Prepare(row.display_name);
      if (NameBlock(name) != block || names.Similarity(name, person.name) < parts_.weights.name_floor) {
        continue;
      }
      ASSIGN_OR_RETURN(auto student, Load<v1::Student>(kStudents, row.id));
      if (!student.has_value()) {
        continue;
      }
      MatchScore score = ScoreMatch(parts_.weights, names, person, {name, birth, student->id_number()});
      if (score.permille >= from) {
        found.push_back({*std::move(student), std::move(score)});
      }
    }
  }
  return found;
}

absl::StatusOr<v1::ReviewState> ImportRun::PutReview(v1::IdentityReview review, const std::string& key,
                                                     StagedLine* line) {
  const std::string id = DerivedId({"review", parts_.shard, key}), pair = ReviewPair(review);
  if (!reviews_.insert(id).second || !reviews_.insert(pair).second) {
    return v1::REVIEW_STATE_OPEN;
  }
  ASSIGN_OR_RETURN(const auto known, registry::ReviewState(tx_, parts_.shard, id, pair));
  if (known.has_value()) {  // decided before, or waiting: it is not proposed again
    v1::ReviewState state = v1::REVIEW_STATE_OPEN;
    v1::ReviewState_Parse(*known, &state);
    return state;
  }
  review.set_name(Name("reviews", id));
  review.set_state(v1::REVIEW_STATE_OPEN);
  RETURN_IF_ERROR(Put<v1::IdentityReview>(kReviews, std::nullopt, review, "IMPORT", line, {pair}).status());
  return v1::REVIEW_STATE_OPEN;
}

absl::StatusOr<ImportRun::WeakMatch> ImportRun::QueueWeakMatches(const RowView& row, std::string_view reference,
                                                                 std::string_view key, StagedLine* line) {
  WeakMatch match;
  const auto birth = BirthOfRow(checks(), row);
  if (!birth.has_value() || birth->year() + parts_.weights.oldest_years < parts_.facts.facts_on.year()) {
    return match;
  }
  const MatchPerson person{parts_.reference->names.Prepare(row.Get("name")), *birth, PersonIdOfRow(row)};
  ASSIGN_OR_RETURN(const auto candidates, Candidates(person, parts_.weights.weak_match_from));
  match.found = !candidates.empty();
  for (const Candidate& candidate : candidates) {
    v1::IdentityReview review;
    review.set_kind("WEAK_MATCH");
    review.set_student(candidate.student.name());
    review.set_household_member(std::string(reference));
    review.set_score_permille(candidate.score.permille);
    *review.mutable_reasons() = {candidate.score.reasons.begin(), candidate.score.reasons.end()};
    review.set_area(candidate.student.area());
    const std::string id(feed::IdOfName(candidate.student.name()));
    ASSIGN_OR_RETURN(const v1::ReviewState state, PutReview(std::move(review), absl::StrCat(key, "|", id), line));
    match.same = state == v1::REVIEW_STATE_SAME ? id : match.same;
  }
  return match;
}

absl::Status ImportRun::ProposeDuplicate(std::string_view id, std::string_view other_id) {
  ASSIGN_OR_RETURN(const auto student, Load<v1::Student>(kStudents, id));
  ASSIGN_OR_RETURN(const auto other, Load<v1::Student>(kStudents, other_id));
  const auto birth = student.has_value() ? DayOf(student->birth_date()) : std::nullopt;
  const auto other_birth = other.has_value() ? DayOf(other->birth_date()) : std::nullopt;
  if (!birth.has_value() || !other_birth.has_value()) {
    return absl::OkStatus();
  }
  const NameRules& names = parts_.reference->names;
  const MatchScore score =
      ScoreMatch(parts_.weights, names, {names.Prepare(student->display_name()), *birth, student->id_number()},
                 {names.Prepare(other->display_name()), *other_birth, other->id_number()});
  if (score.permille < parts_.weights.duplicate_from) {
    return absl::OkStatus();
  }
  v1::IdentityReview review;
  review.set_kind("POSSIBLE_DUPLICATE");
  review.set_student(student->name());
  review.set_other_student(other->name());
  review.set_score_permille(score.permille);
  *review.mutable_reasons() = {score.reasons.begin(), score.reasons.end()};
  review.set_area(student->area());
  const std::string key = id < other_id ? absl::StrCat(id, "|", other_id) : absl::StrCat(other_id, "|", id);
  return PutReview(std::move(review), key, nullptr).status();
}

// The templates are used by the other files of this class.
template absl::StatusOr<std::optional<v1::Student>> ImportRun::Load(const feed::RootTable&, std::string_view);
template absl::StatusOr<std::optional<v1::Household>> ImportRun::Load(const feed::RootTable&, std::string_view);
template absl::StatusOr<std::optional<v1::School>> ImportRun::Load(const feed::RootTable&, std::string_view);
template absl::StatusOr<std::optional<v1::SchoolClass>> ImportRun::Load(const feed::RootTable&, std::string_view);
template absl::StatusOr<std::optional<v1::Teacher>> ImportRun::Load(const feed::RootTable&, std::string_view);
template absl::StatusOr<std::optional<v1::Region>> ImportRun::Load(const feed::RootTable&, std::string_view);
template absl::StatusOr<std::optional<v1::Calendar>> ImportRun::Load(const feed::RootTable&, std::string_view);
#define RURALEDU_PUT(M)                                                                                   \
  template absl::StatusOr<bool> ImportRun::Put(const feed::RootTable&, const std::optional<M>&, const M&, \
                                               std::string_view, StagedLine*, std::vector<db::Value>)
RURALEDU_PUT(v1::Student);
RURALEDU_PUT(v1::Household);
RURALEDU_PUT(v1::School);
RURALEDU_PUT(v1::SchoolClass);
RURALEDU_PUT(v1::Teacher);
RURALEDU_PUT(v1::Region);
RURALEDU_PUT(v1::Calendar);
#undef RURALEDU_PUT

}  // namespace ruraledu::registry
