#include "services/registry/school_rules.h"

#include <functional>

#include "common/base/day.h"
#include "tests/registry/rules_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::School School(const std::string& id = "s1", const std::vector<std::string>& stages = {"PRI"}) {
  v1::School school;
  school.set_name(absl::StrCat("counties/411728/schools/", id));
  school.set_code("2141000001");
  school.set_display_name("玉山小学");
  school.set_township("411728103");
  school.set_state(v1::SCHOOL_STATE_OPEN);
  *school.mutable_stages() = {stages.begin(), stages.end()};
  return school;
}

std::vector<std::string> Violated(v1::School school) {
  Violations violations;
  CheckSchool(Regions(), Codes(), kToday, "411728", "school", &school, &violations);
  return testlib::Violated(violations.status());
}

TEST(SchoolRules, WhatIsCheckedAndPutRight) {
  v1::School school = School();
  school.set_display_name("　玉山小学 ");
  school.set_code("２１４１００００01");
  school.clear_state();
  Violations violations;
  CheckSchool(Regions(), Codes(), kToday, "411728", "school", &school, &violations);
  EXPECT_TRUE(violations.empty()) << violations.status();
  EXPECT_EQ(school.display_name(), "玉山小学");
  EXPECT_EQ(school.code(), "2141000001");
  EXPECT_EQ(school.area(), "411728103/s1");
  EXPECT_EQ(school.state(), v1::SCHOOL_STATE_OPEN);
  EXPECT_EQ(school.nutrition_pilot(), "NONE");
}

TEST(SchoolRules, WithoutItsCodeListsNothingIsAccepted) {
  v1::School school = School();
  Violations violations;
  CheckSchool(Regions(), CodeLists(), kToday, "411728", "school", &school, &violations);
  EXPECT_THAT(testlib::Violated(violations.status()), ::testing::Contains("school.code CODE_LIST_UNKNOWN"));
}

TEST(SchoolRules, Refusals) {
  struct Case {
    std::function<void(v1::School&)> spoil;
    std::string violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto& s) { s.set_display_name(" "); }, "school.display_name FIELD_REQUIRED"},
           {[](auto& s) { s.set_code("214100000"); }, "school.code SCHOOL_CODE_FORMAT"},
           {[](auto& s) { s.set_code("8841000001"); }, "school.code SCHOOL_CODE_TYPE"},
           {[](auto& s) { s.set_code("2199000001"); }, "school.code SCHOOL_CODE_PROVINCE"},
           {[](auto& s) { s.set_code("214100000101"); }, "school.code SCHOOL_CODE_FORMAT"},  // no teaching point
           {[](auto& s) { s.set_township("411728"); }, "school.township REGION_UNKNOWN"},
           {[](auto& s) { s.set_township("411728104"); }, "school.township REGION_UNKNOWN"},
           {[](auto& s) { s.set_township("411729100"); }, "school.township REGION_UNKNOWN"},  // another county
           {[](auto& s) { s.clear_stages(); }, "school.stages FIELD_REQUIRED"},
           {[](auto& s) { s.set_stages(0, "X"); }, "school.stages[0] CODE_UNKNOWN"},
           {[](auto& s) { s.set_school_type("99"); }, "school.school_type CODE_UNKNOWN"},
           {[](auto& s) { s.set_urban_rural("321"); }, "school.urban_rural CODE_UNKNOWN"},
           {[](auto& s) { s.set_nutrition_pilot("SOME"); }, "school.nutrition_pilot CODE_UNKNOWN"},
           {[](auto& s) { s.mutable_charges()->set_accommodation_fen(-5); },
            "school.charges.accommodation_fen MONEY_NEGATIVE"},
       }) {
    v1::School school = School();
    c.spoil(school);
    EXPECT_THAT(Violated(school), ElementsAre(c.violated));
  }
  v1::School point = School();
  point.set_is_teaching_point(true);
  point.set_code("214100000101");
  EXPECT_THAT(Violated(point), IsEmpty()) << "its centre school's code and a suffix (7.3)";
  point.set_code("214100000100");
  EXPECT_THAT(Violated(point), ElementsAre("school.code SCHOOL_CODE_FORMAT"));
  v1::School free = School();
  free.mutable_charges()->set_tuition_fen(0);
  free.set_urban_rural("121");
  free.set_school_type("21");
  free.set_nutrition_pilot("NATIONAL");
  EXPECT_THAT(Violated(free), IsEmpty());
}

