// The student roster (digest 3.1, 7.1, 7.2, 7.5).
#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "services/registry/import_rules.h"

namespace ruraledu::registry {
namespace {

std::string LabelCode(const CodeLists& codes, std::string_view list, std::string_view label, absl::CivilDay day,
                      std::string_view otherwise) {
  const CodeList* found = codes.Find(list);
  const CodeEntry* entry = found == nullptr ? nullptr : found->FindLabel(label, day);
  return entry == nullptr ? std::string(otherwise) : entry->code;
}

void AddGuardian(const StudentChecks& checks, const RowView& row, const std::string& prefix, const v1::Student& before,
                 v1::Student* student) {
  const std::string_view name = row.Get(prefix + "_name");
  if (name.empty()) {
    return;
  }
  v1::Guardian* guardian = student->add_guardians();
  guardian->set_display_name(std::string(name));
  guardian->set_relation(
      LabelCode(checks.codes, "guardian_relation", row.Get(prefix + "_relation"), checks.today, "OTHER"));
  guardian->set_id_number(std::string(row.Get(prefix + "_id")));
  guardian->set_phone(std::string(row.Get(prefix + "_phone")));
  for (const v1::Guardian& known : before.guardians()) {
    if (known.display_name() != guardian->display_name()) {
      continue;
    }
    guardian->set_away(known.away());
    if (guardian->id_number().empty()) {  // what a row does not say stays
      guardian->set_id_number(known.id_number());
    }
    if (guardian->phone().empty()) {
      guardian->set_phone(known.phone());
    }
  }
}

// The new number comes first; the history stays (7.2).
void PutNumber(const ImportFacts& facts, std::string_view number, v1::Student* student) {
  auto* numbers = student->mutable_student_numbers();
  if (number.empty() ||
      absl::c_any_of(*numbers, [&](const v1::StudentNumber& known) { return known.number() == number; })) {
    return;
  }
  v1::StudentNumber* added = numbers->Add();
  added->set_number(std::string(number));
  *added->mutable_valid_from() = DateOf(facts.facts_on);
  std::rotate(numbers->pointer_begin(), numbers->pointer_end() - 1, numbers->pointer_end());
}

// A department's certificate is better than what a school says of it.
void PutDisability(const RowView& row, v1::Student* student) {
  if (!row.Has("disability_kind") || !student->disability().certificate().empty()) {
    return;
  }
  student->mutable_disability()->set_kind(std::string(row.Get("disability_kind")));
  student->mutable_disability()->set_grade(std::string(row.Get("disability_grade")));
  student->mutable_disability()->set_certificate(std::string(row.Get("disability_certificate")));
}

void PutVocational(const RowView& row, v1::Student* student) {
  using Facts = v1::VocationalFacts;
  const std::pair<std::string_view, void (Facts::*)(bool)> fields[] = {
      {"full_time_formal", &Facts::set_full_time_formal},
      {"agriculture_major", &Facts::set_agriculture_major},
      {"performing_arts_major", &Facts::set_performing_arts_major}};
  for (const auto& [field, set] : fields) {
    if (row.Has(field)) {
      (student->mutable_vocational()->*set)(row.Is(field));
    }
  }
}

bool OnRegister(const StudentChecks& checks, std::string_view status) {
  const CodeList* list = checks.codes.Find("student_status");
  const CodeEntry* entry = list == nullptr ? nullptr : list->Find(status);
  return entry != nullptr && entry->Attribute("registered") == "yes";
}

// Every roster says anew who is listed by a second school too: what the rosters of a day do not repeat ends on that
// day. `school` empty: whichever.
void EndNotRepeated(absl::CivilDay on, std::string_view school, v1::Student* student) {
  for (int i = 1; i < student->enrolments_size(); ++i) {
    v1::Enrolment* span = student->mutable_enrolments(i);
    if (!span->has_valid_to() && DayOf(span->valid_from()) < on && (school.empty() || span->school() == school)) {
      *span->mutable_valid_to() = DateOf(on);
      span->set_exit_type(std::string(kConcurrent));
    }
  }
}

// Whether the school listed the student beside the present one before, up to `day` at least.
bool WasConcurrent(const v1::Student& student, std::string_view school, absl::CivilDay day) {
  for (int i = 1; i < student.enrolments_size(); ++i) {
    const v1::Enrolment& span = student.enrolments(i);
    const bool ended = span.has_valid_to() && (span.exit_type() != kConcurrent || DayOf(span.valid_to()) < day);
    if (span.school() == school && !ended) {
      return true;
    }
  }
  return false;
}

void PutConcurrent(v1::Enrolment second, v1::Student* student) {
  const absl::CivilDay from = *DayOf(second.valid_from());
  for (const v1::Enrolment& span : student->enrolments()) {
    if (span.school() == second.school() && !span.has_valid_to() && DayOf(span.valid_from()) >= from) {
      return;
    }
  }
  EndNotRepeated(from, second.school(), student);
  auto* spans = student->mutable_enrolments();
  spans->Add(std::move(second));
  std::rotate(spans->pointer_begin() + 1, spans->pointer_end() - 1, spans->pointer_end());
}

std::string StatusOfRow(const RowView& row) {
  const std::string status(row.Has("status") ? row.Get("status") : "ENROLLED");
  return status == "ENROLLED" && row.Is("home_taught") ? "HOME_TAUGHT" : status;
}

}  // namespace

void RosterToStudent(const StudentChecks& checks, const ImportFacts& facts, const RowView& row, v1::Student* student,
                     RowIssues* errors, std::vector<std::string>* warnings) {
  const v1::Student before = *student;
  const auto text = [&](std::string_view field, void (*set)(v1::Student*, std::string)) {
    if (row.Has(field)) {
      set(student, std::string(row.Get(field)));
    }
  };
  text("name", [](v1::Student* s, std::string v) { s->set_display_name(std::move(v)); });
  text("id_kind", [](v1::Student* s, std::string v) { s->set_id_type(std::move(v)); });
  text("sex", [](v1::Student* s, std::string v) { s->set_sex(std::move(v)); });
  text("ethnic_group", [](v1::Student* s, std::string v) { s->set_ethnic_group(std::move(v)); });
  text("health", [](v1::Student* s, std::string v) { s->set_health(std::move(v)); });
  text("inclusive_class", [](v1::Student* s, std::string v) { s->set_inclusive_class(std::move(v)); });
  text("address", [](v1::Student* s, std::string v) { s->mutable_contact()->set_address(std::move(v)); });
  text("household_type", [](v1::Student* s, std::string v) { s->set_rural_household(v == "1"); });
  text("left_behind", [](v1::Student* s, std::string v) { s->set_left_behind_education(v.empty() ? 0 : v[0] - '0'); });
  text("migrant", [](v1::Student* s, std::string v) { s->set_migrant(v == "1"); });
  text("relocated", [](v1::Student* s, std::string v) { s->set_relocated(v == "1"); });
  PutVocational(row, student);
  if (row.Has("citizen_id")) {
    student->set_id_number(std::string(row.Get("citizen_id")));
    if (!row.Has("id_kind") && student->id_type() == "Z") {
      student->set_id_type("1");
    }
  } else if (student->id_number().empty()) {
    student->set_id_type("Z");  // an identity card without a number is no paper to rely on (7.1)
  }
  if (const auto birth = row.Day("birth_date"); birth.has_value()) {
    *student->mutable_birth_date() = DateOf(*birth);
  }
  // Some registers write the county or township only; where the household is known, its village counts.
  const std::string_view village = row.Get("village_code");
  StudentChecks known = checks;
  known.kept_village = before.village();
  if (student->household().empty() && village.size() == 12 && !village.ends_with("000000")) {
    student->set_village(std::string(village));
    known.kept_village = {};
  }
  PutNumber(facts, row.Get("student_number"), student);
  PutDisability(row, student);
  if (row.Has("guardian_name")) {
    student->clear_guardians();
    AddGuardian(checks, row, "guardian", before, student);
    AddGuardian(checks, row, "guardian2", before, student);
  }
  Violations violations;
  CheckStudent(known, "student", student, &violations, warnings);
  if (row.Is("citizen_id_repaired") && !absl::c_linear_search(*warnings, "ID_NORMALIZED")) {
    warnings->insert(warnings->begin(), "ID_NORMALIZED");
  }
  if (!violations.empty()) {
    errors->push_back(IssueOf(violations.status()));
  }
}

std::string StageOfRow(const StudentChecks& checks, const RowView& row) {
  if (row.Has("stage")) {
    return std::string(row.Get("stage"));
  }
  const CodeList* grades = checks.codes.Find("grade");
  const CodeEntry* grade = grades == nullptr ? nullptr : grades->Find(row.Get("grade"), checks.today);
  return grade == nullptr ? "" : std::string(grade->Attribute("stage"));
}

absl::Status PlaceByRoster(const StudentChecks& checks, const ImportFacts& facts, const RowView& row,
                           const v1::School& school, const v1::SchoolClass* school_class, v1::Student* student,
                           std::vector<std::string>* warnings) {
  const absl::CivilDay from = std::max(facts.facts_on, row.Day("enrolled_on").value_or(facts.facts_on));
  const std::string status = StatusOfRow(row);
  const bool here = !student->enrolments().empty() && !student->enrolments(0).has_valid_to();
  const bool elsewhere =
      here && student->enrolments(0).school() != school.name() && OnRegister(checks, student->status());
  if (elsewhere && !OnRegister(checks, status)) {
    EndNotRepeated(from, school.name(), student);
    return absl::OkStatus();  // the school that the student left says so; the new one is known already
  }
  if (elsewhere &&
      (DayOf(student->enrolments(0).valid_from()) >= from || WasConcurrent(*student, school.name(), facts.facts_on))) {
    warnings->push_back("DUPLICATE_ACROSS_SCHOOLS");
    v1::Enrolment second;
    second.set_school(school.name());
    second.set_class_name(school_class == nullptr ? "" : school_class->name());
    second.set_stage(StageOfRow(checks, row));
    second.set_grade(std::string(row.Get("grade")));
    *second.mutable_valid_from() = DateOf(from);
    PutConcurrent(std::move(second), student);
    return absl::OkStatus();
  }
  EndNotRepeated(from, "", student);
  RETURN_IF_ERROR(
      Enrol(checks.codes, school, school_class, StageOfRow(checks, row), row.Get("grade"), from, "TRANSFER", student));
  if (row.Has("entry_mode")) {
    student->mutable_enrolments(0)->set_entry_mode(std::string(row.Get("entry_mode")));
  }
  if (row.Has("study_mode") || row.Has("boarding")) {
    const bool boards = row.Is("boarding") || row.Get("study_mode") == "2";
    if (!SetBoarding(boards, row.Day("boarding_from").value_or(from), student).ok()) {
      RETURN_IF_ERROR(SetBoarding(boards, from, student));
    }
  }
  if (student->status() != status) {
    // A register says where a pupil stands, not every step of the way: between two files several may lie.
    if (!student->status().empty() && !kStudentStatus.Leads(student->status(), status)) {
      return kStudentStatus.Next(student->status(), status).status();
    }
    student->set_status(status);
    *student->mutable_status_from() = DateOf(from);
  }
  return absl::OkStatus();
}

void TakeOutOfUse(absl::CivilDay on, v1::Student* student) {
  for (v1::Enrolment& span : *student->mutable_enrolments()) {
    if (!span.has_valid_to()) {
      *span.mutable_valid_to() = span.valid_from();  // holds on no day
      span.set_exit_type("CORRECTION");
    }
  }
  for (v1::BoardingSpan& span : *student->mutable_boardings()) {
    if (!span.has_valid_to()) {
      *span.mutable_valid_to() = span.valid_from();
    }
  }
  student->clear_area();
}

void TakeOutOfUse(absl::CivilDay on, v1::Household* household) {
  for (v1::HouseholdMember& member : *household->mutable_members()) {
    *member.mutable_valid_to() = member.has_valid_from() ? member.valid_from() : DateOf(on);
  }
  for (v1::HardshipRecord& record : *household->mutable_hardships()) {
    *record.mutable_valid_to() = record.valid_from();
  }
}

void TakeOutOfUse(absl::CivilDay on, v1::Teacher* teacher) {
  for (v1::ServiceSpan& span : *teacher->mutable_services()) {
    if (!span.has_valid_to()) {
      *span.mutable_valid_to() = span.valid_from();
    }
  }
  teacher->clear_area();
}

}  // namespace ruraledu::registry
