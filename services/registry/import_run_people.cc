// Students, households, hardship records of persons.
#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/crypto/blind_index.h"
#include "services/registry/household_rules.h"
#include "services/registry/identity.h"
#include "services/registry/import_run.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

constexpr std::string_view kExact = "EXACT";
constexpr std::string_view kNotAPupil = "NOT_A_PUPIL";

// The member that a row means: by identity number, or by name where one of the two has none.
v1::HouseholdMember* FindMember(const v1::HouseholdMember& wanted, v1::Household* household) {
  for (v1::HouseholdMember& member : *household->mutable_members()) {
    const bool both = !member.id_number().empty() && !wanted.id_number().empty();
    if (both ? member.id_number() == wanted.id_number() : member.display_name() == wanted.display_name()) {
      return &member;
    }
  }
  return nullptr;
}

v1::HouseholdMember* PutMember(const v1::HouseholdMember& wanted, v1::Household* household) {
  v1::HouseholdMember* member = FindMember(wanted, household);
  if (member == nullptr) {
    *household->add_members() = wanted;
    return household->mutable_members(household->members_size() - 1);
  }
  member->set_display_name(wanted.display_name());
  member->set_relation(wanted.relation());
  if (!wanted.id_number().empty()) {
    member->set_id_number(wanted.id_number());
  }
  if (wanted.has_valid_to()) {
    *member->mutable_valid_to() = wanted.valid_to();
  } else {
    member->clear_valid_to();
  }
  return member;
}

bool IsParent(std::string_view number, const v1::Student& student) {
  return absl::c_any_of(student.guardians(), [&](const v1::Guardian& guardian) {
    return guardian.id_number() == number && (guardian.relation() == "FATHER" || guardian.relation() == "MOTHER");
  });
}

// Where the row of the head was refused or the file has none, the head stands in the columns of every row.
void PutHead(const RowView& row, const ImportFacts& facts, v1::Household* household) {
  const auto is_head = [](const v1::HouseholdMember& m) { return m.relation() == "HEAD" && !m.has_valid_to(); };
  if (absl::c_any_of(household->members(), is_head) || !row.Has("head_name")) {
    return;
  }
  v1::HouseholdMember head;
  head.set_display_name(std::string(row.Get("head_name")));
  head.set_id_number(std::string(row.Get("head_id")));
  head.set_relation("HEAD");
  *head.mutable_valid_from() = DateOf(facts.facts_on);
  PutMember(head, household);
}

}  // namespace

absl::StatusOr<std::string> ImportRun::StudentOfRoster(const RowView& row) {
  ASSIGN_OR_RETURN(std::string id, StudentByIdNumber(row.Get("citizen_id")));
  if (id.empty() && row.Has("student_number")) {
    ASSIGN_OR_RETURN(
        id, FirstStudent(StudentIndex::kStudentNumber, IndexesOf("student_number", row.Get("student_number")), true));
  }
  const auto birth = row.Day("birth_date");
  if (id.empty() && !row.Has("citizen_id") && !row.Has("student_number") && birth.has_value()) {
    by_name_ = true;
    ASSIGN_OR_RETURN(id, StudentByName(tx_, parts_.shard, row.Get("name"), *birth));
  }
  return id;
}

absl::StatusOr<ImportRun::Holder> ImportRun::HolderOf(const StagedLine& line) {
  const RowView row(line.staged.values());
  ASSIGN_OR_RETURN(const std::string present, StudentByIdNumber(row.Get("citizen_id")));
  if (!present.empty() || !row.Has("citizen_id")) {
    return Holder{present, {}};
  }
  ASSIGN_OR_RETURN(const std::string known, StudentOfRoster(row));
  return Holder{known.empty() ? IdOfLine("student", parts_.facts.import_id, line.line) : known,
                IndexesOf("id_number", row.Get("citizen_id"))};
}

