// Monthly register cleaning behind its handlers, on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "services/dropout_monitoring/register_check_store.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RegisterTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  RegisterTest() : CaseFixture(OptionsOf(GetParam())) {
    for (const char* id : {"p1", "p2", "p3"}) registry.Put(Numbered(id));
    CatchUp();
  }
  void CatchUp() { ASSERT_TRUE(monitoring.CatchUp().ok()); }
  // Every child has numbers of its own.
  static registry_v1::Student Numbered(const std::string& id, const std::string& school = "s1",
                                       const std::string& in_class = "k1") {
    registry_v1::Student student = Child(id);
    student.set_id_number(absl::StrCat("id-", id));
    student.add_student_numbers()->set_number(absl::StrCat("G-", id));
    student.mutable_enrolments(0)->set_school(absl::StrCat(kCounty, "/schools/", school));
    student.mutable_enrolments(0)->set_class_name(in_class.empty() ? "" : absl::StrCat(kCounty, "/classes/", in_class));
    student.set_area(absl::StrCat("411728103/", school, in_class.empty() ? "" : "/", in_class));
    return student;
  }
  void Put(const registry_v1::Student& student) {
    registry.Put(student);
    CatchUp();
  }

  v1::PrepareRegisterCheckRequest Preparing(const std::string& school = "s1",
                                            const std::string& month = "2023-09") const {
    v1::PrepareRegisterCheckRequest request = Of<v1::PrepareRegisterCheckRequest>("");
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/", school));
    request.set_month(month);
    return request;
  }
  // What an answer is about, with the findings, which answers leave out.
  absl::StatusOr<v1::RegisterCheck> Seen(const absl::StatusOr<v1::RegisterCheck>& answer) {
    RETURN_IF_ERROR(answer.status());
    EXPECT_TRUE(answer->masked() && answer->findings().empty());
    return Stored(answer->name());
  }
  v1::RegisterCheck Stored(const std::string& name) {
    const auto sealer = *monitoring.place.keys->SealerOf(kShard);
    const auto check = monitoring.place.database->Read([&](db::Transaction& tx) {
      return feed::Load<v1::RegisterCheck>(tx, *sealer, kRegisterChecks, kShard, feed::IdOfName(name));
    });
    EXPECT_TRUE(check.ok() && check->has_value()) << check.status();
    return check.ok() ? check->value_or(v1::RegisterCheck()) : v1::RegisterCheck();
  }
  absl::StatusOr<v1::RegisterCheck> Prepare(const v1::PrepareRegisterCheckRequest& request,
                                            const std::string& area = "411728") {
    return Seen(As("clerk", area, "PrepareRegisterCheck", request, &Handlers::PrepareRegisterCheck));
  }
  v1::RegisterCheck Prepared(const std::string& school = "s1") {
    const auto check = Prepare(Preparing(school));
    EXPECT_TRUE(check.ok()) << check.status();
    return check.value_or(v1::RegisterCheck());
  }
  absl::StatusOr<v1::RegisterCheck> Answer(const v1::RegisterCheck& check, int finding, v1::RegisterAnswer with,
                                           const std::string& passed_to = "") {
    v1::AnswerRegisterFindingRequest request = Of<v1::AnswerRegisterFindingRequest>(check.name());
    request.set_kind(check.findings(finding).kind());
    request.set_student(check.findings(finding).student());
    request.set_answer(with);
    request.set_reason("住院治疗");
    request.set_passed_to(passed_to);
    return Seen(As("clerk", kSchoolArea, "AnswerRegisterFinding", request, &Handlers::AnswerRegisterFinding));
  }
  absl::StatusOr<v1::RegisterCheck> SignAs(const std::string& person, const v1::RegisterCheck& check, bool zero) {
    v1::SignRegisterCheckRequest request = Of<v1::SignRegisterCheckRequest>(check.name());
    request.set_zero(zero);
    request.set_etag(check.etag());
    return Seen(As(person, "411728", "SignRegisterCheck", request, &Handlers::SignRegisterCheck));
  }
  absl::StatusOr<v1::RegisterRollUp> Sum(const std::string& month = "2023-09", const std::string& area = "411728") {
    v1::GetRegisterRollUpRequest request;
    request.set_parent(kCounty);
    request.set_month(month);
    return As("o", area, "GetRegisterRollUp", request, &Handlers::GetRegisterRollUp);
  }
  static std::vector<std::string> Words(const v1::RegisterCheck& check) {
    std::vector<std::string> words;
    for (const auto& one : check.findings()) {
      words.push_back(absl::StrCat(one.kind(), " ", feed::IdOfName(one.student()), " ",
                                   feed::IdOfName(one.other_school()), " ", feed::IdOfName(one.other_student())));
    }
    return words;
  }
  // A sheet of k1 that marks its whole class.
  void Mark() {
    v1::PutSchoolCalendarRequest teach = Of<v1::PutSchoolCalendarRequest>("");
    teach.set_parent(kCounty);
    teach.set_school_year("2023-2024");
    auto* span = teach.mutable_calendar()->add_spans();
    *span->mutable_first_day() = Date(20230901);
    *span->mutable_last_day() = Date(20240119);
    const auto put = As("clerk", "411728", "PutSchoolCalendar", teach, &Handlers::PutSchoolCalendar);
    ASSERT_TRUE(put.ok()) << put.status();
    v1::BatchRecordAttendanceRequest request = Of<v1::BatchRecordAttendanceRequest>("");
    request.set_parent(kCounty);
    auto* sheet = request.add_sheets();
    sheet->set_class_name(absl::StrCat(kCounty, "/classes/k1"));
    *sheet->mutable_day() = DateOf(today);
    sheet->set_session(v1::SESSION_DAY);
    sheet->set_taken_at_us(clock.NowMicros());
    sheet->set_whole_class(true);
    const auto marked = As("clerk", "411728", "BatchRecordAttendance", request, &Handlers::BatchRecordAttendance);
    ASSERT_TRUE(marked.ok()) << marked.status();
    ASSERT_EQ(marked->results(0).outcome(), v1::ATTENDANCE_OUTCOME_RECORDED);
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, RegisterTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(RegisterTest, AnExplicitZeroIsSignedByAnother) {
  const auto request = Preparing();
  const auto prepared = Prepare(request, kSchoolArea);
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->name(), absl::StrCat(kCounty, "/registerChecks/s1.2023-09.1"));
  EXPECT_THAT(Words(*prepared), IsEmpty());
  EXPECT_EQ(DayOf(prepared->due_on()), absl::CivilDay(2023, 9, 28));
  EXPECT_EQ(Prepare(request, kSchoolArea)->etag(), prepared->etag()) << "a replay";
  EXPECT_EQ(Sum()->reported(), 0) << "not signed is not there";
  EXPECT_THAT(Sum()->missing(),
              ElementsAre(absl::StrCat(kCounty, "/schools/s1"), absl::StrCat(kCounty, "/schools/s2")));
  EXPECT_EQ(Reason(SignAs("clerk", *prepared, true)), "ROLE_HELD");
  EXPECT_EQ(Reason(SignAs("head", *prepared, false)), "ZERO_NOT_STATED");
  const auto signed_one = SignAs("head", *prepared, true);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_TRUE(signed_one->zero());
  EXPECT_FALSE(signed_one->late());
  EXPECT_EQ(Reason(SignAs("head", *prepared, true)), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(SignAs("head", *signed_one, true)), "STATE_TRANSITION");
  EXPECT_EQ(Sum()->reported(), 1);
  EXPECT_EQ(Sum()->missing_size(), 1);
  EXPECT_EQ(Reason(Sum("2023-9")), "MONTH_FORMAT");
  EXPECT_EQ(Reason(Sum("2023-09", kSchoolArea)), "PERMISSION_DENIED");
}

