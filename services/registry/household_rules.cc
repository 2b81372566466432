#include "services/registry/household_rules.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/domain/names.h"

namespace ruraledu::registry {
namespace {

constexpr std::string_view kRelations[] = {"HEAD", "SPOUSE", "CHILD", "GRANDCHILD", "PARENT", "SIBLING", "OTHER"};

void CheckMember(const StudentChecks& checks, const std::string& field, v1::HouseholdMember* member,
                 Violations* violations) {
  const auto name = NormalizeName(member->display_name());
  if (!name.ok() || name->empty()) {
    violations->Add(absl::StrCat(field, ".display_name"), name.ok() ? "FIELD_REQUIRED" : ReasonOf(name.status()),
                    {{"field", field}});
  } else {
    member->set_display_name(*name);
  }
  if (!absl::c_linear_search(kRelations, member->relation())) {
    violations->Add(absl::StrCat(field, ".relation"), "CODE_UNKNOWN", {{"list", "relation"}});
  }
  if (member->id_number().empty()) {
    return;
  }
  CitizenIdCheck check = CheckCitizenId(member->id_number(), {}, checks.provinces, checks.today);
  if (check.ok()) {
    member->set_id_number(check.number);
  } else if (check.error != "ID_LEGACY15") {
    violations->Add(absl::StrCat(field, ".id_number"), check.error);
  }
}

}  // namespace

void CheckHousehold(const StudentChecks& checks, std::string_view county, std::string_view field,
                    v1::Household* household, Violations* violations) {
  const auto at = [&](std::string_view name) { return absl::StrCat(field, ".", name); };
  if (IsRegionCode(household->village()) && !household->village().starts_with(county)) {
    violations->Add(at("village"), "REGION_UNKNOWN", {{"level", "village"}, {"region", household->village()}});
  } else {
    CheckVillage(checks, household->village(), at("village"), violations);
  }
  int heads = 0;
  for (int i = 0; i < household->members_size(); ++i) {
    v1::HouseholdMember* member = household->mutable_members(i);
    CheckMember(checks, at(absl::StrCat("members[", i, "]")), member, violations);
    heads += member->relation() == "HEAD" && !member->has_valid_to() ? 1 : 0;
  }
  if (heads != 1) {
    violations->Add(at("members"), "HOUSEHOLD_HEAD");
  }
  for (int i = 0; i < household->hardships_size(); ++i) {
    CheckHardship(checks, at(absl::StrCat("hardships[", i, "]")), household->hardships(i), violations);
  }
}

}  // namespace ruraledu::registry
