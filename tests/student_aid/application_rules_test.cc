// The life of an application against digest 2.7: the three orders of reviews and notices, which state leads where, who
// may not act twice, approvals by amount, clocks, another amount or class.
#include "services/student_aid/application_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using enum v1::NoticeLevel;

const v1::ApplicationPolicy& Policy(v1::NoticeLevel level = NOTICE_LEVEL_SCHOOL) {
  return ApplicationTables(level).policies()[0];
}

// 2023: Mid-Autumn and National Day 29 September to 6 October, 7 and 8 October worked.
const WorkCalendar& Calendar() {
  static const auto* calendar =
      new WorkCalendar(WorkCalendar::Parse("holidays.csv", Shipped("data/holidays.csv")).value());
  return *calendar;
}

absl::CivilDay Day(int month, int day, int year = 2023) {
  return absl::CivilDay(year, month, day);
}
Act By(const std::string& person, absl::CivilDay on = Day(9, 18), const std::string& reason = "why") {
  return {person, on, reason};
}
v1::Assessment Worth(int64_t fen) {
  v1::Assessment assessment;
  assessment.set_cause(v1::ASSESSMENT_CAUSE_FIRST);
  assessment.set_amount_fen(fen);
  return assessment;
}

v1::Application Draft(v1::NoticeLevel level, int64_t fen = 62500) {
  v1::Application application;
  application.set_name("counties/411728/applications/p1.2023-2024-1.SP_LIV_B_JUN");
  application.set_person("p1");
  application.set_term("2023-2024-1");
  application.set_item("SP_LIV_B_JUN");
  application.set_area("411728103/s1/c1");
  application.set_school("counties/411728/schools/s1");
  OpenApplication(By("job:j1"), Policy(level), Worth(fen), &application);
  application.add_evidence()->set_kind("PROMISE");
  return application;
}

// A step that must pass.
void Go(const absl::Status& step) {
  EXPECT_TRUE(step.ok()) << step;
}

// An application in a state, by the shortest way of its notice level; a notice begins on 18 September and ends on the
// 25th.
v1::Application In(const std::string& state, v1::NoticeLevel level = NOTICE_LEVEL_SCHOOL, int64_t fen = 62500) {
  v1::Application a = Draft(level, fen);
  const auto at = [&] { return EnumText(a.state()) == state; };
  const absl::CivilDay after = Day(9, 26), ends = Day(9, 25);
  if (at()) return a;
  if (state == "WITHDRAWN") return Go(WithdrawApplication(By("parent"), &a)), a;
  Go(SubmitApplication(By("teacher"), &a));
  if (at()) return a;
  if (state == "REJECTED") return Go(ReviewBySchool(By("school"), false, &a)), a;
  Go(ReviewBySchool(By("school"), true, &a));
  if (at()) return a;
  if (level != NOTICE_LEVEL_COUNTY) {
    Go(PostApplication(By("school"), NOTICE_LEVEL_SCHOOL, "n1", ends, &a));
    if (state == "SUSPENDED") return Go(Object(By("clerk"), "x", "y", Policy(level), Calendar(), &a)), a;
    if (at()) return a;
  }
  for (int i = 0; i < ApprovalsNeeded(Policy(level), fen); ++i) {
    Go(ReviewByCounty(By(absl::StrCat("county", i), after), true, &a));
  }
  if (at()) return a;
  if (level != NOTICE_LEVEL_SCHOOL) {
    Go(PostApplication(By("county0", after), NOTICE_LEVEL_COUNTY, "n2", Day(10, 9), &a));
    if (state == "SUSPENDED") return Go(Object(By("clerk", after), "x", "y", Policy(level), Calendar(), &a)), a;
    if (at()) return a;
    Go(EndNotice(By("county0", Day(10, 10)), &a));
  }
  for (const auto& [event, to] :
       std::vector<std::pair<std::string, std::string>>{{"order", "ORDERED"}, {"pay", "PAID"}}) {
    if (at()) return a;
    if (state == "PAY_FAILED" && event == "pay") return Go(StepApplication(By("payer"), "fail", "", &a)), a;
    Go(StepApplication(By("payer"), event, "", &a));
  }
  if (at()) return a;
  Go(StepApplication(By("payer"), "recover", "", &a));
  if (at()) return a;
  Go(StepApplication(By("payer"), state == "RECOVERED" ? "recovered" : "write_off", "", &a));
  EXPECT_EQ(EnumText(a.state()), state);
  return a;
}

// The states that an application passed through.
std::string Path(const v1::Application& application) {
  std::vector<std::string> states;
  for (const v1::IdentificationStep& step : application.steps()) {
    if (states.empty() || states.back() != step.to()) states.push_back(step.to());
  }
  return absl::StrJoin(states, " > ");
}

