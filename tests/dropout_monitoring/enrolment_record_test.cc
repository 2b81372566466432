// The enrolment drive: who reported, who is elsewhere, who is suspected; reports and the daily run, on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/enrolment_gauges.h"
#include "tests/dropout_monitoring/enrolment_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class EnrolmentRecordTest : public EnrolmentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  EnrolmentRecordTest() : EnrolmentFixture(GetParam()) {}

  // A delay of entry that was granted.
  void Approve(const std::string& person, absl::CivilDay from, absl::CivilDay until) {
    v1::AbsenceApproval approval;
    approval.set_name(absl::StrCat(kCounty, "/absenceApprovals/a-", person));
    approval.set_area("411728103");
    approval.set_kind(v1::APPROVAL_KIND_DELAY);
    approval.set_child_key(person);
    approval.set_state(v1::APPROVAL_STATE_IN_FORCE);
    *approval.mutable_valid_from() = DateOf(from);
    *approval.mutable_valid_until() = DateOf(until);
    *approval.mutable_decided_on() = DateOf(from);
    const absl::Status put = monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
      feed::RootWriter writer(tx, *sealer, {"t", "t"});
      RETURN_IF_ERROR(writer.Put(kAbsenceApprovals, nullptr, approval, "TEST").status());
      return writer.Finish().status();
    });
    ASSERT_TRUE(put.ok()) << put;
  }
};

TEST_P(EnrolmentRecordTest, WhoReportedIsRecordedRowByRow) {
  ASSERT_TRUE(Put(Driving(v1::SCHOOL_LEVEL_PRIMARY, kVillage, SchoolName("s1"))).ok());
  Ran();
  ASSERT_EQ(Issued(Issuing({NameOf("JUNIOR", "b1")}, kJunior)), "ISSUED");
  On(9, 2);
  v1::ReportedRow by_name;
  by_name.set_display_name(" 孙小树 ");
  *by_name.mutable_birth_date() = Date(20170201);
  v1::ReportedRow by_notice;
  by_notice.set_notice_number("411728-2023-J-000001");
  v1::ReportedRow ahead = ByKey("a1"), early = ByKey("a1"), no_day = ByKey("a1");
  no_day.mutable_reported_on()->set_month(13);
  *ahead.mutable_reported_on() = DateOf(today + 1);
  *early.mutable_reported_on() = Date(20230301);
  const auto first = Reporting("s1", {ByKey("a1"), by_name, by_notice, ByKey("a3"), v1::ReportedRow(), ahead, early,
                                      ByNumber(IdOf(20170405)), ByKey("a1")});
  const std::string outcomes =
      "RECORDED RECORDED STAGE_NOT_TAUGHT ENROLMENT_NOT_EXPECTED VALUE_REQUIRED DATE_AHEAD RETURN_DATE RECORDED "
      "DUPLICATE_IN_BATCH";
  EXPECT_EQ(Recorded(first), outcomes);
  EXPECT_EQ(Recorded(first), outcomes) << "a replay";
  EXPECT_EQ(Recorded(Reporting("s1", {no_day})), "DATE_INVALID") << "no day at all: nothing of it is taken";
  const int64_t before = Versions();
  EXPECT_EQ(Recorded(Reporting("s1", {ByKey("a1"), by_name})), "UNCHANGED UNCHANGED") << "the same file once more";
  EXPECT_EQ(Versions(), before);
  EXPECT_EQ(Recorded(Reporting("j1", {by_notice})), "RECORDED");
  v1::ReportedRow two;  // two children of one name and day
  two.set_display_name("赵a1");
  *two.mutable_birth_date() = Date(20170101);
  registry_v1::Student twin = PupilIn("a8", 20170101, "PRE", "P3", 20220901);
  twin.set_display_name("赵a1");
  registry.Put(twin);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Ran();
  EXPECT_EQ(Recorded(Reporting("s1", {two})), "ENROLMENT_AMBIGUOUS");
  EXPECT_EQ(Recorded(Reporting("s9", {two})), "SCHOOL_UNKNOWN");
  EXPECT_EQ(Recorded(Reporting("s1", {})), "FIELD_REQUIRED");
  EXPECT_EQ(Recorded(Reporting("s1", std::vector<v1::ReportedRow>(501))), "FIELD_TOO_MANY");
  EXPECT_EQ(Recorded(Reporting("s1", {two}), "411728103/s2"), "PERMISSION_DENIED") << "of another school";
  auto tomorrow = Reporting("s1", {two});
  *tomorrow.mutable_reported_on() = DateOf(today + 1);
  EXPECT_EQ(Recorded(tomorrow), "DATE_AHEAD");

  // A school may have before it whom another one expects.
  Later(1);
  EXPECT_EQ(Recorded(Reporting("s2", {ByKey("a1")}), "411728103/s2"), "RECORDED");
  const std::string a1 = NameOf("PRIMARY", "a1");
  EXPECT_EQ(Now(a1).reported_school(), SchoolName("s2"));
  EXPECT_EQ(Now(a1).area(), "411728103/s2");
  EXPECT_EQ(DayOf(Now(a1).settled_on()), absl::CivilDay(2023, 9, 2));
  v1::WithdrawReportedRequest withdraw = Of<v1::WithdrawReportedRequest>(a1);
  withdraw.set_school(SchoolName("j1"));
  withdraw.set_etag(Now(a1).etag());
  const auto take_back = [&] { return As("t", "411728", "WithdrawReported", withdraw, &Handlers::WithdrawReported); };
  EXPECT_EQ(Reason(take_back()), "ENROLMENT_NO_REPORT");
  withdraw.set_school(SchoolName("s2"));
  withdraw.set_etag("\"999\"");
  EXPECT_EQ(Reason(take_back()), "ETAG_MISMATCH");
  withdraw.set_etag(Now(a1).etag());
  EXPECT_EQ(take_back()->reported_school(), SchoolName("s1"));
  withdraw = Of<v1::WithdrawReportedRequest>(a1);
  withdraw.set_school(SchoolName("s1"));
  withdraw.set_etag(Now(a1).etag());
  EXPECT_EQ(take_back()->state(), v1::EXPECTED_STATE_EXPECTED);
}

