// The life of an identification against the measure (digest 2.6): which state leads where, who may not act twice,
// clocks of objections and appeals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/student_aid/dispute_rules.h"
#include "services/student_aid/identification_score_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

const v1::IdentificationPolicy& Policy() {
  return Tables().policies()[0];
}

// 2023: Mid-Autumn and National Day 29 September to 6 October, 7 and 8 October worked.
const WorkCalendar& Calendar() {
  static const auto* calendar =
      new WorkCalendar(WorkCalendar::Parse("holidays.csv", Shipped("data/holidays.csv")).value());
  return *calendar;
}
const WorkCalendar& NoCalendar() {
  static const auto* calendar = new WorkCalendar(WorkCalendar::Parse("none.csv", "date,kind,name\n").value());
  return *calendar;
}

absl::CivilDay Day(int month, int day, int year = 2023) {
  return absl::CivilDay(year, month, day);
}
Act By(const std::string& person, absl::CivilDay on = Day(9, 18), const std::string& reason = "") {
  return {person, on, reason};
}

v1::EvaluateIdentificationRequest Input(const std::string& term = "2023-2024-1", int64_t income = 900) {
  v1::EvaluateIdentificationRequest input;
  input.set_term(term);
  SetDate(20230915, input.mutable_evaluated_on());
  input.mutable_facts()->set_school_region("411728000000");
  v1::FactorFact* fact = input.mutable_facts()->add_factors();
  fact->set_factor("INCOME");
  fact->set_value(income);
  return input;
}
v1::EvaluateIdentificationResponse Answer(const v1::EvaluateIdentificationRequest& input = Input()) {
  return EvaluateIdentification(Tables(), input).value();
}

v1::Identification Notified() {
  v1::Identification record;
  record.set_name("counties/411728/identifications/p1.2023-2024");
  record.set_person("p1");
  record.set_school_year("2023-2024");
  Notify(By("teacher"), &record);
  return record;
}
v1::Identification Applied() {
  v1::Identification record = Notified();
  record.add_evidence()->set_kind("PROMISE");
  EXPECT_TRUE(Apply(By("teacher"), Input(), Answer(), &record).ok());
  return record;
}

// A record in a state, by the shortest way.
v1::Identification In(const std::string& state) {
  v1::Identification record = state == "NOTIFIED" ? Notified() : Applied();
  const auto go = [&](const absl::Status& step) { EXPECT_TRUE(step.ok()) << state << " " << step; };
  const auto ends = Calendar().NoticeEnd(Day(9, 18), 5).value();
  if (state == "NOTIFIED" || state == "APPLIED") return record;
  if (state == "REJECTED") {
    go(ApplyReview(By("class", Day(9, 18), "income above"), {true, false, 0}, Policy(), &record));
    return record;
  }
  go(ApplyReview(By("class"), {true, true, 0}, Policy(), &record));
  if (state == "CLASS_REVIEWED") return record;
  go(ApplyReview(By("school"), {false, true, 0}, Policy(), &record));
  if (state == "SCHOOL_REVIEWED") return record;
  go(Post(By("school"), "counties/411728/notices/n1", ends, &record));
  if (state == "ON_NOTICE") return record;
  if (state == "RECHECK") {
    go(Object(By("clerk"), "somebody", "has two cars", Policy(), Calendar(), &record));
    return record;
  }
  go(Confirm(By("school", Day(9, 26)), &record));
  if (state == "CONFIRMED") return record;
  if (state == "ARCHIVED") {
    go(Archive(By("county"), &record));
    return record;
  }
  go(Adjust(By("school", Day(3, 5, 2024), "income rose"), {0, true}, Input("2023-2024-2"), Answer(), Policy(),
            &record));
  return record;
}

// --- The diagram ----------------------------------------------------------------------------------------------------

