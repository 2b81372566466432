// Information asked of families: the life of a request, and what it stops (anchor table A1 row 2; digest 2.6, 2.7).
#include "services/student_aid/information_rules.h"

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

const absl::CivilDay kAsked(2023, 9, 18);  // a Monday
const absl::CivilDay kDue(2023, 9, 25);

const WorkCalendar& Calendar() {
  static const auto* calendar = new WorkCalendar(*WorkCalendar::Parse("holidays.csv", Shipped("data/holidays.csv")));
  return *calendar;
}

v1::InformationRequest Asked() {
  v1::InformationRequest request;
  request.add_items("INCOME");
  request.add_items("DEBT");
  EXPECT_TRUE(AskInformation({"teacher", kAsked, ""}, 5, Calendar(), &request).ok());
  return request;
}

InformationAnswers Answers(const std::vector<std::string>& items) {
  InformationAnswers answers;
  for (const std::string& item : items) {
    v1::InformationAnswer* answer = answers.Add();
    answer->set_item(item);
    answer->set_text("每月 900 元");
  }
  return answers;
}

std::string StateText(const v1::InformationRequest& request, absl::CivilDay day) {
  return v1::InformationRequestState_Name(InformationStateOn(request, day)).substr(26);
}

TEST(InformationTest, TheClockRunsInWorkingDaysAndLapsesByItself) {
  const v1::InformationRequest request = Asked();
  EXPECT_EQ(DayTextOf(request.due_on()), DayText(kDue)) << "5 working days after Monday, 18 September";
  EXPECT_EQ(StateText(request, kDue), "OPEN");
  EXPECT_EQ(StateText(request, kDue + 1), "LAPSED");
  EXPECT_EQ(request.state(), v1::INFORMATION_REQUEST_STATE_OPEN) << "never stored";
  v1::InformationRequest far;
  EXPECT_EQ(ReasonOf(AskInformation({"teacher", absl::CivilDay(2005, 1, 3), ""}, 5, Calendar(), &far)),
            "CALENDAR_MISSING");
}

TEST(InformationTest, EachStepIsPossibleFromItsStatesOnly) {
  const auto step = [](const std::string& event, const v1::InformationRequest& from, absl::CivilDay on) {
    v1::InformationRequest request = from;
    const Act act{"clerk", on, "原因"};
    const absl::Status stepped =
        event == "answer"    ? AnswerInformation(act, {"PHONE", false, ""}, Answers({"INCOME", "DEBT"}), &request)
        : event == "decline" ? DeclineInformation(act, "PHONE", &request)
                             : WithdrawInformation(act, &request);
    return stepped.ok() ? absl::StrCat(StateText(request, on), request.late() ? " late" : "") : ReasonOf(stepped);
  };
  v1::InformationRequest answered = Asked(), declined = Asked(), withdrawn = Asked();
  ASSERT_TRUE(
      AnswerInformation({"clerk", kAsked, ""}, {"PHONE", false, ""}, Answers({"DEBT", "INCOME"}), &answered).ok());
  ASSERT_TRUE(DeclineInformation({"clerk", kAsked, "不便"}, "PHONE", &declined).ok());
  ASSERT_TRUE(WithdrawInformation({"clerk", kAsked, "误问"}, &withdrawn).ok());
  const struct {
    const char* event;
    const v1::InformationRequest from;
    absl::CivilDay on;
    const char* to;
  } table[] = {
      {"answer", Asked(), kDue, "ANSWERED"},
      {"answer", Asked(), kDue + 1, "ANSWERED late"},  // from LAPSED
      {"decline", Asked(), kDue, "DECLINED"},
      {"decline", Asked(), kDue + 1, "DECLINED late"},
      {"withdraw", Asked(), kDue, "WITHDRAWN"},
      {"withdraw", Asked(), kDue + 1, "STATE_TRANSITION"},  // it stops nothing any more
      {"answer", answered, kDue, "STATE_TRANSITION"},
      {"decline", answered, kDue, "STATE_TRANSITION"},
      {"withdraw", answered, kDue, "STATE_TRANSITION"},
      {"answer", declined, kDue, "STATE_TRANSITION"},
      {"answer", withdrawn, kDue, "STATE_TRANSITION"},
      {"decline", withdrawn, kDue, "STATE_TRANSITION"},
  };
  for (const auto& row : table) EXPECT_EQ(step(row.event, row.from, row.on), row.to) << row.event;
  EXPECT_EQ(answered.closed_by(), "clerk");
  EXPECT_EQ(DayTextOf(answered.closed_on()), "2023-09-18");
  EXPECT_EQ(declined.reason(), "不便");
  v1::InformationRequest request = Asked();
  EXPECT_EQ(ReasonOf(WithdrawInformation({"clerk", kAsked, ""}, &request)), "FIELD_REQUIRED");
}

