// Identification through the methods, on both databases: the year of a class, each refusal, replay, etags, masks,
// areas, merges and moves.
#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class IdentificationTest : public IdentificationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  IdentificationTest() : IdentificationFixture(OptionsOf(GetParam())) {}
};

INSTANTIATE_TEST_SUITE_P(Databases, IdentificationTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(IdentificationTest, AClassFromTheApplicationToTheFile) {
  ASSERT_TRUE(Create("p3").ok());
  EXPECT_EQ(State("p3"), "NOTIFIED");
  EXPECT_EQ(Reasons(Submit({Application("p1"), Application("p3", 900)})), "- -");
  EXPECT_EQ(Whole("p1").level(), 1) << "P2 by the household: without paper at level 1";
  EXPECT_EQ(Whole("p3").level(), 3);
  EXPECT_EQ(Whole("p3").input().policy(), "identificationPolicies/ID_CN@1");
  EXPECT_EQ(Whole("p3").positions().positions(0).instance(), registry.instance());
  for (const char* person : {"p1", "p3"}) {
    ASSERT_TRUE(ClassReview(person).ok());
    ASSERT_TRUE(SchoolReview(person).ok());
  }
  const auto posted = StartNotice();
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(Reasons(posted), "- -");
  EXPECT_EQ(DayText(*DayOf(posted->notice().ends_on())), "2023-09-25");
  EXPECT_EQ(posted->notice().entry_count(), 2);
  EXPECT_EQ(posted->notice().entries(0).masked_name(), "王**");
  EXPECT_EQ(aid.Counter("running_notices"), 1);
  On(9, 25);
  EXPECT_EQ(Reasons(CloseNotice(posted->notice().name())), "NOTICE_RUNNING NOTICE_RUNNING");
  EXPECT_EQ(aid.Counter("identified"), 0);
  On(9, 26);
  const auto closed = CloseNotice(posted->notice().name());
  EXPECT_EQ(Reasons(closed), "- -");
  EXPECT_EQ(closed->notice().state(), v1::NOTICE_STATE_CLOSED);
  EXPECT_EQ(Reasons(CloseNotice(posted->notice().name())), "") << "nobody is left on it";
  EXPECT_EQ(Reasons(Archive({"p1", "p3"})), "- -");
  EXPECT_EQ(State("p3"), "ARCHIVED");
  EXPECT_EQ(aid.Counter("running_notices"), 0);
  EXPECT_EQ(aid.Counter("identified", "411728", "1"), 2) << "one pupil at level 1 in each of the two terms";
  EXPECT_EQ(aid.Counter("identified", "411728103/s1", "3"), 2);
  EXPECT_EQ(aid.Counter("identified_kinds", "411728", "P2"), 2);
  EXPECT_EQ(aid.Counter("identified_kinds", "411728", "N1"), 2);
  v1::ReplayIdentificationRequest replay;
  replay.set_name(Name("p3"));
  const auto again = As("reader", "ReplayIdentification", replay, &Handlers::ReplayIdentification);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->same());
  EXPECT_EQ(again->level(), 3);
}

TEST_P(IdentificationTest, RowsThatFailLeaveTheOthersAlone) {
  registry_v1::Student gone = Student("gone", "JUN", "7");
  gone.set_moved_to("counties/500243/students/gone");
  gone.clear_enrolments();
  registry.Put(gone);
  registry_v1::Student left = Student("left", "JUN", "7");
  left.set_status("DROPPED_OUT");
  registry.Put(left);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_EQ(Reasons(Submit({Application("p3")})), "-");
  v1::IdentificationApplication bare = Application("p4");
  bare.clear_evidence();
  v1::IdentificationApplication wrong = Application("p2");
  wrong.mutable_factors(0)->set_factor("LUCK");
  EXPECT_EQ(Reasons(Submit({Application("p1"), Application("p1"), Application("p3"), bare, wrong, Application("nobody"),
                            Application("gone"), Application("left")})),
            "- DUPLICATE_IN_BATCH STATE_TRANSITION EVIDENCE_REQUIRED FACTOR_UNKNOWN PERSON_UNKNOWN MOVED NOT_A_PUPIL");
  EXPECT_EQ(State("p1"), "APPLIED");
  EXPECT_EQ(ReasonOf(Get("p4").status()), "NOT_FOUND");
}

