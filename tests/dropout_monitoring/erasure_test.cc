// A child whose retention has ended: what this service knew goes, what it did stays, and others lose nothing.
#include <atomic>

#include "common/db/faults.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/lib/known_of_person.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Erasure, EveryKindOfRootSaysWhereAPersonIs) {
  EXPECT_THAT(testlib::UnsaidOf(OwnKinds(), Schema()), IsEmpty());
}

// All that is personal of p1 has "p1" in it, and so on.
class ErasureTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ErasureTest() : ErasureTest(std::make_shared<std::atomic<int64_t>>(-1)) {}
  explicit ErasureTest(std::shared_ptr<std::atomic<int64_t>> counter)
      : CaseFixture(Options(counter)), left(std::move(counter)) {}
  static db::Options Options(std::shared_ptr<std::atomic<int64_t>> left) {
    db::Options options = OptionsOf(GetParam());
    options.decorate = db::WithFaults([left](int64_t, std::string_view) {
      return *left < 0 || --*left > 0 ? absl::OkStatus() : (*left = 1, absl::UnavailableError("killed"));
    });
    return options;
  }
  void SetUp() override {
    for (const char* person : {"p1", "p3"}) registry.Put(Named(person));
    ASSERT_TRUE(monitoring.CatchUp().ok());
    Teach();
    Mark(11, {{"p1", v1::MARK_ABSENT}, {"p3", v1::MARK_LEAVE}});
    Mark(12, {{"p1", v1::MARK_LEAVE}});
    Mark(13, {{"p3", v1::MARK_ABSENT}});
    Mark(14, {{"p1", v1::MARK_ABSENT}, {"p3", v1::MARK_ABSENT}});
    On(9, 14);
    Evaluate();
    for (const char* person : {"p1", "p3"}) {
      cases[person] = OpenFor(person)->name();
      v1::RecordContactRequest visit = Visiting(cases[person]);
      visit.mutable_contact()->set_place(absl::StrCat("赵", person, "家"));
      ASSERT_TRUE(As("teacher", kClassArea, "RecordContact", visit, &Handlers::RecordContact).ok());
      ASSERT_TRUE(Issue(cases[person], v1::LEGAL_STEP_KIND_LEGAL_0).ok());
      Answer(person);
      file[person] = PutFile(person);
    }
  }
  static registry_v1::Student Named(const std::string& person) {
    registry_v1::Student student = Child(person);
    student.set_display_name("赵" + person);
    student.mutable_guardians(0)->set_display_name("赵" + person + "之父");
    return student;
  }
  void Teach() {
    v1::PutSchoolCalendarRequest request = Of<v1::PutSchoolCalendarRequest>("");
    request.set_parent(kCounty);
    request.set_school_year("2023-2024");
    auto* span = request.mutable_calendar()->add_spans();
    *span->mutable_first_day() = Date(20230901);
    *span->mutable_last_day() = Date(20240119);
    const auto put = As("clerk", "411728", "PutSchoolCalendar", request, &Handlers::PutSchoolCalendar);
    ASSERT_TRUE(put.ok()) << put.status();
  }
  // The words of AttendanceResult of one sheet.
  std::string Mark(int day, const std::map<std::string, v1::Mark>& marks) {
    On(9, day);
    v1::BatchRecordAttendanceRequest request = Of<v1::BatchRecordAttendanceRequest>("");
    request.set_parent(kCounty);
    auto* sheet = request.add_sheets();
    sheet->set_class_name(absl::StrCat(kCounty, "/classes/k1"));
    *sheet->mutable_day() = DateOf(today);
    sheet->set_session(v1::SESSION_DAY);
    sheet->set_taken_at_us(clock.NowMicros());
    sheet->set_whole_class(true);
    for (const auto& [person, mark] : marks) {
      auto* added = sheet->add_marks();
      added->set_student(person);
      added->set_mark(mark);
      if (mark == v1::MARK_LEAVE) added->set_leave_reason("SICK");
    }
    const auto answer = As("teacher", kClassArea, "BatchRecordAttendance", request, &Handlers::BatchRecordAttendance);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() && answer->results(0).problems_size() > 0 ? answer->results(0).problems(0).reason() : "";
  }
  void Evaluate() {
    v1::StartEvaluationRequest request = Of<v1::StartEvaluationRequest>("");
    request.set_parent(kCounty);
    *request.mutable_on() = DateOf(today);
    const auto job = As("clerk", "411728", "StartEvaluation", request, &Handlers::StartEvaluation);
    ASSERT_TRUE(job.ok()) << job.status();
    ASSERT_TRUE(monitoring.Turn(kShard, std::string(feed::IdOfName(job->name()))).ok());
  }
  void Answer(const std::string& person) {
    v1::AssignResponsibilityRequest request = Of<v1::AssignResponsibilityRequest>("");
    request.set_parent(kCounty);
    request.mutable_responsibility()->set_mechanism("TWO_LINES");
    request.mutable_responsibility()->set_slot("CLASS");
    request.mutable_responsibility()->set_subject(person);
    request.mutable_responsibility()->set_display_name("赵" + person + "的老师");
    const auto named = As("clerk", "411728", "AssignResponsibility", request, &Handlers::AssignResponsibility);
    ASSERT_TRUE(named.ok()) << named.status();
  }
  std::string PutFile(const std::string& person) {
    const std::string content = "病历 " + person;
    auto create = Of<ruraledu::files::v1::CreateFileRequest>("");
    create.set_parent(kCounty);
    create.mutable_file()->set_owner(absl::StrCat(kCounty, "/students/", person));
    create.mutable_file()->set_kind(ruraledu::files::v1::FILE_KIND_EVIDENCE);
    create.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
    create.mutable_file()->set_file_name("赵" + person + ".txt");
    create.mutable_file()->set_sha256(crypto::Sha256({content}));
    const auto created = As("clerk", "411728", "CreateFile", create, &Handlers::CreateFile);
    EXPECT_TRUE(created.ok()) << created.status();
    ruraledu::files::v1::UploadFileChunkRequest chunk;
    chunk.set_name(created->name());
    chunk.set_data(content);
    chunk.set_sha256(crypto::Sha256({content}));
    EXPECT_TRUE(As("clerk", "411728", "UploadFileChunk", chunk, &Handlers::UploadFileChunk).ok());
    const auto commit = Of<ruraledu::files::v1::CommitFileRequest>(created->name());
    EXPECT_TRUE(As("clerk", "411728", "CommitFile", commit, &Handlers::CommitFile).ok());
    return created->name();
  }
  std::string FileState(const std::string& person) {
    const auto get = Of<ruraledu::files::v1::GetFileRequest>(file[person]);
    const auto answer = As("clerk", "411728", "GetFile", get, &Handlers::GetFile);
    return answer.ok() ? ruraledu::files::v1::FileState_Name(answer->state()) : std::string(ReasonOf(answer.status()));
  }
  // As the registry's erasure leaves the student.
  void EraseInRegistry(const std::string& person) {
    registry_v1::Student student = Named(person);
    student.set_status("DROPPED");
    feed::KeepPublished(student);
    *student.mutable_erased_on() = DateOf(today);
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  }
  std::vector<db::JobRow> Jobs() {
    return *monitoring.place.database->Read(
        [](db::Transaction& tx) { return db::ListJobs(tx, kShard, rpc::kErasePersonJob, "", 10); });
  }
  void RunErasure() {
    for (const db::JobRow& job : Jobs()) {
      if (job.state == db::JobState::kQueued) EXPECT_TRUE(monitoring.Turn(kShard, job.id).ok());
    }
  }
  std::vector<std::string> Known(const std::string& person) {
    return testlib::KnownOf(*monitoring.place.database, **monitoring.place.keys->SealerOf(kShard), kShard, OwnKinds(),
                            person);
  }
  v1::Sheet SheetOf(const std::string& day) {
    const auto get = Of<v1::GetSheetRequest>(absl::StrCat(kCounty, "/sheets/k1.", day, ".D"));
    const auto sheet = As("clerk", "411728", "GetSheet", get, &Handlers::GetSheet);
    EXPECT_TRUE(sheet.ok()) << sheet.status();
    return sheet.value_or(v1::Sheet());
  }
  std::vector<std::string> ListedAbsences() {
    v1::ListAbsencesRequest request;
    request.set_parent(kCounty);
    const auto listed = As("clerk", "411728", "ListAbsences", request, &Handlers::ListAbsences);
    std::vector<std::string> persons;
    for (const auto& absence : listed->absences()) persons.push_back(absence.person());
    return persons;
  }

  std::shared_ptr<std::atomic<int64_t>> left;  // statements until killed
  std::map<std::string, std::string> cases, file;
};

