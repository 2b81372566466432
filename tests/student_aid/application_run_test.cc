// Applications out of decisions, on both databases: what is proposed, what needs paper, and what changes of the
// registry, identifications, aid of others and restrictions do to it.
#include "common/base/enum_text.h"
#include "tests/student_aid/application_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ApplicationRunTest : public ApplicationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ApplicationRunTest() : ApplicationFixture(OptionsOf(GetParam())) {}

  registry_v1::Household P2Until(int to) {
    registry_v1::Household h1 = Household("h1", {"P2"}, {"p1"});
    if (to != 0) *h1.mutable_hardships(0)->mutable_valid_to() = Date(to);
    return h1;
  }
  void Record(const std::string& person, const std::string& item, int64_t fen, const std::string& source) {
    v1::BatchRecordAidRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    v1::AidRecord* record = request.add_records();
    record->set_person(person);
    record->set_item(item);
    record->set_term(kAutumn);
    record->set_amount_fen(fen);
    *record->mutable_paid_on() = Date(20230915);
    record->set_source(source);
    record->set_school("s1");
    const auto recorded = aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid);
    ASSERT_TRUE(recorded.ok()) << recorded.status();
    ASSERT_EQ(recorded->outcomes(0), "RECORDED");
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ApplicationRunTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ApplicationRunTest, ComparedKindsAreProposedWithoutPaperOthersAreDrafted) {
  EXPECT_THAT(Renew(), ElementsAre("PROPOSED FIRST CN_LIV_N_PRI 1 25000", "PROPOSED FIRST SP_LIV_B_JUN 1 62500",
                                   "PROPOSED FIRST SP_NUTR 1 40000", "DRAFTED FIRST CN_LIV_B_JUN 1 62500"));
  const v1::Application application = App(AppName("p1"));
  EXPECT_EQ(EnumText(application.state()), "SUBMITTED");
  EXPECT_TRUE(application.proposed());
  EXPECT_EQ(application.area(), "411728103/s1");
  EXPECT_EQ(application.school(), "counties/411728/schools/s1");
  EXPECT_EQ(application.family(), v1::BENEFIT_FAMILY_LIVING);
  EXPECT_EQ(application.policy(), "applicationPolicies/AP_CN@1");
  EXPECT_EQ(application.approvals_needed(), 1);
  EXPECT_EQ(application.assessments(0).decision(), "counties/411728/decisions/p1.2023-2024-1.1");
  EXPECT_EQ(application.positions().positions(0).instance(), registry.instance());
  EXPECT_EQ(StateOf(AppName("p6", "CN_LIV_B_JUN")), "DRAFT") << "an accident is proved by paper (2.1)";
  EXPECT_EQ(aid.Counter("applications", "411728", "SUBMITTED"), 3);
  EXPECT_EQ(aid.Counter("applications_fen", "411728103/s1", kLiving), 62500);
  EXPECT_EQ(aid.Counter("approved_fen", "411728"), 0);
  EXPECT_THAT(Renew(), IsEmpty());
  EXPECT_EQ(App(AppName("p1")).etag(), application.etag()) << "a second time writes nothing";
}

TEST_P(ApplicationRunTest, AnIdentificationReachesTheDecisionAndTheApplication) {
  Bring("p5", "CONFIRMED");
  EXPECT_THAT(Renew(), ::testing::Contains("PROPOSED IDENTIFICATION CN_LIV_B_JUN 1 62500"));
  const std::string name = AppName("p5", "CN_LIV_B_JUN");
  EXPECT_EQ(StateOf(name), "SUBMITTED");
  EXPECT_EQ(App(name).identification(), Name("p5"));
  On(9, 27);
  EXPECT_EQ(Reasons(Adjust(Adjusting("p5", kAutumn, 0, true, "家庭已脱困"))), "-");
  EXPECT_THAT(Renew(), ElementsAre("WITHDRAWN IDENTIFICATION CN_LIV_B_JUN 1 -62500"));
  EXPECT_EQ(StateOf(name), "WITHDRAWN");
  EXPECT_EQ(App(name).assessments().rbegin()->reason(), "KIND_NOT_HELD");
}

// A compared kind has its own dates: the identification that it gave does not outlive it (DR-14).
TEST_P(ApplicationRunTest, AnIdentificationByARegisterAddsNoKind) {
  Bring("p1", "CONFIRMED");
  Renew();
  registry.Put(P2Until(20230801));
  EXPECT_THAT(Renew(), UnorderedElementsAre("WITHDRAWN REGISTRY_CHANGE SP_LIV_B_JUN 1 -62500",
                                            "WITHDRAWN REGISTRY_CHANGE SP_NUTR 1 -40000"));
}

