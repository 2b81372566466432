// Head lock, group commit, deadlines, and faults at every statement.
#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/db/faults.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

void InThreads(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&work, i] { work(i); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

class WriteTest : public DatabaseTest {
 protected:
  void SetUp() override { Open(); }

  // Read, add one, write: loses updates unless the write is alone in its shard. Moves the head, too.
  absl::Status Increment(const std::string& shard, const WriteOptions& options = {}) {
    return database_->Write(
        shard,
        [&](Transaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT number FROM item WHERE shard = $1 AND id = 'n'", tx.shard()));
          const int64_t next = row.has_value() ? row->Int(0) + 1 : 1;
          EXPECT_EQ(tx.head().seq, next - 1);
          tx.set_head({next, absl::StrCat("hash", next)});
          return tx
              .Execute(
                  "INSERT INTO item (shard, id, number) VALUES ($1, 'n', $2) "
                  "ON CONFLICT (shard, id) DO UPDATE SET number = excluded.number",
                  tx.shard(), next)
              .status();
        },
        options);
  }
};

TEST_P(WriteTest, ConcurrentWritersOfAShardAreAlone) {
  constexpr int kThreads = 8, kEach = 25;
  InThreads(kThreads, [&](int i) {
    for (int n = 0; n < kEach; ++n) {
      const absl::Status status =
          Increment(absl::StrCat("c", (i + n) % 2), {.deadline = Clock::System().Now() + absl::Minutes(2)});
      EXPECT_TRUE(status.ok()) << status;
    }
  });
  EXPECT_EQ(Get("c0", "n"), kThreads * kEach / 2);
  EXPECT_EQ(Get("c1", "n"), kThreads * kEach / 2);
  const auto heads = database_->Heads();
  ASSERT_TRUE(heads.ok());
  ASSERT_EQ(heads->size(), 2u);
  EXPECT_EQ((*heads)[1].shard, "c1");
  EXPECT_EQ((*heads)[1].head, (Head{100, "hash100"}));
}

TEST_P(WriteTest, HeadsListsShardsWithAJournalOnly) {
  ASSERT_TRUE(Put("quiet", "a", 1).ok());
  ASSERT_TRUE(Increment("loud").ok());
  const auto heads = database_->Heads();
  ASSERT_TRUE(heads.ok());
  ASSERT_EQ(heads->size(), 1u);
  EXPECT_EQ(heads->front().shard, "loud");
}

TEST_P(WriteTest, AnErrorOfTheBodyRollsBackAndComesOut) {
  const auto status = database_->Write("c1", [&](Transaction& tx) -> absl::StatusOr<int> {
    RETURN_IF_ERROR(tx.Execute("INSERT INTO item (shard, id) VALUES ('c1', 'a')").status());
    tx.set_head({7, "x"});
    return absl::FailedPreconditionError("no");
  });
  EXPECT_EQ(status.status(), absl::FailedPreconditionError("no"));
  EXPECT_EQ(Count(), 0);
  EXPECT_TRUE(database_->Heads()->empty());
}

TEST_P(WriteTest, AMovedHeadStopsPreparedWork) {
  ASSERT_TRUE(Increment("c1").ok());
  EXPECT_EQ(ReasonOf(Increment("c1", {.expected_seq = 0})), "HEAD_MOVED");
  EXPECT_TRUE(Increment("c1", {.expected_seq = 1}).ok());
  EXPECT_TRUE(Increment("c2", {.expected_seq = 0}).ok());
}

TEST_P(WriteTest, AWaitingWriteObeysItsDeadline) {
  std::latch inside(1), done(1);
  std::thread holder([&] {
    EXPECT_TRUE(database_
                    ->Write("c1",
                            [&](Transaction&) {
                              inside.count_down();
                              done.wait();
                              return absl::OkStatus();
                            })
                    .ok());
  });
  inside.wait();
  const auto late = Increment("c1", {.deadline = Clock::System().Now() + absl::Milliseconds(30)});
  EXPECT_EQ(ReasonOf(late), "DEADLINE_EXCEEDED") << late;
  const auto past = Increment("c1", {.deadline = Clock::System().Now() - absl::Seconds(1)});
  EXPECT_EQ(ReasonOf(past), "DEADLINE_EXCEEDED") << past;
  done.count_down();
  holder.join();
  EXPECT_TRUE(Increment("c1").ok());
  EXPECT_EQ(Get("c1", "n"), 1);
}

TEST_P(WriteTest, ListenersHearOfMovedHeadsOnly) {
  std::atomic<int> calls = 0;
  database_->OnCommit([&](std::string_view shard) { calls += shard == "c1" ? 1 : 100; });
  ASSERT_TRUE(Put("c2", "a", 1).ok());
  ASSERT_TRUE(Increment("c1").ok());
  ASSERT_TRUE(database_
                  ->Write("c1",
                          [&](Transaction& tx) {
                            tx.WakeOnCommit();
                            return absl::OkStatus();
                          })
                  .ok());
  EXPECT_FALSE(Increment("c1", {.expected_seq = 99}).ok());
  database_.reset();  // SQLite answers before it calls: closing waits for the writer thread
  EXPECT_EQ(calls, 2);
}

TEST_P(WriteTest, TheInstanceStaysUntilReincarnated) {
  const std::string first = database_->instance();
  EXPECT_EQ(first.size(), 36u);
  database_.reset();
  Open();
  EXPECT_EQ(database_->instance(), first);
  ASSERT_TRUE(database_->Reincarnate().ok());
  const std::string second = database_->instance();
  EXPECT_NE(second, first);
  database_.reset();
  Open();
  EXPECT_EQ(database_->instance(), second);
  EXPECT_TRUE(database_->Heads()->empty());
}

TEST_P(WriteTest, BackupIsACopyWhileWritesGoOn) {
  ASSERT_TRUE(Put("c1", "a", 1).ok());
  const std::string path = folder_ / "copy.db";
  const absl::Status status = database_->Backup(path);
  if (!database_->is_sqlite()) {
    EXPECT_EQ(ReasonOf(status), "UNIMPLEMENTED_BY_DATABASE");
    return;
  }
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(Put("c1", "a", 2).ok());
  Options options;
  options.url = "sqlite:" + path;
  auto copy = Database::Open(options, kTestSchema);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->instance(), database_->instance());
  std::swap(*copy, database_);
  EXPECT_EQ(Get("c1", "a"), 1);
}

