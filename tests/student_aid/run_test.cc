// Entitlement and comparison runs, end to end: the registry's journal in, decisions, claims, lists and counters out.
#include <filesystem>

#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_F(AidTest, AFirstRunDecidesEveryPupilAndClaims) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto run = aid.Entitle();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->state(), v1::RUN_STATE_CLOSED);
  EXPECT_EQ(run->number(), 1);
  EXPECT_EQ(run->persons(), 3);
  EXPECT_EQ(run->entitled_persons(), 2);
  EXPECT_EQ(run->invalid_persons(), 0);
  EXPECT_EQ(run->differences(), 0);
  EXPECT_EQ(run->positions().positions(0).instance(), registry.instance());
  const auto decisions = aid.Decisions();
  ASSERT_EQ(decisions.size(), 3u);
  EXPECT_THAT(decisions[0], HasSubstr("p1.2023-2024-1.1 *"));
  EXPECT_THAT(decisions[0], HasSubstr("SP_LIV_B_JUN=62500"));  // worked totals of 2.5, junior boarder
  EXPECT_THAT(decisions[0], HasSubstr("SP_NUTR"));
  EXPECT_EQ(decisions[2], "p3.2023-2024-1.1 *");
  for (const std::string& claim : aid.Claims()) {
    EXPECT_THAT(claim, HasSubstr("c411728 HELD"));
  }
  EXPECT_EQ(aid.Counter("entitled"), 2);
  EXPECT_EQ(aid.Counter("entitled", "411728103/s1", "JUN"), 1);
  EXPECT_EQ(aid.Counter("entitled_kinds", "411728", "P2"), 1);
}

TEST_F(AidTest, ASecondRunWritesOnlyWhatChangedAndShowsTheDifference) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  const auto first = aid.Decisions();
  const auto again = aid.Entitle();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->number(), 2);
  EXPECT_EQ(again->differences(), 0);
  EXPECT_EQ(aid.Decisions(), first);

  registry_v1::Household h1 = Household("h1", {"P2"}, {"p1"});
  *h1.mutable_hardships(0)->mutable_valid_to() = Date(20230801);  // ended before the term
  registry.Put(h1);
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto third = aid.Entitle();
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->differences(), 1);
  EXPECT_EQ(third->entitled_persons(), 1);
  const auto decisions = aid.Decisions();
  ASSERT_EQ(decisions.size(), 4u);
  EXPECT_THAT(decisions[0], HasSubstr("p1.2023-2024-1.1 SP_LIV_B_JUN"));  // kept, no longer in force
  EXPECT_EQ(decisions[1], "p1.2023-2024-1.2 *");
  for (const std::string& claim : aid.Claims()) {
    EXPECT_THAT(claim, testing::Not(HasSubstr("p1/"))) << "what is granted no more is given back";
  }
  EXPECT_EQ(aid.Counter("entitled"), 1);
  v1::ListRunDifferencesRequest list;
  list.set_name(third->name());
  const auto differences = aid.Call("ListRunDifferences", list, &Handlers::ListRunDifferences);
  ASSERT_TRUE(differences.ok()) << differences.status();
  ASSERT_EQ(differences->differences_size(), 1);
  EXPECT_EQ(differences->differences(0).student(), "counties/411728/students/p1");
  EXPECT_LT(differences->differences(0).amount_change_fen(), 0);
}

TEST_F(AidTest, TheCensusDateDecidesWhoseDayItIs) {
  registry.Put(School());
  registry.Put(School(kOther, "s9", "500243101"));
  for (const auto& [id, moved_on] : {std::pair("early", 20230915), std::pair("late", 20231015)}) {
    registry_v1::Student old_row = Student(id, "JUN", "7", true, {"D1"});
    old_row.mutable_hardships(0)->set_area("RURAL");
    registry_v1::Student new_row = Student(id, "JUN", "7", true, {"D1"}, kOther, "s9");
    new_row.mutable_hardships(0)->set_area("RURAL");
    *old_row.mutable_enrolments(0)->mutable_valid_to() = Date(moved_on);
    old_row.set_status("TRANSFERRED");
    *old_row.mutable_status_from() = Date(moved_on);
    old_row.set_moved_to(new_row.name());
    *new_row.mutable_enrolments(0)->mutable_valid_from() = Date(moved_on);
    *new_row.mutable_status_from() = Date(moved_on);
    registry.Put(old_row);
    registry.Put(new_row);
  }
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle(kCounty).ok());
  ASSERT_TRUE(aid.Entitle(kOther).ok());
  ASSERT_EQ(aid.Decisions("c411728").size(), 1u);
  EXPECT_THAT(aid.Decisions("c411728")[0], HasSubstr("late.2023-2024-1.1"));
  ASSERT_EQ(aid.Decisions("c500243").size(), 1u);
  EXPECT_THAT(aid.Decisions("c500243")[0], HasSubstr("early.2023-2024-1.1"));
}

