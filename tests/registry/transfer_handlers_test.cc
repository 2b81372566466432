// Pupil transfers between schools and counties: request, acceptance, and what the old name answers.
#include <functional>

#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::CivilDay kEffective(2023, 10, 8);

class TransferHandlersTest : public RegistryTest {
 protected:
  void SetUp() override {
    school = Must(Create(School()));
    near = Must(Create(School("2141000002", {"PRI"}, "411728002")));
    far = Must(Create(School("2141000009", {"PRI"}, "411729001"), kOtherParent));
    v1::Student wanted = Student(school, id_);
    wanted.mutable_contact()->set_phone("13800000000");
    pupil = Must(Create(wanted));
  }
  v1::CreateTransferRequest Asking(const std::string& to_school) {
    v1::CreateTransferRequest request;
    request.set_parent(kParent);
    request.mutable_transfer()->set_student(pupil.name());
    request.mutable_transfer()->set_to_school(to_school);
    request.mutable_transfer()->set_reason("RELOCATION");
    *request.mutable_transfer()->mutable_effective_on() = DateOf(kEffective);
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::Transfer> Ask(const std::string& to_school) {
    return Call("CreateTransfer", Asking(to_school), &Handlers::CreateTransfer);
  }
  v1::AcceptTransferRequest Accepting(const std::string& transfer, const std::string& parent = kOtherParent) {
    v1::AcceptTransferRequest request;
    request.set_parent(parent);
    request.set_transfer(transfer);
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::Student> Accept(const std::string& transfer, const std::string& parent = kOtherParent) {
    return Call("AcceptTransfer", Accepting(transfer, parent), &Handlers::AcceptTransfer);
  }
  absl::StatusOr<v1::Transfer> End(const std::string& transfer, const std::string& parent) {
    v1::EndTransferRequest request;
    request.set_parent(parent);
    request.set_transfer(transfer);
    request.set_request_id(NextRequest());
    return Call("EndTransfer", request, &Handlers::EndTransfer);
  }
  absl::StatusOr<v1::Transfer> Get(const std::string& name) {
    v1::GetTransferRequest request;
    request.set_name(name);
    return Call("GetTransfer", request, &Handlers::GetTransfer);
  }

  absl::StatusOr<v1::Student> Renumber(const v1::Student& student, const std::string& id) {
    v1::UpdateStudentRequest request;
    *request.mutable_student() = student;
    request.mutable_student()->set_id_number(id);
    request.mutable_student()->clear_etag();
    request.mutable_update_mask()->add_paths("id_number");
    request.set_request_id(NextRequest());
    return Call("UpdateStudent", request, &Handlers::UpdateStudent);
  }

  const std::string id_ = Id("20140305", 1);
  v1::School school, near, far;
  v1::Student pupil;
};

TEST_F(TransferHandlersTest, NothingChangesBeforeTheDestinationAccepts) {
  const v1::Transfer transfer = Must(Ask(far.name()));
  EXPECT_EQ(transfer.state(), v1::TRANSFER_STATE_REQUESTED);
  EXPECT_EQ(transfer.area(), pupil.area());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Must(Read(pupil.name())).SerializeAsString(), pupil.SerializeAsString());
  EXPECT_THAT(Counters("COUNTY"), testing::Contains("COUNTY 411728  open_transfers  = 1"));
  EXPECT_EQ(Must(Get(transfer.name())).SerializeAsString(), transfer.SerializeAsString());
  EXPECT_EQ(ReasonOf(Ask(far.name()).status()), "TRANSFER_OPEN") << "one at a time";
  EXPECT_EQ(ReasonOf(Renumber(pupil, Id("20140305", 3)).status()), "TRANSFER_OPEN") << "the number goes along";
}

// An officer of another township of the destination hears the same of every transfer, and decides none by asking.
TEST_F(TransferHandlersTest, WhoDoesNotReachTheSchoolDecidesNothing) {
  const v1::Transfer transfer = Must(Ask(far.name()));
  const auto neighbour = [&](const std::string& name) {
    return Call("AcceptTransfer", Accepting(name), &Handlers::AcceptTransfer, "411729002").status();
  };
  const absl::Status denied = neighbour(transfer.name());
  EXPECT_EQ(ReasonOf(denied), "PERMISSION_DENIED");
  EXPECT_EQ(neighbour(absl::StrCat(kParent, "/transfers/none")), denied);
  EXPECT_EQ(ReasonOf(Accept(absl::StrCat(kParent, "/transfers/none")).status()), "TRANSFER_UNKNOWN");
  EXPECT_EQ(Must(End(transfer.name(), kParent)).state(), v1::TRANSFER_STATE_WITHDRAWN) << "still open";
}

// Who has to accept finds what is asked, whatever county asks.
TEST_F(TransferHandlersTest, TheDestinationSeesWhatComesIn) {
  const v1::Transfer away = Must(Ask(far.name()));
  v1::Student other = Student(school, Id("20140306", 1));
  pupil = Must(Create(other));
  const v1::Transfer second = Must(Ask(far.name()));
  pupil = Must(Create(Student(school, Id("20140306", 3))));
  const v1::Transfer inside = Must(Ask(near.name()));
  const auto incoming = [&](const std::string& parent, const std::function<void(v1::ListTransfersRequest&)>& fill,
                            const std::string& area = "4117") {
    v1::ListTransfersRequest request;
    request.set_parent(parent);
    request.set_incoming(true);
    fill(request);
    return Call("ListTransfers", request, &Handlers::ListTransfers, area);
  };
  const auto names = [](const v1::ListTransfersResponse& page) {
    std::set<std::string> found;
    for (const v1::Transfer& transfer : page.transfers()) found.insert(transfer.name());
    return found;
  };
  EXPECT_EQ(names(Must(incoming(kOtherParent, [](auto&) {}))), (std::set<std::string>{away.name(), second.name()}));
  EXPECT_EQ(names(Must(incoming(kParent, [](auto&) {}))), std::set<std::string>{inside.name()});
  const auto first = Must(incoming(kOtherParent, [](auto& r) { r.set_page_size(1); }));
  ASSERT_THAT(first.transfers(), SizeIs(1));
  EXPECT_EQ(ReasonOf(incoming(kOtherParent,
                              [&](auto& r) {
                                r.set_state(v1::TRANSFER_STATE_ACCEPTED);
                                r.set_page_token(first.next_page_token());
                              })
                         .status()),
            "PAGE_TOKEN");
  EXPECT_NE(names(first), names(Must(incoming(kOtherParent, [&](auto& r) {
              r.set_page_size(1);
              r.set_page_token(first.next_page_token());
            }))));
  Must(Accept(away.name()));
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(names(Must(incoming(kOtherParent, [](auto& r) { r.set_state(v1::TRANSFER_STATE_REQUESTED); }))),
            std::set<std::string>{second.name()});
  EXPECT_EQ(ReasonOf(incoming(
                         kOtherParent, [](auto&) {}, "411729001")
                         .status()),
            "PERMISSION_DENIED")
      << "of a township only";
  EXPECT_EQ(ReasonOf(incoming(
                         kOtherParent, [](auto&) {}, "411728")
                         .status()),
            "PERMISSION_DENIED");
}

TEST_F(TransferHandlersTest, AcceptedInAnotherCountyTheOldNameAnswersMoved) {
  const v1::Transfer transfer = Must(Ask(far.name()));
  const v1::Student arrived = Must(Accept(transfer.name()));
  EXPECT_EQ(feed::IdOfName(arrived.name()), feed::IdOfName(pupil.name())) << "the person id is global and constant";
  EXPECT_THAT(arrived.name(), HasSubstr(kOtherParent));
  EXPECT_EQ(arrived.status(), "ENROLLED");
  EXPECT_EQ(arrived.area(), far.area());
  EXPECT_TRUE(arrived.masked());
  ASSERT_EQ(arrived.enrolments_size(), 2);
  EXPECT_EQ(DayOf(arrived.enrolments(0).valid_from()), kEffective);
  EXPECT_EQ(DayOf(arrived.enrolments(1).valid_to()), kEffective) << "the effective day alone decides whose day it is";
  ASSERT_TRUE(RunJobs().ok());

  const absl::Status old = Read(pupil.name()).status();
  EXPECT_EQ(ReasonOf(old), "MOVED");
  EXPECT_THAT(std::string(old.message()), HasSubstr(arrived.name())) << "with the new name";
  EXPECT_EQ(Must(Get(transfer.name())).state(), v1::TRANSFER_STATE_CLOSED);
  EXPECT_EQ(Must(Get(transfer.name())).new_student(), arrived.name());
  const v1::Student left = All<v1::Student>(kStudents)[0];
  EXPECT_EQ(left.status(), "TRANSFERRED");
  EXPECT_EQ(DayOf(left.enrolments(0).valid_to()), kEffective);
  EXPECT_THAT(Counters("COUNTY"), Not(testing::Contains(HasSubstr("pupils")))) << "counted over there now";
  EXPECT_THAT(Counters("COUNTY"), Not(testing::Contains(HasSubstr("open_transfers"))));
  EXPECT_EQ(Differences(), 0);

  v1::FindStudentRequest find;
  find.set_parent(kOtherParent);
  find.set_id_number(id_);
  EXPECT_EQ(Must(Call("FindStudent", find, &Handlers::FindStudent)).name(), arrived.name());
  find.set_parent(kParent);
  EXPECT_EQ(ReasonOf(Call("FindStudent", find, &Handlers::FindStudent).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Create(Student(school, id_, "别人")).status()), "IDENTITY_TAKEN") << "still the same person's";
  v1::ListStudentsRequest list;
  list.set_parent(kParent);
  EXPECT_THAT(Must(Call("ListStudents", list, &Handlers::ListStudents)).students(), IsEmpty());
  EXPECT_EQ(ReasonOf(Ask(near.name()).status()), "MOVED");
  v1::ChangeStudentStatusRequest status;
  status.set_name(pupil.name());
  status.set_status("ENROLLED");
  *status.mutable_status_from() = DateOf(kEffective);
  status.set_request_id(NextRequest());
  EXPECT_EQ(ReasonOf(Call("ChangeStudentStatus", status, &Handlers::ChangeStudentStatus).status()), "MOVED");
  EXPECT_EQ(ReasonOf(Renumber(pupil, Id("20140305", 3)).status()), "MOVED");
}

TEST_F(TransferHandlersTest, WithinOneCountyTheStudentKeepsTheName) {
  const v1::Transfer transfer = Must(Ask(near.name()));
  const v1::Student arrived = Must(Accept(transfer.name(), kParent));
  EXPECT_EQ(arrived.name(), pupil.name());
  ASSERT_TRUE(RunJobs().ok());
  const v1::Student after = Must(Read(pupil.name()));
  EXPECT_EQ(after.status(), "ENROLLED");
  EXPECT_EQ(after.moved_to(), "");
  EXPECT_EQ(after.area(), near.area());
  ASSERT_EQ(after.enrolments_size(), 2);
  EXPECT_EQ(after.enrolments(0).school(), near.name());
  EXPECT_FALSE(after.enrolments(0).has_valid_to());
  EXPECT_EQ(Must(Get(transfer.name())).state(), v1::TRANSFER_STATE_CLOSED);
  EXPECT_EQ(Differences(), 0);
}

TEST_F(TransferHandlersTest, WhoCameBackIsTakenUpAgain) {
  const v1::Student away = Must(Accept(Must(Ask(far.name())).name()));
  ASSERT_TRUE(RunJobs().ok());
  v1::CreateTransferRequest back;
  back.set_parent(kOtherParent);
  back.mutable_transfer()->set_student(away.name());
  back.mutable_transfer()->set_to_school(near.name());
  *back.mutable_transfer()->mutable_effective_on() = DateOf(absl::CivilDay(2024, 3, 1));
  back.set_request_id(NextRequest());
  const v1::Transfer transfer = Must(Call("CreateTransfer", back, &Handlers::CreateTransfer));
  const v1::Student again = Must(Accept(transfer.name(), kParent));
  EXPECT_EQ(again.name(), pupil.name());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Must(Read(pupil.name())).area(), near.area());
  EXPECT_EQ(ReasonOf(Read(away.name()).status()), "MOVED");
  EXPECT_EQ(Must(Read(pupil.name())).enrolments_size(), 3);
  EXPECT_EQ(Differences(), 0);
}

