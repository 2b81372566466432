// Placement of disabled children: steps of two persons, findings on days, three formulas over one denominator.
#include "services/dropout_monitoring/placement_rules.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::HasSubstr;

const std::string kDeploy = RURALEDU_SOURCE_DIR "/deploy/";
const absl::CivilDay kFrom(2023, 9, 1);

CodeList List(const std::string& name) {
  return *CodeList::Parse(name, *LoadFile(kDeploy + "data/codes/" + name + ".csv"));
}
std::string Policies() {
  return *LoadFile(kDeploy + "policies/dropout_monitoring/placement_policies.csv");
}
const PlacementBook& Book() {
  static const auto* const book =
      new PlacementBook(*ParsePlacementBook(Policies(), List("placement_kind"), List("disability_kind")));
  return *book;
}
const TermCalendar& Terms() {
  static const auto* const terms =
      new TermCalendar(*TermCalendar::Parse("term-calendar.csv", *LoadFile(kDeploy + "data/term-calendar.csv")));
  return *terms;
}

v1::DisabledChild Child(const std::string& disability = "5") {
  v1::DisabledChild child;
  *child.mutable_birth_date() = DateOf(absl::CivilDay(2013, 5, 1));
  child.set_stage("PRI");
  child.set_registered(true);
  child.mutable_disability()->set_kind(disability);
  return child;
}
void Advise(v1::DisabledChild* child, absl::CivilDay on, bool able = true) {
  v1::CommitteeOpinion* opinion = child->add_opinions();
  *opinion->mutable_on() = DateOf(on);
  opinion->set_able_to_learn(able);
}
v1::Placement Asked(const std::string& kind, std::optional<absl::CivilDay> until = std::nullopt,
                    absl::CivilDay from = kFrom) {
  v1::Placement asked;
  asked.set_kind(kind);
  *asked.mutable_from() = DateOf(from);
  if (until.has_value()) *asked.mutable_until() = DateOf(*until);
  for (const std::string& paper : Book().Kind(kind)->evidence()) asked.add_evidence()->set_kind(paper);
  if (Book().Kind(kind)->needs_plan()) {
    asked.mutable_plan()->set_lessons_per_week(6);
    asked.mutable_plan()->set_content("生活语文");
  }
  return asked;
}
std::string Propose(v1::DisabledChild* child, const v1::Placement& asked) {
  return ReasonOf(ProposePlacement(Book(), {"a", kFrom}, asked, child));
}
std::string Decide(v1::DisabledChild* child, bool approve = true, const std::string& by = "b",
                   const std::string& reason = "") {
  return ReasonOf(DecidePlacement(Book(), {by, kFrom}, approve, reason, child));
}
void Place(v1::DisabledChild* child, const v1::Placement& asked) {
  ASSERT_EQ(Propose(child, asked), "");
  ASSERT_EQ(Decide(child), "");
}

// "NO_PLACEMENT@2023-09-01 ..."
std::string Findings(const v1::DisabledChild& child, absl::CivilDay on, const HomeTeaching& home = {},
                     const std::string& region = "411728000000") {
  const auto* policy = *Book().policies.InForce(region, on);
  const auto answer = EvaluatePlacement(Book(), *policy, Terms(), child, home, on);
  return absl::StrJoin(answer.findings(), " ", [](std::string* out, const v1::PlacementFinding& finding) {
    absl::StrAppend(out, finding.code(), "@", DayText(*DayOf(finding.since())));
  });
}
HomeTeaching Autumn() {
  return {.lessons = {},
          .spans = {{absl::CivilDay(2023, 9, 1), absl::CivilDay(2024, 1, 19)},
                    {absl::CivilDay(2024, 2, 26), absl::CivilDay(2024, 7, 5)}}};
}