TEST_F(AidTest, TwoCountiesNeverGrantTheSameBenefit) {
  registry.Put(School());
  registry.Put(School(kOther, "s9", "500243101"));
  registry_v1::Student here = Student("p1", "JUN", "7", true, {"P2"});
  registry_v1::Student there = Student("p1", "JUN", "7", true, {"P2"}, kOther, "s9");
  registry.Put(here);
  registry.Put(there);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle(kOther).ok());
  const auto held = aid.Claims();
  ASSERT_FALSE(held.empty());
  ASSERT_TRUE(aid.Entitle(kCounty).ok());
  EXPECT_THAT(aid.Decisions()[0], HasSubstr(" -")) << "DUPLICATE_AID";
  // The other county gives it up; then this one has it.
  *there.mutable_enrolments(0)->mutable_valid_to() = Date(20230910);
  there.set_status("TRANSFERRED");
  registry.Put(there);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle(kOther).ok());
  const auto run = aid.Entitle(kCounty);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(aid.Decisions().back(), testing::Not(HasSubstr(" -")));
  for (const std::string& claim : aid.Claims()) {
    EXPECT_THAT(claim, HasSubstr("c411728 HELD"));
  }
}

TEST_F(AidTest, AnOpenBatchRefusesARunAndStopsOneThatIsUnderWay) {
  PutCounty(registry);
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(aid.Entitle().status()), "BATCH_OPEN");
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_CLOSED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_TRUE(aid.Entitle().ok());
}

// A run that waits for what the registry wrote at `seq`.
absl::StatusOr<ruraledu::jobs::v1::Job> StartAfter(Aid& aid, const Registry& registry, int64_t seq) {
  v1::StartEntitlementRunRequest request;
  aid.Fill(kCounty, kAutumn, &request);
  auto* after = request.mutable_after()->add_positions();
  after->set_service("registry");
  after->set_instance(registry.instance());
  after->set_shard("c411728");
  after->set_seq(seq);
  return aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun);
}

// The registry has closed the batch, the copy has not heard of it yet: the run waits for what its request names instead
// of being refused.
TEST_F(AidTest, ABatchThatIsClosedByTheNamedPositionsRefusesNoRun) {
  PutCounty(registry);
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  const int64_t seq = registry.Put(Batch("b1", registry_v1::IMPORT_STATE_CLOSED));
  const auto job = StartAfter(aid, registry, seq);
  ASSERT_TRUE(job.ok()) << job.status();
  const std::string id(feed::IdOfName(job->name()));
  EXPECT_EQ(ReasonOf(aid.Turn("c411728", id)), "JOB_POSTPONED");
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_TRUE(aid.Turn("c411728", id).ok());
  EXPECT_EQ(aid.Decisions().size(), 3u);
}

TEST_F(AidTest, ARunWaitsForThePositionsThatItsRequestNames) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  const int64_t seq = registry.Put(Student("p4", "JUN", "8", true, {"P2"}));
  const auto job = StartAfter(aid, registry, seq);
  ASSERT_TRUE(job.ok()) << job.status();
  const std::string id(feed::IdOfName(job->name()));
  EXPECT_EQ(ReasonOf(aid.Turn("c411728", id)), "JOB_POSTPONED");
  EXPECT_THAT(aid.Decisions(), IsEmpty());
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_TRUE(aid.Turn("c411728", id).ok());
  EXPECT_EQ(aid.Decisions().size(), 4u);
}