INSTANTIATE_ON_BOTH_DATABASES(WriteTest);

// Three writes that share one commit; the statement with number `fail_at` after arming fails.
class FaultTest : public DatabaseTest {
 protected:
  void SetUp() override {
    options_.decorate = WithFaults([this](int64_t, std::string_view sql) -> absl::Status {
      if (!armed_) {
        return absl::OkStatus();
      }
      seen_.push_back(std::string(sql));
      return static_cast<int>(seen_.size()) == fail_at_ ? absl::InternalError("fault") : absl::OkStatus();
    });
    Open();
  }

  absl::Status WritePair(int i) {
    return database_->Write(absl::StrCat("c", i), [&](Transaction& tx) -> absl::Status {
      for (const char* id : {"left", "right"}) {
        RETURN_IF_ERROR(tx.Execute("INSERT INTO item (shard, id, number) VALUES ($1, $2, 1) "
                                   "ON CONFLICT (shard, id) DO UPDATE SET number = item.number + 1",
                                   tx.shard(), id)
                            .status());
      }
      tx.set_head({tx.head().seq + 1, "h"});
      return absl::OkStatus();
    });
  }

  // On SQLite the three queue behind a write that waits for them, so they are one group; elsewhere they follow each
  // other.
  std::vector<absl::Status> WriteThree() {
    std::vector<absl::Status> results(3);
    if (GetParam() == Backend::kPostgres) {
      armed_ = true;
      for (int i = 0; i < 3; ++i) {
        results[i] = WritePair(i);
      }
      armed_ = false;
      return results;
    }
    std::latch inside(1), go(1);
    std::thread blocker([&] {
      // Its own COMMIT is the first statement that may fail.
      database_
          ->Write("block",
                  [&](Transaction&) {
                    inside.count_down();
                    go.wait();
                    armed_ = true;
                    return absl::OkStatus();
                  })
          .IgnoreError();
    });
    inside.wait();
    std::atomic<int> entered = 0;
    std::vector<std::thread> writers;
    for (int i = 0; i < 3; ++i) {
      writers.emplace_back([&, i] {
        ++entered;
        results[i] = WritePair(i);
      });
    }
    while (entered < 3) {
      std::this_thread::yield();
    }
    go.count_down();
    blocker.join();
    for (auto& writer : writers) {
      writer.join();
    }
    armed_ = false;
    return results;
  }

