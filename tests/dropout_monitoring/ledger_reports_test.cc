// Ledgers as reports: who is in them, in which order, and who sees whom, on both databases.
#include "absl/strings/str_join.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class LedgerTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  LedgerTest() : CaseFixture(OptionsOf(GetParam())) {}

  static v1::GetReportRequest Asking(v1::ReportKind kind, const std::string& period,
                                     const std::string& area = "areas/411728") {
    v1::GetReportRequest request;
    request.set_area(area);
    request.set_report(kind);
    request.set_period(period);
    return request;
  }
  v1::Report Get(const v1::GetReportRequest& request, const std::string& area = "411728") {
    const auto report = As("reader", area, "GetReport", request, &Handlers::GetReport);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::Report());
  }
  // A column of all rows.
  static std::vector<std::string> Column(const v1::Report& report, const std::string& id) {
    std::vector<std::string> values;
    for (int i = 0; i < report.columns_size(); ++i) {
      if (report.columns(i).id() != id) continue;
      for (const auto& row : report.rows()) values.push_back(CellText(row.cells(i)));
    }
    for (const auto& row : report.rows()) EXPECT_EQ(row.cells_size(), report.columns_size());
    if (report.has_total()) {
      EXPECT_TRUE(report.total().cells().empty() || report.total().cells_size() == report.columns_size());
    }
    return values;
  }
  // A person of the county with a role of the shipped table.
  static rpc::Caller Person(const std::string& role) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = "411728", .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"DROPOUT_CASE"};
    access->grants = {grant};
    return {.subject = "officer", .issuer = "test", .access = std::move(access)};
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, LedgerTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(LedgerTest, TheLedgersOfADay) {
  ASSERT_TRUE(OpenFor("p2").ok());
  Confirmed("p1");  // three days later
  const std::string day = DayText(today);
  EXPECT_THAT(Column(Get(Asking(v1::REPORT_KIND_SUSPECTED, day)), "name"), ElementsAre("王**"));
  const v1::Report dropouts = Get(Asking(v1::REPORT_KIND_DROPOUTS, day));
  EXPECT_EQ(dropouts.title_zh(), absl::StrCat("辍学学生台账（遂平县，", day, "）"));
  EXPECT_THAT(Column(dropouts, "state"), ElementsAre("确认辍学"));
  EXPECT_THAT(Column(dropouts, "guardians"), ElementsAre("")) << "left out without the right to see it";
  EXPECT_TRUE(dropouts.masked());
  EXPECT_EQ(CellText(dropouts.total().cells(0)), "合计 1");
  // On the day before nobody had been confirmed: both were suspected.
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_DROPOUTS, DayText(today - 1))).rows_size(), 0);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_SUSPECTED, DayText(today - 1))).rows_size(), 2);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_SUSPECTED, DayText(today - 10))).rows_size(), 0);
  // Below the county.
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_SUSPECTED, day, "areas/411728103/s1"), "411728103/s1").rows_size(), 1);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_SUSPECTED, day, "areas/411728103/s2"), "411728103/s2").rows_size(), 0);
}

TEST_P(LedgerTest, InClearWithPermissionAndPurposeOnly) {
  ASSERT_TRUE(OpenFor("p1").ok());
  auto request = Asking(v1::REPORT_KIND_SUSPECTED, DayText(today));
  request.set_unmask(true);
  const auto clear = [&](const std::string& role, const std::string& purpose) {
    return monitoring.CallAs(Person(role), "GetReport", request, &Handlers::GetReport, purpose);
  };
  EXPECT_EQ(Reason(clear("PRINCIPAL", "DROPOUT_CASE")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(clear("COUNTY_DROPOUT_OFFICER", "")), "PURPOSE_REQUIRED");
  const auto shown = clear("COUNTY_DROPOUT_OFFICER", "DROPOUT_CASE");
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_FALSE(shown->masked());
  EXPECT_THAT(Column(*shown, "name"), ElementsAre("王小明"));
  EXPECT_THAT(Column(*shown, "guardians"), ElementsAre("王大山"));
  EXPECT_EQ(Reason(As("job", "411728", "GetReport", request, &Handlers::GetReport)), "PERMISSION_DENIED");
  v1::ExportReportRequest file;
  file.set_area("areas/411728");
  file.set_report(v1::REPORT_KIND_SUSPECTED);
  file.set_period(DayText(today));
  EXPECT_THAT(*monitoring.Export(Person("COUNTY_DROPOUT_OFFICER"), file), Not(HasSubstr("王小明")));
  file.set_unmask(true);
  EXPECT_THAT(*monitoring.Export(Person("COUNTY_DROPOUT_OFFICER"), file, "DROPOUT_CASE"), HasSubstr("王小明"));
}

TEST_P(LedgerTest, APlatformGetsItsOwnColumns) {
  Confirmed("p1");
  v1::Report platform = Get(Asking(v1::REPORT_KIND_PLATFORM_LEDGER, DayText(today)));
  EXPECT_EQ(platform.columns(0).label_zh(), "姓名");
  EXPECT_THAT(Column(platform, "state"), ElementsAre("辍学"));
  EXPECT_THAT(Column(platform, "name"), ElementsAre("王**"));
  EXPECT_TRUE(platform.total().cells().empty()) << "a platform wants records only";
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_PLATFORM_BASIC, DayText(today))).columns_size(), 0) << "from 2024 on";
  platform = Get(Asking(v1::REPORT_KIND_PLATFORM_LEDGER, DayText(today - 3)));
  EXPECT_THAT(Column(platform, "state"), ElementsAre("疑似"));
}

