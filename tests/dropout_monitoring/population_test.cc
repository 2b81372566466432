// Residents, comparisons and ledgers behind their handlers, on both databases.
#include "absl/strings/str_join.h"
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/population_gauges.h"
#include "services/dropout_monitoring/population_tables.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/population_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class PopulationTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PopulationTest() : CaseFixture(OptionsOf(GetParam())) {
    On(10, 9);
    for (const char* id : {"p1", "p2", "p3"}) {
      registry_v1::Student student = Child(id);
      student.set_id_number(IdOf(20140315, student.name().back()));
      if (std::string_view(id) != "p3") student.set_household(absl::StrCat(kCounty, "/households/h1"));
      registry.Put(student);
    }
    registry.Put(CountyHousehold());
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  // A supported household with one child in no register, one that is a student, and a mother of any age.
  static registry_v1::Household CountyHousehold() {
    registry_v1::Household household;
    household.set_name(absl::StrCat(kCounty, "/households/h2"));
    household.set_village("411728103002");
    auto* record = household.add_hardships();
    record->set_kind("M1");
    *record->mutable_valid_from() = Date(20200101);
    const auto add = [&](const std::string& name, const std::string& id, const std::string& relation) {
      auto* member = household.add_members();
      member->set_display_name(name);
      member->set_id_number(id);
      member->set_relation(relation);
      return member;
    };
    add("钱大山", IdOf(19880101), "HEAD");
    add("钱小草", IdOf(20150405), "CHILD");
    add("钱小花", IdOf(20140315, '3'), "CHILD");  // p3
    add("钱小苗", IdOf(20150406), "SPOUSE");
    *add("钱小石", IdOf(20150407), "CHILD")->mutable_valid_to() = Date(20230101);
    add("钱小木", IdOf(20150408), "CHILD")->set_student(absl::StrCat(kCounty, "/students/p3"));
    return household;
  }

  std::string Recorded(std::vector<v1::Resident> rows, const std::string& source = "POLICE",
                       const std::string& area = "411728") {
    const auto answer = As("officer", area, "BatchRecordResidents", ListOf(std::move(rows), source, today),
                           &Handlers::BatchRecordResidents);
    if (!answer.ok()) return Reason(answer);
    return absl::StrJoin(answer->outcomes(), " ");
  }
  std::vector<v1::Resident> Residents(v1::ResidentMatch match = v1::RESIDENT_MATCH_UNSPECIFIED) {
    v1::ListResidentsRequest request;
    request.set_parent(kCounty);
    request.set_match(match);
    const auto listed = monitoring.Call("ListResidents", request, &Handlers::ListResidents);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->residents().begin(), listed->residents().end()};
  }
  // "kind child" of the open findings, the child by its person or the last part of where it was read.
  std::vector<std::string> Open(v1::ListComparisonFindingsRequest request = {}) {
    request.set_parent(kCounty);
    request.set_open_only(request.gone_by().empty());
    const auto listed = monitoring.Call("ListComparisonFindings", request, &Handlers::ListComparisonFindings);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> lines;
    for (const auto& finding : listed->findings()) {
      const bool known = !finding.child_key().starts_with("child-");
      lines.push_back(absl::StrCat(v1::ComparisonKind_Name(finding.kind()).substr(16), " ",
                                   known ? finding.child_key() : feed::IdOfName(finding.source()).substr(0, 2)));
    }
    return lines;
  }
  v1::KindFigures Figures(const v1::ComparisonRun& run, v1::ComparisonKind kind) {
    for (const auto& row : run.kinds()) {
      if (row.kind() == kind) return row;
    }
    return {};
  }
  std::vector<v1::Case> Cases() {
    v1::ListCasesRequest request;
    request.set_parent(kCounty);
    const auto listed = monitoring.Call("ListCases", request, &Handlers::ListCases);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->cases().begin(), listed->cases().end()};
  }
  void Tell(const std::string& person, const std::function<void(registry_v1::Student&)>& change) {
    registry_v1::Student student = Child(person);
    student.set_id_number(IdOf(20140315, person.back()));
    change(student);
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  }
  absl::StatusOr<v1::ChildLedger> Prepare(v1::LedgerKind kind, const std::string& area = "411728") {
    v1::PrepareChildLedgerRequest request = Of<v1::PrepareChildLedgerRequest>("");
    request.set_parent(kCounty);
    request.set_kind(kind);
    return As("officer", area, "PrepareChildLedger", request, &Handlers::PrepareChildLedger);
  }
  absl::StatusOr<v1::ChildLedger> SignAs(const std::string& person, const v1::ChildLedger& ledger,
                                         const std::string& area = "411728") {
    v1::SignChildLedgerRequest request = Of<v1::SignChildLedgerRequest>(ledger.name());
    request.set_etag(ledger.etag());
    return As(person, area, "SignChildLedger", request, &Handlers::SignChildLedger);
  }
};

