// Reports of the office: figures that tie to counters, lists that are complete page by page, names that are masked.
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/office_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OfficeReportTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  OfficeReportTest() : OfficeFixture(OptionsOf(GetParam())) {}

  static v1::GetReportRequest Asking(v1::ReportKind kind, const std::string& area = "areas/411728") {
    v1::GetReportRequest request;
    request.set_area(area);
    request.set_report(kind);
    request.set_period(kAutumn);
    return request;
  }
  v1::Report Get(const v1::GetReportRequest& request, const std::string& area = "411728") {
    const auto report = As("reader", "GetReport", request, &Handlers::GetReport, area);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::Report());
  }
  static std::vector<std::string> Lines(const v1::Report& report) {
    std::vector<std::string> lines;
    for (const reports_v1::ReportRow& row : report.rows()) {
      EXPECT_EQ(row.cells_size(), report.columns_size());
      lines.push_back(Line(row));
    }
    if (report.has_total()) EXPECT_EQ(report.total().cells_size(), report.columns_size());
    return lines;
  }
  // All rows of a report of several pages, and its total as the last line.
  std::vector<std::string> AllLines(v1::ReportKind kind, int size) {
    auto request = Asking(kind);
    request.set_page_size(size);
    std::vector<std::string> lines;
    v1::Report page;
    do {
      page = Get(request);
      for (const std::string& line : Lines(page)) lines.push_back(line);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    lines.push_back(Line(page.total()));
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, OfficeReportTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(OfficeReportTest, IdentificationByLevelAndKind) {
  PutCounty(registry);  // p1 is P2 by its household again
  ASSERT_TRUE(aid.CatchUp().ok());
  Bring("p1", "CONFIRMED");
  Bring("p3", "CONFIRMED");
  const v1::Report report = Get(Asking(v1::REPORT_KIND_IDENTIFICATION));
  EXPECT_THAT(Lines(report), ElementsAre("411728|认定等级|1|特别困难|1", "411728|认定等级|3|一般困难|1",
                                         "411728|困难类型|N1|" + OfficeTables().kinds().Find("N1")->label_zh + "|1",
                                         "411728|困难类型|P2|脱贫户（享受政策）|1"));
  EXPECT_EQ(Line(report.total()), "合计（按等级）||||2");
  EXPECT_EQ(report.title_zh(), "家庭经济困难学生认定情况汇总表（遂平县，2023-2024-1学期）");
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_IDENTIFICATION, "areas/41"), "41").title_zh(),
            "家庭经济困难学生认定情况汇总表（河南省，2023-2024-1学期）");
}

TEST_P(OfficeReportTest, CoverageAndTheGapsBehindIt) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  ASSERT_TRUE(aid.Compare().ok());
  const v1::Report coverage = Get(Asking(v1::REPORT_KIND_COVERAGE));
  ASSERT_GT(coverage.rows_size(), 0);
  EXPECT_EQ(coverage.total().cells(3).count(), aid.Counter("should_items"));
  EXPECT_EQ(coverage.total().cells(5).count(), aid.Counter("gap_items"));
  EXPECT_EQ(coverage.total().cells(7).count(), aid.Counter("should_not_items"));
  const auto gaps = AllLines(v1::REPORT_KIND_GAPS, 1);
  EXPECT_EQ(static_cast<int64_t>(gaps.size()) - 1, aid.Counter("gap_items") + aid.Counter("should_not_items"));
  EXPECT_EQ(gaps, AllLines(v1::REPORT_KIND_GAPS, 1000)) << "the pages are one list";
  EXPECT_THAT(gaps[0], HasSubstr("411728103|3241001234|常庄中心学校|p1|王**|应助未助|"));
  const v1::Report township = Get(Asking(v1::REPORT_KIND_GAPS, "areas/411728103"), "411728103");
  EXPECT_EQ(township.rows_size(), static_cast<int>(gaps.size()) - 1);
  const v1::Report school = Get(Asking(v1::REPORT_KIND_GAPS, "areas/411728103/s1"), "411728103/s1");
  EXPECT_EQ(school.title_zh(), "应助未助、不应助而助人员名单（常庄中心学校，2023-2024-1学期）");
}

