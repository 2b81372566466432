// The life of a case: digest 3.2, 3.5, DR-28 to DR-31.
#include "services/dropout_monitoring/case_rules.h"

#include <gtest/gtest.h>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/region.h"
#include "services/dropout_monitoring/case_action_rules.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

const absl::CivilDay kMonday(2023, 9, 11);

class CaseRulesTest : public ::testing::Test {
 protected:
  CaseRulesTest() {
    file.set_name("counties/411728/cases/c1");
    EXPECT_EQ(Reason(Open(rules, By("job:1"), AbsenceFinding(today, 3), &file)), "");
  }

  CaseAct By(const std::string& person, const std::string& reason = "") const { return {person, today, reason}; }
  static std::string Reason(const absl::Status& status) { return status.ok() ? "" : ReasonOf(status); }
  std::string Decided(v1::CaseStepKind kind, const std::string& evidence = "VISIT_RECORD", StepFacts facts = {}) {
    const std::string reason = Reason(Propose(rules, By("a"), Proposal(kind, evidence), facts, &file));
    return reason.empty() ? Reason(Decide(rules, By("b"), kind, true, facts, &file)) : reason;
  }
  void Visit(const std::string& outcome = "REFUSED_FAMILY") {
    EXPECT_EQ(Reason(AddContact(rules, By("t"), Contact(today, outcome), &file)), "");
  }
  // Up to a dropout that two persons confirmed.
  void Confirm() {
    EXPECT_EQ(Reason(Verify(rules, By("t"), &file)), "");
    for (int i = 0; i < 3; ++i) {
      ++today;
      Visit();
    }
    EXPECT_EQ(Reason(AddFinding(rules, By("job:2"), AbsenceFinding(today, 20), &file)), "");
    EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), "");
    ++today;
    Visit();
  }
  std::string Legal(v1::LegalStepKind kind, int days = 0) {
    return Reason(IssueLegalStep(rules, ShippedWorkdays(), By("g"), kind, days, OrderRecords(), &file));
  }
  std::string state() const { return EnumText(file.state()); }

  CaseRules rules{ShippedCases().policies()[0], ShippedCases().codes()};
  absl::CivilDay today = kMonday;
  v1::Case file;
};

TEST_F(CaseRulesTest, OpensWithTheFirstThingToDo) {
  EXPECT_EQ(state(), "SUSPECTED");
  EXPECT_EQ(file.action(), v1::CASE_ACTION_VERIFY);
  EXPECT_EQ(DayOf(file.due_on()), kMonday + 1);  // home visit on day 2 (3.2)
  EXPECT_FALSE(file.unresolved());
  v1::Case late;
  EXPECT_EQ(Reason(Open(rules, By("t"), AbsenceFinding(today + 1, 3), &late)), "DISCOVERED_IN_FUTURE");
}