TEST_P(PopulationTest, AListIsRecordedRowByRow) {
  const v1::Resident good = ResidentOf("孙小树", IdOf(20160301));
  EXPECT_EQ(Recorded({good, ResidentOf("孙小树", IdOf(20160301)), ResidentOf("李小红", "", 20160302, "640422103001"),
                      ResidentOf("", IdOf(20160303))}),
            "RECORDED DUPLICATE_IN_BATCH REGION_CODE VALUE_REQUIRED");
  EXPECT_EQ(Recorded({good}), "UNCHANGED");
  EXPECT_EQ(Recorded({good}, "HOUSE_VISIT", "411728103"), "RECORDED") << "another source";
  EXPECT_EQ(Recorded({good}, "MARS"), "CODE_UNKNOWN");
  EXPECT_EQ(Recorded({}), "FIELD_REQUIRED");
  EXPECT_EQ(Recorded(std::vector<v1::Resident>(501, good)), "FIELD_TOO_MANY");
  EXPECT_EQ(Recorded({good}, "POLICE", "411728104"), "PERMISSION_DENIED") << "another township";
  v1::BatchRecordResidentsRequest ahead = ListOf({good}, "POLICE", today + 1);
  EXPECT_EQ(Reason(As("officer", "411728", "BatchRecordResidents", ahead, &Handlers::BatchRecordResidents)),
            "DATE_AHEAD");
  v1::BatchRecordResidentsRequest twice = ListOf({ResidentOf("周小雪", IdOf(20160309))}, "POLICE", today);
  for (int i = 0; i < 2; ++i) {
    const auto answer = As("officer", "411728", "BatchRecordResidents", twice, &Handlers::BatchRecordResidents);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_THAT(answer->outcomes(), ElementsAre("RECORDED")) << "a replay tells the first answer";
  }
  ASSERT_EQ(Residents().size(), 2u);
  const v1::Resident listed = Residents()[0];
  EXPECT_TRUE(listed.masked());
  EXPECT_EQ(listed.id_number(), "");
  EXPECT_EQ(listed.area(), "411728103");
  v1::GetResidentRequest get;
  get.set_name(listed.name());
  EXPECT_EQ(Reason(As("w", "411728104", "GetResident", get, &Handlers::GetResident)), "PERMISSION_DENIED");
  get.set_unmask(true);
  EXPECT_EQ(Reason(As("w", "411728", "GetResident", get, &Handlers::GetResident)), "PERMISSION_DENIED")
      << "jobs unmask nothing";
}

