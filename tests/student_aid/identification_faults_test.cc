// A fault before each statement of every write of identification (cut_off.h).
#include "tests/student_aid/cut_off.h"

namespace ruraledu::student_aid {
namespace {

class IdentificationFaults : public IdentificationFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit IdentificationFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : IdentificationFixture(Faulty(counter)), left(std::move(counter)) {
    // Every call of a test has a pupil of its own.
    for (int n = 1; n <= kPupils; ++n) registry.Put(Student(absl::StrCat("x", n), "JUN", "8"));
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
    if (method == "CreateIdentification")
      return Repeat("teacher", method, Opening(person), &Handlers::CreateIdentification);
    if (method == "BatchSubmitIdentifications") {
      return Repeat("teacher", method, Submitting({Application(person)}), &Handlers::BatchSubmitIdentifications);
    }
    if (method == "ProposeIdentifications") {
      v1::ProposeIdentificationsRequest request;
      request.set_parent(kCounty);
      request.set_term(kAutumn);
      request.set_request_id(NewId());
      return Repeat("officer", method, request, &Handlers::ProposeIdentifications);
    }
    static const std::map<std::string, std::string> kFrom = {{"ClassReviewIdentification", "APPLIED"},
                                                             {"SchoolReviewIdentification", "CLASS_REVIEWED"},
                                                             {"StartNotice", "SCHOOL_REVIEWED"},
                                                             {"CloseNotice", "ON_NOTICE"},
                                                             {"CreateObjection", "ON_NOTICE"},
                                                             {"ResolveObjection", "RECHECK"},
                                                             {"CreateAppeal", "REJECTED"},
                                                             {"DecideSchoolAppeal", "REJECTED"},
                                                             {"DecideCountyAppeal", "REJECTED"},
                                                             {"BatchAdjustIdentifications", "CONFIRMED"},
                                                             {"BatchArchiveIdentifications", "CONFIRMED"}};
    Bring(person, kFrom.at(method));
    return PrepareLater(method, person);
  }
  Again PrepareLater(const std::string& method, const std::string& person) {
    if (method == "ClassReviewIdentification") {
      return Repeat("class", method, Reviewing(person), &Handlers::ClassReviewIdentification);
    }
    if (method == "SchoolReviewIdentification") {
      return Repeat("school", method, Reviewing(person), &Handlers::SchoolReviewIdentification);
    }
    if (method == "StartNotice") return Repeat("school", method, Posting({person}), &Handlers::StartNotice);
    if (method == "CloseNotice") {
      On(9, 26);
      return Repeat("school", method, Closing(Whole(person).notice()), &Handlers::CloseNotice);
    }
    if (method == "CreateObjection") return Repeat("clerk", method, Objecting(person), &Handlers::CreateObjection);
    if (method == "ResolveObjection") {  // with the notice that a changed list begins
      return Repeat("school", method, Resolving(person, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 2),
                    &Handlers::ResolveObjection);
    }
    if (method == "CreateAppeal") return Repeat("clerk", method, Appealing(person), &Handlers::CreateAppeal);
    if (method == "BatchAdjustIdentifications") {
      return Repeat("school", method, Adjusting(person, "2023-2024-2", 2, false, "核实"),
                    &Handlers::BatchAdjustIdentifications);
    }
    if (method == "BatchArchiveIdentifications") {
      return Repeat("county", method, Archiving({person}), &Handlers::BatchArchiveIdentifications);
    }
    EXPECT_TRUE(Appeal(person).ok());
    if (method == "DecideSchoolAppeal") {
      return Repeat("leader", method, Deciding(person, true), &Handlers::DecideSchoolAppeal);
    }
    EXPECT_TRUE(DecideAtSchool(person, false).ok());
    EXPECT_TRUE(Appeal(person).ok());
    return Repeat("county", method, Deciding(person, false), &Handlers::DecideCountyAppeal);
  }

  static constexpr int kPupils = 200;
  std::shared_ptr<std::atomic<int64_t>> left;  // statements that still work; negative: all
};

TEST_P(IdentificationFaults, ThreeAtOnceCutOffAnywhere) {
  CutOffAnywhere({.left = *left,
                  .most = kPupils,
                  .next = [this](int n) { return Prepare(GetParam(), absl::StrCat("x", n)); },
                  .ready =
                      [this] {
                        if (GetParam() == "CloseNotice") On(9, 26);
                      },
                  .written =
                      [this] {
                        return RowsOf(
                            aid, {"SELECT id, shard, version FROM identification ORDER BY id",
                                  "SELECT id, shard, version FROM notice ORDER BY id",
                                  "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq",
                                  "SELECT id, shard, 0 FROM job WHERE kind = 'identification_proposals' ORDER BY id"});
                      },
                  .sound =
                      [this] {
                        ExpectJournalled(aid, {"identification", "notice"});
                      }});
}

INSTANTIATE_TEST_SUITE_P(Writes, IdentificationFaults,
                         ::testing::Values("CreateIdentification", "BatchSubmitIdentifications",
                                           "ClassReviewIdentification", "SchoolReviewIdentification", "StartNotice",
                                           "CloseNotice", "CreateObjection", "ResolveObjection", "CreateAppeal",
                                           "DecideSchoolAppeal", "DecideCountyAppeal", "BatchAdjustIdentifications",
                                           "BatchArchiveIdentifications", "ProposeIdentifications"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::student_aid
