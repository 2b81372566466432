// The numbers of fund management as data, and the steps of two persons.
#include "services/student_aid/fund_policy_rules.h"

#include "services/student_aid/fund_step_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

constexpr char kHead[] = "rule,region,from,until,value,source\n";
constexpr char kLoans[] =
    "LOAN_FLOOR_YUAN,,,,1000,c\nLOAN_LIVING,,,,1,c\nLOAN_EXTRA_YEARS,,,,15,c\nLOAN_MOST_YEARS,,,,22,c\n"
    "LOAN_GRACE_YEARS,,,,5,c\nLOAN_BELOW_PRIME_BP,,,,70,c\n";
constexpr char kBoth[] = "PAY_OUT_DAYS,,2013-01-01,,30,a\nUNSPENT_YEARS,,2015-01-01,,2,b\n";

std::string Problem(const std::string& rows) {
  return ReasonOf(FundRules::Parse(absl::StrCat(kHead, kLoans, rows)).status());
}

TEST(FundRules, TheShippedRulesLoadWithTheirSources) {
  const FundRules& rules = FundTables();
  const auto* days = rules.Find(FundRule::kPayOutDays, "411728000000", absl::CivilDay(2024, 5, 1));
  ASSERT_NE(days, nullptr);
  EXPECT_EQ(days->value, 30);
  EXPECT_FALSE(days->source.empty());
  EXPECT_EQ(rules.OverAgeYear("411728000000", absl::CivilDay(2024, 1, 1)), 2022);
  EXPECT_EQ(rules.OverAgeYear("411728000000", absl::CivilDay(2023, 12, 31)), 2021);
  EXPECT_EQ(rules.OverAgeYear("411728000000", absl::CivilDay(2014, 12, 31)), 0) << "before the first row";
}

TEST(FundRules, TheLowestRegionOnTheDay) {
  const auto rules =
      FundRules::Parse(absl::StrCat(kHead, kLoans, kBoth, "PAY_OUT_DAYS,410000000000,2024-01-01,2025-01-01,15,c\n",
                                    "PAY_OUT_DAYS,411728000000,2024-07-01,,10,d\n"));
  ASSERT_TRUE(rules.ok()) << rules.status();
  const auto value = [&](std::string_view region, absl::CivilDay day) {
    return rules->Find(FundRule::kPayOutDays, region, day)->value;
  };
  EXPECT_EQ(value("411728000000", absl::CivilDay(2024, 6, 30)), 15);
  EXPECT_EQ(value("411728000000", absl::CivilDay(2024, 7, 1)), 10);
  EXPECT_EQ(value("411729000000", absl::CivilDay(2024, 12, 31)), 15);
  EXPECT_EQ(value("411729000000", absl::CivilDay(2025, 1, 1)), 30);
  EXPECT_EQ(value("500243000000", absl::CivilDay(2024, 7, 1)), 30);
}

TEST(FundRules, WhatTheDigestSaysOfLoans) {  // 2.4
  const auto value = [](FundRule rule, absl::CivilDay day) {
    const auto* row = FundTables().Find(rule, "411728000000", day);
    return row == nullptr ? 0 : row->value;
  };
  EXPECT_EQ(value(FundRule::kLoanFloorYuan, absl::CivilDay(2023, 9, 1)), 1000);
  EXPECT_EQ(value(FundRule::kLoanLiving, absl::CivilDay(2021, 8, 31)), 0);
  EXPECT_EQ(value(FundRule::kLoanLiving, absl::CivilDay(2021, 9, 1)), 1);
  EXPECT_EQ(value(FundRule::kLoanGraceYears, absl::CivilDay(2019, 9, 1)), 3);
  EXPECT_EQ(value(FundRule::kLoanGraceYears, absl::CivilDay(2020, 9, 1)), 5);
  EXPECT_EQ(value(FundRule::kLoanBelowPrimeBp, absl::CivilDay(2022, 9, 1)), 30);
  EXPECT_EQ(value(FundRule::kLoanBelowPrimeBp, absl::CivilDay(2024, 10, 30)), 60);
  EXPECT_EQ(value(FundRule::kLoanBelowPrimeBp, absl::CivilDay(2024, 10, 31)), 70);
}

TEST(FundRules, WrongRowsDoNotLoad) {
  EXPECT_EQ(Problem(kBoth), "");
  for (const char* row :
       {"SOMETHING,,2013-01-01,,30,a\n", "PAY_OUT_DAYS,41,2013-01-01,,30,a\n", "PAY_OUT_DAYS,410000000000,,,0,a\n",
        "PAY_OUT_DAYS,410000000000,,,x,a\n", "PAY_OUT_DAYS,410000000000,,,30,\n", "PAY_OUT_DAYS,,2020-01-01,,20,a\n",
        "PAY_OUT_DAYS,410000000000,2024-01-01,2024-01-01,30,a\n", "PAY_OUT_DAYS,410000000000,2024-02-30,,30,a\n"}) {
    EXPECT_EQ(Problem(std::string(kBoth) + row), "DATA_FILE") << row;
  }
  EXPECT_EQ(Problem("PAY_OUT_DAYS,,2013-01-01,,30,a\n"), "DATA_FILE") << "a rule is missing";
  EXPECT_EQ(Problem("PAY_OUT_DAYS,,2013-01-01,2020-01-01,30,a\nUNSPENT_YEARS,,,,2,b\n"), "DATA_FILE");
}

TEST(FundSteps, AnotherPersonDecidesOnce) {
  for (const char* event : {"confirm", "refuse"}) {
    v1::FundStep step;
    Propose({"a", absl::CivilDay(2024, 1, 2), ""}, &step);
    EXPECT_EQ(ReasonOf(Decide({"a", absl::CivilDay(2024, 1, 3), ""}, event, &step)), "ROLE_HELD");
    EXPECT_TRUE(Decide({"b", absl::CivilDay(2024, 1, 3), "why"}, event, &step).ok());
    EXPECT_EQ(step.decided_by(), "b");
    EXPECT_EQ(step.reason(), "why");
    EXPECT_EQ(ReasonOf(Decide({"c", absl::CivilDay(2024, 1, 4), ""}, event, &step)), "STATE_TRANSITION");
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
