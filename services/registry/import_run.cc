// What all sources share: loading and writing roots, finding persons, reviews, restoring.
#include "services/registry/import_run.h"

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/crypto/blind_index.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/registry/identity.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

namespace v1 = ruraledu::registry::v1;

constexpr size_t kRootsPerEntry = 500;  // of one journal entry (common/feed/root.h): they share its version

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

ImportRun::ImportRun(db::Transaction& tx, const ImportParts& parts, bool dry) : tx_(tx), parts_(parts), dry_(dry) {}

StudentChecks ImportRun::checks() const {
  return {parts_.reference->codes, parts_.reference->provinces, tx_.clock().Today()};
}

std::string ImportRun::Name(std::string_view collection, std::string_view id) const {
  return absl::StrCat("counties/", parts_.facts.county, "/", collection, "/", id);
}

std::string ImportRun::CurrentIndex(std::string_view kind, std::string_view value) const {
  return value.empty() ? "" : crypto::BlindIndex(parts_.host.keys, kind, value).value;
}

void ImportRun::Refuse(const RowIssue& issue, StagedLine* line) const {
  registry::Refuse(parts_.headers, issue, line);
}

void ImportRun::Settle(bool is_new, bool changed, std::string_view root, std::string_view code, StagedLine* line) {
  line->outcome = is_new ? "NEW" : changed ? "CHANGED" : "UNCHANGED";
  line->code = std::string(code);
  line->root = std::string(root);
  settled_.push_back(line);
}

void ImportRun::Warn(const std::vector<std::string>& warnings, StagedLine* line) const {
  static const auto* const kFields =
      new std::map<std::string_view, std::string_view>{{"ID_NORMALIZED", "citizen_id"},
                                                       {"ID_BIRTH_MISMATCH", "birth_date"},
                                                       {"ID_SEX_MISMATCH", "sex"},
                                                       {"STUDENT_NUMBER_NORMALIZED", "student_number"},
                                                       {"STUDENT_NUMBER_BODY_MISMATCH", "student_number"},
                                                       {"DUPLICATE_ACROSS_SCHOOLS", "school_code"}};
  line->staged.clear_faults();
  for (const std::string& code : warnings) {
    const auto field = kFields->find(code);
    AddFault(parts_.headers, {field == kFields->end() ? "" : std::string(field->second), code}, line);
  }
  line->code = warnings.empty() ? "" : warnings.front();
}

template <typename M>
absl::StatusOr<std::optional<M>> ImportRun::Load(const feed::RootTable& table, std::string_view id) {
  if (pending_.contains({table.table, std::string(id)})) {
    RETURN_IF_ERROR(Flush());
  }
  return feed::Load<M>(tx_, *parts_.sealer, table, parts_.shard, id);
}

template <typename M>
absl::StatusOr<bool> ImportRun::Put(const feed::RootTable& table, const std::optional<M>& before, const M& after,
                                    std::string_view cause, StagedLine* line, std::vector<db::Value> extra) {
  if (before.has_value() && google::protobuf::util::MessageDifferencer::Equals(*before, after)) {
    return false;
  }
  if (dry_) {
    return true;
  }
  if (pending_.size() >= kRootsPerEntry ||
      pending_.contains({table.table, std::string(feed::IdOfName(after.name()))})) {
    RETURN_IF_ERROR(Flush());
  }
  if (writer_ == nullptr) {
    writer_ = std::make_unique<feed::RootWriter>(
        tx_, *parts_.sealer, feed::RootWriter::Author{parts_.actor, parts_.facts.import_id}, parts_.host.NewCounters());
  }
  ASSIGN_OR_RETURN(const bool changed,
                   writer_->Put(table, before.has_value() ? &*before : nullptr, after, cause, std::move(extra)));
  if (!changed) {
    return false;
  }
  pending_.emplace(table.table, std::string(feed::IdOfName(after.name())));
  if (line != nullptr) {
    v1::BeforeImage* image = line->staged.add_befores();
    image->set_name(after.name());
    image->set_root(before.has_value() ? before->SerializeAsString() : "");
    befores_.push_back(image);
  }
  return true;
}

absl::Status ImportRun::Flush() {
  if (writer_ == nullptr) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t version, writer_->Finish());
  writer_.reset();
  pending_.clear();
  for (v1::BeforeImage* image : befores_) {
    image->set_version(version);
  }
  befores_.clear();
  for (StagedLine* line : settled_) {
    line->root_version = line->outcome == "UNCHANGED" ? 0 : version;
  }
  settled_.clear();
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