TEST_P(PopulationTest, FourChecksThreeComparisons) {
  registry_v1::Student q1 = Child("q1");  // of another county
  q1.set_name("counties/411722/students/q1");
  q1.set_area("411722103/s1/k1");
  q1.set_id_number(IdOf(20160304));
  registry.Put(q1);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Recorded({ResidentOf("孙小树", IdOf(20160301)), ResidentOf("郑小溪", IdOf(20160304)),
                      ResidentOf("王小明", IdOf(20140315, '3')), ResidentOf("吴小河", IdOf(20100101), 0)}),
            "RECORDED RECORDED RECORDED RECORDED");
  v1::Resident away = ResidentOf("冯小海", IdOf(20160305));
  away.set_whereabouts("STUDIES_ELSEWHERE");
  EXPECT_EQ(Recorded({away, ResidentOf("陈小川", IdOf(20160306))}, "HOUSE_VISIT"), "RECORDED RECORDED");
  Tell("p1", [](auto& student) {
    student.set_status("DROPPED");
    student.set_household(absl::StrCat(kCounty, "/households/h1"));
  });
  Tell("p2", [](auto& student) {
    student.set_status("TRANSFER_OUT_PENDING");
    *student.mutable_status_from() = Date(20230901);
  });

  const v1::ComparisonRun run = Compared(monitoring);
  EXPECT_THAT(Open(), UnorderedElementsAre("REGISTER_DROPOUT p1", "SUPPORTED_DROPOUT p1", "TRANSFER_UNCONFIRMED p2",
                                           "NEVER_ENROLLED ch", "NEVER_ENROLLED ch", "DOOR_TO_DOOR ch",
                                           "NEVER_ENROLLED h2", "SUPPORTED_DROPOUT h2"));
  EXPECT_EQ(run.pupils(), 3);
  EXPECT_EQ(run.residents(), 6);
  EXPECT_EQ(run.members(), 1) << "of school age, no spouse, not gone, no student, no resident";
  EXPECT_EQ(run.weak(), 0);
  EXPECT_EQ(run.cases_opened(), 6);
  EXPECT_EQ(Figures(run, v1::COMPARISON_KIND_NEVER_ENROLLED).fresh(), 3);
  EXPECT_EQ(run.school_year(), "2023-2024");
  std::vector<std::string> population;
  for (const auto& row : run.population()) {
    population.push_back(absl::StrCat(row.area(), " ", row.state(), " ", row.children()));
  }
  EXPECT_THAT(population, ElementsAre("411728103 DROPPED 1", "411728103 ENROLLED 1", "411728103 NO_REGISTER 4",
                                      "411728103 TRANSFER_OUT_PENDING 1"));
  EXPECT_EQ(Residents(v1::RESIDENT_MATCH_EXACT)[0].student(), absl::StrCat(kCounty, "/students/p3"));
  EXPECT_EQ(Residents(v1::RESIDENT_MATCH_ELSEWHERE)[0].student(), "counties/411722/students/q1");

  const auto cases = Cases();
  ASSERT_EQ(cases.size(), 6u) << "one open case per child";
  std::vector<std::string> channels;
  for (const v1::Case& file : cases) {
    EXPECT_EQ(file.state(), v1::CASE_STATE_SUSPECTED);
    channels.push_back(v1::DiscoveryChannel_Name(file.channel()).substr(18));
  }
  EXPECT_THAT(channels, UnorderedElementsAre("COMPARISON", "COMPARISON", "COMPARISON", "COMPARISON", "HOUSE_VISIT",
                                             "TRANSFER_UNCONFIRMED"));
  EXPECT_EQ(monitoring.Counter("compared_children", "411728103", "NEVER_ENROLLED"), 3);
  EXPECT_EQ(monitoring.Counter("compared_children", "411728103/s1", "REGISTER_DROPOUT"), 1);
}