TEST_F(AidTest, ComparisonFindsGapAndShouldNotByName) {
  PutCounty(registry);
  registry_v1::Student unknown = Student("p4", "PRI", "5");
  registry.Put(unknown);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(aid.Compare().status()), "ENTITLEMENT_RUN_MISSING");
  ASSERT_TRUE(aid.Entitle().ok());
  const auto given = Give(
      {Record("p1", "SP_LIV_B_JUN", 62500), Record("p3", "SP_LIV_N_PRI", 25000), Record("nobody", "SP_LIV_N_PRI", 1)});
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_THAT(given->outcomes(), ElementsAre("RECORDED", "RECORDED", "PERSON_UNKNOWN"));
  const auto run = aid.Compare();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->classes().at("A"), 1);
  EXPECT_EQ(run->classes().at("C"), 1);
  EXPECT_EQ(run->classes().at("B"), 2);  // p1 lacks the nutrition subsidy, p2 everything

  v1::ListComparisonRowsRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  list.set_list(v1::COMPARISON_LIST_SHOULD_NOT);
  const auto should_not = aid.Call("ListComparisonRows", list, &Handlers::ListComparisonRows);
  ASSERT_TRUE(should_not.ok()) << should_not.status();
  ASSERT_EQ(should_not->persons_size(), 1);
  EXPECT_EQ(should_not->persons(0).student(), "counties/411728/students/p3");
  EXPECT_EQ(should_not->persons(0).comparison_class(), v1::COMPARISON_CLASS_C);
  EXPECT_EQ(should_not->persons(0).rows(0).reason(), v1::GAP_REASON_NOT_IN_SOURCE);
  EXPECT_NE(should_not->persons(0).display_name(), "王小明") << "masked";
  EXPECT_NE(should_not->persons(0).display_name(), "");
  list.set_list(v1::COMPARISON_LIST_SHOULD_AID);
  const auto gap = aid.Call("ListComparisonRows", list, &Handlers::ListComparisonRows);
  ASSERT_TRUE(gap.ok()) << gap.status();
  EXPECT_EQ(gap->persons_size(), 2);

  v1::GetCoverageRequest ask;
  ask.set_parent(kCounty);
  ask.set_term(kAutumn);
  const auto coverage = aid.Call("GetCoverage", ask, &Handlers::GetCoverage);
  ASSERT_TRUE(coverage.ok()) << coverage.status();
  EXPECT_EQ(coverage->overall().numerator(), 1);
  EXPECT_EQ(coverage->overall().denominator(), aid.Counter("should_items"));
  EXPECT_EQ(aid.Counter("covered_items"), 1);
  EXPECT_EQ(aid.Counter("classes", "411728", "B"), 2);
}