TEST_P(ApplicationRunTest, WhatIsNotGrantedAnyMoreIsWithdrawnAndOpenedAgain) {
  Renew();
  ASSERT_EQ(Reasons(BySchool({AppName("p1")})), "-");
  registry.Put(P2Until(20230801));
  EXPECT_THAT(Renew(), UnorderedElementsAre("WITHDRAWN REGISTRY_CHANGE SP_LIV_B_JUN 1 -62500",
                                            "WITHDRAWN REGISTRY_CHANGE SP_NUTR 1 -40000"));
  EXPECT_EQ(StateOf(AppName("p1")), "WITHDRAWN");
  EXPECT_EQ(App(AppName("p1")).steps().rbegin()->reason(), App(AppName("p1")).assessments().rbegin()->reason());
  EXPECT_EQ(Reasons(HandIn({AppName("p1")})), "STATE_TRANSITION") << "nothing is granted";
  registry.Put(P2Until(0));
  EXPECT_THAT(Renew(), UnorderedElementsAre("PROPOSED REGISTRY_CHANGE SP_LIV_B_JUN 1 62500",
                                            "PROPOSED REGISTRY_CHANGE SP_NUTR 1 40000"));
  EXPECT_EQ(StateOf(AppName("p1")), "SUBMITTED");
  ASSERT_EQ(Reasons(TakeBack({AppName("p1")})), "-");
  EXPECT_THAT(Renew(), IsEmpty()) << "what the family takes back stays";
  EXPECT_EQ(StateOf(AppName("p1")), "WITHDRAWN");
  EXPECT_EQ(Reasons(HandIn({AppName("p1")})), "-") << "unless the family hands it in again";
}

TEST_P(ApplicationRunTest, APreviewSaysWhomARunWouldTouchAndChangesNothing) {
  const auto before = Renew(true);
  EXPECT_EQ(before.size(), 4u);
  EXPECT_EQ(StateOf(AppName("p1")), "UNSPECIFIED") << "nothing is there";
  EXPECT_EQ(Renew(), before);
  registry.Put(P2Until(20230801));
  Decide();
  const auto preview = Work(Proposing(true));
  ASSERT_TRUE(preview.ok()) << preview.status();
  ASSERT_EQ(preview->touched_size(), 2);
  EXPECT_EQ(preview->touched(0).name(), AppName("p1"));
  EXPECT_EQ(preview->touched(0).change(), v1::APPLICATION_CHANGE_WITHDRAWN);
  EXPECT_EQ(preview->touched(0).from_fen(), 62500);
  EXPECT_EQ(preview->touched(0).to_fen(), 0);
  EXPECT_NE(preview->touched(0).reason(), "");
  EXPECT_EQ(StateOf(AppName("p1")), "SUBMITTED");
}

TEST_P(ApplicationRunTest, AidOfOthersIsTakenOff) {
  Record("p2", "CN_LIV_N_PRI", 25000, "PRIOR_SYSTEM");
  Decide();
  auto result = Work(Proposing());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->given(), 1);
  EXPECT_EQ(StateOf(AppName("p2", "CN_LIV_N_PRI")), "UNSPECIFIED");
  Record("p1", kLiving, 20000, "PRIOR_SYSTEM");
  EXPECT_THAT(Renew(), ElementsAre("REASSESSED CLAIM SP_LIV_B_JUN 1 -20000"));
  EXPECT_EQ(App(AppName("p1")).amount_fen(), 42500);
  Record("p1", kNutrition, 40000, std::string("RURALEDU"));
  EXPECT_THAT(Renew(), IsEmpty()) << "its own payment is no aid of others";
}

TEST_P(ApplicationRunTest, PaidAndNotEligibleStaysPaidAndIsMarked) {
  Renew();
  ASSERT_TRUE(aid.Compare().ok());
  BringApp(AppName("p1"), "APPROVED");
  BringApp(AppName("p1", kNutrition), "APPROVED");
  On(10, 20);
  Pay(AppName("p1"));
  Pay(AppName("p1", kNutrition), false);
  registry.Put(P2Until(20230801));
  EXPECT_THAT(Renew(),
              UnorderedElementsAre("OVERPAID REGISTRY_CHANGE SP_LIV_B_JUN 1 -62500", "WAITS UNSPECIFIED SP_NUTR 1 0"));
  EXPECT_EQ(StateOf(AppName("p1")), "PAID");
  EXPECT_TRUE(App(AppName("p1")).overpaid());
  EXPECT_EQ(StateOf(AppName("p1", kNutrition)), "ORDERED");
  Change(AppName("p1", kNutrition), [&](v1::Application* a) {
    return StepApplication({"job:bank", clock.Today(), ""}, "fail", "", a);
  });
  EXPECT_THAT(Renew(), ElementsAre("WITHDRAWN REGISTRY_CHANGE SP_NUTR 1 -40000"))
      << "the bank did not pay: it is not tried again";
  registry.Put(P2Until(0));
  Renew();
  EXPECT_FALSE(App(AppName("p1")).overpaid()) << "the registry was wrong";
}

