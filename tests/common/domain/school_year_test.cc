#include "common/domain/school_year.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Day;
using ::ruraledu::testing::Terms;
using ::testing::ElementsAre;

Term T(std::string_view text) {
  return *ParseTerm(text);
}

TEST(Term, TextAndBack) {
  EXPECT_EQ(ParseSchoolYear("2023-2024")->text(), "2023-2024");
  EXPECT_EQ(T("2023-2024-2").text(), "2023-2024-2");
  for (const char* text :
       {"", "2023", "2023-2025", "2023-2023", "2023/2024", "-023-2024", "2023-2024-1", "1899-1900"}) {
    EXPECT_EQ(ReasonOf(ParseSchoolYear(text).status()), "SCHOOL_YEAR_FORMAT") << text;
  }
  for (const char* text :
       {"", "2023-2024", "2023-2024-", "2023-2024-0", "2023-2024-3", "2023-2024-11", "2023-2025-1"}) {
    EXPECT_EQ(ReasonOf(ParseTerm(text).status()), "TERM_FORMAT") << text;
  }
}

TEST(Term, Arithmetic) {
  EXPECT_EQ(T("2022-2023-2").Next(), T("2023-2024-1"));
  EXPECT_EQ(T("2023-2024-1").Previous(), T("2022-2023-2"));
  EXPECT_EQ(T("2023-2024-1").Plus(5), T("2025-2026-2"));
  EXPECT_EQ(TermsBetween(T("2022-2023-2"), T("2023-2024-2")), 2);
  EXPECT_LT(T("2023-2024-1"), T("2023-2024-2"));
  EXPECT_LT(T("2022-2023-2"), T("2023-2024-1"));
  for (int i = -20; i < 20; ++i) {
    EXPECT_EQ(TermsBetween(T("2023-2024-1"), T("2023-2024-1").Plus(i)), i);
  }
}

TEST(Term, BudgetYear) {  // DR-02
  EXPECT_EQ(T("2022-2023-2").BudgetYear(), 2023);
  EXPECT_EQ(T("2023-2024-1").BudgetYear(), 2023);
  EXPECT_EQ(T("2023-2024-2").BudgetYear(), 2024);
  EXPECT_THAT(TermsOfBudgetYear(2023), ElementsAre(T("2022-2023-2"), T("2023-2024-1")));
}

TEST(TermCalendar, ShippedDates) {  // DR-02, DR-21, DR-10
  EXPECT_EQ(Terms().FirstDay(T("2023-2024-1")), Day("2023-09-01"));
  EXPECT_EQ(Terms().FirstDay(T("2023-2024-2")), Day("2024-03-01"));
  EXPECT_EQ(Terms().CensusDate(T("2023-2024-1")), Day("2023-09-30"));
  EXPECT_EQ(Terms().CensusDate(T("2023-2024-2")), Day("2024-03-31"));
  EXPECT_EQ(Terms().CutOff(T("2023-2024-1")), Day("2023-11-30"));
  EXPECT_EQ(Terms().CutOff(T("2023-2024-2")), Day("2024-05-31"));
  EXPECT_EQ(Terms().LastDay(T("2023-2024-1")), Day("2024-02-29"));
  EXPECT_EQ(Terms().TermOf(Day("2023-08-31")), T("2022-2023-2"));
  EXPECT_EQ(Terms().TermOf(Day("2023-09-01")), T("2023-2024-1"));
  EXPECT_EQ(Terms().TermOf(Day("2024-01-01")), T("2023-2024-1"));
  EXPECT_EQ(Terms().TermOf(Day("2024-03-01")), T("2023-2024-2"));
  EXPECT_EQ(Terms().SchoolYearOf(Day("2024-02-29")).text(), "2023-2024");
}

TEST(TermCalendar, EveryDayLiesInItsTerm) {
  for (absl::CivilDay day = Day("2015-01-01"); day < Day("2027-01-01"); ++day) {
    const Term term = Terms().TermOf(day);
    ASSERT_LE(Terms().FirstDay(term), day);
    ASSERT_GE(Terms().LastDay(term), day);
  }
}

