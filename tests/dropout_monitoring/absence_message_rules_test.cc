// Messages to guardians as pure steps: who is told, the text, what the channel answered.
#include "services/dropout_monitoring/absence_message_rules.h"

#include "common/base/proto_day.h"
#include "common/domain/message_delivery.h"
#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::HasSubstr;

constexpr absl::CivilDay kToday(2023, 9, 6);

v1::Absence Away(int run_days, v1::AbsenceStep step, const std::vector<std::string>& reasons = {}) {
  v1::Absence absence;
  absence.set_person("p1");
  absence.set_area("411728103/s1/k1");
  v1::AbsenceEvaluation& now = *absence.mutable_evaluation();
  now.set_run_days(run_days);
  if (run_days > 0) *now.mutable_run_from() = Date(20230904);
  now.set_step(step);
  for (const std::string& reason : reasons) now.add_reasons()->set_code(reason);
  return absence;
}

AbsenceMessageBook Book(const std::string& rows) {
  return AbsenceMessageBook::Parse("template,version,region,valid_from,valid_to,text_zh,source\n" + rows,
                                   ShippedStandards().absence_messages.channels())
      .value();
}

TEST(AbsenceMessageRules, WhoIsToBeTold) {
  const struct {
    const char* what;
    v1::Absence absence;
    bool told;
  } rows[] = {
      {"the first day (3.2 DEFAULT)", Away(1, v1::ABSENCE_STEP_WARN, {"RUN"}), true},
      {"later days", Away(5, v1::ABSENCE_STEP_SUSPECTED, {"RUN", "CUMULATIVE"}), true},
      {"a run, and missed at meals before", Away(1, v1::ABSENCE_STEP_WARN, {"RUN", "NOT_SERVED"}), true},
      {"back, with many days before", Away(0, v1::ABSENCE_STEP_VISIT, {"CUMULATIVE"}), false},
      {"a run below the step of the profile", Away(1, v1::ABSENCE_STEP_UNSPECIFIED), false},
      {"nothing is known", Away(0, v1::ABSENCE_STEP_UNSPECIFIED, {"NO_RECORD"}), false},
      {"class and canteen disagree", Away(2, v1::ABSENCE_STEP_VISIT, {"RUN", "MEAL_CONTRADICTS"}), false},
  };
  for (const auto& row : rows) EXPECT_EQ(ToBeTold(row.absence.evaluation()), row.told) << row.what;
}

TEST(AbsenceMessageRules, StatesOfAMessage) {
  const struct {
    const char *from, *event, *to;
  } rows[] = {{"SENT", "deliver", "DELIVERED"},        {"SENT", "fail", "UNDELIVERED"}, {"SENT", "send", ""},
              {"UNDELIVERED", "send", "SENT"},         {"UNDELIVERED", "fail", ""},     {"DELIVERED", "send", ""},
              {"UNDELIVERED", "deliver", "DELIVERED"}, {"DELIVERED", "fail", ""},       {"DELIVERED", "deliver", ""}};
  for (const auto& row : rows) {
    const auto next = kMessageStates.Next(row.from, row.event);
    EXPECT_EQ(next.ok() ? std::string(*next) : "", row.to) << row.from << " " << row.event;
  }
}

TEST(AbsenceMessageRules, TheTextSaysOnlyWhatTheTableAsksFor) {
  const AbsenceMessageBook book = Book("A,2,,,,{from}/{days}/{name}/{name},s\n");
  const MessageTemplate& form = **book.InForce("411728000000", kToday);
  v1::AbsenceMessage message;
  ASSERT_TRUE(SendMessage(kToday, form, "SMS", Away(3, v1::ABSENCE_STEP_SUSPECTED), "{days}*", &message).ok());
  EXPECT_EQ(message.text(), "2023-09-04/3/{days}*/{days}*") << "what is in a name is text";
  EXPECT_EQ(message.template_(), "A@2");
  EXPECT_EQ(message.person(), "p1");
  EXPECT_EQ(MessageIdOf(Away(3, v1::ABSENCE_STEP_SUSPECTED)), "p1.2023-09-04");
  EXPECT_EQ(ReasonOf(SendMessage(kToday, form, "SMS", Away(4, v1::ABSENCE_STEP_SUSPECTED), "王*", &message)),
            "STATE_TRANSITION")
      << "the channel did not answer yet";
}

