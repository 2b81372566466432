// The ledger of disabled children behind its handlers and the daily look, on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/care_gauges.h"
#include "tests/dropout_monitoring/care_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PlacementTest : public CareFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PlacementTest() : CareFixture(OptionsOf(GetParam())) {}

  std::vector<std::string> Listed(bool with_findings, const std::string& area = "411728") {
    v1::ListDisabledChildrenRequest request;
    request.set_parent(kCounty);
    request.set_with_findings_only(with_findings);
    std::vector<std::string> ids;
    const auto listed = As("o", area, "ListDisabledChildren", request, &Handlers::ListDisabledChildren);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const auto& child : listed->children()) {
      ids.push_back(std::string(feed::IdOfName(child.name())));
      EXPECT_TRUE(child.masked());
      EXPECT_FALSE(child.has_disability());
    }
    return ids;
  }
  v1::PlacementRates Rates() {
    v1::GetPlacementRatesRequest request;
    request.set_parent(kCounty);
    const auto rates = As("o", "411728", "GetPlacementRates", request, &Handlers::GetPlacementRates);
    EXPECT_TRUE(rates.ok()) << rates.status();
    return *rates;
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, PlacementTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PlacementTest, TheDailyLookFillsTheLedger) {
  EXPECT_THAT(Listed(false), IsEmpty());
  EXPECT_EQ(RunClock(), 1);
  EXPECT_THAT(Listed(true), ElementsAre("d1"));
  EXPECT_THAT(Listed(false, "411728102"), IsEmpty());
  const v1::DisabledChild child = ChildOf("d1");
  EXPECT_EQ(FindingsOf(child), "NO_PLACEMENT");
  EXPECT_TRUE(child.registered());
  EXPECT_THAT(child.sources(), ElementsAre(v1::DISABLED_SOURCE_SCHOOL));
  EXPECT_EQ(RunClock(), 0) << "once a day";
  Later(1);
  EXPECT_EQ(RunClock(), 1);
  EXPECT_EQ(ChildOf("d1").etag(), child.etag()) << "nothing changed";
  EXPECT_EQ(monitoring.Counter("disabled_children"), 1);
  EXPECT_EQ(monitoring.Counter("placement_findings", "411728", "NO_PLACEMENT"), 1);
  registry_v1::Student gone = Child("d1");
  gone.mutable_disability()->set_kind("5");
  gone.set_status("DECEASED");
  registry.Put(gone);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Later(1);
  RunClock();
  EXPECT_TRUE(ChildOf("d1").gone());
  EXPECT_THAT(Listed(true), IsEmpty());
  EXPECT_EQ(monitoring.Counter("disabled_children"), 0);
}

TEST_P(PlacementTest, OneProposesAnotherDecides) {
  RunClock();
  const std::string name = ChildName("d1");
  const v1::ProposePlacementRequest request = Placing(name);
  EXPECT_EQ(Reason(Propose(request, "411728102")), "PERMISSION_DENIED");
  const auto proposed = Propose(request);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(Propose(request)->etag(), proposed->etag()) << "replay";
  EXPECT_EQ(Reason(Propose(Placing(name))), "PROPOSAL_OPEN");
  EXPECT_EQ(Reason(Decide(name, true, "officer")), "ROLE_HELD");
  EXPECT_EQ(Reason(Decide(name, false)), "FIELD_REQUIRED");
  ASSERT_TRUE(Decide(name).ok());
  EXPECT_EQ(FindingsOf(ChildOf("d1")), "");
  EXPECT_EQ(Rates().placement().percent(), "100.00%");
  EXPECT_EQ(Rates().three_kinds().rate().denominator(), 1);
  EXPECT_EQ(Reason(Decide(name)), "PROPOSAL_NONE");
  EXPECT_EQ(Reason(Decide(ChildName("none"))), "NOT_FOUND");
}