TEST_F(AidTest, ListsInClearNeedARightAPurposeAndAreJournalled) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  ASSERT_TRUE(aid.Compare().ok());
  v1::ListComparisonRowsRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  const auto masked = aid.Call("ListComparisonRows", list, &Handlers::ListComparisonRows);
  ASSERT_TRUE(masked.ok()) << masked.status();
  for (const v1::ComparedPerson& person : masked->persons()) {
    EXPECT_TRUE(person.masked());
    EXPECT_TRUE(person.why_not().empty());
  }
  list.set_unmask(true);
  const auto as = [&](const std::string& area, const std::string& purpose) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{
        .name = "grant", .role = "COUNTY_AID_OFFICER", .area = area, .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    const rpc::Caller caller{.subject = "officer", .issuer = "test", .access = std::move(access)};
    return aid.CallAs(caller, "ListComparisonRows", list, &Handlers::ListComparisonRows, purpose);
  };
  const auto entries = [&] {
    return *aid.place.database->Read([](db::Transaction& tx) {
      return tx.Query("SELECT entity FROM journal WHERE shard = 'a411728' ORDER BY seq");
    });
  };
  EXPECT_EQ(ReasonOf(as("411728", "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(as("411728", "CURIOSITY").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(as("500243", "AID_REVIEW").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(as("411728001", "AID_REVIEW").status()), "PERMISSION_DENIED") << "the list is the county's";
  EXPECT_TRUE(entries().empty()) << "nothing was shown";
  const auto clear = as("411728", "AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  std::set<std::string> reasons;
  for (const v1::ComparedPerson& person : clear->persons()) {
    EXPECT_FALSE(person.masked());
    EXPECT_EQ(person.display_name(), "王小明");
    for (const v1::WhyNot& why : person.why_not()) reasons.insert(why.reason());
  }
  EXPECT_TRUE(reasons.contains("BOARDING_OTHER")) << clear->DebugString();
  ASSERT_EQ(entries().size(), 1u);
  EXPECT_EQ(entries()[0].Text(0), "counties/411728/comparisons/411728.2023-2024-1");
}

// DR-19, over both terms of the school year: 1,100 + 1,000 of 2,000 yuan are 105 %.
TEST_F(AidTest, AComparisonChecksTheAveragesOfTheSchoolYear) {
  PutCounty(registry);
  registry_v1::Student high = Student("p4", "HS", "10", false, {"D1"});
  registry.Put(high);
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto compare = [&](const std::string& term, int64_t fen) {
    EXPECT_TRUE(aid.Run(v1::RUN_KIND_ENTITLEMENT, kCounty, term).ok());
    v1::AidRecord record = Record("p4", "CN_HS_GRANT", fen);
    record.set_term(term);
    EXPECT_THAT(Give({record})->outcomes(), ElementsAre("RECORDED"));
    return *aid.Run(v1::RUN_KIND_COMPARISON, kCounty, term);
  };
  const v1::Run autumn = compare(kAutumn, 110000);
  ASSERT_EQ(autumn.averages_size(), 1);
  EXPECT_EQ(autumn.averages(0).item(), "CN_HS_GRANT");
  EXPECT_FALSE(autumn.averages(0).mean_ok());
  ASSERT_EQ(autumn.averages(0).schools_off_size(), 1);
  EXPECT_EQ(autumn.averages(0).schools_off(0).school(), "s1");
  EXPECT_EQ(aid.Counter("average_paid_fen"), 110000);
  EXPECT_EQ(aid.Counter("average_standard_fen"), 100000);
  const v1::Run spring = compare("2023-2024-2", 100000);
  ASSERT_EQ(spring.averages_size(), 1);
  EXPECT_EQ(spring.averages(0).mean().numerator(), 210000);
  EXPECT_EQ(spring.averages(0).mean().denominator(), 200000);
  EXPECT_TRUE(spring.averages(0).mean_ok());
  EXPECT_EQ(spring.average_sums(0).paid_fen(), 100000) << "its own term";
}

// DR-19: a mean of 110 % passes when it was paid out of what is allotted for the same terms: half of the fund of 2023
// for autumn, half of the fund of 2024 for spring (DR-02).
TEST_F(AidTest, AComparisonChecksTheAveragesAgainstWhatIsAllotted) {
  PutCounty(registry);
  registry.Put(Student("p4", "HS", "10", false, {"D1"}));
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto allot = [&](int32_t year, const std::string& item, int64_t fen) {
    v1::RecordAllotmentRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    request.set_budget_year(year);
    *request.mutable_on() = Date(20230301);
    request.set_document("遂财教〔2023〕1号");
    request.set_level(v1::FUNDING_LEVEL_PROVINCE);
    v1::FundAmount* row = request.add_items();
    row->set_item(item);
    row->set_amount_fen(fen);
    const auto rows = aid.Call("RecordAllotment", request, &Handlers::RecordAllotment);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->rows(0).reason(), "");
  };
  const auto compare = [&](const std::string& term) { return aid.Run(v1::RUN_KIND_COMPARISON, kCounty, term).value(); };
  const auto give = [&](const std::string& term) {
    EXPECT_TRUE(aid.Run(v1::RUN_KIND_ENTITLEMENT, kCounty, term).ok());
    v1::AidRecord record = Record("p4", "CN_HS_GRANT", 110000);
    record.set_term(term);
    EXPECT_THAT(Give({record})->outcomes(), ElementsAre("RECORDED"));
  };
  give(kAutumn);
  v1::Run run = compare(kAutumn);
  ASSERT_EQ(run.averages_size(), 1);
  EXPECT_FALSE(run.averages(0).mean_ok());
  EXPECT_FALSE(run.averages(0).within_allocation()) << "nothing is allotted";
  allot(2023, "CN_VOC_GRANT", 900000);
  allot(2024, "CN_HS_GRANT", 220000);
  EXPECT_FALSE(compare(kAutumn).averages(0).within_allocation()) << "another item, and another budget year";
  allot(2023, "CN_HS_GRANT", 219998);
  EXPECT_FALSE(compare(kAutumn).averages(0).within_allocation()) << "a fen too much";
  allot(2023, "SP_HS_GRANT", 1);  // the plan's grant of the same pupils counts in the same row
  EXPECT_TRUE(compare(kAutumn).averages(0).within_allocation());
  give("2023-2024-2");
  run = compare("2023-2024-2");
  EXPECT_FALSE(run.averages(0).mean_ok());
  EXPECT_EQ(run.averages(0).mean().numerator(), 220000);
  EXPECT_TRUE(run.averages(0).within_allocation()) << "both halves";
}

TEST_F(AidTest, AidThroughASecondSchoolIsRefusedAndShownAsClassE) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  const std::vector<v1::AidRecord> records = {Record("p1", "SP_LIV_B_JUN", 62500),
                                              Record("p1", "SP_LIV_B_JUN", 62500, "s2"),
                                              Record("p1", "SP_LIV_N_JUN", 31250)};
  EXPECT_THAT(Give(records)->outcomes(), ElementsAre("RECORDED", "DUPLICATE_AID", "DUPLICATE_AID"));
  EXPECT_THAT(Give(records)->outcomes(), ElementsAre("UNCHANGED", "DUPLICATE_AID", "DUPLICATE_AID"));
  const auto run = aid.Compare();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->classes().at("E"), 1);
}

