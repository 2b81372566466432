// PostgreSQL dies under load: a backend, the postmaster, the whole server. Acknowledged writes survive, callers see
// UNAVAILABLE or COMMIT_UNKNOWN, and repeating a request by its id does it once.
#include "tests/lib/postgres.h"

#include <signal.h>

#include <iostream>
#include <latch>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/chaos/rig.h"

namespace ruraledu::chaos {
namespace {

// Ends one of the server's children that serves a client of the schema, as a crash of its own would.
void KillBackend(db::Database& database, std::mt19937& random) {
  const auto backends = database.Read([&](db::Transaction& tx) {
    return tx.Query("SELECT CAST(pid AS BIGINT) FROM pg_stat_activity WHERE backend_type = 'client backend'");
  });
  if (backends.ok() && !backends->empty()) {
    kill(static_cast<pid_t>((*backends)[random() % backends->size()].Int(0)), SIGKILL);
  }
}

void Crash(int way, db::Database& database, std::mt19937& random) {
  if (way % 3 == 0) {
    KillBackend(database, random);
  } else if (way % 3 == 1) {
    testlib::Postgres::Get().KillPostmaster();
  } else {
    testlib::Postgres::Get().Crash();
  }
}

TEST(PostgresTest, AcknowledgedWritesSurviveItsCrashesOnce) {
  RURALEDU_CHAOS_ONLY();
  std::mt19937 random(Seed());
  const db::Migration schema = {"test", 1,
                                "CREATE TABLE item (\n  shard TEXT NOT NULL,\n  id TEXT NOT NULL,\n"
                                "  times BIGINT NOT NULL,\n  PRIMARY KEY (shard, id)\n);\n"};
  auto opened = db::Database::Open({.url = "postgres:" + testlib::Postgres::Get().NewSchema()}, {schema});
  ASSERT_TRUE(opened.ok()) << opened.status();
  db::Database& database = **opened;
  std::atomic<bool> stop = false;
  std::atomic<int> acknowledged = 0;
  std::mutex mutex;
  std::map<std::string, int> reasons;
  std::vector<std::vector<std::string>> written(4);
  std::vector<std::thread> writers;
  for (size_t n = 0; n < written.size(); ++n) {
    writers.emplace_back([&, n] {
      const std::string shard = absl::StrCat("c", n);
      for (int i = 0; !stop; ++i) {
        const std::string id = absl::StrCat("w", i);
        // What rpc::Write does: the request is remembered in the transaction that does it.
        const auto once = [&](db::Transaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const auto known,
                           tx.QueryOne("SELECT times FROM item WHERE shard = $1 AND id = $2", shard, id));
          if (known.has_value()) {
            return absl::OkStatus();
          }
          return tx
              .Execute(
                  "INSERT INTO item (shard, id, times) VALUES ($1, $2, 1) ON CONFLICT (shard, id) DO UPDATE SET "
                  "times = item.times + 1",
                  shard, id)
              .status();
        };
        absl::Status status = database.Write(shard, once);
        for (const absl::Time end = Clock::System().Now() + absl::Minutes(3);
             !status.ok() && Clock::System().Now() < end; status = database.Write(shard, once)) {
          EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) << status;
          {
            std::lock_guard lock(mutex);
            ++reasons[ReasonOf(status)];
          }
          Pause(20);
        }
        EXPECT_TRUE(status.ok()) << status;
        written[n].push_back(id);
        ++acknowledged;
      }
    });
  }
  const int crashes = Setting("RURALEDU_CHAOS_KILLS", 1) * 3;
  for (int crash = 0; crash < crashes; ++crash) {
    const int before = acknowledged;
    EXPECT_TRUE(Await([&] { return acknowledged > before + 20 + static_cast<int>(random() % 50); })) << "goes on";
    Crash(crash, database, random);
  }
  const int before = acknowledged;
  EXPECT_TRUE(Await([&] { return acknowledged > before + 20; })) << "goes on";
  stop = true;
  for (std::thread& writer : writers) {
    writer.join();
  }
  for (size_t n = 0; n < written.size(); ++n) {
    const auto rows = database.Read([&](db::Transaction& tx) {
      return tx.QueryOne("SELECT count(*), CAST(sum(times) AS BIGINT) FROM item WHERE shard = $1",
                         absl::StrCat("c", n));
    });
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ((*rows)->Int(0), static_cast<int64_t>(written[n].size()));
    EXPECT_EQ((*rows)->Int(1), static_cast<int64_t>(written[n].size())) << "once";
  }
  std::cout << acknowledged << " writes over " << crashes << " crashes; seen:";
  for (const auto& [reason, count] : reasons) {
    std::cout << " " << reason << " " << count;
  }
  std::cout << std::endl;
}

// The same under the whole suite: an import and writers go on when the server is back.
TEST(PostgresTest, TheSuiteGoesOnAfterItsCrashes) {
  RURALEDU_CHAOS_ONLY();
  std::mt19937 random(Seed());
  const std::string county = "411728";
  Suite suite({.postgres = true, .redis = false, .county = county, .accounts = AccountsOf({county})});
  suite.Start();
  const std::string schools = suite.home() + "/schools.csv", roster = suite.home() + "/roster.csv";
  WriteSchools(county, schools);
  WriteRoster(county, Setting("RURALEDU_CHAOS_ROWS", 300), roster);
  Import(suite, county, "schools", schools);
  auto beside = OpenDatabase(suite.database_url("registry"));
  Writers writers(suite, county, 3, /*pause_milliseconds=*/5);
  std::atomic<bool> imported = false;
  std::thread importer([&] {
    Import(suite, county, "student_roster", roster);
    imported = true;
  });
  const int crashes = Setting("RURALEDU_CHAOS_KILLS", 1) * 3;
  for (int crash = 0; crash < crashes; ++crash) {
    const int before = writers.acknowledged();
    EXPECT_TRUE(Await([&] { return writers.acknowledged() > before + 10 + static_cast<int>(random() % 30); }));
    Crash(crash, *beside, random);
  }
  EXPECT_TRUE(Await([&] { return imported.load(); }, 600));
  importer.join();
  writers.Stop();
  EXPECT_TRUE(suite.Running("registry") && suite.Running("student_aid")) << "no process ended with its database";
  AwaitLevel(suite, county);
  EXPECT_EQ(RebuildDifferences(suite, county, "student_aid"), 0);
  ASSERT_EQ(suite.Stop("student_aid"), 0);
  ASSERT_EQ(suite.Stop("registry"), 0);
  beside.reset();
  std::vector<std::string> found = Contents(suite.database_url("registry"), suite.home() + "/keys/data.keys");
  EXPECT_EQ(TakeWritten(&found), writers.names());
  ExpectWholeJournal(suite, "registry");
  ExpectWholeJournal(suite, "student_aid");
  std::cout << writers.acknowledged() << " writes acknowledged, " << writers.again() << " tries failed" << std::endl;
}

}  // namespace
}  // namespace ruraledu::chaos