  std::atomic<bool> armed_ = false;
  int fail_at_ = 0;
  std::vector<std::string> seen_;
};

TEST_P(FaultTest, AFaultAtAnyStatementLeavesNoHalfWrite) {
  std::vector<int64_t> expected(3, 0);
  int longest = 0;
  for (fail_at_ = 0; fail_at_ <= longest + 1; ++fail_at_) {
    SCOPED_TRACE(fail_at_);
    seen_.clear();
    const auto results = WriteThree();
    longest = std::max(longest, static_cast<int>(seen_.size()));
    for (int i = 0; i < 3; ++i) {
      const std::string shard = absl::StrCat("c", i);
      expected[i] += results[i].ok() ? 1 : 0;
      EXPECT_EQ(std::max<int64_t>(0, Get(shard, "left")), expected[i]) << results[i];
      EXPECT_EQ(std::max<int64_t>(0, Get(shard, "right")), expected[i]) << results[i];
    }
    const auto heads = database_->Heads();
    ASSERT_TRUE(heads.ok()) << heads.status();
    for (const auto& move : *heads) {
      EXPECT_EQ(move.head.seq, expected[move.shard[1] - '0']);
    }
    EXPECT_LE(std::count_if(results.begin(), results.end(), [](auto& status) { return !status.ok(); }), 1)
        << "one fault may cost one write";
  }
  EXPECT_GE(longest, 15);
  // What failed succeeds when it is repeated.
  fail_at_ = 0;
  for (const auto& status : WriteThree()) {
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_P(FaultTest, AFailedMemberOfAGroupFailsAlone) {
  if (GetParam() == Backend::kPostgres) {
    return;  // has no groups
  }
  std::latch inside(1), go(1);
  std::thread blocker([&] {
    database_
        ->Write("block",
                [&](Transaction&) {
                  inside.count_down();
                  go.wait();
                  return absl::OkStatus();
                })
        .IgnoreError();
  });
  inside.wait();
  std::vector<absl::Status> results(6);
  std::vector<std::thread> writers;
  std::atomic<int> entered = 0;
  for (int i = 0; i < 6; ++i) {
    writers.emplace_back([&, i] {
      ++entered;
      results[i] = i % 2 == 0 ? WritePair(i) : database_->Write("bad", [&](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.Execute("INSERT INTO item (shard, id) VALUES ('bad', $1)", absl::StrCat(i)).status());
        return absl::AbortedError("no");
      });
    });
  }
  while (entered < 6) {
    std::this_thread::yield();
  }
  go.count_down();
  blocker.join();
  for (auto& writer : writers) {
    writer.join();
  }
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(results[i].code(), i % 2 == 0 ? absl::StatusCode::kOk : absl::StatusCode::kAborted) << results[i];
  }
  EXPECT_EQ(Count(), 6);
}

INSTANTIATE_ON_BOTH_DATABASES(FaultTest);

}  // namespace
}  // namespace ruraledu::db
