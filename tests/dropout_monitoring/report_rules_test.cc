// Zero reports, the cleared state, periods of reviews, tables of cases and responsibilities: digest 3.3, 3.6, 6.3,
// DR-31.
#include "services/dropout_monitoring/report_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/responsibility_rules.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;

TermCalendar Terms() {
  const std::string text = ShippedFile("data/term-calendar.csv");
  return TermCalendar::Parse("term-calendar.csv", text).value();
}

TEST(ReportRules, ZeroIsStatedExactlyWhenItIs) {
  v1::ZeroFigures figures;
  figures.set_registered(100);
  figures.set_present(98);
  EXPECT_TRUE(CheckFigures(figures, true).ok());
  EXPECT_EQ(ReasonOf(CheckFigures(figures, false)), "ZERO_NOT_STATED");
  figures.set_suspected_total(1);
  EXPECT_EQ(ReasonOf(CheckFigures(figures, true)), "ZERO_NOT_STATED");
  EXPECT_TRUE(CheckFigures(figures, false).ok());
  figures.set_suspected_new(2);
  EXPECT_EQ(ReasonOf(CheckFigures(figures, false)), "REPORT_FIGURES");
  figures.set_suspected_new(1);
  figures.set_dropped_new(1);
  EXPECT_EQ(ReasonOf(CheckFigures(figures, false)), "REPORT_FIGURES");
  figures.set_dropped_total(1);
  EXPECT_TRUE(CheckFigures(figures, false).ok());
  figures.set_on_leave(3);
  EXPECT_EQ(ReasonOf(CheckFigures(figures, false)), "REPORT_FIGURES");
  figures.set_on_leave(-1);
  EXPECT_EQ(ReasonOf(CheckFigures(figures, false)), "REPORT_FIGURES");
}

TEST(ReportRules, MonthsAndTheirLastDay) {
  EXPECT_EQ(MonthOf(absl::CivilDay(2023, 9, 11)), "2023-09");
  EXPECT_EQ(ReasonOf(ParseMonth("2023-9").status()), "MONTH_FORMAT");
  EXPECT_EQ(ReasonOf(ParseMonth("2023-13").status()), "MONTH_FORMAT");
  EXPECT_EQ(ReportDue(absl::CivilMonth(2024, 2), 28), absl::CivilDay(2024, 2, 28));
  EXPECT_TRUE(MonthsDue(absl::CivilDay(2023, 9, 28), 28, Terms()).empty());
  EXPECT_THAT(MonthsDue(absl::CivilDay(2023, 10, 29), 28, Terms()),
              ElementsAre(absl::CivilMonth(2023, 9), absl::CivilMonth(2023, 10)));
}

TEST(ReportRules, AnotherPersonSigns) {
  v1::ZeroReport report;
  report.set_state(v1::ZERO_REPORT_STATE_PREPARED);
  report.set_prepared_by("a");
  *report.mutable_due_on() = DateOf(absl::CivilDay(2023, 9, 28));
  EXPECT_EQ(ReasonOf(Sign("a", absl::CivilDay(2023, 9, 28), &report)), "ROLE_HELD");
  v1::ZeroReport late = report;
  ASSERT_TRUE(Sign("b", absl::CivilDay(2023, 9, 28), &report).ok());
  EXPECT_FALSE(report.late());
  ASSERT_TRUE(Sign("b", absl::CivilDay(2023, 9, 29), &late).ok());
  EXPECT_TRUE(late.late());
  EXPECT_EQ(ReasonOf(Sign("b", absl::CivilDay(2023, 9, 29), &late)), "STATE_TRANSITION");
}

ruraledu::registry::v1::School School(const std::string& id, const std::string& stage = "PRI") {
  ruraledu::registry::v1::School school;
  school.set_name("counties/411728/schools/" + id);
  school.add_stages(stage);
  school.set_state(ruraledu::registry::v1::SCHOOL_STATE_OPEN);
  return school;
}

TEST(ReportRules, OnlySchoolsOfTheMonthOwe) {
  const absl::CivilMonth month(2023, 9);
  EXPECT_TRUE(OwesReport(School("s"), month));
  EXPECT_FALSE(OwesReport(School("s", "PRE"), month));
  auto school = School("s");
  *school.mutable_opened_on() = DateOf(absl::CivilDay(2023, 10, 1));
  EXPECT_FALSE(OwesReport(school, month));
  *school.mutable_opened_on() = DateOf(absl::CivilDay(2023, 9, 30));
  EXPECT_TRUE(OwesReport(school, month));
  school.set_state(ruraledu::registry::v1::SCHOOL_STATE_CLOSED);
  *school.mutable_closed_on() = DateOf(absl::CivilDay(2023, 8, 31));
  EXPECT_FALSE(OwesReport(school, month));
  *school.mutable_closed_on() = DateOf(absl::CivilDay(2023, 9, 1));
  EXPECT_TRUE(OwesReport(school, month));
}

