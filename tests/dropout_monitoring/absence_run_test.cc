// The evaluation of a county, day by day.
#include "services/dropout_monitoring/absence_run.h"

#include "tests/dropout_monitoring/attendance_fixture.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr v1::Mark kAbsent = v1::MARK_ABSENT;

class Absences : public AttendanceTest {
 protected:
  // Marks both classes on a day, the named ones absent, and evaluates.
  v1::EvaluationResult Live(int date, const std::vector<std::string>& absent) {
    On(date);
    Marks first, second;
    for (const std::string& person : absent) (person == "p4" ? second : first)[person] = kAbsent;
    EXPECT_EQ(Record({Sheet(date, first), Sheet(date, second, true, v1::SESSION_DAY, "counties/411728/classes/k2")}),
              "R R");
    return EvaluateDay(date);
  }
  std::vector<std::string> Listed(v1::AbsenceStep step, bool no_record = false) {
    v1::ListAbsencesRequest request;
    request.set_parent(kCounty);
    request.set_step(step);
    request.set_no_record_only(no_record);
    std::vector<std::string> persons;
    const auto listed = monitoring.Call("ListAbsences", request, &Handlers::ListAbsences);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const auto& absence : listed->absences()) persons.push_back(absence.person());
    return persons;
  }
  // By two persons, with what they found.
  void CloseAsFalseAlarm(const std::string& person) {
    const std::string name = CasesOf(person)[0].name();
    v1::VerifyCaseRequest verifying;
    verifying.set_name(name);
    verifying.set_request_id(NewId());
    ASSERT_TRUE(monitoring.Call("VerifyCase", verifying, &Handlers::VerifyCase).ok());
    v1::ProposeCaseStepRequest proposing;
    proposing.set_name(name);
    proposing.set_request_id(NewId());
    *proposing.mutable_proposal() = Proposal(v1::CASE_STEP_KIND_FALSE_ALARM);
    ASSERT_TRUE(monitoring.Call("ProposeCaseStep", proposing, &Handlers::ProposeCaseStep).ok());
    v1::DecideCaseStepRequest deciding;
    deciding.set_name(name);
    deciding.set_request_id(NewId());
    deciding.set_kind(v1::CASE_STEP_KIND_FALSE_ALARM);
    deciding.set_accept(true);
    const auto closed = monitoring.CallAs(rpc::MakeJobCaller("approver", "411728"), "DecideCaseStep", deciding,
                                          &Handlers::DecideCaseStep);
    ASSERT_TRUE(closed.ok()) << closed.status();
    ASSERT_EQ(closed->state(), v1::CASE_STATE_CLOSED);
  }
  std::vector<v1::Case> CasesOf(const std::string& person) {
    v1::ListCasesRequest request;
    request.set_parent(kCounty);
    const auto listed = monitoring.Call("ListCases", request, &Handlers::ListCases);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<v1::Case> cases;
    for (const v1::Case& one : listed->cases()) {
      if (one.person() == person) cases.push_back(one);
    }
    return cases;
  }
};

TEST_P(Absences, TheLadderIsClimbedDayByDay) {
  EXPECT_EQ(Live(20230904, {"p2"}).warned(), 1);
  EXPECT_EQ(AbsenceOf("p2").evaluation().step(), v1::ABSENCE_STEP_WARN);
  EXPECT_EQ(Live(20230905, {"p2"}).to_visit(), 1);
  const auto third = Live(20230906, {"p2", "p4"});
  EXPECT_EQ(third.suspected(), 1);
  EXPECT_EQ(third.newly_suspected(), 1);
  EXPECT_EQ(third.warned(), 1) << "p4";
  EXPECT_EQ(third.pupils(), 4);
  EXPECT_EQ(AbsenceOf("p1").name(), "") << "nothing to say of who was there";
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_SUSPECTED), ElementsAre("p2"));
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_UNSPECIFIED), ElementsAre("p2", "p4"));
  const auto fourth = Live(20230907, {"p2"});
  EXPECT_EQ(fourth.suspected(), 1);
  EXPECT_EQ(fourth.newly_suspected(), 0);
  EXPECT_EQ(AbsenceOf("p2").evaluation().run_days(), 4);
  EXPECT_EQ(monitoring.Counter("absent_pupils", "411728", "SUSPECTED"), 1);
}

TEST_P(Absences, ACaseIsOpenedOnceForWhoIsNewlySuspected) {
  Live(20230904, {});
  for (const int date : {20230905, 20230906}) Live(date, {"p2"});
  EXPECT_THAT(CasesOf("p2"), IsEmpty());
  for (const int date : {20230907, 20230908}) Live(date, {"p2"});
  const auto opened = CasesOf("p2");
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].state(), v1::CASE_STATE_SUSPECTED);
  EXPECT_EQ(DayOf(opened[0].last_attended_on()), absl::CivilDay(2023, 9, 4));
  Live(20230911, {});
  EXPECT_EQ(CasesOf("p2")[0].state(), v1::CASE_STATE_RETURNED_TRIAL) << "what the marks show reaches the case";
}