TEST(TermCalendar, SingleTermsMayDepart) {
  const std::string head =
      "term,first_day,census,cut_off,source\nautumn,09-01,09-30,11-30,s\nspring,03-01,03-31,05-31,s\n";
  const auto calendar = TermCalendar::Parse("t", head + "2023-2024-2,2024-02-26,2024-03-31,2024-05-31,county\n");
  ASSERT_TRUE(calendar.ok()) << calendar.status();
  EXPECT_EQ(calendar->FirstDay(T("2023-2024-2")), Day("2024-02-26"));
  EXPECT_EQ(calendar->FirstDay(T("2024-2025-2")), Day("2025-03-01"));
  EXPECT_EQ(calendar->TermOf(Day("2024-02-26")), T("2023-2024-2"));
  EXPECT_EQ(calendar->LastDay(T("2023-2024-1")), Day("2024-02-25"));
  for (const char* row :
       {"2023-2024-2,2024-02-30,2024-03-31,2024-05-31,x\n", "2023-2024-2,2024-04-01,2024-03-31,2024-05-31,x\n",
        "2023-2024-3,2024-02-26,2024-03-31,2024-05-31,x\n", "2023-2024-2,2023-08-01,2024-03-31,2024-05-31,x\n",
        "2023-2024-2,2024-02-26,2024-03-31,2024-09-01,x\n", "spring,02-29,03-31,05-31,x\n"}) {
    EXPECT_EQ(ReasonOf(TermCalendar::Parse("t", head + row).status()), "DATA_FILE") << row;
  }
  EXPECT_EQ(ReasonOf(TermCalendar::Parse("t", "term,first_day,census,cut_off,source\n").status()), "DATA_FILE");
}

TEST(Amounts, HalvesOfAYear) {  // DR-02: 312.50 is half of 625; the odd fen goes to the autumn
  EXPECT_EQ(HalfOfAnnualFen(62500, Season::kAutumn), 31250);
  EXPECT_EQ(HalfOfAnnualFen(62500, Season::kSpring), 31250);
  EXPECT_EQ(HalfOfAnnualFen(62501, Season::kAutumn), 31251);
  EXPECT_EQ(HalfOfAnnualFen(62501, Season::kSpring), 31250);
}

TEST(Ages, FullYears) {
  EXPECT_EQ(FullYears(Day("2017-08-31"), Day("2023-08-31")), 6);
  EXPECT_EQ(FullYears(Day("2017-09-01"), Day("2023-08-31")), 5);
  EXPECT_EQ(FullYears(Day("2016-02-29"), Day("2023-02-28")), 6);
  EXPECT_EQ(FullYears(Day("2016-02-29"), Day("2023-03-01")), 7);
  EXPECT_EQ(FullYears(Day("2023-09-02"), Day("2023-09-01")), -1);
}

TEST(Ages, SchoolAge) {  // DR-08: on 31 August of the year in which the school year starts
  EXPECT_EQ(SchoolAge(Day("2017-08-31"), {2023}), 6);
  EXPECT_EQ(SchoolAge(Day("2017-09-01"), {2023}), 5);
  EXPECT_EQ(SchoolAge(Day("2007-09-01"), {2023}), 15);
  EXPECT_EQ(SchoolAge(Day("2007-08-31"), {2023}), 16);
}

TEST(Ages, HalfYears) {                                            // DR-09
  EXPECT_EQ(HalfYears(Day("2013-03-10"), Day("2023-09-08")), 20);  // 10 years 5 months 29 days -> 10.0
  EXPECT_EQ(HalfYears(Day("2013-03-10"), Day("2023-09-09")), 20);
  EXPECT_EQ(HalfYears(Day("2013-03-10"), Day("2023-09-10")), 21);  // 10 years 6 months -> 10.5
  EXPECT_EQ(HalfYears(Day("2013-03-10"), Day("2024-03-09")), 21);
  EXPECT_EQ(HalfYears(Day("2013-03-10"), Day("2024-03-10")), 22);
  EXPECT_EQ(HalfYears(Day("2013-08-31"), Day("2024-02-29")), 20);
  EXPECT_EQ(HalfYears(Day("2013-08-31"), Day("2024-03-01")), 21);
  EXPECT_EQ(HalfYears(Day("2023-09-02"), Day("2023-09-01")), -1);
}

}  // namespace
}  // namespace ruraledu
