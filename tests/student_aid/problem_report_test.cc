// The report of problems: codes of every source within two days, and what was done.
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/mirror_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class ProblemReportTest : public MirrorFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ProblemReportTest() : MirrorFixture(OptionsOf(GetParam())) {}
};

INSTANTIATE_TEST_SUITE_P(Databases, ProblemReportTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ProblemReportTest, OfTwoDaysWithWhatWasDone) {
  Approve({"p1", "p2", "p3"});
  PutPupil("p3", "");
  ASSERT_TRUE(aid.CatchUp().ok());
  const v1::PaymentBatch batch = Order();
  ASSERT_TRUE(Send(batch.name()).ok());
  ASSERT_TRUE(Import(batch.name(), Answer(batch, {"1 PAID", "2 REJECTED AC01", "9 PAID"})).ok());
  v1::CreateRestrictionRequest restrict;
  restrict.set_parent(kCounty);
  restrict.set_student("p4");
  restrict.set_code(ApplicationTables().codes()[0].code());
  restrict.set_reason("材料不实");
  *restrict.mutable_from() = Date(20231201);
  restrict.set_request_id(NewId());
  ASSERT_TRUE(As("officer", "CreateRestriction", restrict, &Handlers::CreateRestriction).ok());
  const v1::MirrorExport exported = Frozen();
  ASSERT_TRUE(Feed(exported, Answering({"1 600.00", "2 625.00"})).ok());
  ASSERT_TRUE(Work(EntryOf(exported, 1)).ok());
  ASSERT_TRUE(Feed(exported, Answering({"1 x"})).ok()) << "it is kept as refused";
  v1::GetReportRequest request;
  request.set_area("areas/411728");
  request.set_report(v1::REPORT_KIND_PROBLEMS);
  request.set_period("2023-12-01..2023-12-31");
  const auto report = As("reader", "GetReport", request, &Handlers::GetReport);
  ASSERT_TRUE(report.ok()) << report.status();
  std::vector<std::string> lines;
  for (const reports_v1::ReportRow& row : report->rows()) {
    lines.push_back(Line(row));
  }
  const v1::RestrictionCode& code = ApplicationTables().codes()[0];
  EXPECT_THAT(lines,
              ElementsAre(absl::StrCat("411728|限制|", code.code(), "|", code.label_zh(), "|1|1|0|0.00%|"),
                          "411728|发放失败|AC01||1|1|0|0.00%|", "411728|未列入发放批次|CARD_MISSING||1|1|0|0.00%|",
                          "411728|数据导入|MONEY_FORMAT||1|1|0|0.00%|", "411728|数据导入|UNKNOWN||1|1|0|0.00%|",
                          "411728|国家系统对账|MISSING_THERE||1|1|0|0.00%|",
                          "411728|国家系统对账|OTHER_AMOUNT||1|0|1|100.00%|已认可 1"));
  EXPECT_EQ(report->total().cells(4).count(), 7);
  EXPECT_EQ(report->title_zh(), "问题代码处理情况表（遂平县，2023-12-01..2023-12-31）");
  request.set_period("2023-01-01..2023-11-30");
  EXPECT_EQ(As("reader", "GetReport", request, &Handlers::GetReport)->rows_size(), 0);
  request.set_period("2023");
  EXPECT_EQ(ReasonOf(As("reader", "GetReport", request, &Handlers::GetReport).status()), "REPORT_PERIOD");
}

}  // namespace
}  // namespace ruraledu::student_aid