TEST_P(PlacementTest, WhatIsWrongIsRefused) {
  RunClock();
  const std::string name = ChildName("d1");
  const auto reason = [&](auto change) {
    v1::ProposePlacementRequest request = Placing(name);
    change(request);
    return Reason(Propose(request));
  };
  EXPECT_EQ(reason([](auto& r) { r.mutable_placement()->set_kind("PRISON"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.mutable_placement()->clear_from(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { *r.mutable_placement()->mutable_until() = r.placement().from(); }), "SPAN_ORDER");
  EXPECT_EQ(reason([](auto& r) { r.mutable_placement()->set_kind("DELAYED_ENTRY"); }), "PLACEMENT_SPAN");
  EXPECT_EQ(reason([](auto& r) { r.mutable_placement()->mutable_plan()->set_lessons_per_week(51); }), "NUMBER_RANGE");
  EXPECT_EQ(reason([](auto& r) { r.mutable_placement()->set_school("counties/411728/schools/none"); }),
            "SCHOOL_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i < 21; ++i) r.mutable_placement()->mutable_plan()->add_teachers("李老师");
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(reason([](auto& r) { r.set_etag("\"1\""); }), "ETAG_MISMATCH");
  const auto paper = [](const char* kind, const char* name) {
    v1::CaseEvidence evidence;
    evidence.set_kind(kind);
    evidence.set_file_name(name);
    return evidence;
  };
  EXPECT_EQ(reason([&](auto& r) { *r.mutable_placement()->add_evidence() = paper("PHOTO", "1号"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([&](auto& r) { *r.mutable_placement()->add_evidence() = paper("OTHER", ""); }), "FIELD_REQUIRED");
  v1::ProposePlacementRequest home = Placing(name, "HOME_TEACHING");
  home.mutable_placement()->clear_plan();
  EXPECT_EQ(Reason(Propose(home)), "PLACEMENT_PLAN");
  home = Placing(name, "HOME_TEACHING");
  home.mutable_placement()->clear_evidence();
  EXPECT_EQ(Reason(Propose(home)), "CASE_EVIDENCE");
  ASSERT_TRUE(Propose(Placing(name, "HOME_TEACHING")).ok());
  EXPECT_EQ(Reason(Decide(name)), "PLACEMENT_OPINION");
  v1::RecordCommitteeOpinionRequest opinion = Opinion(name);
  *opinion.mutable_opinion()->mutable_on() = DateOf(today + 1);
  const auto advise = [&] {
    return Reason(As("o", "411728", "RecordCommitteeOpinion", opinion, &Handlers::RecordCommitteeOpinion));
  };
  EXPECT_EQ(advise(), "DATE_AHEAD");
  opinion = Opinion(name);
  opinion.mutable_opinion()->mutable_members()->RemoveLast();
  EXPECT_EQ(advise(), "FIELD_REQUIRED") << "nobody is a committee alone";
  for (int i = 0; i < 30; ++i) opinion.mutable_opinion()->add_members("医生乙");
  EXPECT_EQ(advise(), "FIELD_TOO_MANY");
  opinion = Opinion(name);
  opinion.mutable_opinion()->set_advised_kind("PRISON");
  EXPECT_EQ(advise(), "CODE_UNKNOWN");
  opinion = Opinion(name);
  opinion.set_etag("\"1\"");
  EXPECT_EQ(advise(), "ETAG_MISMATCH");
}

TEST_P(PlacementTest, LessonsAtHomeAndTheirGap) {
  RunClock();
  const std::string name = ChildName("d1");
  v1::RecordHomeLessonRequest request = Teaching(name);
  const auto teach = [&] {
    return As("teacher", "411728103/s1", "RecordHomeLesson", request, &Handlers::RecordHomeLesson);
  };
  EXPECT_EQ(Reason(teach()), "NOT_HOME_TAUGHT");
  TeachAtHome(name);
  v1::PutSchoolCalendarRequest calendar;
  calendar.set_parent(kCounty);
  calendar.set_school_year("2023-2024");
  calendar.set_request_id(NewId());
  *calendar.mutable_calendar()->add_spans()->mutable_first_day() = Date(20230901);
  *calendar.mutable_calendar()->mutable_spans(0)->mutable_last_day() = Date(20240119);
  ASSERT_TRUE(As("o", "411728", "PutSchoolCalendar", calendar, &Handlers::PutSchoolCalendar).ok());
  const auto taught = teach();
  ASSERT_TRUE(taught.ok()) << taught.status();
  EXPECT_EQ(taught->teacher(), "") << "masked";
  EXPECT_EQ(teach()->name(), taught->name()) << "replay";
  request = Teaching(name, 13);
  EXPECT_EQ(Reason(teach()), "NUMBER_RANGE");
  request = Teaching(name);
  *request.mutable_lesson()->mutable_on() = DateOf(today + 1);
  EXPECT_EQ(Reason(teach()), "DATE_AHEAD");
  request = Teaching(ChildName("none"));
  EXPECT_EQ(Reason(As("o", "411728", "RecordHomeLesson", request, &Handlers::RecordHomeLesson)), "NOT_FOUND");
  v1::ListHomeLessonsRequest list;
  list.set_parent(kCounty);
  list.set_child(name);
  EXPECT_EQ(As("o", "411728", "ListHomeLessons", list, &Handlers::ListHomeLessons)->lessons_size(), 1);
  list.set_child(ChildName("d2"));
  EXPECT_EQ(As("o", "411728", "ListHomeLessons", list, &Handlers::ListHomeLessons)->lessons_size(), 0);
  Later(29);
  RunClock();
  EXPECT_EQ(FindingsOf(ChildOf("d1")), "");
  Later(1);
  RunClock();
  EXPECT_EQ(FindingsOf(ChildOf("d1")), "HOME_TEACHING_GAP");
  obs::Metrics metrics;
  ASSERT_TRUE(CareProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_home_teaching_gaps{county=\"411728\"} 1"));
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_unplaced_children{county=\"411728\"} 0"));
}

TEST_P(PlacementTest, AnApprovalThatEndsIsFoundByTheLook) {
  RunClock();
  TeachAtHome(ChildName("d1"));
  Later(271);
  RunClock();
  EXPECT_EQ(FindingsOf(ChildOf("d1")), "APPROVAL_ENDS");
  Later(29);
  RunClock();
  EXPECT_EQ(FindingsOf(ChildOf("d1")), "APPROVAL_EXPIRED");
  EXPECT_EQ(Rates().placement().rate().numerator(), 0);
}

TEST_P(PlacementTest, BothListsWithoutDoubles) {
  EXPECT_EQ(Enter(Entering("d1"))->sources_size(), 1);
  RunClock();
  EXPECT_EQ(ChildOf("d1").sources_size(), 2) << "of the register too";
  const auto unknown = Enter(EnteringUnknown());
  ASSERT_TRUE(unknown.ok()) << unknown.status();
  EXPECT_EQ(Enter(EnteringUnknown())->name(), unknown->name()) << "the same child again";
  EXPECT_THAT(unknown->DebugString(), Not(HasSubstr("赵小雨")));
  EXPECT_EQ(FindingsOf(*unknown), "NO_PLACEMENT");
  EXPECT_EQ(Rates().enrolment().rate().denominator(), 2);
  ASSERT_TRUE(Propose(Placing(unknown->name())).ok());
  ASSERT_TRUE(Decide(unknown->name()).ok());
  registry_v1::Student known = Child("d2");
  known.set_display_name("赵小雨");
  *known.mutable_birth_date() = Date(20160101);
  registry.Put(known);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Later(1);
  RunClock();
  EXPECT_EQ(Rates().enrolment().rate().denominator(), 2) << "one child, not two";
  EXPECT_EQ(Rates().enrolment().rate().numerator(), 2);
  EXPECT_EQ(FindingsOf(ChildOf("d2")), "") << "its placement came along";
  Later(1);
  RunClock();
  EXPECT_EQ(Rates().enrolment().rate().denominator(), 2);
}

TEST_P(PlacementTest, EntriesAreChecked) {
  const auto reason = [&](auto change) {
    v1::PutDisabledChildRequest request = EnteringUnknown();
    change(request);
    return Reason(Enter(request));
  };
  EXPECT_EQ(reason([](auto& r) { r.mutable_disability()->set_kind("9"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.mutable_disability()->clear_grade(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_township("500243101"); }), "AREA_FORMAT");
  EXPECT_EQ(reason([](auto& r) { r.mutable_child()->clear_birth_date(); }), "FIELD_REQUIRED");
  EXPECT_EQ(Reason(Enter(Entering("none"))), "PERSON_UNKNOWN");
  EXPECT_EQ(Reason(Enter(Entering("d1"), "411728102")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Enter(Entering("none"), "411728102")), "PERMISSION_DENIED");
  registry_v1::Student moved = Child("m1");
  moved.set_moved_to("counties/500243/students/m1");
  registry.Put(moved);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(Enter(Entering("m1"))), "MOVED");
}

TEST_P(PlacementTest, InClearOnlyForAPurpose) {
  RunClock();
  v1::GetDisabledChildRequest request;
  request.set_name(ChildName("d1"));
  request.set_unmask(true);
  const auto as = [&](rpc::Caller caller, const std::string& purpose) {
    return monitoring.CallAs(std::move(caller), "GetDisabledChild", request, &Handlers::GetDisabledChild, purpose);
  };
  EXPECT_EQ(Reason(as(rpc::MakeJobCaller("o", "411728"), "")), "PERMISSION_DENIED") << "a job unmasks nothing";
  EXPECT_EQ(Reason(as(Holder("COUNTY_DROPOUT_OFFICER"), "")), "PURPOSE_REQUIRED");
  const auto clear = as(Holder("COUNTY_DROPOUT_OFFICER"), "DROPOUT_CARE");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->disability().kind(), "5");
}

TEST_P(PlacementTest, PoliciesAndKindsAreShown) {
  const auto all =
      As("o", "411728", "ListPlacementPolicies", v1::ListPlacementPoliciesRequest(), &Handlers::ListPlacementPolicies);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->kinds_size(), 6);
  EXPECT_GE(all->policies_size(), 2);
  v1::EvaluatePlacementRequest request;
  request.set_region_code("411728000000");
  *request.mutable_on() = Date(20230901);
  const auto evaluated = As("o", "411728", "EvaluatePlacement", request, &Handlers::EvaluatePlacement);
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(evaluated->findings(0).code(), "NO_PLACEMENT");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