TEST_P(ErasureTest, CutOffAnywhereItEndsWithNothingLeftOfTheChildAndAllOfOthers) {
  for (const char* part : {"row cases/", "row sheets/", "row responsibilities/", "row files/", "journal "}) {
    EXPECT_THAT(Known("p1"), Contains(HasSubstr(part)));
  }
  EXPECT_EQ(ListedAbsences(), (std::vector<std::string>{"p1", "p3"}));
  EXPECT_EQ(monitoring.Counter("absent_pupils"), 2);
  // Sheets of both go from the journal; the sheet itself keeps the other one.
  const auto both = [](const std::string& day) { return absl::StrCat("journal ", kCounty, "/sheets/k1.", day, ".D"); };
  const auto others = [&] {
    auto known = Known("p3");
    for (const char* day : {"2023-09-11", "2023-09-14"}) std::erase(known, both(day));
    return known;
  };
  EXPECT_THAT(Known("p3"), Contains(both("2023-09-11")));
  const auto before = others();
  EraseInRegistry("p1");
  ASSERT_EQ(Jobs().size(), 1u);
  const std::string job = Jobs()[0].id;
  int rounds = 0;
  for (int64_t at = 3;; at += 11, ++rounds) {
    *left = at;
    const absl::Status turn = monitoring.Turn(kShard, job);
    *left = -1;
    EXPECT_EQ(others(), before) << "cut off at " << at;
    if (turn.ok()) break;
  }
  EXPECT_GT(rounds, 2);
  EXPECT_THAT(Known("p1"), IsEmpty());
  EXPECT_EQ(FileState("p1"), "FILE_STATE_ERASED");
  EXPECT_EQ(FileState("p3"), "FILE_STATE_CLEAN");
  EXPECT_TRUE(feed::VerifyChain(*monitoring.place.database, kShard).ok());
}