TEST_F(CaseRulesTest, ConfirmationNeedsRunPersuasionsAndTwoPersons) {
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), "STATE_TRANSITION");
  EXPECT_EQ(Reason(Verify(rules, By("t"), &file)), "");
  EXPECT_EQ(Reason(Verify(rules, By("t"), &file)), "STATE_TRANSITION");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), "CONFIRM_RUN");
  EXPECT_EQ(Reason(AddFinding(rules, By("job:2"), AbsenceFinding(today, 19), &file)), "");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), "CONFIRM_RUN");
  EXPECT_EQ(Reason(AddFinding(rules, By("job:2"), AbsenceFinding(today, 20), &file)), "");
  Visit();
  Visit();
  EXPECT_EQ(
      Reason(Propose(rules, By("a"), Proposal(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), {.contradicted_days = 1}, &file)),
      "MEAL_CONTRADICTS");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), "CONFIRM_PERSUASIONS");
  Visit();
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT, ""), "CASE_EVIDENCE");

  const v1::CaseProposal proposal = Proposal(v1::CASE_STEP_KIND_CONFIRM_DROPOUT);
  EXPECT_EQ(Reason(Decide(rules, By("b"), proposal.kind(), true, {}, &file)), "PROPOSAL_NONE");
  EXPECT_EQ(Reason(Propose(rules, By("a"), proposal, {}, &file)), "");
  EXPECT_EQ(Reason(Propose(rules, By("b"), proposal, {}, &file)), "PROPOSAL_OPEN");
  EXPECT_EQ(file.action(), v1::CASE_ACTION_DECIDE);
  EXPECT_EQ(Reason(Decide(rules, By("a"), proposal.kind(), true, {}, &file)), "ROLE_HELD");
  EXPECT_EQ(Reason(Decide(rules, By("b"), v1::CASE_STEP_KIND_EXEMPT, true, {}, &file)), "PROPOSAL_NONE");
  EXPECT_EQ(Reason(Decide(rules, By("b"), proposal.kind(), false, {}, &file)), "FIELD_REQUIRED");
  EXPECT_EQ(Reason(Decide(rules, By("b", "未见本人"), proposal.kind(), false, {}, &file)), "");
  EXPECT_EQ(state(), "VERIFYING");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CONFIRM_DROPOUT), "");
  EXPECT_EQ(state(), "CONFIRMED");
  EXPECT_TRUE(file.unresolved());
  EXPECT_EQ(DayOf(file.stop_from()), today);
  ASSERT_EQ(file.spans_size(), 1);
  EXPECT_FALSE(file.spans(0).has_to());
}

TEST_F(CaseRulesTest, ChildWithoutARunIsConfirmedByPersuasionsAlone) {
  v1::Case found;
  v1::Finding finding = AbsenceFinding(today, 0);
  finding.set_channel(v1::DISCOVERY_CHANNEL_HOUSE_VISIT);
  finding.clear_last_attended_on();
  ASSERT_EQ(Reason(Open(rules, By("t"), finding, &found)), "");
  file = found;
  Confirm();
  EXPECT_EQ(state(), "PERSUADING");
}

TEST_F(CaseRulesTest, VisitsLieBetweenTheDiscoveryAndToday) {
  EXPECT_EQ(Reason(AddContact(rules, By("t"), Contact(kMonday - 1), &file)), "VISIT_BEFORE_CASE");
  EXPECT_EQ(Reason(AddContact(rules, By("t"), Contact(kMonday + 1), &file)), "VISIT_IN_FUTURE");
  EXPECT_EQ(file.contacts_size(), 0);
  Visit();
  EXPECT_EQ(file.contacts(0).number(), 1);
  EXPECT_EQ(file.persuasions(), 1);
  EXPECT_EQ(state(), "SUSPECTED");
}

TEST_F(CaseRulesTest, LegalStepsGoInOrder) {
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_0), "LEGAL_PRECONDITION");
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_UNSPECIFIED), "FIELD_REQUIRED");
  Confirm();
  EXPECT_EQ(file.action(), v1::CASE_ACTION_LEGAL_STEP);
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_1), "LEGAL_STEP_SKIPPED");
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_3), "LEGAL_STEP_SKIPPED");
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_2), "LEGAL_STEP_OFF");
  EXPECT_EQ(Legal(static_cast<v1::LegalStepKind>(9)), "FIELD_REQUIRED") << "a number that the contract does not have";
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_0), "");
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_0), "LEGAL_STEP_TAKEN");
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_1, 16), "LEGAL_TERM");
  EXPECT_EQ(Reason(IssueLegalStep(rules, ShippedWorkdays(), By("g"), v1::LEGAL_STEP_KIND_LEGAL_1, 0, {}, &file)),
            "LEGAL_RECORDS");
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_1), "");
  EXPECT_EQ(state(), "LEGAL_1");
  const absl::CivilDay ends = *DayOf(file.legal_steps(1).term_ends_on());
  EXPECT_EQ(ends, today + 7);  // a working day
  EXPECT_EQ(file.action(), v1::CASE_ACTION_AWAIT_TERM);
  EXPECT_EQ(DayOf(file.due_on()), ends + 1);
  today = ends;
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_3), "LEGAL_PRECONDITION");
  today = ends + 1;
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_3), "");
  EXPECT_EQ(state(), "LEGAL_3");
  EXPECT_TRUE(file.unresolved());
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_3), "LEGAL_STEP_TAKEN");
}