TEST(ReportRules, SilenceIsNotZero) {
  v1::ZeroReport report;
  report.set_school("counties/411728/schools/a");
  report.mutable_figures()->set_dropped_total(2);
  report.set_late(true);
  const absl::CivilDay due(2023, 9, 28);
  const auto sum = RollUp(absl::CivilMonth(2023, 9), due, due,
                          {School("c"), School("a"), School("b"), School("k", "PRE")}, {report});
  EXPECT_EQ(sum.figures().dropped_total(), 2);
  EXPECT_EQ(sum.schools(), 3);
  EXPECT_EQ(sum.reported(), 1);
  EXPECT_EQ(sum.late(), 1);
  EXPECT_FALSE(sum.overdue());
  EXPECT_THAT(sum.missing(), ElementsAre("counties/411728/schools/b", "counties/411728/schools/c"));
  EXPECT_TRUE(RollUp(absl::CivilMonth(2023, 9), due, due + 1, {}, absl::Span<const v1::ZeroReport>()).overdue());
}

TEST(ReportRules, ClearedInTotalAndApart) {
  using enum v1::CaseState;
  const absl::CivilDay on(2023, 12, 31);
  // A child of both kinds is in both columns and once in the total; suspected and trial break nothing.
  auto state = Clear(
      on, {{CASE_STATE_LEGAL_1, {"P2", "M1"}}, {CASE_STATE_RETURNED_TRIAL, {"P1"}}, {CASE_STATE_SUSPECTED, {}}}, 0);
  EXPECT_EQ(state.total().dropouts(), 1);
  EXPECT_EQ(state.out_of_poverty().dropouts(), 1);
  EXPECT_EQ(state.monitored().dropouts(), 1);
  EXPECT_EQ(state.total().suspected(), 1);
  EXPECT_EQ(state.out_of_poverty().on_trial(), 1);
  EXPECT_FALSE(state.total().cleared());
  state = Clear(on, {{CASE_STATE_PERSUADING, {"D1"}}}, 0);
  EXPECT_FALSE(state.total().cleared());
  EXPECT_TRUE(state.out_of_poverty().cleared());
  EXPECT_TRUE(state.monitored().cleared());
  state = Clear(on, {{CASE_STATE_RETURNED_TRIAL, {"P1"}}}, 1);  // a missing report breaks every column
  EXPECT_FALSE(state.total().cleared());
  EXPECT_FALSE(state.out_of_poverty().cleared());
  EXPECT_FALSE(state.monitored().cleared());
}

TEST(ReportRules, StateOfAPastDay) {
  v1::Case file;
  const auto step = [&](int day, const char* to) {
    *file.add_steps()->mutable_on() = DateOf(absl::CivilDay(2023, 9, day));
    file.mutable_steps()->rbegin()->set_to(to);
  };
  step(11, "SUSPECTED");
  step(12, "VERIFYING");
  step(20, "CONFIRMED");
  EXPECT_EQ(StateOn(file, absl::CivilDay(2023, 9, 10)), v1::CASE_STATE_UNSPECIFIED);
  EXPECT_EQ(StateOn(file, absl::CivilDay(2023, 9, 19)), v1::CASE_STATE_VERIFYING);
  EXPECT_EQ(StateOn(file, absl::CivilDay(2023, 9, 20)), v1::CASE_STATE_CONFIRMED);
}

TEST(ReportRules, PeriodsOfTheFourOnes) {
  const TermCalendar terms = Terms();
  auto span = SpanOf(v1::REVIEW_KIND_QUARTER, "2023-Q4", terms);
  ASSERT_TRUE(span.ok());
  EXPECT_EQ(span->first, absl::CivilMonth(2023, 10));
  EXPECT_EQ(span->due, absl::CivilDay(2023, 12, 31));
  span = SpanOf(v1::REVIEW_KIND_TERM, "2023-2024-1", terms);
  ASSERT_TRUE(span.ok());
  EXPECT_EQ(span->first, absl::CivilMonth(2023, 9));
  EXPECT_EQ(span->due, absl::CivilDay(2024, 2, 29));
  span = SpanOf(v1::REVIEW_KIND_YEAR, "2023-2024", terms);
  ASSERT_TRUE(span.ok());
  EXPECT_EQ(span->due, absl::CivilDay(2024, 8, 31));
  for (const char* period : {"2023-Q5", "2023-Q0", "2023Q1", "xxxx-Q1", ""}) {
    EXPECT_EQ(ReasonOf(SpanOf(v1::REVIEW_KIND_QUARTER, period, terms).status()), "REVIEW_PERIOD") << period;
  }
  EXPECT_EQ(ReasonOf(SpanOf(v1::REVIEW_KIND_TERM, "2023-2024", terms).status()), "REVIEW_PERIOD");
  EXPECT_EQ(ReasonOf(SpanOf(v1::REVIEW_KIND_YEAR, "2023", terms).status()), "REVIEW_PERIOD");
  EXPECT_EQ(ReasonOf(SpanOf(v1::REVIEW_KIND_UNSPECIFIED, "2023", terms).status()), "REVIEW_PERIOD");
}

