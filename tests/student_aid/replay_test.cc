// Stored decisions: each replays to the same answer, whatever standards were loaded since; a later run adds and shows
// what differs.
#include <random>

#include "services/student_aid/entitlement_rules.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

// CN@2 and SP@2 take over from autumn 2023 with other amounts, without nutrition, and D1 monitored.
const PolicyBook& NextBook() {
  static const PolicyBook* book = [] {
    std::vector<v1::PolicySet> sets = ShippedSets();
    const Term from = *ParseTerm(kAutumn);
    for (const size_t i : {size_t{0}, size_t{3}}) {
      v1::PolicySet next = sets[i];
      next.set_version(2);
      next.set_name(absl::StrCat("policySets/", next.jurisdiction(), "@2"));
      next.set_from_term(kAutumn);
      next.add_monitored_kinds("D1");
      for (int n = next.items_size() - 1; n >= 0; --n) {
        v1::PolicyItem* item = next.mutable_items(n);
        const bool over = !item->until_term().empty() && *ParseTerm(item->until_term()) < from;
        if (over || item->code() == "SP_NUTR") {
          next.mutable_items()->DeleteSubrange(n, 1);
          continue;
        }
        if (!item->from_term().empty() && *ParseTerm(item->from_term()) < from) item->clear_from_term();
        if (item->family() == v1::BENEFIT_FAMILY_LIVING) item->set_annual_fen(item->annual_fen() + 1);
      }
      sets.push_back(next);
    }
    return new PolicyBook(PolicyBook::Create(sets, ShippedCalendar()).value());
  }();
  return *book;
}

class ReplayTest : public AidTest {
 protected:
  std::map<std::string, v1::Decision> Stored() {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    return *aid.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::map<std::string, v1::Decision>> {
      ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM decision"));
      std::map<std::string, v1::Decision> decisions;
      for (const db::Row& row : rows) {
        RETURN_IF_ERROR(
            feed::ReadRoot(row, 1, kDecisions, row.Text(0), sealer.get(), &decisions[std::string(row.Text(0))]));
      }
      return decisions;
    });
  }
  // By the method, and by the stateless call with the stored request.
  void ExpectAllReplay(const PolicyBook& standards) {
    for (const auto& [id, decision] : Stored()) {
      v1::ReplayDecisionRequest request;
      request.set_name(absl::StrCat(kCounty, "/decisions/", id));
      const auto replay = aid.Call("ReplayDecision", request, &Handlers::ReplayDecision);
      ASSERT_TRUE(replay.ok()) << id << replay.status();
      EXPECT_TRUE(replay->same()) << id << ": " << replay->ShortDebugString() << decision.ShortDebugString();
      EXPECT_TRUE(replay->differing_items().empty()) << id;
      auto again = Evaluate(standards, decision.input());
      if (!again.ok()) {
        EXPECT_EQ(decision.answer().flags(0), "FACTS_INVALID") << id << again.status();
        continue;
      }
      for (auto& removed : *again->mutable_removed()) removed.clear_detail();
      EXPECT_EQ(again->SerializeAsString(), decision.answer().SerializeAsString()) << id;
    }
  }
};