TEST_F(TransferHandlersTest, OneOfAcceptRefuseAndWithdrawWins) {
  const v1::Transfer refused = Must(Ask(far.name()));
  EXPECT_EQ(Must(End(refused.name(), kOtherParent)).state(), v1::TRANSFER_STATE_REFUSED);
  EXPECT_EQ(ReasonOf(Accept(refused.name()).status()), "TRANSFER_DECIDED");
  const v1::Transfer withdrawn = Must(Ask(far.name()));
  EXPECT_EQ(Must(End(withdrawn.name(), kParent)).state(), v1::TRANSFER_STATE_WITHDRAWN);
  EXPECT_EQ(ReasonOf(Accept(withdrawn.name()).status()), "TRANSFER_DECIDED");
  const v1::Transfer accepted = Must(Ask(far.name()));
  ASSERT_TRUE(Accept(accepted.name()).ok());
  EXPECT_EQ(ReasonOf(End(accepted.name(), kParent).status()), "TRANSFER_DECIDED")
      << "too late, before the source closed";
  EXPECT_EQ(ReasonOf(Accept(accepted.name()).status()), "TRANSFER_DECIDED") << "accepted once";
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Must(Get(accepted.name())).state(), v1::TRANSFER_STATE_CLOSED);
  v1::ListTransfersRequest list;
  list.set_parent(kParent);
  EXPECT_THAT(Must(Call("ListTransfers", list, &Handlers::ListTransfers)).transfers(), SizeIs(3));
  list.set_state(v1::TRANSFER_STATE_REFUSED);
  EXPECT_THAT(Must(Call("ListTransfers", list, &Handlers::ListTransfers)).transfers(), SizeIs(1));
}