TEST(ReportRules, AReviewIsMissingWhenItsPeriodIsOver) {
  const TermCalendar terms = Terms();
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  const absl::CivilDay on(2024, 3, 1);
  EXPECT_THAT(PeriodsOver(v1::REVIEW_KIND_QUARTER, on, terms), ElementsAre("2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"));
  EXPECT_THAT(PeriodsOver(v1::REVIEW_KIND_TERM, on, terms), ElementsAre("2022-2023-2", "2023-2024-1"));
  EXPECT_THAT(PeriodsOver(v1::REVIEW_KIND_TERM, on - 2, terms), ElementsAre("2022-2023-1", "2022-2023-2"))
      << "the autumn ends on 29 February, the one before ended on the 28th";
  EXPECT_THAT(PeriodsOver(v1::REVIEW_KIND_YEAR, on, terms), ElementsAre("2022-2023"));
  const auto missing = [&](const ReviewsOfCounty& has) {
    std::vector<std::string> texts;
    for (const v1::MissingReview& one : MissingReviews(has, on, terms)) {
      texts.push_back(absl::StrCat(v1::ReviewKind_Name(one.kind()).substr(12), ".", one.period()));
    }
    return texts;
  };
  EXPECT_THAT(missing({}), IsEmpty()) << "nothing was reported: that is missing, not the review";
  ReviewsOfCounty has{.first_month = absl::CivilMonth(2023, 9)};
  EXPECT_THAT(missing(has), ElementsAre("QUARTER.2023-Q3", "QUARTER.2023-Q4", "TERM.2023-2024-1"));
  has.approved = {{v1::REVIEW_KIND_QUARTER, "2023-Q4"}, {v1::REVIEW_KIND_TERM, "2023-2024-1"}};
  EXPECT_THAT(missing(has), ElementsAre("QUARTER.2023-Q3"));
  has.first_month = absl::CivilMonth(2023, 1);
  EXPECT_THAT(missing(has), ElementsAre("QUARTER.2023-Q1", "QUARTER.2023-Q2", "QUARTER.2023-Q3", "TERM.2022-2023-2",
                                        "YEAR.2022-2023"));
}

TEST(ResponsibilityRules, SlotsAreData) {
  const std::string text = ShippedFile("policies/dropout_monitoring/responsibility_slots.csv");
  const auto slots = ParseResponsibilitySlots(text).value();
  std::map<std::string, int> counts;
  for (const auto& slot : slots) ++counts[slot.mechanism()];
  EXPECT_EQ(counts["FIVE_IN_ONE"], 5);
  EXPECT_EQ(counts["SEVEN_HEADS"], 7);
  EXPECT_EQ(FindSlot(slots, "TWO_LINES", "NOBODY"), nullptr);
  const std::string head = "mechanism,slot,line,spine,names_child,label_zh,label_en,source\n";
  for (const char* row : {"A,B,NO,SCHOOL,0,x,x,3.3\n", "A,B,,AIR,0,x,x,3.3\n", "A,B,,SCHOOL,1,x,x,3.3\n",
                          "A,B,,SCHOOL,0,x,x,\n", "A,B,,SCHOOL,0,x,x,3.3\nA,B,,SCHOOL,0,x,x,3.3\n"}) {
    EXPECT_EQ(ReasonOf(ParseResponsibilitySlots(head + row).status()), "DATA_FILE") << row;
  }
  const auto area = [&](const char* slot, const char* subject) {
    return AreaOfSubject(*FindSlot(slots, "TWO_LINES", slot), "411728", subject);
  };
  EXPECT_EQ(area("VILLAGE", "411728103001").value(), "411728103");
  EXPECT_EQ(area("CLASS", "411728103/s1/k1").value(), "411728103/s1/k1");
  EXPECT_EQ(area("COUNTY", "411728").value(), "411728");
  for (const char* subject : {"500243101001", "411728103/s1/k1", "x", ""}) {
    EXPECT_EQ(ReasonOf(area("VILLAGE", subject).status()), "RESPONSIBILITY_SUBJECT") << subject;
  }
}

