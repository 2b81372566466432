#include "services/registry/student_rules.h"

#include <functional>
#include <set>

#include "tests/registry/rules_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Student Student() {
  v1::Student student;
  student.set_name("counties/411728/students/p1");
  student.set_display_name("张子涵");
  student.set_id_type("1");
  student.set_id_number(IdOf("20140305"));
  return student;
}

struct Checked {
  v1::Student student;
  std::vector<std::string> violated, warnings;
};
Checked Check(v1::Student student) {
  Checked checked{std::move(student), {}, {}};
  Violations violations;
  CheckStudent(Checks(), "student", &checked.student, &violations, &checked.warnings);
  checked.violated = testlib::Violated(violations.status());
  return checked;
}

TEST(StudentRules, WhatIsCheckedAndPutRight) {
  v1::Student student = Student();
  student.set_display_name(" 张子涵　");
  student.set_id_number("　" + IdOf("20140305"));
  const Checked checked = Check(student);
  EXPECT_THAT(checked.violated, IsEmpty());
  EXPECT_THAT(checked.warnings, ElementsAre("ID_NORMALIZED"));
  EXPECT_EQ(checked.student.display_name(), "张子涵");
  EXPECT_EQ(checked.student.id_number(), IdOf("20140305"));
  EXPECT_EQ(DayOf(checked.student.birth_date()), absl::CivilDay(2014, 3, 5)) << "out of the number";
  EXPECT_EQ(checked.student.sex(), "1");
  student = Student();
  student.clear_id_type();
  EXPECT_EQ(Check(student).student.id_type(), "1");
  student.clear_id_number();
  *student.mutable_birth_date() = Day(2014, 3, 5);
  EXPECT_EQ(Check(student).student.id_type(), "Z") << "nobody without a number is taken for one with";
  student = Student();
  student.set_sex("2");
  EXPECT_THAT(Check(student).warnings, ElementsAre("ID_SEX_MISMATCH"));
  student = Student();
  *student.mutable_birth_date() = Day(2014, 3, 6);
  EXPECT_THAT(Check(student).warnings, ElementsAre("ID_BIRTH_MISMATCH"));
  EXPECT_THAT(Check(student).violated, IsEmpty());
}

TEST(StudentRules, Refusals) {
  struct Case {
    std::function<void(v1::Student&)> spoil;
    std::string violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto& s) { s.set_display_name("  "); }, "student.display_name FIELD_REQUIRED"},
           {[](auto& s) { s.set_id_type("Q"), *s.mutable_birth_date() = Day(2014, 3, 5); },
            "student.id_type CODE_UNKNOWN"},
           {[](auto& s) { s.set_id_number(s.id_number().substr(1)), *s.mutable_birth_date() = Day(2014, 3, 5); },
            "student.id_number ID_LENGTH"},
           {[](auto& s) { s.set_sex("x"); }, "student.sex CODE_UNKNOWN"},
           {[](auto& s) { s.set_ethnic_group("77"); }, "student.ethnic_group CODE_UNKNOWN"},
           {[](auto& s) { s.set_health("77"); }, "student.health CODE_UNKNOWN"},
           {[](auto& s) { s.set_inclusive_class("77"); }, "student.inclusive_class CODE_UNKNOWN"},
           {[](auto& s) { s.mutable_disability()->set_kind("8"); }, "student.disability.kind CODE_UNKNOWN"},
           {[](auto& s) { s.mutable_disability()->set_grade("5"); }, "student.disability.grade CODE_UNKNOWN"},
           {[](auto& s) { s.set_village("411728103"); }, "student.village REGION_CODE"},
           {[](auto& s) { s.set_village("41172810300x"); }, "student.village REGION_CODE"},
           {[](auto& s) { s.set_left_behind_education(-1); }, "student.left_behind_education CODE_UNKNOWN"},
           {[](auto& s) { *s.mutable_birth_date() = Day(2023, 9, 21); },
            "student.birth_date DATE_INVALID"},  // tomorrow
           {[](auto& s) { *s.mutable_birth_date() = Day(2014, 2, 29); }, "student.birth_date DATE_INVALID"},
       }) {
    v1::Student student = Student();
    c.spoil(student);
    EXPECT_THAT(Check(student).violated, ElementsAre(c.violated));
  }
}