// The diagram of 2.6, the rulings behind it in brackets: an archived record is adjusted like a confirmed one and is
// filed again; an appeal that is granted sends the pupil to the notice.
constexpr char kDiagram[] =
    "NOTIFIED > APPLIED > CLASS_REVIEWED > SCHOOL_REVIEWED > ON_NOTICE > CONFIRMED > ARCHIVED\n"
    "ON_NOTICE > RECHECK > ON_NOTICE\n"
    "RECHECK > RECHECK\n"
    "RECHECK > REJECTED\n"
    "APPLIED > REJECTED\n"
    "CLASS_REVIEWED > REJECTED\n"
    "SCHOOL_REVIEWED > REJECTED\n"
    "CONFIRMED > CONFIRMED\n"
    "CONFIRMED > REVOKED\n"
    "ARCHIVED > CONFIRMED\n"
    "ARCHIVED > REVOKED\n"
    "REJECTED > SCHOOL_REVIEWED\n";

std::set<std::pair<std::string, std::string>> Edges() {
  std::set<std::pair<std::string, std::string>> edges;
  for (const std::string_view line : absl::StrSplit(kDiagram, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> states = absl::StrSplit(line, " > ");
    for (size_t i = 1; i < states.size(); ++i) edges.emplace(states[i - 1], states[i]);
  }
  return edges;
}

TEST(IdentificationStates, AreThoseOfTheDiagram) {
  std::set<std::pair<std::string, std::string>> edges;
  for (const Transition& row : kIdentificationStates.rows()) edges.emplace(row.from, row.to);
  EXPECT_EQ(edges, Edges());
  EXPECT_TRUE(kIdentificationStates.IsFinal("REVOKED"));
  for (int state = 1; state < v1::IdentificationState_ARRAYSIZE; ++state) {
    EXPECT_TRUE(kIdentificationStates.IsState(EnumText(static_cast<v1::IdentificationState>(state))));
  }
}

// Every act from every state: done exactly where the diagram has it, else refused.
struct ActRow {
  const char* name;
  std::function<absl::Status(v1::Identification*)> act;
  std::map<std::string, std::string> leads;  // from -> to
};

std::vector<ActRow> Acts() {
  const auto change = [](v1::Identification* r) {
    return Adjust(By("school", Day(3, 5, 2024)), {}, Input("2023-2024-2"), Answer(), Policy(), r);
  };
  const auto end = [](v1::Identification* r) {
    return Adjust(By("school", Day(3, 5, 2024), "income rose"), {0, true}, Input("2023-2024-2"), Answer(), Policy(), r);
  };
  const auto review = [](bool by_class, bool accept) {
    return [=](v1::Identification* r) {
      r->set_level(3);
      return ApplyReview(By(by_class ? "class" : "school", Day(9, 18), "why"), {by_class, accept, 0}, Policy(), r);
    };
  };
  const auto resolve = [](v1::ObjectionOutcome outcome) {
    return [=](v1::Identification* r) {
      return Resolve(By("school", Day(9, 20), "looked"), {1, outcome, 2, "n2"}, Policy(), Calendar(), r).status();
    };
  };
  return {
      {"apply",
       [](v1::Identification* r) {
         r->add_evidence()->set_kind("PROMISE");
         return Apply(By("teacher"), Input(), Answer(), r);
       },
       {{"NOTIFIED", "APPLIED"}}},
      {"class accepts", review(true, true), {{"APPLIED", "CLASS_REVIEWED"}}},
      {"class rejects", review(true, false), {{"APPLIED", "REJECTED"}}},
      {"school accepts", review(false, true), {{"CLASS_REVIEWED", "SCHOOL_REVIEWED"}}},
      {"school rejects", review(false, false), {{"CLASS_REVIEWED", "REJECTED"}, {"SCHOOL_REVIEWED", "REJECTED"}}},
      {"post",
       [](v1::Identification* r) { return Post(By("school"), "n1", Day(9, 25), r); },
       {{"SCHOOL_REVIEWED", "ON_NOTICE"}}},
      {"object",
       [](v1::Identification* r) { return Object(By("clerk"), "x", "y", Policy(), Calendar(), r); },
       {{"ON_NOTICE", "RECHECK"}, {"RECHECK", "RECHECK"}}},
      {"resolve as unfounded", resolve(v1::OBJECTION_OUTCOME_UNFOUNDED), {{"RECHECK", "ON_NOTICE"}}},
      {"resolve with another level", resolve(v1::OBJECTION_OUTCOME_LEVEL_CHANGED), {{"RECHECK", "ON_NOTICE"}}},
      {"exclude", resolve(v1::OBJECTION_OUTCOME_EXCLUDED), {{"RECHECK", "REJECTED"}}},
      {"confirm",
       [](v1::Identification* r) { return Confirm(By("school", Day(9, 26)), r); },
       {{"ON_NOTICE", "CONFIRMED"}}},
      {"archive", [](v1::Identification* r) { return Archive(By("county"), r); }, {{"CONFIRMED", "ARCHIVED"}}},
      {"adjust", change, {{"CONFIRMED", "CONFIRMED"}, {"ARCHIVED", "CONFIRMED"}}},
      {"end", end, {{"CONFIRMED", "REVOKED"}, {"ARCHIVED", "REVOKED"}}},
      {"appeal",
       [](v1::Identification* r) { return FileAppeal(By("clerk"), "x", "y", Policy(), Calendar(), r); },
       {{"REJECTED", "REJECTED"}}},
  };
}

TEST(IdentificationStates, EveryActFromEveryState) {
  for (int number = 1; number < v1::IdentificationState_ARRAYSIZE; ++number) {
    const std::string from = EnumText(static_cast<v1::IdentificationState>(number));
    for (const ActRow& row : Acts()) {
      v1::Identification record = In(from);
      ASSERT_EQ(EnumText(record.state()), from);
      const int steps = record.steps_size();
      const absl::Status done = row.act(&record);
      const auto leads = row.leads.find(from);
      if (leads == row.leads.end()) {
        const std::string reason = ReasonOf(done);
        EXPECT_TRUE(reason == "STATE_TRANSITION" || reason == "OBJECTION_OPEN" || reason == "OBJECTION_UNKNOWN")
            << from << " " << row.name << " " << done;
        continue;
      }
      EXPECT_TRUE(done.ok()) << from << " " << row.name << " " << done;
      EXPECT_EQ(EnumText(record.state()), leads->second) << from << " " << row.name;
      ASSERT_EQ(record.steps_size(), steps + 1);
      EXPECT_EQ(record.steps(steps).from(), from);
      EXPECT_EQ(record.steps(steps).to(), leads->second);
    }
  }
}

// --- Who may not act twice (DR-25) ----------------------------------------------------------------------------------

struct Incompatible {
  const char* state;
  const char* person;  // who acted before
  const char* act;
};

class Roles : public ::testing::TestWithParam<Incompatible> {};

TEST_P(Roles, OnePersonActsForOneBodyOnly) {
  const Incompatible& row = GetParam();
  v1::Identification record = In(row.state);
  const Act act = By(row.person, Day(9, 26), "why");
  const std::string name = row.act;
  const absl::Status done =
      name == "class_accept"    ? ApplyReview(act, {true, true, 0}, Policy(), &record)
      : name == "class_reject"  ? ApplyReview(act, {true, false, 0}, Policy(), &record)
      : name == "school_accept" ? ApplyReview(act, {false, true, 0}, Policy(), &record)
      : name == "school_reject" ? ApplyReview(act, {false, false, 0}, Policy(), &record)
      : name == "post"          ? Post(act, "n", Day(9, 30), &record)
      : name == "confirm"       ? Confirm(act, &record)
      : name == "archive"       ? Archive(act, &record)
      : name == "resolve"
          ? Resolve(act, {1, v1::OBJECTION_OUTCOME_UNFOUNDED, 0, ""}, Policy(), Calendar(), &record).status()
      : name == "exclude"
          ? Resolve(act, {1, v1::OBJECTION_OUTCOME_EXCLUDED, 0, ""}, Policy(), Calendar(), &record).status()
          : Adjust(act, {0, name == "revoke"}, Input("2023-2024-2"), Answer(), Policy(), &record);
  EXPECT_EQ(ReasonOf(done), "ROLE_HELD") << row.state << " " << row.person << " " << row.act << " " << done;
}

INSTANTIATE_TEST_SUITE_P(
    All, Roles,
    ::testing::Values(Incompatible{"APPLIED", "teacher", "class_accept"},
                      Incompatible{"APPLIED", "teacher", "class_reject"},
                      Incompatible{"CLASS_REVIEWED", "teacher", "school_accept"},
                      Incompatible{"CLASS_REVIEWED", "class", "school_accept"},
                      Incompatible{"CLASS_REVIEWED", "class", "school_reject"},
                      Incompatible{"SCHOOL_REVIEWED", "teacher", "post"},
                      Incompatible{"SCHOOL_REVIEWED", "class", "post"}, Incompatible{"RECHECK", "teacher", "resolve"},
                      Incompatible{"RECHECK", "class", "exclude"}, Incompatible{"RECHECK", "clerk", "resolve"},
                      Incompatible{"RECHECK", "clerk", "exclude"}, Incompatible{"ON_NOTICE", "teacher", "confirm"},
                      Incompatible{"ON_NOTICE", "class", "confirm"}, Incompatible{"CONFIRMED", "school", "archive"},
                      Incompatible{"CONFIRMED", "class", "archive"}, Incompatible{"CONFIRMED", "teacher", "archive"},
                      Incompatible{"CONFIRMED", "teacher", "adjust"}, Incompatible{"ARCHIVED", "county", "adjust"},
                      Incompatible{"ARCHIVED", "county", "revoke"}));

TEST(IdentificationRoles, ThoseOfOneBodyGoOn) {
  v1::Identification record = In("SCHOOL_REVIEWED");
  EXPECT_TRUE(Post(By("school"), "n", Day(9, 25), &record).ok()) << "who reviewed for the school posts for it";
  EXPECT_TRUE(Confirm(By("school", Day(9, 26)), &record).ok());
  EXPECT_EQ(BodyOf("notify"), "");
  EXPECT_EQ(BodyOf("object"), "");
}

// --- Application and review -----------------------------------------------------------------------------------------

TEST(IdentificationReview, AnApplicationNeedsEvidenceUnlessARegisterProvesIt) {
  v1::Identification record = Notified();
  EXPECT_EQ(ReasonOf(Apply(By("teacher"), Input(), Answer(), &record)), "EVIDENCE_REQUIRED");
  v1::EvaluateIdentificationRequest hit = Input();
  v1::HardshipFact* fact = hit.mutable_facts()->add_hardships();
  fact->set_kind("D1");
  SetDate(20200101, fact->mutable_valid_from());
  record = Notified();
  EXPECT_TRUE(Apply(By("teacher"), hit, Answer(hit), &record).ok());
  EXPECT_EQ(record.level(), 1);
}

TEST(IdentificationReview, AnotherLevelOrARefusalNeedsAReason) {
  v1::Identification record = Applied();
  ASSERT_EQ(record.level(), 3);  // 30 points
  EXPECT_EQ(ReasonOf(ApplyReview(By("class"), {true, true, 2}, Policy(), &record)), "FIELD_REQUIRED");
  record = Applied();
  EXPECT_TRUE(ApplyReview(By("class", Day(9, 18), "visited"), {true, true, 2}, Policy(), &record).ok());
  EXPECT_EQ(record.level(), 2);
  EXPECT_EQ(record.proposed_level(), 3);
  record = Applied();
  EXPECT_EQ(ReasonOf(ApplyReview(By("class"), {true, false, 0}, Policy(), &record)), "FIELD_REQUIRED");
  for (const int level : {-1, 4}) {
    record = Applied();
    EXPECT_EQ(ReasonOf(ApplyReview(By("class", Day(9, 18), "why"), {true, true, level}, Policy(), &record)),
              "LEVEL_UNKNOWN");
  }
  record = Notified();
  record.add_evidence()->set_kind("PROMISE");
  ASSERT_TRUE(Apply(By("teacher"), Input("2023-2024-1", 9000), Answer(Input("2023-2024-1", 9000)), &record).ok());
  EXPECT_EQ(ReasonOf(ApplyReview(By("class"), {true, true, 0}, Policy(), &record)), "LEVEL_UNKNOWN")
      << "no hardship by the table: a level is given with a reason, or it is refused";
}

// --- Notice and objections ------------------------------------------------------------------------------------------

// Posted on Monday 25 September 2023: the fifth working day is Sunday 8 October, worked for the holiday (DR-05, DR-06).
TEST(IdentificationNotice, RunsThroughTheFifthWorkingDay) {
  v1::Identification record = In("SCHOOL_REVIEWED");
  const auto ends = Calendar().NoticeEnd(Day(9, 25), Policy().notice_days());
  ASSERT_TRUE(ends.ok());
  EXPECT_EQ(*ends, Day(10, 8));
  ASSERT_TRUE(Post(By("school", Day(9, 25)), "n", *ends, &record).ok());
  for (const absl::CivilDay day : {Day(9, 25), Day(10, 7), Day(10, 8)}) {
    v1::Identification early = record;
    EXPECT_EQ(ReasonOf(Confirm(By("school", day), &early)), "NOTICE_RUNNING") << day;
    v1::Identification objected = record;
    EXPECT_TRUE(Object(By("clerk", day), "", "two cars", Policy(), Calendar(), &objected).ok()) << day;
  }
  v1::Identification late = record;
  EXPECT_EQ(ReasonOf(Object(By("clerk", Day(10, 9)), "", "two cars", Policy(), Calendar(), &late)), "OBJECTION_LATE");
  EXPECT_TRUE(Confirm(By("school", Day(10, 9)), &record).ok());
  for (const char* closed : {"CONFIRMED", "ARCHIVED", "REVOKED"}) {
    v1::Identification over = In(closed);
    EXPECT_EQ(ReasonOf(Object(By("clerk", Day(9, 26)), "", "two cars", Policy(), Calendar(), &over)), "OBJECTION_LATE")
        << closed << ": closing the notice does not hide why";
    EXPECT_EQ(over.objections_size(), 0);
  }
  for (const char* before : {"NOTIFIED", "SCHOOL_REVIEWED", "REJECTED"}) {
    v1::Identification none = In(before);
    EXPECT_EQ(ReasonOf(Object(By("clerk", Day(9, 26)), "", "two cars", Policy(), Calendar(), &none)),
              "STATE_TRANSITION")
        << before;
  }
  EXPECT_EQ(LevelIn(record, "2023-2024-1"), 3);
  EXPECT_EQ(LevelIn(record, "2023-2024-2"), 3);
  EXPECT_EQ(LevelIn(record, "2024-2025-1"), 0);
  record.set_set_aside(true);
  EXPECT_EQ(LevelIn(record, "2023-2024-1"), 0);
}

TEST(IdentificationNotice, WithoutACalendarNothingIsCounted) {
  v1::Identification record = In("ON_NOTICE");
  EXPECT_EQ(ReasonOf(Object(By("clerk"), "", "two cars", Policy(), NoCalendar(), &record)), "CALENDAR_MISSING");
  record = In("REJECTED");
  EXPECT_EQ(ReasonOf(FileAppeal(By("clerk"), "x", "y", Policy(), NoCalendar(), &record)), "CALENDAR_MISSING");
  record = In("RECHECK");
  EXPECT_EQ(ReasonOf(Resolve(By("school", Day(9, 20), "seen"), {1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 2, "n2"},
                             Policy(), NoCalendar(), &record)
                         .status()),
            "CALENDAR_MISSING");
}

TEST(IdentificationObjection, IsOpenUntilItIsAnsweredAndSaysByWhen) {
  v1::Identification record = In("RECHECK");
  EXPECT_TRUE(record.disputed());
  EXPECT_THAT(record.open_objections(), ElementsAre(1));
  EXPECT_EQ(*DayOf(record.answer_due_on()), Day(9, 25)) << "five working days after Monday the 18th";
  EXPECT_EQ(ReasonOf(Confirm(By("school", Day(9, 26)), &record)), "OBJECTION_OPEN");
  const auto again = Resolve(By("school", Day(9, 20), "no cars"), {1, v1::OBJECTION_OUTCOME_UNFOUNDED, 0, "n2"},
                             Policy(), Calendar(), &record);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(*again) << "the list stays: the notice goes on";
  EXPECT_EQ(*DayOf(record.notice_ends_on()), Day(9, 25));
  EXPECT_FALSE(record.disputed());
  EXPECT_FALSE(record.has_answer_due_on());
  EXPECT_TRUE(Confirm(By("school", Day(9, 26)), &record).ok());
}

TEST(IdentificationObjection, AChangedListBeginsANoticeOfItsOwn) {
  v1::Identification record = In("RECHECK");
  const auto posted = Resolve(By("school", Day(9, 20), "a car"), {1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 2, "n2"},
                              Policy(), Calendar(), &record);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_TRUE(*posted);
  EXPECT_EQ(record.notice(), "n2");
  EXPECT_EQ(record.posted_level(), 2);
  EXPECT_EQ(*DayOf(record.notice_ends_on()), Day(9, 27));
  EXPECT_EQ(ReasonOf(Confirm(By("school", Day(9, 27)), &record)), "NOTICE_RUNNING");
}

TEST(IdentificationObjection, SeveralAreAnsweredOneByOne) {
  v1::Identification record = In("RECHECK");
  ASSERT_TRUE(Object(By("clerk", Day(9, 19)), "", "three cars", Policy(), Calendar(), &record).ok());
  EXPECT_THAT(record.open_objections(), ElementsAre(1, 2));
  const auto resolve = [&](int number, v1::ObjectionOutcome outcome, int level, v1::Identification* to) {
    return Resolve(By("school", Day(9, 20), "seen"), {number, outcome, level, "n2"}, Policy(), Calendar(), to);
  };
  EXPECT_EQ(ReasonOf(resolve(3, v1::OBJECTION_OUTCOME_UNFOUNDED, 0, &record).status()), "OBJECTION_UNKNOWN");
  v1::Identification excluded = record;
  ASSERT_TRUE(resolve(2, v1::OBJECTION_OUTCOME_EXCLUDED, 0, &excluded).ok());
  EXPECT_EQ(excluded.objections(0).outcome(), v1::OBJECTION_OUTCOME_MOOT);
  EXPECT_EQ(excluded.objections(1).outcome(), v1::OBJECTION_OUTCOME_EXCLUDED);
  EXPECT_EQ(excluded.level(), 0);
  EXPECT_FALSE(excluded.disputed());
  // The first changes the level and the list begins anew only when none is left.
  ASSERT_TRUE(resolve(1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 2, &record).ok());
  EXPECT_EQ(EnumText(record.state()), "RECHECK");
  EXPECT_NE(record.notice(), "n2");
  EXPECT_EQ(ReasonOf(resolve(1, v1::OBJECTION_OUTCOME_UNFOUNDED, 0, &record).status()), "OBJECTION_UNKNOWN");
  const auto last = resolve(2, v1::OBJECTION_OUTCOME_UNFOUNDED, 0, &record);
  ASSERT_TRUE(last.ok());
  EXPECT_TRUE(*last);
  EXPECT_EQ(record.notice(), "n2");
}

TEST(IdentificationObjection, ARecheckSaysWhatItFound) {
  const auto reason = [](const Resolution& resolution, const std::string& why = "seen") {
    v1::Identification record = In("RECHECK");
    return ReasonOf(Resolve(By("school", Day(9, 20), why), resolution, Policy(), Calendar(), &record).status());
  };
  EXPECT_EQ(reason({1, v1::OBJECTION_OUTCOME_UNFOUNDED, 0, "n"}, ""), "FIELD_REQUIRED");
  EXPECT_EQ(reason({1, v1::OBJECTION_OUTCOME_UNSPECIFIED, 0, "n"}), "FIELD_REQUIRED");
  EXPECT_EQ(reason({1, v1::OBJECTION_OUTCOME_MOOT, 0, "n"}), "FIELD_REQUIRED");
  EXPECT_EQ(reason({1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 3, "n"}), "LEVEL_UNKNOWN") << "the level as posted";
  EXPECT_EQ(reason({1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 7, "n"}), "LEVEL_UNKNOWN");
}

// --- Appeals (DR-58) ------------------------------------------------------------------------------------------------

absl::Status Filed(v1::Identification* record, absl::CivilDay on, const std::string& by = "clerk") {
  return FileAppeal(By(by, on), "guardian", "income fell", Policy(), Calendar(), record);
}
absl::Status Decided(v1::Identification* record, v1::AppealStep step, bool granted, const std::string& by,
                     absl::CivilDay on = Day(9, 25), int level = 0) {
  return DecideAppeal(By(by, on, "looked again"), {step, granted, level}, Policy(), record);
}

// Refused on Monday 18 September: ten working days run through 9 October, a Monday (29 September to 6 October are off,
// 7 and 8 are worked).
TEST(IdentificationAppeal, IsFiledWithinTenWorkingDaysOfBeingTold) {
  ASSERT_EQ(*Calendar().AddWorkdays(Day(9, 18), 10), Day(10, 8));
  v1::Identification record = In("REJECTED");
  v1::Identification late = record;
  EXPECT_EQ(ReasonOf(Filed(&late, Day(10, 9))), "APPEAL_LATE");
  EXPECT_TRUE(Filed(&record, Day(10, 8)).ok());
  EXPECT_TRUE(record.disputed());
  EXPECT_EQ(record.open_appeal(), v1::APPEAL_STEP_SCHOOL);
  EXPECT_EQ(*DayOf(record.answer_due_on()), Day(10, 13)) << "answered within five working days";
  EXPECT_EQ(ReasonOf(Filed(&record, Day(10, 8))), "APPEAL_OPEN");
}

TEST(IdentificationAppeal, GoesOnceToTheSchoolAndOnceToTheCounty) {
  v1::Identification record = In("REJECTED");
  ASSERT_TRUE(Filed(&record, Day(9, 20)).ok());
  EXPECT_EQ(ReasonOf(Decided(&record, v1::APPEAL_STEP_COUNTY, false, "county")), "APPEAL_NONE");
  ASSERT_TRUE(Decided(&record, v1::APPEAL_STEP_SCHOOL, false, "leader").ok());
  EXPECT_FALSE(record.disputed());
  EXPECT_EQ(EnumText(record.state()), "REJECTED");
  EXPECT_EQ(ReasonOf(Decided(&record, v1::APPEAL_STEP_SCHOOL, true, "leader")), "APPEAL_NONE");
  v1::Identification late = record;
  EXPECT_EQ(ReasonOf(Filed(&late, Day(10, 20))), "APPEAL_LATE") << "ten working days of being told on the 25th";
  ASSERT_TRUE(Filed(&record, Day(10, 10)).ok());
  EXPECT_EQ(record.open_appeal(), v1::APPEAL_STEP_COUNTY);
  ASSERT_TRUE(Decided(&record, v1::APPEAL_STEP_COUNTY, false, "county", Day(10, 12)).ok());
  EXPECT_EQ(ReasonOf(Filed(&record, Day(10, 13))), "APPEAL_USED");
}

TEST(IdentificationAppeal, GrantedItGoesToTheNotice) {
  v1::Identification record = In("REJECTED");
  ASSERT_TRUE(Filed(&record, Day(9, 20)).ok());
  v1::Identification without = record;
  without.set_proposed_level(0);
  EXPECT_EQ(ReasonOf(Decided(&without, v1::APPEAL_STEP_SCHOOL, true, "leader")), "LEVEL_UNKNOWN");
  ASSERT_TRUE(Decided(&record, v1::APPEAL_STEP_SCHOOL, true, "leader").ok());
  EXPECT_EQ(EnumText(record.state()), "SCHOOL_REVIEWED");
  EXPECT_EQ(record.level(), 3);
  EXPECT_TRUE(Post(By("leader"), "n", Day(9, 30), &record).ok());
  // Refused anew: the clock is that of the new refusal, the step the next one.
  v1::Identification again = In("REJECTED");
  ASSERT_TRUE(Filed(&again, Day(9, 20)).ok());
  ASSERT_TRUE(Decided(&again, v1::APPEAL_STEP_SCHOOL, true, "leader").ok());
  ASSERT_TRUE(ApplyReview(By("other", Day(11, 1), "no"), {false, false, 0}, Policy(), &again).ok());
  EXPECT_TRUE(Filed(&again, Day(11, 10)).ok());
  EXPECT_EQ(again.open_appeal(), v1::APPEAL_STEP_COUNTY);
}

TEST(IdentificationAppeal, IsHeardByNobodyWhoDecidedOrTookItDown) {
  v1::Identification record = In("REJECTED");
  ASSERT_TRUE(Filed(&record, Day(9, 20)).ok());
  for (const char* person : {"teacher", "class", "clerk"}) {
    v1::Identification copy = record;
    EXPECT_EQ(ReasonOf(Decided(&copy, v1::APPEAL_STEP_SCHOOL, true, person)), "ROLE_HELD") << person;
  }
  ASSERT_TRUE(Decided(&record, v1::APPEAL_STEP_SCHOOL, false, "leader").ok());
  ASSERT_TRUE(Filed(&record, Day(9, 26), "clerk2").ok());
  for (const char* person : {"teacher", "class", "clerk2", "leader"}) {
    v1::Identification copy = record;
    EXPECT_EQ(ReasonOf(Decided(&copy, v1::APPEAL_STEP_COUNTY, true, person)), "ROLE_HELD") << person;
  }
  // Who refused for the school hears no appeal to the school.
  v1::Identification by_school = In("CLASS_REVIEWED");
  ASSERT_TRUE(ApplyReview(By("school", Day(9, 18), "no"), {false, false, 0}, Policy(), &by_school).ok());
  ASSERT_TRUE(Filed(&by_school, Day(9, 20)).ok());
  EXPECT_EQ(ReasonOf(Decided(&by_school, v1::APPEAL_STEP_SCHOOL, true, "school")), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(DecideAppeal(By("leader"), {v1::APPEAL_STEP_SCHOOL, true, 0}, Policy(), &by_school)),
            "FIELD_REQUIRED");
}

// --- Termly adjustment ----------------------------------------------------------------------------------------------

TEST(IdentificationAdjustment, ChangesTheLevelFromItsTermOn) {
  v1::Identification record = In("ARCHIVED");
  const auto spring = Input("2023-2024-2", 1600);
  EXPECT_EQ(ReasonOf(Adjust(By("school", Day(3, 5, 2024)), {}, spring, Answer(spring), Policy(), &record)),
            "LEVEL_UNKNOWN")
      << "no level by the table: it is ended, or given with a reason";
  record = In("ARCHIVED");
  ASSERT_TRUE(
      Adjust(By("school", Day(3, 5, 2024), "illness"), {2, false}, spring, Answer(spring), Policy(), &record).ok());
  EXPECT_EQ(LevelIn(record, "2023-2024-1"), 3) << "what was paid by stays";
  EXPECT_EQ(LevelIn(record, "2023-2024-2"), 2);
  EXPECT_EQ(EnumText(record.state()), "CONFIRMED") << "filed again";
  EXPECT_EQ(ReasonOf(Adjust(By("school"), {}, Input("2023-2024-1"), Answer(), Policy(), &record)),
            "TERM_ADJUSTED_LATER");
  EXPECT_EQ(ReasonOf(Adjust(By("school"), {}, Input("2024-2025-1"), Answer(), Policy(), &record)), "TERM_OTHER_YEAR");
  EXPECT_EQ(ReasonOf(Adjust(By("school"), {0, true}, spring, Answer(spring), Policy(), &record)), "FIELD_REQUIRED");
  ASSERT_TRUE(
      Adjust(By("school", Day(3, 9, 2024), "moved away"), {0, true}, spring, Answer(spring), Policy(), &record).ok());
  EXPECT_EQ(LevelIn(record, "2023-2024-1"), 3);
  EXPECT_EQ(LevelIn(record, "2023-2024-2"), 0);
  EXPECT_EQ(EnumText(record.state()), "REVOKED");
}

TEST(IdentificationAdjustment, ALevelOtherThanThatOfTheTableNeedsAReason) {
  v1::Identification record = In("CONFIRMED");
  EXPECT_EQ(ReasonOf(Adjust(By("school"), {1, false}, Input("2023-2024-2"), Answer(), Policy(), &record)),
            "FIELD_REQUIRED");
  record = In("CONFIRMED");
  record.set_adjustment_due(true);
  EXPECT_TRUE(Adjust(By("school"), {3, false}, Input("2023-2024-2"), Answer(), Policy(), &record).ok());
  EXPECT_FALSE(record.adjustment_due());
}

}  // namespace
}  // namespace ruraledu::student_aid
