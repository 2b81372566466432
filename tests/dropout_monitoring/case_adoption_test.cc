// One child, one open case (3.2): what becomes of the case of a child that a register comes to know.
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/population_tables.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/enrolment_book.h"
#include "tests/dropout_monitoring/population_book.h"
#include "tests/lib/known_of_person.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AdoptionTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  AdoptionTest() : CaseFixture(OptionsOf(GetParam())) {
    On(10, 9);
    v1::PutSchoolCalendarRequest calendar = Of<v1::PutSchoolCalendarRequest>("");
    calendar.set_parent(kCounty);
    calendar.set_school_year("2023-2024");
    auto* span = calendar.mutable_calendar()->add_spans();
    *span->mutable_first_day() = Date(20230901);
    *span->mutable_last_day() = Date(20231229);
    EXPECT_TRUE(As("clerk", "411728", "PutSchoolCalendar", calendar, &Handlers::PutSchoolCalendar).ok());
  }

  // A resident of no register, found by a comparison; the name of its case.
  std::string FindNobody(const v1::Resident& resident) {
    const auto listed = As("officer", "411728", "BatchRecordResidents", ListOf({resident}, "POLICE", today),
                           &Handlers::BatchRecordResidents);
    EXPECT_TRUE(listed.ok()) << listed.status();
    EXPECT_EQ(Compared(monitoring).cases_opened(), 1);
    const auto open = Open();
    EXPECT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].person(), "");
    return open[0].name();
  }
  void Register(const std::string& person, const std::string& id_number) {
    registry_v1::Student student = Child(person);
    student.set_display_name("孙小树");
    *student.mutable_birth_date() = Date(20160301);
    student.set_id_number(id_number);
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  }
  std::vector<v1::Case> Open() {
    const auto cases =
        monitoring.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<v1::Case>> {
          ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
          ASSIGN_OR_RETURN(const auto rows,
                           tx.Query("SELECT id, body, sealed, version FROM dropout_case WHERE shard = $1 "
                                    "AND is_open = 1 ORDER BY id",
                                    kShard));
          return feed::ReadRoots<v1::Case>(rows, kCases, sealer.get());
        });
    EXPECT_TRUE(cases.ok()) << cases.status();
    return cases.value_or(std::vector<v1::Case>());
  }
  v1::Resident OneResident() {
    v1::ListResidentsRequest request;
    request.set_parent(kCounty);
    const auto listed = monitoring.Call("ListResidents", request, &Handlers::ListResidents);
    EXPECT_TRUE(listed.ok() && listed->residents_size() == 1);
    return listed->residents(0);
  }
  absl::StatusOr<v1::Resident> DecideFor(const std::string& person) {
    const v1::Resident resident = OneResident();
    v1::DecideResidentRequest request = Of<v1::DecideResidentRequest>(resident.name());
    request.set_etag(resident.etag());
    request.set_student(absl::StrCat(kCounty, "/students/", person));
    return As("w", "411728", "DecideResident", request, &Handlers::DecideResident);
  }
  // A school day of the class, at its end.
  void Live(int day, const std::string& absent) {
    On(10, day);
    v1::BatchRecordAttendanceRequest request = Of<v1::BatchRecordAttendanceRequest>("");
    request.set_parent(kCounty);
    auto* sheet = request.add_sheets();
    sheet->set_class_name(absl::StrCat(kCounty, "/classes/k1"));
    *sheet->mutable_day() = DateOf(today);
    sheet->set_session(v1::SESSION_DAY);
    sheet->set_taken_at_us(clock.NowMicros());
    sheet->set_whole_class(true);
    if (!absent.empty()) {
      auto* mark = sheet->add_marks();
      mark->set_student(absent);
      mark->set_mark(v1::MARK_ABSENT);
    }
    const auto answer = As("teacher", "411728", "BatchRecordAttendance", request, &Handlers::BatchRecordAttendance);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->results(0).outcome(), v1::ATTENDANCE_OUTCOME_RECORDED) << answer->ShortDebugString();
    v1::StartEvaluationRequest evaluation = Of<v1::StartEvaluationRequest>("");
    evaluation.set_parent(kCounty);
    *evaluation.mutable_on() = DateOf(today);
    const auto job = As("clerk", "411728", "StartEvaluation", evaluation, &Handlers::StartEvaluation);
    ASSERT_TRUE(job.ok()) << job.status();
    const absl::Status turned = monitoring.Turn(kShard, std::string(feed::IdOfName(job->name())));
    ASSERT_TRUE(turned.ok()) << turned;
  }
  static std::vector<std::string> ChannelsOf(const v1::Case& file) {
    std::vector<std::string> channels;
    for (const v1::Finding& finding : file.findings()) {
      channels.push_back(v1::DiscoveryChannel_Name(finding.channel()).substr(18));
    }
    return channels;
  }
  static void ExpectOfStudent(const v1::Case& file, const std::string& person) {
    EXPECT_EQ(file.person(), person);
    EXPECT_EQ(file.child_key(), person);
    EXPECT_EQ(file.area(), kClassArea);
    EXPECT_EQ(file.school(), absl::StrCat(kCounty, "/schools/s1"));
    EXPECT_EQ(file.child().display_name(), "孙小树");
    EXPECT_EQ(file.child().guardians_size(), 1);
    EXPECT_EQ(file.authority(), v1::AUTHORITY_LEVEL_TOWNSHIP) << "who led it leads it";
    EXPECT_EQ(file.authority_area(), "411728103");
    EXPECT_FALSE(file.has_keep_until());
    EXPECT_TRUE(std::any_of(file.steps().begin(), file.steps().end(),
                            [](const v1::CaseStep& step) { return step.event() == "adopt"; }));
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, AdoptionTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(AdoptionTest, AComparisonGivesTheCaseToTheStudent) {
  const std::string name = FindNobody(ResidentOf("孙小树", IdOf(20160301)));
  v1::SendDepartmentSlipRequest sending = Of<v1::SendDepartmentSlipRequest>("");
  sending.set_parent(kCounty);
  sending.set_about(name);
  sending.set_matter("CHILD_LABOUR");
  sending.set_text("请依法查处");
  const auto slip = As("officer", "411728", "SendDepartmentSlip", sending, &Handlers::SendDepartmentSlip);
  ASSERT_TRUE(slip.ok()) << slip.status();
  Register("p9", IdOf(20160301));
  On(10, 10);
  EXPECT_EQ(Compared(monitoring).cases_opened(), 0);
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].name(), name);
  ExpectOfStudent(Open()[0], "p9");
  EXPECT_EQ(Open()[0].child().id_number(), IdOf(20160301)) << "what only the list knew stays";
  const std::string etag = Open()[0].etag();
  Compared(monitoring);
  EXPECT_EQ(Open()[0].etag(), etag) << "once";
  // What hangs on the case goes on.
  v1::AnswerDepartmentSlipRequest answering = Of<v1::AnswerDepartmentSlipRequest>(slip->name());
  answering.set_result("SETTLED");
  answering.set_answer("已责令改正");
  EXPECT_EQ(Reason(As("officer", "411728", "AnswerDepartmentSlip", answering, &Handlers::AnswerDepartmentSlip)), "");
  EXPECT_EQ(Reason(VerifyAs("clerk", "411728103", name)), "");
}

