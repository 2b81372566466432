// enrolment, leavers: what a list becomes, and what is shown.
#include "ruraledu/dropout_monitoring/v1/enrolment.pb.h"
#include "ruraledu/dropout_monitoring/v1/leaver.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class EnrolmentTest : public CliTest {
 protected:
  EnrolmentTest() { UseShippedData(); }
};

TEST_F(EnrolmentTest, ADriveIsPlannedAndRun) {
  v1::EnrolmentDrive drive;
  drive.add_catchments();
  const auto put = Answers<v1::PutEnrolmentDriveRequest>("PutEnrolmentDrive", drive, "dropout_monitoring");
  const Outcome out = Run({"enrolment", "plan", "2023-2024", "JUNIOR", "--from", "2023-08-30", "--until", "2023-09-10",
                           "--catchment", "s1=j1", "--etag", "\"7\""});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(put->level(), v1::SCHOOL_LEVEL_JUNIOR);
  EXPECT_EQ(put->report_until().day(), 10);
  EXPECT_EQ(put->catchments(0).from(), "counties/411728/schools/s1");
  EXPECT_EQ(put->catchments(0).school(), "counties/411728/schools/j1");
  EXPECT_NE(Run({"enrolment", "plan", "2023-2024", "PRIMARY", "--catchment", "s1"}).code, 0);
  EXPECT_EQ(Run({"enrolment", "plan", "2023-2024", "PRIMARY", "--catchment", "411728103001=s1"}).code, 0);
  EXPECT_EQ(put->catchments(0).from(), "411728103001");
  const auto started =
      Answers<v1::StartEnrolmentRunRequest>("StartEnrolmentRun", ruraledu::jobs::v1::Job(), "dropout_monitoring");
  EXPECT_EQ(Run({"enrolment", "run", "2023-2024"}).code, 0);
  EXPECT_EQ(started->school_year(), "2023-2024");
  v1::ListEnrolmentRunsResponse runs;
  runs.add_runs()->add_figures()->set_children(317);
  Answers<v1::ListEnrolmentRunsRequest>("ListEnrolmentRuns", runs, "dropout_monitoring");
  EXPECT_HAS(Run({"enrolment", "runs"}).out, "317");
  drive.set_name("counties/411728/enrolmentDrives/2023-2024.JUNIOR");
  const auto shown = Answers<v1::GetEnrolmentDriveRequest>("GetEnrolmentDrive", drive, "dropout_monitoring");
  EXPECT_HAS(Run({"enrolment", "drive", drive.name()}).out, drive.name());
  EXPECT_EQ(shown->name(), drive.name());
}

TEST_F(EnrolmentTest, AListOfTheSchoolBecomesReports) {
  v1::BatchRecordReportedResponse answer;
  answer.add_outcomes("RECORDED");
  answer.add_outcomes("ENROLMENT_NOT_EXPECTED");
  const auto seen = Answers<v1::BatchRecordReportedRequest>("BatchRecordReported", answer, "dropout_monitoring");
  const std::string list = Write("list.csv",
                                 "通知书编号,身份证号,姓名,出生日期,报到日期\n"
                                 "411728-2023-P-000001,,,,2023-09-01\n"
                                 ",,王小明,2017-01-02,\n"
                                 ",,王小明,火星,\n");
  const Outcome out = Run({"enrolment", "report", "2023-2024", list, "--school", "s1", "--on", "2023-09-02"});
  EXPECT_EQ(out.code, 0) << out.err;
  ASSERT_EQ(seen->rows_size(), 2) << "a row that does not parse is not sent";
  EXPECT_EQ(seen->school(), "counties/411728/schools/s1");
  EXPECT_EQ(seen->reported_on().day(), 2);
  EXPECT_EQ(seen->rows(0).notice_number(), "411728-2023-P-000001");
  EXPECT_EQ(seen->rows(0).reported_on().day(), 1);
  EXPECT_EQ(seen->rows(1).display_name(), "王小明");
  EXPECT_EQ(seen->rows(1).birth_date().year(), 2017);
  EXPECT_HAS(out.err, "line 3: ENROLMENT_NOT_EXPECTED");
  EXPECT_HAS(out.err, "line 4: DATE_INVALID");
}

