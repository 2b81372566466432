// The way back (3.5, DR-29) through the evaluation of the county, whoever found that the child was away.
#include "services/dropout_monitoring/absence_run.h"
#include "services/dropout_monitoring/care_tables.h"
#include "tests/dropout_monitoring/attendance_fixture.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

class Returns : public AttendanceTest {
 protected:
  Returns() {
    registry.Put(Student("p5"));
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  // Marks both classes on a day, the named ones so, and evaluates.
  void Live(int date, const std::vector<std::string>& named, v1::Mark mark = v1::MARK_ABSENT) {
    On(date);
    Marks first, second;
    for (const std::string& person : named) (person == "p4" ? second : first)[person] = mark;
    ASSERT_EQ(Record({Sheet(date, first), Sheet(date, second, true, v1::SESSION_DAY, "counties/411728/classes/k2")}),
              "R R");
    Evaluate(date);
  }
  void Evaluate(int date) {
    v1::StartEvaluationRequest request;
    request.set_parent(kCounty);
    *request.mutable_on() = Date(date);
    request.set_request_id(NewId());
    const auto job = monitoring.Call("StartEvaluation", request, &Handlers::StartEvaluation);
    ASSERT_TRUE(job.ok()) << job.status();
    db::Database& database = *monitoring.place.database;
    const std::string id(feed::IdOfName(job->name()));
    const auto row = database.Read([&](db::Transaction& tx) { return db::FindJob(tx, kShard, id); });
    testlib::OneTurn turn(database, **row);
    const auto result = RunEvaluation({monitoring.host(), standards}, turn);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_TRUE(database
                    .Write(kShard,
                           [&](db::Transaction& tx) {
                             return tx
                                 .Execute("UPDATE job SET state = 'SUCCEEDED' WHERE shard = $1 AND id = $2", kShard, id)
                                 .status();
                           })
                    .ok());
  }
  void UseProfile(const std::string& profile) {
    const std::string folder = RURALEDU_SOURCE_DIR "/deploy/policies/dropout_monitoring/absence_";
    const auto book = ProfileBook::Parse(
        {*LoadFile(folder + "profiles.csv"), *LoadFile(folder + "cumulative.csv"),
         absl::StrCat("region,stage,grade,valid_from,valid_to,profile,source\n,,,2006-09-01,,", profile, ",x\n")});
    ASSERT_TRUE(book.ok()) << book.status();
    standards.profiles = *book;
  }

  std::string Find(const std::string& person, v1::DiscoveryChannel channel, int date) {
    v1::OpenCaseRequest request;
    request.set_parent(kCounty);
    request.set_student(absl::StrCat(kCounty, "/students/", person));
    request.set_channel(channel);
    *request.mutable_discovered_on() = Date(date);
    request.set_request_id(NewId());
    const auto opened = monitoring.Call("OpenCase", request, &Handlers::OpenCase);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened->name();
  }
  v1::Case CaseOf(const std::string& person) {
    v1::ListCasesRequest request;
    request.set_parent(kCounty);
    const auto listed = monitoring.Call("ListCases", request, &Handlers::ListCases);
    EXPECT_TRUE(listed.ok()) << listed.status();
    v1::Case found;
    for (const v1::Case& one : listed->cases()) {
      if (one.person() == person) found = one;
    }
    return found;
  }
  // "RETURNED_TRIAL 2023-09-07 3": state, day of the return, days since.
  std::string Line(const std::string& person) {
    const v1::Case file = CaseOf(person);
    return absl::StrCat(v1::CaseState_Name(file.state()).substr(11), " ", DayTextOf(file.returned_on()), " ",
                        file.attended_days());
  }
  absl::StatusOr<v1::Case> Close(const std::string& name) {
    v1::ProposeCaseStepRequest proposing;
    proposing.set_name(name);
    proposing.set_request_id(NewId());
    *proposing.mutable_proposal() = Proposal(v1::CASE_STEP_KIND_CLOSE);
    RETURN_IF_ERROR(monitoring.Call("ProposeCaseStep", proposing, &Handlers::ProposeCaseStep).status());
    v1::DecideCaseStepRequest deciding;
    deciding.set_name(name);
    deciding.set_request_id(NewId());
    deciding.set_kind(v1::CASE_STEP_KIND_CLOSE);
    deciding.set_accept(true);
    return monitoring.CallAs(rpc::MakeJobCaller("approver", "411728"), "DecideCaseStep", deciding,
                             &Handlers::DecideCaseStep);
  }
  std::string LookedFor(const std::string& name, int date) {
    v1::RecordFollowUpRequest request;
    request.set_name(name);
    request.set_request_id(NewId());
    *request.mutable_follow_up()->mutable_on() = Date(date);
    request.mutable_follow_up()->set_present(false);
    return ReasonOf(monitoring.Call("RecordFollowUp", request, &Handlers::RecordFollowUp).status());
  }

  Standards standards = ShippedStandards();
};

constexpr std::pair<const char*, v1::DiscoveryChannel> kFoundBy[] = {
    {"p1", v1::DISCOVERY_CHANNEL_REPORT},
    {"p2", v1::DISCOVERY_CHANNEL_COMPARISON},
    {"p3", v1::DISCOVERY_CHANNEL_TRANSFER_UNCONFIRMED},
    {"p4", v1::DISCOVERY_CHANNEL_ENROLMENT},
    {"p5", v1::DISCOVERY_CHANNEL_HOUSE_VISIT},
};

TEST_P(Returns, EveryCaseComesToItsEndWhoeverFoundTheChild) {
  std::vector<std::string> all;
  for (const auto& [person, channel] : kFoundBy) all.emplace_back(person);
  Live(20230904, {});
  Live(20230905, all);
  std::map<std::string, std::string> names;
  for (const auto& [person, channel] : kFoundBy) names[person] = Find(person, channel, 20230905);
  Live(20230906, all);
  for (const std::string& person : all) EXPECT_EQ(Line(person), "SUSPECTED  0") << person;
  Live(20230907, {});
  for (const std::string& person : all) EXPECT_EQ(Line(person), "RETURNED_TRIAL 2023-09-07 1") << person;
  for (const int date : {20230908, 20230911, 20230912, 20230913, 20230914, 20230915, 20230918, 20230919}) {
    Live(date, {});
  }
  for (const std::string& person : all) {
    EXPECT_EQ(Line(person), "RETURNED_TRIAL 2023-09-07 9") << person;
    EXPECT_EQ(ReasonOf(Close(names[person]).status()), "RETURN_UNSTABLE") << person;
  }
  Live(20230920, {});
  for (const std::string& person : all) {
    EXPECT_EQ(DayOf(CaseOf(person).stable_on()), absl::CivilDay(2023, 9, 20)) << person;
    const auto closed = Close(names[person]);
    ASSERT_TRUE(closed.ok()) << person << closed.status();
    EXPECT_EQ(closed->outcome(), v1::CASE_OUTCOME_RETURNED) << person;
  }
}

TEST_P(Returns, DaysBeforeTheChildWasFoundSayNothing) {
  for (const int date : {20230904, 20230905, 20230906, 20230907, 20230908}) Live(date, {});
  On(20230909);
  Find("p2", v1::DISCOVERY_CHANNEL_REPORT, 20230909);
  Evaluate(20230908);
  EXPECT_EQ(Line("p2"), "SUSPECTED  0");
  Live(20230911, {});
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-11 1");
  const std::string etag = CaseOf("p2").etag();
  Evaluate(20230911);
  EXPECT_EQ(CaseOf("p2").etag(), etag) << "the same day again is nothing new";
}

TEST_P(Returns, AnAbsenceOnTheWayBackTakesTheDaysBack) {
  Live(20230904, {"p2"});
  Find("p2", v1::DISCOVERY_CHANNEL_REPORT, 20230904);
  for (const int date : {20230905, 20230906, 20230907, 20230908, 20230911}) Live(date, {});
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-05 5");
  Live(20230912, {"p2"});  // the sixth
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-05 0");
  Live(20230913, {});
  Live(20230914, {"p2"}, v1::MARK_LEAVE);
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-05 1") << "leave neither counts nor takes back";
  for (const int date : {20230915, 20230918, 20230919, 20230920, 20230921, 20230922, 20230925, 20230926}) {
    Live(date, {});
    EXPECT_FALSE(CaseOf("p2").has_stable_on()) << date;
  }
  Live(20230927, {});
  EXPECT_EQ(DayOf(CaseOf("p2").stable_on()), absl::CivilDay(2023, 9, 27));
}

TEST_P(Returns, WhoStaysAwayAgainRelapses) {
  Live(20230904, {"p2"});
  Find("p2", v1::DISCOVERY_CHANNEL_REPORT, 20230904);
  for (const int date : {20230905, 20230906, 20230907, 20230908, 20230911}) Live(date, {});
  for (const int date : {20230912, 20230913, 20230914}) Live(date, {"p2"});
  EXPECT_EQ(Line("p2"), "VERIFYING  0") << "a run as long as it makes suspected";
  EXPECT_EQ(CaseOf("p2").relapse_count(), 1);
  Live(20230915, {});
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-15 1");
}

TEST_P(Returns, AProfileWithoutANumberOfDaysHasAWayBackToo) {
  UseProfile("NATIONAL-2024");
  Live(20230904, {"p2", "p3"});
  const std::string stays = Find("p2", v1::DISCOVERY_CHANNEL_REPORT, 20230904);
  const std::string leaves = Find("p3", v1::DISCOVERY_CHANNEL_COMPARISON, 20230904);
  for (const int date : {20230905, 20230906, 20230907, 20230908, 20230911}) Live(date, {});
  for (const int date : {20230912, 20230913, 20230914}) Live(date, {"p3"});
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-05 8");
  EXPECT_EQ(Line("p3"), "RETURNED_TRIAL 2023-09-05 0") << "the profile has no run that is a relapse: who looks says so";
  EXPECT_EQ(LookedFor(leaves, 20230914), "");
  EXPECT_EQ(Line("p3"), "VERIFYING  0");
  for (const int date : {20230915, 20230918}) Live(date, {});
  EXPECT_EQ(Line("p3"), "RETURNED_TRIAL 2023-09-15 2");
  EXPECT_TRUE(CaseOf("p2").has_stable_on());
  const auto closed = Close(stays);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->outcome(), v1::CASE_OUTCOME_RETURNED);
}