TEST_P(PopulationTest, ALaterRunTellsNewGoneAndStill) {
  Recorded({ResidentOf("孙小树", IdOf(20160301)), ResidentOf("陈小川", IdOf(20160306))});
  Tell("p1", [](auto& student) { student.set_status("SUSPECTED"); });
  const v1::ComparisonRun first = Compared(monitoring);
  EXPECT_EQ(first.members(), 2) << "one of them is a student whom the registry has not linked yet";
  const size_t cases = Cases().size();
  Later(7);
  Tell("p1", [](auto&) {});  // attends again
  registry_v1::Student came = Child("x1");
  came.set_id_number(IdOf(20160301));
  registry.Put(came);
  Tell("p2", [](auto& student) { student.set_status("DROPPED"); });
  const v1::ComparisonRun second = Compared(monitoring);
  EXPECT_EQ(Figures(second, v1::COMPARISON_KIND_NEVER_ENROLLED).still(), 2) << "陈小川 and the child of the household";
  EXPECT_EQ(Figures(second, v1::COMPARISON_KIND_NEVER_ENROLLED).gone(), 1) << "孙小树 is registered now";
  EXPECT_EQ(Figures(second, v1::COMPARISON_KIND_REGISTER_DROPOUT).fresh(), 1);
  EXPECT_EQ(Figures(second, v1::COMPARISON_KIND_REGISTER_DROPOUT).gone(), 1);
  EXPECT_EQ(second.cases_opened(), 1);
  EXPECT_EQ(Cases().size(), cases + 1) << "what is still there opens nothing";
  v1::ListComparisonFindingsRequest by;
  by.set_found_by(std::string(feed::IdOfName(second.name())));
  EXPECT_THAT(Open(by), ElementsAre("REGISTER_DROPOUT p2"));
  by.clear_found_by();
  by.set_gone_by(std::string(feed::IdOfName(second.name())));
  by.set_kind(v1::COMPARISON_KIND_REGISTER_DROPOUT);
  EXPECT_THAT(Open(by), ElementsAre("REGISTER_DROPOUT p1"));

  Later(7);
  Tell("p1", [](auto& student) { student.set_status("SUSPECTED"); });
  EXPECT_EQ(Figures(Compared(monitoring), v1::COMPARISON_KIND_REGISTER_DROPOUT).fresh(), 1);
  EXPECT_EQ(Cases().size(), cases + 1) << "its case is still open";
  v1::ListComparisonFindingsRequest of;
  of.set_parent(kCounty);
  of.set_child("p1");
  const auto listed = monitoring.Call("ListComparisonFindings", of, &Handlers::ListComparisonFindings);
  ASSERT_EQ(listed->findings_size(), 1);
  EXPECT_EQ(listed->findings(0).times(), 2);
  EXPECT_FALSE(listed->findings(0).has_gone_on());
  EXPECT_EQ(listed->findings(0).kinds_size(), 0) << "masked";
  v1::ListComparisonRunsRequest runs;
  runs.set_parent(kCounty);
  EXPECT_EQ(monitoring.Call("ListComparisonRuns", runs, &Handlers::ListComparisonRuns)->runs_size(), 3);
  EXPECT_NE(first.name(), second.name());
}

TEST_P(PopulationTest, AttendanceIsTheThirdRegister) {
  const auto put = [&](const std::string& person, v1::AbsenceStep step, bool unmarked) {
    v1::Absence absence;
    absence.set_name(absl::StrCat(kCounty, "/absences/", person));
    absence.set_area(kClassArea);
    absence.set_person(person);
    absence.mutable_evaluation()->set_step(step);
    if (unmarked) absence.mutable_evaluation()->add_reasons()->set_code("NO_RECORD");
    ASSERT_TRUE(monitoring.place.database
                    ->Write(kShard,
                            [&](db::Transaction& tx) -> absl::Status {
                              ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
                              feed::RootWriter writer(tx, *sealer, {"t", "t"});
                              RETURN_IF_ERROR(writer.Put(kAbsences, nullptr, absence, "TEST").status());
                              return writer.Finish().status();
                            })
                    .ok());
  };
  put("p1", v1::ABSENCE_STEP_SUSPECTED, false);
  put("p2", v1::ABSENCE_STEP_UNSPECIFIED, true);
  put("p3", v1::ABSENCE_STEP_WARN, false);
  Compared(monitoring);
  EXPECT_THAT(Open(), UnorderedElementsAre("ON_ROLL_ABSENT p1", "SUPPORTED_DROPOUT p1", "ON_ROLL_UNMARKED p2",
                                           "NEVER_ENROLLED h2", "SUPPORTED_DROPOUT h2"));
  EXPECT_EQ(Cases().size(), 2u) << "nobody is suspected for want of a mark";
}