TEST_F(AidTest, AStoredDecisionReplaysToTheSameAnswer) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  for (const std::string id : {"p1", "p2", "p3"}) {
    v1::ReplayDecisionRequest request;
    request.set_name(absl::StrCat(kCounty, "/decisions/", id, ".2023-2024-1.1"));
    const auto replay = aid.Call("ReplayDecision", request, &Handlers::ReplayDecision);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_TRUE(replay->same()) << id;
  }
}

// The process dies before any statement of a run: what stands after the restart is what a run without faults leaves.
TEST_F(AidTest, ARunThatIsCutOffAtAnyStatementEndsInTheSameState) {
  PutCounty(registry);
  registry.Put(Student("p4", "JUN", "9", true, {"M1"}));
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  const auto decisions = aid.Decisions();
  const auto claims = aid.Claims();
  const int64_t entitled = aid.Counter("entitled");
  TempFolder own;
  std::atomic<int64_t> left = -1;  // statements that still work; negative: all
  db::Options options;
  options.decorate = db::WithFaults([&left](int64_t, std::string_view) {
    return left < 0 || left.fetch_sub(1) > 0 ? absl::OkStatus() : (left = 0, absl::UnknownError("dead"));
  });
  Aid victim(own, registry, options);
  victim.page = 2;
  ASSERT_TRUE(victim.CatchUp().ok());
  v1::StartEntitlementRunRequest request;
  victim.Fill(kCounty, kAutumn, &request);
  const auto job = victim.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun);
  ASSERT_TRUE(job.ok()) << job.status();
  const std::string id(feed::IdOfName(job->name()));
  const auto goes_on_with = [&](const std::string& file) {
    victim.place.options.url = absl::StrCat("sqlite:", own / file);
    victim.Reopen();
  };
  goes_on_with("none.db");  // so that the file in which the run waits is whole
  bool whole = false;
  for (int64_t cut = 0; !whole; ++cut) {
    ASSERT_LT(cut, 2000);
    std::filesystem::copy_file(own / "student_aid.db", own / absl::StrCat(cut, ".db"));
    goes_on_with(absl::StrCat(cut, ".db"));
    std::filesystem::remove(own / absl::StrCat(cut - 1, ".db"));
    left = cut;
    whole = victim.Turn("c411728", id).ok();
    left = -1;
    victim.Reopen();
    if (!whole) {
      const absl::Status second = victim.Turn("c411728", id);
      ASSERT_TRUE(second.ok()) << "cut at " << cut << ": " << second;
    }
    ASSERT_EQ(victim.Decisions(), decisions) << "cut at " << cut;
    ASSERT_EQ(victim.Claims(), claims) << "cut at " << cut;
    ASSERT_EQ(victim.Counter("entitled"), entitled) << "cut at " << cut;
  }
}

