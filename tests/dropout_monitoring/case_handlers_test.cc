// Cases behind their handlers, on both databases.
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/lib/violated.h"

namespace ruraledu::dropout_monitoring {
namespace {

class CaseTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  CaseTest() : CaseFixture(OptionsOf(GetParam())) {}

  template <typename Facts, typename Function>
  absl::Status ByJob(Facts facts, Function function) {
    const CaseTools tools{ShippedStandards().cases, *monitoring.place.keys};
    facts.tools = &tools;
    facts.actor = "job:1";
    facts.today = today;
    const auto sealer = *monitoring.place.keys->SealerOf(kShard);
    return monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"job:1", "1"});
      RETURN_IF_ERROR(function(tx, writer, facts));
      return writer.Finish().status();
    });
  }
  absl::Status Suspect(const std::string& person, int run) {
    SuspectedFacts facts;
    facts.person = person;
    facts.suspected_on = today;
    facts.last_attended = today - run;
    facts.run_days = run;
    return ByJob(facts, OpenSuspected);
  }
  absl::Status Present(const std::string& person, absl::CivilDay first, int days) {
    PresentFacts facts;
    facts.person = person;
    facts.first_present = first;
    facts.attended_days = days;
    return ByJob(facts, ReportPresent);
  }
  std::vector<v1::Case> All() {
    v1::ListCasesRequest request;
    request.set_parent(kCounty);
    const auto listed = As("officer", "411728", "ListCases", request, &Handlers::ListCases);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->cases().begin(), listed->cases().end()};
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, CaseTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(CaseTest, OpensOnePerChild) {
  const v1::OpenCaseRequest request = Opening("p1");
  const auto opened = As("teacher", kClassArea, "OpenCase", request, &Handlers::OpenCase);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->number(), "411728-2023-000001");
  EXPECT_EQ(opened->state(), v1::CASE_STATE_SUSPECTED);
  EXPECT_TRUE(opened->masked());
  EXPECT_FALSE(opened->has_child());
  const v1::Case whole = *Whole(opened->name());
  EXPECT_EQ(whole.child().display_name(), "王小明");
  EXPECT_EQ(whole.child().guardians(0).display_name(), "王大山");
  EXPECT_EQ(whole.circumstances().kinds(0), "P2");
  EXPECT_EQ(whole.school(), absl::StrCat(kCounty, "/schools/s1"));
  EXPECT_EQ(whole.authority_area(), kClassArea);

  EXPECT_EQ(As("teacher", kClassArea, "OpenCase", request, &Handlers::OpenCase)->etag(), opened->etag());  // replay
  const auto again = OpenFor("p1");
  EXPECT_EQ(again->name(), opened->name());
  EXPECT_EQ(again->findings_size(), 2);
  EXPECT_EQ(OpenFor("p3")->number(), "411728-2023-000002");
}

TEST_P(CaseTest, OpeningIsChecked) {
  v1::OpenCaseRequest request = Opening("nobody");
  EXPECT_EQ(Reason(As("t", "411728", "OpenCase", request, &Handlers::OpenCase)), "PERSON_UNKNOWN");
  EXPECT_EQ(Reason(As("t", kClassArea, "OpenCase", request, &Handlers::OpenCase)), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(As("t", "411728103/s2", "OpenCase", Opening("p1"), &Handlers::OpenCase)), "PERMISSION_DENIED");
  request = Opening("p1");
  *request.mutable_discovered_on() = DateOf(today + 1);
  EXPECT_EQ(Reason(As("t", "411728", "OpenCase", request, &Handlers::OpenCase)), "DISCOVERED_IN_FUTURE");
  request = Opening("");
  request.clear_student();
  request.set_channel(v1::DISCOVERY_CHANNEL_ABSENCE);
  request.set_township("500243101");
  const auto refused = As("t", "411728", "OpenCase", request, &Handlers::OpenCase);
  EXPECT_EQ(testlib::Violated(refused.status()).size(), 3);  // channel, name, township
  EXPECT_THAT(testlib::Violated(refused.status()), ::testing::Contains("township AREA_FORMAT"));

  registry_v1::Student moved = Child("p9");
  moved.set_moved_to("counties/500243/students/p9");
  registry.Put(moved);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(OpenFor("p9")), "MOVED");
}

