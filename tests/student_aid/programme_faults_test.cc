// A fault before each statement of the writes of studies and tracked aid (cut_off.h).
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/programme_fixture.h"

namespace ruraledu::student_aid {
namespace {

class ProgrammeFaults : public ProgrammeFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit ProgrammeFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : ProgrammeFixture(Faulty(counter)), left(std::move(counter)) {
    // Every call of a test has a student of its own.
    std::vector<v1::Study> studies;
    for (int n = 1; n <= kStudents; ++n) {
      registry.Put(Graduate(absl::StrCat("x", n), {"P2"}));
      studies.push_back(StudyOf(absl::StrCat("x", n)));
    }
    aid.page = 500;
    EXPECT_TRUE(aid.CatchUp().ok());
    EXPECT_TRUE(RecordStudies(studies).ok());
    Decide();
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& method, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this]() -> absl::Status {
      const auto answer = As("officer", method, request, handler);
      RETURN_IF_ERROR(answer.status());
      EXPECT_EQ(answer->outcomes(0), "RECORDED");
      return absl::OkStatus();
    };
  }
  Again Prepare(const std::string& method, const std::string& person) {
    const auto ask = RowOf(person, v1::TRACKED_AID_KIND_RAIN_DEW, v1::TRACKED_AID_EVENT_ASK);
    if (method == "BatchRecordTrackedAids") return Repeat(method, Tracking({ask}), &Handlers::BatchRecordTrackedAids);
    EXPECT_EQ(Track({ask}), "RECORDED");
    v1::Study study = StudyOf(person);
    SetState(v1::STUDY_STATE_SUSPENDED, 20231001, &study);  // pauses what was asked
    return Repeat(method, Recording({study}), &Handlers::BatchRecordStudies);
  }

  static constexpr int kStudents = 120;
  std::shared_ptr<std::atomic<int64_t>> left;
};

TEST_P(ProgrammeFaults, ThreeAtOnceCutOffAnywhere) {
  CutOffAnywhere({.left = *left,
                  .most = kStudents,
                  .next = [this](int n) { return Prepare(GetParam(), absl::StrCat("x", n)); },
                  .ready = [] {},
                  .written =
                      [this] {
                        return RowsOf(aid,
                                      {"SELECT id, shard, version FROM study ORDER BY id",
                                       "SELECT id, shard, version FROM tracked_aid ORDER BY id",
                                       "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq"});
                      },
                  .sound =
                      [this] {
                        ExpectJournalled(aid, {"study", "tracked_aid"});
                      }});
}

INSTANTIATE_TEST_SUITE_P(Writes, ProgrammeFaults, ::testing::Values("BatchRecordStudies", "BatchRecordTrackedAids"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::student_aid
