// Reports: rows and totals that tie to the ledger, files to the byte, masks, pages.
#include "common/base/enum_text.h"
#include "services/student_aid/payment_rules.h"
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/ledger_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSpring[] = "2023-2024-2";

class ReportTest : public LedgerFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ReportTest() : LedgerFixture(OptionsOf(GetParam())) {}

  static v1::GetReportRequest Asking(v1::ReportKind kind, const std::string& period,
                                     const std::string& area = "411728") {
    v1::GetReportRequest request;
    request.set_area(absl::StrCat("areas/", area));
    request.set_report(kind);
    request.set_period(period);
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
    return lines;
  }
  std::string Export(v1::ReportKind kind, const std::string& period, reports_v1::ReportFormat format,
                     std::string* name = nullptr) {
    v1::ExportReportRequest request;
    request.set_area("areas/411728");
    request.set_report(kind);
    request.set_period(period);
    request.set_format(format);
    const auto bytes = aid.Stream(rpc::MakeJobCaller("reader", "411728"), "ExportReport", request,
                                  &Handlers::ExportReport, "", [&](const auto& part, std::string* all) {
                                    if (name != nullptr && !part.file_name().empty()) *name = part.file_name();
                                    all->append(part.content());
                                  });
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.value_or("");
  }
  static std::string OrderOf(const std::string& person, const std::string& item = "SP_NUTR",
                             const std::string& term = kSpring) {
    return absl::StrCat(person, ".", term, ".", item, ".1");
  }
  // p1 was paid and owes a part, p2 was refused by the bank, p3 came back.
  void Spend() {
    Endow("SP_NUTR", 150000);
    for (const char* person : {"p1", "p2", "p3"}) {
      PutDecision(person, "411728103/s1", 40000, kSpring, 1, "SP_NUTR", true);
    }
    Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 40000, OrderOf("p1"), "p1", 20240510),
          Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 40000, OrderOf("p2"), "p2", 20240510),
          Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 40000, OrderOf("p3"), "p3", 20240510),
          Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 40000, OrderOf("p1"), "p1", 20240520),
          Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 40000, OrderOf("p3"), "p3", 20240520),
          Entry(v1::LEDGER_ENTRY_KIND_ORDER_END, "SP_NUTR", 40000, OrderOf("p2"), "p2", 20240521),
          Entry(v1::LEDGER_ENTRY_KIND_RETURN, "SP_NUTR", 40000, OrderOf("p3"), "p3", 20240603),
          Entry(v1::LEDGER_ENTRY_KIND_OVERPAYMENT, "SP_NUTR", 10000, OrderOf("p1"), "p1", 20240604),
          Entry(v1::LEDGER_ENTRY_KIND_RECOVERY, "SP_NUTR", 2500, OrderOf("p1"), "p1", 20240605)});
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ReportTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ReportTest, ExecutionByMonthTiesToTheFund) {
  Spend();
  const v1::Report report = Get(Asking(v1::REPORT_KIND_EXECUTION, "2024"));
  const std::string head = absl::StrCat("411728|SP_NUTR|", report.rows(0).cells(2).text(), "|");
  EXPECT_THAT(Lines(report), ElementsAre(head + "2024-03|1500.00|0.00|0.00|0.00|0.00|0.00|0.00|0.00%",
                                         head + "2024-04|1500.00|0.00|0.00|0.00|0.00|0.00|0.00|0.00%",
                                         head + "2024-05|1500.00|1200.00|800.00|0.00|400.00|0.00|800.00|53.33%",
                                         head + "2024-06|1500.00|0.00|0.00|0.00|0.00|400.00|400.00|26.67%"));
  EXPECT_EQ(Line(report.total()), "合计||||1500.00|1200.00|800.00|0.00|400.00|400.00|400.00|26.67%");
  const v1::Fund fund = Fund("SP_NUTR");
  EXPECT_EQ(report.total().cells(5).amount_fen(), fund.ordered_fen());
  EXPECT_EQ(report.total().cells(6).amount_fen(), fund.paid_fen());
  EXPECT_EQ(report.total().cells(8).amount_fen(), fund.failed_fen());
  EXPECT_EQ(report.total().cells(9).amount_fen(), fund.returned_fen());
  EXPECT_EQ(report.title_zh(), "资助资金预算执行进度表（遂平县，2024年）");
  EXPECT_EQ(Line(Get(Asking(v1::REPORT_KIND_EXECUTION, "2023")).total()),
            "合计||||0.00|0.00|0.00|0.00|0.00|0.00|0.00|");
}