TEST(Placement, OnePersonProposesAnotherDecides) {
  v1::DisabledChild child = Child();
  EXPECT_EQ(Decide(&child), "PROPOSAL_NONE");
  EXPECT_EQ(Propose(&child, Asked("INCLUSIVE_CLASS")), "");
  EXPECT_EQ(Propose(&child, Asked("SPECIAL_SCHOOL")), "PROPOSAL_OPEN");
  EXPECT_EQ(Decide(&child, true, "a"), "ROLE_HELD");
  EXPECT_EQ(Decide(&child, false), "FIELD_REQUIRED");
  EXPECT_EQ(PlacementInForce(child, kFrom), nullptr) << "proposed is not placed";
  EXPECT_EQ(Decide(&child, false, "b", "不适合"), "");
  EXPECT_EQ(child.placements(0).state(), v1::PLACEMENT_STATE_REFUSED);
  EXPECT_EQ(PlacementInForce(child, kFrom), nullptr);
  Place(&child, Asked("SPECIAL_SCHOOL"));
  ASSERT_NE(PlacementInForce(child, kFrom), nullptr);
  EXPECT_EQ(PlacementInForce(child, kFrom)->number(), 2);
  EXPECT_EQ(PlacementInForce(child, kFrom)->stage(), "PRI");
  EXPECT_EQ(PlacementInForce(child, kFrom - 1), nullptr);
}

TEST(Placement, KindsHaveConditions) {
  v1::DisabledChild child = Child();
  const absl::CivilDay year(2024, 9, 1);
  EXPECT_EQ(Propose(&child, Asked("HOME_TEACHING")), "PLACEMENT_SPAN") << "one year at a time";
  EXPECT_EQ(Propose(&child, Asked("HOME_TEACHING", year + 1)), "PLACEMENT_SPAN");
  EXPECT_EQ(Propose(&child, Asked("HOME_TEACHING", kFrom)), "SPAN_ORDER");
  v1::Placement asked = Asked("HOME_TEACHING", year);
  asked.clear_plan();
  EXPECT_EQ(Propose(&child, asked), "PLACEMENT_PLAN");
  asked = Asked("HOME_TEACHING", year);
  asked.clear_evidence();
  EXPECT_EQ(Propose(&child, asked), "CASE_EVIDENCE");
  EXPECT_EQ(Propose(&child, Asked("HOME_TEACHING", year)), "");
  EXPECT_EQ(Decide(&child), "PLACEMENT_OPINION") << "nobody asked the committee";
  Advise(&child, kFrom - 30, false);
  EXPECT_EQ(Decide(&child), "PLACEMENT_OPINION") << "not able to learn is no home teaching (3.1)";
  Advise(&child, kFrom - 10);
  EXPECT_EQ(Decide(&child), "");
}

TEST(Placement, AnApprovalThatEndsOpensTheNextStep) {
  v1::DisabledChild child = Child();
  Advise(&child, kFrom - 10);
  EXPECT_EQ(Findings(child, kFrom), "NO_PLACEMENT@2023-09-01");
  Place(&child, Asked("HOME_TEACHING", absl::CivilDay(2024, 6, 1)));
  EXPECT_EQ(Findings(child, kFrom), "");
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 5, 1)), "");
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 5, 2)), "APPROVAL_ENDS@2024-05-02") << "30 days before";
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 6, 1)), "APPROVAL_EXPIRED@2024-06-01") << "the first day no more";
  Place(&child, Asked("INCLUSIVE_CLASS", std::nullopt, absl::CivilDay(2024, 6, 1)));
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 6, 1)), "");
  EXPECT_EQ(PlacementInForce(child, absl::CivilDay(2024, 5, 31))->kind(), "HOME_TEACHING");
}

TEST(Placement, TheCommitteeLooksAgainEachYear) {
  v1::DisabledChild child = Child();
  Place(&child, Asked("SPECIAL_SCHOOL"));
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 8, 31)), "");
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 9, 1)), "REVIEW_DUE@2024-09-01");
  Advise(&child, absl::CivilDay(2024, 9, 20));
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 9, 20)), "");
}

TEST(Placement, ANewStageIsDecidedAnew) {
  v1::DisabledChild child = Child();
  Place(&child, Asked("INCLUSIVE_CLASS"));
  child.set_stage("JUN");
  EXPECT_EQ(Findings(child, kFrom), "STAGE_CHANGED@2023-09-01");
  Place(&child, Asked("INCLUSIVE_CLASS"));
  EXPECT_EQ(Findings(child, kFrom), "");
}

