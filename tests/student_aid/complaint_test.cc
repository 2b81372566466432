// Complaints: who may answer, by when, what is hidden, what is refused; attachments that records refer to.
#include "absl/strings/ascii.h"
#include "services/student_aid/complaint_rules.h"
#include "services/student_aid/office_gauges.h"
#include "tests/student_aid/office_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ComplaintTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ComplaintTest() : OfficeFixture(OptionsOf(GetParam())) {}

  std::string Refused(const v1::CreateComplaintRequest& request) { return ReasonOf(Complain(request).status()); }
  v1::CreateComplaintRequest About(const std::string& person) {
    v1::CreateComplaintRequest request = Complaining();
    request.set_student(Pupil(person));
    return request;
  }
  std::vector<std::string> Listed(const std::function<void(v1::ListComplaintsRequest&)>& fill = {}) {
    v1::ListComplaintsRequest request;
    request.set_parent(kCounty);
    if (fill) fill(request);
    const auto response = As("reader", "ListComplaints", request, &Handlers::ListComplaints);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> lines;
    if (!response.ok()) return lines;
    for (const v1::Complaint& complaint : response->complaints()) {
      EXPECT_TRUE(complaint.ground().empty() && complaint.contact().empty());
      lines.push_back(absl::StrCat(complaint.category(), " ", DayText(*DayOf(complaint.answer_due_on()))));
    }
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ComplaintTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ComplaintTest, IsAnsweredInTimeByWhoDecidedNothing) {
  Approve({"p1"});
  auto request = Complaining();
  request.set_application(ApplicationName("p1"));
  const auto complaint = Complain(request);
  ASSERT_TRUE(complaint.ok()) << complaint.status();
  EXPECT_TRUE(complaint->masked() && complaint->ground().empty() && complaint->complainant().empty());
  EXPECT_EQ(complaint->person(), "p1");
  EXPECT_EQ(complaint->area(), "411728103/s1");
  EXPECT_EQ(DayText(*DayOf(complaint->answer_due_on())), "2023-12-08") << "5 working days after Friday, 1 December";
  EXPECT_EQ(Complain(request)->name(), complaint->name()) << "a replay";
  EXPECT_EQ(aid.Counter("complaints", "411728", "NOT_PAID"), 1);
  EXPECT_EQ(aid.Counter("complaints_open", "411728103"), 1);

  const std::string name = complaint->name();
  EXPECT_EQ(ReasonOf(AnswerAs("clerk", name).status()), "STATE_TRANSITION");
  for (const char* decider : {"approver", "school"}) {
    EXPECT_EQ(ReasonOf(AssignTo(name, decider).status()), "ROLE_HELD") << decider;
  }
  ASSERT_TRUE(AssignTo(name, "teacher").ok()) << "handing in decides nothing";
  ASSERT_TRUE(AssignTo(name, "zhang").ok());
  EXPECT_EQ(ReasonOf(AnswerAs("teacher", name).status()), "COMPLAINT_ASSIGNEE");
  On(12, 11);
  const auto answered = AnswerAs("zhang", name);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->state(), v1::COMPLAINT_STATE_ANSWERED);
  EXPECT_TRUE(answered->late());
  EXPECT_EQ(ComplaintOf(name).answer(), "银行退汇，已重新发放");
  EXPECT_EQ(ReasonOf(AnswerAs("zhang", name).status()), "STATE_TRANSITION");
  EXPECT_EQ(aid.Counter("complaints_late", "411728"), 1);
  EXPECT_EQ(aid.Counter("complaints_open", "411728"), 0);

  const auto again = ReopenAgain(name);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(DayText(*DayOf(again->answer_due_on())), "2023-12-18");
  EXPECT_EQ(ComplaintOf(name).ground(), "补助没有到账\n仍未到账");
  EXPECT_EQ(ReasonOf(AssignTo(name, "zhang").status()), "ROLE_HELD") << "answered it before";
  ASSERT_TRUE(AssignTo(name, "li").ok());
  ASSERT_TRUE(AnswerAs("li", name, v1::COMPLAINT_OUTCOME_HELPED).ok());
  EXPECT_THAT(ComplaintOf(name).answered_by(), ElementsAre("job:zhang", "job:li"));
  EXPECT_TRUE(ComplaintOf(name).late()) << "the first answer was";
  EXPECT_EQ(aid.Counter("complaints_founded", "411728"), 0);
}

