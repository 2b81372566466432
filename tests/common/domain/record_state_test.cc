#include "common/domain/record_state.h"

#include "gtest/gtest.h"
#include "ruraledu/jobs/v1/jobs.pb.h"

namespace ruraledu {
namespace {

using jobs::v1::Job;

constexpr Transition kRows[] = {
    {"QUEUED", "start", "WAITING_FOR_FEED", "behind"},
    {"QUEUED", "start", "RUNNING"},
    {"WAITING_FOR_FEED", "start", "RUNNING", "caught_up"},
    {"RUNNING", "lose", "LOST"},
};
constexpr StateMachine kJobs("job", "QUEUED", kRows);

Job In(jobs::v1::JobState state) {
  Job job;
  job.set_name("counties/411728/jobs/1");
  job.set_state(state);
  return job;
}

TEST(RecordState, TheRecordGoesWhereItsMachineLeads) {
  Job job = In(jobs::v1::JOB_STATE_QUEUED);
  EXPECT_TRUE(MoveState(kJobs, "start", &job).ok());
  EXPECT_EQ(job.state(), jobs::v1::JOB_STATE_RUNNING) << "rows with a guard are passed over";
}

TEST(RecordState, GuardsAreAsked) {
  Job job = In(jobs::v1::JOB_STATE_QUEUED);
  const auto behind = [](std::string_view guard) { return guard == "behind"; };
  EXPECT_TRUE(MoveState(kJobs, "start", &job, behind).ok());
  EXPECT_EQ(job.state(), jobs::v1::JOB_STATE_WAITING_FOR_FEED);
  EXPECT_EQ(ReasonOf(MoveState(kJobs, "start", &job, behind)), "STATE_TRANSITION");
  EXPECT_TRUE(MoveState(kJobs, "start", &job, [](std::string_view guard) { return guard == "caught_up"; }).ok());
  EXPECT_EQ(job.state(), jobs::v1::JOB_STATE_RUNNING);
}

TEST(RecordState, ARecordThatIsRefusedStaysAsItIs) {
  struct Refused {
    int state;
    std::string_view event;
  };
  constexpr Refused kRefused[] = {{jobs::v1::JOB_STATE_RUNNING, "start"},
                                  {jobs::v1::JOB_STATE_QUEUED, "stop"},
                                  {jobs::v1::JOB_STATE_UNSPECIFIED, "start"},
                                  {1000, "start"}};
  for (const Refused& row : kRefused) {
    const Job before = In(static_cast<jobs::v1::JobState>(row.state));
    Job job = before;
    EXPECT_EQ(ReasonOf(MoveState(kJobs, row.event, &job)), "STATE_TRANSITION") << row.state << " " << row.event;
    EXPECT_EQ(job.SerializeAsString(), before.SerializeAsString());
  }
}

TEST(RecordState, AStateThatRecordsDoNotHaveIsAnErrorOfTheMachine) {
  Job job = In(jobs::v1::JOB_STATE_RUNNING);
  EXPECT_EQ(MoveState(kJobs, "lose", &job).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(job.state(), jobs::v1::JOB_STATE_RUNNING);
}

}  // namespace
}  // namespace ruraledu