TEST_F(CaseRulesTest, PenaltyStepIsNotLeftOutWhereTheProvinceHasIt) {
  v1::CasePolicy with = rules.policy;
  with.set_penalty_step(true);
  const CaseRules strict{with, rules.codes};
  Confirm();
  ASSERT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_0), "");
  ASSERT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_1), "");
  today += 30;
  const auto step = [&](v1::LegalStepKind kind) {
    return Reason(IssueLegalStep(strict, ShippedWorkdays(), By("g"), kind, 0, {}, &file));
  };
  EXPECT_EQ(step(v1::LEGAL_STEP_KIND_LEGAL_3), "LEGAL_STEP_SKIPPED");
  EXPECT_EQ(step(v1::LEGAL_STEP_KIND_LEGAL_2), "");
  EXPECT_EQ(state(), "LEGAL_2");
}

TEST_F(CaseRulesTest, TermThatEndsOnADayOffEndsOnTheNextWorkingDay) {
  Confirm();
  ASSERT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_0), "");
  today = absl::CivilDay(2023, 9, 22);  // 7 days later it is 29 September, the first day of a holiday to 6 October
  ASSERT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_1), "");
  EXPECT_EQ(DayOf(file.legal_steps(1).term_ends_on()), absl::CivilDay(2023, 10, 7));  // a make-up working day
}

TEST_F(CaseRulesTest, ThreeFailuresOnOneDayAreOne) {
  ASSERT_EQ(Reason(Verify(rules, By("t"), &file)), "");
  Visit();
  Visit();
  Visit();
  ++today;
  Visit("AGREED_SOON");
  EXPECT_EQ(FailedDays(rules.codes, file), 1);
  EXPECT_EQ(Persuasions(file), 4);
}

TEST_F(CaseRulesTest, ReturnIsATrialUntilItIsStable) {
  Confirm();
  EXPECT_EQ(Reason(Return(rules, By("s"), kMonday - 1, 1, "ORIGINAL_CLASS", &file)), "RETURN_DATE");
  EXPECT_EQ(Reason(Return(rules, By("s"), today + 1, 1, "ORIGINAL_CLASS", &file)), "RETURN_DATE");
  ASSERT_EQ(Reason(Return(rules, By("s"), today, 1, "ORIGINAL_CLASS", &file)), "");
  EXPECT_EQ(state(), "RETURNED_TRIAL");
  EXPECT_FALSE(file.unresolved());
  EXPECT_EQ(DayOf(file.resume_from()), today);
  EXPECT_TRUE(file.spans(0).has_to());
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE), "RETURN_UNSTABLE");
  today += 13;
  ASSERT_EQ(Reason(CountAttended(rules, By("job:3"), 9, &file)), "");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE), "RETURN_UNSTABLE");
  ASSERT_EQ(Reason(CountAttended(rules, By("job:3"), 10, &file)), "");
  EXPECT_EQ(DayOf(file.stable_on()), today);
  EXPECT_EQ(file.action(), v1::CASE_ACTION_CLOSE);
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE, ""), "CASE_EVIDENCE");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"), "");
  EXPECT_EQ(state(), "CLOSED");
  EXPECT_EQ(file.outcome(), v1::CASE_OUTCOME_RETURNED);
  EXPECT_EQ(file.closed_by(), "b");
  EXPECT_FALSE(file.has_clock_on());
  EXPECT_EQ(Reason(AddFinding(rules, By("job:4"), AbsenceFinding(today, 3), &file)), "CASE_CLOSED");
  EXPECT_EQ(Reason(Touch(
                rules, By("t"), [](v1::Case&) {}, &file)),
            "CASE_CLOSED");
}