TEST_P(ComplaintTest, WhoeverOrderedThePaymentDoesNotAnswer) {
  Pay({"p1"});
  auto request = Complaining();
  request.set_order(absl::StrCat(kCounty, "/paymentOrders/p1.", kAutumn, ".", kItem, ".1"));
  const auto complaint = Complain(request);
  ASSERT_TRUE(complaint.ok()) << complaint.status();
  EXPECT_EQ(complaint->application(), ApplicationName("p1"));
  EXPECT_EQ(ReasonOf(AssignTo(complaint->name(), "payer").status()), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(AssignTo(complaint->name(), "approver").status()), "ROLE_HELD");
  EXPECT_TRUE(AssignTo(complaint->name(), "zhang").ok());
}

TEST_P(ComplaintTest, ListsBeginWithWhatIsDueFirst) {
  ASSERT_TRUE(Complain(Complaining()).ok());
  ASSERT_TRUE(Complain(Complaining("HELP")).ok());
  auto early = About("p2");
  *early.mutable_received_on() = Date(20231120);
  const auto first = Complain(early);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(Listed(), ElementsAre("NOT_PAID 2023-11-27", "HELP 2023-12-06", "NOT_PAID 2023-12-08"));
  EXPECT_THAT(Listed([](auto& r) { r.set_category("HELP"); }), ElementsAre("HELP 2023-12-06"));
  EXPECT_THAT(Listed([](auto& r) { r.set_area("areas/411728103"); }), ElementsAre("NOT_PAID 2023-11-27"));
  ASSERT_TRUE(AssignTo(first->name(), "zhang").ok());
  EXPECT_THAT(Listed([](auto& r) { r.set_assignee("job:zhang"); }), ElementsAre("NOT_PAID 2023-11-27"));

  obs::Metrics metrics;
  const auto probe = OfficeProbe(*aid.place.database, metrics, clock);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_open_complaints{county=\"411728\"} 3"));
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_overdue_complaints{county=\"411728\"} 1"));
  ASSERT_TRUE(AnswerAs("zhang", first->name()).ok());
  On(12, 7);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_open_complaints{county=\"411728\"} 2"));
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_overdue_complaints{county=\"411728\"} 1")) << "HELP now";
  EXPECT_THAT(Listed([](auto& r) { r.set_open_only(true); }), ElementsAre("HELP 2023-12-06", "NOT_PAID 2023-12-08"));
}

