// What databases, jobs, claims, journals and counties show of themselves, on a SQLite database of the test.
#include "common/db/observe.h"

#include <filesystem>
#include <thread>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/crypto/keys.h"
#include "common/db/claim_sweeper.h"
#include "common/db/faults.h"
#include "common/db/jobs.h"
#include "common/feed/journal.h"
#include "common/feed/journal_audit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/registry.h"
#include "services/registry/store.h"
#include "services/student_aid/gauges.h"

namespace ruraledu {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kShard[] = "c411728";

class ObserveTest : public ::testing::Test {
 protected:
  ObserveTest()
      : folder_(std::filesystem::temp_directory_path() / ("ruraledu-ops-" + crypto::Hex(crypto::RandomBytes(8)))) {
    std::filesystem::create_directory(folder_);
    Open();
  }
  ~ObserveTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open(db::FaultPlan plan = nullptr) {
    database_.reset();
    std::vector<db::Migration> schema(feed::Schema().begin(), feed::Schema().end());
    schema.insert(schema.end(), dashboard::Schema().begin(), dashboard::Schema().end());
    schema.insert(schema.end(), registry::Schema().begin(), registry::Schema().end());
    db::Options options{.url = Url()};
    options.read_limit = options.lock_wait = absl::Minutes(1);
    options.clock = &clock_;
    if (plan) {
      options.decorate = db::WithFaults(std::move(plan));
    }
    auto opened = db::Database::Open(options, schema);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = db::Metered(*std::move(opened), runtime_);
  }

  std::string Url() const { return "sqlite:" + (folder_ / "test.db").string(); }
  std::string Text() const { return metrics_.Text(); }
  void Write(const std::function<absl::Status(db::Transaction&)>& body) {
    const absl::Status done = database_->Write(kShard, body);
    ASSERT_TRUE(done.ok()) << done;
  }

  const std::filesystem::path folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  obs::Metrics metrics_;
  const obs::RuntimeMetrics runtime_{&metrics_, "registry"};
  std::unique_ptr<db::Database> database_;
};

TEST_F(ObserveTest, TransactionsAreCountedByTheirEnd) {
  Write([](db::Transaction&) { return absl::OkStatus(); });
  EXPECT_FALSE(database_->Write(kShard, [](db::Transaction&) { return Fail("CLASS_UNKNOWN"); }).ok());
  EXPECT_TRUE(database_->Read([](db::Transaction&) { return absl::OkStatus(); }).ok());
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_writes_total{result="committed",service="registry"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_writes_total{result="rolled_back",service="registry"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_transaction_seconds_count{kind="write",service="registry"} 2)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_transaction_seconds_count{kind="read",service="registry"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_wait_seconds_count{service="registry"} 3)"));
  EXPECT_THAT(Text(), Not(HasSubstr("CLASS_UNKNOWN"))) << "an answer of the body is no failure of the database";
}

TEST_F(ObserveTest, WhatTheDatabaseRefusesIsCountedByReason) {
  bool full = false;
  Open([&](int64_t, std::string_view sql) { return full && sql == "COMMIT" ? Fail("DISK_FULL") : absl::OkStatus(); });
  full = true;
  EXPECT_EQ(ReasonOf(database_->Write(kShard, [](db::Transaction&) { return absl::OkStatus(); })), "DISK_FULL");
  full = false;
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_failures_total{reason="DISK_FULL",service="registry"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_failures_total{reason="LOCK_WAIT",service="registry"} 0)"));
}

TEST_F(ObserveTest, AWriteThatNeverBeganIsALockWait) {
  const absl::Status late =
      database_->Write(kShard, [](db::Transaction&) { return absl::OkStatus(); }, {.deadline = absl::UnixEpoch()});
  // The writer may have been faster than the deadline: then nothing was refused.
  const std::string expected = late.ok() ? "0" : "1";
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_db_failures_total{reason="LOCK_WAIT",service="registry"} )" + expected));
}

TEST_F(ObserveTest, JobsAndClaimsThatWait) {
  const obs::Sampler::Probe probe = db::BacklogProbe(*database_, runtime_);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_jobs_overdue_seconds{service="registry"} 0)"));
  Write([](db::Transaction& tx) -> absl::Status {
    db::JobRow job;
    job.shard = kShard;
    job.id = "j1";
    job.kind = "import";
    RETURN_IF_ERROR(db::InsertJob(tx, job));
    return db::Claim(tx, {"identity", "key", "holder", db::ClaimState::kTentative, kShard, "operation"}).status();
  });
  clock_.Advance(absl::Minutes(7));
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_jobs_open{service="registry",state="QUEUED"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_jobs_open{service="registry",state="RUNNING"} 0)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_jobs_overdue_seconds{service="registry"} 420)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_claims_tentative{service="registry"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_claims_oldest_seconds{service="registry"} 420)"));

  db::ClaimSweeper sweeper(*database_, runtime_, {.age = absl::Minutes(5), .pause = absl::Hours(1)});
  sweeper.SweepOnce();
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_claims_tentative{service="registry"} 0)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_claims_swept_total{result="released",service="registry"} 1)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_claims_sweeps_total{result="ok",service="registry"} 1)"));
}