TEST_P(CaseTest, AChildWithoutRegisterIsFoundAgain) {
  v1::OpenCaseRequest request = Opening("");
  request.clear_student();
  request.set_channel(v1::DISCOVERY_CHANNEL_HOUSE_VISIT);
  request.set_township("411728103");
  request.mutable_child()->set_display_name("李小花");
  *request.mutable_child()->mutable_birth_date() = Date(20160101);
  request.mutable_child()->set_household_village("411728103001");
  const auto first = As("clerk", "411728103", "OpenCase", request, &Handlers::OpenCase);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->authority(), v1::AUTHORITY_LEVEL_TOWNSHIP);
  request.set_request_id(NewId());
  EXPECT_EQ(As("clerk", "411728103", "OpenCase", request, &Handlers::OpenCase)->name(), first->name());
  request.set_request_id(NewId());
  *request.mutable_child()->mutable_birth_date() = Date(20160102);
  EXPECT_NE(As("clerk", "411728103", "OpenCase", request, &Handlers::OpenCase)->name(), first->name());
  // Its papers are those of the township that leads: there is no school that could remind the family.
  ASSERT_TRUE(As("clerk", "411728103", "RecordContact", Visiting(first->name()), &Handlers::RecordContact).ok());
  ASSERT_EQ(Reason(Issue(first->name(), v1::LEGAL_STEP_KIND_LEGAL_0, "411728103")), "");
  const v1::Case whole = *Whole(first->name());
  EXPECT_EQ(whole.legal_steps(0).document().issuer(), "查岈山镇人民政府");
  EXPECT_EQ(whole.legal_steps(0).document().school(), "");
}