TEST_P(ReportTest, ArrivalsWithDocumentsAndClocks) {
  Endow("SP_NUTR", 150000);
  auto back = Recording<v1::RecordArrivalRequest>("SP_NUTR", 50000, 2024, 20240410);
  back.set_taken_back(true);
  ASSERT_EQ(Reasons(As("officer", "RecordArrival", back, &Handlers::RecordArrival)), "-");
  const v1::Report report = Get(Asking(v1::REPORT_KIND_FUND_ARRIVALS, "2024"));
  const std::string head = absl::StrCat("411728|SP_NUTR|", report.rows(0).cells(2).text(), "|");
  const std::string document = "|省级|豫财教〔2024〕7号|";
  EXPECT_THAT(Lines(report), ElementsAre(head + "下达" + document + "2024-03-01|1500.00|0.00|0.00||",
                                         head + "到位" + document + "2024-04-01|0.00|1500.00|1000.00|2024-05-01|是",
                                         head + "收回" + document + "2024-04-10|0.00|-500.00|0.00||"));
  EXPECT_EQ(Line(report.total()), "合计|||||||1500.00|1000.00|1000.00||");
  EXPECT_EQ(report.total().cells(8).amount_fen(), Fund("SP_NUTR").arrived_fen());
}

TEST_P(ReportTest, OverpaymentsByPupilAreMaskedAndTie) {
  Spend();
  const v1::Report report = Get(Asking(v1::REPORT_KIND_OVERPAYMENTS, "2024"));
  ASSERT_EQ(report.rows_size(), 1);
  EXPECT_THAT(Line(report.rows(0)), HasSubstr("|3241001234|常庄中心学校|p1|王**|SP_NUTR|"));
  EXPECT_THAT(Line(report.rows(0)), HasSubstr("|100.00|25.00|0.00|75.00"));
  EXPECT_EQ(report.total().cells(11).amount_fen(), Fund("SP_NUTR").recoverable_fen());
  EXPECT_TRUE(report.masked());
}

TEST_P(ReportTest, TheAidLedgerGoesPageByPageWithOneTotal) {
  Spend();
  PutDecision("p4", "411728103/s1", 80000, kSpring);  // a waiver
  auto request = Asking(v1::REPORT_KIND_AID_LEDGER, kSpring);
  std::vector<std::string> lines;
  request.set_page_size(2);
  v1::Report page;
  int pages = 0;
  do {
    page = Get(request);
    EXPECT_EQ(page.has_total(), page.next_page_token().empty());
    for (const std::string& line : Lines(page)) lines.push_back(line);
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_GT(pages, 1);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], HasSubstr("411728103|3241001234|常庄中心学校|p1|王**|SP_NUTR|"));
  EXPECT_THAT(lines[0], HasSubstr("|发放|1|400.00|400.00|400.00|75.00"));
  EXPECT_THAT(lines[1], HasSubstr("|p2|王**|SP_NUTR|"));
  EXPECT_THAT(lines[1], HasSubstr("|发放|1|400.00|0.00|0.00|0.00"));
  EXPECT_THAT(lines[2], HasSubstr("|发放|1|400.00|400.00|0.00|0.00"));
  EXPECT_THAT(lines[3], HasSubstr("|减免|1|800.00|0.00|0.00|0.00"));
  EXPECT_EQ(Line(page.total()), "合计||||||||4|2000.00|800.00|400.00|75.00");
  auto broken = Asking(v1::REPORT_KIND_AID_LEDGER, kSpring);
  broken.set_page_token(page.next_page_token() + "x");
  EXPECT_EQ(ReasonOf(As("reader", "GetReport", broken, &Handlers::GetReport).status()), "PAGE_TOKEN");
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_AID_LEDGER, kSpring, "411728104"), "411728104").rows_size(), 0);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_AID_LEDGER, kSpring, "411728103"), "411728103").rows_size(), 4);
}

// Both terms of a budget year, by the shares of the standards; the odd fen is the highest level's.
TEST(ReportRules, SharesAddUpToTheAmount) {
  v1::PolicyItem item;
  EXPECT_EQ(SplitByLevel(item, 101)->unsplit_fen, 101);
  for (const auto& [level, points] :
       std::vector<std::pair<std::string, int>>{{"COUNTY", 1000}, {"CENTRAL", 6000}, {"PROVINCE", 3000}}) {
    AddShare(&item, level, points);
  }
  const auto split = SplitByLevel(item, 101);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->by_level[v1::FUNDING_LEVEL_CENTRAL], 61);  // 60.6, and the fen that is left
  EXPECT_EQ(split->by_level[v1::FUNDING_LEVEL_PROVINCE], 30);
  EXPECT_EQ(split->by_level[v1::FUNDING_LEVEL_CITY], 0);
  EXPECT_EQ(split->by_level[v1::FUNDING_LEVEL_COUNTY], 10);
  const auto order = SplitOrder(item, 101);  // what is ordered is what was budgeted
  ASSERT_TRUE(order.ok()) << order.status();
  for (const v1::ShareAmount& share : *order) {
    EXPECT_EQ(share.amount_fen(), split->by_level[*EnumOf<v1::FundingLevel>(share.level())]) << share.level();
  }
  item.mutable_shares(0)->set_basis_points(999);
  EXPECT_EQ(ReasonOf(SplitByLevel(item, 101).status()), "SHARES_NOT_WHOLE");
}