TEST(InformationTest, EveryItemIsAnsweredOnce) {
  const auto answer = [](const std::vector<std::string>& items) {
    v1::InformationRequest request = Asked();
    return ReasonOf(AnswerInformation({"clerk", kAsked, ""}, {"PHONE", false, ""}, Answers(items), &request));
  };
  EXPECT_EQ(answer({"DEBT", "INCOME"}), "");
  EXPECT_EQ(answer({"INCOME"}), "INFORMATION_ITEMS");
  EXPECT_EQ(answer({"INCOME", "DEBT", "DEBT"}), "INFORMATION_ITEMS");
  EXPECT_EQ(answer({"INCOME", "DEBT", "HEALTH"}), "INFORMATION_ITEMS");
  EXPECT_EQ(answer({}), "INFORMATION_ITEMS");
}

TEST(InformationTest, WhoCannotWriteHasAWitnessWhoIsNotTheRecorder) {
  const auto hear = [](bool cannot_write, const std::string& witness) {
    v1::InformationRequest request = Asked();
    return ReasonOf(AnswerInformation({"clerk", kAsked, ""}, {"HOME_VISIT", cannot_write, witness},
                                      Answers({"INCOME", "DEBT"}), &request));
  };
  EXPECT_EQ(hear(true, "cadre"), "");
  EXPECT_EQ(hear(true, ""), "FIELD_REQUIRED");
  EXPECT_EQ(hear(true, "clerk"), "ROLE_HELD");
  EXPECT_EQ(hear(false, ""), "");
  EXPECT_EQ(hear(false, "cadre"), "") << "one may be there anyway";
  EXPECT_EQ(hear(false, "clerk"), "ROLE_HELD");
}

TEST(InformationTest, WhatIsAskedAreKnownItemsOnce) {
  const auto check = [](const std::vector<std::string>& items, const std::string& question = "") {
    InformationItems asked;
    for (const std::string& item : items) *asked.Add() = item;
    Violations violations;
    CheckItems(ConsentTables().items(), kAsked, asked, question, &violations);
    return absl::StrCat(ReasonOf(violations.status()), violations.empty() ? "" : " ", FieldOf(violations.status()));
  };
  EXPECT_EQ(check({"INCOME", "PROPERTY", "DEBT", "HEALTH", "CUSTODY", "ACCOUNT_HOLDER"}), "");
  EXPECT_EQ(check({"INCOME", "WEATHER"}), "CODE_UNKNOWN items[1]");
  EXPECT_EQ(check({"DEBT", "DEBT"}), "INFORMATION_ITEMS items[1]");
  EXPECT_EQ(check({"OTHER"}), "FIELD_REQUIRED question");
  EXPECT_EQ(check({"OTHER"}, "孩子由谁接送"), "");
}

TEST(InformationTest, NothingIsAskedAboutARecordThatIsOver) {
  for (int state = 1; state < v1::IdentificationState_ARRAYSIZE; ++state) {
    v1::Identification record;
    record.set_state(static_cast<v1::IdentificationState>(state));
    const bool over = state == v1::IDENTIFICATION_STATE_NOTIFIED || state == v1::IDENTIFICATION_STATE_REJECTED ||
                      state == v1::IDENTIFICATION_STATE_REVOKED;
    EXPECT_EQ(ReasonOf(CheckMayAsk(record)), over ? "INFORMATION_RECORD" : "") << state;
    record.set_set_aside(true);
    EXPECT_EQ(ReasonOf(CheckMayAsk(record)), "INFORMATION_RECORD") << "of somebody who was merged";
  }
  for (int state = 1; state < v1::ApplicationState_ARRAYSIZE; ++state) {
    if (!v1::ApplicationState_IsValid(state)) continue;
    v1::Application record;
    record.set_state(static_cast<v1::ApplicationState>(state));
    const bool over = state == v1::APPLICATION_STATE_REJECTED || state == v1::APPLICATION_STATE_WITHDRAWN;
    EXPECT_EQ(ReasonOf(CheckMayAsk(record)), over ? "INFORMATION_RECORD" : "") << state;
  }
}

TEST(InformationTest, TheSchoolWaitsToTheLastDay) {
  EXPECT_EQ(ReasonOf(CheckInformed(kDue, kDue)), "INFORMATION_OPEN");
  EXPECT_EQ(ReasonOf(CheckInformed(kDue, kDue + 1)), "");
  EXPECT_EQ(ReasonOf(CheckInformed(std::nullopt, kDue)), "");
}

}  // namespace
}  // namespace ruraledu::student_aid