TEST_P(EnrolmentRecordTest, WhoIsNowhereAfterTheWindowIsSuspectedOnce) {
  Ran();
  On(9, 15);
  ASSERT_EQ(Recorded(Reporting("j1", {ByKey("b1")})), "RECORDED");
  EXPECT_EQ(Ran().suspected(), 0) << "the last day";
  ASSERT_TRUE(OpenFor("b2").ok()) << "somebody was faster";
  On(9, 16);
  const v1::EnrolmentRun run = Ran();
  EXPECT_EQ(run.suspected(), 4);
  EXPECT_EQ(run.cases_opened(), 3);
  EXPECT_THAT(States(),
              UnorderedElementsAre("PRIMARY a1 NOT_REPORTED", "PRIMARY ch NOT_REPORTED", "PRIMARY h2 NOT_REPORTED",
                                   "JUNIOR b1 REPORTED", "JUNIOR b2 NOT_REPORTED"));
  const auto cases = Cases();
  ASSERT_EQ(cases.size(), 4u) << "one open case per child";
  for (const v1::Case& file : cases) {
    if (file.person() == "b2") continue;
    EXPECT_EQ(file.channel(), v1::DISCOVERY_CHANNEL_ENROLMENT);
    EXPECT_EQ(file.state(), v1::CASE_STATE_SUSPECTED);
  }
  const std::string a1 = NameOf("PRIMARY", "a1");
  EXPECT_NE(Now(a1).case_name(), "");
  EXPECT_EQ(DayOf(Now(a1).suspected_on()), today);
  obs::Metrics metrics;
  ASSERT_TRUE(EnrolmentProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_not_reported_children{county=\"411728\"} 4"));

  const int64_t before = Versions();
  Later(1);
  EXPECT_EQ(Ran().suspected(), 0);
  EXPECT_EQ(Versions(), before);
  EXPECT_EQ(Cases().size(), 4u) << "nothing is opened twice";
  // A comparison after the census finds the same children: their cases take it.
  On(10, 9);
  Compared(monitoring);
  EXPECT_EQ(Cases().size(), 4u);
  // Who comes late is reported; the case is closed by people, not by a list.
  ASSERT_EQ(Recorded(Reporting("s1", {ByKey("a1")})), "RECORDED");
  EXPECT_EQ(Now(a1).state(), v1::EXPECTED_STATE_REPORTED);
  EXPECT_TRUE(Now(a1).has_suspected_on());
  EXPECT_EQ(Cases().size(), 4u);
  v1::WithdrawReportedRequest withdraw = Of<v1::WithdrawReportedRequest>(a1);
  withdraw.set_school(SchoolName("s1"));
  withdraw.set_etag(Now(a1).etag());
  EXPECT_EQ(As("t", "411728", "WithdrawReported", withdraw, &Handlers::WithdrawReported)->state(),
            v1::EXPECTED_STATE_NOT_REPORTED)
      << "suspected before";
}