TEST_F(CaseRulesTest, PovertyIsAnsweredByAnAidDecision) {
  Confirm();
  EXPECT_FALSE(file.has_aid_check_from());
  ASSERT_EQ(Reason(Touch(
                rules, By("t"), [](v1::Case& it) { it.set_reason_code("01"); }, &file)),
            "");
  EXPECT_EQ(DayOf(file.aid_check_from()), today);
  ASSERT_EQ(Reason(Return(rules, By("s"), today, 10, "", &file)), "");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE), "CLOSE_WITHOUT_AID");
  v1::CaseProposal with = Proposal(v1::CASE_STEP_KIND_CLOSE);
  for (const char* wrong :
       {"申请了", "decisions/d1", "counties/411728/decisions/", "counties/411728/cases/c1",
        "counties/4117/decisions/d1", "counties/500243/decisions/d1", "counties/411728/decisions/d1/x"}) {
    with.set_aid_decision(wrong);
    EXPECT_EQ(Reason(Propose(rules, By("a"), with, {}, &file)), "NAME_INVALID") << wrong;
  }
  v1::Case elsewhere = file;
  elsewhere.set_school("counties/500243/schools/s9");
  with.set_aid_decision("counties/500243/applications/p1.2023-2024-1.SP_LIV_N_PRI");
  EXPECT_EQ(Reason(Propose(rules, By("a"), with, {}, &elsewhere)), "") << "the county of the school where it attends";
  with.set_aid_decision("counties/411728/decisions/p1.2023-2024-1.1");
  ASSERT_EQ(Reason(Propose(rules, By("a"), with, {}, &file)), "");
  EXPECT_EQ(Reason(Decide(rules, By("b"), with.kind(), true, {}, &file)), "");
  EXPECT_EQ(file.aid_decision(), with.aid_decision());
}

TEST_F(CaseRulesTest, AbsentAgainIsARelapse) {
  Confirm();
  ASSERT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_0), "");
  ASSERT_EQ(Reason(Return(rules, By("s"), today, 1, "", &file)), "");
  today += 5;
  v1::FollowUp look;
  look.set_present(true);
  ASSERT_EQ(Reason(AddFollowUp(rules, By("t"), look, &file)), "");
  EXPECT_EQ(state(), "RETURNED_TRIAL");
  look.set_present(false);
  ASSERT_EQ(Reason(AddFollowUp(rules, By("t"), look, &file)), "");
  EXPECT_EQ(state(), "PERSUADING");
  EXPECT_EQ(file.relapse_count(), 1);
  EXPECT_EQ(file.persuasions(), 0);  // a new round
  EXPECT_EQ(file.spans_size(), 2);
  EXPECT_FALSE(file.has_resume_from());
  EXPECT_EQ(Legal(v1::LEGAL_STEP_KIND_LEGAL_1),
            "LEGAL_STEP_SKIPPED");  // the reminder was followed, so it is given again
  EXPECT_EQ(Reason(AddFollowUp(rules, By("t"), look, &file)), "STATE_TRANSITION");
}

TEST_F(CaseRulesTest, UnconfirmedChildRelapsesToVerification) {
  ASSERT_EQ(Reason(Return(rules, By("s"), today, 1, "", &file)), "");
  EXPECT_FALSE(file.has_resume_from());  // was never stopped
  today += 7;
  ASSERT_EQ(Reason(AddFinding(rules, By("job:5"), AbsenceFinding(today, 3), &file)), "");
  EXPECT_EQ(state(), "VERIFYING");
  EXPECT_EQ(file.relapse_count(), 1);
}