// --- The diagram ----------------------------------------------------------------------------------------------------

TEST(ApplicationOrder, IsThatOfTheNoticeLevel) {
  EXPECT_EQ(Path(In("PAID", NOTICE_LEVEL_SCHOOL)),
            "DRAFT > SUBMITTED > SCHOOL_APPROVED > ON_SCHOOL_NOTICE > COUNTY_APPROVED > APPROVED > ORDERED > PAID");
  EXPECT_EQ(Path(In("PAID", NOTICE_LEVEL_COUNTY)),
            "DRAFT > SUBMITTED > SCHOOL_APPROVED > COUNTY_APPROVED > ON_COUNTY_NOTICE > APPROVED > ORDERED > PAID");
  EXPECT_EQ(Path(In("PAID", NOTICE_LEVEL_BOTH)),
            "DRAFT > SUBMITTED > SCHOOL_APPROVED > ON_SCHOOL_NOTICE > COUNTY_APPROVED > ON_COUNTY_NOTICE > APPROVED > "
            "ORDERED > PAID");
}

// The edges of 2.7 over the three orders, and behind them those of another amount (>>), another class or school, and of
// what the job takes back and opens again.
constexpr char kDiagram[] =
    "DRAFT > SUBMITTED > SCHOOL_APPROVED > ON_SCHOOL_NOTICE > COUNTY_APPROVED > APPROVED > ORDERED > PAID\n"
    "SCHOOL_APPROVED > COUNTY_APPROVED > ON_COUNTY_NOTICE > APPROVED\n"
    "ON_SCHOOL_NOTICE > SUSPENDED > ON_SCHOOL_NOTICE\n"
    "ON_COUNTY_NOTICE > SUSPENDED > ON_COUNTY_NOTICE\n"
    "SUSPENDED > REJECTED\n"
    "SUBMITTED > REJECTED\n"
    "SCHOOL_APPROVED > REJECTED\n"
    "ON_SCHOOL_NOTICE > REJECTED\n"
    "ON_COUNTY_NOTICE > REJECTED\n"
    "COUNTY_APPROVED > REJECTED > SCHOOL_APPROVED\n"
    "ORDERED > PAY_FAILED > ORDERED\n"
    "PAID > PAY_FAILED\n"
    "PAID > RECOVERING > RECOVERED\n"
    "RECOVERING > WRITTEN_OFF\n"
    "COUNTY_APPROVED > SCHOOL_APPROVED\n"
    "COUNTY_APPROVED > ON_SCHOOL_NOTICE\n"
    "APPROVED > ON_SCHOOL_NOTICE\n"
    "APPROVED > ON_COUNTY_NOTICE\n"
    "PAY_FAILED > ON_SCHOOL_NOTICE\n"
    "PAY_FAILED > ON_COUNTY_NOTICE\n"
    "SCHOOL_APPROVED > SUBMITTED\n"
    "ON_SCHOOL_NOTICE > SUBMITTED\n"
    "COUNTY_APPROVED > SUBMITTED\n"
    "ON_COUNTY_NOTICE > SUBMITTED\n"
    "APPROVED > SUBMITTED\n"
    "PAY_FAILED > SUBMITTED\n"
    "ON_SCHOOL_NOTICE > SCHOOL_APPROVED\n"
    "ON_COUNTY_NOTICE > SCHOOL_APPROVED\n"
    "APPROVED > SCHOOL_APPROVED\n"
    "PAY_FAILED > SCHOOL_APPROVED\n"
    "WITHDRAWN > DRAFT\n";
constexpr const char* kBeforeOrdered[] = {"DRAFT",           "SUBMITTED",        "SCHOOL_APPROVED", "ON_SCHOOL_NOTICE",
                                          "COUNTY_APPROVED", "ON_COUNTY_NOTICE", "SUSPENDED",       "APPROVED",
                                          "PAY_FAILED"};