TEST_P(LedgerTest, ReportsOfSchoolsAndThoseThatAreMissing) {
  v1::PrepareZeroReportRequest prepare = Of<v1::PrepareZeroReportRequest>("");
  prepare.set_parent(kCounty);
  prepare.set_school(absl::StrCat(kCounty, "/schools/s1"));
  prepare.set_month("2023-09");
  prepare.mutable_figures()->set_registered(30);
  prepare.mutable_figures()->set_present(29);
  prepare.set_zero(true);
  const auto prepared = As("clerk", "411728", "PrepareZeroReport", prepare, &Handlers::PrepareZeroReport);
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_ZERO_REPORTS, "2023-09")).rows_size(), 0) << "nobody signed it";
  v1::SignZeroReportRequest sign = Of<v1::SignZeroReportRequest>(prepared->name());
  sign.set_etag(prepared->etag());
  ASSERT_TRUE(As("principal", "411728", "SignZeroReport", sign, &Handlers::SignZeroReport).ok());
  const v1::Report reports = Get(Asking(v1::REPORT_KIND_ZERO_REPORTS, "2023-09"));
  EXPECT_THAT(Column(reports, "present"), ElementsAre("29"));
  EXPECT_EQ(CellText(reports.total().cells(3)), "30");
  EXPECT_THAT(Column(Get(Asking(v1::REPORT_KIND_MISSING_REPORTS, "2023-09")), "state"), ElementsAre(""));
  On(10, 9);
  EXPECT_THAT(Column(Get(Asking(v1::REPORT_KIND_MISSING_REPORTS, "2023-09")), "state"), ElementsAre("MISSING_REPORT"));
  EXPECT_EQ(
      Reason(As("r", "411728", "GetReport", Asking(v1::REPORT_KIND_MISSING_REPORTS, "2023-9"), &Handlers::GetReport)),
      "REPORT_PERIOD");
}

TEST_P(LedgerTest, ChildrenWithoutANamePageByPage) {
  auto request = Asking(v1::REPORT_KIND_RESPONSIBILITY_GAPS, DayText(today));
  request.set_page_size(2);
  const v1::Report first = Get(request);
  EXPECT_THAT(Column(first, "person"), ElementsAre("p1", "p2"));
  EXPECT_THAT(Column(first, "name"), ElementsAre("王**", "王**"));
  EXPECT_THAT(Column(first, "lines"), ElementsAre("行政线、教育线", "行政线、教育线"));
  request.set_page_token(first.next_page_token());
  const v1::Report second = Get(request);
  EXPECT_THAT(Column(second, "person"), ElementsAre("p3"));
  request.set_page_token(second.next_page_token());
  const v1::Report last = second.next_page_token().empty() ? second : Get(request);
  EXPECT_EQ(CellText(last.total().cells(0)), "合计 3");
}

TEST_P(LedgerTest, CasesAreOnTheDashboard) {
  ASSERT_TRUE(OpenFor("p2").ok());
  Confirmed("p1");
  EXPECT_EQ(monitoring.Counter("open_cases", "411728", "SUSPECTED"), 1);
  EXPECT_EQ(monitoring.Counter("open_cases", "411728", "DROPOUT"), 1);
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