TEST_P(PopulationTest, AWeakMatchWaitsForAPersonAndTheDecisionHolds) {
  Recorded({ResidentOf("王小明", "", 20140315), ResidentOf("王小明", "", 20140315, "411728103003")});
  EXPECT_EQ(Compared(monitoring).weak(), 2);
  const auto queue = Residents(v1::RESIDENT_MATCH_WEAK);
  ASSERT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue[0].candidates_size(), 3) << "three pupils have the name and the birth date";
  v1::DecideResidentRequest decide = Of<v1::DecideResidentRequest>(queue[0].name());
  decide.set_etag("\"999\"");
  EXPECT_EQ(Reason(As("w", "411728", "DecideResident", decide, &Handlers::DecideResident)), "ETAG_MISMATCH");
  decide = Of<v1::DecideResidentRequest>(queue[0].name());
  decide.set_etag(queue[0].etag());
  decide.set_student(absl::StrCat(kCounty, "/students/p9"));
  EXPECT_EQ(Reason(As("w", "411728", "DecideResident", decide, &Handlers::DecideResident)), "CANDIDATE_UNKNOWN");
  decide.set_student(absl::StrCat(kCounty, "/students/p2"));
  EXPECT_EQ(Reason(As("w", "411728104", "DecideResident", decide, &Handlers::DecideResident)), "PERMISSION_DENIED");
  const auto same = As("w", "411728", "DecideResident", decide, &Handlers::DecideResident);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->match(), v1::RESIDENT_MATCH_DECIDED);
  EXPECT_EQ(same->decided_by(), "job:w");
  decide = Of<v1::DecideResidentRequest>(queue[1].name());
  decide.set_etag(queue[1].etag());
  const auto none = As("w", "411728", "DecideResident", decide, &Handlers::DecideResident);
  ASSERT_TRUE(none.ok()) << none.status();
  decide.set_request_id(NewId());
  decide.set_etag(none->etag());
  EXPECT_EQ(Reason(As("w", "411728", "DecideResident", decide, &Handlers::DecideResident)), "REVIEW_DECIDED");

  const v1::ComparisonRun run = Compared(monitoring);
  EXPECT_EQ(run.weak(), 0);
  EXPECT_EQ(Figures(run, v1::COMPARISON_KIND_NEVER_ENROLLED).fresh(), 1) << "the one that is none of them";
  EXPECT_THAT(Residents(v1::RESIDENT_MATCH_WEAK), IsEmpty());
  EXPECT_EQ(Residents(v1::RESIDENT_MATCH_DECIDED).size(), 1u);
}

TEST_P(PopulationTest, AFindingAboutNobodyIsOver) {
  Compared(monitoring);
  EXPECT_THAT(Open(), UnorderedElementsAre("NEVER_ENROLLED h2", "SUPPORTED_DROPOUT h2"));
  registry_v1::Household household = CountyHousehold();
  household.clear_members();
  registry.Put(household);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Figures(Compared(monitoring), v1::COMPARISON_KIND_NEVER_ENROLLED).gone(), 1);
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_P(PopulationTest, ARunWaitsForImports) {
  const auto job = monitoring.Call("StartComparison", Comparing(), &Handlers::StartComparison);
  ASSERT_TRUE(job.ok()) << job.status();
  registry_v1::Import import;
  import.set_name(absl::StrCat(kCounty, "/imports/i1"));
  import.set_state(registry_v1::IMPORT_STATE_PARTLY_APPLIED);
  registry.Put(import);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(TurnOf(monitoring, job->name())), "JOB_POSTPONED");
  EXPECT_EQ(Reason(monitoring.Call("StartComparison", Comparing(), &Handlers::StartComparison)), "BATCH_OPEN");
  import.set_state(registry_v1::IMPORT_STATE_CLOSED);
  registry.Put(import);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_TRUE(TurnOf(monitoring, job->name()).ok());
}