TEST_P(OfficeReportTest, LatePaymentsByItem) {
  Pay({"p1"}, "2023-12-01");
  On(1, 10, 2024);
  Pay({"p2"}, "2024-01-09");
  Approve({"p3"});
  const v1::Report report = Get(Asking(v1::REPORT_KIND_LATE_PAYMENTS));
  const std::string label = report.rows(0).cells(2).text();
  EXPECT_THAT(Lines(report), ElementsAre("411728|SP_LIV_B_JUN|" + label + "|2023-12-31|2|1|50.00%|1|1"));
  EXPECT_EQ(Line(report.total()), "合计||||2|1|50.00%|1|1");
  On(12, 31);
  EXPECT_EQ(Line(Get(Asking(v1::REPORT_KIND_LATE_PAYMENTS)).total()), "合计||||2|1|50.00%|1|0") << "still in time";
}

// DR-10: M1 found in October, paid the term in full in a supplementary batch; the rural office gets its proof.
TEST_P(OfficeReportTest, TheRuralOfficeSeesWhomOfItsListWasPaid) {
  On(10, 12);
  registry.Put(Household("h5", {}, {"p5"}));
  registry_v1::Household home = Household("h5", {}, {"p5"});
  *home.add_hardships() = Hardship("M1", 20231008);
  registry.Put(home);
  registry_v1::Student student = Student("p5", "JUN", "7", true);
  student.set_household(absl::StrCat(kCounty, "/households/h5"));
  registry.Put(student);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  v1::ProposeApplicationsRequest propose;
  propose.set_parent(kCounty);
  propose.set_term(kAutumn);
  propose.set_request_id(NewId());
  const auto job = As("officer", "ProposeApplications", propose, &Handlers::ProposeApplications);
  ASSERT_TRUE(job.ok()) << job.status();
  ASSERT_TRUE(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))).ok());
  const auto lines = AllLines(v1::REPORT_KIND_SUPPLEMENTS, 1);
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines, AllLines(v1::REPORT_KIND_SUPPLEMENTS, 1000));
  const std::string label = LabelOf(Book(), kItem);
  EXPECT_THAT(lines, Contains("411728103|3241001234|常庄中心学校|p5|王**|411728103001|h5|*|2023-10-08|SP_LIV_B_JUN|" +
                              label + "|625.00|办理中||0.00"));
  EXPECT_THAT(lines.back(), HasSubstr("合计"));
}

TEST_P(OfficeReportTest, ComplaintsByCategory) {
  const auto one = Complain(Complaining());
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_TRUE(Complain(Complaining("STAFF_CONDUCT")).ok());
  ASSERT_TRUE(AssignTo(one->name(), "zhang").ok());
  On(12, 20);
  ASSERT_TRUE(AnswerAs("zhang", one->name()).ok());
  const v1::Report report = Get(Asking(v1::REPORT_KIND_COMPLAINTS));
  EXPECT_THAT(Lines(report), ElementsAre("411728|NOT_PAID|应发未发|1|1|1|1|100.00%|0",
                                         "411728|STAFF_CONDUCT|工作人员作风或侵占|1|0|0|0||1"));
  EXPECT_EQ(Line(report.total()), "合计|||2|1|1|1|100.00%|1");
}

TEST_P(OfficeReportTest, AnAreaIsWrittenAsOne) {
  const auto refused = [&](const std::string& area) {
    return ReasonOf(As("reader", "GetReport", Asking(v1::REPORT_KIND_COVERAGE, area), &Handlers::GetReport).status());
  };
  for (const char* area : {"areas/", "a", "411728", "areas/4117281", "areas/411728103", "areas/遂平"}) {
    const std::string reason = refused(area);
    EXPECT_TRUE(reason == "REPORT_AREA" || reason == "NAME_INVALID" || reason == "PERMISSION_DENIED")
        << area << " " << reason;
  }
  EXPECT_EQ(refused("areas/411728103"), "REPORT_AREA");
}

}  // namespace
}  // namespace ruraledu::student_aid