TEST_P(AdoptionTest, AnAbsenceOfTheStudentIsAFindingOfItsCaseAndSoIsItsReturn) {
  const std::string name = FindNobody(ResidentOf("孙小树", IdOf(20160301)));
  Register("p9", IdOf(20160301));
  On(10, 10);
  Compared(monitoring);
  for (const int day : {11, 12, 13}) Live(day, "p9");
  ASSERT_EQ(Open().size(), 1u) << "one open case per child";
  EXPECT_EQ(Open()[0].name(), name);
  EXPECT_THAT(ChannelsOf(Open()[0]), ElementsAre("COMPARISON", "ABSENCE"));
  Live(16, "");
  EXPECT_EQ(Open()[0].state(), v1::CASE_STATE_RETURNED_TRIAL);
  EXPECT_EQ(DayOf(Open()[0].returned_on()), absl::CivilDay(2023, 10, 16));
}

TEST_P(AdoptionTest, WhoEntersSchoolAndAttendsReturns) {
  FindNobody(ResidentOf("孙小树", IdOf(20160301)));
  Register("p9", IdOf(20160301));
  On(10, 10);
  Compared(monitoring);
  Live(11, "");
  EXPECT_EQ(Open()[0].state(), v1::CASE_STATE_RETURNED_TRIAL) << "never enrolled, at school now";
}