TEST(StudentRules, HardshipRecordsAreDatedAndKnown) {
  struct Case {
    std::function<void(v1::HardshipRecord&)> spoil;
    std::vector<std::string> violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto&) {}, {}},
           {[](auto& h) { *h.mutable_valid_to() = Day(2020, 1, 1); }, {}},  // the same day: never in force
           {[](auto& h) { h.set_kind("Z9"); }, {"h.kind CODE_UNKNOWN"}},
           {[](auto& h) { h.clear_valid_from(); }, {"h.valid_from DATE_INVALID"}},
           {[](auto& h) { *h.mutable_valid_from() = Day(2020, 2, 30); }, {"h.valid_from DATE_INVALID"}},
           {[](auto& h) { *h.mutable_valid_to() = Day(2019, 12, 31); }, {"h.valid_to SPAN_ORDER"}},
           {[](auto& h) { *h.mutable_valid_to() = Day(2020, 13, 1); }, {"h.valid_to DATE_INVALID"}},
           {[](auto& h) { *h.mutable_risk_eliminated_on() = Day(2019, 1, 1); }, {"h.risk_eliminated_on SPAN_ORDER"}},
           {[](auto& h) { h.set_area("RURAL"); }, {"h.area CODE_UNKNOWN"}},  // only D1 and D2 have one
           {[](auto& h) { h.set_kind("D1"), h.set_area("RURAL"); }, {}},
           {[](auto& h) { h.set_kind("D2"), h.set_area("SUBURB"); }, {"h.area CODE_UNKNOWN"}},
       }) {
    v1::HardshipRecord record;
    record.set_kind("M1");
    *record.mutable_valid_from() = Day(2020, 1, 1);
    c.spoil(record);
    Violations violations;
    CheckHardship(Checks(), "h", record, &violations);
    EXPECT_EQ(testlib::Violated(violations.status()), c.violated) << record.ShortDebugString();
  }
}

// The table of 3.1: from each status, the statuses that may follow.
TEST(StudentRules, StatusTable) {
  const std::map<std::string, std::set<std::string>> table = {
      {"ENROLLED",
       {"SUSPENDED", "TRANSFER_OUT_PENDING", "SUSPECTED", "GRADUATED", "COMPLETED", "HOME_TAUGHT", "DECEASED",
        "EMIGRATED"}},
      {"SUSPENDED", {"ENROLLED", "DROPPED", "DECEASED"}},
      {"TRANSFER_OUT_PENDING", {"TRANSFERRED", "ENROLLED", "SUSPECTED"}},
      {"TRANSFERRED", {"ENROLLED"}},
      {"SUSPECTED", {"ENROLLED", "DROPPED", "DECEASED"}},
      {"DROPPED", {"RETURNED", "DECEASED"}},
      {"RETURNED", {"ENROLLED", "SUSPECTED"}},
      {"HOME_TAUGHT", {"ENROLLED", "GRADUATED", "DECEASED"}},
      {"EMIGRATED", {"ENROLLED"}},
      {"GRADUATED", {"ENROLLED"}},
      {"COMPLETED", {"ENROLLED"}},
      {"DECEASED", {}}};
  for (const auto& [from, allowed] : table) {
    for (const auto& [to, unused] : table) {
      EXPECT_EQ(kStudentStatus.Next(from, to).ok(), allowed.contains(to)) << from << " -> " << to;
    }
  }
  for (const CodeEntry& entry : Codes().Find("student_status")->entries()) {
    EXPECT_TRUE(table.contains(entry.code)) << entry.code;
  }
}

// Villages come by import, township by township: where there are some, the village must be one of them.
TEST(StudentRules, AVillageLiesInATownshipThatIsKnown) {
  const struct {
    const char *village, *reason;
  } cases[] = {{"411728103201", ""},
               {"411728103202", "REGION_UNKNOWN"},  // the township has villages, this is none
               {"411728103299", ""},                // withdrawn
               {"411728103000", ""},                // the township only
               {"411729100201", ""},                // no villages loaded
               {"411729100000", ""},
               {"411728999999", "REGION_UNKNOWN"},
               {"411728999000", "REGION_UNKNOWN"},
               {"411728000000", "REGION_UNKNOWN"},
               {"411728000201", "REGION_UNKNOWN"},
               {"411728103", "REGION_CODE"},
               {"", "REGION_CODE"},
               {"41172810320x", "REGION_CODE"}};
  for (const auto& c : cases) {
    Violations violations;
    CheckVillage(Checks(), c.village, "village", &violations);
    EXPECT_EQ(ReasonOf(violations.status()), c.reason) << c.village;
  }
  StudentChecks kept = Checks();
  kept.kept_village = "411728103202";
  Violations violations;
  CheckVillage(kept, "411728103202", "village", &violations);
  EXPECT_TRUE(violations.empty()) << "loaded before the villages were";
}

v1::School School(const std::string& id) {
  v1::School school;
  school.set_name(absl::StrCat("counties/411728/schools/", id));
  school.set_area("411728103/" + id);
  school.add_stages("PRI");
  school.set_state(v1::SCHOOL_STATE_OPEN);
  return school;
}

