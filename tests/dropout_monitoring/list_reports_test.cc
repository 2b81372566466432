// Ledgers and lists one by one as reports: what is in them, in which order, masked and in clear, on both databases.
#include "tests/dropout_monitoring/care_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ListReportTest : public CareFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ListReportTest() : CareFixture(OptionsOf(GetParam())) {}

  static v1::GetReportRequest Asking(v1::ReportKind kind, const std::string& period, const std::string& option = "",
                                     const std::string& area = "411728") {
    v1::GetReportRequest request;
    request.set_area("areas/" + area);
    request.set_report(kind);
    request.set_period(period);
    request.set_option(option);
    return request;
  }
  absl::StatusOr<v1::Report> Ask(const v1::GetReportRequest& request,
                                 const rpc::Caller& caller = Holder("COUNTY_DROPOUT_OFFICER")) {
    return monitoring.CallAs(caller, "GetReport", request, &Handlers::GetReport,
                             request.unmask() ? "DROPOUT_CARE" : "");
  }
  v1::Report Get(const v1::GetReportRequest& request) {
    const auto report = Ask(request);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::Report());
  }
  v1::Report InClear(v1::GetReportRequest request) {
    request.set_unmask(true);
    return Get(request);
  }
  // A column of all rows.
  static std::vector<std::string> Column(const v1::Report& report, const std::string& id) {
    std::vector<std::string> values;
    bool found = false;
    for (int i = 0; i < report.columns_size(); ++i) {
      if (report.columns(i).id() != id) continue;
      found = true;
      for (const auto& row : report.rows()) values.push_back(CellText(row.cells(i)));
    }
    EXPECT_TRUE(found) << id;
    for (const auto& row : report.rows()) EXPECT_EQ(row.cells_size(), report.columns_size());
    if (report.has_total()) EXPECT_EQ(report.total().cells_size(), report.columns_size());
    return values;
  }
  // As a file, which is made in parts; in both formats.
  std::string Exported(const v1::GetReportRequest& asked) {
    v1::ExportReportRequest request;
    request.set_area(asked.area());
    request.set_report(asked.report());
    request.set_period(asked.period());
    request.set_option(asked.option());
    request.set_format(ruraledu::reports::v1::REPORT_FORMAT_XLSX);
    const auto workbook = monitoring.Export(Holder("COUNTY_DROPOUT_OFFICER"), request);
    EXPECT_TRUE(workbook.ok()) << workbook.status();
    EXPECT_THAT(workbook.value_or(""), HasSubstr("PK"));
    request.set_format(ruraledu::reports::v1::REPORT_FORMAT_CSV);
    const auto text = monitoring.Export(Holder("COUNTY_DROPOUT_OFFICER"), request);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.value_or("");
  }
  v1::ChildLedger Prepared(v1::LedgerKind kind) {
    v1::PrepareChildLedgerRequest request = Of<v1::PrepareChildLedgerRequest>("");
    request.set_parent(kCounty);
    request.set_kind(kind);
    const auto ledger = As("officer", "411728", "PrepareChildLedger", request, &Handlers::PrepareChildLedger);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return ledger.value_or(v1::ChildLedger());
  }
  void Sign(const v1::ChildLedger& ledger) {
    v1::SignChildLedgerRequest request = Of<v1::SignChildLedgerRequest>(ledger.name());
    request.set_etag(ledger.etag());
    const auto done = As("head", "411728", "SignChildLedger", request, &Handlers::SignChildLedger);
    EXPECT_TRUE(done.ok()) << done.status();
  }
  std::string Days(int before, int behind) const {
    return absl::StrCat(DayText(today - before), "..", DayText(today + behind));
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ListReportTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ListReportTest, ALedgerAsItWasSigned) {
  const auto asking = [&](const std::string& option) {
    return Asking(v1::REPORT_KIND_SIGNED_LEDGER, DayText(today), option);
  };
  ASSERT_TRUE(OpenFor("p3").ok());
  const v1::ChildLedger first = Prepared(v1::LEDGER_KIND_SUSPECTED);
  EXPECT_EQ(Reason(Ask(asking("SUSPECTED"))), "REPORT_OPTION") << "nobody signed it";
  Sign(first);
  const absl::CivilDay signed_on = today;
  v1::Report report = Get(asking("SUSPECTED"));
  EXPECT_THAT(Column(report, "name"), ElementsAre("王**"));
  EXPECT_THAT(Column(report, "state"), ElementsAre("疑似辍学"));
  EXPECT_THAT(CellText(report.total().cells(1)), HasSubstr("第1版"));
  EXPECT_THAT(Column(InClear(asking("SUSPECTED")), "name"), ElementsAre("王小明"));
  EXPECT_THAT(Exported(asking("SUSPECTED")), AllOf(HasSubstr("个案编号"), Not(HasSubstr("王小明"))));

  Later(1);
  ASSERT_TRUE(OpenFor("p1").ok());
  EXPECT_EQ(Get(asking("SUSPECTED")).rows_size(), 1) << "what was signed stays";
  Sign(Prepared(v1::LEDGER_KIND_SUSPECTED));
  EXPECT_EQ(Get(asking("SUSPECTED")).rows_size(), 2);
  EXPECT_EQ(Get(asking("SUSPECTED.1")).rows_size(), 1) << "a version that was replaced";
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_SIGNED_LEDGER, DayText(signed_on), "SUSPECTED")).rows_size(), 1)
      << "as of its day";
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_SIGNED_LEDGER, DayText(today), "SUSPECTED", "411728103/s2")).rows_size(), 0);
  for (const char* option : {"", "MARS", "SUSPECTED.0", "SUSPECTED.9", "SUSPECTED.x", "DROPPED"}) {
    EXPECT_EQ(Reason(Ask(asking(option))), "REPORT_OPTION") << option;
  }
}

