// Monthly register cleaning: what is found, and when it is worked off.
#include "services/dropout_monitoring/register_check_rules.h"

#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kInClass = v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED;
constexpr auto kTwo = v1::REGISTER_FINDING_KIND_TWO_REGISTERS;
constexpr auto kBorrowed = v1::REGISTER_FINDING_KIND_BORROWED_PLACE;

v1::RegisterFinding FindingOf(v1::RegisterFindingKind kind, const std::string& student,
                              const std::string& other_student = "") {
  v1::RegisterFinding finding;
  finding.set_kind(kind);
  finding.set_student(student);
  finding.set_other_student(other_student);
  return finding;
}

TEST(RegisterRules, TheTableIsChecked) {
  const std::string head = "region,valid_from,due_day,look_back_days,source\n";
  ASSERT_TRUE(ParseRegisterBook(head + ",2020-09-01,28,30,s\n").ok());
  for (const char* wrong : {"", ",2020-09-01,0,30,s\n", ",2020-09-01,32,30,s\n", ",2020-09-01,28,0,s\n",
                            ",2020-09-01,28,30,\n", "41,2020-09-01,28,30,s\n", "410000000000,2020-09-01,28,30,s\n"}) {
    EXPECT_EQ(ReasonOf(ParseRegisterBook(head + wrong).status()), "DATA_FILE") << wrong;
  }
}

class FindingsTest : public ::testing::Test {
 protected:
  static ComparisonDay Day() {
    const ComparisonBook& book = ShippedStandards().comparisons;
    const absl::CivilDay on(2023, 9, 20);
    return {book, **book.InForce("411728000000", on), on, {2023}, absl::CivilDay(2023, 9, 5)};
  }
  static RegisterPupil Pupil(const std::string& student, const std::string& in_class = "k1") {
    RegisterPupil pupil{.student = student, .area = "411728103/s1/" + in_class, .in_class = in_class};
    pupil.facts.status = "ENROLLED";
    pupil.facts.stage = "PRI";
    pupil.facts.grade = "3";
    pupil.facts.birth_date = absl::CivilDay(2014, 3, 15);
    pupil.numbered = true;
    return pupil;
  }
  static std::vector<std::string> Found(const std::vector<RegisterPupil>& pupils,
                                        const std::vector<RegisterGuest>& guests = {}) {
    std::vector<std::string> words;
    for (const auto& one : RegisterFindings(Day(), pupils, guests)) {
      words.push_back(absl::StrCat(one.kind(), " ", one.student(), " ", one.other_student(), one.other_school()));
    }
    return words;
  }
};

TEST_F(FindingsTest, WhoIsInOrderIsNoFinding) {
  RegisterPupil suspended = Pupil("b");
  suspended.facts.status = "SUSPENDED";
  RegisterPupil taught = Pupil("c");
  taught.facts.status = "HOME_TAUGHT";
  EXPECT_THAT(Found({Pupil("a"), suspended, taught}), IsEmpty());
}

TEST_F(FindingsTest, EachKind) {
  RegisterPupil unnumbered = Pupil("a");
  unnumbered.numbered = false;
  RegisterPupil absent = Pupil("b");
  absent.facts.suspected = true;
  RegisterPupil dropped = Pupil("c");
  dropped.facts.status = "DROPPED";
  RegisterPupil twin = Pupil("d");
  twin.twins = {{"d2", "/s2"}, {"d3", "/s3"}};
  RegisterPupil borrowed = Pupil("e");
  borrowed.also_at = {"s4"};
  EXPECT_THAT(
      Found({unnumbered, absent, dropped, twin, borrowed},
            {{"f", "", "s5", ""}, {"g", "", "", "elsewhere"}, {"h", "", "", ""}}),
      ElementsAre("1 a ", "1 h ", "2 b ", "2 c ", "3 d d2/s2", "3 d d3/s3", "4 e s4", "4 f s5", "4 g elsewhere"));
}

TEST_F(FindingsTest, AnUnmarkedChildCountsInAMarkedClassOnly) {
  std::vector<RegisterPupil> pupils = {Pupil("a", "k1"), Pupil("b", "k1"), Pupil("c", "k2")};
  pupils[0].facts.unmarked = pupils[2].facts.unmarked = true;
  EXPECT_THAT(Found(pupils), ElementsAre("2 a ")) << "nobody marks k2: no record is never an absence";
}

