// Complaints, messages to families, presence and performance, cut off before their statements; see cut_off.h.
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/office_fixture.h"

namespace ruraledu::student_aid {
namespace {

class OfficeFaults : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  explicit OfficeFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : OfficeFixture(Faulty(counter)), left(std::move(counter)) {}

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const std::string& method, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this]() -> absl::Status { return As(by, method, request, handler).status(); };
  }
  std::string Registered() {
    const auto complaint = Complain(Complaining());
    EXPECT_TRUE(complaint.ok()) << complaint.status();
    return complaint.ok() ? complaint->name() : "";
  }
  // The n-th call; what it needs is made now.
  Again Prepare(const std::string& method) {
    if (method == "CreateComplaint") {
      auto request = Complaining();
      request.set_student(Pupil("p1"));
      request.add_files(Upload(Pupil("p1"), absl::StrCat("截图", ++files)));
      return Repeat("clerk", method, request, &Handlers::CreateComplaint);
    }
    const std::string name = Registered();
    if (method == "AssignComplaint") {
      auto request = Naming<v1::AssignComplaintRequest>(name);
      request.set_assignee("job:zhang");
      return Repeat("officer", method, request, &Handlers::AssignComplaint);
    }
    EXPECT_TRUE(AssignTo(name, "zhang").ok());
    auto answer = Naming<v1::AnswerComplaintRequest>(name);
    answer.set_outcome(v1::COMPLAINT_OUTCOME_HELPED);
    answer.set_answer("已解释");
    if (method == "AnswerComplaint") {
      answer.add_files(Upload(Pupil("p2"), absl::StrCat("答复", ++files)));
      return Repeat("zhang", method, answer, &Handlers::AnswerComplaint);
    }
    EXPECT_TRUE(As("zhang", "AnswerComplaint", answer, &Handlers::AnswerComplaint).ok());
    auto reopen = Naming<v1::ReopenComplaintRequest>(name);
    reopen.set_ground("仍未到账");
    return Repeat("clerk", "ReopenComplaint", reopen, &Handlers::ReopenComplaint);
  }
  CutOff Test(std::function<Again(int)> next, int most) {
    return {.left = *left,
            .most = most,
            .next = std::move(next),
            .ready = [] {},
            .written =
                [this] {
                  return RowsOf(aid, {"SELECT id, shard, version FROM complaint ORDER BY id",
                                      "SELECT id, shard, version FROM family_message ORDER BY id",
                                      "SELECT owner, shard, count(*) FROM file_reference GROUP BY owner, shard ORDER "
                                      "BY owner",
                                      "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq"});
                },
            .sound =
                [this] {
                  ExpectJournalled(aid, {"complaint", "family_message"});
                }};
  }

  int files = 0;
  std::shared_ptr<std::atomic<int64_t>> left;
};

TEST_P(OfficeFaults, ThreeAtOnceCutOffAnywhere) {
  CutOffAnywhere(Test([this](int) { return Prepare(GetParam()); }, 200));
}

INSTANTIATE_TEST_SUITE_P(Writes, OfficeFaults,
                         ::testing::Values("CreateComplaint", "AssignComplaint", "AnswerComplaint", "ReopenComplaint"),
                         [](const auto& info) { return std::string(info.param); });

// A batch whose families are told, by one call and by the channel's answer, cut off at each statement.
class MessageFaults : public OfficeFaults {
 protected:
  // Cuts the call off at each second statement until it is through.
  void UntilDone(const Again& call) {
    int cuts = 0;
    for (int cut = 0;; cut += 2, ++cuts) {
      *left = cut;
      const absl::Status called = call();
      *left = -1;
      ExpectJournalled(aid, {"family_message", "presence_check", "performance_plan"});
      if (called.ok()) break;
      ASSERT_LT(cuts, 200) << called;
    }
    EXPECT_GT(cuts, 3) << "so few statements cannot be";
    EXPECT_TRUE(call().ok()) << "a replay";
  }
};

TEST_P(MessageFaults, AreMadeOnceAndAnsweredOnce) {
  const std::string batch = Pay({"p1", "p2", "p3"});
  UntilDone(Repeat("officer", "SendFamilyMessages", Telling(batch), &Handlers::SendFamilyMessages));
  EXPECT_EQ(aid.Counter("messages", "411728"), 3);
  v1::BatchRecordDeliveriesRequest request;
  request.set_parent(kCounty);
  request.set_request_id(NewId());
  for (const char* person : {"p1", "p2", "p3"}) {
    v1::FamilyMessageDelivery* row = request.add_deliveries();
    row->set_message(MessageName(person));
    row->set_delivered(true);
    *row->mutable_on() = Date(20231201);
  }
  UntilDone(Repeat("officer", "BatchRecordDeliveries", request, &Handlers::BatchRecordDeliveries));
  EXPECT_EQ(aid.Counter("messages_delivered", "411728"), 3);
}

TEST_P(MessageFaults, APresenceCheckIsRecordedOnce) {
  v1::RecordPresenceRequest request;
  request.set_parent(kCounty);
  request.set_school(absl::StrCat(kCounty, "/schools/s1"));
  request.set_kind(v1::PRESENCE_KIND_BOARDING);
  request.set_period(kAutumn);
  request.set_beds(100);
  request.add_rows()->set_person("p1");
  request.mutable_rows(0)->set_place("1-1");
  request.set_request_id(NewId());
  UntilDone(Repeat("teacher", "RecordPresenceCheck", request, &Handlers::RecordPresenceCheck));
}

TEST_P(MessageFaults, APerformancePlanMovesOnOnce) {
  v1::SetPerformanceTargetsRequest set;
  set.set_parent(kCounty);
  set.set_budget_year(2023);
  set.add_targets()->set_indicator("student_aid.complaints");
  set.mutable_targets(0)->mutable_target()->set_denominator(1);
  set.set_request_id(NewId());
  UntilDone(Repeat("planner", "SetPerformanceTargets", set, &Handlers::SetPerformanceTargets));
  const std::string plan = absl::StrCat(kCounty, "/performancePlans/2023");
  auto approve = Naming<v1::ConfirmPerformanceRequest>(plan);
  approve.set_etag(
      As("reader", "GetPerformancePlan", Naming<v1::GetPerformancePlanRequest>(plan), &Handlers::GetPerformancePlan)
          ->etag());
  UntilDone(Repeat("leader", "ConfirmPerformance", approve, &Handlers::ConfirmPerformance));
  auto evaluate = Naming<v1::EvaluatePerformanceRequest>(plan);
  evaluate.add_deviations()->set_indicator("student_aid.complaints");
  evaluate.mutable_deviations(0)->set_reason("无投诉");
  UntilDone(Repeat("evaluator", "EvaluatePerformance", evaluate, &Handlers::EvaluatePerformance));
}

INSTANTIATE_TEST_SUITE_P(Once, MessageFaults, ::testing::Values("Sqlite"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