TEST_F(CaseRulesTest, MovedOnlyWhenTheDestinationConfirms) {
  v1::CaseProposal move = Proposal(v1::CASE_STEP_KIND_MOVE);
  move.set_destination("counties/500243/schools/s9");
  EXPECT_EQ(Reason(Propose(rules, By("a"), move, {}, &file)), "MOVE_UNCONFIRMED");
  EXPECT_EQ(Reason(Propose(rules, By("a"), move, {.destination_confirmed = true}, &file)), "");
  EXPECT_EQ(Reason(Decide(rules, By("b"), move.kind(), true, {}, &file)), "MOVE_UNCONFIRMED");
  EXPECT_EQ(Reason(Decide(rules, By("b"), move.kind(), true, {.destination_confirmed = true}, &file)), "");
  EXPECT_EQ(state(), "MOVED_CONFIRMED");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE, "DESTINATION_CONFIRMATION"), "");
  EXPECT_EQ(file.outcome(), v1::CASE_OUTCOME_MOVED);
}

TEST_F(CaseRulesTest, MovedOutOfTheSuiteNeedsThePaper) {
  v1::CaseProposal move = Proposal(v1::CASE_STEP_KIND_MOVE);
  move.set_destination_text("外省某校");
  EXPECT_EQ(Reason(Propose(rules, By("a"), move, {}, &file)), "MOVE_UNCONFIRMED");
  move.add_evidence()->set_kind("DESTINATION_CONFIRMATION");
  EXPECT_EQ(Reason(Propose(rules, By("a"), move, {}, &file)), "");
}

TEST_F(CaseRulesTest, OtherEndsNeedTheirPaper) {
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_FALSE_ALARM), "STATE_TRANSITION");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_DECEASE), "CASE_EVIDENCE");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_EXEMPT), "CASE_EVIDENCE");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_UNSPECIFIED), "FIELD_REQUIRED");
  v1::Case other = file;
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE"), "EXEMPT_UNAPPROVED");
  const v1::CaseProposal exempt = Proposal(v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE");
  ASSERT_EQ(Reason(Propose(rules, By("a"), exempt, {.exempted = true}, &file)), "");
  EXPECT_EQ(Reason(Decide(rules, By("b"), exempt.kind(), true, {}, &file)), "EXEMPT_UNAPPROVED") << "withdrawn since";
  EXPECT_EQ(Reason(Decide(rules, By("b"), exempt.kind(), true, {.exempted = true}, &file)), "");
  EXPECT_EQ(state(), "EXEMPT");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE, "OTHER"), "CASE_EVIDENCE");
  const v1::Case exempted = file;
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_CLOSE, "MEDICAL_CERTIFICATE"), "");
  EXPECT_EQ(file.outcome(), v1::CASE_OUTCOME_EXEMPT);
  file = exempted;  // its approval ends before anybody closed it
  v1::Finding over = AbsenceFinding(today, 0);
  over.set_channel(v1::DISCOVERY_CHANNEL_COMPARISON);
  over.set_source("counties/411728/comparisonRuns/r1");
  ASSERT_EQ(Reason(AddFinding(rules, By("job:7"), over, &file)), "");
  EXPECT_EQ(state(), "EXEMPT");
  over.set_source("counties/411728/absenceApprovals/a1");
  ASSERT_EQ(Reason(AddFinding(rules, By("job:7"), over, &file)), "");
  EXPECT_EQ(state(), "VERIFYING");
  file = other;
  ASSERT_EQ(Reason(Verify(rules, By("t"), &file)), "");
  EXPECT_EQ(Decided(v1::CASE_STEP_KIND_FALSE_ALARM, "SCHOOL_STATEMENT"), "");
  EXPECT_EQ(file.outcome(), v1::CASE_OUTCOME_FALSE_ALARM);
  file = other;
  ASSERT_EQ(
      Reason(CloseByRegistry(rules, By("job:6"), v1::CASE_STEP_KIND_DECEASE, "counties/411728/students/p1", &file)),
      "");
  EXPECT_EQ(state(), "CLOSED");
  EXPECT_EQ(file.outcome(), v1::CASE_OUTCOME_DECEASED);
  EXPECT_EQ(file.closing_evidence(0).file_name(), "counties/411728/students/p1");
}