TEST_F(ReplayTest, EveryDecisionOfRandomPupilsBeforeAndAfterNewStandards) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto pick = [&](auto list) { return list[random() % list.size()]; };
  registry.Put(School());
  const std::vector<std::pair<std::string, std::string>> stages = {
      {"PRE", "P2"}, {"PRI", "4"}, {"JUN", "8"}, {"HS", "10"}, {"VOC", "V2"}, {"SPE", "3"}, {"NONE", "1"}};
  const std::vector<std::string> kinds = {"P2", "P3", "M1", "M3", "D1", "O1", "X1", "N1"};
  const std::vector<int> days = {20200101, 20230901, 20230902, 20231130, 20231201};
  for (int i = 0; i < 24; ++i) {
    const auto [stage, grade] = pick(stages);
    registry_v1::Student student = Student(absl::StrCat("r", i), stage, grade, random() % 2 == 0);
    for (int k = random() % 3; k > 0; --k) *student.add_hardships() = Hardship(pick(kinds), pick(days));
    if (random() % 8 == 0) student.set_status("SUSPENDED");
    registry.Put(student);
  }
  registry.Put(Student("sure", "JUN", "7", true, {"P2"}));
  ASSERT_TRUE(aid.CatchUp().ok());
  aid.page = 50;
  ASSERT_TRUE(aid.Entitle().ok());
  ExpectAllReplay(Book());
  const auto first = Stored();
  ASSERT_EQ(first.size(), 25u);

  aid.Reopen(&NextBook());
  ExpectAllReplay(NextBook());
  const auto second = aid.Entitle();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->number(), 2);
  EXPECT_GT(second->differences(), 0);
  const auto stored = Stored();
  EXPECT_GT(stored.size(), first.size());
  for (const auto& [id, before] : first) {  // nothing is overwritten but "in force"
    ASSERT_TRUE(stored.contains(id));
    v1::Decision now = stored.at(id), then = before;
    for (v1::Decision* decision : {&now, &then}) {
      decision->clear_in_force();
      decision->clear_etag();
    }
    EXPECT_EQ(now.SerializeAsString(), then.SerializeAsString()) << id;
  }
  EXPECT_EQ(Fen(stored.at("sure.2023-2024-1.2").answer(), "SP_LIV_B_JUN"), 62501);  // the odd fen in autumn (DR-02)
  EXPECT_FALSE(stored.at("sure.2023-2024-1.1").in_force());
  ExpectAllReplay(NextBook());

  v1::ListRunDifferencesRequest list;
  list.set_name(second->name());
  list.set_page_size(1000);
  const auto differences = aid.Call("ListRunDifferences", list, &Handlers::ListRunDifferences);
  ASSERT_TRUE(differences.ok()) << differences.status();
  EXPECT_EQ(differences->differences_size(), second->differences());
}

TEST_F(ReplayTest, ADecisionThatLostItsBenefitToAnotherCounty) {
  registry.Put(School());
  registry.Put(School(kOther, "s9", "500243101"));
  registry.Put(Student("p1", "JUN", "7", true, {"P2"}));
  registry.Put(Student("p1", "JUN", "7", true, {"P2"}, kOther, "s9"));
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle(kOther).ok());
  ASSERT_TRUE(aid.Entitle(kCounty).ok());
  v1::ReplayDecisionRequest request;
  request.set_name(absl::StrCat(kCounty, "/decisions/p1.2023-2024-1.1"));
  const auto replay = aid.Call("ReplayDecision", request, &Handlers::ReplayDecision);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_TRUE(replay->same()) << replay->ShortDebugString();
}

TEST_F(ReplayTest, StandardsThatAreGoneAreAnError) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  aid.Reopen(&NextBook());
  ASSERT_TRUE(aid.Entitle().ok());
  aid.Reopen(&Book());
  v1::ReplayDecisionRequest request;
  request.set_name(absl::StrCat(kCounty, "/decisions/p1.2023-2024-1.1"));
  EXPECT_EQ(ReasonOf(aid.Call("ReplayDecision", request, &Handlers::ReplayDecision).status()), "POLICY_SET_UNKNOWN");
}

TEST_F(ReplayTest, ABatchThatOpensStopsARunUnderWayAndAProvinceDoesNotStart) {
  PutCounty(registry);
  ASSERT_TRUE(aid.CatchUp().ok());
  v1::StartEntitlementRunRequest request;
  aid.Fill(kCounty, kAutumn, &request);
  const auto job = aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun);
  ASSERT_TRUE(job.ok()) << job.status();
  const std::string id(feed::IdOfName(job->name()));
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(aid.Turn("c411728", id)), "JOB_POSTPONED");
  EXPECT_TRUE(aid.Decisions().empty());
  aid.Fill("provinces/410000", kAutumn, &request);
  EXPECT_EQ(ReasonOf(aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun, "41").status()),
            "BATCH_OPEN");
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_CLOSED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_TRUE(aid.Turn("c411728", id).ok());
  EXPECT_EQ(aid.Decisions().size(), 3u);
}

}  // namespace
}  // namespace ruraledu::student_aid