TEST_P(IdentificationTest, EachReasonOfARefusedApplication) {
  const auto reason = [&](const std::function<void(v1::BatchSubmitIdentificationsRequest&)>& spoil) {
    auto request = Submitting({Application("p3")});
    spoil(request);
    return ReasonOf(
        As("teacher", "BatchSubmitIdentifications", request, &Handlers::BatchSubmitIdentifications).status());
  };
  EXPECT_EQ(reason([](auto& r) { r.clear_applications(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.mutable_applications(0)->clear_student(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.mutable_applications(0)->clear_origin(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.mutable_applications(0)->set_origin(v1::IDENTIFICATION_ORIGIN_COMPARISON); }),
            "FIELD_REQUIRED")
      << "a comparison is no applicant";
  EXPECT_EQ(reason([](auto& r) { r.set_term("2023"); }), "TERM_FORMAT");
  EXPECT_EQ(reason([](auto& r) { r.mutable_applications(0)->mutable_evidence(0)->set_kind("RUMOUR"); }),
            "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.mutable_applications(0)->mutable_evidence(0)->mutable_dated_on()->set_month(13); }),
            "DATE_INVALID");
  EXPECT_EQ(
      reason([](auto& r) { r.mutable_applications(0)->mutable_evidence(0)->set_file_name(std::string(801, 'x')); }),
      "FIELD_TOO_LONG");
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i < 21; ++i) r.mutable_applications(0)->add_evidence()->set_kind("LETTER");
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i < 200; ++i) *r.add_applications() = r.applications(0);
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(ReasonOf(Get("p3").status()), "NOT_FOUND") << "nothing of it was stored";
}

TEST_P(IdentificationTest, AYearOfAPupilIsOpenedOnce) {
  const auto opened = Create("p3");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->name(), Name("p3"));
  EXPECT_EQ(opened->area(), "411728103/s1");
  EXPECT_EQ(ReasonOf(Create("p3").status()), "IDENTIFICATION_EXISTS");
  EXPECT_EQ(ReasonOf(Create("nobody").status()), "PERSON_UNKNOWN");
  EXPECT_EQ(
      ReasonOf(As("teacher", "CreateIdentification", Opening("p4", "2023"), &Handlers::CreateIdentification).status()),
      "SCHOOL_YEAR_FORMAT");
  v1::ReplayIdentificationRequest replay;
  replay.set_name(Name("p3"));
  EXPECT_EQ(ReasonOf(As("reader", "ReplayIdentification", replay, &Handlers::ReplayIdentification).status()),
            "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(ClassReview("p3").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Object("p3").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Appeal("p3").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(DecideAtSchool("p3", true).status()), "STATE_TRANSITION");
}

// DR-25: approval by the submitter, and every other pair, is refused and leaves nothing behind.
TEST_P(IdentificationTest, NobodyActsForTwoBodies) {
  Bring("p3", "APPLIED");
  EXPECT_EQ(ReasonOf(ClassReview("p3", true, "teacher").status()), "ROLE_HELD");
  EXPECT_EQ(State("p3"), "APPLIED");
  ASSERT_TRUE(ClassReview("p3").ok());
  EXPECT_EQ(ReasonOf(SchoolReview("p3", true, "teacher").status()), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(SchoolReview("p3", true, "class").status()), "ROLE_HELD");
  ASSERT_TRUE(SchoolReview("p3").ok());
  EXPECT_EQ(Reasons(StartNotice({"p3"}, "class")), "ROLE_HELD");
  const auto posted = StartNotice({"p3"});
  ASSERT_EQ(Reasons(posted), "-");
  On(9, 26);
  EXPECT_EQ(Reasons(CloseNotice(posted->notice().name(), "teacher")), "ROLE_HELD");
  EXPECT_EQ(Reasons(CloseNotice(posted->notice().name())), "-");
  EXPECT_EQ(Reasons(Archive({"p3"}, "school")), "ROLE_HELD");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-2"), "teacher")), "ROLE_HELD");
  EXPECT_EQ(State("p3"), "CONFIRMED");
}

// Two accounts of one person are one person.
TEST_P(IdentificationTest, PersonsAreComparedNotAccounts) {
  const auto as = [&](const std::string& account) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = absl::StrCat("accounts/411728-", account);
    access->person = "P-one";
    access->grants = {
        {.name = "g", .role = "JOB", .area = "411728", .from = absl::CivilDay(2000, 1, 1)},
    };
    return rpc::Caller{.subject = account, .issuer = "test", .access = std::move(access)};
  };
  ASSERT_TRUE(aid.CallAs(as("first"), "BatchSubmitIdentifications", Submitting({Application("p3")}),
                         &Handlers::BatchSubmitIdentifications, "")
                  .ok());
  EXPECT_EQ(ReasonOf(aid.CallAs(as("second"), "ClassReviewIdentification", Reviewing("p3"),
                                &Handlers::ClassReviewIdentification, "")
                         .status()),
            "ROLE_HELD");
}

