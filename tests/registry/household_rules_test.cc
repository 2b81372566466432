#include "services/registry/household_rules.h"

#include <functional>

#include "tests/registry/rules_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::IsEmpty;

v1::Household Household() {
  v1::Household household;
  household.set_village("411728103201");
  v1::HouseholdMember* head = household.add_members();
  head->set_display_name("张三");
  head->set_id_number(IdOf("19850101"));
  head->set_relation("HEAD");
  v1::HouseholdMember* child = household.add_members();
  child->set_display_name("张子涵");
  child->set_relation("CHILD");
  v1::HardshipRecord* record = household.add_hardships();
  record->set_kind("P2");
  *record->mutable_valid_from() = Day(2016, 1, 1);
  return household;
}

std::vector<std::string> Violated(v1::Household household) {
  Violations violations;
  CheckHousehold(Checks(), "411728", "h", &household, &violations);
  return testlib::Violated(violations.status());
}

TEST(HouseholdRules, WhatIsCheckedAndPutRight) {
  EXPECT_THAT(Violated(Household()), IsEmpty());
  v1::Household household = Household();
  household.mutable_members(0)->set_display_name("　张三 ");
  household.mutable_members(0)->set_id_number(" " + IdOf("19850101"));
  Violations violations;
  CheckHousehold(Checks(), "411728", "h", &household, &violations);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(household.members(0).display_name(), "张三");
  EXPECT_EQ(household.members(0).id_number(), IdOf("19850101"));
}

TEST(HouseholdRules, Refusals) {
  struct Case {
    std::function<void(v1::Household&)> spoil;
    std::vector<std::string> violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto& h) { h.set_village("411729100201"); }, {"h.village REGION_UNKNOWN"}},
           {[](auto& h) { h.set_village("411728103"); }, {"h.village REGION_CODE"}},
           {[](auto& h) { h.set_village("4117281032x1"); }, {"h.village REGION_CODE"}},
           {[](auto& h) { h.set_village("411728999999"); }, {"h.village REGION_UNKNOWN"}},
           {[](auto& h) { h.mutable_members(1)->clear_display_name(); }, {"h.members[1].display_name FIELD_REQUIRED"}},
           {[](auto& h) { h.mutable_members(1)->set_relation("COUSIN"); }, {"h.members[1].relation CODE_UNKNOWN"}},
           {[](auto& h) { h.mutable_members(1)->set_id_number("411700201403050179"); },
            {"h.members[1].id_number ID_CHECK"}},
           {[](auto& h) { h.mutable_members(0)->set_id_number("411700850101001"); }, {}},  // still held by departments
           {[](auto& h) { h.mutable_members(1)->set_relation("HEAD"); }, {"h.members HOUSEHOLD_HEAD"}},
           {[](auto& h) { *h.mutable_members(0)->mutable_valid_to() = Day(2020, 1, 1); }, {"h.members HOUSEHOLD_HEAD"}},
           {[](auto& h) {
              *h.mutable_members(0)->mutable_valid_to() = Day(2020, 1, 1);
              h.mutable_members(1)->set_relation("HEAD");
            },
            {}},  // the son follows
           {[](auto& h) { h.mutable_hardships(0)->set_kind("P8"); }, {"h.hardships[0].kind CODE_UNKNOWN"}},
       }) {
    v1::Household household = Household();
    c.spoil(household);
    EXPECT_EQ(Violated(household), c.violated) << household.ShortDebugString();
  }
}

}  // namespace
}  // namespace ruraledu::registry
