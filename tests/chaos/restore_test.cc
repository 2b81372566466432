// A backup of the registry is put back behind a running follower: the shards that moved since stop, the alarm is
// raised, the copy is resynced, and ends equal to one that begins now. With the processes, on both databases.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/chaos/rig.h"
#include "tests/lib/postgres.h"

namespace ruraledu::chaos {
namespace {

namespace fs = std::filesystem;

class RestoreTest : public testing::TestWithParam<bool> {
 protected:
  RestoreTest() {
    std::string name = fs::temp_directory_path() / "ruraledu-chaos-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~RestoreTest() override { fs::remove_all(folder_); }

  bool postgres() const { return GetParam(); }
  // The registry is stopped meanwhile.
  void Backup(const Suite& suite) {
    if (postgres()) {
      testlib::Postgres::Get().Dump(suite.database_url("registry"), folder_ / "backup");
    } else {
      fs::copy_file(suite.database_file("registry"), folder_ / "backup");
    }
  }
  void PutBack(const Suite& suite) {
    if (postgres()) {
      testlib::Postgres::Get().Restore(suite.database_url("registry"), folder_ / "backup");
    } else {
      for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(suite.database_file("registry") + suffix);
      }
      fs::copy_file(folder_ / "backup", suite.database_file("registry"));
    }
    const Outcome marked =
        suite.Run({suite.program("ruraledu"), "journal", "restored", "--database", suite.database_url("registry")});
    ASSERT_EQ(marked.code, 0) << marked.err;
  }
  // student_aid begins with an empty database.
  void Empty(const Suite& suite) {
    if (postgres()) {
      testlib::Postgres::Get().Empty(suite.database_url("student_aid"));
    } else {
      for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(suite.database_file("student_aid") + suffix);
      }
    }
  }

  fs::path folder_;
};

TEST_P(RestoreTest, TheFollowerStopsAlarmsResyncsAndEndsEqual) {
  RURALEDU_CHAOS_ONLY();
  const std::string county = "411728";
  Suite suite({.postgres = postgres(), .redis = false, .county = county, .accounts = AccountsOf({county})});
  suite.Start();
  const std::string schools = folder_ / "schools.csv", first = folder_ / "first.csv", second = folder_ / "second.csv";
  WriteSchools(county, schools);
  WriteRoster(county, 60, first);
  WriteRoster(county, 40, second, 60);
  Import(suite, county, "schools", schools);
  Import(suite, county, "student_roster", first, "first");
  AwaitLevel(suite, county);
  ASSERT_EQ(suite.Stop("registry"), 0);
  Backup(suite);
  suite.Start("registry");
  Import(suite, county, "student_roster", second, "second");  // lost by what follows
  AwaitLevel(suite, county);
  EXPECT_EQ(suite.Metric("student_aid", 0, "ruraledu_feed_alarms_total", {"reason=\"replaced\""}), 0);

  ASSERT_EQ(suite.Stop("registry"), 0);
  ASSERT_NO_FATAL_FAILURE(PutBack(suite));
  suite.Start("registry");
  {
    Writers writers(suite, county, 2, 5);  // the restored registry goes on at once
    EXPECT_TRUE(Await([&] { return writers.acknowledged() >= 20; }));
  }
  EXPECT_TRUE(Await([&] {
    return suite.Metric("student_aid", 0, "ruraledu_feed_alarms_total", {"reason=\"replaced\""}) > 0;
  })) << "the alarm";
  AwaitLevel(suite, county);
  EXPECT_TRUE(Await([&] { return suite.Metric("student_aid", 0, "ruraledu_feed_stopped_shards") == 0; }));
  ASSERT_EQ(suite.Stop("student_aid"), 0);
  std::vector<std::string> resynced = CopyContents(suite.database_url("student_aid"));

  Empty(suite);
  suite.Start("student_aid");
  AwaitLevel(suite, county);
  ASSERT_EQ(suite.Stop("student_aid"), 0);
  const std::vector<std::string> fresh = CopyContents(suite.database_url("student_aid"));
  EXPECT_TRUE(resynced == fresh) << Difference(fresh, resynced);
  const auto pupils = std::count_if(fresh.begin(), fresh.end(), [](const auto& l) { return l.starts_with("pupil "); });
  EXPECT_EQ(pupils, 60);
  ASSERT_EQ(suite.Stop("registry"), 0);
  ExpectWholeJournal(suite, "registry");
}

INSTANTIATE_TEST_SUITE_P(Databases, RestoreTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Postgres" : "Sqlite"; });

}  // namespace
}  // namespace ruraledu::chaos
