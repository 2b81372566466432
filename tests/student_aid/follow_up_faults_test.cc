// A fault before each statement of every write of studying elsewhere, graduates and publicity (cut_off.h).
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/outward_fixture.h"

namespace ruraledu::student_aid {
namespace {

class FollowUpFaults : public OutwardFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit FollowUpFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : OutwardFixture(Faulty(counter)), left(std::move(counter)) {
    // Every call of a test has a pupil of its own.
    for (int n = 1; n <= kPupils; ++n) registry.Put(Student(absl::StrCat("x", n), "JUN", "8", true, {"P2"}));
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const std::string& method, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this]() -> absl::Status {
      const auto answer = As(by, method, request, handler);
      RETURN_IF_ERROR(answer.status());
      if constexpr (requires { answer->rows(); }) {
        EXPECT_EQ(Reasons(answer), "-");
      }
      return absl::OkStatus();
    };
  }
  // The call on a pupil; what it needs is made now.
  Again Prepare(const std::string& method, const std::string& person) {
    if (method == "CreatePublicityActivity") {
      return Repeat("officer", method, Publishing("s1", 5, 4), &Handlers::CreatePublicityActivity);
    }
    if (method == "WithdrawPublicityActivity") {
      v1::WithdrawPublicityActivityRequest request;
      request.set_name(As("o", "CreatePublicityActivity", Publishing(), &Handlers::CreatePublicityActivity)->name());
      request.set_reason("重复登记");
      request.set_request_id(NewId());
      return Repeat("officer", method, request, &Handlers::WithdrawPublicityActivity);
    }
    if (method == "OpenOutwardCases") return Repeat("officer", method, Opening(), &Handlers::OpenOutwardCases);
    const bool graduate = method == "BatchEnterGraduates" || method == "AddGraduateEntry";
    return graduate ? PrepareGraduate(method, person) : PrepareCase(method, person);
  }
  Again PrepareGraduate(const std::string& method, const std::string& person) {
    if (method == "BatchEnterGraduates") {
      return Repeat("officer", method, Graduating({person}), &Handlers::BatchEnterGraduates);
    }
    EXPECT_EQ(Reasons(As("o", "BatchEnterGraduates", Graduating({person}), &Handlers::BatchEnterGraduates)), "-");
    return Repeat("teacher", method, Adding(person, [](auto* r) { r->mutable_measure()->set_code("FAIR"); }),
                  &Handlers::AddGraduateEntry);
  }
  Again PrepareCase(const std::string& method, const std::string& person) {
    if (method == "BatchEnterOutwardCases") {
      return Repeat("officer", method, Entering({Entry(person)}), &Handlers::BatchEnterOutwardCases);
    }
    EXPECT_EQ(Reasons(Enter({Entry(person)})), "-");
    if (method == "BatchAskOutwardCases") {
      return Repeat("officer", method, Asking({person}), &Handlers::BatchAskOutwardCases);
    }
    if (method == "WithdrawOutwardCase") {
      v1::WithdrawOutwardCaseRequest request;
      request.set_name(CaseName(person));
      request.set_reason("转回");
      request.set_request_id(NewId());
      return Repeat("officer", method, request, &Handlers::WithdrawOutwardCase);
    }
    EXPECT_EQ(Reasons(Ask({person})), "-");
    if (method == "BatchAnswerOutwardCases") {
      return Repeat("officer", method, Answering({{person, v1::OUTWARD_RESULT_AIDED_THERE}}),
                    &Handlers::BatchAnswerOutwardCases);
    }
    EXPECT_EQ(Reasons(Answer({{person, v1::OUTWARD_RESULT_NOT_AIDED_THERE}})), "-");
    if (method == "ProposeOutwardBackfill") {
      return Repeat("officer", method, Proposing(person), &Handlers::ProposeOutwardBackfill);
    }
    EXPECT_TRUE(Propose(person).ok());
    return Repeat("leader", method, Deciding(person), &Handlers::DecideOutwardBackfill);
  }

  static constexpr int kPupils = 200;
  std::shared_ptr<std::atomic<int64_t>> left;  // statements that still work; negative: all
};

TEST_P(FollowUpFaults, ThreeAtOnceCutOffAnywhere) {
  CutOffAnywhere({.left = *left,
                  .most = kPupils,
                  .next = [this](int n) { return Prepare(GetParam(), absl::StrCat("x", n)); },
                  .ready = [] {},
                  .written =
                      [this] {
                        return RowsOf(aid,
                                      {"SELECT id, shard, version FROM outward_case ORDER BY id",
                                       "SELECT id, shard, version FROM graduate ORDER BY id",
                                       "SELECT id, shard, version FROM publicity_activity ORDER BY id",
                                       "SELECT id, shard, version FROM application ORDER BY id",
                                       "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq",
                                       "SELECT id, shard, 0 FROM job WHERE kind = 'outward_cases' ORDER BY id"});
                      },
                  .sound =
                      [this] {
                        ExpectJournalled(aid, {"outward_case", "graduate", "publicity_activity", "application"});
                      }});
}

INSTANTIATE_TEST_SUITE_P(Writes, FollowUpFaults,
                         ::testing::Values("OpenOutwardCases", "BatchEnterOutwardCases", "BatchAskOutwardCases",
                                           "BatchAnswerOutwardCases", "ProposeOutwardBackfill", "DecideOutwardBackfill",
                                           "WithdrawOutwardCase", "BatchEnterGraduates", "AddGraduateEntry",
                                           "CreatePublicityActivity", "WithdrawPublicityActivity"),
                         [](const auto& info) { return info.param; });

// The job killed at each statement: the turns after it finish what is left, each case once.
TEST(OutwardRunFaults, AKilledTurnIsFinishedByTheNext) {
  class Killed : public OutwardFixture {
   public:
    explicit Killed(std::shared_ptr<std::atomic<int64_t>> counter) : OutwardFixture(Faulty(counter)), left(counter) {}
    void Run() {
      const auto job = As("officer", "OpenOutwardCases", Opening(), &Handlers::OpenOutwardCases);
      ASSERT_TRUE(job.ok()) << job.status();
      const std::string id(feed::IdOfName(job->name()));
      int killed = 0;
      for (int cut = 1; cut < 400; cut += 9) {
        *left = cut;
        const absl::Status turn = aid.Turn("c411728", id);
        *left = -1;
        if (turn.ok()) break;
        ++killed;
      }
      EXPECT_GT(killed, 1);
      EXPECT_EQ(StateOfCase("q1"), "FOUND");
      EXPECT_EQ(StateOfCase("q3"), "FOUND");
      EXPECT_EQ(StateOfCase("r1"), "FOUND");
      EXPECT_EQ(aid.Counter("outward_cases"), 2);
      ExpectJournalled(aid, {"outward_case"});
    }
    std::shared_ptr<std::atomic<int64_t>> left;
  };
  Killed(NewCounter()).Run();
}

}  // namespace
}  // namespace ruraledu::student_aid