TEST(ApplicationStates, AreThoseOfTheDiagram) {
  std::set<std::pair<std::string, std::string>> drawn, edges;
  for (const std::string_view line : absl::StrSplit(kDiagram, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> states = absl::StrSplit(line, " > ");
    for (size_t i = 1; i < states.size(); ++i) drawn.emplace(states[i - 1], states[i]);
  }
  for (const char* state : kBeforeOrdered) drawn.emplace(state, "WITHDRAWN");
  for (const Transition& row : kApplicationStates.rows()) {
    if (row.from != row.to) edges.emplace(row.from, row.to);
  }
  EXPECT_EQ(edges, drawn);
  for (const char* end : {"RECOVERED", "WRITTEN_OFF"}) EXPECT_TRUE(kApplicationStates.IsFinal(end));
  for (int state = 1; state < v1::ApplicationState_ARRAYSIZE; ++state) {
    EXPECT_TRUE(kApplicationStates.IsState(EnumText(static_cast<v1::ApplicationState>(state))));
  }
}

// What is not paid may not be reached but through approval and order.
TEST(ApplicationStates, NothingIsPaidThatWasNotApproved) {
  for (const Transition& row : kApplicationStates.rows()) {
    if (row.to == "PAID" && row.from != row.to) EXPECT_EQ(row.from, "ORDERED");
    if (row.to == "ORDERED") EXPECT_TRUE(row.from == "APPROVED" || row.from == "PAY_FAILED") << row.from;
    if (row.to == "APPROVED") {
      EXPECT_TRUE(row.from == "COUNTY_APPROVED" || row.from == "ON_COUNTY_NOTICE") << row.from;
      EXPECT_EQ(row.guard, "order_done");
    }
  }
}

struct ActRow {
  const char* name;
  std::function<absl::Status(v1::Application*)> act;
  std::map<std::string, std::string> leads;  // from -> to, with the notice level SCHOOL
};

std::vector<ActRow> Acts() {
  const auto tail = [](const char* event) {
    return [=](v1::Application* a) { return StepApplication(By("payer", Day(10, 9)), event, "", a); };
  };
  return {
      {"submit", [](auto* a) { return SubmitApplication(By("teacher"), a); }, {{"DRAFT", "SUBMITTED"}}},
      {"school approves",
       [](auto* a) { return ReviewBySchool(By("school"), true, a); },
       {{"SUBMITTED", "SCHOOL_APPROVED"}}},
      {"school rejects",
       [](auto* a) { return ReviewBySchool(By("school"), false, a); },
       {{"SUBMITTED", "REJECTED"}, {"SCHOOL_APPROVED", "REJECTED"}, {"ON_SCHOOL_NOTICE", "REJECTED"}}},
      {"school posts",
       [](auto* a) { return PostApplication(By("school"), NOTICE_LEVEL_SCHOOL, "n", Day(9, 25), a); },
       {{"SCHOOL_APPROVED", "ON_SCHOOL_NOTICE"}}},
      {"county posts",
       [](auto* a) { return PostApplication(By("county0"), NOTICE_LEVEL_COUNTY, "n", Day(9, 25), a); },
       {}},
      {"county approves",
       [](auto* a) { return ReviewByCounty(By("county9", Day(9, 26)), true, a); },
       {{"ON_SCHOOL_NOTICE", "APPROVED"}}},
      {"county rejects",
       [](auto* a) { return ReviewByCounty(By("county9", Day(9, 26)), false, a); },
       {{"ON_SCHOOL_NOTICE", "REJECTED"}}},
      {"object",
       [](auto* a) { return Object(By("clerk"), "x", "y", Policy(), Calendar(), a); },
       {{"ON_SCHOOL_NOTICE", "SUSPENDED"}, {"SUSPENDED", "SUSPENDED"}}},
      {"resolve",
       [](auto* a) { return ResolveObjection(By("school"), 1, v1::OBJECTION_OUTCOME_UNFOUNDED, a); },
       {{"SUSPENDED", "ON_SCHOOL_NOTICE"}}},
      {"exclude",
       [](auto* a) { return ResolveObjection(By("school"), 1, v1::OBJECTION_OUTCOME_EXCLUDED, a); },
       {{"SUSPENDED", "REJECTED"}}},
      {"withdraw",
       [](auto* a) { return WithdrawApplication(By("parent"), a); },
       {{"DRAFT", "WITHDRAWN"},
        {"SUBMITTED", "WITHDRAWN"},
        {"SCHOOL_APPROVED", "WITHDRAWN"},
        {"ON_SCHOOL_NOTICE", "WITHDRAWN"},
        {"SUSPENDED", "WITHDRAWN"},
        {"APPROVED", "WITHDRAWN"},
        {"PAY_FAILED", "WITHDRAWN"}}},
      {"reopen",
       [](auto* a) { return ReopenApplication(By("job:j2"), Policy(), Worth(62500), a); },
       {{"WITHDRAWN", "DRAFT"}}},
      {"order", tail("order"), {{"APPROVED", "ORDERED"}, {"PAY_FAILED", "ORDERED"}}},
      {"pay", tail("pay"), {{"ORDERED", "PAID"}}},
      {"fail", tail("fail"), {{"ORDERED", "PAY_FAILED"}}},
      {"return", tail("return"), {{"PAID", "PAY_FAILED"}}},
      {"recover", tail("recover"), {{"PAID", "RECOVERING"}}},
      {"recovered", tail("recovered"), {{"RECOVERING", "RECOVERED"}}},
      {"write off", tail("write_off"), {{"RECOVERING", "WRITTEN_OFF"}}},
  };
}

TEST(ApplicationStates, EveryActFromEveryState) {
  const std::vector<std::string> states = {
      "DRAFT", "SUBMITTED",  "SCHOOL_APPROVED", "ON_SCHOOL_NOTICE", "SUSPENDED",   "APPROVED", "ORDERED",
      "PAID",  "PAY_FAILED", "RECOVERING",      "RECOVERED",        "WRITTEN_OFF", "REJECTED", "WITHDRAWN"};
  for (const std::string& from : states) {
    for (const ActRow& row : Acts()) {
      v1::Application application = In(from);
      ASSERT_EQ(EnumText(application.state()), from);
      const absl::Status done = row.act(&application);
      const auto leads = row.leads.find(from);
      if (leads != row.leads.end()) {
        EXPECT_TRUE(done.ok()) << from << " " << row.name << " " << done;
        EXPECT_EQ(EnumText(application.state()), leads->second) << from << " " << row.name;
        continue;
      }
      const std::string reason = ReasonOf(done);
      EXPECT_TRUE(reason == "STATE_TRANSITION" || reason == "OBJECTION_OPEN" || reason == "OBJECTION_UNKNOWN")
          << from << " " << row.name << " " << done;
    }
  }
}

// --- Who may not act twice (DR-25) ----------------------------------------------------------------------------------

struct Incompatible {
  const char* state;
  const char* person;  // who acted before
  const char* act;
};

class ApplicationRoles : public ::testing::TestWithParam<Incompatible> {};

TEST_P(ApplicationRoles, OnePersonActsForOneBodyOnly) {
  const Incompatible& row = GetParam();
  v1::Application a = In(row.state);
  const Act act = By(row.person, Day(9, 26));
  const std::string name = row.act;
  const absl::Status done = name == "school_approve"   ? ReviewBySchool(act, true, &a)
                            : name == "school_reject"  ? ReviewBySchool(act, false, &a)
                            : name == "post_school"    ? PostApplication(act, NOTICE_LEVEL_SCHOOL, "n", Day(10, 9), &a)
                            : name == "county_approve" ? ReviewByCounty(act, true, &a)
                            : name == "county_reject"  ? ReviewByCounty(act, false, &a)
                            : name == "resolve"        ? ResolveObjection(act, 1, v1::OBJECTION_OUTCOME_UNFOUNDED, &a)
                            : name == "exclude"        ? ResolveObjection(act, 1, v1::OBJECTION_OUTCOME_EXCLUDED, &a)
                                                       : StepApplication(act, name, "", &a);
  EXPECT_EQ(ReasonOf(done), "ROLE_HELD") << row.state << " " << row.person << " " << row.act << " " << done;
}

INSTANTIATE_TEST_SUITE_P(
    All, ApplicationRoles,
    ::testing::Values(Incompatible{"SUBMITTED", "teacher", "school_approve"},
                      Incompatible{"SUBMITTED", "teacher", "school_reject"},
                      Incompatible{"SCHOOL_APPROVED", "teacher", "post_school"},
                      Incompatible{"ON_SCHOOL_NOTICE", "teacher", "county_approve"},
                      Incompatible{"ON_SCHOOL_NOTICE", "school", "county_approve"},
                      Incompatible{"ON_SCHOOL_NOTICE", "school", "county_reject"},
                      Incompatible{"SUSPENDED", "teacher", "resolve"}, Incompatible{"SUSPENDED", "teacher", "exclude"},
                      Incompatible{"SUSPENDED", "clerk", "resolve"}, Incompatible{"SUSPENDED", "clerk", "exclude"},
                      Incompatible{"APPROVED", "teacher", "order"}, Incompatible{"APPROVED", "school", "order"},
                      Incompatible{"APPROVED", "county0", "order"}, Incompatible{"PAY_FAILED", "county0", "order"},
                      Incompatible{"PAID", "county0", "recover"}, Incompatible{"RECOVERING", "school", "write_off"}));

TEST(ApplicationRole, WhatTheBankAnswersIsNobodysAct) {
  for (const char* event : {"pay", "fail"}) {
    v1::Application a = In("ORDERED");
    EXPECT_TRUE(StepApplication(By("county0"), event, "", &a).ok()) << event;
  }
  v1::Application a = In("PAID");
  EXPECT_TRUE(StepApplication(By("school"), "return", "", &a).ok());
}

TEST(ApplicationTail, NothingDisputedIsOrdered) {
  v1::Application a = In("APPROVED");
  a.set_disputed(true);
  EXPECT_EQ(ReasonOf(StepApplication(By("payer"), "order", "", &a)), "DISPUTED");
}

// --- Approvals by amount --------------------------------------------------------------------------------------------

TEST(ApplicationApprovals, AreAsManyAsTheAmountNeedsEachOfAnotherPerson) {
  EXPECT_EQ(ApprovalsNeeded(Policy(), 0), 1);
  EXPECT_EQ(ApprovalsNeeded(Policy(), 199999), 1);
  EXPECT_EQ(ApprovalsNeeded(Policy(), 200000), 2);
  for (const v1::NoticeLevel level : {NOTICE_LEVEL_SCHOOL, NOTICE_LEVEL_COUNTY, NOTICE_LEVEL_BOTH}) {
    v1::Application a = In(level == NOTICE_LEVEL_COUNTY ? "SCHOOL_APPROVED" : "ON_SCHOOL_NOTICE", level, 200000);
    const v1::ApplicationState waits = a.state();
    Go(ReviewByCounty(By("county0", Day(9, 26)), true, &a));
    EXPECT_EQ(a.state(), waits) << "one of two";
    EXPECT_EQ(a.approvals(), 1);
    v1::Application again = a;
    EXPECT_EQ(ReasonOf(ReviewByCounty(By("county0", Day(9, 26)), true, &again)), "ROLE_HELD");
    Go(ReviewByCounty(By("county1", Day(9, 26)), true, &a));
    EXPECT_EQ(EnumText(a.state()), level == NOTICE_LEVEL_SCHOOL ? "APPROVED" : "COUNTY_APPROVED");
    EXPECT_EQ(a.approvals(), 2);
  }
}

TEST(ApplicationReview, ARefusalNeedsAReasonAndEndsEverythingThatCounted) {
  v1::Application a = In("SUBMITTED");
  EXPECT_EQ(ReasonOf(ReviewBySchool(By("school", Day(9, 18), ""), false, &a)), "FIELD_REQUIRED");
  a = In("ON_SCHOOL_NOTICE", NOTICE_LEVEL_BOTH, 200000);
  Go(ReviewByCounty(By("county0", Day(9, 26)), true, &a));
  Go(ReviewByCounty(By("county1", Day(9, 26)), false, &a));
  EXPECT_EQ(a.approvals(), 0);
  EXPECT_EQ(a.posted_at(), NOTICE_LEVEL_UNSPECIFIED);
  EXPECT_EQ(*DayOf(a.refused_on()), Day(9, 26));
  EXPECT_EQ(ReasonOf(SubmitApplication(By("teacher"), &a)), "STATE_TRANSITION");
}

TEST(ApplicationSubmission, NeedsEvidenceUnlessItIsProposed) {
  v1::Application a = Draft(NOTICE_LEVEL_SCHOOL);
  a.clear_evidence();
  EXPECT_EQ(ReasonOf(SubmitApplication(By("teacher"), &a)), "EVIDENCE_REQUIRED");
  a.set_proposed(true);
  EXPECT_TRUE(SubmitApplication(By("job:j1"), &a).ok());
  v1::Application nothing = Draft(NOTICE_LEVEL_SCHOOL, 0);
  EXPECT_EQ(ReasonOf(SubmitApplication(By("teacher"), &nothing)), "STATE_TRANSITION") << "nothing is granted";
}

// --- Notices and objections (DR-05, DR-06) ---------------------------------------------------------------------------

TEST(ApplicationNotice, TheNextStateIsRefusedWhileItRuns) {
  for (const absl::CivilDay day : {Day(9, 18), Day(9, 25)}) {
    v1::Application a = In("ON_SCHOOL_NOTICE");
    EXPECT_EQ(ReasonOf(ReviewByCounty(By("county0", day), true, &a)), "NOTICE_RUNNING") << day;
    v1::Application b = In("ON_SCHOOL_NOTICE");
    EXPECT_EQ(ReasonOf(EndNotice(By("school", day), &b)), "NOTICE_RUNNING") << day;
  }
  v1::Application a = In("ON_SCHOOL_NOTICE");
  EXPECT_TRUE(EndNotice(By("school", Day(9, 26)), &a).ok());
  EXPECT_EQ(EnumText(a.state()), "ON_SCHOOL_NOTICE") << "the county is next";
  a = In("ON_COUNTY_NOTICE", NOTICE_LEVEL_COUNTY);
  EXPECT_EQ(ReasonOf(EndNotice(By("county0", Day(10, 9)), &a)), "NOTICE_RUNNING");
  a = In("ON_COUNTY_NOTICE", NOTICE_LEVEL_COUNTY);
  EXPECT_TRUE(EndNotice(By("county0", Day(10, 10)), &a).ok());
  EXPECT_EQ(EnumText(a.state()), "APPROVED");
}

TEST(ApplicationNotice, AnOpenObjectionHoldsItUpOnEitherList) {
  for (const v1::NoticeLevel level : {NOTICE_LEVEL_SCHOOL, NOTICE_LEVEL_COUNTY}) {
    const std::string by = level == NOTICE_LEVEL_SCHOOL ? "school" : "county0";
    const std::string on_notice = level == NOTICE_LEVEL_SCHOOL ? "ON_SCHOOL_NOTICE" : "ON_COUNTY_NOTICE";
    v1::Application a = In("SUSPENDED", level);
    EXPECT_TRUE(a.disputed());
    for (const bool close : {true, false}) {
      v1::Application held = a;
      EXPECT_EQ(ReasonOf(close ? EndNotice(By(by, Day(10, 20)), &held)
                               : ReviewByCounty(By("county9", Day(10, 20)), true, &held)),
                "OBJECTION_OPEN");
    }
    Go(Object(By("clerk", Day(9, 20)), "z", "w", Policy(), Calendar(), &a));
    Go(ResolveObjection(By(by), 1, v1::OBJECTION_OUTCOME_UNFOUNDED, &a));
    EXPECT_EQ(EnumText(a.state()), "SUSPENDED") << "another one is open";
    Go(ResolveObjection(By(by), 2, v1::OBJECTION_OUTCOME_UNFOUNDED, &a));
    EXPECT_EQ(EnumText(a.state()), on_notice) << "the list did not change: the notice goes on";
    EXPECT_FALSE(a.disputed());
    v1::Application off = In("SUSPENDED", level);
    EXPECT_EQ(ReasonOf(ResolveObjection(By(by), 1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, &off)), "FIELD_REQUIRED");
    off = In("SUSPENDED", level);
    Go(ResolveObjection(By(by), 1, v1::OBJECTION_OUTCOME_EXCLUDED, &off));
    EXPECT_EQ(EnumText(off.state()), "REJECTED");
    EXPECT_FALSE(off.disputed());
  }
}

TEST(ApplicationNotice, AnObjectionIsLateAfterItWhetherItWasClosedOrNot) {
  const auto objected = [](v1::Application a) {
    return ReasonOf(Object(By("clerk", Day(10, 11)), "x", "y", Policy(), Calendar(), &a));
  };
  for (const v1::NoticeLevel level : {NOTICE_LEVEL_SCHOOL, NOTICE_LEVEL_COUNTY, v1::NOTICE_LEVEL_BOTH}) {
    for (const char* closed : {"APPROVED", "ORDERED", "PAID", "PAY_FAILED", "RECOVERING", "RECOVERED", "WRITTEN_OFF"}) {
      EXPECT_EQ(objected(In(closed, level)), "OBJECTION_LATE") << closed;
    }
    for (const char* before : {"DRAFT", "SUBMITTED", "SCHOOL_APPROVED", "REJECTED", "WITHDRAWN"}) {
      EXPECT_EQ(objected(In(before, level)), "STATE_TRANSITION") << before;
    }
  }
  EXPECT_EQ(objected(In("COUNTY_APPROVED", v1::NOTICE_LEVEL_BOTH)), "OBJECTION_LATE") << "the school's is over";
  EXPECT_EQ(objected(In("COUNTY_APPROVED", NOTICE_LEVEL_COUNTY)), "STATE_TRANSITION") << "the county's is to come";
  v1::Application a = In("ON_SCHOOL_NOTICE");
  EXPECT_EQ(ReasonOf(Object(By("clerk", Day(9, 26)), "x", "y", Policy(), Calendar(), &a)), "OBJECTION_LATE");
  a = In("ON_SCHOOL_NOTICE");
  Go(Object(By("clerk", Day(9, 25)), "x", "y", Policy(), Calendar(), &a));
  EXPECT_EQ(*DayOf(a.answer_due_on()), Day(10, 8)) << "five working days; 29 September to 6 October are free";
}

// --- Appeals (DR-58) -------------------------------------------------------------------------------------------------

TEST(ApplicationAppeal, OnceToTheSchoolThenOnceToTheCounty) {
  v1::Application a = In("REJECTED");
  EXPECT_EQ(ReasonOf(DecideAppeal(By("leader"), {v1::APPEAL_STEP_SCHOOL, true}, &a)), "APPEAL_NONE");
  Go(FileAppeal(By("clerk"), "x", "y", Policy(), Calendar(), &a));
  EXPECT_TRUE(a.disputed());
  v1::Application held = a;
  EXPECT_EQ(ReasonOf(DecideAppeal(By("school"), {v1::APPEAL_STEP_SCHOOL, true}, &held)), "ROLE_HELD") << "decided";
  held = a;
  EXPECT_EQ(ReasonOf(DecideAppeal(By("clerk"), {v1::APPEAL_STEP_SCHOOL, true}, &held)), "ROLE_HELD") << "took it down";
  Go(DecideAppeal(By("leader"), {v1::APPEAL_STEP_SCHOOL, false}, &a));
  EXPECT_EQ(EnumText(a.state()), "REJECTED");
  Go(FileAppeal(By("clerk", Day(10, 8)), "x", "y", Policy(), Calendar(), &a));
  Go(DecideAppeal(By("county0", Day(10, 9)), {v1::APPEAL_STEP_COUNTY, true}, &a));
  EXPECT_EQ(EnumText(a.state()), "SCHOOL_APPROVED") << "nobody has seen the name since: it goes on notice";
  EXPECT_FALSE(a.disputed());
  v1::Application late = In("REJECTED");
  EXPECT_EQ(ReasonOf(FileAppeal(By("clerk", Day(10, 9)), "x", "y", Policy(), Calendar(), &late)), "APPEAL_LATE");
}

// --- Another amount, class, school
// ------------------------------------------------------------------------------------

struct Reassessed {
  const char* state;
  v1::NoticeLevel level;
  const char* after;
};

TEST(ApplicationReassessment, TheCountyApprovesAnotherAmountAgainAndTheNoticeStands) {
  for (const Reassessed& row :
       {Reassessed{"DRAFT", NOTICE_LEVEL_SCHOOL, "DRAFT"}, Reassessed{"SUBMITTED", NOTICE_LEVEL_SCHOOL, "SUBMITTED"},
        Reassessed{"ON_SCHOOL_NOTICE", NOTICE_LEVEL_SCHOOL, "ON_SCHOOL_NOTICE"},
        Reassessed{"SUSPENDED", NOTICE_LEVEL_SCHOOL, "SUSPENDED"},
        Reassessed{"APPROVED", NOTICE_LEVEL_SCHOOL, "ON_SCHOOL_NOTICE"},
        Reassessed{"PAY_FAILED", NOTICE_LEVEL_SCHOOL, "ON_SCHOOL_NOTICE"},
        Reassessed{"SCHOOL_APPROVED", NOTICE_LEVEL_COUNTY, "SCHOOL_APPROVED"},
        Reassessed{"COUNTY_APPROVED", NOTICE_LEVEL_COUNTY, "SCHOOL_APPROVED"},
        Reassessed{"COUNTY_APPROVED", NOTICE_LEVEL_BOTH, "ON_SCHOOL_NOTICE"},
        Reassessed{"ON_COUNTY_NOTICE", NOTICE_LEVEL_COUNTY, "ON_COUNTY_NOTICE"},
        Reassessed{"APPROVED", NOTICE_LEVEL_COUNTY, "ON_COUNTY_NOTICE"},
        Reassessed{"APPROVED", NOTICE_LEVEL_BOTH, "ON_COUNTY_NOTICE"}}) {
    v1::Application a = In(row.state, row.level);
    const std::string notice = a.notice();
    Go(Reassess(By("job:j2", Day(10, 10)), Policy(row.level), Worth(200000), &a));
    EXPECT_EQ(EnumText(a.state()), row.after) << row.state;
    EXPECT_EQ(a.amount_fen(), 200000);
    EXPECT_EQ(a.approvals(), 0);
    EXPECT_EQ(a.approvals_needed(), 2);
    EXPECT_EQ(a.notice(), notice) << "the list did not change";
    EXPECT_EQ(a.assessments_size(), 2);
  }
}

TEST(ApplicationReassessment, OnTheNoticeOfTheCountyNothingIsDoneBeforeItIsApprovedAgain) {
  v1::Application a = In("ON_COUNTY_NOTICE", NOTICE_LEVEL_COUNTY);
  Go(Reassess(By("job:j2"), Policy(NOTICE_LEVEL_COUNTY), Worth(70000), &a));
  v1::Application early = a;
  EXPECT_EQ(ReasonOf(EndNotice(By("county0", Day(10, 10)), &early)), "APPROVALS_LACKING");
  early = a;
  Go(ReviewByCounty(By("county0", Day(9, 27)), true, &early));
  EXPECT_EQ(EnumText(early.state()), "ON_COUNTY_NOTICE") << "while it hangs";
  Go(EndNotice(By("county0", Day(10, 10)), &early));
  EXPECT_EQ(EnumText(early.state()), "APPROVED");
  Go(ReviewByCounty(By("county0", Day(10, 10)), true, &a));
  EXPECT_EQ(EnumText(a.state()), "APPROVED") << "the notice is over already";
}

TEST(ApplicationReassessment, ApprovedAgainWithoutANewNotice) {
  v1::Application a = In("APPROVED");
  Go(Reassess(By("job:j2", Day(10, 10)), Policy(), Worth(70000), &a));
  Go(ReviewByCounty(By("county0", Day(10, 10)), true, &a));
  EXPECT_EQ(EnumText(a.state()), "APPROVED") << "who approved before may approve the new amount";
}

TEST(ApplicationReassessment, APaidOneTellsWhatIsOwed) {
  v1::Application a = In("PAID");
  a.set_paid_fen(62500);
  Go(Reassess(By("job:j2"), Policy(), Worth(0), &a));
  EXPECT_EQ(EnumText(a.state()), "PAID");
  EXPECT_TRUE(a.overpaid());
  Go(Reassess(By("job:j3"), Policy(), Worth(62500), &a));
  EXPECT_FALSE(a.overpaid());
}

TEST(ApplicationReassessment, WhatCameBackIsNotOrderedWithAnAmountThatNobodyApproved) {
  v1::Application a = In("PAID");
  Go(Reassess(By("job:j2"), Policy(), Worth(70000), &a));
  Go(StepApplication(By("job:j3"), "return", "", &a));
  v1::Application early = a;
  EXPECT_EQ(ReasonOf(StepApplication(By("payer", Day(10, 9)), "order", "", &early)), "APPROVALS_LACKING");
  Go(ReviewByCounty(By("county0", Day(10, 9)), true, &a));
  EXPECT_EQ(EnumText(a.state()), "PAY_FAILED");
  v1::Application more = a;
  EXPECT_EQ(ReasonOf(ReviewByCounty(By("county1", Day(10, 9)), true, &more)), "STATE_TRANSITION") << "enough";
  Go(StepApplication(By("payer", Day(10, 9)), "order", "", &a));
}

TEST(ApplicationList, AnotherClassIsPostedAgainAnotherSchoolReviewsAgain) {
  const std::string here = "counties/411728/schools/s1", there = "counties/411728/schools/s2";
  for (const char* state : {"ON_SCHOOL_NOTICE", "APPROVED", "PAY_FAILED"}) {
    v1::Application a = In(state);
    Go(Relist(By("job:j2"), "411728103/s1/c2", here, &a));
    EXPECT_EQ(EnumText(a.state()), "SCHOOL_APPROVED") << state;
    EXPECT_EQ(a.area(), "411728103/s1/c2");
    EXPECT_EQ(a.posted_at(), NOTICE_LEVEL_UNSPECIFIED);
    v1::Application b = In(state);
    Go(Relist(By("job:j2"), "411728104/s2/c1", there, &b));
    EXPECT_EQ(EnumText(b.state()), "SUBMITTED") << state;
    EXPECT_EQ(b.school(), there);
    EXPECT_EQ(b.approvals(), 0);
  }
  for (const char* state : {"SUSPENDED", "ORDERED", "PAID", "REJECTED", "WITHDRAWN"}) {
    v1::Application a = In(state);
    EXPECT_EQ(ReasonOf(Relist(By("job:j2"), "411728103/s1/c2", here, &a)), "STATE_TRANSITION") << state;
  }
}

TEST(ApplicationList, ThatOfTheCountyIsPostedAgainToo) {
  v1::Application a = In("APPROVED", NOTICE_LEVEL_BOTH);
  Go(Relist(By("job:j2", Day(10, 10)), "411728103/s1/c2", a.school(), &a));
  Go(PostApplication(By("school", Day(10, 10)), NOTICE_LEVEL_SCHOOL, "n3", Day(10, 17), &a));
  Go(ReviewByCounty(By("county0", Day(10, 18)), true, &a));
  EXPECT_EQ(EnumText(a.state()), "COUNTY_APPROVED");
}

TEST(ApplicationWithdrawal, EndsWhatIsOpenAboutIt) {
  v1::Application a = In("SUSPENDED");
  Go(Lapse(By("job:j2", Day(9, 20), "KIND_NOT_HELD"), Policy(), Worth(0), &a));
  EXPECT_EQ(EnumText(a.state()), "WITHDRAWN");
  EXPECT_EQ(a.objections(0).outcome(), v1::OBJECTION_OUTCOME_MOOT);
  EXPECT_FALSE(a.disputed());
  EXPECT_EQ(a.amount_fen(), 0);
  EXPECT_EQ(a.steps().rbegin()->reason(), "KIND_NOT_HELD");
  Go(ReopenApplication(By("job:j3"), Policy(), Worth(62500), &a));
  Go(SubmitApplication(By("teacher"), &a));
  Go(ReviewBySchool(By("school"), true, &a));
}

}  // namespace
}  // namespace ruraledu::student_aid