TEST_F(TransferHandlersTest, EachReasonOfARefusedRequest) {
  v1::CreateTransferRequest request = Asking("counties/411729/x");
  EXPECT_EQ(ReasonOf(Call("CreateTransfer", request, &Handlers::CreateTransfer).status()), "NAME_INVALID");
  request = Asking(far.name());
  request.mutable_transfer()->mutable_effective_on()->set_day(32);
  EXPECT_EQ(ReasonOf(Call("CreateTransfer", request, &Handlers::CreateTransfer).status()), "DATE_INVALID");
  request = Asking(far.name());
  request.mutable_transfer()->clear_effective_on();
  EXPECT_THAT(testlib::Violated(Call("CreateTransfer", request, &Handlers::CreateTransfer).status()),
              ElementsAre("transfer.effective_on DATE_INVALID"));
  request = Asking(far.name());
  *request.mutable_transfer()->mutable_effective_on() = DateOf(absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(ReasonOf(Call("CreateTransfer", request, &Handlers::CreateTransfer).status()), "SPAN_ORDER")
      << "the day on which the present enrolment began";
  request = Asking(far.name());
  request.mutable_transfer()->set_student(absl::StrCat(kParent, "/students/none"));
  EXPECT_EQ(ReasonOf(Call("CreateTransfer", request, &Handlers::CreateTransfer).status()), "NOT_FOUND");
  v1::ChangeStudentStatusRequest status;
  status.set_name(pupil.name());
  status.set_status("GRADUATED");
  *status.mutable_status_from() = DateOf(absl::CivilDay(2023, 9, 10));
  status.set_request_id(NextRequest());
  ASSERT_TRUE(Call("ChangeStudentStatus", status, &Handlers::ChangeStudentStatus).ok());
  EXPECT_EQ(ReasonOf(Ask(far.name()).status()), "STATE_TRANSITION") << "who graduated is not moved";
}

TEST_F(TransferHandlersTest, EachReasonOfARefusedAcceptance) {
  EXPECT_EQ(ReasonOf(Accept(absl::StrCat(kParent, "/transfers/none")).status()), "TRANSFER_UNKNOWN");
  const v1::Transfer transfer = Must(Ask(far.name()));
  EXPECT_EQ(ReasonOf(Accept(transfer.name(), kParent).status()), "TRANSFER_UNKNOWN")
      << "it is another county's to take";
  EXPECT_EQ(ReasonOf(End(transfer.name(), "counties/411722").status()), "TRANSFER_UNKNOWN") << "neither side";
  v1::AcceptTransferRequest request = Accepting(transfer.name());
  request.set_to_class(absl::StrCat(kOtherParent, "/classes/none"));
  EXPECT_EQ(ReasonOf(Call("AcceptTransfer", request, &Handlers::AcceptTransfer).status()), "CLASS_UNKNOWN");
  EXPECT_TRUE(Accept(transfer.name()).ok()) << "a refused acceptance does not stand in its own way";
}

TEST_F(TransferHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  ExpectReplay<v1::CreateTransferRequest, v1::Transfer>("CreateTransfer", Asking(far.name()), &Handlers::CreateTransfer,
                                                        [](auto& r) { r.mutable_transfer()->set_reason("OTHER"); });
  const v1::Transfer transfer = All<v1::Transfer>(kTransfers)[0];
  ExpectReplay<v1::AcceptTransferRequest, v1::Student>("AcceptTransfer", Accepting(transfer.name()),
                                                       &Handlers::AcceptTransfer,
                                                       [](auto& r) { r.set_to_class("counties/411729/classes/x"); });
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(All<v1::Transfer>(kTransfers).size(), 1u);
}

}  // namespace
}  // namespace ruraledu::registry