TEST_P(IdentificationTest, EachReasonOfARefusedReview) {
  Bring("p3", "APPLIED");
  const auto reason = [&](const std::function<void(v1::ReviewIdentificationRequest&)>& spoil) {
    auto request = Reviewing("p3");
    spoil(request);
    return ReasonOf(As("class", "ClassReviewIdentification", request, &Handlers::ClassReviewIdentification).status());
  };
  EXPECT_EQ(reason([](auto& r) { r.clear_decision(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_decision(v1::REVIEW_DECISION_REJECT); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_level(2); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_level(9); }), "LEVEL_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.set_reason(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(reason([](auto& r) { r.add_evidence()->set_kind("RUMOUR"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.set_etag("\"99\""); }), "ETAG_MISMATCH");
  EXPECT_EQ(reason([](auto& r) { r.set_name(Name("p4")); }), "NOT_FOUND");
  EXPECT_EQ(reason([](auto& r) { r.set_name("counties/411728/decisions/p3"); }), "NAME_INVALID");
  EXPECT_EQ(ReasonOf(SchoolReview("p3").status()), "STATE_TRANSITION") << "no step is skipped";
  auto present = Reviewing("p3");
  present.set_etag(Whole("p3").etag());
  present.add_evidence()->set_kind("HOME_VISIT");
  EXPECT_TRUE(As("class", "ClassReviewIdentification", present, &Handlers::ClassReviewIdentification).ok());
  EXPECT_EQ(Whole("p3").evidence_size(), 2);
}

TEST_P(IdentificationTest, ARepeatedRequestGivesTheFirstAnswer) {
  Bring("p3", "APPLIED");
  const auto review = Reviewing("p3");
  const auto first = As("class", "ClassReviewIdentification", review, &Handlers::ClassReviewIdentification);
  ASSERT_TRUE(first.ok());
  const auto again = As("class", "ClassReviewIdentification", review, &Handlers::ClassReviewIdentification);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->etag(), first->etag());
  auto other = review;
  other.set_level(2);
  EXPECT_EQ(ReasonOf(As("class", "ClassReviewIdentification", other, &Handlers::ClassReviewIdentification).status()),
            "REQUEST_ID_REUSED");
  const auto batch = Submitting({Application("p1"), Application("p3")});
  const auto submit = [&] {
    return Reasons(As("teacher", "BatchSubmitIdentifications", batch, &Handlers::BatchSubmitIdentifications));
  };
  EXPECT_EQ(submit(), "- STATE_TRANSITION");
  EXPECT_EQ(submit(), "- STATE_TRANSITION") << "as it was, not as it would be now";
  ASSERT_TRUE(SchoolReview("p3").ok());
  const auto posting = Posting({"p3"});
  const auto posted = As("school", "StartNotice", posting, &Handlers::StartNotice);
  const auto reposted = As("school", "StartNotice", posting, &Handlers::StartNotice);
  ASSERT_TRUE(posted.ok() && reposted.ok()) << posted.status() << reposted.status();
  EXPECT_EQ(reposted->SerializeAsString(), posted->SerializeAsString());
}

