// population, child-ledgers: what a register becomes, and what is shown.
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class PopulationTest : public CliTest {
 protected:
  PopulationTest() { UseShippedData(); }
};

TEST_F(PopulationTest, ARegisterBecomesResidents) {
  v1::BatchRecordResidentsResponse answer;
  answer.add_outcomes("RECORDED");
  answer.add_outcomes("REGION_CODE");
  const auto seen = Answers<v1::BatchRecordResidentsRequest>("BatchRecordResidents", answer, "dropout_monitoring");
  const std::string list = Write("list.csv",
                                 "姓名,身份证号,出生日期,村代码,去向,户主姓名,联系电话\n"
                                 "王小明,,2016-03-15,411728103001,外地就读,王大山,13800000000\n"
                                 "李小红,,2017-01-02,999,,,\n"
                                 "赵小雨,,2017-01-02,411728103001,火星,,\n");
  const Outcome out = Run({"population", "put", list, "--source", "POLICE", "--listed", "2023-09-01"});
  EXPECT_EQ(out.code, 0) << out.err;
  ASSERT_EQ(seen->residents_size(), 2) << "a row that does not parse is not sent";
  EXPECT_EQ(seen->source(), "POLICE");
  EXPECT_EQ(seen->listed_on().day(), 1);
  EXPECT_EQ(seen->residents(0).display_name(), "王小明");
  EXPECT_EQ(seen->residents(0).birth_date().year(), 2016);
  EXPECT_EQ(seen->residents(0).whereabouts(), "STUDIES_ELSEWHERE");
  EXPECT_EQ(seen->residents(0).guardians(0).display_name(), "王大山");
  EXPECT_HAS(out.err, "line 3: REGION_CODE");
  EXPECT_HAS(out.err, "line 4: CODE_UNKNOWN");
}

TEST_F(PopulationTest, TheQueueAndADecision) {
  v1::ListResidentsResponse listed;
  v1::Resident* weak = listed.add_residents();
  weak->set_match(v1::RESIDENT_MATCH_WEAK);
  weak->add_candidates("counties/411728/students/p1");
  const auto asked = Answers<v1::ListResidentsRequest>("ListResidents", listed, "dropout_monitoring");
  const Outcome out = Run({"population", "list", "--weak"});
  EXPECT_EQ(asked->match(), v1::RESIDENT_MATCH_WEAK);
  EXPECT_HAS(out.out, "counties/411728/students/p1");
  const auto decided = Answers<v1::DecideResidentRequest>("DecideResident", *weak, "dropout_monitoring");
  EXPECT_EQ(Run({"population", "decide", "counties/411728/residents/r1", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(decided->student(), "") << "none of them";
}

TEST_F(PopulationTest, ComparisonsAndWhatTheyFound) {
  v1::ListComparisonRunsResponse runs;
  v1::KindFigures* row = runs.add_runs()->add_kinds();
  row->set_kind(v1::COMPARISON_KIND_NEVER_ENROLLED);
  row->set_fresh(3);
  row->set_gone(21);
  Answers<v1::ListComparisonRunsRequest>("ListComparisonRuns", runs, "dropout_monitoring");
  const Outcome shown = Run({"population", "runs"});
  for (const char* text : {"NEVER_ENROLLED", "3", "21"}) EXPECT_HAS(shown.out, text);

  v1::ListComparisonFindingsResponse found;
  found.add_findings()->set_case_name("counties/411728/cases/c1");
  const auto asked = Answers<v1::ListComparisonFindingsRequest>("ListComparisonFindings", found, "dropout_monitoring");
  const Outcome out = Run({"population", "findings", "--kind", "ON_ROLL_ABSENT", "--new-in",
                           "counties/411728/comparisonRuns/r1", "--open"});
  EXPECT_HAS(out.out, "counties/411728/cases/c1");
  EXPECT_EQ(asked->kind(), v1::COMPARISON_KIND_ON_ROLL_ABSENT);
  EXPECT_EQ(asked->found_by(), "r1");
  EXPECT_TRUE(asked->open_only());

  const auto started =
      Answers<v1::StartComparisonRequest>("StartComparison", ruraledu::jobs::v1::Job(), "dropout_monitoring");
  EXPECT_EQ(Run({"population", "compare"}).code, 0);
  EXPECT_EQ(started->parent(), "counties/411728");
}

TEST_F(PopulationTest, LedgersAreDrawnUpAndSigned) {
  v1::ChildLedger ledger;
  ledger.set_kind(v1::LEDGER_KIND_DROPPED);
  ledger.set_signed_off(17);
  const auto prepared = Answers<v1::PrepareChildLedgerRequest>("PrepareChildLedger", ledger, "dropout_monitoring");
  const Outcome out = Run({"child-ledgers", "prepare", "DROPPED"});
  EXPECT_EQ(prepared->kind(), v1::LEDGER_KIND_DROPPED);
  EXPECT_HAS(out.out, "17");
  const auto signed_one = Answers<v1::SignChildLedgerRequest>("SignChildLedger", ledger, "dropout_monitoring");
  EXPECT_EQ(Run({"child-ledgers", "sign", "counties/411728/childLedgers/DROPPED.1", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(signed_one->etag(), "\"7\"");
  v1::ListChildLedgersResponse listed;
  *listed.add_ledgers() = ledger;
  const auto asked = Answers<v1::ListChildLedgersRequest>("ListChildLedgers", listed, "dropout_monitoring");
  EXPECT_HAS(Run({"child-ledgers", "list", "--in-force"}).out, "DROPPED");
  EXPECT_TRUE(asked->in_force_only());
  EXPECT_NE(Run({"child-ledgers", "prepare", "OTHER"}).code, 0);
}

TEST_F(PopulationTest, OneResidentAndOneLedgerInFull) {
  v1::Resident resident;
  resident.set_address("一组12号");
  const auto got = Monitors<v1::GetResidentRequest>("GetResident", resident);
  EXPECT_HAS(Done({"population", "show", "counties/411728/residents/r1", "--unmask", "--purpose", "DROPOUT_CONTROL"}),
             "一组12号");
  EXPECT_ASKED(got, R"pb(name: "counties/411728/residents/r1" unmask: true)pb");
  EXPECT_EQ(purpose_, "DROPOUT_CONTROL");
  v1::ChildLedger ledger;
  ledger.add_lines()->set_case_name("counties/411728/cases/c1");
  const auto asked = Monitors<v1::GetChildLedgerRequest>("GetChildLedger", ledger);
  EXPECT_HAS(Done({"child-ledgers", "show", "counties/411728/childLedgers/DROPPED.1"}), "counties/411728/cases/c1");
  EXPECT_EQ(asked->name(), "counties/411728/childLedgers/DROPPED.1");
}

}  // namespace
}  // namespace ruraledu::cli