TEST_F(EnrolmentTest, ChildrenNoticesAndDestinations) {
  v1::ExpectedChild child;
  child.set_name("counties/411728/expectedChildren/2023-2024.PRIMARY.p1");
  child.set_state(v1::EXPECTED_STATE_NOT_REPORTED);
  v1::ListExpectedChildrenResponse listed;
  *listed.add_children() = child;
  const auto asked = Answers<v1::ListExpectedChildrenRequest>("ListExpectedChildren", listed, "dropout_monitoring");
  const Outcome out = Run({"enrolment", "list", "2023-2024", "--state", "NOT_REPORTED", "--level", "PRIMARY",
                           "--from-school", "s1", "--claims", "--area", "411728103"});
  EXPECT_HAS(out.out, child.name());
  EXPECT_EQ(asked->state(), v1::EXPECTED_STATE_NOT_REPORTED);
  EXPECT_EQ(asked->former_school(), "counties/411728/schools/s1");
  EXPECT_TRUE(asked->claims_only());
  v1::BatchIssueEnrolmentNoticesResponse issued;
  issued.add_outcomes("ISSUED");
  const auto notice =
      Answers<v1::BatchIssueEnrolmentNoticesRequest>("BatchIssueEnrolmentNotices", issued, "dropout_monitoring");
  EXPECT_HAS(Run({"enrolment", "notice", child.name(), "--school", "s1"}).out, "ISSUED");
  EXPECT_EQ(notice->children(0), child.name());
  EXPECT_EQ(notice->school(), "counties/411728/schools/s1");
  v1::RenderEnrolmentNoticeResponse letter;
  letter.set_content("PK notice");
  const auto rendered = Monitors<v1::RenderEnrolmentNoticeRequest>("RenderEnrolmentNotice", letter);
  EXPECT_HAS(Done({"enrolment", "letter", child.name(), "--out", Path("notice.docx"), "--purpose", "DROPOUT_CONTROL"}),
             "9 bytes");
  EXPECT_EQ(rendered->name(), child.name());
  const auto claimed =
      Answers<v1::ClaimEnrolmentDestinationRequest>("ClaimEnrolmentDestination", child, "dropout_monitoring");
  EXPECT_EQ(Run({"enrolment", "claim", child.name(), "ABROAD", "--place", "河内", "--proof", "在读证明 9"}).code, 0);
  EXPECT_EQ(claimed->code(), "ABROAD");
  EXPECT_EQ(claimed->place(), "河内");
  const auto decided =
      Answers<v1::DecideEnrolmentDestinationRequest>("DecideEnrolmentDestination", child, "dropout_monitoring");
  EXPECT_EQ(Run({"enrolment", "decide", child.name(), "--refuse", "--etag", "\"7\""}).code, 0);
  EXPECT_FALSE(decided->confirm());
  const auto taken = Answers<v1::WithdrawReportedRequest>("WithdrawReported", child, "dropout_monitoring");
  EXPECT_EQ(Run({"enrolment", "withdraw", child.name(), "--school", "s1", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(taken->school(), "counties/411728/schools/s1");
  const auto shown = Answers<v1::GetExpectedChildRequest>("GetExpectedChild", child, "dropout_monitoring");
  EXPECT_HAS(Run({"enrolment", "show", child.name(), "--unmask", "--purpose", "DROPOUT_CONTROL"}).out, child.name());
  EXPECT_EQ(shown->name(), child.name());
  EXPECT_TRUE(shown->unmask());
}

TEST_F(EnrolmentTest, LeaversAreRecordedCalledAndClosed) {
  v1::BatchRecordLeaverDestinationsResponse answer;
  answer.add_outcomes("RECORDED");
  const auto seen =
      Answers<v1::BatchRecordLeaverDestinationsRequest>("BatchRecordLeaverDestinations", answer, "dropout_monitoring");
  const std::string list = Write("list.csv",
                                 "学籍号,姓名,去向,去向学校,佐证材料,佐证编号\n"
                                 "G411728200801010014,王小明,中职,县职高,录取通知书,17\n");
  const Outcome out = Run({"leavers", "put", "2022-2023", list});
  EXPECT_EQ(out.code, 0) << out.err;
  ASSERT_EQ(seen->rows_size(), 1);
  EXPECT_EQ(seen->rows(0).code(), "VOCATIONAL");
  EXPECT_EQ(seen->rows(0).proof_kind(), "ADMISSION_NOTICE");
  EXPECT_EQ(seen->rows(0).proof(), "17");
  v1::Leaver leaver;
  leaver.set_name("counties/411728/leavers/2022-2023.9.p1");
  v1::ListLeaversResponse listed;
  *listed.add_leavers() = leaver;
  const auto asked = Answers<v1::ListLeaversRequest>("ListLeavers", listed, "dropout_monitoring");
  EXPECT_HAS(Run({"leavers", "list", "2022-2023", "--to-call", "--state", "UNKNOWN", "--grade", "9"}).out,
             leaver.name());
  EXPECT_TRUE(asked->to_call());
  EXPECT_EQ(asked->state(), v1::LEAVER_STATE_UNKNOWN);
  const auto called = Answers<v1::RecordLeaverCallRequest>("RecordLeaverCall", leaver, "dropout_monitoring");
  EXPECT_EQ(Run({"leavers", "call", leaver.name(), "NO_ANSWER", "--on", "2023-10-09"}).code, 0);
  EXPECT_EQ(called->outcome(), "NO_ANSWER");
  EXPECT_EQ(called->on().day(), 9);
  v1::LeaverLedger ledger;
  ledger.set_name("counties/411728/leaverLedgers/2022-2023.s1.1");
  ledger.add_figures()->set_leavers(417);
  const auto prepared = Answers<v1::PrepareLeaverLedgerRequest>("PrepareLeaverLedger", ledger, "dropout_monitoring");
  EXPECT_HAS(Run({"leavers", "prepare", "2022-2023", "s1", "--reason", "补交"}).out, "417");
  EXPECT_EQ(prepared->school(), "counties/411728/schools/s1");
  EXPECT_EQ(prepared->correction_reason(), "补交");
  const auto signed_one = Answers<v1::SignLeaverLedgerRequest>("SignLeaverLedger", ledger, "dropout_monitoring");
  EXPECT_EQ(Run({"leavers", "sign", ledger.name(), "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(signed_one->etag(), "\"7\"");
  const auto closed = Answers<v1::CloseLeaverLedgerRequest>("CloseLeaverLedger", ledger, "dropout_monitoring");
  EXPECT_EQ(Run({"leavers", "close", ledger.name(), "--etag", "\"8\""}).code, 0);
  EXPECT_EQ(closed->etag(), "\"8\"");
  const auto kept = Answers<v1::GetLeaverLedgerRequest>("GetLeaverLedger", ledger, "dropout_monitoring");
  EXPECT_HAS(Run({"leavers", "ledger", ledger.name()}).out, "417");
  EXPECT_EQ(kept->name(), ledger.name());
  const auto shown = Answers<v1::GetLeaverRequest>("GetLeaver", leaver, "dropout_monitoring");
  EXPECT_HAS(Run({"leavers", "show", leaver.name(), "--unmask", "--purpose", "DROPOUT_CONTROL"}).out, leaver.name());
  EXPECT_EQ(shown->name(), leaver.name());
  EXPECT_TRUE(shown->unmask());
  v1::ListLeaverLedgersResponse ledgers;
  *ledgers.add_ledgers() = ledger;
  Answers<v1::ListLeaverLedgersRequest>("ListLeaverLedgers", ledgers, "dropout_monitoring");
  EXPECT_HAS(Run({"leavers", "ledgers", "2022-2023"}).out, ledger.name());
  v1::GetLeaverRatesResponse rates;
  rates.add_rates()->set_promoted_percent("91.19%");
  Answers<v1::GetLeaverRatesRequest>("GetLeaverRates", rates, "dropout_monitoring");
  EXPECT_HAS(Run({"leavers", "rates", "2022-2023"}).out, "91.19%");
  const auto started =
      Answers<v1::StartLeaverRunRequest>("StartLeaverRun", ruraledu::jobs::v1::Job(), "dropout_monitoring");
  EXPECT_EQ(Run({"leavers", "run", "2022-2023"}).code, 0);
  EXPECT_EQ(started->school_year(), "2022-2023");
}

}  // namespace
}  // namespace ruraledu::cli
