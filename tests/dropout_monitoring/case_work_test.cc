// How the work on cases goes (anchor table A2 row 24): the rules as a table, and the report.
#include "absl/strings/str_join.h"
#include "common/domain/report_cells.h"
#include "services/dropout_monitoring/case_work_rules.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;

constexpr WorkedDays kNovember{absl::CivilDay(2023, 11, 1), absl::CivilDay(2023, 11, 30)};
constexpr int kNone = 0;

// Days of November; 0: none, negative: of October, above 30: of December.
v1::Case File(int found, int closed, int attended = kNone, const std::string& officer = "") {
  const auto day = [](int date) { return DateOf(absl::CivilDay(2023, 11, 1) + (date > 0 ? date - 1 : date)); };
  v1::Case file;
  *file.mutable_discovered_on() = day(found);
  if (closed != kNone) {
    *file.mutable_closed_on() = day(closed);
    file.set_outcome(v1::CASE_OUTCOME_RETURNED);
  }
  if (attended != kNone) *file.mutable_last_attended_on() = day(attended);
  file.set_officer(officer);
  return file;
}
CaseWork Of(const std::vector<v1::Case>& files) {
  CaseWork work;
  for (const v1::Case& file : files) {
    AddCaseWork(ShippedCases().codes(), file, kNovember, absl::CivilDay(2023, 12, 5), &work);
  }
  return work;
}

TEST(CaseWorkRules, CountsWhatFellIntoTheDays) {
  const CaseWork work = Of(
      {File(2, 20, 1), File(-10, 9), File(5, kNone, -2, "a"), File(28, 35, 25, "b"), File(-20, -5), File(33, kNone)});
  EXPECT_EQ(work.opened, 3) << "the 2nd, the 5th, the 28th";
  EXPECT_EQ(work.closed, 2) << "the 9th and the 20th";
  EXPECT_EQ(work.returned, 2);
  EXPECT_EQ(work.open, 2) << "one of them was closed in December";
  EXPECT_THAT(work.officers, ElementsAre("a", "b"));
  EXPECT_THAT(work.days_to_find, ElementsAre(1, 6, 3));
  EXPECT_THAT(work.days_to_close, ElementsAre(18, 18));
}

TEST(CaseWorkRules, ADuplicateIsNoCaseOfItsOwn) {
  v1::Case twice = File(2, 20, 1);
  twice.set_outcome(v1::CASE_OUTCOME_DUPLICATE);
  v1::CaseContact* contact = twice.add_contacts();
  *contact->mutable_on() = DateOf(absl::CivilDay(2023, 11, 9));
  contact->set_means("VISIT");
  const CaseWork work = Of({twice});
  EXPECT_EQ(work.opened + work.closed + work.open, 0);
  EXPECT_EQ(work.visits, 1);
}

TEST(CaseWorkRules, LateIsWhatIsLateToday) {
  v1::Case late = File(5, kNone), in_time = late, closed_since = File(5, 35);
  *late.mutable_due_on() = *closed_since.mutable_due_on() = DateOf(absl::CivilDay(2023, 12, 4));
  *in_time.mutable_due_on() = DateOf(absl::CivilDay(2023, 12, 5));
  const CaseWork work = Of({late, in_time, closed_since});
  EXPECT_EQ(work.open, 3);
  EXPECT_EQ(work.late, 1);
}

TEST(CaseWorkRules, ContactsAreThoseOfTheDays) {
  v1::Case file = File(-10, kNone);
  for (const auto& [date, means] : {std::pair(30, "VISIT"), {1, "PHONE"}, {31, "VISIT"}, {-1, "VISIT"}}) {
    v1::CaseContact* contact = file.add_contacts();
    *contact->mutable_on() = DateOf(absl::CivilDay(2023, 11, 1) + (date > 0 ? date - 1 : date));
    contact->set_means(means);
  }
  file.set_relapse_count(2);
  const CaseWork work = Of({file});
  EXPECT_EQ(work.contacts, 2);
  EXPECT_EQ(work.visits, 1);
  EXPECT_EQ(work.relapses, 2);
}

TEST(CaseWorkRules, TheMedianIsADayThatOneOfThemTook) {
  EXPECT_EQ(MedianOf({}), std::nullopt);
  EXPECT_EQ(MedianOf({7}), 7);
  EXPECT_EQ(MedianOf({9, 1}), 1) << "the lower one of the two";
  EXPECT_EQ(MedianOf({30, 2, 4}), 4);
  CaseWork all = Of({File(2, 20, 1)});
  AddCaseWork(Of({File(5, 6, -2, "a"), File(9, kNone, 9, "a")}), &all);
  EXPECT_EQ(MedianOf(all.days_to_find), 1) << "of both schools together, not of their medians";
  EXPECT_EQ(all.opened, 3);
  EXPECT_EQ(all.officers.size(), 1u);
}

class CaseWorkReportTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  CaseWorkReportTest() : CaseFixture(OptionsOf(GetParam())) {}
  absl::StatusOr<v1::Report> Get(const std::string& period, const std::string& area = "411728") {
    v1::GetReportRequest request;
    request.set_area("areas/" + area);
    request.set_report(v1::REPORT_KIND_CASE_WORK);
    request.set_period(period);
    return As("reader", area, "GetReport", request, &Handlers::GetReport);
  }
  static std::string Line(const v1::Report& report, const reports_v1::ReportRow& row) {
    std::vector<std::string> cells;
    for (const auto& cell : row.cells()) cells.push_back(CellText(cell));
    EXPECT_EQ(row.cells_size(), report.columns_size());
    return absl::StrJoin(cells, "|");
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, CaseWorkReportTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(CaseWorkReportTest, BySchoolWithATotal) {
  Confirmed("p1");  // found on 11 September, three visits
  ASSERT_TRUE(OpenFor("p2").ok());
  const auto report = Get("2023-09-01..2023-09-30");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->title_zh().substr(0, std::string("控辍保学办案质效表").size()), "控辍保学办案质效表");
  ASSERT_EQ(report->rows_size(), 1);
  const std::string line = Line(*report, report->rows(0));
  EXPECT_TRUE(line.starts_with("411728103|")) << line;
  EXPECT_TRUE(line.ends_with("|2|0|0|2|0|0|3|3|0||")) << line;
  EXPECT_TRUE(Line(*report, report->total()).ends_with("|2|0|0|2|0|0|3|3|0||")) << Line(*report, report->total());
  const auto before = Get("2023-08-01..2023-08-31");
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(Line(*before, before->total()), "合计|||0|0|0|0|0|0|0|0|0||");
  const auto elsewhere = Get("2023-09-01..2023-09-30", "411728102");
  ASSERT_TRUE(elsewhere.ok()) << elsewhere.status();
  EXPECT_EQ(elsewhere->rows_size(), 0) << "a township sees its own";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