std::vector<std::string> Spans(const v1::Student& student) {
  std::vector<std::string> spans;
  for (const v1::Enrolment& span : student.enrolments()) {
    const auto to = DayOf(span.valid_to());
    spans.push_back(absl::StrCat(span.school().substr(span.school().rfind('/') + 1), " ", span.grade(), " ",
                                 absl::FormatCivilTime(*DayOf(span.valid_from())), " ",
                                 to.has_value() ? absl::FormatCivilTime(*to) : "-", " ", span.exit_type()));
  }
  return spans;
}

TEST(StudentRules, EnrolmentSpansFollowEachOther) {
  v1::Student student;
  const v1::School s1 = School("s1"), s2 = School("s2");
  ASSERT_TRUE(Enrol(Codes(), s1, nullptr, "PRI", "3", absl::CivilDay(2022, 9, 1), "", &student).ok());
  ASSERT_TRUE(Enrol(Codes(), s1, nullptr, "PRI", "3", absl::CivilDay(2023, 2, 1), "X", &student).ok());
  EXPECT_THAT(Spans(student), ElementsAre("s1 3 2022-09-01 - ")) << "nothing changed";
  ASSERT_TRUE(Enrol(Codes(), s1, nullptr, "PRI", "4", absl::CivilDay(2023, 9, 1), "PROMOTION", &student).ok());
  ASSERT_TRUE(Enrol(Codes(), s2, nullptr, "PRI", "4", absl::CivilDay(2023, 9, 1), "CORRECTION", &student).ok());
  EXPECT_THAT(Spans(student), ElementsAre("s2 4 2023-09-01 - ", "s1 3 2022-09-01 2023-09-01 PROMOTION"))
      << "two changes of one day replace each other";
  EXPECT_EQ(student.area(), "411728103/s2");
  EXPECT_EQ(ReasonOf(Enrol(Codes(), s1, nullptr, "PRI", "4", absl::CivilDay(2023, 8, 31), "", &student)), "SPAN_ORDER");
  EXPECT_EQ(ReasonOf(Enrol(Codes(), s1, nullptr, "JUN", "7", kToday, "", &student)), "STAGE_NOT_TAUGHT");
  for (const char* grade : {"", "13", "三年级"}) {
    EXPECT_EQ(ReasonOf(Enrol(Codes(), s1, nullptr, "PRI", grade, kToday, "", &student)), "CODE_UNKNOWN") << grade;
  }
  v1::SchoolClass other;
  other.set_school(s2.name());
  other.set_area("411728103/s2/c1");
  EXPECT_EQ(ReasonOf(Enrol(Codes(), s1, &other, "PRI", "4", kToday, "", &student)), "CLASS_OTHER_SCHOOL");
  ASSERT_TRUE(Enrol(Codes(), s2, &other, "PRI", "4", kToday, "", &student).ok());
  EXPECT_EQ(student.area(), "411728103/s2/c1");
  v1::School closed = s1;
  closed.set_state(v1::SCHOOL_STATE_CLOSED);
  EXPECT_EQ(ReasonOf(Enrol(Codes(), closed, nullptr, "PRI", "4", kToday, "", &student)), "SCHOOL_CLOSED");
}

TEST(StudentRules, BoardingHasSpans) {
  v1::Student student;
  EXPECT_FALSE(BoardsOn(student, kToday)) << "nothing is known";
  ASSERT_TRUE(SetBoarding(true, absl::CivilDay(2023, 2, 1), &student).ok());
  ASSERT_TRUE(SetBoarding(true, absl::CivilDay(2023, 5, 1), &student).ok());
  ASSERT_TRUE(SetBoarding(false, absl::CivilDay(2023, 9, 1), &student).ok());
  EXPECT_EQ(student.boardings_size(), 2);
  for (const auto& [day, boards] : {std::pair(absl::CivilDay(2023, 1, 31), false),
                                    {absl::CivilDay(2023, 2, 1), true},
                                    {absl::CivilDay(2023, 8, 31), true},
                                    {absl::CivilDay(2023, 9, 1), false}}) {
    EXPECT_EQ(BoardsOn(student, day), boards) << day;
  }
  ASSERT_TRUE(SetBoarding(true, absl::CivilDay(2023, 9, 1), &student).ok());
  EXPECT_TRUE(BoardsOn(student, absl::CivilDay(2023, 9, 1))) << "the later word of one day";
  EXPECT_EQ(ReasonOf(SetBoarding(false, absl::CivilDay(2023, 8, 1), &student)), "SPAN_ORDER");
}

}  // namespace
}  // namespace ruraledu::registry