TEST_P(ListReportTest, DisabledChildrenWithTheirPlacement) {
  const auto entered = Enter(EnteringUnknown());  // no student register knows it
  ASSERT_TRUE(entered.ok()) << entered.status();
  RunClock();
  const v1::GetReportRequest request = Asking(v1::REPORT_KIND_DISABLED_CHILDREN, DayText(today));
  v1::Report report = Get(request);
  EXPECT_THAT(Column(report, "name"), ElementsAre("赵**", "王**")) << "in order of area";
  EXPECT_THAT(Column(report, "registered"), ElementsAre("否", "是"));
  EXPECT_THAT(Column(report, "school"), ElementsAre("", School().display_name()));
  EXPECT_THAT(Column(report, "disability_kind"), ElementsAre("", ""));
  EXPECT_THAT(Column(report, "findings"), ElementsAre("未安置", "未安置"));
  EXPECT_EQ(CellText(report.total().cells(0)), "合计 2");
  ASSERT_TRUE(Propose(Placing(ChildName("d1"))).ok());
  ASSERT_TRUE(Decide(ChildName("d1")).ok());
  report = InClear(request);
  EXPECT_THAT(Column(report, "name"), ElementsAre("赵小雨", "王小明"));
  EXPECT_THAT(Column(report, "placement"), ElementsAre("", Not("")));
  EXPECT_THAT(Column(report, "from"), ElementsAre("", DayText(today)));
  EXPECT_THAT(Column(Get(request), "placement"), ElementsAre("", "")) << "the child's, in clear only";
  EXPECT_THAT(Column(InClear(Asking(v1::REPORT_KIND_DISABLED_CHILDREN, DayText(today - 1))), "placement"),
              ElementsAre("", ""))
      << "not yet";
  EXPECT_THAT(Exported(request), AllOf(HasSubstr("安置方式"), HasSubstr("合计 2"), Not(HasSubstr("赵小雨"))));
}

TEST_P(ListReportTest, DossiersBySchoolPageByPage) {
  RunClock();
  ASSERT_TRUE(Put(Putting("l1")).ok());
  v1::GetReportRequest request = Asking(v1::REPORT_KIND_DOSSIERS, DayText(today));
  const v1::Report report = Get(request);
  EXPECT_THAT(Column(report, "left_behind_education"), ElementsAre("否", "双亲外出"));
  EXPECT_THAT(Column(report, "household_township"), ElementsAre("411728103", "411728102"));
  EXPECT_THAT(Column(report, "state"), ElementsAre("待更新", "已更新"));
  EXPECT_THAT(Column(report, "kinds"), ElementsAre("", ""));
  EXPECT_THAT(Column(InClear(request), "kinds"), ElementsAre(Not(""), Not("")));
  EXPECT_THAT(Exported(request), AllOf(HasSubstr("责任教师"), HasSubstr("合计 2")));
  request.set_page_size(1);
  const v1::Report first = Get(request);
  EXPECT_EQ(first.rows_size(), 1);
  EXPECT_FALSE(first.has_total());
  request.set_page_token(first.next_page_token());
  const v1::Report second = Get(request);
  EXPECT_THAT(Column(second, "left_behind_education"), ElementsAre("双亲外出"));
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_DOSSIERS, DayText(today), "", "411728102")).rows_size(), 0)
      << "by the school of the child";
}