TEST_P(IdentificationTest, APreviewStoresNothing) {
  auto batch = Submitting({Application("p3")});
  batch.set_validate_only(true);
  EXPECT_EQ(Reasons(As("teacher", "BatchSubmitIdentifications", batch, &Handlers::BatchSubmitIdentifications)), "-");
  EXPECT_EQ(ReasonOf(Get("p3").status()), "NOT_FOUND");
}

TEST_P(IdentificationTest, RecordsAreMaskedAndObjectorsHidden) {
  Bring("p3", "RECHECK");
  const auto masked = Get("p3");
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_TRUE(masked->masked());
  EXPECT_FALSE(masked->has_input());
  EXPECT_TRUE(masked->steps().empty());
  EXPECT_TRUE(masked->objections().empty());
  EXPECT_TRUE(masked->disputed());
  EXPECT_THAT(masked->open_objections(), ElementsAre(1));
  const auto as = [&](const std::string& role, const std::string& purpose) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = "411728", .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    v1::GetIdentificationRequest request;
    request.set_name(Name("p3"));
    request.set_unmask(true);
    return aid.CallAs({.subject = "officer", .issuer = "test", .access = std::move(access)}, "GetIdentification",
                      request, &Handlers::GetIdentification, purpose);
  };
  EXPECT_EQ(ReasonOf(as("CLASS_TEACHER", "AID_REVIEW").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(as("SCHOOL_AID_OFFICER", "").status()), "PURPOSE_REQUIRED");
  const auto handles = as("SCHOOL_AID_OFFICER", "AID_REVIEW");
  ASSERT_TRUE(handles.ok()) << handles.status();
  ASSERT_EQ(handles->objections_size(), 1);
  EXPECT_EQ(handles->objections(0).objector(), "邻居李四");
  const auto approver = as("COUNTY_AID_APPROVER", "AID_REVIEW");  // may read in clear, handles no objections
  ASSERT_TRUE(approver.ok()) << approver.status();
  EXPECT_TRUE(approver->has_input());
  ASSERT_EQ(approver->objections_size(), 1);
  EXPECT_EQ(approver->objections(0).objector(), "");
  EXPECT_EQ(approver->objections(0).ground(), "");
}

TEST_P(IdentificationTest, TheJournalPublishesNothingSealed) {
  Bring("p3", "RECHECK");
  const auto rows = aid.place.database->Read(
      [](db::Transaction& tx) { return tx.Query("SELECT body FROM journal WHERE shard = 'c411728' ORDER BY seq"); });
  ASSERT_TRUE(rows.ok());
  for (const db::Row& row : *rows) {
    for (const char* text : {"邻居李四", "汽车", "INCOME", "承诺书", "王**", "王小明"}) {
      EXPECT_THAT(std::string(row.Bytes(0)), Not(HasSubstr(text)));
    }
  }
}

TEST_P(IdentificationTest, ListsAreOfTheCallersArea) {
  Bring("p3", "RECHECK");
  Bring("p4", "CONFIRMED");
  const auto list = [&](const std::function<void(v1::ListIdentificationsRequest&)>& fill,
                        const std::string& area = "411728") {
    v1::ListIdentificationsRequest request;
    request.set_parent(kCounty);
    request.set_school_year("2023-2024");
    fill(request);
    const auto page = As("reader", "ListIdentifications", request, &Handlers::ListIdentifications, area);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> persons;
    for (const auto& record : page->identifications()) {
      EXPECT_TRUE(record.masked());
      persons.push_back(record.person());
    }
    return absl::StrJoin(persons, " ");
  };
  EXPECT_EQ(list([](auto&) {}), "p3 p4");
  EXPECT_EQ(list([](auto&) {}, "411728103"), "p3 p4");
  EXPECT_EQ(list([](auto&) {}, "411728104"), "");
  EXPECT_EQ(list([](auto& r) { r.set_disputed_only(true); }), "p3");
  EXPECT_EQ(list([](auto& r) { r.set_state(v1::IDENTIFICATION_STATE_CONFIRMED); }), "p4");
  EXPECT_EQ(list([](auto& r) { r.set_area("areas/411728104"); }), "");
  EXPECT_EQ(list([](auto& r) { r.set_adjustment_due_only(true); }), "");
  EXPECT_EQ(list([](auto& r) { r.set_school_year("2024-2025"); }), "");
  v1::ListIdentificationsRequest wrong;
  wrong.set_parent(kCounty);
  wrong.set_school_year("2023");
  EXPECT_EQ(ReasonOf(As("reader", "ListIdentifications", wrong, &Handlers::ListIdentifications).status()),
            "SCHOOL_YEAR_FORMAT");
}