TEST(Placement, OnlyDaysOfTermMakeAGap) {
  v1::DisabledChild child = Child();
  Advise(&child, kFrom - 10);
  Place(&child, Asked("HOME_TEACHING", absl::CivilDay(2024, 9, 1)));
  HomeTeaching home = Autumn();
  EXPECT_EQ(Findings(child, absl::CivilDay(2023, 9, 29), home), "");
  EXPECT_EQ(Findings(child, absl::CivilDay(2023, 9, 30), home), "HOME_TEACHING_GAP@2023-09-30") << "the 30th day";
  home.lessons = {{absl::CivilDay(2024, 1, 5), 3}};
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 2, 25), home), "") << "holidays do not count";
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 3, 11), home), "") << "14 days in January, 15 since";
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 3, 12), home), "HOME_TEACHING_GAP@2024-03-12");
  EXPECT_EQ(Findings(child, absl::CivilDay(2023, 12, 1), {}), "") << "nobody teaches without a calendar";
}

TEST(Placement, LessonsAreCountedAgainstTheProfile) {
  v1::DisabledChild child = Child();
  Advise(&child, kFrom - 10);
  Place(&child, Asked("HOME_TEACHING", absl::CivilDay(2024, 9, 1)));
  HomeTeaching home = Autumn();
  for (absl::CivilDay day(2023, 9, 4); day < absl::CivilDay(2024, 1, 19); day += 7) home.lessons.emplace_back(day, 6);
  const auto evaluate = [&](absl::CivilDay on) {
    return EvaluatePlacement(Book(), **Book().policies.InForce("370000000000", on), Terms(), child, home, on);
  };
  EXPECT_EQ(evaluate(absl::CivilDay(2024, 1, 18)).lessons_due(), 0) << "the span is not over";
  EXPECT_EQ(evaluate(absl::CivilDay(2024, 1, 19)).lessons_due(), 111) << "216 by 141 of 272 days";
  EXPECT_EQ(evaluate(absl::CivilDay(2024, 1, 19)).lessons_held(), 120);
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 1, 19), home, "370000000000"), "");
  home.lessons.resize(18);
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 1, 19), home, "370000000000"), "LESSONS_SHORT@2024-01-19");
  EXPECT_EQ(Findings(child, absl::CivilDay(2024, 1, 19), home), "") << "no number is set for the nation";
}

TEST(Placement, FindingsKeepTheirDay) {
  v1::DisabledChild child = Child();
  const auto look = [&](absl::CivilDay on) {
    PutFindings(EvaluatePlacement(Book(), **Book().policies.InForce("411728000000", on), Terms(), child, {}, on),
                &child);
  };
  look(kFrom);
  look(kFrom + 40);
  ASSERT_EQ(child.findings_size(), 1);
  EXPECT_EQ(DayOf(child.findings(0).since()), kFrom);
  child.set_gone(true);
  look(kFrom + 41);
  EXPECT_EQ(child.findings_size(), 0);
}

TEST(Placement, ThreeFormulasOverOneDenominator) {
  std::vector<v1::DisabledChild> children;
  v1::DisabledChild child = Child("1");  // visual, special school
  Place(&child, Asked("SPECIAL_SCHOOL"));
  children.push_back(child);
  child = Child("4");  // physical, on the roll, nothing decided
  children.push_back(child);
  child = Child("5");  // intellectual, delayed with a plan, not yet on a roll
  child.set_registered(false);
  v1::Placement delay = Asked("DELAYED_ENTRY", absl::CivilDay(2024, 9, 1));
  delay.mutable_plan()->set_content("居家康复");
  Place(&child, delay);
  children.push_back(child);
  delay.clear_plan();  // without a plan a delay places nobody
  child = Child("5");
  child.set_registered(false);
  Place(&child, delay);
  EXPECT_THAT(Findings(child, kFrom), HasSubstr("NO_PLACEMENT"));
  children.push_back(child);
  child = Child("7");  // multiple, not able to learn
  child.set_registered(false);
  Advise(&child, kFrom - 5, false);
  Place(&child, Asked("NO_CONDITION", absl::CivilDay(2024, 9, 1)));
  EXPECT_EQ(Findings(child, kFrom), "") << "set apart is no finding";
  children.push_back(child);
  child = Child("1");  // 16 years old: no school age
  *child.mutable_birth_date() = DateOf(absl::CivilDay(2007, 8, 31));
  children.push_back(child);
  child = Child("1");
  child.set_gone(true);
  children.push_back(child);
  const auto rates = RatesOf(Book(), **Book().policies.InForce("411728000000", kFrom), Terms(), children, kFrom);
  const auto text = [](const v1::PlacementRate& rate) {
    return absl::StrCat(rate.rate().numerator(), "/", rate.rate().denominator(), " ", rate.percent(), " of ",
                        rate.target(), rate.reached() ? " reached" : "");
  };
  EXPECT_EQ(text(rates.enrolment()), "2/5 40.00% of 97");
  EXPECT_EQ(text(rates.placement()), "2/5 40.00% of 100");
  EXPECT_EQ(text(rates.three_kinds()), "1/3 33.33% of 85");
  EXPECT_EQ(rates.apart(), 1);
  EXPECT_EQ(rates.by_kind_size(), 3);
  const auto none = RatesOf(Book(), **Book().policies.InForce("411728000000", kFrom), Terms(), {}, kFrom);
  EXPECT_EQ(text(none.placement()), "0/0  of 100") << "not applicable is neither 0 nor 100 (DR-03)";
  children.resize(1);
  EXPECT_EQ(
      text(RatesOf(Book(), **Book().policies.InForce("411728000000", kFrom), Terms(), children, kFrom).placement()),
      "1/1 100.00% of 100 reached");
}