absl::StatusOr<std::string> ImportRun::FirstId(std::string_view sql, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(const auto row, tx_.QueryOne(absl::StrCat(sql, " ORDER BY id LIMIT 1"), parts_.shard, key));
    if (row.has_value()) {
      return row->Text(0);
    }
  }
  return std::string();
}

absl::StatusOr<std::string> ImportRun::StudentByIdNumber(std::string_view id_number) {
  if (id_number.empty()) {
    return std::string();
  }
  const std::vector<std::string> indexes = IdIndexes(parts_.host.keys, id_number);
  ASSIGN_OR_RETURN(std::string id,
                   FirstId("SELECT id FROM student WHERE shard = $1 AND id_index = $2 AND gone = ''", indexes));
  return id.empty() ? CanonicalOf(indexes) : std::move(id);
}

// The student into which the one with this number was merged.
absl::StatusOr<std::string> ImportRun::CanonicalOf(const std::vector<std::string>& indexes) {
  ASSIGN_OR_RETURN(const std::string alias,
                   FirstId("SELECT id FROM student WHERE shard = $1 AND id_index = $2", indexes));
  if (alias.empty()) {
    return alias;
  }
  ASSIGN_OR_RETURN(const auto merged, Load<v1::Student>(kStudents, alias));
  const std::string into(feed::IdOfName(merged->merged_into()));
  ASSIGN_OR_RETURN(const auto row, tx_.QueryOne("SELECT id FROM student WHERE shard = $1 AND id = $2 AND gone = ''",
                                                parts_.shard, into));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::vector<ImportRun::Candidate>> ImportRun::Candidates(const MatchPerson& person,
                                                                        std::string_view without, int from) {
  const NameRules& names = parts_.reference->names;
  const std::string block = NameBlock(person.name);
  std::vector<Candidate> found;
  for (const absl::CivilDay birth : BirthBlocks(person.birth_date)) {
    ASSIGN_OR_RETURN(
        const auto rows,
        tx_.Query("SELECT id, display_name FROM student WHERE shard = $1 AND birth_date = $2 AND sort_key >= $3 AND "
                  "sort_key < $4 AND gone = '' ORDER BY sort_key, id LIMIT 1000",
                  parts_.shard, birth, absl::StrCat(block, "0"), absl::StrCat(block, "6")));
    for (const db::Row& row : rows) {
      const PreparedName name = names.Prepare(row.Text(1));
      if (row.Text(0) == without || NameBlock(name) != block ||
          names.Similarity(name, person.name) < parts_.weights.name_floor) {
        continue;
      }
      ASSIGN_OR_RETURN(auto student, Load<v1::Student>(kStudents, row.Text(0)));
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
  ASSIGN_OR_RETURN(
      const auto known,
      tx_.QueryOne("SELECT state FROM review WHERE shard = $1 AND (id = $2 OR pair = $3) ORDER BY id LIMIT 1",
                   parts_.shard, id, pair));
  if (known.has_value()) {  // decided before, or waiting: it is not proposed again
    v1::ReviewState state = v1::REVIEW_STATE_OPEN;
    v1::ReviewState_Parse(known->Text(0), &state);
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
  ASSIGN_OR_RETURN(const auto candidates, Candidates(person, "", parts_.weights.weak_match_from));
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

absl::Status ImportRun::FindDuplicates(std::string_view id) {
  ASSIGN_OR_RETURN(const auto student, Load<v1::Student>(kStudents, id));
  const auto birth = student.has_value() ? DayOf(student->birth_date()) : std::nullopt;
  if (!birth.has_value()) {
    return absl::OkStatus();
  }
  const MatchPerson person{parts_.reference->names.Prepare(student->display_name()), *birth, student->id_number()};
  ASSIGN_OR_RETURN(const auto candidates, Candidates(person, id, parts_.weights.duplicate_from));
  for (const Candidate& candidate : candidates) {
    const std::string other(feed::IdOfName(candidate.student.name()));
    v1::IdentityReview review;
    review.set_kind("POSSIBLE_DUPLICATE");
    review.set_student(student->name());
    review.set_other_student(candidate.student.name());
    review.set_score_permille(candidate.score.permille);
    *review.mutable_reasons() = {candidate.score.reasons.begin(), candidate.score.reasons.end()};
    review.set_area(student->area());
    const std::string key = id < other ? absl::StrCat(id, "|", other) : absl::StrCat(other, "|", id);
    RETURN_IF_ERROR(PutReview(std::move(review), key, nullptr).status());
  }
  return absl::OkStatus();
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