TEST_P(IdentificationTest, AnAdjustmentHoldsFromItsTerm) {
  Bring("p3", "ARCHIVED");
  EXPECT_EQ(aid.Counter("identified", "411728", "3"), 2);
  On(3, 5, 2024);
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-2", 2, false, "父亲患病"))), "-");
  EXPECT_EQ(State("p3"), "CONFIRMED");
  EXPECT_EQ(aid.Counter("identified", "411728", "3"), 1);
  EXPECT_EQ(aid.Counter("identified", "411728", "2"), 1);
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-1"))), "TERM_ADJUSTED_LATER");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2024-2025-1"))), "TERM_OTHER_YEAR");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-2", 9, false, "x"))), "LEVEL_UNKNOWN");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-2", 0, true))), "FIELD_REQUIRED");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p4", "2023-2024-2"))), "NOT_FOUND");
  auto wrong = Adjusting("p3", "2023-2024-2");
  wrong.mutable_adjustments(0)->mutable_factors(0)->set_factor("LUCK");
  EXPECT_EQ(Reasons(Adjust(wrong)), "FACTOR_UNKNOWN");
  auto stale = Adjusting("p3", "2023-2024-2");
  stale.mutable_adjustments(0)->set_etag("\"1\"");
  EXPECT_EQ(Reasons(Adjust(stale)), "ETAG_MISMATCH");
  auto bad = Adjusting("p3", "2023");
  EXPECT_EQ(Reasons(Adjust(bad)), "refused TERM_FORMAT");
  bad = Adjusting("p3", "2023-2024-2");
  bad.clear_adjustments();
  EXPECT_EQ(Reasons(Adjust(bad)), "refused FIELD_REQUIRED");
  EXPECT_EQ(Reasons(Archive({})), "refused FIELD_REQUIRED");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-2", 0, true, "家庭已脱困"))), "-");
  EXPECT_EQ(State("p3"), "REVOKED");
  EXPECT_EQ(aid.Counter("identified", "411728", "3"), 1) << "the autumn stays";
  EXPECT_EQ(aid.Counter("identified", "411728", "2"), 0);
}

TEST_P(IdentificationTest, WhoLeftIsNotAdjusted) {
  for (const char* person : {"p3", "p4"}) Bring(person, "CONFIRMED");
  registry_v1::Student moved = Student("p3", "JUN", "7");
  moved.set_moved_to("counties/500243/students/p3");
  moved.clear_enrolments();
  registry.Put(moved);
  registry_v1::Student left = Student("p4", "JUN", "7");
  left.set_status("DROPPED_OUT");
  registry.Put(left);
  ASSERT_TRUE(aid.CatchUp().ok());
  On(3, 5, 2024);
  EXPECT_EQ(Reasons(Adjust(Adjusting("p3", "2023-2024-2"))), "MOVED");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p4", "2023-2024-2"))), "NOT_A_PUPIL");
  EXPECT_EQ(Reasons(Adjust(Adjusting("p4", "2023-2024-2", 0, true, "已离校"))), "-") << "it may still be ended";
}