TEST_P(RegisterTest, AnApprovedReviewLocksTheChecksOfItsMonths) {
  registry_v1::Student unnumbered = Numbered("p1");
  unnumbered.clear_student_numbers();
  Put(unnumbered);
  const v1::RegisterCheck check = Prepared();
  ASSERT_EQ(check.findings_size(), 1);
  v1::PrepareReviewRequest preparing = Of<v1::PrepareReviewRequest>("");
  preparing.set_parent(kCounty);
  preparing.set_kind(v1::REVIEW_KIND_QUARTER);
  preparing.set_period("2023-Q3");
  auto review = As("writer", "411728", "PrepareReview", preparing, &Handlers::PrepareReview);
  ASSERT_TRUE(review.ok()) << review.status();
  On(10, 8);
  const auto decided = [&](bool approve) {
    v1::DecideReviewRequest request = Of<v1::DecideReviewRequest>(review->name());
    request.set_approve(approve);
    request.set_reason("核对");
    request.set_etag(review->etag());
    review = As("head", "411728", "DecideReview", request, &Handlers::DecideReview);
    return review.status();
  };
  ASSERT_EQ(ReasonOf(decided(true)), "");
  EXPECT_EQ(Reason(Prepare(Preparing())), "PERIOD_APPROVED");
  EXPECT_EQ(Reason(Answer(check, 0, v1::REGISTER_ANSWER_EXPLAINED)), "PERIOD_APPROVED");
  EXPECT_EQ(Reason(SignAs("head", check, false)), "PERIOD_APPROVED");
  EXPECT_EQ(Reason(Prepare(Preparing("s1", "2023-10"))), "") << "October is open";
  ASSERT_EQ(ReasonOf(decided(false)), "");
  EXPECT_EQ(Reason(Answer(check, 0, v1::REGISTER_ANSWER_EXPLAINED)), "");
}