TEST_P(Returns, TheDayOnWhichSomebodyFoundTheChildAbsentIsNoReturn) {
  Live(20230904, {"p2"});
  const std::string name = Find("p2", v1::DISCOVERY_CHANNEL_REPORT, 20230904);
  Live(20230905, {});
  Live(20230906, {});
  EXPECT_EQ(LookedFor(name, 20230906), "");
  Evaluate(20230906);
  EXPECT_EQ(Line("p2"), "VERIFYING  0") << "the list of the class has everybody who is not named";
  Live(20230907, {});
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-07 1");
}

TEST_P(Returns, OfWhoIsTaughtAtHomeDaysWithALessonCount) {
  Live(20230904, {"p2"});
  const std::string name = Find("p2", v1::DISCOVERY_CHANNEL_HOUSE_VISIT, 20230904);
  v1::DisabledChild child;
  child.set_name(absl::StrCat(kCounty, "/disabledChildren/p2"));
  child.set_person("p2");
  child.set_area("411728103/s1/k1");
  v1::Placement* placement = child.add_placements();
  placement->set_number(1);
  placement->set_kind("HOME_TEACHING");
  *placement->mutable_from() = Date(20230905);
  *placement->mutable_until() = Date(20240705);
  placement->set_state(v1::PLACEMENT_STATE_APPROVED);
  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  ASSERT_TRUE(monitoring.place.database
                  ->Write(kShard,
                          [&](db::Transaction& tx) -> absl::Status {
                            feed::RootWriter writer(tx, *sealer, {"t", "t"});
                            RETURN_IF_ERROR(writer.Put(kDisabledChildren, nullptr, child, "TEST").status());
                            return writer.Finish().status();
                          })
                  .ok());
  registry_v1::Student student = Student("p2");
  student.set_status("HOME_TAUGHT");
  *student.mutable_status_from() = Date(20230905);
  registry.Put(student);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  On(20230905);
  v1::RecordReturnRequest back;
  back.set_name(name);
  back.set_request_id(NewId());
  back.set_placement("HOME_TEACHING");
  *back.mutable_returned_on() = Date(20230905);
  ASSERT_TRUE(monitoring.Call("RecordReturn", back, &Handlers::RecordReturn).ok());
  const auto teach = [&](int date) {
    On(date);
    v1::RecordHomeLessonRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    request.mutable_lesson()->set_child(child.name());
    *request.mutable_lesson()->mutable_on() = Date(date);
    request.mutable_lesson()->set_lessons(2);
    request.mutable_lesson()->set_teacher("李老师");
    return ReasonOf(monitoring.Call("RecordHomeLesson", request, &Handlers::RecordHomeLesson).status());
  };
  for (const int date : {20230905, 20230906, 20230907, 20230908, 20230911, 20230912, 20230913, 20230914, 20230915}) {
    EXPECT_EQ(teach(date), "");
    EXPECT_EQ(teach(date), "") << "two at one day are one day";
    Evaluate(date);
  }
  EXPECT_EQ(Line("p2"), "RETURNED_TRIAL 2023-09-05 9");
  On(20230918);
  Evaluate(20230918);
  EXPECT_FALSE(CaseOf("p2").has_stable_on()) << "a day without a lesson is none";
  EXPECT_EQ(teach(20230919), "");
  Evaluate(20230919);
  EXPECT_EQ(DayOf(CaseOf("p2").stable_on()), absl::CivilDay(2023, 9, 19));
  EXPECT_TRUE(Close(name).ok());
}

INSTANTIATE_TEST_SUITE_P(Databases, Returns, ::testing::Values("sqlite", "postgres"));

}  // namespace
}  // namespace ruraledu::dropout_monitoring