// The tables and the score are for everybody.
TEST_P(IdentificationTest, AnyoneMayCheckALevel) {
  v1::ListIdentificationPoliciesRequest list;
  const auto ask = [&] {
    return As("anyone", "ListIdentificationPolicies", list, &Handlers::ListIdentificationPolicies, "500243");
  };
  ASSERT_EQ(ask()->policies_size(), 1);
  list.set_term(kAutumn);
  EXPECT_EQ(ReasonOf(ask().status()), "FIELD_REQUIRED");
  list.set_region_code("411728000000");
  ASSERT_TRUE(ask().ok()) << ask().status();
  EXPECT_GT(ask()->policies(0).factors_size(), 20);
  list.set_term("2017-2018-1");
  EXPECT_EQ(ReasonOf(ask().status()), "POLICY_MISSING");
  Bring("p3", "APPLIED");
  const auto stored = Whole("p3");
  const auto again =
      As("anyone", "EvaluateIdentification", stored.input(), &Handlers::EvaluateIdentification, "500243");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), stored.answer().SerializeAsString());
}

// --- Comparisons ----------------------------------------------------------------------------------------------------

TEST_P(IdentificationTest, ComparedKindsAreProposedWithoutPaper) {
  const auto result = Propose();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->persons(), 4);
  EXPECT_EQ(result->proposed(), 2);
  EXPECT_EQ(State("p1"), "APPLIED");
  EXPECT_EQ(Whole("p2").origin(), v1::IDENTIFICATION_ORIGIN_COMPARISON);
  EXPECT_EQ(Whole("p2").evidence(0).kind(), "COMPARISON");
  EXPECT_EQ(ReasonOf(Get("p3").status()), "NOT_FOUND");
  const std::string etag = Whole("p1").etag();
  EXPECT_EQ(Propose()->proposed(), 0);
  EXPECT_EQ(Whole("p1").etag(), etag) << "a second time writes nothing";
  EXPECT_TRUE(ClassReview("p1").ok()) << "then the steps are those of everybody";
  ASSERT_TRUE(Create("p4").ok());
  registry.Put(Student("p4", "JUN", "8", false, {"O1"}));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Propose()->proposed(), 1) << "a record that was only opened is handed in";
}

TEST_P(IdentificationTest, ARegisterThatChangesMakesAnAdjustmentDue) {
  ASSERT_TRUE(Propose().ok());
  ASSERT_TRUE(ClassReview("p2").ok());
  ASSERT_TRUE(SchoolReview("p2").ok());
  const auto posted = StartNotice({"p2"});
  On(9, 26);
  ASSERT_EQ(Reasons(CloseNotice(posted->notice().name())), "-");
  EXPECT_EQ(Propose()->adjustments_due(), 0);
  registry_v1::Student p2 = Student("p2", "PRI", "3", false, {"D1"});
  *p2.mutable_hardships(0)->mutable_valid_to() = Date(20240101);
  registry.Put(p2);
  ASSERT_TRUE(aid.CatchUp().ok());
  On(3, 5, 2024);
  EXPECT_EQ(Propose("2023-2024-2")->adjustments_due(), 1);
  EXPECT_TRUE(Whole("p2").adjustment_due());
  EXPECT_EQ(Whole("p2").proposed_level(), 0);
  EXPECT_EQ(Whole("p2").level(), 1) << "until somebody adjusts it";
  auto end = Adjusting("p2", "2023-2024-2", 0, true, "低保已停");
  end.mutable_adjustments(0)->clear_factors();
  EXPECT_EQ(Reasons(Adjust(end)), "-");
  EXPECT_EQ(LevelIn(Whole("p2"), "2023-2024-1"), 1);
  EXPECT_EQ(LevelIn(Whole("p2"), "2023-2024-2"), 0);
}