TEST_F(ObserveTest, JobsAreCountedByTheirEnd) {
  Open();
  clock_.Set(Clock::System().Now());
  db::JobEngine jobs(*database_, {.poll = absl::Milliseconds(5), .metrics = runtime_});
  jobs.Register("good", [](db::JobContext& context) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(context.Chunk([](db::Transaction&) { return absl::OkStatus(); }, "", 500, 500));
    return "";
  });
  jobs.Register("bad", [](db::JobContext&) -> absl::StatusOr<std::string> { return Fail("CLASS_UNKNOWN"); });
  for (const char* kind : {"good", "bad"}) {
    Write([&](db::Transaction& tx) {
      db::JobRow job;
      job.shard = kShard;
      job.id = job.kind = kind;
      return db::InsertJob(tx, job);
    });
  }
  jobs.Start();
  const absl::Time end = Clock::System().Now() + absl::Minutes(1);
  const auto both = [this] {
    const std::string text = Text();
    return text.find(R"(ruraledu_job_seconds_count{kind="good",service="registry"} 1)") != std::string::npos &&
           text.find(R"(ruraledu_job_seconds_count{kind="bad",service="registry"} 1)") != std::string::npos;
  };
  while (!both() && Clock::System().Now() < end) {
    std::this_thread::yield();
  }
  jobs.Stop();
  for (const char* line : {R"(ruraledu_jobs_finished_total{kind="good",result="succeeded",service="registry"} 1)",
                           R"(ruraledu_jobs_finished_total{kind="bad",result="failed",service="registry"} 1)",
                           R"(ruraledu_jobs_finished_total{kind="good",result="lease_lost",service="registry"} 0)",
                           R"(ruraledu_job_items_total{kind="good",service="registry"} 500)",
                           R"(ruraledu_jobs_running{kind="good",service="registry"} 0)"}) {
    EXPECT_THAT(Text(), HasSubstr(line));
  }
}

TEST_F(ObserveTest, TheDiskBelowTheFile) {
  obs::Sampler sampler(&metrics_, absl::Hours(1));
  sampler.Add("disk", db::DiskProbe(Url(), runtime_));
  sampler.Add("gone", db::DiskProbe("sqlite:/nonexistent/folder/file.db", runtime_));
  sampler.RunOnce();
  sampler.RunOnce();
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_disk_free_ratio{service="registry"} 0.)"));
  EXPECT_THAT(Text(), Not(HasSubstr(R"(ruraledu_database_bytes{file="main",service="registry"} 0)")));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_probe_failures_total{probe="disk"} 0)"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_probe_failures_total{probe="gone"} 2)"));
  EXPECT_EQ(db::DiskProbe("postgres:host=/var/run/postgresql", runtime_), nullptr);
}

TEST_F(ObserveTest, AChangedJournalIsFoundByTheAudit) {
  ASSERT_TRUE(crypto::CreateKeyFile(folder_ / "data.keys").ok());
  crypto::MemoryKeyStore store;
  const auto keys = crypto::KeyRing::Open(folder_ / "data.keys", &store);
  ASSERT_TRUE(keys.ok()) << keys.status();
  const auto sealer = (*keys)->SealerOf(kShard);
  ASSERT_TRUE(sealer.ok());
  Write([&](db::Transaction& tx) -> absl::Status {
    for (const char* body : {"one", "two", "three"}) {
      RETURN_IF_ERROR(
          feed::Append(tx, **sealer, {.entity = "e", .actor = "a", .call_id = "c", .body = body, .personal = ""})
              .status());
    }
    return absl::OkStatus();
  });
  feed::JournalAudit audit(*database_, runtime_, {.first = absl::Hours(1), .pause = absl::ZeroDuration()});
  const std::string series =
      R"(ruraledu_integrity_findings{check="journal_chain",service="registry",shard="c411728"} )";
  EXPECT_EQ(*audit.RunRound(), 0);
  EXPECT_THAT(Text(), HasSubstr(series + "0"));
  EXPECT_THAT(Text(), HasSubstr(R"(ruraledu_integrity_checked_timestamp_seconds{check="journal_chain",)"));
  Write([](db::Transaction& tx) {
    return tx.Execute("UPDATE journal SET body = $1 WHERE shard = $2 AND seq = 2", db::Blob{"changed"}, kShard)
        .status();
  });
  EXPECT_EQ(*audit.RunRound(), 1);
  EXPECT_THAT(Text(), HasSubstr(series + "1"));
  Write([](db::Transaction& tx) {  // set right again, but the last entry is gone
    RETURN_IF_ERROR(
        tx.Execute("UPDATE journal SET body = $1 WHERE shard = $2 AND seq = 2", db::Blob{"two"}, kShard).status());
    return tx.Execute("DELETE FROM journal WHERE shard = $1 AND seq = 3", kShard).status();
  });
  EXPECT_EQ(*audit.RunRound(), 1) << "a cut-off end is noticed by the head";
}