TEST_P(PopulationTest, LedgersAreDrawnUpSignedByAnotherAndFollowed) {
  EXPECT_EQ(Reason(Prepare(v1::LEDGER_KIND_UNSPECIFIED)), "FIELD_REQUIRED");
  EXPECT_EQ(Reason(Prepare(v1::LEDGER_KIND_SCHOOL_AGE)), "NO_COMPARISON");
  EXPECT_EQ(Reason(Prepare(v1::LEDGER_KIND_SUSPECTED, "411728103")), "PERMISSION_DENIED") << "kept by the county";
  Tell("p1", [](auto& student) { student.set_status("SUSPECTED"); });
  Compared(monitoring);
  const auto ages = Prepare(v1::LEDGER_KIND_SCHOOL_AGE);
  ASSERT_TRUE(ages.ok()) << ages.status();
  EXPECT_EQ(ages->children(), 4);
  EXPECT_EQ(ages->figures_size(), 3);
  EXPECT_NE(ages->run(), "");

  const auto first = Prepare(v1::LEDGER_KIND_SUSPECTED);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->children(), 2);
  EXPECT_EQ(first->fresh(), 2);
  Later(1);
  const auto again = Prepare(v1::LEDGER_KIND_SUSPECTED);
  EXPECT_EQ(again->name(), first->name()) << "one that nobody signed is drawn up again";
  EXPECT_EQ(Reason(SignAs("approver", *first)), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(SignAs("officer", *again)), "ROLE_HELD");
  EXPECT_EQ(Reason(SignAs("approver", *again, "411728103")), "PERMISSION_DENIED");
  const auto signed_one = SignAs("approver", *again);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_EQ(signed_one->state(), v1::LEDGER_STATE_SIGNED);
  EXPECT_EQ(Reason(SignAs("third", *signed_one)), "STATE_TRANSITION");

  // One of the two is a false alarm.
  for (const v1::Case& file : Cases()) {
    if (file.person() != "p1") continue;
    ASSERT_TRUE(VerifyAs("teacher", kClassArea, file.name()).ok());
    ASSERT_TRUE(Step(file.name(), Proposal(v1::CASE_STEP_KIND_FALSE_ALARM, "SCHOOL_STATEMENT")).ok());
  }
  const auto second = Prepare(v1::LEDGER_KIND_SUSPECTED);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->version_number(), 2);
  EXPECT_EQ(second->children(), 1);
  EXPECT_EQ(second->fresh(), 0);
  EXPECT_EQ(second->signed_off(), 1);
  ASSERT_TRUE(SignAs("approver", *second).ok());
  v1::GetChildLedgerRequest get;
  get.set_name(first->name());
  const auto kept = monitoring.Call("GetChildLedger", get, &Handlers::GetChildLedger);
  EXPECT_EQ(kept->state(), v1::LEDGER_STATE_REPLACED);
  EXPECT_EQ(kept->lines_size(), 2) << "it stays as it was";
  get.set_name(absl::StrCat(kCounty, "/childLedgers/DROPPED.9"));
  EXPECT_EQ(Reason(monitoring.Call("GetChildLedger", get, &Handlers::GetChildLedger)), "NOT_FOUND");
  v1::ListChildLedgersRequest list;
  list.set_parent(kCounty);
  list.set_in_force_only(true);
  const auto listed = monitoring.Call("ListChildLedgers", list, &Handlers::ListChildLedgers);
  ASSERT_EQ(listed->ledgers_size(), 1);
  EXPECT_EQ(listed->ledgers(0).name(), second->name());
  EXPECT_EQ(listed->ledgers(0).lines_size(), 0);
}

TEST_P(PopulationTest, WhatPrometheusSees) {
  Recorded({ResidentOf("王小明", "", 20140315)});
  Compared(monitoring);
  obs::Metrics metrics;
  ASSERT_TRUE(PopulationProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  const std::string text = metrics.Text();
  EXPECT_THAT(text,
              ::testing::HasSubstr(
                  "ruraledu_dropout_monitoring_comparison_findings{county=\"411728\",kind=\"NEVER_ENROLLED\"} 1"));
  EXPECT_THAT(text, ::testing::HasSubstr("ruraledu_dropout_monitoring_resident_reviews{county=\"411728\"} 1"));
}

INSTANTIATE_TEST_SUITE_P(Databases, PopulationTest, ::testing::Values("SQLite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