TEST(Placement, TheMethodRefusesWhatCannotBe) {
  v1::EvaluatePlacementRequest request;
  const auto reason = [&] { return ReasonOf(EvaluatePlacement(Book(), Terms(), request).status()); };
  EXPECT_EQ(reason(), "FIELD_REQUIRED");
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(kFrom);
  EXPECT_EQ(reason(), "");
  request.mutable_facts()->add_placements();
  EXPECT_EQ(reason(), "FIELD_REQUIRED") << "a placement begins";
  request.mutable_facts()->mutable_placements(0)->mutable_from()->set_year(2023);
  request.mutable_facts()->mutable_placements(0)->mutable_from()->set_month(13);
  EXPECT_EQ(reason(), "DATE_INVALID");
  request.clear_facts();
  for (int i = 0; i < 401; ++i) *request.add_lessons()->mutable_on() = DateOf(kFrom);
  EXPECT_EQ(reason(), "FIELD_TOO_MANY");
  request.clear_lessons();
  request.set_region_code("4117");
  EXPECT_EQ(reason(), "REGION_CODE");
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(absl::CivilDay(2019, 1, 1));
  EXPECT_EQ(reason(), "REGION_POLICY_MISSING");
}

TEST(Placement, FilesThatAreWrongDoNotLoad) {
  const auto reason = [](const std::string& row) {
    return ReasonOf(ParsePlacementBook(Policies() + row, List("placement_kind"), List("disability_kind")).status());
  };
  EXPECT_EQ(reason("411728000000,2023-09-01,6,15,0,30,12,30,97,100,85,6|9,1130,531,30,x\n"), "");
  EXPECT_EQ(reason("411728000000,2023-09-01,16,15,0,30,12,30,97,100,85,6|9,1130,531,30,x\n"), "DATA_FILE");
  EXPECT_EQ(reason("411728000000,2023-09-01,6,15,0,0,12,30,97,100,85,6|9,1130,531,30,x\n"), "DATA_FILE");
  EXPECT_EQ(reason("411728000000,2023-09-01,6,15,0,30,12,30,101,100,85,6|9,1130,531,30,x\n"), "DATA_FILE");
  for (const char* looks :
       {",1130,531,30", "6|9,1131,531,30", "6|9,1130,0,30", "6|9,1130,531,-1", "6|9,1130,1332,30"}) {
    EXPECT_EQ(reason(absl::StrCat("411728000000,2023-09-01,6,15,0,30,12,30,97,100,85,", looks, ",x\n")), "DATA_FILE")
        << looks;
  }
  const std::string kind =
      "code,label_zh,label_en,valid_from,valid_to,standard,source,placed,plan,most_months,"
      "evidence,opinion,at_home,apart\nX,x,x,,,,x,yes,no,0,,MAYBE,no,no\n";
  EXPECT_EQ(
      ReasonOf(
          ParsePlacementBook(Policies(), *CodeList::Parse("placement_kind", kind), List("disability_kind")).status()),
      "DATA_FILE");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