TEST_F(ObserveTest, TheNewestTermsOfACounty) {
  Write([](db::Transaction& tx) -> absl::Status {
    tx.set_head({1, "hash"});
    for (const char* term : {"2022-2023-1", "2022-2023-2", "2023-2024-1", "2023-2024-2"}) {
      for (const auto& [measure, dimension, value] :
           {std::tuple("should_items", "SP-1", 10), std::tuple("should_items", "SP-2", 5),
            std::tuple("gap_items", "SP-1", 3), std::tuple("entitled", "PRI", 99)}) {
        RETURN_IF_ERROR(tx.Execute("INSERT INTO counter (shard, level, area, period, measure, dimension, value) "
                                   "VALUES ($1, 'COUNTY', '411728', $2, $3, $4, $5)",
                                   tx.shard(), term, measure, dimension, value)
                            .status());
      }
    }
    return absl::OkStatus();
  });
  const obs::Sampler::Probe probe = student_aid::CoverageProbe(*database_, metrics_);
  ASSERT_TRUE(probe().ok());
  const std::string labels = R"({county="411728",term="2023-2024-2"} )";
  EXPECT_THAT(Text(), HasSubstr("ruraledu_student_aid_should_be_aided_items" + labels + "15"));
  EXPECT_THAT(Text(), HasSubstr("ruraledu_student_aid_gap_items" + labels + "3"));
  EXPECT_THAT(Text(), HasSubstr("ruraledu_student_aid_covered_items" + labels + "0"));
  EXPECT_THAT(Text(), HasSubstr("2022-2023-2"));
  EXPECT_THAT(Text(), Not(HasSubstr("2022-2023-1"))) << "three terms";
  Write([](db::Transaction& tx) -> absl::Status {
    tx.set_head({2, "hash"});
    return tx.Execute("UPDATE counter SET value = 0 WHERE shard = $1 AND measure = 'gap_items'", tx.shard()).status();
  });
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Text(), HasSubstr("ruraledu_student_aid_gap_items" + labels + "0"));
}

TEST_F(ObserveTest, WhatWaitsInACounty) {
  Write([](db::Transaction& tx) -> absl::Status {
    int n = 0;
    for (const char* state : {"REVIEW_STATE_OPEN", "REVIEW_STATE_OPEN", "REVIEW_STATE_SAME"}) {
      const std::string id = std::to_string(++n);
      RETURN_IF_ERROR(tx.Execute("INSERT INTO review (shard, id, area, state, rank, pair, body, sealed, version) "
                                 "VALUES ($1, $2, '', $3, '', $2, $4, $4, 1)",
                                 tx.shard(), id, state, db::Blob{})
                          .status());
    }
    for (const char* state : {"TRANSFER_STATE_REQUESTED", "TRANSFER_STATE_ACCEPTED", "TRANSFER_STATE_CLOSED"}) {
      RETURN_IF_ERROR(
          tx.Execute("INSERT INTO transfer (shard, id, area, state, student, to_shard, body, sealed, version) "
                     "VALUES ($1, $2, '', $3, '', '', $4, $4, 1)",
                     tx.shard(), std::to_string(++n), state, db::Blob{})
              .status());
    }
    for (const char* state : {"IMPORT_STATE_HELD", "IMPORT_STATE_PARTLY_APPLIED", "IMPORT_STATE_PARTLY_APPLIED",
                              "IMPORT_STATE_CLOSED", "IMPORT_STATE_REFUSED", "IMPORT_STATE_WITHDRAWN"}) {
      const std::string id = std::to_string(++n);
      RETURN_IF_ERROR(tx.Execute("INSERT INTO import (shard, id, source, batch, state, body, sealed, version) "
                                 "VALUES ($1, $2, 's', $2, $3, $4, $4, 1)",
                                 tx.shard(), id, state, db::Blob{})
                          .status());
    }
    return absl::OkStatus();
  });
  const auto work = database_->Read(registry::CountOpenWork);
  ASSERT_TRUE(work.ok()) << work.status();
  std::vector<std::string> lines;
  for (const registry::OpenWork& open : *work) {
    lines.push_back(open.kind + " " + open.shard + " " + open.state + " " + std::to_string(open.count));
  }
  EXPECT_THAT(lines,
              ::testing::ElementsAre("review c411728  2", "transfer c411728  2", "import c411728 IMPORT_STATE_HELD 1",
                                     "import c411728 IMPORT_STATE_PARTLY_APPLIED 2"));
}

}  // namespace
}  // namespace ruraledu