TEST_P(EnrolmentRecordTest, AnotherDestinationIsClaimedByOneAndConfirmedByAnother) {
  Ran();
  const std::string a1 = NameOf("PRIMARY", "a1"), b1 = NameOf("JUNIOR", "b1");
  EXPECT_EQ(Reason(Decide(a1, true)), "STATE_TRANSITION") << "nothing waits";
  EXPECT_EQ(Reason(Claim(Claiming(a1, "MARS"))), "CODE_UNKNOWN");
  auto claim = Claiming(a1);
  claim.clear_place();
  EXPECT_EQ(Reason(Claim(claim)), "FIELD_REQUIRED");
  claim = Claiming(a1);
  claim.clear_proof();
  EXPECT_EQ(Reason(Claim(claim)), "FIELD_REQUIRED");
  claim = Claiming(a1);
  claim.set_proof(std::string(801, 'a'));
  EXPECT_EQ(Reason(Claim(claim)), "FIELD_TOO_LONG");
  claim = Claiming(a1);
  claim.set_etag("\"999\"");
  EXPECT_EQ(Reason(Claim(claim)), "ETAG_MISMATCH");
  const auto claimed = Claim(Claiming(a1));
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_TRUE(claimed->claim_open());
  EXPECT_EQ(claimed->state(), v1::EXPECTED_STATE_EXPECTED) << "a claim settles nothing";
  EXPECT_FALSE(claimed->has_destination()) << "masked";
  EXPECT_EQ(Reason(Claim(Claiming(a1))), "STATE_TRANSITION") << "one waits";
  v1::ListExpectedChildrenRequest list;
  list.set_claims_only(true);
  EXPECT_EQ(Listed(list).size(), 1u);
  EXPECT_EQ(Reason(Decide(a1, true, "clerk")), "SAME_PERSON");
  EXPECT_EQ(Reason(Decide(a1, true, "approver", "\"999\"")), "ETAG_MISMATCH");
  const auto confirmed = Decide(a1, true);
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->state(), v1::EXPECTED_STATE_ELSEWHERE);
  EXPECT_EQ(DayOf(confirmed->settled_on()), today);
  ASSERT_TRUE(Claim(Claiming(b1)).ok());
  EXPECT_EQ(Decide(b1, false)->state(), v1::EXPECTED_STATE_EXPECTED) << "refused";

  Approve("b1", today, absl::CivilDay(2023, 9, 20));
  Ran();
  EXPECT_EQ(Now(b1).state(), v1::EXPECTED_STATE_EXCUSED);
  EXPECT_EQ(DayOf(Now(b1).settled_on()), today);
  On(9, 20);
  const v1::EnrolmentRun run = Ran();
  EXPECT_EQ(run.suspected(), 3) << "neither of the two";
  On(9, 21);
  EXPECT_EQ(Ran().suspected(), 1) << "not back after the delay";
  EXPECT_EQ(Now(b1).state(), v1::EXPECTED_STATE_NOT_REPORTED);
  ASSERT_TRUE(Claim(Claiming(NameOf("JUNIOR", "b2"), "DECEASED")).ok());
  EXPECT_EQ(Decide(NameOf("JUNIOR", "b2"), true)->state(), v1::EXPECTED_STATE_GONE);
  EXPECT_EQ(Reason(Claim(Claiming(NameOf("JUNIOR", "b2")))), "STATE_TRANSITION");
  EXPECT_EQ(Recorded(Reporting("j1", {ByKey("b2")})), "ENROLMENT_NOT_EXPECTED");
}

