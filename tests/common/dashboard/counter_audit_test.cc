#include "common/dashboard/counter_audit.h"

#include "absl/synchronization/mutex.h"
#include "common/dashboard/rebuild.h"
#include "common/db/jobs.h"
#include "tests/common/dashboard/fixture.h"

namespace ruraledu::dashboard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CounterAuditTest : public testing::TestWithParam<Backend> {
 protected:
  CounterAuditTest() {
    world_.database->OnCommit([this](std::string_view) {
      absl::MutexLock lock(&mu_);
      ++commits_;
    });
  }

  // "c411728 QUEUED" of all rebuilds, by shard, newest first.
  std::vector<std::string> Rebuilds() {
    const auto found = world_.database->Read([](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query("SELECT shard, state FROM job WHERE kind = $1 ORDER BY shard, id DESC", kRebuildJob));
      std::vector<std::string> lines;
      for (const db::Row& row : rows) {
        lines.push_back(absl::StrCat(row.Text(0), " ", row.Text(1)));
      }
      return lines;
    });
    EXPECT_TRUE(found.ok()) << found.status();
    return *found;
  }

  // Lets the engine work until every rebuild is over.
  void RunJobs() {
    db::JobEngine engine(*world_.database, {.threads = 1});
    engine.Register(std::string(kRebuildJob), RebuildJob(Book(), *world_.keys));
    engine.Start();
    for (;;) {
      int64_t seen = 0;
      {
        absl::MutexLock lock(&mu_);
        seen = commits_;
      }
      const auto now = Rebuilds();
      if (std::all_of(now.begin(), now.end(), [](const auto& line) { return line.ends_with("SUCCEEDED"); })) {
        break;
      }
      absl::MutexLock lock(&mu_);
      const auto more = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return commits_ > seen; };
      mu_.Await(absl::Condition(&more));
    }
    engine.Stop();
  }

  absl::Status Sql(const std::string& shard, const std::string& sql) {
    return world_.database->Write(shard, [&](db::Transaction& tx) { return tx.Execute(sql).status(); });
  }

  World world_{GetParam()};
  absl::Mutex mu_;
  int64_t commits_ ABSL_GUARDED_BY(mu_) = 0;
  obs::Metrics metrics_;
  const obs::Sampler::Probe look_{
      CounterAudit(*world_.database, world_.clock, obs::RuntimeMetrics(&metrics_, "registry"))};
};

std::string Findings(const std::string& shard) {
  return absl::StrCat(R"(ruraledu_integrity_findings{check="counters",service="registry",shard=")", shard, "\"} ");
}

TEST_P(CounterAuditTest, EveryCountyIsRebuiltOnceADayOneAfterTheOther) {
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(Rebuilds(), IsEmpty()) << "nobody is here";
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  ASSERT_TRUE(world_.Put("b", "411729100/s1", "ENROLLED").ok());
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(Rebuilds(), ElementsAre("c411728 QUEUED"));
  ASSERT_TRUE(Sql("c411728", "UPDATE job SET state = 'RUNNING'").ok());
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(Rebuilds(), ElementsAre("c411728 RUNNING")) << "one at a time";
  ASSERT_TRUE(Sql("c411728", "UPDATE job SET state = 'QUEUED'").ok());
  RunJobs();
  ASSERT_TRUE(look_().ok());
  RunJobs();
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(Rebuilds(), ElementsAre("c411728 SUCCEEDED", "c411729 SUCCEEDED"));
  world_.clock.Advance(absl::Hours(24));
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(Rebuilds(), ElementsAre("c411728 QUEUED", "c411728 SUCCEEDED", "c411729 SUCCEEDED"));
}

TEST_P(CounterAuditTest, WhatPeopleWaitForComesFirst) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  const auto inserted = world_.database->Write("c411729", [](db::Transaction& tx) {
    return db::InsertJob(tx, {.shard = "c411729", .id = "import", .kind = "import_apply"});
  });
  ASSERT_TRUE(inserted.ok()) << inserted;
  for (const char* state : {"QUEUED", "RUNNING"}) {
    ASSERT_TRUE(Sql("c411729", absl::StrCat("UPDATE job SET state = '", state, "'")).ok());
    ASSERT_TRUE(look_().ok());
    EXPECT_THAT(Rebuilds(), IsEmpty()) << state;
  }
  ASSERT_TRUE(Sql("c411729", "UPDATE job SET state = 'WAITING_FOR_FEED'").ok());
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(Rebuilds(), ElementsAre("c411728 QUEUED"));
}

TEST_P(CounterAuditTest, WhatDiffersShowsUntilARebuildFindsNothing) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  ASSERT_TRUE(Sql("c411728", "UPDATE counter SET value = value + 1 WHERE measure = 'pupils'").ok());
  ASSERT_TRUE(look_().ok());
  RunJobs();
  EXPECT_THAT(metrics_.Text(), Not(HasSubstr(Findings("c411728"))));
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings("c411728") + "3")) << "county, township, school";
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(ruraledu_integrity_checked_timestamp_seconds{check="counters",)"));
  // Another process, or the same after a restart, shows what was found, too.
  obs::Metrics other;
  ASSERT_TRUE(CounterAudit(*world_.database, world_.clock, obs::RuntimeMetrics(&other, "registry"))().ok());
  EXPECT_THAT(other.Text(), HasSubstr(Findings("c411728") + "3"));
  world_.clock.Advance(absl::Hours(24));
  ASSERT_TRUE(look_().ok());
  RunJobs();
  ASSERT_TRUE(look_().ok());
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings("c411728") + "0"));
}

TEST_P(CounterAuditTest, ItsRebuildsAreForgottenAfterAWeek) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  for (int day = 0; day < 12; ++day) {
    ASSERT_TRUE(look_().ok());
    RunJobs();
    world_.clock.Advance(absl::Hours(24));
  }
  EXPECT_EQ(Rebuilds().size(), 8u);
}

INSTANTIATE_TEST_SUITE_P(BothDatabases, CounterAuditTest, testing::Values(Backend::kSqlite, Backend::kPostgres),
                         BackendName);

}  // namespace
}  // namespace ruraledu::dashboard