// The money of a family is out: another item of it waits until it is back (2.5: one amount per family).
TEST_P(ApplicationRunTest, AnotherItemOfAPaidFamilyWaits) {
  Renew();
  ASSERT_TRUE(aid.Compare().ok());
  BringApp(AppName("p1"), "APPROVED");
  Pay(AppName("p1"));
  registry_v1::Student day = Student("p1", "JUN", "7");  // never boarded
  day.set_household(absl::StrCat(kCounty, "/households/h1"));
  registry.Put(day);
  EXPECT_THAT(Renew(), ElementsAre("OVERPAID REGISTRY_CHANGE SP_LIV_B_JUN 1 -62500"));
  EXPECT_EQ(StateOf(AppName("p1", "SP_LIV_N_JUN")), "UNSPECIFIED");
  Change(AppName("p1"), [&](v1::Application* a) -> absl::Status {
    RETURN_IF_ERROR(StepApplication({"payer", clock.Today(), ""}, "recover", "", a));
    return StepApplication({"job:bank", clock.Today(), ""}, "recovered", "", a);
  });
  EXPECT_THAT(Renew(), ElementsAre("PROPOSED FIRST SP_LIV_N_JUN 1 31250"));
}

TEST_P(ApplicationRunTest, ANewClassOrSchoolChangesTheList) {
  registry.Put(School(kCounty, "s2", "411728104"));
  Renew();
  BringApp(AppName("p1"), "ON_SCHOOL_NOTICE");
  registry_v1::Student moved = Student("p1", "JUN", "7", true, {}, kCounty, "s2");
  moved.set_area("411728104/s2");
  moved.set_household(absl::StrCat(kCounty, "/households/h1"));
  registry.Put(moved);
  EXPECT_THAT(Renew(),
              UnorderedElementsAre("RELISTED UNSPECIFIED SP_LIV_B_JUN 1 0", "RELISTED UNSPECIFIED SP_NUTR 1 0"));
  EXPECT_EQ(StateOf(AppName("p1")), "SUBMITTED");
  EXPECT_EQ(App(AppName("p1")).school(), "counties/411728/schools/s2");
  EXPECT_EQ(aid.Counter("applications", "411728104/s2"), 2);
}

// M1 found in October is paid the term in full, less what was received, in a supplementary batch (DR-10).
TEST_P(ApplicationRunTest, SameTermEntryIsSupplementary) {
  Renew();
  registry_v1::Household h5 = Household("h5", {"M1"}, {"p5"});
  *h5.mutable_hardships(0)->mutable_valid_from() = Date(20231010);
  registry_v1::Student p5 = Student("p5", "JUN", "7", true);
  p5.set_household(absl::StrCat(kCounty, "/households/h5"));
  registry.Put(h5);
  registry.Put(p5);
  EXPECT_THAT(Renew(), UnorderedElementsAre("PROPOSED SAME_TERM_ENTRY SP_LIV_B_JUN 1 62500",
                                            "PROPOSED SAME_TERM_ENTRY SP_NUTR 1 40000"));
  EXPECT_TRUE(App(AppName("p5")).supplementary());
}

// What the county paid before the household was found counts as received: the difference is paid, what was paid stands.
TEST_P(ApplicationRunTest, SameTermEntryIsLessWhatTheCountyPaidBefore) {  // DR-10
  registry_v1::Student p8 = Student("p8", "HS", "10", false, {"O1"});
  registry.Put(p8);
  Renew();
  ASSERT_TRUE(aid.Compare().ok());
  const std::string before = AppName("p8", "CN_HS_GRANT"), after = AppName("p8", "SP_HS_GRANT");
  BringApp(before, "APPROVED");
  On(10, 9);
  Pay(before);
  EXPECT_EQ(App(before).paid_fen(), 100000);
  registry_v1::Household h8 = Household("h8", {"M2"}, {"p8"});
  *h8.mutable_hardships(0)->mutable_valid_from() = Date(20231010);
  p8.set_household(absl::StrCat(kCounty, "/households/h8"));
  registry.Put(h8);
  registry.Put(p8);
  EXPECT_THAT(Renew(), ElementsAre("PROPOSED SAME_TERM_ENTRY SP_HS_GRANT 1 50000"));
  EXPECT_TRUE(App(after).supplementary());
  EXPECT_EQ(StateOf(before), "PAID");
  EXPECT_FALSE(App(before).overpaid());
  EXPECT_THAT(Renew(), IsEmpty());
  BringApp(after, "APPROVED");
  On(11, 20);
  Pay(after);
  EXPECT_THAT(Renew(), IsEmpty()) << "1500 in two parts";
}