TEST_P(RegisterTest, LevelsAboveReadWhatTheyReview) {
  Prepared();
  v1::ListRegisterChecksRequest request;
  request.set_parent(kCounty);
  request.set_month("2023-09");
  const auto listed = [&](const std::string& role, const std::string& area) {
    return monitoring.CallAs(Holder(role, area), "ListRegisterChecks", request, &Handlers::ListRegisterChecks);
  };
  for (const auto& [role, area] : {std::pair("CITY_DROPOUT_OFFICER", "4117"), {"PROVINCE_DROPOUT_OFFICER", "41"}}) {
    const auto checks = listed(role, area);
    ASSERT_TRUE(checks.ok()) << role << checks.status();
    EXPECT_EQ(checks->checks_size(), 1);
  }
  EXPECT_EQ(Reason(listed("CITY_DROPOUT_OFFICER", "4101")), "PERMISSION_DENIED");
}

TEST_P(RegisterTest, WhatIsAskedForIsChecked) {
  EXPECT_EQ(Reason(Prepare(Preparing("s1", "2023-10"))), "MONTH_FUTURE");
  EXPECT_EQ(Reason(Prepare(Preparing("s1", "2023-9"))), "MONTH_FORMAT");
  EXPECT_EQ(Reason(Prepare(Preparing("s2"), kSchoolArea)), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Prepare(Preparing("none"))), "NOT_FOUND");
  auto request = Preparing();
  request.set_in_class_unknown(-1);
  EXPECT_EQ(Reason(Prepare(request)), "NUMBER_RANGE");
  request.set_in_class_unknown(2);
  const auto unknown = Prepare(request);
  ASSERT_TRUE(unknown.ok()) << unknown.status();
  EXPECT_EQ(Reason(SignAs("head", *unknown, true)), "ZERO_NOT_STATED");
  ASSERT_TRUE(SignAs("head", *unknown, false).ok());
  EXPECT_EQ(Sum()->figures().in_class_unknown(), 2);
  registry_v1::School closed = TownSchool("s2");
  closed.set_state(registry_v1::SCHOOL_STATE_CLOSED);
  *closed.mutable_closed_on() = Date(20230701);
  registry.Put(closed);
  CatchUp();
  EXPECT_EQ(Reason(Prepare(Preparing("s2"))), "REPORT_NOT_OWED");
}

// Planted: no number, dropped by the register, two records of one child in two counties, a class of another school.
TEST_P(RegisterTest, FindsWhatIsPlantedAndNothingElse) {
  registry_v1::Student unnumbered = Numbered("a1");
  unnumbered.clear_student_numbers();
  registry.Put(unnumbered);
  registry_v1::Student dropped = Numbered("b1");
  dropped.set_status("DROPPED");
  registry.Put(dropped);
  registry.Put(Numbered("c1"));
  registry_v1::Student twin = Numbered("c2", "s2", "");
  twin.set_id_number("id-c1");
  registry.Put(twin);
  registry_v1::Student past = Numbered("c3", "s2", "");  // off the roll: no second register
  past.set_id_number("id-c1");
  past.set_status("TRANSFERRED");
  registry.Put(past);
  registry.Put(Numbered("d1", "s2", "k1"));  // registered at s2, in a class of s1
  registry_v1::Student graduate = Numbered("e1");
  graduate.set_status("GRADUATED");
  registry.Put(graduate);
  CatchUp();
  EXPECT_THAT(Words(Prepared("s1")), ElementsAre("1 a1  ", "2 b1  ", "3 c1 s2 c2", "4 d1 s2 "));
  EXPECT_THAT(Words(Prepared("s2")), ElementsAre("3 c2 s1 c1", "4 d1 s1 "));
}