TEST(ResponsibilityRules, EachChildNeedsANameInEachLine) {
  NamedOf named;
  EXPECT_EQ(LinesWithout(named, "p", "411728103/s1/k1", "411728103001").size(), 2);
  named.administration.insert("411728103001");
  EXPECT_THAT(LinesWithout(named, "p", "411728103/s1/k1", "411728103001"), ElementsAre(v1::CONTROL_LINE_EDUCATION));
  named.education.insert("p");
  EXPECT_TRUE(LinesWithout(named, "p", "411728103/s1/k1", "411728103001").empty());
}

TEST(ResponsibilityRules, ComponentsAreTheCountysOwn) {
  v1::Mechanism mechanism;
  EXPECT_EQ(ReasonOf(CheckComponents(mechanism)), "MECHANISM_COMPONENTS");
  for (int number = 1; number <= 5; ++number) {
    mechanism.add_components()->set_number(number);
    mechanism.mutable_components()->rbegin()->set_text("一");
  }
  EXPECT_TRUE(CheckComponents(mechanism).ok());
  mechanism.mutable_components(4)->set_number(7);
  EXPECT_EQ(ReasonOf(CheckComponents(mechanism)), "MECHANISM_COMPONENTS");
}

TEST(CasePolicyRules, DataIsChecked) {
  const CaseFiles good = ShippedCaseFiles();
  ASSERT_TRUE(ParseCasePolicies(good).ok());
  const auto wrong = [&](std::string CaseFiles::*file, const std::string& from, const std::string& to) {
    CaseFiles files = good;
    const std::string text = absl::StrReplaceAll(files.*file, {{from, to}});
    EXPECT_NE(text, files.*file) << from;
    files.*file = text;
    EXPECT_EQ(ReasonOf(ParseCasePolicies(files).status()), "DATA_FILE") << from << " -> " << to;
  };
  wrong(&CaseFiles::policies, ",7,1,15,0,10,28,", ",16,1,15,0,10,28,");
  wrong(&CaseFiles::policies, ",7,1,15,0,10,28,", ",7,1,16,0,10,28,");
  wrong(&CaseFiles::policies, ",7,1,15,0,10,28,", ",7,1,15,x,10,28,");
  wrong(&CaseFiles::policies, ",7,1,15,0,10,28,", ",7,1,15,0,10,29,");
  wrong(&CaseFiles::policies, ",7,1,15,0,10,28,", ",7,1,15,0,0,28,");
  wrong(&CaseFiles::policies, ",10,28,365,", ",10,28,0,");
  wrong(&CaseFiles::policies, "CN,1,,2020", "CN,1,41,2020");
  wrong(&CaseFiles::policies, "CN,1,,2020", "CN,1,410000000000,2020");  // no row of the nation
  wrong(&CaseFiles::terms, "CN,1,CLOSE,", "CN,1,SLEEP,");
  wrong(&CaseFiles::terms, "CN,1,CLOSE,", "CN,1,VERIFY,");
  wrong(&CaseFiles::terms, "CN,1,CLOSE,", "CN,2,CLOSE,");
  wrong(&CaseFiles::ladder, "CN,1,2,7,", "CN,1,3,7,");
  wrong(&CaseFiles::ladder, "CN,1,2,7,", "CN,1,2,1,");
  wrong(&CaseFiles::ladder, "TOWNSHIP", "VILLAGE");
}

TEST(CasePolicyRules, TheLowestRegionRules) {
  CaseFiles files = ShippedCaseFiles();
  files.policies += "HN,1,410000000000,2021-01-01,30,3,1,3,7,1,15,1,10,25,365,河南,test\n";
  for (const char* action :
       {"VERIFY", "FIND_OUT", "DECIDE", "PERSUADE", "LEGAL_STEP", "AWAIT_TERM", "FOLLOW_UP", "CLOSE"}) {
    files.terms += std::string("HN,1,") + action + ",3,test\n";
  }
  const CaseBook book(ParseCasePolicies(files).value(), ShippedCaseCodes(), CodesAbove);
  EXPECT_EQ(book.InForce("411728000000", absl::CivilDay(2023, 9, 1)).value()->name(), "casePolicies/HN@1");
  EXPECT_EQ(book.InForce("411728000000", absl::CivilDay(2020, 12, 31)).value()->name(), "casePolicies/CN@1");
  EXPECT_EQ(book.InForce("500243000000", absl::CivilDay(2023, 9, 1)).value()->name(), "casePolicies/CN@1");
  EXPECT_EQ(ReasonOf(book.InForce("500243000000", absl::CivilDay(2019, 9, 1)).status()), "CASE_POLICY_MISSING");
  EXPECT_EQ(ReasonOf(book.Find("casePolicies/X@1").status()), "CASE_POLICY_UNKNOWN");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