TEST_P(Absences, TheCaseKnowsHowLongTheRunIs) {
  for (const int date : {20230904, 20230905, 20230906}) Live(date, {"p2"});
  ASSERT_EQ(CasesOf("p2").size(), 1u);
  EXPECT_EQ(CasesOf("p2")[0].run_days(), 3);
  Live(20230907, {"p2"});
  EXPECT_EQ(CasesOf("p2")[0].run_days(), 4) << "a dropout is confirmed by its days, so they have to be told";
  EXPECT_EQ(CasesOf("p2")[0].findings_size(), 1);
  EXPECT_EQ(DayOf(CasesOf("p2")[0].discovered_on()), absl::CivilDay(2023, 9, 6));
}

TEST_P(Absences, WhoStaysAwayAfterAFalseAlarmIsFoundAgain) {
  for (const int date : {20230904, 20230905, 20230906}) Live(date, {"p2"});
  CloseAsFalseAlarm("p2");
  for (const int date : {20230907, 20230908}) Live(date, {"p2"});
  EXPECT_EQ(CasesOf("p2").size(), 1u) << "as long as nothing is new";
  Live(20230911, {"p2"});
  const auto cases = CasesOf("p2");
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[1].state(), v1::CASE_STATE_SUSPECTED);
  EXPECT_EQ(cases[1].run_days(), 6);
  EXPECT_EQ(DayOf(cases[1].discovered_on()), absl::CivilDay(2023, 9, 11));
}

TEST_P(Absences, AReturnIsDetectedAndBecomesStable) {
  for (const int date : {20230904, 20230905, 20230906}) Live(date, {"p2"});
  EXPECT_EQ(Live(20230907, {}).returned(), 1);
  EXPECT_EQ(DayOf(AbsenceOf("p2").evaluation().returned_on()), absl::CivilDay(2023, 9, 7));
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_UNSPECIFIED), ElementsAre("p2")) << "not yet stable";
  v1::EvaluationResult last;
  for (const int date : {20230908, 20230911, 20230912, 20230913, 20230914, 20230915, 20230918, 20230919, 20230920}) {
    EXPECT_EQ(last.stable(), 0);
    last = Live(date, {});
  }
  EXPECT_EQ(last.stable(), 1) << "the tenth school day";
  EXPECT_EQ(DayOf(AbsenceOf("p2").evaluation().stable_on()), absl::CivilDay(2023, 9, 20));
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_SUSPECTED), IsEmpty());
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_WARN), ElementsAre("p2")) << "three of the last twenty days";
}

TEST_P(Absences, NoRecordIsNeverAnAbsence) {
  On(20230904);
  EXPECT_EQ(EvaluateDay(20230904).no_record(), 4) << "nothing since the first day of school";
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_UNSPECIFIED, true), ElementsAre("p1", "p2", "p3", "p4"));
  EXPECT_EQ(AbsenceOf("p1").evaluation().step(), v1::ABSENCE_STEP_UNSPECIFIED);
  EXPECT_EQ(Live(20230905, {}).no_record(), 0);
  EXPECT_THAT(Listed(v1::ABSENCE_STEP_UNSPECIFIED, true), IsEmpty());
}

TEST_P(Absences, MarksFollowAChildThroughItsClasses) {
  Live(20230904, {"p2"});
  Live(20230905, {"p2"});
  registry_v1::Student moved = Student("p2");
  *moved.mutable_enrolments(0)->mutable_valid_to() = Date(20230906);
  *moved.add_enrolments() = Student("p2", "k2").enrolments(0);
  *moved.mutable_enrolments(1)->mutable_valid_from() = Date(20230906);
  moved.set_area("411728103/s1/k2");
  registry.Put(moved);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  On(20230906);
  ASSERT_EQ(Record({Sheet(20230906, {{"p2", kAbsent}}, true, v1::SESSION_DAY, "counties/411728/classes/k2")}), "R");
  EXPECT_EQ(EvaluateDay(20230906).newly_suspected(), 1);
  EXPECT_EQ(AbsenceOf("p2").area(), "411728103/s1/k2");
}

TEST_P(Absences, ACorrectionIsSeenByTheNextEvaluation) {
  for (const int date : {20230904, 20230905, 20230906}) Live(date, {"p2"});
  ASSERT_EQ(AbsenceOf("p2").evaluation().step(), v1::ABSENCE_STEP_SUSPECTED);
  ASSERT_EQ(Record({Sheet(20230905, {{"p2", v1::MARK_LEAVE}}, false)}), "R");
  EvaluateDay(20230906);
  EXPECT_EQ(AbsenceOf("p2").evaluation().step(), v1::ABSENCE_STEP_WARN) << "approved leave broke the run";
  EXPECT_FALSE(AbsenceOf("p2").evaluation().has_suspected_on());
}