TEST_F(CaseRulesTest, HandOverChangesNothingUntilItIsAccepted) {
  file.set_authority(v1::AUTHORITY_LEVEL_SCHOOL);
  file.set_authority_area("411728103/s1");
  file.set_officer("t");
  EXPECT_EQ(Reason(Answer(rules, By("b"), true, "", &file)), "HAND_OVER_NONE");
  v1::HandOver offer;
  offer.set_level(v1::AUTHORITY_LEVEL_SCHOOL);
  offer.set_area("411728103/s1");
  EXPECT_EQ(Reason(Offer(rules, By("t"), offer, &file)), "HAND_OVER_SAME");
  offer.set_level(v1::AUTHORITY_LEVEL_TOWNSHIP);
  offer.set_area("411728103");
  offer.set_officer("w");
  ASSERT_EQ(Reason(Offer(rules, By("t"), offer, &file)), "");
  EXPECT_EQ(Reason(Offer(rules, By("t"), offer, &file)), "HAND_OVER_OPEN");
  EXPECT_EQ(file.authority_area(), "411728103/s1");
  EXPECT_EQ(file.officer(), "t");
  EXPECT_EQ(Reason(Answer(rules, By("t"), true, "", &file)), "ROLE_HELD");
  EXPECT_EQ(Reason(Answer(rules, By("w"), false, "", &file)), "FIELD_REQUIRED");
  v1::Case refused = file;
  ASSERT_EQ(Reason(Answer(rules, By("w", "不属本乡"), false, "", &refused)), "");
  EXPECT_EQ(refused.authority_area(), "411728103/s1");
  EXPECT_EQ(refused.offered_to(), "");
  ASSERT_EQ(Reason(Answer(rules, By("w"), true, "", &file)), "");
  EXPECT_EQ(file.authority(), v1::AUTHORITY_LEVEL_TOWNSHIP);
  EXPECT_EQ(file.authority_area(), "411728103");
  EXPECT_EQ(file.officer(), "w");
}

TEST_F(CaseRulesTest, LadderIsIssuedOnTheDayAndOnce) {
  const absl::CivilDay due = *DayOf(file.due_on());
  EXPECT_EQ(DayOf(file.clock_on()), due + 1);
  EXPECT_EQ(IssueDue(rules, due, &file), 0);
  EXPECT_EQ(IssueDue(rules, due + 1, &file), 1);
  EXPECT_EQ(IssueDue(rules, due + 1, &file), 0);
  EXPECT_EQ(DayOf(file.clock_on()), due + 7);
  EXPECT_EQ(file.priority(), 2);
  today = due + 20;  // acts before the clock: what was due is not lost
  ASSERT_EQ(Reason(Verify(rules, By("t"), &file)), "");
  ASSERT_EQ(file.escalations_size(), 3);
  EXPECT_EQ(file.escalations(2).level(), v1::AUTHORITY_LEVEL_COUNTY);
  EXPECT_EQ(DayOf(file.escalations(2).due_on()), due + 15);
  EXPECT_EQ(DayOf(file.escalations(2).issued_on()), today);
  EXPECT_EQ(file.priority(), 3);  // another action, nothing late
  EXPECT_EQ(DayOf(file.clock_on()), today + 7 + 1);
}

