// Rules of pupils who study elsewhere (2.8), graduates (XJ-8, AL-7) and publicity (AL-5c): tables, answers, letters,
// files, and that no history lets one person hold two bodies (DR-25).
#include <random>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/student_aid/graduate_rules.h"
#include "services/student_aid/outward_letter_rules.h"
#include "services/student_aid/outward_rules.h"
#include "services/student_aid/publicity_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTerm[] = "2023-2024-1";  // from 1 September, cut-off 30 November
const absl::CivilDay kToday(2023, 10, 9);

std::vector<std::string> Tracked(const v1::PupilFacts& facts, const std::string& term = kTerm) {
  return TrackedKinds(Book(), FollowUpTables(), facts, *ParseTerm(term));
}

v1::PupilFacts With(const std::string& kind, int from, int to = 0, int eliminated = 0) {
  v1::PupilFacts facts = Pupil("JUN", "7", true, {});
  AddKind(&facts, kind, from, to, eliminated);
  return facts;
}

TEST(OutwardRules, WhomToAskForFollowsTheKindsOfTheTerm) {
  EXPECT_THAT(Tracked(With("P2", 20200101)), ElementsAre("P2"));
  EXPECT_THAT(Tracked(With("P3", 20200101)), IsEmpty());
  EXPECT_THAT(Tracked(With("D1", 20200101)), IsEmpty()) << "2.8 names P2 and M1-M3";
  EXPECT_THAT(Tracked(With("P2", 20230902)), IsEmpty()) << "DR-10: next term";
  EXPECT_THAT(Tracked(With("M2", 20231130)), ElementsAre("M2")) << "DR-10: up to the cut-off";
  EXPECT_THAT(Tracked(With("M2", 20231201)), IsEmpty());
  EXPECT_THAT(Tracked(With("M3", 20220101, 0, 20230901)), IsEmpty()) << "DR-14: eliminated on the first day";
  EXPECT_THAT(Tracked(With("M3", 20220101, 0, 20230902)), ElementsAre("M3"));
  EXPECT_THAT(Tracked(With("P2", 20200101, 20230901)), IsEmpty());
  EXPECT_THAT(Tracked(With("P1", 20160101), "2019-2020-1"), ElementsAre("P1"));
  EXPECT_THAT(Tracked(With("P1", 20160101)), IsEmpty()) << "history only after 2021";
  v1::PupilFacts both = With("M1", 20200101);
  AddKind(&both, "P2");
  EXPECT_THAT(Tracked(both), ElementsAre("P2", "M1")) << "in the order of the rule";
}

v1::EvaluateOutwardCaseRequest Asked(v1::OutwardResult result, bool aided = false) {
  v1::EvaluateOutwardCaseRequest request;
  *request.mutable_facts() = Pupil("JUN", "7", true, {"P2"});
  request.set_term(kTerm);
  request.set_result(result);
  if (aided) {
    request.add_items()->set_item("SP_LIV_B_JUN");
    request.mutable_items(0)->set_amount_fen(62500);
  }
  return request;
}
v1::OutwardState StateAfter(const v1::EvaluateOutwardCaseRequest& request) {
  return EvaluateOutwardCase(Book(), FollowUpTables(), request).value().state();
}

TEST(OutwardRules, AnAnswerMeansWhatTheStandardsOfTheHomeCountySay) {
  const auto open = EvaluateOutwardCase(Book(), FollowUpTables(), Asked(v1::OUTWARD_RESULT_UNSPECIFIED)).value();
  EXPECT_EQ(open.state(), v1::OUTWARD_STATE_FOUND);
  EXPECT_THAT(open.tracked_kinds(), ElementsAre("P2"));
  ASSERT_EQ(open.entitled_size(), 2);
  EXPECT_EQ(open.entitled(0).item(), "SP_LIV_B_JUN");
  EXPECT_EQ(open.entitled(0).amount_fen(), 62500);
  EXPECT_EQ(open.entitled_fen(), 102500);
  EXPECT_EQ(StateAfter(Asked(v1::OUTWARD_RESULT_AIDED_THERE, true)), v1::OUTWARD_STATE_CONFIRMED);
  EXPECT_EQ(StateAfter(Asked(v1::OUTWARD_RESULT_NOT_AIDED_THERE)), v1::OUTWARD_STATE_QUESTIONED);
  EXPECT_EQ(StateAfter(Asked(v1::OUTWARD_RESULT_ASK_AGAIN)), v1::OUTWARD_STATE_ASKED);
  EXPECT_EQ(StateAfter(Asked(v1::OUTWARD_RESULT_NOT_FOUND)), v1::OUTWARD_STATE_LOST);
  v1::EvaluateOutwardCaseRequest nothing = Asked(v1::OUTWARD_RESULT_NOT_AIDED_THERE);
  nothing.mutable_facts()->clear_hardships();
  EXPECT_EQ(StateAfter(nothing), v1::OUTWARD_STATE_CLOSED) << "nothing is owed, so there is no question";
}

