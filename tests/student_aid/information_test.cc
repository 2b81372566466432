// Information asked of families: what it stops, who is heard and how, what is hidden; on both databases.
#include "tests/student_aid/information_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InformationHandlersTest : public InformationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  InformationHandlersTest() : InformationFixture(OptionsOf(GetParam())) {}

  // "p1 OPEN 2023-09-12": in the order of the list.
  std::vector<std::string> Listed(const std::function<void(v1::ListInformationRequestsRequest&)>& fill = {},
                                  const std::string& area = "411728") {
    v1::ListInformationRequestsRequest request;
    request.set_parent(kCounty);
    if (fill) fill(request);
    std::vector<std::string> lines;
    do {
      const auto response = As("reader", "ListInformationRequests", request, &Handlers::ListInformationRequests, area);
      EXPECT_TRUE(response.ok()) << response.status();
      if (!response.ok()) return lines;
      for (const v1::InformationRequest& one : response->requests()) {
        EXPECT_TRUE(one.masked() && one.addressee().empty() && one.phone().empty() && one.question().empty() &&
                    one.answers().empty());
        lines.push_back(absl::StrCat(one.person(), " ", v1::InformationRequestState_Name(one.state()).substr(26), " ",
                                     DayTextOf(one.due_on())));
      }
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
  std::string Refused(const v1::CreateInformationRequestRequest& request) {
    return ReasonOf(AskFamily(request).status());
  }
  std::string BySchool(const std::vector<std::string>& persons, bool accept = true) {
    v1::BatchReviewApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    request.set_decision(accept ? v1::REVIEW_DECISION_ACCEPT : v1::REVIEW_DECISION_REJECT);
    if (!accept) request.set_reason("核实不符");
    for (const std::string& person : persons) request.add_applications(ApplicationName(person));
    return Reasons(As("school", "BatchSchoolReviewApplications", request, &Handlers::BatchSchoolReviewApplications));
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, InformationHandlersTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(InformationHandlersTest, TheSchoolWaitsForTheAnswerAboutAnIdentification) {
  Reviewed({"p1", "p2", "p3", "p4"});
  const auto stated = Asking(Name("p1"));
  const auto asked = AskFamily(stated);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_TRUE(asked->masked() && asked->addressee().empty() && asked->question().empty());
  EXPECT_EQ(asked->state(), v1::INFORMATION_REQUEST_STATE_OPEN);
  EXPECT_EQ(asked->person(), "p1");
  EXPECT_EQ(asked->area(), "411728103/s1");
  EXPECT_EQ(asked->term(), kAutumn);
  EXPECT_EQ(asked->asked_by(), "job:teacher");
  EXPECT_EQ(DayTextOf(asked->due_on()), "2023-09-12") << "5 working days after Tuesday, 5 September";
  EXPECT_EQ(AskFamily(stated)->name(), asked->name()) << "a replay";
  auto other = stated;
  other.set_relation("FATHER");
  EXPECT_EQ(Refused(other), "REQUEST_ID_REUSED");
  EXPECT_EQ(aid.Counter("information_open", "411728", "GRANDPARENT"), 1);
  EXPECT_EQ(ReasonOf(SchoolReview("p1").status()), "INFORMATION_OPEN");
  EXPECT_EQ(ReasonOf(SchoolReview("p1", false).status()), "INFORMATION_OPEN") << "nor is it refused";
  EXPECT_TRUE(SchoolReview("p2").ok()) << "nothing was asked about it";
  const auto answering = Answering(asked->name());
  const auto answered = AnswerFamily(answering);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->state(), v1::INFORMATION_REQUEST_STATE_ANSWERED);
  EXPECT_TRUE(answered->answers().empty()) << "masked";
  EXPECT_EQ(AnswerFamily(answering)->etag(), answered->etag()) << "a replay";
  EXPECT_TRUE(SchoolReview("p1").ok());
  EXPECT_EQ(RequestOf(asked->name()).answers(0).text(), "与祖母同住，月收入 900 元");
  EXPECT_EQ(RequestOf(asked->name()).channel(), "HOME_VISIT");
  EXPECT_EQ(aid.Counter("information_open", "411728"), 0);
  EXPECT_EQ(aid.Counter("information_closed", "411728103"), 1);
  // Declined and taken back it stops nothing either; of two requests the one that is open does.
  const std::string first = Asked(Name("p3")), second = Asked(Name("p3"));
  ASSERT_TRUE(DeclineFamily(Declining(first)).ok());
  EXPECT_EQ(ReasonOf(SchoolReview("p3").status()), "INFORMATION_OPEN");
  ASSERT_TRUE(TakeBack(TakingBack(second)).ok());
  EXPECT_TRUE(SchoolReview("p3").ok());
  EXPECT_EQ(RequestOf(first).reason(), "不便说明");
  EXPECT_EQ(RequestOf(second).reason(), "已有证明");
  EXPECT_EQ(aid.Counter("information_requests", "411728"), 2) << "without what was taken back";
}

TEST_P(InformationHandlersTest, AfterItsLastDayItHasLapsedAndALateAnswerIsTaken) {
  Reviewed({"p1"});
  const std::string name = Asked(Name("p1"));
  On(9, 12);
  EXPECT_EQ(ReasonOf(SchoolReview("p1").status()), "INFORMATION_OPEN") << "the last day";
  On(9, 13);
  EXPECT_THAT(Listed(), ElementsAre("p1 LAPSED 2023-09-12"));
  EXPECT_EQ(RequestOf(name).state(), v1::INFORMATION_REQUEST_STATE_OPEN) << "never stored";
  EXPECT_TRUE(SchoolReview("p1").ok());
  EXPECT_EQ(ReasonOf(TakeBack(TakingBack(name)).status()), "STATE_TRANSITION");
  const auto answered = AnswerFamily(Answering(name));
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_TRUE(answered->late());
  EXPECT_EQ(aid.Counter("information_late", "411728"), 1);
  EXPECT_EQ(ReasonOf(AnswerFamily(Answering(name)).status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(DeclineFamily(Declining(name)).status()), "STATE_TRANSITION");
}

TEST_P(InformationHandlersTest, InABatchOfApplicationsTheRowTellsIt) {
  On(9, 5);
  HandedIn({"p1", "p2", "p3"});
  const std::string name = Asked(ApplicationName("p2"));
  EXPECT_EQ(RequestOf(name).person(), "p2");
  EXPECT_EQ(RequestOf(name).term(), kAutumn);
  EXPECT_EQ(BySchool({"p1", "p2"}), "- INFORMATION_OPEN");
  EXPECT_EQ(BySchool({"p2", "p3"}, false), "INFORMATION_OPEN -");
  ASSERT_TRUE(AnswerFamily(Answering(name)).ok());
  EXPECT_EQ(BySchool({"p2"}), "-");
}

TEST_P(InformationHandlersTest, WhoCannotWriteIsHeardWithAWitness) {
  Reviewed({"p1"});
  const std::string name = Asked(Name("p1"));
  auto request = Answering(name);
  request.set_cannot_write(true);
  EXPECT_EQ(ReasonOf(AnswerFamily(request).status()), "FIELD_REQUIRED");
  request.set_witness("job:clerk");
  EXPECT_EQ(ReasonOf(AnswerFamily(request).status()), "ROLE_HELD") << "persons are compared";
  request.set_witness("cadre");
  const auto answered = AnswerFamily(request);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_TRUE(answered->cannot_write());
  EXPECT_EQ(answered->witness(), "cadre");
  EXPECT_EQ(answered->closed_by(), "job:clerk");
}

TEST_P(InformationHandlersTest, ProofsAreFilesOfThePupilAndHeld) {
  Reviewed({"p1", "p2"});
  const std::string name = Asked(Name("p1"));
  aid.file_settings.clean_unscanned = false;
  const std::string waiting = Upload(Pupil("p1"), "工资条一");
  aid.file_settings.clean_unscanned = true;
  const std::string foreign = Upload(Pupil("p2"), "工资条二"), proof = Upload(Pupil("p1"), "工资条三");
  const auto with = [&](const std::string& file) {
    auto request = Answering(name);
    request.mutable_answers(1)->set_file(file);
    return AnswerFamily(request);
  };
  EXPECT_EQ(ReasonOf(with(absl::StrCat(kCounty, "/files/none")).status()), "FILE_UNKNOWN");
  EXPECT_EQ(ReasonOf(with(foreign).status()), "FILE_UNKNOWN");
  EXPECT_EQ(ReasonOf(with(waiting).status()), "FILE_NOT_CLEAN");
  ASSERT_TRUE(with(proof).ok());
  EXPECT_EQ(RequestOf(name).answers(1).file(), proof);
  const auto erase = Naming<ruraledu::files::v1::EraseFileRequest>(proof);
  EXPECT_EQ(ReasonOf(As("officer", "EraseFile", erase, &Handlers::EraseFile).status()), "FILE_REFERENCED");
  registry_v1::Student student = Student("p1", "JUN", "7");
  student.set_status("GRADUATED");
  feed::KeepPublished(student);
  *student.mutable_erased_on() = Date(20240901);
  registry.Put(student);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  const v1::InformationRequest erased = RequestOf(name);
  EXPECT_TRUE(erased.addressee().empty() && erased.question().empty() && erased.answers().empty());
  EXPECT_EQ(erased.items_size(), 2);
  EXPECT_EQ(WholeRoot<ruraledu::files::v1::File>(rpc::kFiles, proof).state(), ruraledu::files::v1::FILE_STATE_ERASED);
}

TEST_P(InformationHandlersTest, EachFieldIsChecked) {
  Reviewed({"p1"});
  Bring("p3", "REJECTED");
  On(9, 5);
  HandedIn({"p2"});
  v1::Application withdrawn = ApplicationOf("p2");
  withdrawn.set_state(v1::APPLICATION_STATE_WITHDRAWN);
  Put({withdrawn});
  const auto refused = [&](const std::function<void(v1::CreateInformationRequestRequest&)>& change) {
    auto request = Asking(Name("p1"));
    change(request);
    return Refused(request);
  };
  EXPECT_EQ(refused([](auto& r) { r.set_relation("NEIGHBOUR"); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.add_items("WEATHER"); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.add_items("INCOME"); }), "INFORMATION_ITEMS");
  EXPECT_EQ(refused([](auto& r) {
              r.add_items("OTHER");
              r.clear_question();
            }),
            "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.clear_items(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.clear_addressee(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.set_addressee(std::string(801, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) { r.set_phone(std::string(801, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) { r.set_question(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) { r.set_record(Name("p3")); }), "INFORMATION_RECORD") << "refused";
  EXPECT_EQ(refused([](auto& r) { r.set_record(ApplicationName("p2")); }), "INFORMATION_RECORD") << "withdrawn";
  EXPECT_EQ(refused([](auto& r) { r.set_record(Name("p9")); }), "NOT_FOUND");
  EXPECT_EQ(refused([](auto& r) { r.set_record(Pupil("p1")); }), "NAME_INVALID");
  EXPECT_EQ(refused([](auto& r) { r.set_record("counties/500243/identifications/p1.2023-2024"); }), "NAME_INVALID");
  EXPECT_EQ(refused([](auto& r) { r.set_phone(""); }), "") << "nobody needs a phone";
  const std::string name = Asked(Name("p1"));
  const auto unanswered = [&](const std::function<void(v1::AnswerInformationRequestRequest&)>& change) {
    auto request = Answering(name);
    change(request);
    return ReasonOf(AnswerFamily(request).status());
  };
  EXPECT_EQ(unanswered([](auto& r) { r.set_channel("PIGEON"); }), "CODE_UNKNOWN");
  EXPECT_EQ(unanswered([](auto& r) { r.mutable_answers(0)->clear_item(); }), "FIELD_REQUIRED");
  EXPECT_EQ(unanswered([](auto& r) { r.mutable_answers(0)->clear_text(); }), "FIELD_REQUIRED");
  EXPECT_EQ(unanswered([](auto& r) { r.mutable_answers(0)->set_text(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(unanswered([](auto& r) { r.mutable_answers(0)->set_item("INCOME"); }), "INFORMATION_ITEMS");
  EXPECT_EQ(unanswered([](auto& r) { r.mutable_answers()->RemoveLast(); }), "INFORMATION_ITEMS");
  EXPECT_EQ(unanswered([](auto& r) { r.set_etag("\"1\""); }), "ETAG_MISMATCH");
  auto decline = Declining(name);
  decline.set_channel("PIGEON");
  EXPECT_EQ(ReasonOf(DeclineFamily(decline).status()), "CODE_UNKNOWN");
  decline = Declining(name);
  decline.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(DeclineFamily(decline).status()), "FIELD_TOO_LONG");
  decline = Declining(name);
  decline.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(DeclineFamily(decline).status()), "ETAG_MISMATCH");
  auto back = TakingBack(name);
  back.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(TakeBack(back).status()), "ETAG_MISMATCH");
  back = TakingBack(name);
  back.clear_reason();
  EXPECT_EQ(ReasonOf(TakeBack(back).status()), "FIELD_REQUIRED");
  const std::string none = absl::StrCat(kCounty, "/informationRequests/none");
  EXPECT_EQ(ReasonOf(AnswerFamily(Answering(none)).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(DeclineFamily(Declining(none)).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(TakeBack(TakingBack(none)).status()), "NOT_FOUND");
  On(9, 5, 2019);
  EXPECT_EQ(Refused(Asking(Name("p1"))), "CALENDAR_MISSING");
}

TEST_P(InformationHandlersTest, ANeighbourLearnsNothing) {
  Reviewed({"p1"});
  const std::string name = Asked(Name("p1"));
  const std::string neighbour = "411728104", none = absl::StrCat(kCounty, "/informationRequests/none");
  for (const std::string& record : {Name("p1"), Name("p9")}) {
    EXPECT_EQ(
        ReasonOf(As("x", "CreateInformationRequest", Asking(record), &Handlers::CreateInformationRequest, neighbour)
                     .status()),
        "PERMISSION_DENIED");
  }
  for (const std::string& wanted : {name, none}) {
    EXPECT_EQ(
        ReasonOf(As("x", "AnswerInformationRequest", Answering(wanted), &Handlers::AnswerInformationRequest, neighbour)
                     .status()),
        "PERMISSION_DENIED");
    EXPECT_EQ(ReasonOf(As("x", "DeclineInformationRequest", Declining(wanted), &Handlers::DeclineInformationRequest,
                          neighbour)
                           .status()),
              "PERMISSION_DENIED");
    EXPECT_EQ(ReasonOf(As("x", "WithdrawInformationRequest", TakingBack(wanted), &Handlers::WithdrawInformationRequest,
                          neighbour)
                           .status()),
              "PERMISSION_DENIED");
    EXPECT_EQ(ReasonOf(As("x", "GetInformationRequest", Naming<v1::GetInformationRequestRequest>(wanted),
                          &Handlers::GetInformationRequest, neighbour)
                           .status()),
              "PERMISSION_DENIED");
  }
  EXPECT_THAT(Listed({}, neighbour), IsEmpty());
  EXPECT_EQ(Listed({}, "411728103/s1").size(), 1);
}

TEST_P(InformationHandlersTest, ListsBeginWithWhatIsDueFirstAndGaugesCountWhatLapsed) {
  Reviewed({"p1", "p2", "p3", "p4"});
  HandedIn({"p1"});
  const std::string first = Asked(Name("p2"));
  On(9, 6);
  Asked(Name("p1"));
  Asked(ApplicationName("p1"));
  On(9, 7);
  ASSERT_TRUE(AnswerFamily(Answering(Asked(Name("p3")))).ok());
  EXPECT_THAT(Listed(),
              ElementsAre("p2 OPEN 2023-09-12", "p1 OPEN 2023-09-13", "p1 OPEN 2023-09-13", "p3 ANSWERED 2023-09-14"));
  EXPECT_EQ(Listed([](auto& r) { r.set_page_size(1); }), Listed());
  EXPECT_THAT(Listed([](auto& r) { r.set_record(ApplicationName("p1")); }), ElementsAre("p1 OPEN 2023-09-13"));
  EXPECT_EQ(Listed([](auto& r) { r.set_student(Pupil("p1")); }).size(), 2);
  EXPECT_THAT(Listed([](auto& r) { r.set_area("areas/411728104"); }), IsEmpty());
  On(9, 13);
  const auto in = [&](v1::InformationRequestState state) {
    return Listed([&](auto& r) { r.set_state(state); }).size();
  };
  EXPECT_EQ(in(v1::INFORMATION_REQUEST_STATE_OPEN), 2);
  EXPECT_EQ(in(v1::INFORMATION_REQUEST_STATE_LAPSED), 1);
  EXPECT_EQ(in(v1::INFORMATION_REQUEST_STATE_ANSWERED), 1);
  EXPECT_EQ(in(v1::INFORMATION_REQUEST_STATE_DECLINED), 0);
  obs::Metrics metrics;
  const auto probe =
      ConsentProbe({*aid.place.database, metrics, ConsentTables(), FollowUpTables(), Book().calendar(), clock});
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_open_information_requests{county=\"411728\"} 3"));
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_overdue_information_requests{county=\"411728\"} 1"));
  On(9, 14);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_overdue_information_requests{county=\"411728\"} 3"));
  auto get = Naming<v1::GetInformationRequestRequest>(first);
  EXPECT_EQ(As("reader", "GetInformationRequest", get, &Handlers::GetInformationRequest)->state(),
            v1::INFORMATION_REQUEST_STATE_LAPSED);
  get.set_unmask(true);
  const auto clear = [&](const std::string& role, const std::string& purpose) {
    return aid.CallAs(With(role), "GetInformationRequest", get, &Handlers::GetInformationRequest, purpose);
  };
  EXPECT_EQ(ReasonOf(clear("COUNTY_AID_OFFICER", "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(clear("CLASS_TEACHER", "AID_REVIEW").status()), "PERMISSION_DENIED");
  ASSERT_TRUE(clear("COUNTY_AID_OFFICER", "AID_REVIEW").ok());
  EXPECT_EQ(clear("COUNTY_AID_OFFICER", "AID_REVIEW")->addressee(), "王秀兰");
  EXPECT_EQ(clear("COUNTY_AID_OFFICER", "AID_REVIEW")->state(), v1::INFORMATION_REQUEST_STATE_LAPSED);
}

}  // namespace
}  // namespace ruraledu::student_aid