TEST_F(CaseRulesTest, PovertyMakesACaseMoreUrgent) {
  EXPECT_EQ(file.priority(), 3);
  ASSERT_EQ(Reason(Touch(
                rules, By("t"), [](v1::Case& it) { it.set_reason_code("01"); }, &file)),
            "");
  EXPECT_EQ(file.priority(), 2) << "the reason";
  const absl::CivilDay due = *DayOf(file.due_on());
  EXPECT_EQ(IssueDue(rules, due, &file), 0);
  EXPECT_EQ(file.priority(), 2) << "the clock changes nothing by looking";
  EXPECT_EQ(IssueDue(rules, due + 1, &file), 1);
  EXPECT_EQ(file.priority(), 1) << "late besides";
  ASSERT_EQ(Reason(Touch(
                rules, By("t"), [](v1::Case& it) { it.set_reason_code("02"); }, &file)),
            "");
  EXPECT_EQ(file.priority(), 2) << "late only";
  ASSERT_EQ(Reason(Touch(
                rules, By("t"), [](v1::Case& it) { it.set_poverty_caused(true); }, &file)),
            "");
  EXPECT_EQ(file.priority(), 1) << "a cause beside the reason";
}

TEST_F(CaseRulesTest, AFindingOfTheSameRunIsTheSameFinding) {
  ASSERT_EQ(Reason(AddFinding(rules, By("job:2"), AbsenceFinding(today + 1, 4), &file)), "");
  EXPECT_EQ(file.findings_size(), 1);
  EXPECT_EQ(file.run_days(), 4);
  v1::Finding other = AbsenceFinding(today, 0);
  other.set_channel(v1::DISCOVERY_CHANNEL_COMPARISON);
  ASSERT_EQ(Reason(AddFinding(rules, By("job:2"), other, &file)), "");
  EXPECT_EQ(file.findings_size(), 2);
  EXPECT_EQ(file.run_days(), 4);
}

TEST_F(CaseRulesTest, SaysWhatMayBeDone) {
  ASSERT_EQ(Reason(Verify(rules, By("t"), &file)), "");
  std::map<std::string, std::string> rows;
  for (const v1::CaseEventRow& row : EventsOf(rules, today, file)) rows[row.event()] = row.reason();
  EXPECT_EQ(rows["confirm"], "CONFIRM_RUN");
  EXPECT_EQ(rows["legal_0"], "LEGAL_PRECONDITION");
  EXPECT_EQ(rows["contact"], "");
  EXPECT_FALSE(rows.contains("close"));
  EXPECT_FALSE(rows.contains("merge")) << "nobody's step";
}

TEST_F(CaseRulesTest, ADuplicateIsClosedOutOfEveryOpenState) {
  for (const Transition& row : kCaseRows) {
    if (row.event != "return") continue;
    v1::Case other = file;
    other.set_state(*EnumOf<v1::CaseState>(row.from));
    *other.mutable_stop_from() = DateOf(today);
    ASSERT_EQ(Reason(CloseAsDuplicate(rules, By("job:1"), &other)), "") << row.from;
    EXPECT_EQ(other.outcome(), v1::CASE_OUTCOME_DUPLICATE) << row.from;
    EXPECT_EQ(other.has_resume_from(), Unresolved(*EnumOf<v1::CaseState>(row.from))) << row.from;
    EXPECT_EQ(Reason(CloseAsDuplicate(rules, By("job:1"), &other)), "STATE_TRANSITION") << "once";
  }
}

