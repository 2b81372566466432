#include "common/db/jobs.h"

#include <atomic>
#include <latch>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

class JobsTest : public DatabaseTest {
 protected:
  void SetUp() override {
    options_.clock = &clock_;
    Open();
  }
  void Insert(const std::string& id, const std::string& kind = "count", const std::string& parent = "") {
    JobRow job;
    job.id = id;
    job.kind = kind;
    job.parent = parent;
    job.input = "input";
    job.subject = "user";
    job.area = "411728";
    ASSERT_TRUE(database_->Write("c1", [&](Transaction& tx) { return InsertJob(tx, job); }).ok());
  }
  JobRow Find(const std::string& id) {
    auto job = database_->Read([&](Transaction& tx) { return FindJob(tx, "c1", id); });
    EXPECT_TRUE(job.ok() && job->has_value()) << job.status();
    return job.ok() && job->has_value() ? **job : JobRow{};
  }
  absl::Status Cancel(const std::string& id) {
    return database_->Write("c1", [&](Transaction& tx) { return RequestCancel(tx, id); });
  }
  JobState WaitFor(const std::string& id, JobState state) {
    const absl::Time end = Clock::System().Now() + absl::Seconds(60);
    while (Find(id).state != state && Clock::System().Now() < end) {
      std::this_thread::yield();
    }
    return Find(id).state;
  }
  static JobEngineOptions Fast() { return {.threads = 2, .poll = absl::Milliseconds(5)}; }

