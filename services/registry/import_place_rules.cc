// Schools, classes, teachers, villages, calendars.
#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_day.h"
#include "common/domain/text.h"
#include "services/registry/import_rules.h"
#include "services/registry/school_rules.h"
#include "services/registry/teacher_rules.h"

namespace ruraledu::registry {
namespace {

// The code of a label, "" when the list has none.
std::string Code(const CodeLists& codes, std::string_view list, std::string_view label, absl::CivilDay day) {
  const CodeList* found = codes.Find(list);
  const CodeEntry* entry = found == nullptr || label.empty() ? nullptr : found->FindLabel(label, day);
  return entry == nullptr ? "" : entry->code;
}

// "小学、初中" -> PRI, JUN.
void Stages(const StudentChecks& checks, std::string_view text, v1::School* school, RowIssues* errors) {
  const CodeList* list = checks.codes.Find("stage");
  school->clear_stages();
  for (const std::string& part : ItemsOf(text)) {
    const auto code = list == nullptr ? absl::StatusOr<std::string>(std::string()) : list->CodeOf(part, checks.today);
    if (!code.ok() || code->empty()) {
      errors->push_back({"stages", "CODE_UNKNOWN"});
      return;
    }
    if (absl::c_count(school->stages(), *code) == 0) {
      school->add_stages(*code);
    }
  }
}

void Flag(const RowView& row, std::string_view field, v1::School* school, void (v1::School::*set)(bool)) {
  if (row.Has(field)) {
    (school->*set)(row.Is(field));
  }
}

// Charges per term (DR-15, DR-18), in fen as the cells' parser leaves them.
void PutCharges(const RowView& row, v1::School* school) {
  using Charges = v1::SchoolCharges;
  const std::pair<std::string_view, void (Charges::*)(int64_t)> fields[] = {
      {"tuition", &Charges::set_tuition_fen},
      {"accommodation", &Charges::set_accommodation_fen},
      {"preschool_fee", &Charges::set_preschool_fee_fen},
      {"approved_public_tuition", &Charges::set_approved_public_tuition_fen},
      {"public_preschool_fee", &Charges::set_public_preschool_fee_fen}};
  for (const auto& [field, set] : fields) {
    if (row.Has(field)) {
      (school->mutable_charges()->*set)(row.Int(field));
    }
  }
}

// What the teaching certificates allow; a cell may name several.
void PutCertificates(const StudentChecks& checks, const RowView& row, v1::Teacher* teacher, RowIssues* errors) {
  if (row.Has("certificate_subject")) {
    teacher->clear_certificate_subjects();
    for (std::string& subject : ItemsOf(row.Get("certificate_subject"))) {
      teacher->add_certificate_subjects(std::move(subject));
    }
  }
  if (!row.Has("certificate_kind")) {
    return;
  }
  const CodeList* kinds = checks.codes.Find("teacher_certificate");
  teacher->clear_certificate_stages();
  for (const std::string& item : ItemsOf(row.Get("certificate_kind"))) {
    const CodeEntry* kind = kinds == nullptr ? nullptr : kinds->FindLabel(item, checks.today);
    if (kind == nullptr) {
      errors->push_back({"certificate_kind", "CODE_UNKNOWN"});
      return;
    }
    const std::string stage(kind->Attribute("teaches"));
    if (!stage.empty() && absl::c_count(teacher->certificate_stages(), stage) == 0) {
      teacher->add_certificate_stages(stage);
    }
  }
}

std::string Township(std::string_view code) {
  const bool long_form = code.size() == 12 && code.substr(9) == "000";
  return std::string(long_form ? code.substr(0, 9) : code);
}

}  // namespace

std::vector<std::string> ItemsOf(std::string_view cell) {
  const std::string parts = absl::StrReplaceAll(
      cell, {{"、", ","}, {"，", ","}, {"；", ","}, {";", ","}, {"/", ","}, {"|", ","}, {"+", ","}, {" ", ","}});
  return absl::StrSplit(parts, ',', absl::SkipEmpty());
}

std::string SchoolCodeOf(const RowView& row) {
  const std::string_view suffix = row.Get("point_suffix");
  return absl::StrCat(row.Get("school_code"), suffix.size() == 1 ? "0" : "", suffix);
}

void RowToSchool(const StudentChecks& checks, const RegionTree& regions, const ImportFacts& facts, const RowView& row,
                 v1::School* school, RowIssues* errors) {
  school->set_code(SchoolCodeOf(row));
  school->set_display_name(std::string(row.Get("name")));
  school->set_township(Township(row.Get("township_code")));
  Stages(checks, row.Get("stages"), school, errors);
  if (row.Has("school_kind")) {
    school->set_school_type(std::string(row.Get("school_kind")));
  }
  school->set_urban_rural(std::string(row.Get("urban_rural_class")));
  if (const std::string own = Code(checks.codes, "school_ownership", row.Get("ownership"), checks.today);
      !own.empty()) {
    school->set_is_public(own == "PUBLIC");
  } else if (row.Has("ownership")) {
    errors->push_back({"ownership", "CODE_UNKNOWN"});
  }
  Flag(row, "in_county_seat", school, &v1::School::set_in_county_seat);
  Flag(row, "boarding_school", school, &v1::School::set_is_boarding);
  Flag(row, "teaching_point", school, &v1::School::set_is_teaching_point);
  Flag(row, "small_school", school, &v1::School::set_is_small);
  Flag(row, "minority_area", school, &v1::School::set_minority_area);
  Flag(row, "inclusive_kindergarten", school, &v1::School::set_kindergarten_inclusive);
  // A kindergarten in the bureau's own register is an approved one.
  school->set_kindergarten_approved(absl::c_linear_search(school->stages(), "PRE"));
  Flag(row, "network", school, &v1::School::set_has_broadband);
  Flag(row, "interactive_classroom", school, &v1::School::set_has_online_classroom);
  Flag(row, "standardised", school, &v1::School::set_meets_standard);
  if (row.Has("pilot_kind")) {
    const std::string pilot = Code(checks.codes, "nutrition_pilot", row.Get("pilot_kind"), checks.today);
    school->set_nutrition_pilot(pilot.empty() ? std::string(row.Get("pilot_kind")) : pilot);
  }
  PutCharges(row, school);
  if (const auto opened = row.Day("opened_on"); opened.has_value()) {
    *school->mutable_opened_on() = DateOf(*opened);
  }
  Violations violations;
  CheckSchool(regions, checks.codes, checks.today, facts.county, "school", school, &violations);
  if (!violations.empty()) {
    errors->push_back(IssueOf(violations.status()));
  }
}

void RowToClass(const StudentChecks& checks, const RowView& row, v1::SchoolClass* school_class) {
  school_class->set_display_name(std::string(row.Get("class_name")));
  school_class->set_stage(StageOfRow(checks, row));
  school_class->set_grade(std::string(row.Get("grade")));
  if (row.Has("size")) {
    school_class->set_reported_size(row.Int("size"));
  }
}

void RowToTeacher(const StudentChecks& checks, const ImportFacts& facts, const RowView& row, const v1::School& school,
                  v1::Teacher* teacher, RowIssues* errors, std::vector<std::string>* warnings) {
  const auto text = [&](std::string_view field, void (*set)(v1::Teacher*, std::string)) {
    if (row.Has(field)) {
      set(teacher, std::string(row.Get(field)));
    }
  };
  text("name", [](v1::Teacher* t, std::string v) { t->set_display_name(std::move(v)); });
  text("citizen_id", [](v1::Teacher* t, std::string v) { t->set_id_number(std::move(v)); });
  text("staff_number", [](v1::Teacher* t, std::string v) { t->set_staff_number(std::move(v)); });
  text("sex", [](v1::Teacher* t, std::string v) { t->set_sex(std::move(v)); });
  text("subject", [](v1::Teacher* t, std::string v) { t->set_subject(std::move(v)); });
  text("title_grade", [](v1::Teacher* t, std::string v) { t->set_title_grade(std::move(v)); });
  text("entry_channel", [](v1::Teacher* t, std::string v) { t->set_entry_channel(std::move(v)); });
  text("phone", [](v1::Teacher* t, std::string v) { t->mutable_contact()->set_phone(std::move(v)); });
  PutCertificates(checks, row, teacher, errors);
  if (row.Has("backbone_level")) {
    teacher->set_backbone_level(Code(checks.codes, "backbone_level", row.Get("backbone_level"), checks.today));
  }
  const std::string post =
      Code(checks.codes, "teacher_post", row.Has("post") ? row.Get("post") : row.Get("staff_kind"), checks.today);
  teacher->set_post(post.empty() ? (teacher->post().empty() ? "TEACHER" : teacher->post()) : post);
  const PersonFacts person{row.Day("birth_date"), row.Get("sex") == "1"   ? Sex::kMale
                                                  : row.Get("sex") == "2" ? Sex::kFemale
                                                                          : Sex::kUnknown};
  if (const CitizenIdCheck id = CheckCitizenId(teacher->id_number(), person, checks.provinces, checks.today); id.ok()) {
    warnings->insert(warnings->end(), id.warnings.begin(), id.warnings.end());
    *teacher->mutable_birth_date() =
        DateOf(id.birth_date);  // the number proves it; personnel files often differ (county profile 13)
    teacher->set_sex(id.sex == Sex::kMale ? "1" : "2");
  } else if (person.birth_date.has_value()) {
    *teacher->mutable_birth_date() = DateOf(*person.birth_date);
  }
  auto* spans = teacher->mutable_services();
  const bool open = !spans->empty() && !spans->Get(0).has_valid_to();
  if (!open || spans->Get(0).school() != school.name() || spans->Get(0).post() != teacher->post()) {
    absl::CivilDay from =
        row.Day("school_from")
            .value_or(spans->empty() ? row.Day("work_started_on").value_or(facts.facts_on) : facts.facts_on);
    if (open) {
      *spans->Mutable(0)->mutable_valid_to() = DateOf(from);
    }
    v1::ServiceSpan* span = spans->Add();
    span->set_school(school.name());
    span->set_post(teacher->post());
    *span->mutable_valid_from() = DateOf(from);
    std::rotate(spans->pointer_begin(), spans->pointer_end() - 1, spans->pointer_end());
  }
  if (const auto left = row.Day("left_on"); left.has_value() && !spans->Get(0).has_valid_to()) {
    *spans->Mutable(0)->mutable_valid_to() = DateOf(*left);
  }
  teacher->set_area(school.area());
  Violations violations;
  CheckTeacher(checks, "teacher", teacher, &violations);
  if (!violations.empty()) {
    errors->push_back(IssueOf(violations.status()));
  }
}

void RowToVillage(const RegionTree& regions, const ImportFacts& facts, const RowView& row, v1::Region* village,
                  RowIssues* errors) {
  const std::string code(row.Get("village_code"));
  if (!IsRegionCode(code) || !absl::StartsWith(code, facts.county) || absl::EndsWith(code, "000")) {
    errors->push_back({"village_code", "REGION_CODE"});
    return;
  }
  const std::string parent =
      absl::StrCat(row.Has("township_code") ? Township(row.Get("township_code")) : code.substr(0, 9), "000");
  const Region* township = regions.FindLast(parent);
  if (township == nullptr || !township->HasLevel(RegionLevel::kTownship) || !absl::StartsWith(parent, facts.county)) {
    errors->push_back({"township_code", "REGION_UNKNOWN"});
    return;
  }
  village->set_name(absl::StrCat("regions/village-", code));
  village->set_code(code);
  village->set_level(v1::REGION_LEVEL_VILLAGE);
  village->set_kind(v1::REGION_KIND_NORMAL);
  village->set_display_name(std::string(row.Get("name")));
  village->set_parent(absl::StrCat("regions/township-", parent));
  if (village->has_valid_to() && DayOf(village->valid_from()) == DayOf(village->valid_to())) {
    village->clear_valid_from();  // out of use
    village->clear_valid_to();
  }
  if (const auto from = row.Day("valid_from"); from.has_value()) {
    *village->mutable_valid_from() = DateOf(*from);
  }
  if (const auto to = row.Day("valid_to"); to.has_value()) {
    *village->mutable_valid_to() = DateOf(*to);
  }
  if (row.Has("successor_code")) {
    const Region* successor = regions.FindLast(row.Get("successor_code"));
    if (successor == nullptr || !row.Day("valid_to").has_value()) {
      errors->push_back({"successor_code", "REGION_SUCCESSOR"});
      return;
    }
    village->clear_successors();
    village->add_successors(absl::StrCat("regions/", RegionLevelText(successor->level), "-", successor->code));
  }
}

void TakeOutOfUse(absl::CivilDay on, v1::School* school) {
  school->clear_area();
  school->clear_state();
}

void TakeOutOfUse(absl::CivilDay on, v1::SchoolClass* school_class) {
  school_class->clear_area();
}

void TakeOutOfUse(absl::CivilDay on, v1::Region* village) {
  *village->mutable_valid_from() = DateOf(on);
  *village->mutable_valid_to() = DateOf(on);
}

void TakeOutOfUse(absl::CivilDay on, v1::Calendar* calendar) {
  calendar->clear_days();
  calendar->clear_source();
  calendar->clear_covers_until();
}

std::string CalendarKind(absl::CivilDay day, bool working, bool named) {
  const auto weekday = absl::GetWeekday(day);
  const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
  if (working) {
    return weekend ? "transfer_workday" : "";
  }
  return weekend && !named ? "" : "public_holiday";
}

}  // namespace ruraledu::registry