// A row that still has the number of a merged record says nothing of the identity of the one that stays: an officer has
// decided about that. Then what is left of its values; else nullopt.
absl::StatusOr<std::optional<ImportValues>> ImportRun::WithoutIdentity(const RowView& row, const StagedLine& line,
                                                                       const std::optional<v1::Student>& before) {
  if (!before.has_value() || !row.Has("citizen_id") || row.Get("citizen_id") == before->id_number()) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const std::string kept, CanonicalOf(IndexesOf("id_number", row.Get("citizen_id"))));
  if (kept != feed::IdOfName(before->name())) {
    return std::nullopt;
  }
  ImportValues values = line.staged.values();
  for (const char* field : {"citizen_id", "id_kind", "birth_date", "sex"}) {
    values.erase(field);
  }
  return std::optional(std::move(values));
}

absl::Status ImportRun::Student(StagedLine* line) {
  const RowView row(line->staged.values());
  ASSIGN_OR_RETURN(const v1::School* school, SchoolInUse(row.Get("school_code")));
  if (school == nullptr) {
    Refuse({"school_code", "SCHOOL_UNKNOWN"}, line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string id, StudentOfRoster(row));
  std::optional<v1::Student> before;
  if (!id.empty()) {
    ASSIGN_OR_RETURN(before, Load<v1::Student>(kStudents, id));
  }
  v1::Student after = before.value_or(v1::Student());
  if (!before.has_value()) {
    after.set_name(Name("students", IdOfLine("student", parts_.facts.import_id, line->line)));
  }
  ASSIGN_OR_RETURN(const std::optional<ImportValues> without_identity, WithoutIdentity(row, *line, before));
  RowIssues issues;
  std::vector<std::string> warnings;
  RosterToStudent(checks(), parts_.facts, without_identity.has_value() ? RowView(*without_identity) : row, &after,
                  &issues, &warnings);
  if (!issues.empty()) {
    Refuse(issues.front(), line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const v1::SchoolClass* school_class, ClassOf(*school, row, line));
  if (line->outcome == "ERROR") {
    return absl::OkStatus();
  }
  if (before.has_value() && !before->id_number().empty() && before->id_number() != after.id_number()) {
    RETURN_IF_ERROR(CorrectNumber(*before, line));
    if (line->outcome == "ERROR") {
      return absl::OkStatus();
    }
  }
  const absl::Status placed = PlaceByRoster(checks(), parts_.facts, row, *school, school_class, &after, &warnings);
  if (!placed.ok()) {
    Refuse({ReasonOf(placed) == "STATE_TRANSITION" ? "status" : "", ReasonOf(placed)}, line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kStudents, before, after, "IMPORT", line, StudentExtra(after)));
  Settle(!before.has_value(), changed, after.name(), "", line);
  Warn(warnings, line);
  return absl::OkStatus();
}

// The old number is given back after the write. A student on the way to another county keeps the number that goes
// along.
absl::Status ImportRun::CorrectNumber(const v1::Student& before, StagedLine* line) {
  ASSIGN_OR_RETURN(const bool open, HasOpenTransfer(tx_, parts_.shard, feed::IdOfName(before.name())));
  if (open) {
    Refuse({"citizen_id", "TRANSFER_OPEN"}, line);
    return absl::OkStatus();
  }
  return dry_ ? absl::OkStatus()
              : Then([actor = parts_.actor, name = before.name(), keys = IndexesOf("id_number", before.id_number())](
                         db::Transaction& tx) { return InsertSettleIdentity(tx, actor, name, "", keys); });
}

absl::Status ImportRun::LinkStudent(std::string_view id, const v1::Household& household, StagedLine* line) {
  ASSIGN_OR_RETURN(const auto before, Load<v1::Student>(kStudents, id));
  if (!before.has_value()) {
    return absl::OkStatus();
  }
  v1::Student after = *before;
  after.set_household(household.name());
  after.set_village(household.village());
  if (household.relocated()) {
    after.set_relocated(true);
  }
  return Put(kStudents, before, after, "HOUSEHOLD", line, StudentExtra(after)).status();
}

// A member whose number belongs to no pupil: confirmed before, or perhaps somebody's weak match.
absl::Status ImportRun::MatchMember(v1::Household* household, StagedLine* line) {
  const RowView row(line->staged.values());
  const v1::HouseholdMember* member = FindMember(RowToMember(checks(), parts_.facts, row), household);
  if (member != nullptr && !member->student().empty()) {  // a weak match that an officer confirmed
    line->code = std::string(kExact);
    return absl::OkStatus();
  }
  const auto position = std::find_if(household->members().begin(), household->members().end(),
                                     [&](const auto& one) { return &one == member; });
  const std::string reference = absl::StrCat(household->name(), "#", position - household->members().begin());
  ASSIGN_OR_RETURN(
      const WeakMatch weak,
      QueueWeakMatches(row, reference,
                       absl::StrCat(household->name(), "#",
                                    CurrentIndex("member", RowKey({.source = v1::IMPORT_SOURCE_UNSPECIFIED}, row))),
                       line));
  line->outcome = weak.found ? "WEAK_MATCH" : line->outcome;
  return absl::OkStatus();
}

absl::Status ImportRun::Household(ImportUnit& unit) {
  for (StagedLine* line : unit) {
    if (const auto issue = CheckHouseholdRow(checks(), RowView(line->staged.values())); issue.has_value()) {
      Refuse(*issue, line);
    }
  }
  std::erase_if(unit, [](const StagedLine* line) { return line->outcome == "ERROR"; });
  if (unit.empty()) {
    return absl::OkStatus();
  }
  const std::string number(RowView(unit.front()->staged.values()).Get("household_number"));
  ASSIGN_OR_RETURN(const std::string id, HouseholdByNumber(tx_, parts_.shard, number));
  std::optional<v1::Household> before;
  if (!id.empty()) {
    ASSIGN_OR_RETURN(before, Load<v1::Household>(kHouseholds, id));
  }
  v1::Household after = before.value_or(v1::Household());
  if (!before.has_value()) {
    after.set_name(Name("households", DerivedId({"household", parts_.shard, number})));
    after.set_source_number(number);
  }
  std::vector<std::string> students;  // by row, "" where none is matched
  for (StagedLine* line : unit) {
    const RowView row(line->staged.values());
    const std::string village = VillageOfRow(parts_.reference->regions, parts_.facts, row);
    after.set_village(village.empty() ? after.village() : village);
    after.set_relocated(after.relocated() || row.Is("relocated"));
    for (const v1::HardshipRecord& record : HouseholdRecords(parts_.facts, row)) {
      PutHardship(parts_.reference->codes, record, true, parts_.facts.facts_on, after.mutable_hardships());
    }
    v1::HouseholdMember* member = PutMember(RowToMember(checks(), parts_.facts, row), &after);
    ASSIGN_OR_RETURN(students.emplace_back(), StudentByIdNumber(member->id_number()));
    if (!students.back().empty()) {
      member->set_student(Name("students", students.back()));
      member->set_match(std::string(kExact));
    }
  }
  PutHead(RowView(unit.front()->staged.values()), parts_.facts, &after);
  if (!before.has_value()) {  // later the places stay: reviews name members by them
    std::stable_partition(after.mutable_members()->begin(), after.mutable_members()->end(),
                          [](const v1::HouseholdMember& member) { return member.relation() == "HEAD"; });
  }
  Violations violations;
  StudentChecks known = checks();
  if (before.has_value()) {
    known.kept_village = before->village();
  }
  CheckHousehold(known, parts_.facts.county, "household", &after, &violations);
  if (!violations.empty()) {
    absl::c_for_each(unit, [&](StagedLine* line) { Refuse(IssueOf(violations.status()), line); });
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kHouseholds, before, after, "IMPORT", unit.front()));
  for (size_t i = 0; i < unit.size(); ++i) {
    Settle(!before.has_value(), changed, after.name(), students[i].empty() ? kNotAPupil : kExact, unit[i]);
    if (!students[i].empty()) {
      RETURN_IF_ERROR(LinkStudent(students[i], after, unit[i]));
      continue;
    }
    RETURN_IF_ERROR(MatchMember(&after, unit[i]));
  }
  return absl::OkStatus();
}

absl::Status ImportRun::LinkMember(StagedLine& line) {
  const RowView row(line.staged.values());
  ASSIGN_OR_RETURN(const std::string student, StudentByIdNumber(row.Get("citizen_id")));
  if (student.empty() || line.root.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto before, Load<v1::Household>(kHouseholds, feed::IdOfName(line.root)));
  if (!before.has_value()) {
    return absl::OkStatus();
  }
  v1::Household after = *before;
  v1::HouseholdMember* member = FindMember(RowToMember(checks(), parts_.facts, row), &after);
  if (member == nullptr || member->has_valid_to() || !member->student().empty()) {
    return absl::OkStatus();
  }
  member->set_student(Name("students", student));
  member->set_match(std::string(kExact));
  RETURN_IF_ERROR(Put(kHouseholds, before, after, "HOUSEHOLD", &line).status());
  line.code = std::string(kExact);
  return LinkStudent(student, after, &line);
}

absl::Status ImportRun::Person(ImportUnit& unit) {
  const RowView first(unit.front()->staged.values());
  const std::string number = PersonIdOfRow(first);
  if (!number.empty()) {
    const CitizenIdCheck check = CheckCitizenId(number, {}, checks().provinces, checks().today);
    if (!check.ok() && check.error != "ID_LEGACY15") {
      absl::c_for_each(unit, [&](StagedLine* line) { Refuse({"citizen_id", std::string(check.error)}, line); });
      return absl::OkStatus();
    }
  }
  if (parts_.facts.source == v1::IMPORT_SOURCE_DISABLED_FEDERATION) {
    RETURN_IF_ERROR(Children(unit));
  }
  ASSIGN_OR_RETURN(std::string id, StudentByIdNumber(number));
  if (id.empty()) {
    const std::string reference = absl::StrCat(Name("imports", parts_.facts.import_id), "#", unit.front()->line);
    const std::string key =
        absl::StrCat("person#", CurrentIndex("member", RowKey({.source = v1::IMPORT_SOURCE_UNSPECIFIED}, first)));
    ASSIGN_OR_RETURN(const WeakMatch weak, QueueWeakMatches(first, reference, key, unit.front()));
    id = weak.same;
    for (StagedLine* line : unit) {
      if (id.empty() && line->code != kNotAPupil) {  // the row of a pupil's parent is settled already
        Settle(false, false, "", weak.found ? "" : kNotAPupil, line);
        line->outcome = weak.found ? "WEAK_MATCH" : "UNCHANGED";
      }
    }
  }
  return id.empty() ? absl::OkStatus() : Attach(id, unit);
}

absl::Status ImportRun::Children(ImportUnit& unit) {
  for (StagedLine* line : unit) {
    line->code.clear();
    const RowView row(line->staged.values());
    const std::string number = PersonIdOfRow(row);
    const auto children = parts_.parents.find(CurrentIndex("id_number", number));
    const auto record = PersonRecord(checks(), parts_.facts, row);
    if (children == parts_.parents.end() || !record.has_value()) {
      continue;
    }
    std::string root;
    bool any = false;
    for (const std::string& id : children->second) {
      ASSIGN_OR_RETURN(const auto before, Load<v1::Student>(kStudents, id));
      if (!before.has_value() || !IsParent(number, *before)) {
        continue;  // changed since the parents were looked up
      }
      v1::Student after = *before;
      v1::HardshipRecord of_child = *record;
      of_child.set_kind("X2");
      PutHardship(parts_.reference->codes, std::move(of_child), false, parts_.facts.facts_on,
                  after.mutable_hardships());
      ASSIGN_OR_RETURN(const bool changed, Put(kStudents, before, after, "IMPORT", line, StudentExtra(after)));
      any |= changed;
      root = root.empty() ? before->name() : root;
    }
    if (!root.empty()) {
      Settle(false, any, root, kNotAPupil, line);
    }
  }
  return absl::OkStatus();
}

absl::Status ImportRun::Attach(std::string_view id, ImportUnit& unit) {
  ASSIGN_OR_RETURN(const auto before, Load<v1::Student>(kStudents, id));
  v1::Student after = *before;
  for (StagedLine* line : unit) {
    const RowView row(line->staged.values());
    const auto record = PersonRecord(checks(), parts_.facts, row);
    if (!record.has_value()) {
      continue;
    }
    Violations violations;
    CheckHardship(checks(), "student.hardships", *record, &violations);
    if (!violations.empty()) {
      Refuse(IssueOf(violations.status()), line);
      continue;
    }
    PutHardship(parts_.reference->codes, *record, false, parts_.facts.facts_on, after.mutable_hardships());
    if (parts_.facts.source == v1::IMPORT_SOURCE_DISABLED_FEDERATION) {
      v1::Disability* disability = after.mutable_disability();
      disability->set_kind(std::string(row.Get("disability_kind")));
      disability->set_grade(std::string(row.Get("disability_grade")));
      disability->set_certificate(std::string(row.Get("certificate_number")));
      *disability->mutable_valid_from() = record->valid_from();
      disability->clear_valid_to();
      if (record->has_valid_to()) {
        *disability->mutable_valid_to() = record->valid_to();
      }
    }
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kStudents, before, after, "IMPORT", unit.front(), StudentExtra(after)));
  for (StagedLine* line : unit) {
    if (line->outcome != "ERROR") {
      Settle(false, changed, after.name(), kExact, line);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ImportRun::EndStudent(std::string_view id, const std::vector<std::string>& groups,
                                           StagedLine* line) {
  ASSIGN_OR_RETURN(const auto before, Load<v1::Student>(kStudents, id));
  v1::Student after = before.value_or(v1::Student());
  if (!before.has_value() || !EndHardships(parts_.reference->codes, EnumText(parts_.facts.source), groups,
                                           parts_.facts.facts_on, after.mutable_hardships())) {
    return false;
  }
  line->root = after.name();
  return Put(kStudents, before, after, "IMPORT_END", line, StudentExtra(after));
}

absl::StatusOr<bool> ImportRun::EndHousehold(std::string_view id, const std::vector<std::string>& groups,
                                             StagedLine* line) {
  ASSIGN_OR_RETURN(const auto before, Load<v1::Household>(kHouseholds, id));
  v1::Household after = before.value_or(v1::Household());
  if (!before.has_value() || !EndHardships(parts_.reference->codes, EnumText(parts_.facts.source), groups,
                                           parts_.facts.facts_on, after.mutable_hardships())) {
    return false;
  }
  line->root = after.name();
  return Put(kHouseholds, before, after, "IMPORT_END", line);
}

absl::Status AttachReviewed(db::Transaction& tx, const ImportParts& parts, const v1::IdentityReview& review) {
  int64_t number = 0;
  const std::string_view reference = review.household_member();
  (void)absl::SimpleAtoi(reference.substr(reference.find('#') + 1), &number);
  ASSIGN_OR_RETURN(const auto first, LoadLine(tx, *parts.sealer, parts.shard, parts.facts.import_id, number));
  const std::string student(feed::IdOfName(review.student()));
  ASSIGN_OR_RETURN(const bool here, IsPresent(tx, parts.shard, student));
  if (!first.has_value() || first->outcome != "WEAK_MATCH" || !here) {
    return Fail("REVIEW_STALE");
  }
  ASSIGN_OR_RETURN(std::vector<StagedLine> lines,
                   LinesOfKey(tx, *parts.sealer, parts.shard, parts.facts.import_id, first->row_key));
  ImportUnit unit;
  for (StagedLine& line : lines) {
    if (line.outcome == "WEAK_MATCH") {
      unit.push_back(&line);
    }
  }
  ImportRun run(tx, parts, false);
  RETURN_IF_ERROR(run.Attach(student, unit));
  RETURN_IF_ERROR(run.Flush());
  for (const StagedLine* line : unit) {
    RETURN_IF_ERROR(UpdateLine(tx, *parts.sealer, parts.facts.import_id, *line));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::registry