TEST(Documents, EveryTemplateIsFilled) {
  v1::Case file;
  file.set_number("411728-2023-000001");
  file.mutable_child()->set_display_name("王小明");
  v1::LegalStep step;
  step.set_document_number("411728-2023-000001-L1");
  *step.mutable_term_ends_on() = DateOf(absl::CivilDay(2023, 9, 18));
  const auto values = DocumentValues(file, step, "中心小学", "某乡人民政府");
  for (const char* name : {"legal_0", "legal_1", "legal_2", "legal_3"}) {
    const std::string text = ShippedFile(std::string("policies/dropout_monitoring/documents/") + name + ".txt");
    const auto filled = FillTemplate(name, text, values);
    ASSERT_TRUE(filled.ok()) << name << filled.status();
    EXPECT_NE(filled->find("王小明"), std::string::npos) << name;
    EXPECT_NE(filled->find("2023年9月18日"), std::string::npos) << name;
  }
  const std::string reminder = ShippedFile("policies/dropout_monitoring/documents/legal_0.txt");
  const std::string never = *FillTemplate("legal_0", reminder, DocumentValues(file, step, "", "某乡人民政府"));
  EXPECT_NE(never.find("王小明未到校就读"), std::string::npos) << never;
  EXPECT_NE(never.find("送其入学就读"), std::string::npos);
  EXPECT_NE(never.find("> 某乡人民政府"), std::string::npos);
  for (const char* artefact : {"未知日期后", "（）", "> \n"}) EXPECT_EQ(never.find(artefact), std::string::npos);
  EXPECT_EQ(ReasonOf(FillTemplate("x", "{nobody}", values).status()), "DATA_FILE");
  EXPECT_EQ(ReasonOf(FillTemplate("x", "{open", values).status()), "DATA_FILE");
  EXPECT_EQ(FillTemplate("x", "plain", values).value(), "plain");
}

// DR-30: an order that is printed again says what it said.
TEST(Documents, AReprintSaysWhatWasIssued) {
  v1::Case file;
  file.set_number("411728-2023-000001");
  file.set_grade("5");
  file.set_persuasions(3);
  *file.mutable_last_attended_on() = DateOf(absl::CivilDay(2023, 9, 8));
  v1::LegalStep* step = file.add_legal_steps();
  step->set_kind(v1::LEGAL_STEP_KIND_LEGAL_1);
  KeepDocument("中心小学", "某乡人民政府", &file);
  const auto issued = DocumentValues(file, *step, "中心小学", "某乡人民政府");
  EXPECT_EQ(issued.at("place"), "（中心小学5年级）");
  EXPECT_EQ(issued.at("since"), "自2023年9月8日后");
  file.set_persuasions(0);  // a relapse begins a round
  file.set_grade("6");
  *file.mutable_last_attended_on() = DateOf(absl::CivilDay(2023, 11, 1));
  EXPECT_EQ(DocumentValues(file, *step, "另一小学", "某县教育行政部门"), issued);
  step->clear_document();  // issued before documents were kept
  EXPECT_EQ(DocumentValues(file, *step, "另一小学", "某县教育行政部门").at("persuasions"), "0");
}

TEST(Documents, TheLawSaysWhoIssues) {
  const auto tree = LoadRegions(std::string(RURALEDU_SOURCE_DIR) + "/deploy/data");
  ASSERT_TRUE(tree.ok()) << tree.status();
  const absl::CivilDay on(2023, 9, 11);
  v1::Case file;
  const auto issuer = [&](v1::LegalStepKind kind, const std::string& school) {
    return IssuerOf(*tree, "c411728", on, kind, file, school);
  };
  const std::string county = AuthorityOf(*tree, "c411728", on);
  file.set_authority(v1::AUTHORITY_LEVEL_SCHOOL);
  file.set_authority_area("411728103/s1");
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_0, "中心小学"), "中心小学");
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_1, "中心小学"), county);
  file.set_authority(v1::AUTHORITY_LEVEL_TOWNSHIP);
  file.set_authority_area("411728103");
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_0, "中心小学"), "中心小学");
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_0, ""), "查岈山镇人民政府") << "never enrolled";
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_1, "中心小学"), "查岈山镇人民政府") << "art. 58";
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_2, "中心小学"), county) << "a penalty is of the department";
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_3, "中心小学"), "查岈山镇人民政府") << "the plaintiff";
  file.set_authority_area("411728999");
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_1, "中心小学"), county) << "no such township";
  file.set_authority_area("411728001");
  EXPECT_EQ(issuer(v1::LEGAL_STEP_KIND_LEGAL_1, "中心小学"), county) << "a subdistrict has no government";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