TEST_P(AdoptionTest, ADecisionGivesTheCaseToTheStudent) {
  const std::string name = FindNobody(ResidentOf("孙小树", "", 20160301));
  Register("p9", IdOf(20160301, 7));
  On(10, 10);
  EXPECT_EQ(Compared(monitoring).weak(), 1);
  EXPECT_EQ(Open()[0].person(), "") << "a name and a birth date are a question";
  const auto decided = DecideFor("p9");
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_TRUE(decided->masked());
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].name(), name);
  ExpectOfStudent(Open()[0], "p9");
}

TEST_P(AdoptionTest, WhoIsFoundAgainUnderItsPersonKeepsItsCase) {  // by a drive, before a comparison came
  const std::string name = FindNobody(ResidentOf("孙小树", IdOf(20160301)));
  Register("p9", IdOf(20160301));
  const CaseTools tools{ShippedStandards().cases, *monitoring.place.keys};
  FoundFacts facts{
      .person = "p9", .child_key = Open()[0].child_key(), .actor = "job:1", .today = today, .tools = &tools};
  v1::Finding& finding = facts.findings.emplace_back();
  finding.set_channel(v1::DISCOVERY_CHANNEL_ENROLMENT);
  *finding.mutable_on() = DateOf(today);
  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  const auto found = monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::StatusOr<std::string> {
    feed::RootWriter writer(tx, *sealer, {"job:1", "1"});
    ASSIGN_OR_RETURN(const std::string opened, OpenFound(tx, writer, facts));
    RETURN_IF_ERROR(writer.Finish().status());
    return opened;
  });
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, name);
  ASSERT_EQ(Open().size(), 1u);
  ExpectOfStudent(Open()[0], "p9");
  EXPECT_THAT(ChannelsOf(Open()[0]), ElementsAre("COMPARISON", "ENROLMENT"));
}

TEST_P(AdoptionTest, TheOlderOfTwoCasesTakesTheFindingsOfBoth) {
  const std::string older = FindNobody(ResidentOf("孙小树", IdOf(20160301)));
  Register("p9", IdOf(20160301));
  On(10, 10);
  const std::string newer = OpenFor("p9")->name();
  Compared(monitoring);
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].name(), older);
  ExpectOfStudent(Open()[0], "p9");
  EXPECT_THAT(ChannelsOf(Open()[0]), ElementsAre("COMPARISON", "REPORT"));
  const auto closed = Whole(newer);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->state(), v1::CASE_STATE_CLOSED);
  EXPECT_EQ(closed->outcome(), v1::CASE_OUTCOME_DUPLICATE);
  EXPECT_EQ(DayOf(closed->closed_on()), today);
  EXPECT_EQ(closed->steps().rbegin()->reason(), older) << "it leads to the one that goes on";
}

TEST_P(AdoptionTest, AConfirmedDropoutStaysOne) {
  FindNobody(ResidentOf("孙小树", "", 20160301));
  Register("p9", IdOf(20160301, 7));
  const std::string confirmed = Confirmed("p9");
  const std::string etag = Whole(confirmed)->etag();
  Compared(monitoring);
  ASSERT_EQ(Open().size(), 2u);
  ASSERT_TRUE(DecideFor("p9").ok());
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].name(), confirmed) << "a join resolves no dropout";
  EXPECT_TRUE(Unresolved(Open()[0].state()));
  EXPECT_NE(Open()[0].etag(), etag);
  EXPECT_THAT(ChannelsOf(Open()[0]), ElementsAre("REPORT", "COMPARISON"));
}

TEST_P(AdoptionTest, WhatWasAdoptedIsErasedWithTheStudent) {
  FindNobody(ResidentOf("孙小树", IdOf(20160301)));
  Register("p9", IdOf(20160301));
  On(10, 10);
  OpenFor("p9").IgnoreError();
  Compared(monitoring);
  registry_v1::Student erased;
  erased.set_name(absl::StrCat(kCounty, "/students/p9"));
  erased.set_area(kClassArea);
  *erased.mutable_erased_on() = DateOf(today);
  registry.Put(erased);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  ASSERT_EQ(TurnWaiting(monitoring, rpc::kErasePersonJob), 1);
  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  EXPECT_THAT(testlib::KnownOf(*monitoring.place.database, *sealer, kShard, OwnKinds(), "孙小树"), IsEmpty());
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