TEST_P(ListReportTest, SlipsThatWereSentBetweenTwoDays) {
  v1::SendDepartmentSlipRequest send = Of<v1::SendDepartmentSlipRequest>("");
  send.set_parent(kCounty);
  send.set_about(absl::StrCat(kCounty, "/students/p3"));
  send.set_matter("CHILD_LABOUR");
  send.set_text("在镇上餐馆做工");
  const auto slip = As("officer", "411728", "SendDepartmentSlip", send, &Handlers::SendDepartmentSlip);
  ASSERT_TRUE(slip.ok()) << slip.status();
  const v1::GetReportRequest request = Asking(v1::REPORT_KIND_DEPARTMENT_SLIPS, Days(1, 30));
  v1::Report report = Get(request);
  EXPECT_THAT(Column(report, "name"), ElementsAre("王**"));
  EXPECT_THAT(Column(report, "state"), ElementsAre("待复函"));
  EXPECT_THAT(Column(report, "text"), ElementsAre(""));
  EXPECT_THAT(Column(report, "late"), ElementsAre(""));
  EXPECT_THAT(Column(InClear(request), "text"), ElementsAre("在镇上餐馆做工"));
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_DEPARTMENT_SLIPS, Days(9, -1))).rows_size(), 0);
  EXPECT_THAT(Exported(request), AllOf(HasSubstr("移送部门"), HasSubstr("合计 1"), Not(HasSubstr("餐馆"))));
  Later(20);
  EXPECT_THAT(Column(Get(Asking(v1::REPORT_KIND_DEPARTMENT_SLIPS, Days(30, 0))), "late"), ElementsAre("逾期"));
}

TEST_P(ListReportTest, ApprovalsThatCoverADay) {
  v1::ProposeAbsenceApprovalRequest propose = Of<v1::ProposeAbsenceApprovalRequest>("");
  propose.set_parent(kCounty);
  propose.set_child(absl::StrCat(kCounty, "/students/p3"));
  propose.set_kind(v1::APPROVAL_KIND_SUSPENSION);
  *propose.mutable_valid_from() = DateOf(today);
  *propose.mutable_valid_until() = DateOf(today + 100);
  v1::CaseEvidence& paper = *propose.add_evidence();
  paper.set_kind("MEDICAL_CERTIFICATE");
  paper.set_file_name("诊断证明1号");
  const auto proposed = As("officer", "411728", "ProposeAbsenceApproval", propose, &Handlers::ProposeAbsenceApproval);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  v1::DecideAbsenceApprovalRequest decide = Of<v1::DecideAbsenceApprovalRequest>(proposed->name());
  decide.set_approve(true);
  decide.set_paper("教基〔2023〕1号");
  decide.set_etag(proposed->etag());
  ASSERT_TRUE(As("approver", "411728", "DecideAbsenceApproval", decide, &Handlers::DecideAbsenceApproval).ok());
  const v1::GetReportRequest request = Asking(v1::REPORT_KIND_ABSENCE_APPROVALS, Days(-50, 60));
  v1::Report report = Get(request);
  EXPECT_THAT(Column(report, "kind"), ElementsAre("休学"));
  EXPECT_THAT(Column(report, "state"), ElementsAre("已批准"));
  EXPECT_THAT(Column(report, "name"), ElementsAre("王**"));
  EXPECT_THAT(Column(report, "paper"), ElementsAre(""));
  EXPECT_THAT(Column(InClear(request), "paper"), ElementsAre("教基〔2023〕1号"));
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_ABSENCE_APPROVALS, Days(9, -1))).rows_size(), 0);
  EXPECT_EQ(Get(Asking(v1::REPORT_KIND_ABSENCE_APPROVALS, Days(-101, 110))).rows_size(), 0);
  EXPECT_THAT(Exported(request), AllOf(HasSubstr("审批类别"), HasSubstr("合计 1"), Not(HasSubstr("教基"))));
}

TEST_P(ListReportTest, APlatformIsARowOfTheTable) {
  ASSERT_TRUE(OpenFor("p3").ok());
  const v1::Report fixed = Get(Asking(v1::REPORT_KIND_PLATFORM_LEDGER, DayText(today)));
  const v1::Report named = Get(Asking(v1::REPORT_KIND_PLATFORM, DayText(today), "LEDGER_2019"));
  ASSERT_EQ(named.rows_size(), 1);
  ASSERT_EQ(named.columns_size(), fixed.columns_size());
  EXPECT_EQ(named.rows(0).DebugString(), fixed.rows(0).DebugString());
  EXPECT_EQ(named.columns(0).label_zh(), "姓名");
  for (const char* option : {"", "MARS"}) {
    EXPECT_EQ(Reason(Ask(Asking(v1::REPORT_KIND_PLATFORM, DayText(today), option))), "REPORT_OPTION") << option;
  }
  EXPECT_EQ(Reason(Ask(Asking(v1::REPORT_KIND_PLATFORM, DayText(today), "MARS", "500243"))), "PERMISSION_DENIED")
      << "a neighbour learns nothing";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
