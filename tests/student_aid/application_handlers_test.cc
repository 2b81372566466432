// Applications through the methods, on both databases: a school from the proposal to the approval under each notice
// level, each refusal, replay, etags, masks, areas, restrictions.
#include "tests/student_aid/application_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ApplicationTest : public ApplicationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ApplicationTest() : ApplicationFixture(OptionsOf(GetParam())) {}

  // Proposed and compared.
  void Ready() {
    Renew();
    const auto compared = aid.Compare();
    ASSERT_TRUE(compared.ok()) << compared.status();
    On(9, 18);
  }
  const std::string p1 = AppName("p1"), p1_food = AppName("p1", kNutrition), p2 = AppName("p2", "CN_LIV_N_PRI"),
                    p6 = AppName("p6", "CN_LIV_B_JUN");
};

INSTANTIATE_TEST_SUITE_P(Databases, ApplicationTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ApplicationTest, AWholeSchoolFromTheProposalToTheApproval) {
  Ready();
  EXPECT_EQ(Reasons(BySchool({})), "- - -") << "a draft waits for its family";
  const auto listed = List({});
  EXPECT_EQ(Reasons(listed), "- - -");
  const v1::Notice& notice = listed->notice();
  EXPECT_EQ(notice.kind(), v1::NOTICE_KIND_SCHOOL_APPLICATIONS);
  EXPECT_EQ(notice.working_days(), 5);
  EXPECT_EQ(DayText(*DayOf(notice.ends_on())), "2023-09-25");
  ASSERT_EQ(notice.entries_size(), 3);
  EXPECT_EQ(notice.entries(0).masked_name(), "王**");
  EXPECT_EQ(notice.entries(0).item(), kLiving);
  EXPECT_EQ(notice.entries(0).application(), p1);
  EXPECT_THAT(notice.DebugString(), Not(HasSubstr("P2"))) << "never a kind (7.7)";
  EXPECT_THAT(notice.DebugString(), Not(HasSubstr("小明")));
  EXPECT_EQ(aid.Counter("running_notices"), 1);
  On(9, 25);
  EXPECT_EQ(Reasons(ByCounty({})), "NOTICE_RUNNING NOTICE_RUNNING NOTICE_RUNNING");
  EXPECT_EQ(Reasons(CloseNotice(notice.name())), "NOTICE_RUNNING NOTICE_RUNNING NOTICE_RUNNING");
  On(9, 26);
  const auto closed = CloseNotice(notice.name());
  EXPECT_EQ(Reasons(closed), "- - -");
  EXPECT_EQ(closed->notice().state(), v1::NOTICE_STATE_CLOSED);
  EXPECT_EQ(StateOf(p1), "ON_SCHOOL_NOTICE") << "the county is next";
  EXPECT_EQ(Reasons(ByCounty({})), "- - -");
  EXPECT_EQ(StateOf(p1), "APPROVED");
  EXPECT_EQ(aid.Counter("approved_fen"), 62500 + 40000 + 25000);
  EXPECT_EQ(aid.Counter("running_notices"), 0);
}

TEST_P(ApplicationTest, TheNoticeOfTheCountyIsOfAllSchools) {
  aid.UseTables(ApplicationTables(v1::NOTICE_LEVEL_COUNTY));
  Ready();
  EXPECT_EQ(Reasons(BySchool({p1, p2})), "- -");
  EXPECT_EQ(Reasons(List({p1})), "STATE_TRANSITION") << "schools post no lists here";
  EXPECT_EQ(Reasons(ByCounty({})), "- -");
  EXPECT_EQ(StateOf(p1), "COUNTY_APPROVED");
  const auto listed = List({}, v1::NOTICE_KIND_COUNTY_APPLICATIONS, "county");
  EXPECT_EQ(Reasons(listed), "- -");
  EXPECT_EQ(listed->notice().area(), "411728");
  EXPECT_EQ(listed->notice().school(), "");
  On(9, 20);
  ASSERT_TRUE(ObjectTo(p2).ok());
  EXPECT_EQ(ReasonOf(Answer(p2, v1::OBJECTION_OUTCOME_UNFOUNDED, "school").status()), "ROLE_HELD")
      << "the county re-checks its own list";
  On(9, 26);
  EXPECT_EQ(Reasons(CloseNotice(listed->notice().name(), "county")), "- OBJECTION_OPEN");
  EXPECT_EQ(StateOf(p1), "APPROVED");
  ASSERT_TRUE(Answer(p2, v1::OBJECTION_OUTCOME_UNFOUNDED, "county").ok());
  EXPECT_EQ(Reasons(CloseNotice(listed->notice().name(), "county")), "-");
  EXPECT_EQ(StateOf(p2), "APPROVED");
}