TEST_P(RegisterTest, SeenInClassAndOnNoRegister) {
  Mark();
  registry_v1::Student gone = Numbered("p1");  // said later: had left before the class was marked
  *gone.mutable_enrolments(0)->mutable_valid_to() = Date(20230905);
  gone.set_status("TRANSFERRED");
  registry.Put(gone);
  registry_v1::Student elsewhere = Numbered("p2");
  *elsewhere.mutable_enrolments(0)->mutable_valid_to() = Date(20230905);
  registry_v1::Enrolment* next = elsewhere.add_enrolments();
  next->set_school(absl::StrCat(kCounty, "/schools/s2"));
  *next->mutable_valid_from() = Date(20230905);
  registry.Put(elsewhere);
  registry_v1::Student later = Numbered("p3");  // left after it: in order
  *later.mutable_enrolments(0)->mutable_valid_to() = Date(20230912);
  later.set_status("TRANSFERRED");
  *later.mutable_status_from() = Date(20230912);
  registry.Put(later);
  CatchUp();
  On(9, 20);
  EXPECT_THAT(Words(Prepared()), ElementsAre("1 p1  ", "4 p2 s2 "));
  On(10, 20);
  const auto october = Prepare(Preparing("s1", "2023-10"));
  EXPECT_THAT(Words(*october), IsEmpty()) << "longer ago than is looked back";
}

TEST_P(RegisterTest, EachFindingIsWorkedOffBeforeItIsSigned) {
  registry_v1::Student unnumbered = Numbered("a1");
  unnumbered.clear_student_numbers();
  registry.Put(unnumbered);
  registry_v1::Student dropped = Numbered("b1");
  dropped.set_status("DROPPED");
  Put(dropped);
  auto check = Prepared();
  ASSERT_EQ(check.findings_size(), 2);
  EXPECT_EQ(Reason(SignAs("head", check, false)), "FINDINGS_OPEN");
  auto answered = Answer(check, 0, v1::REGISTER_ANSWER_CORRECTED);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->findings(0).reason(), "住院治疗");
  EXPECT_EQ(Reason(Answer(check, 1, v1::REGISTER_ANSWER_PASSED, absl::StrCat(kCounty, "/schools/none"))),
            "SCHOOL_UNKNOWN");
  EXPECT_EQ(Reason(Answer(check, 1, v1::REGISTER_ANSWER_UNSPECIFIED)), "FIELD_REQUIRED");
  answered = Answer(*answered, 1, v1::REGISTER_ANSWER_EXPLAINED);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(Reason(SignAs("head", *answered, false)), "FINDINGS_OPEN") << "said to be corrected, and still found";
  Put(Numbered("a1"));
  On(10, 8);
  const auto signed_one = SignAs("head", *answered, false);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_TRUE(signed_one->late());
  EXPECT_EQ(DayOf(signed_one->findings(0).gone_on()), absl::CivilDay(2023, 10, 8));
  EXPECT_EQ(Sum()->figures().in_class_unregistered(), 1);
  EXPECT_EQ(Sum()->late(), 1);
  EXPECT_EQ(Reason(Answer(*signed_one, 0, v1::REGISTER_ANSWER_EXPLAINED)), "STATE_TRANSITION");
  v1::GetRegisterCheckRequest get;
  get.set_name(check.name());
  get.set_unmask(true);
  EXPECT_EQ(Reason(As("o", "411728", "GetRegisterCheck", get, &Handlers::GetRegisterCheck)), "PERMISSION_DENIED")
      << "a job reads no findings";
  const auto read =
      monitoring.CallAs(Holder("PRINCIPAL"), "GetRegisterCheck", get, &Handlers::GetRegisterCheck, "DROPOUT_CARE");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->findings_size(), 2);

  EXPECT_EQ(Reason(Prepare(Preparing())), "FIELD_REQUIRED") << "a correction says why";
  auto correction = Preparing();
  correction.set_correction_reason("补报");
  const auto second = Prepare(correction);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->version_number(), 2);
  EXPECT_EQ(second->findings(1).answer(), v1::REGISTER_ANSWER_EXPLAINED) << "what was answered stays so";
  ASSERT_TRUE(SignAs("head", *second, false).ok());
  EXPECT_EQ(Sum()->reported(), 1);
  v1::ListRegisterChecksRequest list;
  list.set_parent(kCounty);
  list.set_month("2023-09");
  const auto listed = As("o", "411728", "ListRegisterChecks", list, &Handlers::ListRegisterChecks);
  ASSERT_EQ(listed->checks_size(), 1);
  EXPECT_EQ(listed->checks(0).findings_size(), 0) << "lists say figures";
  list.set_all_versions(true);
  EXPECT_EQ(As("o", "411728", "ListRegisterChecks", list, &Handlers::ListRegisterChecks)->checks_size(), 2);
}