TEST_P(CaseTest, AWholeLifeWithLawfulControl) {
  const std::string name = Confirmed("p1");
  Later(1);
  ASSERT_TRUE(Visit(name).ok());
  EXPECT_EQ(Reason(Issue(name, v1::LEGAL_STEP_KIND_LEGAL_1)), "LEGAL_STEP_SKIPPED");
  v1::RenderLegalDocumentRequest render;
  render.set_name(name);
  render.set_kind(v1::LEGAL_STEP_KIND_LEGAL_0);
  EXPECT_EQ(Reason(As("officer", "411728", "RenderLegalDocument", render, &Handlers::RenderLegalDocument)),
            "LEGAL_NOT_TAKEN");
  ASSERT_TRUE(Issue(name, v1::LEGAL_STEP_KIND_LEGAL_0).ok());
  EXPECT_EQ(Reason(As("officer", "411728", "RenderLegalDocument", render, &Handlers::RenderLegalDocument)),
            "PERMISSION_DENIED");  // a job unmasks nothing
  const auto ordered = Issue(name, v1::LEGAL_STEP_KIND_LEGAL_1);
  ASSERT_TRUE(ordered.ok()) << ordered.status();
  EXPECT_EQ(ordered->state(), v1::CASE_STATE_LEGAL_1);
  const v1::Case whole = *Whole(name);
  ASSERT_EQ(whole.legal_steps_size(), 2);
  EXPECT_EQ(whole.legal_steps(0).document().issuer(), whole.legal_steps(0).document().school()) << "the reminder";
  EXPECT_EQ(whole.legal_steps(1).document().issuer(), "遂平县教育行政部门");
  EXPECT_EQ(whole.legal_steps(1).document().persuasions(), 4);
  Later(3);
  v1::RecordReturnRequest back = Of<v1::RecordReturnRequest>(name);
  *back.mutable_returned_on() = DateOf(today);
  back.set_placement("ORIGINAL_CLASS");
  ASSERT_TRUE(As("teacher", kClassArea, "RecordReturn", back, &Handlers::RecordReturn).ok());
  EXPECT_EQ(Reason(Step(name, Proposal(v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"))), "RETURN_UNSTABLE");
  const absl::CivilDay returned = today;
  Later(14);
  ASSERT_TRUE(Present("p1", returned, 10).ok());
  const auto closed = Step(name, Proposal(v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"));
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->state(), v1::CASE_STATE_CLOSED);
  EXPECT_EQ(DayOf(closed->resume_from()), returned);  // what student_aid and nutrition_plan read in the feed
  EXPECT_FALSE(closed->unresolved());
  EXPECT_NE(OpenFor("p1")->name(), name);  // out of school again: another case
}

TEST_P(CaseTest, TheEvaluationOpensFindsAndReturns) {
  ASSERT_TRUE(Suspect("p1", 3).ok());
  ASSERT_TRUE(Suspect("p1", 3).ok());
  ASSERT_EQ(All().size(), 1);
  EXPECT_EQ(All()[0].findings_size(), 1);
  ASSERT_TRUE(Present("p3", today, 1).ok());  // no case: nothing
  Later(1);
  ASSERT_TRUE(Suspect("p1", 4).ok());
  EXPECT_EQ(All()[0].run_days(), 4);
  Later(1);
  ASSERT_TRUE(Present("p1", today, 1).ok());
  EXPECT_EQ(All()[0].state(), v1::CASE_STATE_RETURNED_TRIAL);
  Later(7);
  ASSERT_TRUE(Suspect("p1", 3).ok());
  EXPECT_EQ(All()[0].state(), v1::CASE_STATE_VERIFYING);
  EXPECT_EQ(All()[0].relapse_count(), 1);
}

TEST_P(CaseTest, SeveralOfOneTransactionHaveNumbersOfTheirOwn) {
  const CaseTools tools{ShippedStandards().cases, *monitoring.place.keys};
  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  ASSERT_TRUE(monitoring.place.database
                  ->Write(kShard,
                          [&](db::Transaction& tx) -> absl::Status {
                            feed::RootWriter writer(tx, *sealer, {"job:1", "1"});
                            for (const char* person : {"p1", "p2", "p3"}) {
                              RETURN_IF_ERROR(OpenSuspected(tx, writer,
                                                            {.person = person,
                                                             .suspected_on = today,
                                                             .run_days = 3,
                                                             .actor = "job:1",
                                                             .today = today,
                                                             .tools = &tools}));
                            }
                            return writer.Finish().status();
                          })
                  .ok());
  EXPECT_EQ(All().size(), 3);
}

TEST_P(CaseTest, OnlyTheAuthorityThatLeadsEdits) {
  const std::string name = OpenFor("p1")->name();
  EXPECT_EQ(Reason(VerifyAs("x", "411728103/s2", name)), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(VerifyAs("x", "411728103/s2", absl::StrCat(kCounty, "/cases/none"))), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(VerifyAs("x", "411728", absl::StrCat(kCounty, "/cases/none"))), "NOT_FOUND");

  v1::OfferHandOverRequest offer = Of<v1::OfferHandOverRequest>(name);
  offer.mutable_hand_over()->set_level(v1::AUTHORITY_LEVEL_SCHOOL);
  offer.mutable_hand_over()->set_area("411728103/s9");
  const auto send = [&] { return As("teacher", kClassArea, "OfferHandOver", offer, &Handlers::OfferHandOver); };
  EXPECT_EQ(Reason(send()), "HAND_OVER_AREA");
  offer.mutable_hand_over()->set_area("411728103/s2");
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(Reason(VerifyAs("other", "411728103/s2", name)), "PERMISSION_DENIED");  // nothing changed yet
  v1::ListCasesRequest offered;
  offered.set_parent(kCounty);
  offered.set_offered_to_caller(true);
  EXPECT_EQ(As("other", "411728103/s2", "ListCases", offered, &Handlers::ListCases)->cases_size(), 1);

  v1::AnswerHandOverRequest answer = Of<v1::AnswerHandOverRequest>(name);
  answer.set_accept(true);
  EXPECT_EQ(Reason(As("x", "411728103/s3", "AnswerHandOver", answer, &Handlers::AnswerHandOver)), "PERMISSION_DENIED");
  ASSERT_TRUE(As("other", "411728103/s2", "AnswerHandOver", answer, &Handlers::AnswerHandOver).ok());
  EXPECT_EQ(Reason(VerifyAs("teacher", kClassArea, name)), "PERMISSION_DENIED");
  ASSERT_TRUE(VerifyAs("other", "411728103/s2", name).ok());
  // Who is near the child still sees it, and so does who leads it.
  EXPECT_TRUE(As("teacher", kClassArea, "GetCase", Of<v1::GetCaseRequest>(name), &Handlers::GetCase).ok());
  EXPECT_TRUE(As("other", "411728103/s2", "GetCase", Of<v1::GetCaseRequest>(name), &Handlers::GetCase).ok());
  EXPECT_EQ(Reason(As("x", "411728103/s3", "GetCase", Of<v1::GetCaseRequest>(name), &Handlers::GetCase)),
            "PERMISSION_DENIED");
  answer.set_request_id(NewId());
  EXPECT_EQ(Reason(As("other", "411728103/s2", "AnswerHandOver", answer, &Handlers::AnswerHandOver)), "HAND_OVER_NONE");
}

TEST_P(CaseTest, StaleEtagChangesNothing) {
  const auto opened = OpenFor("p1");
  v1::VerifyCaseRequest verify = Of<v1::VerifyCaseRequest>(opened->name());
  verify.set_etag("\"0\"");
  EXPECT_EQ(Reason(As("t", "411728", "VerifyCase", verify, &Handlers::VerifyCase)), "ETAG_MISMATCH");
  verify.set_etag(opened->etag());
  const auto done = As("t", "411728", "VerifyCase", verify, &Handlers::VerifyCase);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(As("t", "411728", "VerifyCase", verify, &Handlers::VerifyCase)->etag(), done->etag());  // replay

  const auto stale = [&](const std::string& method, auto request, auto handler) {
    if constexpr (requires { request.set_etag(""); }) {
      request.set_etag("\"0\"");
    } else {
      request.mutable_case_file()->set_etag("\"0\"");
    }
    EXPECT_EQ(Reason(As("t", "411728", method, request, handler)), "ETAG_MISMATCH") << method;
  };
  const std::string name = opened->name();
  v1::UpdateCaseRequest update = Of<v1::UpdateCaseRequest>("");
  update.mutable_case_file()->set_name(name);
  update.mutable_case_file()->set_reason_code("02");
  stale("UpdateCase", update, &Handlers::UpdateCase);
  stale("RecordContact", Visiting(name), &Handlers::RecordContact);
  stale("IssueLegalStep", Issuing(name, v1::LEGAL_STEP_KIND_LEGAL_0), &Handlers::IssueLegalStep);
  v1::RecordReturnRequest back = Of<v1::RecordReturnRequest>(name);
  *back.mutable_returned_on() = DateOf(today);
  back.set_placement("ORIGINAL_CLASS");
  stale("RecordReturn", back, &Handlers::RecordReturn);
  v1::RecordFollowUpRequest look = Of<v1::RecordFollowUpRequest>(name);
  look.mutable_follow_up()->set_present(true);
  stale("RecordFollowUp", look, &Handlers::RecordFollowUp);
  v1::OfferHandOverRequest offer = Of<v1::OfferHandOverRequest>(name);
  offer.mutable_hand_over()->set_level(v1::AUTHORITY_LEVEL_TOWNSHIP);
  offer.mutable_hand_over()->set_area("411728103");
  stale("OfferHandOver", offer, &Handlers::OfferHandOver);
  v1::AnswerHandOverRequest answer = Of<v1::AnswerHandOverRequest>(name);
  answer.set_accept(true);
  stale("AnswerHandOver", answer, &Handlers::AnswerHandOver);
}

TEST_P(CaseTest, UpdatesWhatTheFileSays) {
  const std::string name = OpenFor("p1")->name();
  v1::UpdateCaseRequest update = Of<v1::UpdateCaseRequest>("");
  update.mutable_case_file()->set_name(name);
  update.mutable_case_file()->set_reason_code("99");
  const auto send = [&] { return As("t", "411728", "UpdateCase", update, &Handlers::UpdateCase); };
  EXPECT_EQ(Reason(send()), "CODE_UNKNOWN");
  update.mutable_case_file()->set_reason_code("02");
  update.mutable_case_file()->set_number("1");
  EXPECT_EQ(Reason(send()), "FIELD_UNKNOWN");
  update.mutable_case_file()->clear_number();
  update.mutable_case_file()->set_officer("t7");
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(Whole(name)->reason_code(), "02");
  EXPECT_EQ(Whole(name)->officer(), "t7");
}

TEST_P(CaseTest, WhatIsUsuallyDoneForAReasonIsShownInClearOnly) {
  const std::string name = OpenFor("p1")->name();
  v1::UpdateCaseRequest update = Of<v1::UpdateCaseRequest>("");
  update.mutable_case_file()->set_name(name);
  update.mutable_case_file()->set_reason_code("06");
  ASSERT_TRUE(As("t", "411728", "UpdateCase", update, &Handlers::UpdateCase).ok());
  v1::GetCaseRequest get = Of<v1::GetCaseRequest>(name);
  const auto masked = As("t", "411728", "GetCase", get, &Handlers::GetCase);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->usual_measure() + masked->usual_matter(), "") << "it would tell the reason";
  get.set_unmask(true);
  const auto clear =
      monitoring.CallAs(Holder("COUNTY_DROPOUT_OFFICER"), "GetCase", get, &Handlers::GetCase, "DROPOUT_CARE");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_THAT(clear->usual_measure(), ::testing::HasSubstr("劳动监察"));
  EXPECT_EQ(clear->usual_matter(), "CHILD_LABOUR");
  EXPECT_EQ(Whole(name)->usual_measure(), "") << "of the list, not of the file";
}

TEST_P(CaseTest, ContactsHaveAllThatAPersuasionHas) {
  const std::string name = OpenFor("p1")->name();
  v1::RecordContactRequest request = Of<v1::RecordContactRequest>(name);
  request.mutable_contact();
  const auto refused = As("t", "411728", "RecordContact", request, &Handlers::RecordContact);
  EXPECT_EQ(testlib::Violated(refused.status()).size(), 6);
  request = Visiting(name, "NO_SUCH");
  EXPECT_EQ(Reason(As("t", "411728", "RecordContact", request, &Handlers::RecordContact)), "CODE_UNKNOWN");
  *request.mutable_contact() = Contact(today - 1);
  EXPECT_EQ(Reason(As("t", "411728", "RecordContact", request, &Handlers::RecordContact)), "VISIT_BEFORE_CASE");
}

TEST_P(CaseTest, NextActionsAreRankedByLastDay) {
  const std::string first = OpenFor("p1")->name();
  Later(3);
  const std::string second = OpenFor("p3")->name();
  v1::ListNextActionsRequest request;
  request.set_parent(kCounty);
  request.set_page_size(1);
  const auto send = [&] { return As("o", "411728", "ListNextActions", request, &Handlers::ListNextActions); };
  auto page = send();
  ASSERT_EQ(page->actions_size(), 1);
  EXPECT_EQ(page->actions(0).case_name(), first);
  EXPECT_EQ(page->actions(0).days_late(), 2);
  request.set_page_token(page->next_page_token());
  EXPECT_EQ(send()->actions(0).case_name(), second);
  request.clear_page_token();
  request.set_page_size(0);
  *request.mutable_due_by() = DateOf(today);
  page = send();
  ASSERT_EQ(page->actions_size(), 1);
  EXPECT_EQ(page->next_page_token(), "");
  request.set_officer("t7");
  EXPECT_EQ(send()->actions_size(), 0);
}

TEST_P(CaseTest, TheClockIssuesEachReminderOnItsDayOnce) {
  const std::string name = OpenFor("p1")->name();
  const absl::CivilDay due = *DayOf(Whole(name)->due_on());
  std::vector<std::string> issued;
  for (int day = 0; day < 40; ++day) {
    Later(1);
    RunClock();
    RunClock();  // nothing is left to do
  }
  const v1::Case whole = *Whole(name);
  for (const v1::Escalation& one : whole.escalations()) {
    issued.push_back(absl::StrCat(one.rung(), " +", *DayOf(one.issued_on()) - due));
  }
  EXPECT_THAT(issued, ::testing::ElementsAre("1 +1", "2 +7", "3 +15", "4 +30"));
}

TEST_P(CaseTest, TheClockHasNothingToDoUntilTheDayChanges) {
  OpenFor("p1").IgnoreError();
  EXPECT_EQ(RunClock(), 1);  // counts the children without a name
  EXPECT_EQ(RunClock(), 0);
  Later(1);
  EXPECT_EQ(RunClock(), 1);
}

TEST_P(CaseTest, TheRegistryEndsCases) {
  const std::string dead = OpenFor("p1")->name(), moved = OpenFor("p3")->name();
  registry_v1::Student student = Child("p1");
  student.set_status("DECEASED");
  registry.Put(student);
  student = Child("p3");
  student.set_status("TRANSFERRED");
  student.set_moved_to("counties/500243/students/p3");
  registry.Put(student);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  RunClock();
  EXPECT_EQ(Whole(dead)->outcome(), v1::CASE_OUTCOME_DECEASED);
  EXPECT_EQ(Whole(moved)->outcome(), v1::CASE_OUTCOME_MOVED);
  EXPECT_EQ(Whole(moved)->closing_evidence_size(), 1);
}

TEST_P(CaseTest, AReprintSaysWhatWasIssued) {
  const std::string name = Confirmed("p1");
  Later(1);
  ASSERT_TRUE(Visit(name).ok());
  ASSERT_TRUE(Issue(name, v1::LEGAL_STEP_KIND_LEGAL_0).ok());
  ASSERT_TRUE(Issue(name, v1::LEGAL_STEP_KIND_LEGAL_1).ok());
  const auto print = [&](v1::LegalStepKind kind) {
    v1::RenderLegalDocumentRequest request;
    request.set_name(name);
    request.set_kind(kind);
    const auto paper = monitoring.CallAs(Holder("COUNTY_DROPOUT_OFFICER"), "RenderLegalDocument", request,
                                         &Handlers::RenderLegalDocument, "DROPOUT_CARE");
    EXPECT_TRUE(paper.ok()) << paper.status();
    return paper.ok() ? BodyOf(paper->content()) : "";
  };
  const std::string order = print(v1::LEGAL_STEP_KIND_LEGAL_1);
  EXPECT_THAT(order, ::testing::HasSubstr("经4次劝返"));
  Later(3);
  ASSERT_TRUE(Present("p1", today, 1).ok());
  Later(5);
  ASSERT_TRUE(Suspect("p1", 3).ok());
  ASSERT_EQ(Whole(name)->relapse_count(), 1);
  ASSERT_EQ(Whole(name)->persuasions(), 0) << "another round";
  EXPECT_EQ(print(v1::LEGAL_STEP_KIND_LEGAL_1), order);
}

TEST_P(CaseTest, AKindAloneProvesNothing) {
  const std::string name = OpenFor("p1")->name();
  v1::CaseProposal decease = Proposal(v1::CASE_STEP_KIND_DECEASE, "DEATH_CERTIFICATE");
  decease.mutable_evidence(0)->clear_file_name();
  const auto refused = As("officer", "411728", "ProposeCaseStep", Proposing(name, decease), &Handlers::ProposeCaseStep);
  EXPECT_THAT(testlib::Violated(refused.status()),
              ::testing::ElementsAre("proposal.evidence[0].file_name FIELD_REQUIRED"));
  decease.mutable_evidence(0)->set_file_name("火化2023-7");
  *decease.mutable_evidence(0)->mutable_dated_on() = DateOf(today + 1);
  EXPECT_EQ(Reason(Step(name, decease)), "DATE_AHEAD");
  *decease.mutable_evidence(0)->mutable_dated_on() = DateOf(today);
  EXPECT_EQ(Reason(Step(name, decease)), "");
  v1::IssueLegalStepRequest order = Issuing(name, v1::LEGAL_STEP_KIND_LEGAL_1);
  order.mutable_records(0)->clear_file_name();
  EXPECT_EQ(Reason(As("officer", "411728", "IssueLegalStep", order, &Handlers::IssueLegalStep)), "FIELD_REQUIRED");
}

TEST_P(CaseTest, MoveWaitsForTheRollOfTheDestination) {
  const std::string name = OpenFor("p1")->name();
  v1::CaseProposal move = Proposal(v1::CASE_STEP_KIND_MOVE);
  move.set_destination(absl::StrCat(kCounty, "/schools/s2"));
  EXPECT_EQ(Reason(Step(name, move)), "MOVE_UNCONFIRMED");
  registry_v1::Student student = Child("p1");
  student.mutable_enrolments(0)->set_school(move.destination());
  registry.Put(student);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  ASSERT_EQ(Reason(Step(name, move)), "");
  EXPECT_EQ(Whole(name)->state(), v1::CASE_STATE_MOVED_CONFIRMED);
}

TEST_P(CaseTest, SiblingsAtRiskAreProposed) {
  for (const auto& [id, born] : {std::pair("p4", 20070315), {"p5", 20180315}}) {  // 16 and 5 on 31 August
    registry_v1::Student student = Child(id);
    student.set_household(absl::StrCat(kCounty, "/households/h1"));
    *student.mutable_birth_date() = Date(born);
    registry.Put(student);
  }
  ASSERT_TRUE(monitoring.CatchUp().ok());
  const std::string name = OpenFor("p1")->name();
  v1::ListSiblingsAtRiskRequest request;
  request.set_name(name);
  const auto siblings = As("o", "411728", "ListSiblingsAtRisk", request, &Handlers::ListSiblingsAtRisk);
  ASSERT_TRUE(siblings.ok()) << siblings.status();
  ASSERT_EQ(siblings->siblings_size(), 1) << "of compulsory age";
  EXPECT_EQ(siblings->siblings(0).student(), absl::StrCat(kCounty, "/students/p2"));
  EXPECT_EQ(siblings->siblings(0).open_case(), "");
  const std::string second = OpenFor("p2")->name();
  EXPECT_EQ(As("o", "411728", "ListSiblingsAtRisk", request, &Handlers::ListSiblingsAtRisk)->siblings(0).open_case(),
            second);
}

TEST_P(CaseTest, FollowUpOfAnAbsentChildIsARelapse) {
  const std::string name = OpenFor("p1")->name();
  v1::RecordReturnRequest back = Of<v1::RecordReturnRequest>(name);
  *back.mutable_returned_on() = DateOf(today + 1);
  back.set_placement("NOWHERE");
  EXPECT_EQ(Reason(As("t", "411728", "RecordReturn", back, &Handlers::RecordReturn)), "CODE_UNKNOWN");
  back.set_placement("ORIGINAL_CLASS");
  EXPECT_EQ(Reason(As("t", "411728", "RecordReturn", back, &Handlers::RecordReturn)), "RETURN_DATE");
  *back.mutable_returned_on() = DateOf(today);
  ASSERT_TRUE(As("t", "411728", "RecordReturn", back, &Handlers::RecordReturn).ok());
  Later(2);
  v1::RecordFollowUpRequest look = Of<v1::RecordFollowUpRequest>(name);
  look.mutable_follow_up()->set_present(false);
  const auto relapsed = As("t", "411728", "RecordFollowUp", look, &Handlers::RecordFollowUp);
  ASSERT_TRUE(relapsed.ok()) << relapsed.status();
  EXPECT_EQ(relapsed->state(), v1::CASE_STATE_VERIFYING);
}

TEST_P(CaseTest, EvaluatesExplicitFacts) {
  v1::EvaluateCaseRequest request;
  request.mutable_facts()->set_state(v1::CASE_STATE_VERIFYING);
  request.mutable_facts()->set_run_days(5);
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(today);
  const auto answer = As("t", "411728", "EvaluateCase", request, &Handlers::EvaluateCase);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->action(), v1::CASE_ACTION_FIND_OUT);
  EXPECT_EQ(answer->policy(), "casePolicies/CN@1");
  EXPECT_GT(answer->events_size(), 3);
  request.mutable_facts()->add_contacts();
  EXPECT_EQ(Reason(As("t", "411728", "EvaluateCase", request, &Handlers::EvaluateCase)), "FIELD_REQUIRED");
  v1::ListCasePoliciesRequest policies;
  EXPECT_EQ(As("t", "411728", "ListCasePolicies", policies, &Handlers::ListCasePolicies)->policies_size(), 1);
  policies.set_region_code("411728000000");
  *policies.mutable_on() = Date(20000101);
  EXPECT_EQ(Reason(As("t", "411728", "ListCasePolicies", policies, &Handlers::ListCasePolicies)),
            "CASE_POLICY_MISSING");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