// AL-2: build before closing.
TEST(SchoolRules, ClosingNeedsEveryStageElsewhere) {
  const v1::School nine = School("s1", {"PRI", "JUN"});
  const v1::School primary = School("s2", {"PRI"}), junior = School("s3", {"JUN"}), both = School("s4", {"JUN", "PRI"});
  v1::School closed = School("s5", {"PRI", "JUN"});
  closed.set_state(v1::SCHOOL_STATE_CLOSED);
  struct Case {
    std::vector<v1::School> replacements;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{{{}, "REPLACEMENT_REQUIRED"},
                                         {{nine}, "REPLACEMENT_REQUIRED"},
                                         {{closed}, "REPLACEMENT_REQUIRED"},
                                         {{primary}, "REPLACEMENT_REQUIRED"},
                                         {{junior}, "REPLACEMENT_REQUIRED"},
                                         {{primary, junior}, ""},
                                         {{both}, ""},
                                         {{closed, both}, ""}}) {
    EXPECT_EQ(ReasonOf(CheckClosing(nine, kToday, kToday, c.replacements)), c.reason) << c.replacements.size();
  }
  EXPECT_EQ(ReasonOf(CheckClosing(closed, kToday, kToday, {both})), "SCHOOL_CLOSED");
  EXPECT_THAT(std::string(CheckClosing(nine, kToday, kToday, {primary}).message()), testing::HasSubstr("JUN"));
}

TEST(SchoolRules, ASchoolClosesOnADayThatHasComeAndOnWhichItExisted) {
  v1::School school = School("s1", {"PRI"});
  *school.mutable_opened_on() = DateOf(kToday - 10);
  const struct {
    absl::CivilDay day;
    const char* reason;
  } cases[] = {{kToday + 1, "DATE_AHEAD"}, {kToday, ""}, {kToday - 10, ""}, {kToday - 11, "SPAN_ORDER"}};
  for (const auto& c : cases) {
    EXPECT_EQ(ReasonOf(CheckClosing(school, c.day, kToday, {School("s2", {"PRI"})})), c.reason) << DayText(c.day);
  }
}

TEST(SchoolRules, AStageWithPupilsStays) {
  const v1::School nine = School("s1", {"PRI", "JUN"}), primary = School("s1", {"PRI"});
  EXPECT_TRUE(GivesUpStage(nine, primary));
  EXPECT_FALSE(GivesUpStage(primary, nine));
  const struct {
    std::vector<std::pair<std::string, std::string>> pupils;
    const char* reason;
  } cases[] = {{{}, ""},
               {{{"PRI", "ENROLLED"}}, ""},
               {{{"JUN", "GRADUATED"}}, ""},
               {{{"PRI", "ENROLLED"}, {"JUN", "SUSPENDED"}}, "STAGE_HAS_PUPILS"},
               {{{"JUN", "ENROLLED"}}, "STAGE_HAS_PUPILS"}};
  for (const auto& c : cases) {
    EXPECT_EQ(ReasonOf(CheckStagesKept(Codes(), primary, c.pupils)), c.reason) << c.pupils.size();
  }
}

TEST(SchoolRules, AClassBelongsToAStageOfAnOpenSchool) {
  struct Case {
    std::function<void(v1::School&, v1::SchoolClass&)> spoil;
    std::vector<std::string> violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto&, auto&) {}, {}},
           {[](auto&, auto&k) { k.set_display_name(""); }, {"class.display_name FIELD_REQUIRED"}},
           {[](auto&s, auto&) { s.set_state(v1::SCHOOL_STATE_CLOSED); }, {"class.school SCHOOL_CLOSED"}},
           {[](auto&, auto&k) { k.set_stage("JUN"), k.set_grade("7"); }, {"class.stage STAGE_NOT_TAUGHT"}},
           {[](auto&, auto&k) { k.set_grade("7"); }, {"class.grade CODE_UNKNOWN"}},
           {[](auto&, auto&k) { k.set_grade(""); }, {"class.grade CODE_UNKNOWN"}},
           {[](auto&, auto&k) { k.set_reported_size(-1); }, {"class.reported_size NUMBER_RANGE"}},
       }) {
    v1::School school = School();
    school.set_area("411728103/s1");
    v1::SchoolClass one;
    one.set_name("counties/411728/classes/c1");
    one.set_display_name("三(1)班");
    one.set_stage("PRI");
    one.set_grade("3");
    c.spoil(school, one);
    Violations violations;
    CheckClass(Codes(), kToday, school, "class", &one, &violations);
    EXPECT_EQ(testlib::Violated(violations.status()), c.violated);
    EXPECT_EQ(one.area(), "411728103/s1/c1");
  }
}

}  // namespace
}  // namespace ruraledu::registry
