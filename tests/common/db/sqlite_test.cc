// What only SQLite has: the lock file, a full disk, and crashes of process and machine.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/db/sql_text.h"
#include "tests/common/db/fixture.h"
#include "tests/lib/lossy_vfs.h"

namespace ruraledu::db {
namespace {

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() { options_.url = "sqlite:" + folder_ / "test.db"; }
  std::unique_ptr<Database> Open() {
    auto opened = Database::Open(options_, kTestSchema);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  static absl::Status Put(Database& database, const std::string& shard, const std::string& id, size_t bytes = 10) {
    return database.Write(shard, [&](Transaction& tx) -> absl::Status {
      tx.set_head({tx.head().seq + 1, "hash"});
      return tx
          .Execute("INSERT INTO item (shard, id, number, body) VALUES ($1, $2, $3, $4)", shard, id, tx.head().seq,
                   Blob{std::string(bytes, 'x')})
          .status();
    });
  }
  // Rows of a shard; also checks that its head agrees with them.
  static int64_t Rows(Database& database, const std::string& shard) {
    auto rows = database.Read([&](Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT count(*) FROM item WHERE shard = $1", shard));
      ASSIGN_OR_RETURN(auto head, tx.QueryOne("SELECT seq FROM head WHERE shard = $1", shard));
      EXPECT_EQ(head.has_value() ? head->Int(0) : 0, row->Int(0));
      return row->Int(0);
    });
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.value_or(-1);
  }

  TempFolder folder_;
  Options options_;
};

TEST_F(SqliteTest, OneProcessPerFile) {
  auto first = Open();
  EXPECT_EQ(ReasonOf(Database::Open(options_, kTestSchema).status()), "DATABASE_LOCKED");
  first.reset();
  EXPECT_NE(Open(), nullptr);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsRefused) {
  FILE* file = fopen((folder_ / "test.db").c_str(), "w");
  fputs(std::string(5000, 'x').c_str(), file);
  fclose(file);
  EXPECT_EQ(ReasonOf(Database::Open(options_, kTestSchema).status()), "DATABASE_CORRUPT");
  options_.url = "sqlite:/nowhere/at/all.db";
  EXPECT_EQ(ReasonOf(Database::Open(options_, kTestSchema).status()), "DATABASE_UNAVAILABLE");
}

// Without statistics it walks all rows of the shard in the order of the primary key, to spare itself the sorting.
TEST_F(SqliteTest, AQuestionByASecondaryIndexDoesNotWalkTheShard) {
  for (int i = 0; i < 2; ++i) {  // the second time the statistics are there
    auto database = Open();
    auto plan = database->Read([](Transaction& tx) {
      return tx.Query(
          "EXPLAIN QUERY PLAN SELECT subject FROM remembered WHERE shard = $1 AND created_at = $2 ORDER BY subject "
          "LIMIT 1",
          "c1", 1);
    });
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_THAT((*plan)[0].Text(3), testing::HasSubstr("remembered_by_age (shard=? AND created_at=?)"));
  }
}

TEST_F(SqliteTest, AFullDiskFailsTheGreedyWriteOnly) {
  auto database = Open();
  ASSERT_TRUE(Put(*database, "c1", "a").ok());
  const auto limit = database->Write("c1", [](Transaction& tx) { return tx.Query("PRAGMA max_page_count = 60"); });
  ASSERT_TRUE(limit.ok()) << limit.status();
  std::vector<absl::Status> results(6);
  std::vector<std::thread> writers;
  for (int i = 0; i < 6; ++i) {
    writers.emplace_back([&, i] { results[i] = Put(*database, absl::StrCat("s", i), "x", i == 3 ? 1'000'000 : 10); });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(ReasonOf(results[i]), i == 3 ? "DISK_FULL" : "") << results[i];
    EXPECT_EQ(Rows(*database, absl::StrCat("s", i)), i == 3 ? 0 : 1);
  }
  EXPECT_TRUE(Put(*database, "c1", "b").ok());
}

// A child writes and says so over a pipe; after kill -9 everything that it said is there.
TEST_F(SqliteTest, AcknowledgedWritesSurviveKill) {
  for (int round = 0; round < 3; ++round) {
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto database = Database::Open(options_, kTestSchema);
      std::vector<std::thread> writers;
      for (int thread = 0; thread < 4 && database.ok(); ++thread) {
        writers.emplace_back([&, thread] {
          for (std::string id = NewId(); Put(**database, absl::StrCat("c", thread), id).ok(); id = NewId()) {
            (void)!write(pipes[1], id.data(), id.size());
          }
        });
      }
      for (auto& writer : writers) {
        writer.join();
      }
      _exit(1);
    }
    close(pipes[1]);
    std::vector<std::string> acknowledged;
    std::string id(36, ' ');
    while (acknowledged.size() < 100 && read(pipes[0], id.data(), id.size()) == 36) {
      acknowledged.push_back(id);
    }
    EXPECT_EQ(acknowledged.size(), 100u);
    kill(child, SIGKILL);
    while (read(pipes[0], id.data(), id.size()) == 36) {
      acknowledged.push_back(id);
    }
    waitpid(child, nullptr, 0);
    close(pipes[0]);
    auto database = Open();
    ASSERT_NE(database, nullptr);
    for (const std::string& each : acknowledged) {
      auto row =
          database->Read([&](Transaction& tx) { return tx.QueryOne("SELECT id FROM item WHERE id = $1", each); });
      ASSERT_TRUE(row.ok()) << row.status();
      EXPECT_TRUE(row->has_value()) << each;
    }
    for (int thread = 0; thread < 4; ++thread) {
      Rows(*database, absl::StrCat("c", thread));
    }
  }
}

TEST_F(SqliteTest, AcknowledgedWritesSurvivePowerLoss) {
  testlib::LossyVfs::Register();
  options_.sqlite_vfs = testlib::LossyVfs::kName;
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::vector<int64_t> acknowledged(4, 0);
  for (int round = 0; round < 15; ++round) {
    auto database = Open();
    ASSERT_NE(database, nullptr);
    for (int thread = 0; thread < 4; ++thread) {
      const int64_t rows = Rows(*database, absl::StrCat("c", thread));
      EXPECT_GE(rows, acknowledged[thread]) << "an acknowledged write was lost in round " << round;
      acknowledged[thread] = rows;
    }
    std::atomic<int64_t> total = 0;
    std::vector<std::thread> writers;
    for (int thread = 0; thread < 4; ++thread) {
      writers.emplace_back([&, thread] {
        while (Put(*database, absl::StrCat("c", thread), NewId(), 3000).ok()) {
          ++acknowledged[thread];
          ++total;
        }
      });
    }
    const int64_t enough = 20 + static_cast<int64_t>(random() % 400);
    const absl::Time end = Clock::System().Now() + absl::Minutes(2);
    while (total < enough && Clock::System().Now() < end) {
      std::this_thread::yield();
    }
    EXPECT_GE(total, enough);
    testlib::LossyVfs::PowerLoss(random());
    for (auto& writer : writers) {
      writer.join();
    }
    database.reset();
    testlib::LossyVfs::PowerOn();
  }
}

TEST(SqlTextTest, StatementsAndTypes) {
  EXPECT_THAT(SplitStatements("-- note; \nA;\n\n  B\n  (x);\n-- end\nC"), testing::ElementsAre("A", "B\n(x)", "C"));
  EXPECT_EQ(ForSqlite("CREATE TABLE t (a BIGINT PRIMARY KEY, b BYTEA, c DOUBLE PRECISION, d TEXT DEFAULT 'BIGINT')"),
            "CREATE TABLE t (a INT PRIMARY KEY, b BLOB, c REAL , d TEXT DEFAULT 'BIGINT') STRICT");
  EXPECT_EQ(ForSqlite("CREATE INDEX i ON t (BIGINT)"), "CREATE INDEX i ON t (BIGINT)");
  EXPECT_EQ(HighestPlaceholder("$2 $10 $1"), 10u);
  EXPECT_EQ(HighestPlaceholder("no $ at all"), 0u);
}

}  // namespace
}  // namespace ruraledu::db