// 2.9: who was paid is aided, whoever paid; who was not is a gap.
TEST_P(ApplicationRunTest, AComparisonCountsWhatTheCountyPaid) {
  Renew();
  const auto covered = [&](const std::string& item) {
    EXPECT_TRUE(aid.Compare().ok());
    v1::GetCoverageRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    const auto coverage = As("reader", "GetCoverage", request, &Handlers::GetCoverage);
    if (!coverage.ok()) return ReasonOf(coverage.status());
    for (const v1::AmountByItem& one : coverage->items()) {
      if (one.item() == item) return absl::StrCat(one.coverage().numerator(), "/", one.coverage().denominator());
    }
    return std::string("none");
  };
  EXPECT_EQ(covered(kLiving), "0/1");
  BringApp(AppName("p1"), "APPROVED");
  EXPECT_EQ(covered(kLiving), "0/1") << "approved is not paid";
  Pay(AppName("p1"));
  Record("p1", kLiving, 62500, "RURALEDU");  // what somebody else wrote of it counts once
  EXPECT_EQ(covered(kLiving), "1/1");
  EXPECT_EQ(covered(kNutrition), "0/1");
}

TEST_P(ApplicationRunTest, NothingIsOpenedWhileARestrictionStopsIt) {
  const auto put = Restrict("p1", "FALSE_INFORMATION");
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(Restrict("p2", "RECOVERY_OPEN").ok());
  Decide();
  const auto result = Work(Proposing());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->restricted(), 2);
  EXPECT_EQ(StateOf(AppName("p1")), "UNSPECIFIED");
  EXPECT_EQ(StateOf(AppName("p2", "CN_LIV_N_PRI")), "SUBMITTED") << "that one stops payments";
  auto bypass = Relieving<v1::BypassRestrictionRequest>(put->name());
  bypass.set_application(AppName("p1"));
  ASSERT_TRUE(As("approver", "BypassRestriction", bypass, &Handlers::BypassRestriction).ok());
  EXPECT_THAT(Renew(), ElementsAre("PROPOSED FIRST SP_LIV_B_JUN 1 62500"));
}

// Of persons that are one, the one who stays is paid once.
TEST_P(ApplicationRunTest, WhoWasMergedIsNotPaidAgain) {
  Renew();
  ASSERT_TRUE(aid.Compare().ok());
  BringApp(AppName("p1"), "APPROVED");
  Pay(AppName("p1"));
  registry_v1::Student stays = Student("p7", "JUN", "7", true, {"O1"});
  registry.Put(stays);
  registry_v1::Student alias = Student("p1", "JUN", "7", true);
  alias.set_household(absl::StrCat(kCounty, "/households/h1"));
  alias.set_merged_into(absl::StrCat(kCounty, "/students/p7"));
  registry.Put(alias);
  EXPECT_THAT(Renew(), ElementsAre("WITHDRAWN IDENTITY SP_NUTR 1 -40000"));
  EXPECT_FALSE(App(AppName("p1")).overpaid()) << "the money is that of the person";
  EXPECT_EQ(StateOf(AppName("p7", "CN_LIV_B_JUN")), "UNSPECIFIED") << "it is out under the other record";
}

TEST_P(ApplicationRunTest, WaitsForDecisionsImportsAndTheFeed) {
  EXPECT_EQ(ReasonOf(Work(Proposing()).status()), "ENTITLEMENT_RUN_MISSING");
  Decide();
  EXPECT_EQ(ReasonOf(Work(Proposing(false, "2023")).status()), "TERM_FORMAT");
  EXPECT_EQ(ReasonOf(Work(Proposing(false, "2017-2018-1")).status()), "POLICY_MISSING");
  auto request = Proposing();
  auto* position = request.mutable_after()->add_positions();
  position->set_service("registry");
  position->set_shard("c411728");
  position->set_instance(registry.instance());
  position->set_seq(1'000'000);
  EXPECT_EQ(ReasonOf(Work(request).status()), "JOB_POSTPONED");
  registry.Put(Batch("i1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(Work(Proposing()).status()), "BATCH_OPEN");
}

TEST_P(ApplicationRunTest, TheComparisonKnowsWhoTheSchoolIdentified) {
  Bring("p5", "CONFIRMED");
  Decide();
  Record("p5", "CN_LIV_B_JUN", 62500, "PRIOR_SYSTEM");
  ASSERT_TRUE(aid.Compare().ok());
  EXPECT_EQ(aid.Counter("classes", "411728", "C"), 0);
  EXPECT_EQ(aid.Counter("covered_items", "411728", "CN_LIV_B_JUN"), 1);
}

}  // namespace
}  // namespace ruraledu::student_aid