TEST_P(Absences, AnEarlierDayLeavesALaterState) {
  Live(20230904, {"p2"});
  Live(20230905, {"p2"});
  const std::string state = AbsenceOf("p2").DebugString();
  EXPECT_EQ(EvaluateDay(20230904).changed(), 0);
  EXPECT_EQ(AbsenceOf("p2").DebugString(), state);
}

TEST_P(Absences, AnotherTurnOfTheSameDayChangesNothing) {
  for (const int date : {20230904, 20230905, 20230906}) Live(date, {"p2"});
  const std::string etag = AbsenceOf("p2").etag();
  EvaluateDay(20230906);
  EXPECT_EQ(AbsenceOf("p2").etag(), etag);
}

TEST_P(Absences, ADayWithoutSchoolIsLeftOut) {
  On(20230910);
  const auto result = EvaluateDay(20230910);
  EXPECT_EQ(result.schools_left_out(), 1);
  EXPECT_EQ(result.pupils(), 0);
}

TEST_P(Absences, WhoIsSuspendedIsNotLookedFor) {
  Live(20230904, {"p2"});
  Live(20230905, {"p2"});
  registry_v1::Student suspended = Student("p2");
  suspended.set_status("SUSPENDED");
  *suspended.mutable_status_from() = Date(20230906);
  registry.Put(suspended);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  for (const int date : {20230906, 20230907, 20230908}) Live(date, {});
  EXPECT_EQ(AbsenceOf("p2").evaluation().run_days(), 2) << "days of suspension neither count nor end a run";
  EXPECT_EQ(AbsenceOf("p2").evaluation().no_record_days(), 0);
}

TEST_P(Absences, TheDayIsQueuedOnceWhenSchoolIsOver) {
  const auto queue = [&] { return QueueEvaluations(*monitoring.place.database, clock, 18).value_or(-1); };
  const auto days = [&] {
    const auto jobs = *monitoring.place.database->Read(
        [&](db::Transaction& tx) { return db::ListJobs(tx, kShard, kEvaluationJob, "", 10); });
    std::vector<int> all;
    for (const db::JobRow& job : jobs) {
      v1::EvaluationPlan plan;
      EXPECT_TRUE(plan.ParseFromString(job.input));
      all.push_back(plan.on().day());
    }
    return all;
  };
  On(20230905);
  EXPECT_EQ(queue(), 1) << "at noon: yesterday";
  EXPECT_EQ(queue(), 0);
  clock.Advance(absl::Hours(6));
  EXPECT_EQ(queue(), 1) << "at six in the evening: today";
  clock.Advance(absl::Hours(16));
  EXPECT_EQ(queue(), 0) << "in the morning: yesterday is done";
  EXPECT_THAT(days(), ElementsAre(5, 4));
}

TEST_P(Absences, ADayThatHasNotComeIsRefused) {
  v1::StartEvaluationRequest request;
  request.set_parent(kCounty);
  request.set_request_id(NewId());
  const auto reason = [&] {
    return ReasonOf(monitoring.Call("StartEvaluation", request, &Handlers::StartEvaluation).status());
  };
  EXPECT_EQ(reason(), "FIELD_REQUIRED");
  *request.mutable_on() = Date(20230905);
  EXPECT_EQ(reason(), "DATE_AHEAD");
  registry_v1::Import import;
  import.set_name("counties/411728/imports/i1");
  import.set_state(registry_v1::IMPORT_STATE_PARTLY_APPLIED);
  registry.Put(import);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  *request.mutable_on() = Date(20230904);
  EXPECT_EQ(reason(), "BATCH_OPEN");
}

TEST_P(Absences, ProfilesAndTheirAnswersAreAsked) {
  const auto profiles =
      monitoring.Call("ListAbsenceProfiles", v1::ListAbsenceProfilesRequest(), &Handlers::ListAbsenceProfiles);
  ASSERT_TRUE(profiles.ok()) << profiles.status();
  EXPECT_EQ(profiles->profiles_size(), 4);
  EXPECT_EQ(profiles->in_force_size(), 3);
  v1::EvaluateAttendanceRequest request;
  request.set_region_code("411728000000");
  auto* day = request.add_days();
  *day->mutable_day() = Date(20230904);
  day->add_marks()->set_mark(kAbsent);
  const auto answer = monitoring.Call("EvaluateAttendance", request, &Handlers::EvaluateAttendance);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->evaluation().profile(), "DEFAULT");
  EXPECT_EQ(answer->evaluation().step(), v1::ABSENCE_STEP_WARN);
}

INSTANTIATE_TEST_SUITE_P(Databases, Absences, ::testing::Values("sqlite", "postgres"));

}  // namespace
}  // namespace ruraledu::dropout_monitoring