  // Adds a row per chunk, ten chunks; the cursor is the number of the next one.
  static absl::StatusOr<std::string> CountToTen(JobContext& context) {
    int next = 0;
    (void)absl::SimpleAtoi(context.job().cursor, &next);
    for (; next < 10; ++next) {
      RETURN_IF_ERROR(context.CheckGoOn());
      RETURN_IF_ERROR(context.Chunk(
          [&](Transaction& tx) {
            return tx.Execute("INSERT INTO item (shard, id) VALUES ($1, $2)", tx.shard(), absl::StrCat(next)).status();
          },
          absl::StrCat(next + 1), next + 1, 10));
    }
    return "counted";
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
};

TEST_P(JobsTest, RunsToItsEnd) {
  JobEngine engine(*database_, Fast());
  engine.Register("count", CountToTen);
  engine.Start();
  Insert("j1");
  Insert("j2", "of somebody else");
  ASSERT_EQ(WaitFor("j1", JobState::kSucceeded), JobState::kSucceeded);
  const JobRow job = Find("j1");
  EXPECT_EQ(job.result, "counted");
  EXPECT_EQ(job.cursor, "10");
  EXPECT_EQ(job.done_units, 10);
  EXPECT_EQ(job.total_units, 10);
  EXPECT_EQ(job.area, "411728");
  EXPECT_EQ(Count(), 10);
  EXPECT_EQ(Find("j2").state, JobState::kQueued);
}

TEST_P(JobsTest, AFailureKeepsItsReason) {
  JobEngine engine(*database_, Fast());
  engine.Register("count", [](JobContext&) -> absl::StatusOr<std::string> { return Fail("REQUEST_ID_REUSED"); });
  engine.Start();
  Insert("j1");
  ASSERT_EQ(WaitFor("j1", JobState::kFailed), JobState::kFailed);
  google::rpc::Status status;
  ASSERT_TRUE(status.ParseFromString(Find("j1").error));
  EXPECT_EQ(status.code(), 3);
  EXPECT_EQ(status.details_size(), 2);
}

// What passes by itself (a slow disk, a full one, a lost connection) costs a job time, never its work.
TEST_P(JobsTest, WhatPassesByItselfIsTriedAgainAtTheCursor) {
  const std::vector<absl::Status> passing = {Fail("READ_TOO_LONG"),
                                             Fail("DISK_FULL"),
                                             Fail("DEADLINE_EXCEEDED"),
                                             Fail("DATABASE_UNAVAILABLE", {{"detail", "gone"}}),
                                             Fail("COMMIT_UNKNOWN"),
                                             Fail("DATABASE_RETRY"),
                                             Fail("HEAD_MOVED", {{"shard", "c1"}})};
  std::atomic<size_t> turns = 0;
  JobEngine engine(*database_, Fast());
  engine.Register("count", [&](JobContext& context) -> absl::StatusOr<std::string> {
    const size_t turn = turns++;
    if (turn < passing.size()) {
      EXPECT_EQ(context.job().cursor, turn == 0 ? "" : absl::StrCat(turn));
      RETURN_IF_ERROR(context.Chunk([](Transaction&) { return absl::OkStatus(); }, absl::StrCat(turn + 1), 1, 1));
      return passing[turn];
    }
    return "done";
  });
  engine.Start();
  Insert("j1");
  const absl::Time end = Clock::System().Now() + absl::Minutes(2);
  JobRow job;
  int64_t advanced = -1;  // the lease after which the clock went on: once for each, lest the next one end as it begins
  while ((job = Find("j1")).state != JobState::kSucceeded && Clock::System().Now() < end) {
    ASSERT_NE(job.state, JobState::kFailed) << turns;
    if (job.state == JobState::kQueued && job.lease_epoch != advanced) {
      advanced = job.lease_epoch;
      clock_.Advance(absl::Seconds(1));
      engine.Wake();
    }
    std::this_thread::yield();
  }
  EXPECT_EQ(job.state, JobState::kSucceeded);
  EXPECT_EQ(turns, passing.size() + 1);
}

TEST_P(JobsTest, ADrainReleasesAndTheNextEngineGoesOnAtTheCursor) {
  Insert("j1");
  {
    std::latch third(1), stopping(1);
    JobEngine engine(*database_, Fast());
    engine.Register("count", [&](JobContext& context) -> absl::StatusOr<std::string> {
      for (int i = 0; i < 3; ++i) {
        RETURN_IF_ERROR(context.Chunk(
            [&](Transaction& tx) {
              return tx.Execute("INSERT INTO item (shard, id) VALUES ($1, $2)", tx.shard(), absl::StrCat(i)).status();
            },
            absl::StrCat(i + 1), i + 1, 10));
      }
      third.count_down();
      stopping.wait();
      absl::Status status;
      while ((status = context.CheckGoOn()).ok()) {
      }
      return status;
    });
    engine.Start();
    third.wait();
    stopping.count_down();
    engine.Stop();
  }
  EXPECT_EQ(Find("j1").state, JobState::kQueued);
  EXPECT_EQ(Find("j1").cursor, "3");
  JobEngine engine(*database_, Fast());
  engine.Register("count", CountToTen);
  engine.Start();
  EXPECT_EQ(WaitFor("j1", JobState::kSucceeded), JobState::kSucceeded);
  EXPECT_EQ(Count(), 10);
}

TEST_P(JobsTest, CancelWhileQueuedWhileRunningAndWhenOver) {
  Insert("queued");
  ASSERT_TRUE(Cancel("queued").ok());
  EXPECT_EQ(Find("queued").state, JobState::kCancelled);
  EXPECT_EQ(ReasonOf(Cancel("nothing")), "JOB_NOT_FOUND");

  std::latch running(1);
  JobEngine engine(*database_, Fast());
  engine.Register("count", [&](JobContext& context) -> absl::StatusOr<std::string> {
    running.count_down();
    absl::Status status;
    while ((status = context.CheckGoOn()).ok()) {
    }
    return status;
  });
  engine.Start();
  Insert("j1");
  running.wait();
  ASSERT_TRUE(Cancel("j1").ok());
  EXPECT_EQ(WaitFor("j1", JobState::kCancelled), JobState::kCancelled);
  EXPECT_TRUE(Cancel("j1").ok());
  EXPECT_EQ(Find("j1").state, JobState::kCancelled);
}

TEST_P(JobsTest, APostponedJobComesBackAfterItsDelay) {
  std::atomic<int> turns = 0;
  JobEngine engine(*database_, Fast());
  engine.Register("count", [&](JobContext& context) -> absl::StatusOr<std::string> {
    if (++turns == 1) {
      return context.Postpone(JobState::kWaitingForFeed, absl::Minutes(1));
    }
    return "later";
  });
  engine.Start();
  Insert("j1");
  ASSERT_EQ(WaitFor("j1", JobState::kWaitingForFeed), JobState::kWaitingForFeed);
  EXPECT_EQ(turns, 1);
  clock_.Advance(absl::Minutes(2));
  engine.Wake();
  EXPECT_EQ(WaitFor("j1", JobState::kSucceeded), JobState::kSucceeded);
  EXPECT_EQ(turns, 2);
}

TEST_P(JobsTest, AWorkerThatLostItsLeaseCannotWrite) {
  std::latch first_inside(1), taken_over(1);
  std::atomic<int> turns = 0;
  absl::Status chunk, check;
  const JobFunction function = [&](JobContext& context) -> absl::StatusOr<std::string> {
    if (++turns > 1) {
      return "second";
    }
    first_inside.count_down();
    taken_over.wait();
    chunk = context.Chunk(
        [&](Transaction& tx) { return tx.Execute("INSERT INTO item (shard, id) VALUES ('c1', 'x')").status(); }, "9", 9,
        9);
    check = context.CheckGoOn();
    return chunk;
  };
  JobEngine slow(*database_, Fast());
  slow.Register("count", function);
  slow.Start();
  Insert("j1");
  first_inside.wait();
  JobEngine fast(*database_, Fast());
  fast.Register("count", function);
  clock_.Advance(absl::Minutes(5));  // the lease of 30 s is over
  fast.Start();
  EXPECT_EQ(WaitFor("j1", JobState::kSucceeded), JobState::kSucceeded);
  taken_over.count_down();
  slow.Stop();
  EXPECT_EQ(ReasonOf(chunk), "JOB_LEASE_LOST");
  EXPECT_EQ(ReasonOf(check), "JOB_LEASE_LOST");
  EXPECT_EQ(Count(), 0);
  EXPECT_EQ(Find("j1").result, "second");
  EXPECT_EQ(Find("j1").lease_epoch, 2);
}

TEST_P(JobsTest, ListsNewestFirstByKindAndParent) {
  Insert("j1");
  Insert("j2", "other", "c9/p");
  Insert("j3", "count", "c9/p");
  const auto ids = [&](auto list) {
    std::string joined;
    auto jobs = database_->Read(list);
    EXPECT_TRUE(jobs.ok()) << jobs.status();
    for (const JobRow& job : *jobs) {
      joined += job.id + " ";
    }
    return joined;
  };
  EXPECT_EQ(ids([](Transaction& tx) { return ListJobs(tx, "c1", "", "", 10); }), "j3 j2 j1 ");
  EXPECT_EQ(ids([](Transaction& tx) { return ListJobs(tx, "c1", "count", "", 1); }), "j3 ");
  EXPECT_EQ(ids([](Transaction& tx) { return ListJobs(tx, "c1", "", "j3", 10); }), "j2 j1 ");
  EXPECT_EQ(ids([](Transaction& tx) { return ListJobs(tx, "c2", "", "", 10); }), "");
  EXPECT_EQ(ids([](Transaction& tx) { return ChildJobs(tx, "c9/p"); }), "j2 j3 ");
}

INSTANTIATE_ON_BOTH_DATABASES(JobsTest);

}  // namespace
}  // namespace ruraledu::db