TEST_P(ApplicationTest, BothListsHang) {
  aid.UseTables(ApplicationTables(v1::NOTICE_LEVEL_BOTH));
  Ready();
  BringApp(p1, "COUNTY_APPROVED");
  EXPECT_EQ(StateOf(p1), "COUNTY_APPROVED");
  const auto listed = List({p1}, v1::NOTICE_KIND_COUNTY_APPLICATIONS, "county");
  EXPECT_EQ(DayText(*DayOf(listed->notice().ends_on())), "2023-10-09");
  On(10, 10);
  EXPECT_EQ(Reasons(CloseNotice(listed->notice().name(), "county")), "-");
  EXPECT_EQ(StateOf(p1), "APPROVED");
}

// A new amount on the list of the county is approved before the list ends.
TEST_P(ApplicationTest, TheListOfTheCountyWaitsForApprovals) {
  aid.UseTables(ApplicationTables(v1::NOTICE_LEVEL_COUNTY));
  Ready();
  ASSERT_EQ(Reasons(BySchool({p1})), "-");
  ASSERT_EQ(Reasons(ByCounty({p1})), "-");
  const auto listed = List({p1}, v1::NOTICE_KIND_COUNTY_APPLICATIONS, "county");
  Change(p1, [&](v1::Application* a) {
    v1::Assessment other;
    other.set_amount_fen(250000);
    return Reassess({"job:x", clock.Today(), ""}, ApplicationTables().policies()[0], other, a);
  });
  On(9, 26);
  EXPECT_EQ(Reasons(CloseNotice(listed->notice().name(), "county")), "APPROVALS_LACKING");
  EXPECT_EQ(Reasons(ByCounty({p1})), "-");
  EXPECT_EQ(StateOf(p1), "ON_COUNTY_NOTICE") << "one of two";
  EXPECT_EQ(Reasons(ByCounty({p1})), "ROLE_HELD");
  EXPECT_EQ(Reasons(ByCounty({p1}, true, "county2")), "-");
  EXPECT_EQ(StateOf(p1), "APPROVED");
}

TEST_P(ApplicationTest, FamiliesHandInWithPaper) {
  Ready();
  EXPECT_EQ(Reasons(As("teacher", "BatchSubmitApplications", HandingIn({p6, p1, AppName("p3"), p6}, false),
                       &Handlers::BatchSubmitApplications)),
            "EVIDENCE_REQUIRED EVIDENCE_REQUIRED NOT_FOUND DUPLICATE_IN_BATCH");
  EXPECT_EQ(Reasons(HandIn({p1})), "STATE_TRANSITION") << "the job handed it in";
  auto stale = HandingIn({p6});
  stale.mutable_applications(0)->set_etag("\"1\"");
  EXPECT_EQ(Reasons(As("teacher", "BatchSubmitApplications", stale, &Handlers::BatchSubmitApplications)),
            "ETAG_MISMATCH");
  auto preview = HandingIn({p6});
  preview.set_validate_only(true);
  EXPECT_EQ(Reasons(As("teacher", "BatchSubmitApplications", preview, &Handlers::BatchSubmitApplications)), "-");
  EXPECT_EQ(StateOf(p6), "DRAFT");
  EXPECT_EQ(Reasons(HandIn({p6})), "-");
  EXPECT_EQ(StateOf(p6), "SUBMITTED");
  EXPECT_FALSE(App(p6).proposed());
  EXPECT_EQ(App(p6).evidence(0).kind(), "PROMISE");
  EXPECT_EQ(Reasons(BySchool({p6}, true, "teacher")), "ROLE_HELD") << "approval by the submitter (DR-25)";
  EXPECT_EQ(Reasons(BySchool({p6})), "-");
  auto wrong = HandingIn({p6});
  wrong.mutable_applications(0)->mutable_evidence(0)->set_kind("RUMOUR");
  EXPECT_EQ(Reasons(As("teacher", "BatchSubmitApplications", wrong, &Handlers::BatchSubmitApplications)),
            "refused CODE_UNKNOWN");
  EXPECT_EQ(Reasons(HandIn({})), "refused FIELD_REQUIRED");
  EXPECT_EQ(Reasons(HandIn(std::vector<std::string>(201, p6))), "refused FIELD_TOO_MANY");
  EXPECT_EQ(Reasons(HandIn({"counties/411728/decisions/x"})), "refused NAME_INVALID");
}