TEST_P(ReportTest, TheBudgetNeedIsWhatDecisionsInForceComeTo) {
  ASSERT_TRUE(aid.Entitle().ok());  // 2023-2024-1, in the budget of 2023
  const v1::Report report = Get(Asking(v1::REPORT_KIND_BUDGET_NEED, "2023"));
  ASSERT_GT(report.rows_size(), 0);
  int64_t heads = 0, fen = 0;
  for (const reports_v1::ReportRow& row : report.rows()) {
    heads += row.cells(5).count();
    fen += row.cells(7).amount_fen();
    int64_t shares = 0;
    for (int i = 8; i <= 12; ++i) shares += row.cells(i).amount_fen();
    EXPECT_EQ(shares, row.cells(7).amount_fen()) << Line(row);
    EXPECT_EQ(row.cells(3).count(), 0) << "no spring of that year was run";
  }
  EXPECT_EQ(fen, aid.Counter("entitled_fen"));
  EXPECT_EQ(heads, aid.Counter("entitled_items"));
  EXPECT_EQ(report.total().cells(7).amount_fen(), fen);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_BUDGET_NEED, "2023", "41"), "41").total().cells(7).amount_fen(), fen);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_BUDGET_NEED, "2023", "4117"), "4117").total().cells(7).amount_fen(), fen);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_BUDGET_NEED, "2023", "50"), "50").rows_size(), 0);
}

TEST_P(ReportTest, AFileHasHeadingsRowsTotalAndTheLineThatIsSigned) {
  Spend();
  std::string name;
  EXPECT_EQ(
      Export(v1::REPORT_KIND_EXECUTION, "2024", reports_v1::REPORT_FORMAT_CSV, &name),
      "\xEF\xBB\xBF县区代码,项目代码,资助项目,月份,全年预算（元）,本月下达支付（元）,本月发放（元）,本月学校结算（元）,"
      "本月发放失败（元）,本月退回（元）,累计执行（元）,执行率\r\n"
      "411728,SP_NUTR,义务教育营养补助,2024-03,1500.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00%\r\n"
      "411728,SP_NUTR,义务教育营养补助,2024-04,1500.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00%\r\n"
      "411728,SP_NUTR,义务教育营养补助,2024-05,1500.00,1200.00,800.00,0.00,400.00,0.00,800.00,53.33%\r\n"
      "411728,SP_NUTR,义务教育营养补助,2024-06,1500.00,0.00,0.00,0.00,0.00,400.00,400.00,26.67%\r\n"
      "合计,,,,1500.00,1200.00,800.00,0.00,400.00,400.00,400.00,26.67%\r\n"
      "填表人：,审核人：,单位负责人：,填表日期：2024-06-03\r\n");
  EXPECT_EQ(name, "资助资金预算执行进度表（遂平县，2024年）.csv");
  for (const v1::ReportKind kind :
       {v1::REPORT_KIND_BUDGET_NEED, v1::REPORT_KIND_FUND_ARRIVALS, v1::REPORT_KIND_OVERPAYMENTS}) {
    EXPECT_THAT(Export(kind, "2024", reports_v1::REPORT_FORMAT_CSV), HasSubstr("合计"));
  }
  EXPECT_THAT(Export(v1::REPORT_KIND_AID_LEDGER, kSpring, reports_v1::REPORT_FORMAT_CSV), Not(HasSubstr("小明")));
  const std::string book = Export(v1::REPORT_KIND_EXECUTION, "2024", reports_v1::REPORT_FORMAT_XLSX, &name);
  EXPECT_EQ(book.substr(0, 2), "PK");
  EXPECT_EQ(name, "资助资金预算执行进度表（遂平县，2024年）.xlsx");
}

TEST_P(ReportTest, NamesInClearNeedAPurposeAndAPerson) {
  Spend();
  auto request = Asking(v1::REPORT_KIND_AID_LEDGER, kSpring);
  request.set_unmask(true);
  EXPECT_FALSE(As("reader", "GetReport", request, &Handlers::GetReport).ok()) << "a job unmasks nothing";
}

TEST_P(ReportTest, PeriodAndAreaAreOfTheReport) {
  const auto refused = [&](const v1::GetReportRequest& request, const std::string& area = "411728") {
    return ReasonOf(As("reader", "GetReport", request, &Handlers::GetReport, area).status());
  };
  EXPECT_EQ(refused(Asking(v1::REPORT_KIND_EXECUTION, "2023-2024-1")), "REPORT_PERIOD");
  EXPECT_EQ(refused(Asking(v1::REPORT_KIND_AID_LEDGER, "2024")), "REPORT_PERIOD");
  EXPECT_EQ(refused(Asking(v1::REPORT_KIND_AID_LEDGER, kSpring, "41"), "41"), "REPORT_AREA");
  EXPECT_EQ(refused(Asking(v1::REPORT_KIND_EXECUTION, "2024", "411728103"), "411728103"), "REPORT_AREA");
  EXPECT_EQ(refused(Asking(static_cast<v1::ReportKind>(99), "2024")), "FIELD_REQUIRED");
}

}  // namespace
}  // namespace ruraledu::student_aid