TEST_P(ErasureTest, FiguresAndWhatWasDecidedStay) {
  const v1::Case before = *Whole(cases["p1"]);
  EraseInRegistry("p1");
  RunErasure();
  const v1::Case after = *Whole(cases["p1"]);
  EXPECT_EQ(after.number(), before.number());
  EXPECT_EQ(after.state(), before.state());
  EXPECT_EQ(after.persuasions(), before.persuasions());
  EXPECT_TRUE(after.unresolved() == before.unresolved() && after.contacts().empty() && after.legal_steps().empty());
  const v1::Sheet sheet = SheetOf("2023-09-11");
  EXPECT_EQ(sheet.absent(), 1);
  EXPECT_EQ(sheet.on_leave(), 1);
  ASSERT_EQ(sheet.entries_size(), 1);
  EXPECT_EQ(sheet.entries(0).person(), "p3");
  EXPECT_EQ(ListedAbsences(), std::vector<std::string>{"p3"});
  EXPECT_EQ(monitoring.Counter("absent_pupils"), 1) << "a child that nobody knows is nobody's to visit";
}

TEST_P(ErasureTest, IsOrderedOnceAndNothingIsAddedAfterwards) {
  EraseInRegistry("p1");
  RunErasure();
  registry_v1::Student again = Named("p1");
  feed::KeepPublished(again);
  *again.mutable_erased_on() = Date(20240901);
  registry.Put(again);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Jobs().size(), 1u);
  EXPECT_EQ(Mark(15, {{"p1", v1::MARK_ABSENT}}), "NOT_IN_CLASS");
  EXPECT_EQ(Mark(11, {{"p1", v1::MARK_ABSENT}}), "NOT_IN_CLASS") << "however old the upload is";
  On(9, 15);
  Evaluate();
  EXPECT_EQ(ListedAbsences(), std::vector<std::string>{"p3"});
  EXPECT_THAT(Known("p1"), IsEmpty());
}