TEST_P(ApplicationTest, EachReasonOfARefusedReview) {
  Ready();
  const auto reason = [&](const std::function<void(v1::BatchReviewApplicationsRequest&)>& spoil) {
    auto request = ReviewOf({p1});
    spoil(request);
    return Reasons(As("school", "BatchSchoolReviewApplications", request, &Handlers::BatchSchoolReviewApplications));
  };
  EXPECT_EQ(reason([](auto& r) { r.clear_decision(); }), "refused FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_decision(v1::REVIEW_DECISION_REJECT); }), "refused FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.clear_applications(); }), "refused FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) {
              r.set_school("counties/411728/schools/s1");
              r.set_term(kAutumn);
            }),
            "refused FIELD_REQUIRED")
      << "names or a school";
  EXPECT_EQ(reason([](auto& r) { r.set_reason(std::string(2001, 'x')); }), "refused FIELD_TOO_LONG");
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i < 2000; ++i) r.add_applications(r.applications(0));
            }),
            "refused FIELD_TOO_MANY");
  const auto whole = [&](const std::string& school, const std::string& term) {
    return reason([&](auto& r) {
      r.clear_applications();
      r.set_school(school);
      r.set_term(term);
    });
  };
  EXPECT_EQ(whole("counties/411728/schools/s1", "2023"), "refused TERM_FORMAT");
  EXPECT_EQ(whole("counties/411728/schools/none", kAutumn), "refused NOT_FOUND");
  EXPECT_EQ(whole("counties/411728/schools/s1", "2017-2018-1"), "refused POLICY_MISSING");
  EXPECT_EQ(whole("counties/411728/schools/s1", "2023-2024-2"), "") << "nothing waits";
  EXPECT_EQ(Reasons(BySchool({p1, AppName("p3")})), "- NOT_FOUND");
  EXPECT_EQ(Reasons(ByCounty({p1})), "STATE_TRANSITION") << "no notice is skipped";
  EXPECT_EQ(StateOf(p1), "SCHOOL_APPROVED");
}

// 2.9: the county compares before it approves.
TEST_P(ApplicationTest, TheCountyApprovesAfterAComparisonAndNobodyOnItsShouldNotList) {
  Renew();
  BringApp(p1, "ON_SCHOOL_NOTICE");
  BringApp(p2, "ON_SCHOOL_NOTICE");
  On(9, 26);
  EXPECT_EQ(Reasons(ByCounty({p1})), "COMPARISON_MISSING");
  v1::BatchRecordAidRequest give;
  give.set_parent(kCounty);
  give.set_request_id(NewId());
  v1::AidRecord* record = give.add_records();
  record->set_person("p2");
  record->set_item("SP_NUTR");  // of a kind that p2 is not
  record->set_term(kAutumn);
  record->set_amount_fen(40000);
  *record->mutable_paid_on() = Date(20230915);
  record->set_source("PRIOR_SYSTEM");
  record->set_school("s1");
  ASSERT_TRUE(aid.Call("BatchRecordAid", give, &Handlers::BatchRecordAid).ok());
  ASSERT_TRUE(aid.Compare().ok());
  EXPECT_EQ(Reasons(ByCounty({p1, p2})), "- COMPARISON_SHOULD_NOT");
  EXPECT_EQ(Reasons(ByCounty({p2}, false, "county2")), "-") << "it may refuse";
}