TEST_F(AidTest, FactsThatTheRulesRefuseStopNobodyElse) {
  PutCounty(registry);
  registry.Put(Student("p4", "NOSUCH", "7"));
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto run = aid.Entitle();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->invalid_persons(), 1);
  EXPECT_EQ(run->entitled_persons(), 2);
  v1::ReplayDecisionRequest request;
  request.set_name(absl::StrCat(kCounty, "/decisions/p4.2023-2024-1.1"));
  const auto replay = aid.Call("ReplayDecision", request, &Handlers::ReplayDecision);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_TRUE(replay->same());
}

TEST_F(AidTest, AProvinceRunEndsAsItsCancelledChildDid) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  v1::StartEntitlementRunRequest request;
  aid.Fill("provinces/410000", kAutumn, &request);
  const auto job = aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun, "41");
  ASSERT_TRUE(job.ok()) << job.status();
  const std::string id(feed::IdOfName(job->name()));
  EXPECT_EQ(ReasonOf(aid.Turn("p410000", id)), "JOB_POSTPONED") << "its child waits";
  const auto cancelled = aid.place.database->Write("c411728", [](db::Transaction& tx) {
    return tx
        .Execute("UPDATE job SET state = $2 WHERE shard = $1", tx.shard(), db::JobStateName(db::JobState::kCancelled))
        .status();
  });
  ASSERT_TRUE(cancelled.ok()) << cancelled;
  EXPECT_EQ(ReasonOf(aid.Turn("p410000", id)), "JOB_CANCELLED");
}

TEST_F(AidTest, AProvinceRunHasAChildPerCounty) {
  PutCounty(registry);
  registry.Put(School("counties/410122", "s5", "410122100"));
  ASSERT_TRUE(aid.CatchUp().ok());
  db::JobEngine engine(*aid.place.database, {.threads = 2, .poll = absl::Milliseconds(20)});
  const ComplianceParts compliance{ComplianceTables(), PaymentTables(), Tables()};
  const RunParts parts{aid.host(), Book(), compliance, 2};
  engine.Register(std::string(kEntitlementJob),
                  [&](db::JobContext& context) { return RunEntitlement(parts, context); });
  absl::Mutex mu;
  int64_t commits = 0;
  aid.place.database->OnCommit([&](std::string_view) {
    absl::MutexLock lock(&mu);
    ++commits;
  });
  engine.Start();
  v1::StartEntitlementRunRequest request;
  aid.Fill("provinces/410000", kAutumn, &request);
  const auto started = aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun, "41");
  ASSERT_TRUE(started.ok()) << started.status();
  ruraledu::jobs::v1::GetJobRequest get;
  get.set_name(started->name());
  auto job = started;
  for (int64_t seen = 0; job.ok() && job->state() != ruraledu::jobs::v1::JOB_STATE_SUCCEEDED &&
                         job->state() != ruraledu::jobs::v1::JOB_STATE_FAILED;) {
    {
      absl::MutexLock lock(&mu);
      const auto moved = [&] { return commits != seen; };
      mu.Await(absl::Condition(&moved));
      seen = commits;
    }
    job = aid.Call("GetJob", get, &Handlers::GetJob, "41");
  }
  engine.Stop();
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), ruraledu::jobs::v1::JOB_STATE_SUCCEEDED) << job->error().message();
  v1::Run result;
  ASSERT_TRUE(job->result().UnpackTo(&result));
  EXPECT_EQ(result.children_size(), 2);
  EXPECT_EQ(result.persons(), 3);
  EXPECT_EQ(result.entitled_persons(), 2);
  EXPECT_EQ(aid.Decisions().size(), 3u);
}

}  // namespace
}  // namespace ruraledu::student_aid