TEST_P(EnrolmentRecordTest, TheDailyReportBySchoolAndTheChildren) {
  ASSERT_TRUE(Put(Driving(v1::SCHOOL_LEVEL_PRIMARY, kVillage, SchoolName("s1"))).ok());
  ASSERT_TRUE(Put(Driving(v1::SCHOOL_LEVEL_JUNIOR, SchoolName("s1"), kJunior)).ok());
  Ran();
  On(9, 1);
  ASSERT_EQ(Recorded(Reporting("s1", {ByKey("a1")})), "RECORDED");
  On(9, 3);
  ASSERT_EQ(Recorded(Reporting("s2", {ByNumber(IdOf(20170201))})), "RECORDED");
  const auto rows = [&](const std::string& day, const std::string& area = "areas/411728") {
    v1::GetReportRequest request;
    request.set_area(area);
    request.set_report(v1::REPORT_KIND_ENROLMENT_DAILY);
    request.set_period(day);
    const auto report = As("reader", "411728", "GetReport", request, &Handlers::GetReport);
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> lines;
    for (const auto& row : report->rows()) {
      std::vector<std::string> cells;
      for (int i = 3; i < row.cells_size(); ++i) cells.push_back(CellText(row.cells(i)));
      lines.push_back(absl::StrJoin(cells, " "));
    }
    return lines;
  };
  // Expected, by the first day, on the day, reported, known elsewhere, not yet, expected elsewhere.
  EXPECT_THAT(rows("2023-09-01"), UnorderedElementsAre("小学 2 1 1 1 0 1 0", "初中 1 0 0 0 0 1 0", "小学 1 0 0 0 0 1 0",
                                                       "初中 1 0 0 0 0 1 0"));
  EXPECT_THAT(rows("2023-09-03"), ::testing::IsSupersetOf({"小学 2 1 0 1 1 0 0", "小学 0 0 0 0 0 0 1"}));
  EXPECT_THAT(rows("2023-09-03", "areas/411728103/s2"), ElementsAre("小学 0 0 0 0 0 0 1"));
  v1::ExportReportRequest file;
  file.set_area("areas/411728");
  file.set_report(v1::REPORT_KIND_EXPECTED_CHILDREN);
  file.set_period(kYear);
  const std::string masked = *monitoring.Export(OfRole("COUNTY_DROPOUT_OFFICER"), file);
  EXPECT_THAT(masked, HasSubstr("孙**"));
  EXPECT_THAT(masked, Not(HasSubstr("孙小树")));
  EXPECT_THAT(masked, HasSubstr("合计 5"));
  file.set_unmask(true);
  EXPECT_THAT(*monitoring.Export(OfRole("COUNTY_DROPOUT_OFFICER"), file, "DROPOUT_CASE"), HasSubstr("孙小树"));
}

TEST_P(EnrolmentRecordTest, ACountyWithAListRunsOnceADay) {
  obs::Metrics metrics;
  On(9, 16);
  auto probe = EnrolmentProbe(monitoring.host(), ShippedStandards(), metrics);
  ASSERT_TRUE(probe().ok());
  EXPECT_EQ(TurnWaiting(monitoring, kEnrolmentJob), 0) << "nobody asked for a list";
  On(8, 20);
  Ran();
  On(9, 16);
  ASSERT_TRUE(probe().ok());
  EXPECT_EQ(TurnWaiting(monitoring, kEnrolmentJob), 1);
  EXPECT_EQ(Cases().size(), 5u) << "nobody had to ask";
  ASSERT_TRUE(probe().ok());
  EXPECT_EQ(TurnWaiting(monitoring, kEnrolmentJob), 0);
  Later(1);
  ASSERT_TRUE(probe().ok());
  EXPECT_EQ(TurnWaiting(monitoring, kEnrolmentJob), 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, EnrolmentRecordTest, ::testing::Values("SQLite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
