// aid funds, aid ledger, aid reports: which call each command makes, and what it shows.
#include <fstream>
#include <sstream>

#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

class FundsTest : public CliTest {
 protected:
  rpc::FakeClient& service() { return services_["student_aid"]; }
  static v1::FundStep Step() {
    v1::FundStep step;
    step.set_name("counties/411728/fundSteps/s1");
    step.set_state(v1::FUND_STEP_STATE_PROPOSED);
    v1::FundRow* row = step.add_rows();
    row->set_item("SP_NUTR");
    row->set_amount_fen(123456);
    return step;
  }
};

TEST_F(FundsTest, AmountsAreInYuan) {
  v1::FundRowsResponse answer;
  answer.add_rows()->set_item("SP_NUTR");
  v1::FundRow* refused = answer.add_rows();
  refused->set_item("SP_X");
  refused->set_reason("ITEM_UNKNOWN");
  const auto seen = Answers<v1::RecordAllotmentRequest>("RecordAllotment", answer);
  const Outcome done = Run({"aid", "funds", "allot", "--year", "2024", "--document", "D-1", "--on", "2024-03-01",
                            "--level", "province", "SP_NUTR=1500.50", "SP_X=1", "--dry-run"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(seen->parent(), "counties/411728");
  EXPECT_EQ(seen->items(0).amount_fen(), 150050);
  EXPECT_EQ(seen->level(), v1::FUNDING_LEVEL_PROVINCE);
  EXPECT_EQ(seen->on().month(), 3);
  EXPECT_TRUE(seen->validate_only());
  EXPECT_HAS(done.out, "ITEM_UNKNOWN");
  EXPECT_EQ(Run({"aid", "funds", "allot", "--year", "2024", "--document", "D-1", "--on", "2024-03-01", "--level",
                 "province", "SP_NUTR=1.005"})
                .code,
            3);
  EXPECT_EQ(Run({"aid", "funds", "allot", "--year", "2024", "--document", "D-1", "--on", "2024-03-01", "--level",
                 "nation", "SP_NUTR=1"})
                .code,
            2);
  const auto arrived = Answers<v1::RecordArrivalRequest>("RecordArrival", answer);
  EXPECT_EQ(Run({"aid", "funds", "arrive", "--year", "2024", "--document", "D-1", "--on", "2024-03-01", "--level",
                 "county", "SP_NUTR=1", "--taken-back"})
                .code,
            0);
  EXPECT_TRUE(arrived->taken_back());
}

TEST_F(FundsTest, StepsAreProposedAndConfirmed) {
  for (const auto& [command, method] : std::vector<std::pair<std::string, std::string>>{{"carry", "CarryOver"},
                                                                                        {"surrender", "Surrender"},
                                                                                        {"close", "CloseFundYear"},
                                                                                        {"advance", "AllowAdvance"}}) {
    const auto seen = Answers<v1::ProposeFundStepRequest>(method, Step());
    const Outcome done = Run({"aid", "funds", command, "--year", "2024", "--document", "D-2", "SP_NUTR"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(seen->items(0).amount_fen(), 0);
    EXPECT_HAS(done.out, "1,234.56");
    EXPECT_HAS(done.out, "PROPOSED");
  }
  const auto confirmed = Answers<v1::ConfirmFundStepRequest>("ConfirmFundStep", Step());
  EXPECT_EQ(Run({"aid", "funds", "confirm", "counties/411728/fundSteps/s1", "--etag", "\"5\""}).code, 0);
  EXPECT_EQ(confirmed->etag(), "\"5\"");
  const auto refused = Answers<v1::RefuseFundStepRequest>("RefuseFundStep", Step());
  EXPECT_EQ(Run({"aid", "funds", "refuse", "counties/411728/fundSteps/s1", "--reason", "x"}).code, 0);
  EXPECT_EQ(refused->reason(), "x");
  v1::ListFundStepsResponse steps;
  *steps.add_steps() = Step();
  const auto listed = Answers<v1::ListFundStepsRequest>("ListFundSteps", steps);
  EXPECT_HAS(Run({"aid", "funds", "steps", "--open"}).out, "counties/411728/fundSteps/s1");
  EXPECT_TRUE(listed->proposed_only());
}

TEST_F(FundsTest, ListsOfFundsArrivalsAndSettlements) {
  v1::ListFundsResponse funds;
  funds.add_funds()->set_item("SP_NUTR");
  funds.mutable_total()->set_at_hand_fen(100);
  const auto listed = Answers<v1::ListFundsRequest>("ListFunds", funds);
  EXPECT_HAS(Run({"aid", "funds", "list", "--over-age"}).out, "SP_NUTR");
  EXPECT_TRUE(listed->over_age_only());
  v1::ListFundArrivalsResponse arrivals;
  arrivals.add_arrivals()->set_overdue(true);
  const auto overdue = Answers<v1::ListFundArrivalsRequest>("ListFundArrivals", arrivals);
  EXPECT_HAS(Run({"aid", "funds", "arrivals", "--year", "2024", "--overdue"}).out, "yes");
  EXPECT_TRUE(overdue->overdue_only());
  v1::SettleWaiversResponse settled;
  settled.add_rows()->set_reason("NOTHING_DUE");
  const auto settling = Answers<v1::SettleWaiversRequest>("SettleWaivers", settled);
  EXPECT_HAS(Run({"aid", "funds", "settle", "--term", "2023-2024-1", "--item", "SP_HS_FEE", "--document", "D", "--on",
                  "2023-11-20"})
                 .out,
             "NOTHING_DUE");
  EXPECT_EQ(settling->item(), "SP_HS_FEE");
}

TEST_F(FundsTest, TheLedgerByPersonAndDay) {
  v1::ListLedgerEntriesResponse entries;
  v1::LedgerEntry* entry = entries.add_entries();
  entry->set_kind(v1::LEDGER_ENTRY_KIND_PAYMENT);
  entry->set_amount_fen(40000);
  const auto seen = Answers<v1::ListLedgerEntriesRequest>("ListLedgerEntries", entries);
  const Outcome listed = Run({"aid", "ledger", "entries", "--person", "p1", "--from", "2024-05-01"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_HAS(listed.out, "PAYMENT");
  EXPECT_HAS(listed.out, "400.00");
  EXPECT_EQ(seen->person(), "p1");
  EXPECT_EQ(seen->from().day(), 1);
  v1::TrialBalance balance;
  balance.set_debit_fen(100);
  const auto trial = Answers<v1::GetTrialBalanceRequest>("GetTrialBalance", balance);
  EXPECT_HAS(Run({"aid", "ledger", "trial", "--on", "2024-06-30"}).out, "合计");
  EXPECT_EQ(trial->on().month(), 6);
}

TEST_F(FundsTest, AReportIsShownPageByPage) {
  std::vector<v1::GetReportRequest> asked;
  service().On<v1::GetReportRequest, v1::Report>("GetReport", [&](const v1::GetReportRequest& request) {
    asked.push_back(request);
    v1::Report report;
    ruraledu::reports::v1::ReportColumn* column = report.add_columns();
    column->set_label_zh("姓名");
    column->set_id("name");
    report.add_rows()->add_cells()->set_text(absl::StrCat("row", asked.size()));
    if (asked.size() == 1) {
      report.set_next_page_token("t");
    } else {
      report.mutable_total()->add_cells()->set_text("合计");
    }
    return report;
  });
  const Outcome shown = Run({"aid", "reports", "show", "aid-ledger", "2023-2024-1", "--area", "411728103"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].area(), "areas/411728103");
  EXPECT_EQ(asked[0].report(), v1::REPORT_KIND_AID_LEDGER);
  EXPECT_EQ(asked[1].page_token(), "t");
  for (const char* text : {"姓名", "row1", "row2", "合计"}) EXPECT_HAS(shown.out, text);
  EXPECT_EQ(Run({"aid", "reports", "show", "something", "2024"}).code, 2);
}

}  // namespace
}  // namespace ruraledu::cli