TEST(OutwardRules, AnAnswerThatSaysAidSaysWhich) {
  const auto reason = [](const v1::OutwardAnswer& answer) { return ReasonOf(CheckAnswer(Book(), answer)); };
  v1::OutwardAnswer answer;
  EXPECT_EQ(reason(answer), "FIELD_REQUIRED");
  answer.set_result(v1::OUTWARD_RESULT_BACKFILLED_HOME);
  EXPECT_EQ(reason(answer), "FIELD_REQUIRED") << "no answer of the school county";
  answer.set_result(v1::OUTWARD_RESULT_NOT_AIDED_THERE);
  EXPECT_EQ(reason(answer), "");
  answer.set_result(v1::OUTWARD_RESULT_AIDED_THERE);
  EXPECT_EQ(reason(answer), "FIELD_REQUIRED");
  v1::OutwardItem* item = answer.add_items();
  item->set_amount_fen(100);
  EXPECT_EQ(reason(answer), "FIELD_REQUIRED") << "neither a code nor a label";
  item->set_label("营养膳食补助");
  EXPECT_EQ(reason(answer), "");
  item->set_item("NO_SUCH");
  EXPECT_EQ(reason(answer), "ITEM_UNKNOWN");
  item->set_item("SP_NUTR");
  for (const int64_t fen : {int64_t{0}, int64_t{-1}, int64_t{100'000'000'001}}) {
    item->set_amount_fen(fen);
    EXPECT_EQ(reason(answer), "NUMBER_RANGE") << fen;
  }
  item->set_amount_fen(1);
  item->set_label(std::string(801, 'x'));
  EXPECT_EQ(reason(answer), "FIELD_TOO_LONG");
}

v1::OutwardCase Found(v1::OutwardDirection direction = v1::OUTWARD_DIRECTION_OUT) {
  v1::OutwardCase one;
  one.set_person("q");
  one.set_direction(direction);
  OpenCase({"job:1", kToday, ""},
           EvaluateOutwardCase(Book(), FollowUpTables(), Asked(v1::OUTWARD_RESULT_UNSPECIFIED)).value(), &one);
  return one;
}
v1::OutwardCase Questioned(v1::OutwardDirection direction = v1::OUTWARD_DIRECTION_OUT) {
  v1::OutwardCase one = Found(direction);
  v1::OutwardAnswer answer;
  answer.set_result(v1::OUTWARD_RESULT_NOT_AIDED_THERE);
  EXPECT_TRUE(AskFor({"clerk", kToday, ""}, "函〔2023〕1号", 30, &one).ok());
  EXPECT_TRUE(TakeAnswer({"clerk", kToday + 3, ""}, "复函1", answer, &one).ok());
  return one;
}

TEST(OutwardRules, TheClockOfALetterEndsWithItsAnswer) {
  v1::OutwardCase one = Found();
  EXPECT_FALSE(Overdue(one, absl::CivilDay(2099, 1, 1)));
  ASSERT_TRUE(AskFor({"clerk", kToday, ""}, "1", 30, &one).ok());
  EXPECT_FALSE(Overdue(one, kToday + 30));
  EXPECT_TRUE(Overdue(one, kToday + 31));
  v1::OutwardAnswer again;
  again.set_result(v1::OUTWARD_RESULT_ASK_AGAIN);
  ASSERT_TRUE(TakeAnswer({"clerk", kToday, ""}, "2", again, &one).ok());
  EXPECT_TRUE(Overdue(one, kToday + 31)) << "an answer that helps nobody stops no clock";
  ASSERT_TRUE(AskFor({"clerk", kToday + 31, ""}, "3", 30, &one).ok());
  EXPECT_FALSE(Overdue(one, kToday + 31));
  EXPECT_EQ(one.letters(), 2);
  one = Questioned();
  EXPECT_FALSE(Overdue(one, absl::CivilDay(2099, 1, 1)));
}

TEST(OutwardRules, TheHomeCountyPaysOnlyWhatIsOwedAndNobodyElsePays) {
  v1::OutwardCase one = Questioned();
  EXPECT_EQ(ReasonOf(ProposeBackfill({"clerk", kToday, ""}, {}, &one)), "FIELD_REQUIRED");
  one = Questioned();
  EXPECT_EQ(ReasonOf(ProposeBackfill({"clerk", kToday, "why"}, {"SP_LIV_N_JUN"}, &one)), "ITEM_UNKNOWN");
  one = Questioned();
  one.clear_person();
  EXPECT_EQ(ReasonOf(ProposeBackfill({"clerk", kToday, "why"}, {}, &one)), "PERSON_UNKNOWN");
  one = Questioned(v1::OUTWARD_DIRECTION_IN);
  EXPECT_EQ(ReasonOf(ProposeBackfill({"clerk", kToday, "why"}, {}, &one)), "STATE_TRANSITION") << "not the home county";
  one = Found();
  EXPECT_EQ(ReasonOf(ProposeBackfill({"clerk", kToday, "why"}, {}, &one)), "STATE_TRANSITION") << "nobody was asked";
  one = Questioned();
  ASSERT_TRUE(ProposeBackfill({"clerk", kToday, "why"}, {"SP_NUTR"}, &one).ok());
  ASSERT_EQ(one.backfills_size(), 1);
  EXPECT_EQ(one.backfills(0).amount_fen(), 40000);
  v1::OutwardCase same = one;
  EXPECT_EQ(ReasonOf(ApproveBackfill({"clerk", kToday, "why"}, &same)), "ROLE_HELD");
  same = one;
  EXPECT_EQ(ReasonOf(ApproveBackfill({"leader", kToday, ""}, &same)), "FIELD_REQUIRED");
  v1::OutwardCase barred = one;
  barred.mutable_backfills(0)->set_barred("DUPLICATE_AID");
  ASSERT_TRUE(ApproveBackfill({"leader", kToday, "why"}, &barred).ok());
  EXPECT_EQ(barred.state(), v1::OUTWARD_STATE_QUESTIONED) << "nothing was opened";
  v1::OutwardCase refused = one;
  ASSERT_TRUE(RefuseBackfill({"leader", kToday, "why"}, &refused).ok());
  EXPECT_EQ(refused.state(), v1::OUTWARD_STATE_QUESTIONED);
  EXPECT_EQ(refused.backfills_size(), 0);
  one.mutable_backfills(0)->set_application("counties/411728/applications/q.2023-2024-1.SP_NUTR");
  ASSERT_TRUE(ApproveBackfill({"leader", kToday, "why"}, &one).ok());
  EXPECT_EQ(one.state(), v1::OUTWARD_STATE_BACKFILL_APPROVED);
  EXPECT_FALSE(Settled(one));
  const Act job = {"job:2", kToday, ""};
  EXPECT_FALSE(*SettleCase(job, {v1::APPLICATION_STATE_ORDERED}, &one));
  EXPECT_FALSE(*SettleCase(job, {v1::APPLICATION_STATE_PAID, v1::APPLICATION_STATE_APPROVED}, &one)) << "not all";
  EXPECT_TRUE(*SettleCase(job, {v1::APPLICATION_STATE_PAID}, &one));
  EXPECT_EQ(one.result(), v1::OUTWARD_RESULT_BACKFILLED_HOME);
  EXPECT_TRUE(Settled(one));
  EXPECT_FALSE(*SettleCase(job, {v1::APPLICATION_STATE_PAID}, &one));
  EXPECT_TRUE(*SettleCase(job, {v1::APPLICATION_STATE_PAY_FAILED}, &one)) << "the bank took it back";
  EXPECT_EQ(one.state(), v1::OUTWARD_STATE_BACKFILL_APPROVED);
  EXPECT_TRUE(*SettleCase(job, {v1::APPLICATION_STATE_REJECTED}, &one));
  EXPECT_EQ(one.state(), v1::OUTWARD_STATE_QUESTIONED);
  EXPECT_EQ(one.result(), v1::OUTWARD_RESULT_NOT_AIDED_THERE);
}

// Random histories: whoever agreed did nothing else, money is agreed to before it is paid, a settled case has a reason.
TEST(OutwardRules, NoHistoryLetsOnePersonHoldTwoBodies) {
  const unsigned seed = 20231009;
  std::mt19937 random(seed);
  const auto one_of = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const v1::OutwardCase found = Found(), questioned = Questioned();
  int approved = 0, paid = 0;
  for (int history = 0; history < 1000; ++history) {
    v1::OutwardCase one = history % 2 == 0 ? found : questioned;
    for (int step = 0; step < 20; ++step) {
      v1::OutwardCase next = one;
      const Act act = {absl::StrCat("person", one_of(3)), kToday + step, "why"};
      v1::OutwardAnswer answer;
      answer.set_result(static_cast<v1::OutwardResult>(1 + one_of(5)));
      absl::Status done;
      switch (one_of(7)) {
        case 0:
          done = AskFor(act, "1", 30, &next);
          break;
        case 1:
        case 2:
          done = CheckAnswer(Book(), answer);
          if (done.ok()) done = TakeAnswer(act, "2", answer, &next);
          break;
        case 3:
          done = ProposeBackfill(act, {}, &next);
          break;
        case 4:
          if (next.backfills_size() > 0 && one_of(2) == 0) next.mutable_backfills(0)->set_application("a");
          done = ApproveBackfill(act, &next);
          break;
        case 5:
          done = one_of(3) == 0 ? WithdrawCase(act, &next) : RefuseBackfill(act, &next);
          break;
        default:
          done = SettleCase({"job:1", act.on, ""},
                            {one_of(2) == 0 ? v1::APPLICATION_STATE_PAID : v1::APPLICATION_STATE_REJECTED}, &next)
                     .status();
      }
      if (!done.ok()) continue;
      one = next;
      std::set<std::string> office, leaders;
      for (const auto& line : one.steps()) {
        const bool leads = line.event() == "approve" || line.event() == "refuse";
        if (line.person().starts_with("person")) (leads ? leaders : office).insert(line.person());
      }
      for (const std::string& person : leaders) ASSERT_FALSE(office.contains(person)) << "seed " << seed;
      ASSERT_EQ(one.state() == v1::OUTWARD_STATE_BACKFILLED, one.result() == v1::OUTWARD_RESULT_BACKFILLED_HOME);
      if (one.state() == v1::OUTWARD_STATE_BACKFILL_APPROVED) ++approved;
      if (one.state() == v1::OUTWARD_STATE_BACKFILLED) ++paid;
    }
  }
  EXPECT_GT(approved, 30);
  EXPECT_GT(paid, 5);
}

TEST(OutwardRules, ALetterNamesEachPupilOnce) {
  const std::string text =
      RenderLetter(FollowUpTables().letter(), {.letter = "遂资助函〔2023〕5号",
                                               .to = "西吉县",
                                               .from = "遂平县",
                                               .term = kTerm,
                                               .due = "2023-11-08",
                                               .date = "2023-10-09",
                                               .pupils = {{"王**", "一中"}, {"{school}", "二中"}}});
  EXPECT_THAT(text, HasSubstr("西吉县学生资助管理中心："));
  EXPECT_THAT(text, HasSubstr("户籍在遂平县、在贵县（市、区）就读的2名学生"));
  EXPECT_THAT(text, HasSubstr("　　1. 王**，一中\n　　2. {school}，二中\n")) << "a name is never a place to fill";
  EXPECT_THAT(text, Not(HasSubstr("#")));
  const auto fault = [](const std::string& text) { return ReasonOf(CheckLetterTemplate("t", text).status()); };
  EXPECT_EQ(fault("{index} {name} {to}\n"), "") << "a line of pupils may hold the places of the letter";
  EXPECT_EQ(fault("{name}\n"), "DATA_FILE");
  EXPECT_EQ(fault("{index}\n"), "DATA_FILE");
  EXPECT_EQ(fault("{index} {name}\n{index} {name}\n"), "DATA_FILE");
  EXPECT_EQ(fault("{who}\n{index} {name}\n"), "DATA_FILE");
}

TEST(FollowUpData, FaultsOfTheFilesAreFound) {
  const auto reason = [](const std::string& row) {
    FollowUpFiles files = ShippedFollowUp();
    files.rules += row;
    return ReasonOf(FollowUpBook::Create(files, RegionPathByDigits, ThreeCounties).status());
  };
  EXPECT_EQ(reason(""), "");
  EXPECT_EQ(reason("OUTWARD_ANSWER_DAYS,411728000000,2023-01-01,,15,county\n"), "");
  for (const char* row :
       {"NO_RULE,,,,1,x\n", "OUTWARD_KINDS,411728000000,,,,x\n", "OUTWARD_ANSWER_DAYS,411728000000,,,0,x\n",
        "OUTWARD_ANSWER_DAYS,411728000000,,,4001,x\n", "OUTWARD_ANSWER_DAYS,411728000000,,,ten,x\n",
        "OUTWARD_ANSWER_DAYS,4117,,,10,x\n", "OUTWARD_ANSWER_DAYS,411728000000,,,10,\n",
        "OUTWARD_ANSWER_DAYS,411728000000,2024-01-01,2024-01-01,10,x\n", "OUTWARD_ANSWER_DAYS,,2020-01-01,,10,x\n"}) {
    EXPECT_EQ(reason(row), "DATA_FILE") << row;
  }
  FollowUpFiles files = ShippedFollowUp();
  files.rules = absl::StrReplaceAll(
      files.rules, {{"GRADUATE_CONTACT_DAYS,,2016-01-01,,", "GRADUATE_CONTACT_DAYS,,2016-01-01,2020-01-01,"}});
  EXPECT_EQ(ReasonOf(FollowUpBook::Create(files, RegionPathByDigits, ThreeCounties).status()), "DATA_FILE");
  files = ShippedFollowUp();
  files.rules += "OUTWARD_ANSWER_DAYS,411700000000,2023-01-01,,15,city\n";
  const auto book = FollowUpBook::Create(files, RegionPathByDigits, ThreeCounties).value();
  EXPECT_EQ(book.Days(FollowUpRule::kOutwardAnswerDays, "411728000000", kToday), 15) << "the lowest region has it";
  EXPECT_EQ(book.Days(FollowUpRule::kOutwardAnswerDays, "640422000000", kToday), 30);
  EXPECT_EQ(book.Days(FollowUpRule::kOutwardAnswerDays, "640422000000", absl::CivilDay(2010, 1, 1)), 0);
}

// --- Graduates
// --------------------------------------------------------------------------------------------------------

class GraduateRules : public ::testing::Test {
 protected:
  GraduateRules() { EXPECT_TRUE(EnterGraduate(act, "teacher", &graduate).ok()); }
  absl::Status Add(const std::function<void(v1::AddGraduateEntryRequest*)>& entry) {
    v1::AddGraduateEntryRequest request;
    entry(&request);
    v1::Graduate next = graduate;
    const absl::Status added = AddEntry(act, FollowUpTables(), request, &next);
    if (added.ok()) graduate = next;
    return added;
  }
  absl::Status Place(const std::string& code, const std::string& place = "某公司") {
    return Add([&](auto* r) {
      r->mutable_outcome()->set_code(code);
      r->mutable_outcome()->set_place(place);
    });
  }
  absl::Status Measure(const std::string& code = "COUNSELLING") {
    return Add([&](auto* r) { r->mutable_measure()->set_code(code); });
  }

  Act act{"teacher", absl::CivilDay(2024, 7, 1), ""};
  v1::Graduate graduate;
};

TEST_F(GraduateRules, OneFileFromTheFirstMeasureToTheOutcome) {
  EXPECT_EQ(EnumText(graduate.state()), "OPEN");
  ASSERT_TRUE(Measure().ok());
  EXPECT_EQ(EnumText(graduate.state()), "SUPPORTED");
  EXPECT_EQ(graduate.measures(0).recorded_by(), "teacher");
  ASSERT_TRUE(Place("UNEMPLOYED", "").ok());
  EXPECT_EQ(EnumText(graduate.state()), "SUPPORTED") << "known, and not placed";
  EXPECT_EQ(graduate.outcome(), "UNEMPLOYED");
  ASSERT_TRUE(Place("EMPLOYED").ok());
  EXPECT_EQ(EnumText(graduate.state()), "PLACED");
  EXPECT_TRUE(graduate.outcomes(0).has_ended_on());
  ASSERT_TRUE(Measure("TRAINING").ok());
  EXPECT_EQ(EnumText(graduate.state()), "PLACED");
  ASSERT_TRUE(Add([](auto* r) { r->mutable_outcome_end(); }).ok());
  EXPECT_EQ(EnumText(graduate.state()), "SUPPORTED") << "the post was lost, the policy stays";
  EXPECT_EQ(graduate.outcome(), "");
  EXPECT_EQ(ReasonOf(Add([](auto* r) { r->mutable_outcome_end(); })), "FIELD_REQUIRED");
  ASSERT_TRUE(Add([](auto* r) { r->mutable_assignment()->set_responsible("other"); }).ok());
  EXPECT_EQ(graduate.responsible(), "other") << "exactly one";
  ASSERT_TRUE(Add([](auto* r) { r->set_file_name("协议.pdf"); }).ok());
  ASSERT_TRUE(Add([](auto* r) { r->mutable_internship()->set_employer("县医院"); }).ok());
  EXPECT_EQ(ReasonOf(Add([](auto* r) { r->mutable_withdrawal(); })), "FIELD_REQUIRED");
  ASSERT_TRUE(Add([](auto* r) { r->mutable_withdrawal()->set_reason("户籍迁出"); }).ok());
  EXPECT_EQ(ReasonOf(Measure()), "STATE_TRANSITION");
  ASSERT_TRUE(EnterGraduate(act, "third", &graduate).ok());
  EXPECT_EQ(EnumText(graduate.state()), "SUPPORTED") << "back with the policy";
}

TEST_F(GraduateRules, WhatIsRefused) {
  EXPECT_EQ(ReasonOf(Add([](auto*) {})), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Measure("NO_SUCH")), "CODE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Place("EMPLOYED", "")), "FIELD_REQUIRED") << "who employs";
  EXPECT_EQ(ReasonOf(Place("EMPLOYED", std::string(801, 'x'))), "FIELD_TOO_LONG");
  EXPECT_EQ(ReasonOf(Add([](auto* r) {
              r->mutable_measure()->set_code("FAIR");
              *r->mutable_measure()->mutable_on() = DateOf(absl::CivilDay(2024, 7, 2));
            })),
            "DATE_AHEAD");
  EXPECT_EQ(ReasonOf(Add([](auto* r) {
              r->mutable_contact()->set_outcome("REACHED");
              r->mutable_contact()->mutable_on()->set_month(13);
            })),
            "DATE_INVALID");
  EXPECT_EQ(ReasonOf(Add([](auto* r) {
              r->mutable_internship()->set_employer("x");
              *r->mutable_internship()->mutable_until() = DateOf(absl::CivilDay(2024, 6, 1));
            })),
            "DATE_INVALID")
      << "ends before it begins";
  EXPECT_EQ(ReasonOf(Add([](auto* r) { r->mutable_referral()->set_subsidy("JOB_SEEKING"); })), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Add([](auto* r) { r->mutable_referral_answer()->set_number(1); })), "GRADUATE_REFERRAL");
  EXPECT_EQ(ReasonOf(Add([](auto* r) { r->mutable_assignment(); })), "FIELD_REQUIRED");
  v1::Graduate nobody;
  EXPECT_EQ(ReasonOf(EnterGraduate(act, "", &nobody)), "FIELD_REQUIRED");
}

TEST_F(GraduateRules, AReferralIsAnsweredOnce) {
  ASSERT_TRUE(Add([](auto* r) {
                r->mutable_referral()->set_subsidy("JOB_SEEKING");
                r->mutable_referral()->set_office("人社局");
                r->mutable_referral()->set_granted(true);  // only the answer grants
              }).ok());
  EXPECT_FALSE(graduate.referrals(0).granted());
  const auto answer = [&](bool granted, int64_t fen) {
    return ReasonOf(Add([&](auto* r) {
      r->mutable_referral_answer()->set_number(1);
      r->mutable_referral_answer()->set_granted(granted);
      r->mutable_referral_answer()->set_amount_fen(fen);
    }));
  };
  EXPECT_EQ(answer(true, 0), "NUMBER_RANGE");
  EXPECT_EQ(answer(false, 1), "NUMBER_RANGE");
  EXPECT_EQ(answer(true, 200000), "");
  EXPECT_EQ(graduate.referrals(0).amount_fen(), 200000);
  EXPECT_EQ(answer(true, 200000), "GRADUATE_REFERRAL");
}

TEST_F(GraduateRules, AContactThatReachesNobodyIsNone) {
  const absl::CivilDay since = act.on - 30;
  const auto contact = [&](const std::string& outcome, absl::CivilDay on) {
    ASSERT_TRUE(Add([&](auto* r) {
                  r->mutable_contact()->set_outcome(outcome);
                  *r->mutable_contact()->mutable_on() = DateOf(on);
                }).ok());
  };
  contact("NO_ANSWER", act.on);
  EXPECT_THAT(GapsOf(graduate, since), ElementsAre(v1::GRADUATE_GAP_WITHOUT_POLICY, v1::GRADUATE_GAP_WITHOUT_CONTACT));
  contact("FAMILY", since - 1);
  EXPECT_THAT(GapsOf(graduate, since), ::testing::Contains(v1::GRADUATE_GAP_WITHOUT_CONTACT));
  contact("REACHED", since);
  contact("REACHED", since - 20);
  EXPECT_EQ(*DayOf(graduate.last_contact_on()), since) << "an older one entered later moves nothing";
  ASSERT_TRUE(Measure().ok());
  EXPECT_THAT(GapsOf(graduate, since), IsEmpty());
}

// --- Publicity
// --------------------------------------------------------------------------------------------------------

v1::PublicityActivity Activity() {
  v1::PublicityActivity activity;
  activity.set_channel("HANDBOOK");
  activity.set_school("counties/411728/schools/s1");
  activity.set_title("政策手册进班级");
  *activity.mutable_on() = DateOf(kToday);
  activity.set_pupils(40);
  activity.set_asked(10);
  activity.set_aware(9);
  return activity;
}

TEST(PublicityRules, WhatAnActivityNeeds) {
  const auto reason = [](const std::function<void(v1::PublicityActivity*)>& change) {
    v1::PublicityActivity activity = Activity();
    change(&activity);
    return ReasonOf(CheckActivity(FollowUpTables(), kToday, activity));
  };
  EXPECT_EQ(reason([](auto*) {}), "");
  EXPECT_EQ(reason([](auto* a) { a->clear_title(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto* a) { a->clear_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto* a) { a->mutable_on()->set_day(32); }), "DATE_INVALID");
  EXPECT_EQ(reason([](auto* a) { *a->mutable_on() = DateOf(kToday + 1); }), "DATE_AHEAD");
  EXPECT_EQ(reason([](auto* a) { a->set_channel("RUMOUR"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto* a) { a->set_village("411728103001"); }), "PUBLICITY_PLACE");
  EXPECT_EQ(reason([](auto* a) { a->clear_school(); }), "PUBLICITY_PLACE");
  EXPECT_EQ(reason([](auto* a) { a->set_pupils(-1); }), "NUMBER_RANGE");
  EXPECT_EQ(reason([](auto* a) { a->set_aware(11); }), "NUMBER_RANGE") << "more than were asked";
  EXPECT_EQ(reason([](auto* a) { a->add_materials(std::string(801, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(reason([](auto* a) {
              for (int i = 0; i < 21; ++i) a->add_materials("x");
            }),
            "FIELD_TOO_MANY");
}

TEST(PublicityRules, WhatATermReached) {
  v1::PublicityActivity village = Activity();
  village.clear_school();
  village.set_asked(0);
  village.set_aware(0);
  const auto reached = ReachBySchool({Activity(), Activity(), village});
  EXPECT_EQ(reached.at("counties/411728/schools/s1").activities, 2);
  EXPECT_EQ(reached.at("counties/411728/schools/s1").awareness().numerator, 18);
  EXPECT_EQ(reached.at("").pupils, 40);
  EXPECT_FALSE(reached.at("").awareness().applicable()) << "DR-03: nobody was asked";
  v1::PublicityActivity activity = Activity();
  EXPECT_EQ(ReasonOf(WithdrawActivity({"a", kToday, ""}, &activity)), "FIELD_REQUIRED");
  EXPECT_TRUE(WithdrawActivity({"a", kToday, "重复登记"}, &activity).ok());
  EXPECT_EQ(ReasonOf(WithdrawActivity({"a", kToday, "重复登记"}, &activity)), "PUBLICITY_WITHDRAWN");
}

}  // namespace
}  // namespace ruraledu::student_aid
