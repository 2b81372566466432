// A fault before each statement of every write of applications and restrictions (cut_off.h).
#include "tests/student_aid/application_fixture.h"
#include "tests/student_aid/cut_off.h"

namespace ruraledu::student_aid {
namespace {

class ApplicationFaults : public ApplicationFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit ApplicationFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : ApplicationFixture(Faulty(counter)), left(std::move(counter)) {
    // Every call of a test has a pupil of its own: boarders with a kind that is proposed, or with one that needs paper.
    const std::string kind = GetParam() == "BatchSubmitApplications" ? "E1" : "O1";
    for (int n = 1; n <= kPupils; ++n) registry.Put(Student(absl::StrCat("x", n), "JUN", "7", true, {kind}));
    aid.page = 500;
    Decide();
    if (GetParam() != "ProposeApplications") {
      EXPECT_TRUE(Work(Proposing()).ok());
    }
    EXPECT_TRUE(aid.Compare().ok());
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
    const std::string name = AppName(person, "CN_LIV_B_JUN");
    static const std::map<std::string, std::string> kFrom = {{"BatchSchoolReviewApplications", "SUBMITTED"},
                                                             {"BatchWithdrawApplications", "SUBMITTED"},
                                                             {"StartNotice", "SCHOOL_APPROVED"},
                                                             {"CloseNotice", "ON_SCHOOL_NOTICE"},
                                                             {"BatchCountyReviewApplications", "ON_SCHOOL_NOTICE"},
                                                             {"CreateApplicationObjection", "ON_SCHOOL_NOTICE"},
                                                             {"ResolveApplicationObjection", "SUSPENDED"},
                                                             {"CreateApplicationAppeal", "REJECTED"},
                                                             {"DecideApplicationSchoolAppeal", "REJECTED"},
                                                             {"DecideApplicationCountyAppeal", "REJECTED"}};
    if (const auto from = kFrom.find(method); from != kFrom.end()) BringApp(name, from->second);
    if (method == "ProposeApplications") return Repeat("officer", method, Proposing(), &Handlers::ProposeApplications);
    if (method == "BatchSubmitApplications") {
      return Repeat("teacher", method, HandingIn({name}), &Handlers::BatchSubmitApplications);
    }
    if (method == "BatchSchoolReviewApplications") {
      return Repeat("school", method, ReviewOf({name}), &Handlers::BatchSchoolReviewApplications);
    }
    if (method == "BatchCountyReviewApplications") {
      return Repeat("county", method, ReviewOf({name}), &Handlers::BatchCountyReviewApplications);
    }
    if (method == "BatchWithdrawApplications") {
      return Repeat("teacher", method, TakingBack({name}), &Handlers::BatchWithdrawApplications);
    }
    if (method == "StartNotice") return Repeat("school", method, Listing({name}), &Handlers::StartNotice);
    if (method == "CloseNotice") return Repeat("school", method, Closing(App(name).notice()), &Handlers::CloseNotice);
    return PrepareDispute(method, name, person);
  }
  Again PrepareDispute(const std::string& method, const std::string& name, const std::string& person) {
    if (method == "CreateApplicationObjection") {
      return Repeat("clerk", method, About(Objecting(""), name), &Handlers::CreateApplicationObjection);
    }
    if (method == "ResolveApplicationObjection") {
      return Repeat("school", method, About(Resolving("", v1::OBJECTION_OUTCOME_EXCLUDED), name),
                    &Handlers::ResolveApplicationObjection);
    }
    if (method == "CreateApplicationAppeal") {
      return Repeat("clerk", method, About(Appealing(""), name), &Handlers::CreateApplicationAppeal);
    }
    if (method == "CreateRestriction") {
      return Repeat("officer", method, Restricting(person, "RECOVERY_OPEN"), &Handlers::CreateRestriction);
    }
    if (method == "LiftRestriction") {
      return Repeat("approver", method,
                    Relieving<v1::LiftRestrictionRequest>(Restrict(person, "RECOVERY_OPEN")->name()),
                    &Handlers::LiftRestriction);
    }
    if (method == "BypassRestriction") {
      auto bypass = Relieving<v1::BypassRestrictionRequest>(Restrict(person, "RECOVERY_OPEN")->name());
      bypass.set_application(name);
      return Repeat("approver", method, bypass, &Handlers::BypassRestriction);
    }
    EXPECT_TRUE(AppealFor(name).ok());
    if (method == "DecideApplicationSchoolAppeal") {
      return Repeat("leader", method, About(Deciding("", true), name), &Handlers::DecideApplicationSchoolAppeal);
    }
    EXPECT_TRUE(HearAtSchool(name, false).ok());
    EXPECT_TRUE(AppealFor(name).ok());
    return Repeat("county", method, About(Deciding("", true), name), &Handlers::DecideApplicationCountyAppeal);
  }

  static constexpr int kPupils = 150;
  std::shared_ptr<std::atomic<int64_t>> left;
};

TEST_P(ApplicationFaults, ThreeAtOnceCutOffAnywhere) {
  const bool after = GetParam() == "CloseNotice" || GetParam() == "BatchCountyReviewApplications";
  CutOffAnywhere({.left = *left,
                  .most = kPupils,
                  .next = [this](int n) { return Prepare(GetParam(), absl::StrCat("x", n)); },
                  .ready =
                      [this, after] {
                        if (after) On(9, 26);
                      },
                  .written =
                      [this] {
                        return RowsOf(
                            aid, {"SELECT id, shard, version FROM application ORDER BY id",
                                  "SELECT id, shard, version FROM restriction ORDER BY id",
                                  "SELECT id, shard, version FROM notice ORDER BY id",
                                  "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq",
                                  "SELECT id, shard, 0 FROM job WHERE kind = 'application_proposals' ORDER BY id"});
                      },
                  .sound =
                      [this] {
                        ExpectJournalled(aid, {"application", "restriction", "notice"});
                      }});
}

INSTANTIATE_TEST_SUITE_P(Writes, ApplicationFaults,
                         ::testing::Values("ProposeApplications", "BatchSubmitApplications",
                                           "BatchSchoolReviewApplications", "BatchCountyReviewApplications",
                                           "BatchWithdrawApplications", "StartNotice", "CloseNotice",
                                           "CreateApplicationObjection", "ResolveApplicationObjection",
                                           "CreateApplicationAppeal", "DecideApplicationSchoolAppeal",
                                           "DecideApplicationCountyAppeal", "CreateRestriction", "LiftRestriction",
                                           "BypassRestriction"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::student_aid