TEST_P(ComplaintTest, ASensitiveOneIsThereForItsQueueOnly) {
  const auto secret = Complain(Complaining("STAFF_CONDUCT"));
  const auto plain = Complain(Complaining());
  ASSERT_TRUE(secret.ok() && plain.ok());
  EXPECT_TRUE(secret->sensitive());
  v1::GetComplaintRequest get;
  get.set_name(secret->name());
  v1::ListComplaintsRequest list;
  list.set_parent(kCounty);
  const auto seen = [&](const std::string& role) {
    const auto one = aid.CallAs(With(role), "GetComplaint", get, &Handlers::GetComplaint, "");
    const auto all = aid.CallAs(With(role), "ListComplaints", list, &Handlers::ListComplaints, "");
    EXPECT_TRUE(all.ok()) << all.status();
    return absl::StrCat(one.ok() ? "OK" : ReasonOf(one.status()), " ", all.ok() ? all->complaints_size() : -1);
  };
  EXPECT_EQ(seen("COUNTY_AID_OFFICER"), "OK 2");
  EXPECT_EQ(seen("COUNTY_AID_APPROVER"), "NOT_FOUND 1");
  auto answer = Naming<v1::AnswerComplaintRequest>(secret->name());
  answer.set_outcome(v1::COMPLAINT_OUTCOME_UNFOUNDED);
  answer.set_answer("x");
  EXPECT_EQ(
      ReasonOf(
          aid.CallAs(With("COUNTY_AID_APPROVER"), "AnswerComplaint", answer, &Handlers::AnswerComplaint, "").status()),
      "NOT_FOUND");
  get.set_unmask(true);
  EXPECT_EQ(ReasonOf(aid.CallAs(With("COUNTY_AID_OFFICER"), "GetComplaint", get, &Handlers::GetComplaint, "").status()),
            "PURPOSE_REQUIRED");
  const auto clear = aid.CallAs(With("COUNTY_AID_OFFICER"), "GetComplaint", get, &Handlers::GetComplaint, "AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->contact(), "13900000000");
}

// Whoever has the receipt learns how it stands, and nothing of anybody; not from the queue either.
TEST_P(ComplaintTest, TheComplainantAsksByTheReceipt) {
  const auto complaint = Complain(Complaining("STAFF_CONDUCT"));
  ASSERT_TRUE(complaint.ok()) << complaint.status();
  EXPECT_THAT(complaint->receipt(), ::testing::MatchesRegex("411728(-[0-9A-HJKMNP-TV-Z]{4}){4}"));
  EXPECT_NE(complaint->receipt(), Complain(Complaining())->receipt());
  v1::GetComplaintStatusRequest request;
  request.set_parent(kCounty);
  request.set_receipt(complaint->receipt());
  const auto status = [&](const std::string& area = "411728") {
    return As("desk", "GetComplaintStatus", request, &Handlers::GetComplaintStatus, area);
  };
  ASSERT_TRUE(status().ok()) << status().status();
  EXPECT_EQ(status()->state(), v1::COMPLAINT_STATE_REGISTERED);
  EXPECT_EQ(DayText(*DayOf(status()->answer_due_on())), "2023-12-06");
  EXPECT_FALSE(status()->overdue() || status()->has_answered_on());
  On(12, 7);
  EXPECT_TRUE(status()->overdue());
  ASSERT_TRUE(AssignTo(complaint->name(), "zhang").ok());
  ASSERT_TRUE(AnswerAs("zhang", complaint->name()).ok());
  EXPECT_EQ(DayText(*DayOf(status()->answered_on())), "2023-12-07");
  EXPECT_FALSE(status()->overdue());
  ASSERT_TRUE(ReopenAgain(complaint->name()).ok());
  EXPECT_EQ(status()->reopened(), 1) << "the receipt stays";
  EXPECT_FALSE(status()->has_answered_on());
  const std::string told = status()->DebugString();
  for (const char* hidden : {"王建国", "13900000000", "到账", "STAFF_CONDUCT", "complaints/", "zhang"}) {
    EXPECT_THAT(told, ::testing::Not(HasSubstr(hidden)));
  }
  request.set_receipt(absl::AsciiStrToLower(absl::StrReplaceAll(complaint->receipt(), {{"-", ""}})));
  EXPECT_TRUE(status().ok()) << "as it is typed";
  EXPECT_EQ(ReasonOf(status("411728103").status()), "PERMISSION_DENIED");
  request.set_receipt("411728-0000-0000-0000-0000");
  EXPECT_EQ(ReasonOf(status().status()), "NOT_FOUND");
  request.set_receipt("?");
  EXPECT_EQ(ReasonOf(status().status()), "NOT_FOUND");
}

TEST_P(ComplaintTest, UrgentOnesStandApart) {
  EXPECT_EQ(Complain(Complaining("STAFF_CONDUCT"))->priority(), v1::COMPLAINT_PRIORITY_URGENT);
  EXPECT_EQ(Complain(Complaining())->priority(), v1::COMPLAINT_PRIORITY_NORMAL);
  auto raised = Complaining("HELP");
  raised.set_priority(v1::COMPLAINT_PRIORITY_HIGH);
  EXPECT_EQ(Complain(raised)->priority(), v1::COMPLAINT_PRIORITY_HIGH);
  auto lowered = Complaining("STAFF_CONDUCT");
  lowered.set_priority(v1::COMPLAINT_PRIORITY_HIGH);
  EXPECT_EQ(Refused(lowered), "PRIORITY_BELOW");
  EXPECT_THAT(Listed([](auto& r) { r.set_priority(v1::COMPLAINT_PRIORITY_HIGH); }), ElementsAre("HELP 2023-12-06"));
}

TEST(Receipts, AreReadAsTheyAreTyped) {
  const std::string receipt = ReceiptOf("411728", std::string("\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf", 10));
  EXPECT_EQ(receipt, "411728-0123-4567-89AB-CDEF");
  EXPECT_EQ(ReadReceipt("411728 o1l3 4567 89ab cdef"), "411728-0113-4567-89AB-CDEF");
  for (const char* none :
       {"", "411728", "411728-0123-4567-89AB-CDE", "411728-0123-4567-89AB-CDEF0", "411728-U123-4567-89AB-CDEF"}) {
    EXPECT_EQ(ReadReceipt(none), "") << none;
  }
}

TEST_P(ComplaintTest, EachFieldIsChecked) {
  Approve({"p1", "p2"});
  EXPECT_EQ(Refused(Complaining("NOTHING")), "CODE_UNKNOWN");
  const auto refused = [&](const std::function<void(v1::CreateComplaintRequest&)>& change) {
    auto request = About("p1");
    change(request);
    return Refused(request);
  };
  EXPECT_EQ(refused([](auto& r) { r.set_channel("PIGEON"); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_term("2023"); }), "TERM_FORMAT");
  EXPECT_EQ(refused([](auto& r) { r.set_student(Pupil("nobody")); }), "PERSON_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) {
              r.clear_student();
              r.set_school(absl::StrCat(kCounty, "/schools/none"));
            }),
            "SCHOOL_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_application(ApplicationName("p2")); }), "NAME_INVALID");
  EXPECT_EQ(refused([](auto& r) { r.set_application(ApplicationName("p7")); }), "NOT_FOUND");
  EXPECT_EQ(refused([](auto& r) { r.set_application("counties/500243/applications/x"); }), "NAME_INVALID");
  EXPECT_EQ(refused([](auto& r) { *r.mutable_received_on() = Date(20231202); }), "DATE_AHEAD");
  EXPECT_EQ(refused([](auto& r) { *r.mutable_received_on() = Date(20260103); }), "DATE_AHEAD");
  EXPECT_EQ(refused([](auto& r) { *r.mutable_received_on() = Date(20050103); }), "CALENDAR_MISSING");
  EXPECT_EQ(refused([](auto& r) { r.set_ground(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) { r.add_files(absl::StrCat(kCounty, "/files/none")); }), "FILE_UNKNOWN");
  auto of_school = Complaining();
  of_school.set_school(absl::StrCat(kCounty, "/schools/s1"));
  const auto complaint = Complain(of_school);
  ASSERT_TRUE(complaint.ok()) << complaint.status();
  EXPECT_EQ(complaint->area(), "411728103/s1");
  EXPECT_TRUE(complaint->person().empty());
  EXPECT_EQ(ReasonOf(AnswerAs("x", complaint->name(), v1::COMPLAINT_OUTCOME_UNSPECIFIED).status()), "FIELD_REQUIRED");
  auto stale = Naming<v1::AssignComplaintRequest>(complaint->name());
  stale.set_assignee("zhang");
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("officer", "AssignComplaint", stale, &Handlers::AssignComplaint).status()), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(AssignTo(absl::StrCat(kCounty, "/complaints/none"), "zhang").status()), "NOT_FOUND");
  ASSERT_TRUE(AssignTo(complaint->name(), "zhang").ok());
  ASSERT_TRUE(AnswerAs("zhang", complaint->name()).ok());
  auto reopen = Naming<v1::ReopenComplaintRequest>(complaint->name());
  reopen.set_ground("仍未到账");
  reopen.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("clerk", "ReopenComplaint", reopen, &Handlers::ReopenComplaint).status()), "ETAG_MISMATCH");
  On(12, 1, 2017);
  EXPECT_EQ(ReasonOf(ReopenAgain(complaint->name()).status()), "CODE_UNKNOWN") << "a day without the category";
  On(12, 1);
  EXPECT_EQ(ReasonOf(As("x", "GetComplaint", Naming<v1::GetComplaintRequest>(complaint->name()),
                        &Handlers::GetComplaint, "500243")
                         .status()),
            "PERMISSION_DENIED");
  v1::ListComplaintCategoriesRequest categories;
  categories.set_region_code("411728000000");
  EXPECT_EQ(As("x", "ListComplaintCategories", categories, &Handlers::ListComplaintCategories)->categories_size(), 9);
  categories.set_region_code("411728");
  EXPECT_EQ(ReasonOf(As("x", "ListComplaintCategories", categories, &Handlers::ListComplaintCategories).status()),
            "NAME_INVALID");
}