TEST_P(ErasureTest, WhatWasErasedIsNotRenderedAndNotOpenedAgain) {
  auto send = Of<v1::SendDepartmentSlipRequest>("");
  send.set_parent(kCounty);
  send.set_matter("VISIT");
  std::vector<std::string> slips;
  for (const std::string& about : {cases["p1"], absl::StrCat(kCounty, "/students/p1")}) {
    send.set_about(about);
    send.set_request_id(NewId());
    const auto sent = As("clerk", "411728", "SendDepartmentSlip", send, &Handlers::SendDepartmentSlip);
    ASSERT_TRUE(sent.ok()) << sent.status();
    slips.push_back(sent->name());
  }
  EraseInRegistry("p1");
  RunErasure();
  EXPECT_EQ(Reason(OpenFor("p1")), "ERASED");
  auto render = Of<v1::RenderLegalDocumentRequest>(cases["p1"]);
  render.set_kind(v1::LEGAL_STEP_KIND_LEGAL_0);
  EXPECT_EQ(Reason(As("clerk", "411728", "RenderLegalDocument", render, &Handlers::RenderLegalDocument)), "ERASED");
  for (const std::string& slip : slips) {
    v1::RenderDepartmentSlipRequest letter;
    letter.set_name(slip);
    EXPECT_EQ(Reason(monitoring.CallAs(Holder("COUNTY_DROPOUT_OFFICER"), "RenderDepartmentSlip", letter,
                                       &Handlers::RenderDepartmentSlip, "DROPOUT_CARE")),
              "ERASED");
  }
}

TEST_P(ErasureTest, AMessageToTheFamilyLosesItsText) {
  auto send = Of<v1::SendAbsenceMessagesRequest>("");
  send.set_parent(kCounty);
  send.set_channel("SMS");
  const auto sent = As("clerk", "411728", "SendAbsenceMessages", send, &Handlers::SendAbsenceMessages);
  ASSERT_TRUE(sent.ok() && sent->made() == 2) << sent.status();
  // Those that have a text.
  const auto told = [&] {
    v1::ListAbsenceMessagesRequest request;
    request.set_parent(kCounty);
    request.set_unmask(true);
    const auto all = monitoring.CallAs(Holder("COUNTY_DROPOUT_OFFICER"), "ListAbsenceMessages", request,
                                       &Handlers::ListAbsenceMessages, "DROPOUT_CARE");
    EXPECT_TRUE(all.ok() && all->messages_size() == 2) << all.status();
    std::vector<std::string> persons;
    for (const v1::AbsenceMessage& message : all->messages()) {
      if (!message.text().empty()) persons.push_back(message.person());
    }
    return persons;
  };
  EXPECT_EQ(told(), (std::vector<std::string>{"p1", "p3"}));
  EraseInRegistry("p1");
  RunErasure();
  EXPECT_EQ(told(), std::vector<std::string>{"p3"});
  send.set_request_id(NewId());
  send.set_again(true);
  EXPECT_EQ(As("clerk", "411728", "SendAbsenceMessages", send, &Handlers::SendAbsenceMessages)->made(), 0);
}

INSTANTIATE_TEST_SUITE_P(Databases, ErasureTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