TEST(RegisterRules, AnAnswerStaysAndACorrectionMustBeTrue) {
  const absl::CivilDay first(2023, 9, 20);
  v1::RegisterCheck check;
  check.set_school("/s1");
  check.set_state(v1::ZERO_REPORT_STATE_PREPARED);
  TakeFindings(first, {FindingOf(kInClass, "a"), FindingOf(kTwo, "b", "b2"), FindingOf(kTwo, "b", "b3")}, {}, &check);
  EXPECT_EQ(check.figures().two_registers(), 2);
  EXPECT_EQ(check.figures().open(), 3);
  v1::AnswerRegisterFindingRequest answer;
  answer.set_kind(kInClass);
  answer.set_student("a");
  answer.set_answer(v1::REGISTER_ANSWER_CORRECTED);
  const CaseAct act{"clerk", first, "已注册"};
  ASSERT_TRUE(AnswerFinding(act, answer, &check).ok());
  EXPECT_EQ(check.figures().open(), 3) << "the data do not say so yet";
  EXPECT_EQ(ReasonOf(CheckCleaned(false, check)), "FINDINGS_OPEN");
  answer.set_kind(kTwo);
  EXPECT_EQ(ReasonOf(AnswerFinding(act, answer, &check)), "FINDING_UNKNOWN");
  answer.set_student("b");
  answer.set_answer(v1::REGISTER_ANSWER_PASSED);
  EXPECT_EQ(ReasonOf(AnswerFinding(act, answer, &check)), "FIELD_REQUIRED");
  answer.set_passed_to("/s1");
  EXPECT_EQ(ReasonOf(AnswerFinding(act, answer, &check)), "SCHOOL_UNKNOWN") << "itself";
  answer.set_passed_to("/s2");
  ASSERT_TRUE(AnswerFinding(act, answer, &check).ok());
  EXPECT_EQ(check.figures().open(), 1) << "both records of the child";

  TakeFindings(first + 1, {FindingOf(kTwo, "b", "b2"), FindingOf(kTwo, "b", "b3")}, {}, &check);
  EXPECT_EQ(check.figures().open(), 0);
  EXPECT_EQ(check.figures().in_class_unregistered(), 1) << "what was found stays in the figures";
  ASSERT_EQ(check.findings_size(), 3);
  EXPECT_EQ(DayOf(check.findings(0).gone_on()), first + 1);
  EXPECT_EQ(DayOf(check.findings(1).found_on()), first);
  EXPECT_EQ(check.findings(1).answer(), v1::REGISTER_ANSWER_PASSED);
  EXPECT_EQ(ReasonOf(CheckCleaned(true, check)), "ZERO_NOT_STATED");
  EXPECT_TRUE(CheckCleaned(false, check).ok());
  TakeFindings(first + 2, {FindingOf(kInClass, "a")}, {}, &check);
  EXPECT_EQ(check.figures().open(), 1) << "found again";
  check.set_state(v1::ZERO_REPORT_STATE_SIGNED);
  EXPECT_EQ(ReasonOf(AnswerFinding(act, answer, &check)), "STATE_TRANSITION");
}

TEST(RegisterRules, WhatIsPassedOnWaitsForAnAnswer) {
  const absl::CivilDay first(2023, 9, 20);
  v1::RegisterCheck check;
  check.set_school("/s2");
  check.set_state(v1::ZERO_REPORT_STATE_PREPARED);
  v1::RegisterFinding passed = FindingOf(kBorrowed, "a");
  passed.set_passed_from("/s1");
  v1::RegisterFinding mirrored = FindingOf(kTwo, "b", "b2");
  mirrored.set_passed_from("/s1");
  TakeFindings(first, {FindingOf(kTwo, "b2", "b")}, std::vector{passed, mirrored}, &check);
  ASSERT_EQ(check.findings_size(), 2) << "of two registers each school finds its own";
  EXPECT_EQ(check.findings(0).student(), "b2");
  TakeFindings(first + 1, {}, {}, &check);
  EXPECT_FALSE(check.findings(1).has_gone_on()) << "it cannot be looked for here";
  v1::AnswerRegisterFindingRequest answer;
  answer.set_kind(kBorrowed);
  answer.set_student("a");
  answer.set_answer(v1::REGISTER_ANSWER_CORRECTED);
  ASSERT_TRUE(AnswerFinding({"clerk", first, "已转入"}, answer, &check).ok());
  EXPECT_EQ(check.figures().open(), 0);
}

TEST(RegisterRules, ZeroIsAnAnswer) {
  v1::RegisterCheck check;
  EXPECT_EQ(ReasonOf(CheckCleaned(false, check)), "ZERO_NOT_STATED");
  EXPECT_TRUE(CheckCleaned(true, check).ok());
  check.mutable_figures()->set_in_class_unknown(1);
  EXPECT_EQ(ReasonOf(CheckCleaned(true, check)), "ZERO_NOT_STATED") << "a child of whom nothing is known";
  EXPECT_TRUE(CheckCleaned(false, check).ok());
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