TEST_P(ComplaintTest, AnAttachmentStaysWhileSomethingRefersToIt) {
  aid.file_settings.clean_unscanned = false;
  const std::string waiting = Upload(Pupil("p1"), "截图一");
  aid.file_settings.clean_unscanned = true;
  auto request = About("p1");
  request.add_files(waiting);
  EXPECT_EQ(Refused(request), "FILE_NOT_CLEAN");
  const std::string file = Upload(Pupil("p1"), "截图二");
  request.set_files(0, file);
  request.set_request_id(NewId());
  const auto complaint = Complain(request);
  ASSERT_TRUE(complaint.ok()) << complaint.status();
  EXPECT_THAT(complaint->files(), ElementsAre(file));
  const auto erase = [&] {
    return ReasonOf(
        As("officer", "EraseFile", Naming<ruraledu::files::v1::EraseFileRequest>(file), &Handlers::EraseFile).status());
  };
  EXPECT_EQ(erase(), "FILE_REFERENCED");
  // Erased in the registry, the person goes from the complaint, and with the complaint's hold the file.
  registry_v1::Student student = Student("p1", "JUN", "7");
  student.set_status("GRADUATED");
  feed::KeepPublished(student);
  *student.mutable_erased_on() = Date(20240901);
  registry.Put(student);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  EXPECT_TRUE(ComplaintOf(complaint->name()).ground().empty());
  EXPECT_EQ(WholeRoot<ruraledu::files::v1::File>(rpc::kFiles, file).state(), ruraledu::files::v1::FILE_STATE_ERASED);
}