TEST_P(IdentificationTest, ProposalsWaitForAnImportAndForTheFeed) {
  registry.Put(Batch("i1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(Propose().status()), "BATCH_OPEN");
  v1::ProposeIdentificationsRequest request;
  request.set_parent(kCounty);
  request.set_term("2023");
  request.set_request_id("r");
  EXPECT_EQ(ReasonOf(As("officer", "ProposeIdentifications", request, &Handlers::ProposeIdentifications).status()),
            "TERM_FORMAT");
  request.set_term("2017-2018-2");
  registry.Put(Batch("i1", registry_v1::IMPORT_STATE_CLOSED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(Propose("2017-2018-2").status()), "POLICY_MISSING");
  request.set_term(kAutumn);
  auto* position = request.mutable_after()->add_positions();
  position->set_service("registry");
  position->set_shard("c411728");
  position->set_instance(registry.instance());
  position->set_seq(1'000'000);
  const auto job = As("officer", "ProposeIdentifications", request, &Handlers::ProposeIdentifications);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(ReasonOf(aid.Turn("c411728", std::string(feed::IdOfName(job->name())))), "JOB_POSTPONED");
}

// --- Moves and merges -----------------------------------------------------------------------------------------------

TEST_P(IdentificationTest, ARecordFollowsItsPupilToAnotherSchool) {
  registry.Put(School(kCounty, "s2", "411728104"));
  Bring("p3", "CONFIRMED");
  Bring("p4", "APPLIED");
  for (const char* person : {"p3", "p4"}) {
    registry_v1::Student moved = Student(person, "JUN", "8", false, {}, kCounty, "s2");
    moved.set_area("411728104/s2");
    registry.Put(moved);
  }
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Propose()->moved(), 2);
  EXPECT_EQ(Whole("p3").area(), "411728104/s2");
  EXPECT_EQ(aid.Counter("identified", "411728104/s2"), 2);
  EXPECT_EQ(aid.Counter("identified", "411728103/s1"), 0);
  EXPECT_EQ(ReasonOf(As("class", "ClassReviewIdentification", Reviewing("p4"), &Handlers::ClassReviewIdentification,
                        "411728103/s1")
                         .status()),
            "PERMISSION_DENIED");
  EXPECT_TRUE(
      As("class", "ClassReviewIdentification", Reviewing("p4"), &Handlers::ClassReviewIdentification, "411728104/s2")
          .ok());
}

TEST_P(IdentificationTest, OfPersonsWhoAreOneOneRecordCounts) {
  Bring("p3", "CONFIRMED");
  Bring("p4", "CONFIRMED");
  ASSERT_EQ(aid.Counter("identified", "411728", "3"), 4);
  registry_v1::Student alias = Student("p4", "JUN", "8");
  alias.set_merged_into(absl::StrCat(kCounty, "/students/p3"));
  registry.Put(alias);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(kMergeRecordsJob);
  EXPECT_TRUE(Whole("p4").set_aside());
  EXPECT_FALSE(Whole("p3").set_aside());
  EXPECT_EQ(aid.Counter("identified", "411728", "3"), 2);
  EXPECT_EQ(Reasons(Archive({"p3", "p4"})), "- MERGED");
  EXPECT_EQ(ReasonOf(As("teacher", "CreateIdentification", Opening("p4"), &Handlers::CreateIdentification).status()),
            "IDENTIFICATION_EXISTS")
      << "of the person who stays";
  registry.Put(Student("p4", "JUN", "8"));  // the merge ends
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(kMergeRecordsJob);
  EXPECT_FALSE(Whole("p4").set_aside());
  EXPECT_EQ(aid.Counter("identified", "411728", "3"), 4);
}

TEST_P(IdentificationTest, ARecordOfAnAliasIsThatOfThePerson) {
  Bring("p4", "APPLIED");
  registry_v1::Student alias = Student("p4", "JUN", "8");
  alias.set_merged_into(absl::StrCat(kCounty, "/students/p3"));
  registry.Put(alias);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(kMergeRecordsJob);
  EXPECT_FALSE(Whole("p4").set_aside());
  EXPECT_EQ(Reasons(Submit({Application("p3")})), "IDENTIFICATION_EXISTS");
  EXPECT_EQ(ReasonOf(Create("p3").status()), "IDENTIFICATION_EXISTS");
  EXPECT_TRUE(ClassReview("p4").ok()) << "it goes on";
}

}  // namespace
}  // namespace ruraledu::student_aid