TEST_P(ApplicationTest, NobodyActsForTwoBodies) {
  Ready();
  BringApp(p1, "SCHOOL_APPROVED");
  EXPECT_EQ(Reasons(List({p1}, v1::NOTICE_KIND_SCHOOL_APPLICATIONS, "school")), "-");
  On(9, 26);
  EXPECT_EQ(Reasons(ByCounty({p1}, true, "school")), "ROLE_HELD");
  EXPECT_EQ(Reasons(ByCounty({p1})), "-");
  EXPECT_EQ(ReasonOf(ObjectTo(p1).status()), "OBJECTION_LATE") << "approved since, and late all the same";
  v1::Application a = App(p1);
  EXPECT_EQ(ReasonOf(StepApplication({"job:county", clock.Today(), ""}, "order", "", &a)), "ROLE_HELD")
      << "payer is not approver";
}

TEST_P(ApplicationTest, ObjectionsAndAppealsGoTheirWay) {
  Ready();
  BringApp(p1, "SUSPENDED");
  EXPECT_TRUE(App(p1).disputed());
  EXPECT_EQ(aid.Counter("open_objections"), 1);
  EXPECT_EQ(ReasonOf(Answer(p1, v1::OBJECTION_OUTCOME_UNFOUNDED, "clerk").status()), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(Answer(p1, v1::OBJECTION_OUTCOME_LEVEL_CHANGED).status()), "FIELD_REQUIRED");
  EXPECT_EQ(Reasons(ByCounty({p1})), "OBJECTION_OPEN");
  auto stale = About(Resolving("", v1::OBJECTION_OUTCOME_UNFOUNDED), p1);
  stale.set_etag("\"1\"");
  const auto resolve = [&] {
    return ReasonOf(
        As("school", "ResolveApplicationObjection", stale, &Handlers::ResolveApplicationObjection).status());
  };
  EXPECT_EQ(resolve(), "ETAG_MISMATCH");
  stale.clear_etag();
  stale.set_objection(2);
  EXPECT_EQ(resolve(), "OBJECTION_UNKNOWN");
  On(9, 20);
  ASSERT_TRUE(Answer(p1, v1::OBJECTION_OUTCOME_EXCLUDED).ok());
  EXPECT_EQ(StateOf(p1), "REJECTED");
  EXPECT_EQ(ReasonOf(HearAtSchool(p1, true).status()), "APPEAL_NONE");
  ASSERT_TRUE(AppealFor(p1).ok());
  EXPECT_EQ(ReasonOf(AppealFor(p1).status()), "APPEAL_OPEN");
  EXPECT_EQ(aid.Counter("open_appeals", "411728", "SCHOOL"), 1);
  EXPECT_EQ(ReasonOf(HearAtSchool(p1, true, "school").status()), "ROLE_HELD") << "who decided";
  ASSERT_TRUE(HearAtSchool(p1, false).ok());
  ASSERT_TRUE(AppealFor(p1).ok());
  ASSERT_TRUE(HearAtCounty(p1, true).ok());
  EXPECT_EQ(StateOf(p1), "SCHOOL_APPROVED");
  EXPECT_FALSE(App(p1).disputed());
  EXPECT_EQ(Reasons(List({p1}, v1::NOTICE_KIND_SCHOOL_APPLICATIONS, "leader")), "-") << "the name hangs again";
  On(10, 9);
  EXPECT_EQ(ReasonOf(ObjectTo(p1).status()), "OBJECTION_LATE");
  EXPECT_EQ(ReasonOf(ObjectTo(p2).status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(AppealFor(p2).status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(ObjectTo(AppName("p3")).status()), "NOT_FOUND");
  auto text = About(Objecting(""), p1);
  text.set_ground(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(As("clerk", "CreateApplicationObjection", text, &Handlers::CreateApplicationObjection).status()),
            "FIELD_TOO_LONG");
}

TEST_P(ApplicationTest, AnAppealOutOfTimeIsLateAndBothStepsAreUsedOnce) {
  Ready();
  BringApp(p1, "REJECTED");
  BringApp(p2, "REJECTED");
  ASSERT_TRUE(AppealFor(p1).ok());
  ASSERT_TRUE(HearAtSchool(p1, false).ok());
  ASSERT_TRUE(AppealFor(p1).ok());
  ASSERT_TRUE(HearAtCounty(p1, false).ok());
  EXPECT_EQ(ReasonOf(AppealFor(p1).status()), "APPEAL_USED");
  On(10, 9);
  EXPECT_EQ(ReasonOf(AppealFor(p2).status()), "APPEAL_LATE");
}

TEST_P(ApplicationTest, RowsOfAListAreOfItsTermSchoolAndKind) {
  registry.Put(School(kCounty, "s2", "411728104"));
  Ready();
  BringApp(p1, "SCHOOL_APPROVED");
  auto other = Listing({p1});
  other.set_school("counties/411728/schools/s2");
  EXPECT_EQ(Reasons(As("school", "StartNotice", other, &Handlers::StartNotice)), "SCHOOL_OTHER");
  other = Listing({p1});
  other.set_term("2023-2024-2");
  EXPECT_EQ(Reasons(As("school", "StartNotice", other, &Handlers::StartNotice)), "TERM_OTHER_YEAR");
  EXPECT_EQ(Reasons(List({p1}, v1::NOTICE_KIND_COUNTY_APPLICATIONS, "county")), "STATE_TRANSITION");
  other = Listing({p1});
  other.clear_school();
  EXPECT_EQ(Reasons(As("school", "StartNotice", other, &Handlers::StartNotice)), "refused FIELD_REQUIRED");
  other = Listing({absl::StrCat(kCounty, "/identifications/p1.2023-2024")});
  EXPECT_EQ(Reasons(As("school", "StartNotice", other, &Handlers::StartNotice)), "refused NAME_INVALID");
}

// Who reviews a list posts it and ends it.
TEST_P(ApplicationTest, AListIsPostedByThoseWhoReviewIt) {
  Ready();
  BringApp(p1, "SCHOOL_APPROVED");
  const auto as = [&](const std::string& role, const v1::StartNoticeRequest& request) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-x";
    access->person = role;
    access->grants = {{.name = "g", .role = role, .area = "411728", .from = absl::CivilDay(2000, 1, 1)}};
    return Reasons(aid.CallAs({.subject = role, .issuer = "test", .access = std::move(access)}, "StartNotice", request,
                              &Handlers::StartNotice, ""));
  };
  EXPECT_EQ(as("COUNTY_AID_APPROVER", Listing({p1})), "refused PERMISSION_DENIED");
  EXPECT_EQ(as("SCHOOL_AID_OFFICER", Listing({p1}, v1::NOTICE_KIND_COUNTY_APPLICATIONS)), "refused PERMISSION_DENIED");
  EXPECT_EQ(as("SCHOOL_AID_OFFICER", Listing({p1})), "-");
}

TEST_P(ApplicationTest, ApplicationsAreTakenBackBeforeTheyAreOrdered) {
  Ready();
  BringApp(p1, "APPROVED");
  Pay(p1, false);
  EXPECT_EQ(Reasons(TakeBack({p1, p2, AppName("p3")})), "STATE_TRANSITION - NOT_FOUND");
  EXPECT_EQ(StateOf(p2), "WITHDRAWN");
  EXPECT_EQ(Reasons(TakeBack({})), "refused FIELD_REQUIRED");
  auto request = TakingBack({p1_food});
  request.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(Reasons(As("teacher", "BatchWithdrawApplications", request, &Handlers::BatchWithdrawApplications)),
            "refused FIELD_TOO_LONG");
}

TEST_P(ApplicationTest, ListsAndRecordsAreMaskedAndOfTheCallersArea) {
  Ready();
  BringApp(p1, "SUSPENDED");
  const auto list = [&](const std::function<void(v1::ListApplicationsRequest&)>& fill,
                        const std::string& area = "411728") {
    v1::ListApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    fill(request);
    const auto page = As("reader", "ListApplications", request, &Handlers::ListApplications, area);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> found;
    for (const auto& application : page->applications()) {
      EXPECT_TRUE(application.masked() && application.steps().empty() && application.objections().empty());
      found.push_back(absl::StrCat(application.person(), "/", application.item()));
    }
    return absl::StrJoin(found, " ");
  };
  EXPECT_EQ(list([](auto&) {}), "p1/SP_LIV_B_JUN p1/SP_NUTR p2/CN_LIV_N_PRI p6/CN_LIV_B_JUN");
  EXPECT_EQ(list([](auto& r) { r.set_state(v1::APPLICATION_STATE_SUSPENDED); }), "p1/SP_LIV_B_JUN");
  EXPECT_EQ(list([](auto& r) { r.set_disputed_only(true); }), "p1/SP_LIV_B_JUN");
  EXPECT_EQ(list([](auto& r) { r.set_item("SP_NUTR"); }), "p1/SP_NUTR");
  EXPECT_EQ(list([](auto& r) { r.set_overpaid_only(true); }), "");
  EXPECT_EQ(list([](auto& r) { r.set_area("areas/411728104"); }), "");
  EXPECT_EQ(list([](auto&) {}, "411728104"), "");
  v1::GetApplicationRequest get;
  get.set_name(p1);
  const auto masked = As("reader", "GetApplication", get, &Handlers::GetApplication);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_TRUE(masked->masked());
  EXPECT_TRUE(masked->objections().empty());
  EXPECT_THAT(masked->open_objections(), ElementsAre(1));
  const auto clear = [&](const std::string& role, const std::string& purpose) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = "411728", .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    get.set_unmask(true);
    return aid.CallAs({.subject = "officer", .issuer = "test", .access = std::move(access)}, "GetApplication", get,
                      &Handlers::GetApplication, purpose);
  };
  EXPECT_EQ(ReasonOf(clear("CLASS_TEACHER", "AID_REVIEW").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(clear("SCHOOL_AID_OFFICER", "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(clear("SCHOOL_AID_OFFICER", "AID_REVIEW")->objections(0).objector(), "邻居李四");
  EXPECT_EQ(clear("COUNTY_AID_APPROVER", "AID_REVIEW")->objections(0).objector(), "");
  v1::ListApplicationsRequest wrong;
  wrong.set_parent(kCounty);
  wrong.set_term("2023");
  EXPECT_EQ(ReasonOf(As("reader", "ListApplications", wrong, &Handlers::ListApplications).status()), "TERM_FORMAT");
}

TEST_P(ApplicationTest, ARepeatedRequestGivesTheFirstAnswer) {
  Ready();
  auto review = ReviewOf({p1, p6});
  const auto call = [&] {
    return Reasons(As("school", "BatchSchoolReviewApplications", review, &Handlers::BatchSchoolReviewApplications));
  };
  EXPECT_EQ(call(), "- STATE_TRANSITION");
  const std::string etag = App(p1).etag();
  EXPECT_EQ(call(), "- STATE_TRANSITION") << "as it was, not as it would be now";
  EXPECT_EQ(App(p1).etag(), etag);
  review.add_applications(p2);
  EXPECT_EQ(call(), "refused REQUEST_ID_REUSED");
}

TEST_P(ApplicationTest, ForeignersAreToldNothing) {
  Ready();
  BringApp(p1, "SUSPENDED");
  const auto restriction = Restrict("p1", "RECOVERY_OPEN");
  ASSERT_TRUE(restriction.ok()) << restriction.status();
  for (const char* area : {"500243", "411728104"}) {
    const auto denied = [&](std::string_view method, const auto& request, auto handler) {
      EXPECT_EQ(ReasonOf(As("stranger", method, request, handler, area).status()), "PERMISSION_DENIED")
          << method << " " << area;
    };
    for (const std::string& name : {p1, AppName("p3")}) {
      v1::GetApplicationRequest get;
      get.set_name(name);
      denied("GetApplication", get, &Handlers::GetApplication);
      denied("BatchSubmitApplications", HandingIn({name}), &Handlers::BatchSubmitApplications);
      denied("BatchSchoolReviewApplications", ReviewOf({name}), &Handlers::BatchSchoolReviewApplications);
      denied("BatchCountyReviewApplications", ReviewOf({name}), &Handlers::BatchCountyReviewApplications);
      denied("BatchWithdrawApplications", TakingBack({name}), &Handlers::BatchWithdrawApplications);
      denied("StartNotice", Listing({name}), &Handlers::StartNotice);
      denied("StartNotice", Listing({name}, v1::NOTICE_KIND_COUNTY_APPLICATIONS), &Handlers::StartNotice);
      denied("CreateApplicationObjection", About(Objecting(""), name), &Handlers::CreateApplicationObjection);
      denied("ResolveApplicationObjection", About(Resolving("", v1::OBJECTION_OUTCOME_UNFOUNDED), name),
             &Handlers::ResolveApplicationObjection);
      denied("CreateApplicationAppeal", About(Appealing(""), name), &Handlers::CreateApplicationAppeal);
      denied("DecideApplicationSchoolAppeal", About(Deciding("", true), name),
             &Handlers::DecideApplicationSchoolAppeal);
      denied("DecideApplicationCountyAppeal", About(Deciding("", true), name),
             &Handlers::DecideApplicationCountyAppeal);
    }
    for (const char* person : {"p1", "nobody"}) {
      denied("CreateRestriction", Restricting(person, "RECOVERY_OPEN"), &Handlers::CreateRestriction);
    }
    for (const std::string& name : {restriction->name(), absl::StrCat(kCounty, "/restrictions/none")}) {
      denied("LiftRestriction", Relieving<v1::LiftRestrictionRequest>(name), &Handlers::LiftRestriction);
      auto bypass = Relieving<v1::BypassRestrictionRequest>(name);
      bypass.set_application(p1);
      denied("BypassRestriction", bypass, &Handlers::BypassRestriction);
    }
  }
  EXPECT_EQ(ReasonOf(As("stranger", "BatchSchoolReviewApplications", ReviewOf({}),
                        &Handlers::BatchSchoolReviewApplications, "411728104")
                         .status()),
            "PERMISSION_DENIED");
}

TEST_P(ApplicationTest, AnyoneMayReadTheTables) {
  v1::ListApplicationPoliciesRequest request;
  const auto ask = [&] {
    return As("anyone", "ListApplicationPolicies", request, &Handlers::ListApplicationPolicies, "500243");
  };
  ASSERT_EQ(ask()->policies_size(), 1);
  request.set_term(kAutumn);
  EXPECT_EQ(ReasonOf(ask().status()), "FIELD_REQUIRED");
  request.set_region_code("411728000000");
  EXPECT_EQ(ask()->policies(0).approval_steps_size(), 2);
  request.set_term("2017-2018-1");
  EXPECT_EQ(ReasonOf(ask().status()), "POLICY_MISSING");
  const auto codes = As("anyone", "ListRestrictionCodes", v1::ListRestrictionCodesRequest(),
                        &Handlers::ListRestrictionCodes, "500243");
  EXPECT_GE(codes->codes_size(), 3);
}

TEST_P(ApplicationTest, RestrictionsArePutOnLiftedAndPassedOver) {
  Ready();
  const auto put = Restrict("p6", "FALSE_INFORMATION");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(put->masked());
  EXPECT_EQ(put->reason(), "");
  EXPECT_EQ(put->effect(), v1::RESTRICTION_EFFECT_STOP_APPLY);
  EXPECT_EQ(Reasons(HandIn({p6})), "RESTRICTED");
  auto bypass = Relieving<v1::BypassRestrictionRequest>(put->name());
  bypass.set_application(p6);
  const auto pass = [&](const std::string& by) {
    return ReasonOf(As(by, "BypassRestriction", bypass, &Handlers::BypassRestriction).status());
  };
  EXPECT_EQ(pass("officer"), "ROLE_HELD");
  bypass.set_application(p1);
  EXPECT_EQ(pass("approver"), "RESTRICTION_OTHER_PERSON");
  bypass.set_application(p6);
  bypass.set_etag("\"1\"");
  EXPECT_EQ(pass("approver"), "ETAG_MISMATCH");
  bypass.clear_etag();
  EXPECT_EQ(pass("approver"), "");
  EXPECT_EQ(pass("approver"), "") << "a replay";
  bypass.set_request_id(NewId());
  EXPECT_EQ(pass("approver"), "RESTRICTION_BYPASSED");
  EXPECT_EQ(Reasons(HandIn({p6})), "-");
  auto lift = Relieving<v1::LiftRestrictionRequest>(put->name());
  const auto take_off = [&](const std::string& by) {
    return ReasonOf(As(by, "LiftRestriction", lift, &Handlers::LiftRestriction).status());
  };
  EXPECT_EQ(take_off("officer"), "ROLE_HELD");
  lift.set_etag("\"1\"");
  EXPECT_EQ(take_off("approver"), "ETAG_MISMATCH");
  lift.clear_etag();
  EXPECT_EQ(take_off("approver"), "");
  lift.set_request_id(NewId());
  EXPECT_EQ(take_off("approver"), "RESTRICTION_OVER");
  v1::ListRestrictionsRequest list;
  list.set_parent(kCounty);
  list.set_student("counties/411728/students/p6");
  const auto listed = As("reader", "ListRestrictions", list, &Handlers::ListRestrictions);
  ASSERT_EQ(listed->restrictions_size(), 1);
  EXPECT_EQ(listed->restrictions(0).lifted_by(), "job:approver");
  EXPECT_TRUE(listed->restrictions(0).bypasses().empty());
  list.set_area("areas/411728104");
  EXPECT_EQ(As("reader", "ListRestrictions", list, &Handlers::ListRestrictions)->restrictions_size(), 0);
  const auto reason = [&](const std::function<void(v1::CreateRestrictionRequest&)>& spoil) {
    auto request = Restricting("p1", "RECOVERY_OPEN");
    spoil(request);
    return ReasonOf(As("officer", "CreateRestriction", request, &Handlers::CreateRestriction).status());
  };
  EXPECT_EQ(reason([](auto& r) { r.set_code("LUCK"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.set_student("nobody"); }), "PERSON_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.set_reason(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(reason([](auto& r) { *r.mutable_until() = Date(20230918); }), "RESTRICTION_INTERVAL");
  EXPECT_EQ(reason([](auto& r) { r.mutable_from()->set_month(13); }), "DATE_INVALID");
}

TEST_P(ApplicationTest, TheJournalPublishesNothingSealed) {
  Ready();
  BringApp(p1, "SUSPENDED");
  ASSERT_TRUE(Restrict("p1", "RECOVERY_OPEN").ok());
  const auto rows = aid.place.database->Read(
      [](db::Transaction& tx) { return tx.Query("SELECT body FROM journal WHERE shard = 'c411728' ORDER BY seq"); });
  ASSERT_TRUE(rows.ok());
  for (const db::Row& row : *rows) {
    for (const char* text : {"邻居李四", "汽车", "材料不实", "王**", "王小明"}) {
      EXPECT_THAT(std::string(row.Bytes(0)), Not(HasSubstr(text)));
    }
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