TEST_P(RegisterTest, APassedFindingArrivesAtTheOtherSchool) {
  registry_v1::Student unnumbered = Numbered("a1");
  unnumbered.clear_student_numbers();
  Put(unnumbered);
  const auto check = Prepared("s1");
  ASSERT_TRUE(Answer(check, 0, v1::REGISTER_ANSWER_PASSED, absl::StrCat(kCounty, "/schools/s2")).ok());
  const auto other = Prepared("s2");
  ASSERT_THAT(Words(other), ElementsAre("1 a1 s1 "));
  EXPECT_EQ(other.findings(0).passed_from(), check.school());
  EXPECT_EQ(Reason(SignAs("head", other, false)), "FINDINGS_OPEN");
  v1::AnswerRegisterFindingRequest request = Of<v1::AnswerRegisterFindingRequest>(other.name());
  request.set_kind(v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED);
  request.set_student(other.findings(0).student());
  request.set_answer(v1::REGISTER_ANSWER_EXPLAINED);
  request.set_reason("已补办");
  const auto answered = As("clerk", "411728", "AnswerRegisterFinding", request, &Handlers::AnswerRegisterFinding);
  ASSERT_TRUE(answered.ok()) << answered.status();
  ASSERT_TRUE(SignAs("head", *answered, false).ok());
  On(10, 8);
  EXPECT_THAT(Words(*Prepare(Preparing("s2", "2023-10"))), IsEmpty()) << "answered the month before";
}

TEST_P(RegisterTest, GaugeAndReports) {
  registry_v1::Student unnumbered = Numbered("a1");
  unnumbered.clear_student_numbers();
  Put(unnumbered);
  const auto check = Prepared("s1");
  const auto answered = Answer(check, 0, v1::REGISTER_ANSWER_EXPLAINED);
  ASSERT_TRUE(SignAs("head", *answered, false).ok());
  On(9, 29);
  obs::Metrics metrics;
  ASSERT_TRUE(CaseProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_missing_register_checks{county=\"411728\"} 1"));
  v1::ExportReportRequest request;
  request.set_area("areas/411728");
  request.set_report(v1::REPORT_KIND_REGISTER_FINDINGS);
  request.set_period("2023-09");
  request.set_format(ruraledu::reports::v1::REPORT_FORMAT_CSV);
  const auto findings = monitoring.Export(rpc::MakeJobCaller("o", "411728"), request);
  ASSERT_TRUE(findings.ok()) << findings.status();
  for (const char* text : {"学籍清理台账", "问题类别", "在班无籍", "王**", "已说明", "合计 1"}) {
    EXPECT_THAT(*findings, HasSubstr(text));
  }
  EXPECT_THAT(*findings, Not(HasSubstr("王小明")));
  EXPECT_THAT(*findings, Not(HasSubstr("住院治疗")));
  request.set_report(v1::REPORT_KIND_REGISTER_CHECKS);
  const auto schools = monitoring.Export(rpc::MakeJobCaller("o", "411728"), request);
  ASSERT_TRUE(schools.ok()) << schools.status();
  for (const char* text : {"学籍清理汇总表", "有籍无人", "已签", "逾期未签"}) EXPECT_THAT(*schools, HasSubstr(text));
}

TEST_P(RegisterTest, AnErasedChildIsInNoFinding) {
  registry_v1::Student unnumbered = Numbered("p1");
  unnumbered.clear_student_numbers();
  Put(unnumbered);
  ASSERT_EQ(Prepared().findings_size(), 1);
  feed::KeepPublished(unnumbered);
  *unnumbered.mutable_erased_on() = DateOf(today);
  Put(unnumbered);
  const auto jobs = monitoring.place.database->Read(
      [](db::Transaction& tx) { return db::ListJobs(tx, kShard, rpc::kErasePersonJob, "", 10); });
  ASSERT_EQ(jobs->size(), 1);
  ASSERT_TRUE(monitoring.Turn(kShard, jobs->front().id).ok());
  const auto check = Stored(absl::StrCat(kCounty, "/registerChecks/s1.2023-09.1"));
  EXPECT_EQ(check.findings_size(), 0);
  EXPECT_EQ(check.figures().in_class_unregistered(), 1) << "what the school counted stays";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