TEST_P(ComplaintTest, ObjectionsAndApplicationsHoldTheirAttachments) {
  On(9, 18);
  const std::string promise = Upload(Pupil("p3"), "承诺书"), letter = Upload(Pupil("p3"), "信");
  auto application = Application("p3");
  application.mutable_evidence(0)->set_file(absl::StrCat(kCounty, "/files/none"));
  EXPECT_EQ(Reasons(Submit({application})), "FILE_UNKNOWN") << "a row of its own";
  application.mutable_evidence(0)->set_file(promise);
  ASSERT_EQ(Reasons(Submit({application})), "-");
  const auto erase = [&](const std::string& file) {
    return ReasonOf(
        As("officer", "EraseFile", Naming<ruraledu::files::v1::EraseFileRequest>(file), &Handlers::EraseFile).status());
  };
  EXPECT_EQ(erase(promise), "FILE_REFERENCED");
  EXPECT_EQ(erase(letter), "") << "nothing refers to it";

  ASSERT_TRUE(ClassReview("p3").ok());
  ASSERT_TRUE(SchoolReview("p3").ok());
  ASSERT_EQ(Reasons(StartNotice({"p3"})), "-");
  const std::string photo = Upload(Pupil("p3"), "照片");
  auto objection = Objecting("p3");
  objection.add_files(photo);
  ASSERT_TRUE(As("clerk", "CreateObjection", objection, &Handlers::CreateObjection).ok());
  EXPECT_THAT(Whole("p3").objections(0).files(), ElementsAre(photo));
  EXPECT_EQ(erase(photo), "FILE_REFERENCED");
  for (int i = 0; i < 21; ++i) objection.add_files(photo);
  objection.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(As("clerk", "CreateObjection", objection, &Handlers::CreateObjection).status()), "FIELD_TOO_MANY");
}

TEST_P(ComplaintTest, ARecoveryHoldsItsProof) {
  Pay({"p1"});
  const std::string decision = Upload(Pupil("p1"), "处理决定");
  v1::StartRecoveryRequest start;
  start.set_parent(kCounty);
  start.add_applications(ApplicationName("p1"));
  start.set_cause(v1::RECOVERY_CAUSE_FALSE_INFORMATION);
  start.set_document("遂教资〔2023〕9号");
  start.set_reason("伪造证明");
  start.set_request_id(NewId());
  v1::Evidence* evidence = start.add_evidence();
  evidence->set_kind("NO_SUCH");
  evidence->set_file(decision);
  const auto recover = [&] { return As("recoverer", "StartRecovery", start, &Handlers::StartRecovery); };
  EXPECT_EQ(ReasonOf(recover().status()), "CODE_UNKNOWN");
  evidence->set_kind("CERTIFICATE");
  ASSERT_TRUE(recover().ok()) << recover().status();
  EXPECT_EQ(ApplicationOf("p1").evidence().rbegin()->file(), decision);
  auto record = Naming<v1::RecordRecoveryRequest>(ApplicationName("p1"));
  record.set_amount_fen(100);
  *record.mutable_on() = Date(20231201);
  record.set_document("收据-1");
  const std::string receipt = Upload(Pupil("p1"), "收据");
  v1::Evidence* paper = record.add_evidence();
  paper->set_kind("CERTIFICATE");
  paper->set_file(receipt);
  const auto recorded = As("recoverer", "RecordRecovery", record, &Handlers::RecordRecovery);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(
      ReasonOf(As("officer", "EraseFile", Naming<ruraledu::files::v1::EraseFileRequest>(receipt), &Handlers::EraseFile)
                   .status()),
      "FILE_REFERENCED");
}

}  // namespace
}  // namespace ruraledu::student_aid