TEST(AbsenceMessageRules, WhatTheChannelAnswers) {
  const auto problem = [](bool delivered, int on, const std::string& failure) {
    v1::AbsenceMessageDelivery delivery;
    delivery.set_delivered(delivered);
    if (on > 0) *delivery.mutable_on() = Date(on);
    delivery.set_failure(failure);
    return ProblemOfDelivery(delivery, kToday);
  };
  EXPECT_EQ(problem(true, 20230906, ""), "");
  EXPECT_EQ(problem(false, 20230906, "空号"), "");
  EXPECT_EQ(problem(true, 0, ""), "FIELD_REQUIRED");
  EXPECT_EQ(problem(true, 20230231, ""), "FIELD_REQUIRED") << "no day";
  EXPECT_EQ(problem(false, 20230906, ""), "FIELD_REQUIRED") << "why not";
  EXPECT_EQ(problem(true, 20230907, ""), "DATE_AHEAD");
  EXPECT_EQ(problem(false, 20230906, std::string(200, 'x')), "");
  EXPECT_EQ(problem(false, 20230906, std::string(201, 'x')), "FIELD_TOO_LONG");
}

TEST(AbsenceMessageRules, TheTableIsChecked) {
  const auto problem = [](const std::string& rows) {
    const absl::Status read =
        AbsenceMessageBook::Parse("template,version,region,valid_from,valid_to,text_zh,source\n" + rows,
                                  ShippedStandards().absence_messages.channels())
            .status();
    return read.ok() ? "" : absl::StrCat(ReasonOf(read), " ", read.message());
  };
  EXPECT_EQ(problem("A,1,,,,{from}{days},s\n"), "");
  EXPECT_EQ(problem("A,1,,,,{from}{days}{name},s\nB,1,411728000000,2023-01-01,,{from}{days},s\n"), "");
  const struct {
    const char *rows, *problem;
  } wrong[] = {{"A,1,,,,{from},s\n", "{from} and {days}"},
               {"A,1,,,,{from}{days}{id_number},s\n", "placeholder"},
               {"A,1,,,,{from}{days}{,s\n", "placeholder"},
               {"A,,,,,{from}{days},s\n", "version"},
               {",1,,,,{from}{days},s\n", "name"},
               {"A,1,,,,{from}{days},\n", "source"},
               {"A,1,411728,,,{from}{days},s\n", "12 digits"},
               {"A,1,,2024-01-01,2023-01-01,{from}{days},s\n", "days in order"},
               {"A,1,,2024-13-01,,{from}{days},s\n", "absence_messages.csv"},
               {"A,1,,,2024-01-01,{from}{days},s\n", "nation"},
               {"A,1,411728000000,,,{from}{days},s\n", "nation"},
               {"A,1,,,,{from}{days},s\nA,1,411728000000,,,{from}{days},s\n", "twice"},
               {"A,1,,,,{from}{days},s\nA,2,,2024-01-01,,{from}{days},s\n", "holds on one of its days"}};
  for (const auto& row : wrong) {
    EXPECT_THAT(problem(row.rows), ::testing::StartsWith("DATA_FILE")) << row.rows;
    EXPECT_THAT(problem(row.rows), HasSubstr(row.problem)) << row.rows;
  }
}

TEST(AbsenceMessageRules, TheLowestRegionWithATextCounts) {
  const AbsenceMessageBook book = Book(
      "A,1,,2020-01-01,,{from}{days},s\nB,1,410000000000,2023-09-01,2023-09-10,{from}{days},s\n"
      "C,1,411728000000,2023-09-05,,{from}{days},s\n");
  const auto name = [&](const std::string& region, absl::CivilDay day) {
    const auto form = book.InForce(region, day);
    return form.ok() ? (*form)->name : std::string(ReasonOf(form.status()));
  };
  EXPECT_EQ(name("411728000000", absl::CivilDay(2019, 12, 31)), "REGION_POLICY_MISSING");
  EXPECT_EQ(name("411728000000", absl::CivilDay(2023, 8, 31)), "A@1");
  EXPECT_EQ(name("411728000000", absl::CivilDay(2023, 9, 4)), "B@1");
  EXPECT_EQ(name("411728000000", absl::CivilDay(2023, 9, 5)), "C@1");
  EXPECT_EQ(name("411729000000", absl::CivilDay(2023, 9, 9)), "B@1");
  EXPECT_EQ(name("411729000000", absl::CivilDay(2023, 9, 10)), "A@1");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
