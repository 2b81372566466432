#include "services/registry/school_rules.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/citizen_id.h"
#include "common/domain/school_code.h"
#include "common/domain/text.h"

namespace ruraledu::registry {
namespace {

std::string_view IdOf(std::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

void CheckCode(const CodeLists& lists, std::string_view list, std::string_view code, absl::CivilDay day,
               const std::string& field, Violations* violations) {
  const CodeList* found = lists.Find(list);
  if (found == nullptr || found->Find(code, day) == nullptr) {
    violations->Add(field, "CODE_UNKNOWN", {{"list", list}});
  }
}

void CheckCharges(const v1::SchoolCharges& charges, const std::string& field, Violations* violations) {
  const std::pair<const char*, int64_t> amounts[] = {
      {".tuition_fen", charges.tuition_fen()},
      {".accommodation_fen", charges.accommodation_fen()},
      {".preschool_fee_fen", charges.preschool_fee_fen()},
      {".approved_public_tuition_fen", charges.approved_public_tuition_fen()},
      {".public_preschool_fee_fen", charges.public_preschool_fee_fen()}};
  for (const auto& [name, fen] : amounts) {
    if (fen < 0) {
      violations->Add(absl::StrCat(field, name), "MONEY_NEGATIVE");
    }
  }
}

void CheckOwnCode(const CodeLists& codes, const v1::School& school, const std::string& field, Violations* violations) {
  const CodeList* types = codes.Find("school_type");
  const CodeList* provinces = codes.Find("citizen_id_province");
  if (types == nullptr || provinces == nullptr) {
    violations->Add(field, "CODE_LIST_UNKNOWN", {{"list", "school_type"}});
    return;
  }
  const ProvincePrefixes prefixes = ProvincePrefixesOf(*provinces);
  const absl::Status status = school.is_teaching_point() && school.code().size() == 12
                                  ? ParseTeachingPointCode(school.code(), *types, prefixes).status()
                                  : ParseSchoolCode(school.code(), *types, prefixes).status();
  if (!status.ok()) {
    violations->Add(field, ReasonOf(status));
  }
}

}  // namespace

void CheckSchool(const RegionTree& regions, const CodeLists& codes, absl::CivilDay today, std::string_view county,
                 std::string_view field, v1::School* school, Violations* violations) {
  const auto at = [&](std::string_view name) { return absl::StrCat(field, ".", name); };
  school->set_display_name(NormalizeText(school->display_name()));
  school->set_code(NormalizeCode(school->code()));
  violations->Require(!school->display_name().empty(), at("display_name"));
  CheckOwnCode(codes, *school, at("code"), violations);
  const Region* township =
      school->township().size() == 9 ? regions.Find(absl::StrCat(school->township(), "000"), today) : nullptr;
  if (township == nullptr || !township->HasLevel(RegionLevel::kTownship) || !school->township().starts_with(county)) {
    violations->Add(at("township"), "REGION_UNKNOWN", {{"level", "township"}, {"region", school->township()}});
  }
  violations->Require(!school->stages().empty(), at("stages"));
  for (int i = 0; i < school->stages_size(); ++i) {
    CheckCode(codes, "stage", school->stages(i), today, at(absl::StrCat("stages[", i, "]")), violations);
  }
  if (!school->school_type().empty()) {
    CheckCode(codes, "school_type", school->school_type(), today, at("school_type"), violations);
  }
  if (!school->urban_rural().empty()) {
    CheckCode(codes, "urban_rural_class", school->urban_rural(), today, at("urban_rural"), violations);
  }
  if (school->nutrition_pilot().empty()) {
    school->set_nutrition_pilot("NONE");
  }
  constexpr std::string_view kPilots[] = {"NONE", "NATIONAL", "LOCAL"};
  if (!absl::c_linear_search(kPilots, school->nutrition_pilot())) {
    violations->Add(at("nutrition_pilot"), "CODE_UNKNOWN", {{"list", "nutrition_pilot"}});
  }
  CheckCharges(school->charges(), at("charges"), violations);
  school->set_area(absl::StrCat(school->township(), "/", IdOf(school->name())));
  if (school->state() == v1::SCHOOL_STATE_UNSPECIFIED) {
    school->set_state(v1::SCHOOL_STATE_OPEN);
  }
}

absl::Status CheckClosing(const v1::School& school, absl::CivilDay closed_on, absl::CivilDay today,
                          const std::vector<v1::School>& replacements) {
  if (school.state() == v1::SCHOOL_STATE_CLOSED) {
    return Fail("SCHOOL_CLOSED", {{"school", school.name()}});
  }
  if (closed_on > today) {
    return Fail("DATE_AHEAD", {{"date", DayText(closed_on)}});
  }
  if (closed_on < DayOf(school.opened_on()).value_or(closed_on)) {
    return Fail("SPAN_ORDER");
  }
  for (const std::string& stage : school.stages()) {
    const bool taught = absl::c_any_of(replacements, [&](const v1::School& other) {
      return other.name() != school.name() && other.state() == v1::SCHOOL_STATE_OPEN &&
             absl::c_linear_search(other.stages(), stage);
    });
    if (!taught) {
      return Fail("REPLACEMENT_REQUIRED", {{"stage", stage}});
    }
  }
  return absl::OkStatus();
}

bool GivesUpStage(const v1::School& before, const v1::School& after) {
  return absl::c_any_of(before.stages(),
                        [&](const std::string& stage) { return !absl::c_linear_search(after.stages(), stage); });
}

absl::Status CheckStagesKept(const CodeLists& codes, const v1::School& after,
                             const std::vector<std::pair<std::string, std::string>>& pupils) {
  const CodeList* statuses = codes.Find("student_status");
  for (const auto& [stage, status] : pupils) {
    const CodeEntry* entry = statuses == nullptr ? nullptr : statuses->Find(status);
    const bool registered = entry != nullptr && entry->Attribute("registered") == "yes";
    if (registered && !absl::c_linear_search(after.stages(), stage)) {
      return Fail("STAGE_HAS_PUPILS", {{"stage", stage}});
    }
  }
  return absl::OkStatus();
}

void CheckClass(const CodeLists& codes, absl::CivilDay today, const v1::School& school, std::string_view field,
                v1::SchoolClass* school_class, Violations* violations) {
  const auto at = [&](std::string_view name) { return absl::StrCat(field, ".", name); };
  school_class->set_display_name(NormalizeText(school_class->display_name()));
  violations->Require(!school_class->display_name().empty(), at("display_name"));
  if (school.state() != v1::SCHOOL_STATE_OPEN) {
    violations->Add(at("school"), "SCHOOL_CLOSED", {{"school", school.name()}});
  }
  if (!absl::c_linear_search(school.stages(), school_class->stage())) {
    violations->Add(at("stage"), "STAGE_NOT_TAUGHT", {{"stage", school_class->stage()}});
  }
  const CodeList* grades = codes.Find("grade");
  const CodeEntry* grade = grades == nullptr ? nullptr : grades->Find(school_class->grade(), today);
  if (grade == nullptr || grade->Attribute("stage") != school_class->stage()) {
    violations->Add(at("grade"), "CODE_UNKNOWN", {{"list", "grade"}});
  }
  if (school_class->reported_size() < 0) {
    violations->Add(at("reported_size"), "NUMBER_RANGE", {{"low", "0"}, {"high", "200"}});
  }
  school_class->set_area(absl::StrCat(school.area(), "/", IdOf(school_class->name())));
}

}  // namespace ruraledu::registry
