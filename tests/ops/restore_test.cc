// deploy/backup.sh and deploy/runbooks/restore.md, as they are written, with a follower behind.
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/suite.h"

namespace ruraledu {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testlib::Outcome;

constexpr char kScript[] = RURALEDU_SOURCE_DIR "/deploy/backup.sh";

bool Await(const std::function<bool()>& reached) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!reached() && std::chrono::steady_clock::now() < end) {
    poll(nullptr, 0, 50);  // between two looks at the condition
  }
  return reached();
}

class RestoreTest : public ::testing::Test {
 protected:
  Outcome Backup() { return suite_.Run({"/bin/bash", kScript, DataFolder(), Folder("backup")}); }
  std::string DataFolder() { return fs::path(suite_.database_file("registry")).parent_path(); }
  std::string Folder(const std::string& name) const { return suite_.home() + "/" + name; }
  std::string Accounts() {
    const Outcome listed = suite_.Cli("security", {"accounts", "list", "--area", "411728"});
    EXPECT_EQ(listed.code, 0) << listed.err;
    return listed.out;
  }
  void AddAccount(const std::string& name) {
    const Outcome added =
        suite_.Cli("security", {"accounts", "create", name, "--area", "411728", "--person", "P-" + name});
    ASSERT_EQ(added.code, 0) << added.err;
  }
  // student_aid holds what the registry told `who`: the client asks it to wait for these positions.
  void AwaitCopy(const std::string& who) {
    suite_.PassOn(who, "officer");
    Outcome asked;
    EXPECT_TRUE(Await([&] {
      asked = suite_.Cli("officer", {"dashboard", "student_aid", "411728", "--period", "2023-2024-1"});
      return asked.code == 0;
    })) << asked.code
        << asked.err;
  }
  double Feed(const std::string& metric, const std::vector<std::string>& labels = {}) {
    return suite_.Metric("student_aid", 0, metric, labels);
  }

  testlib::Suite suite_{{.redis = false}};
};

// Runs when RURALEDU_CHAOS=1 asks for it, as tests/chaos does.
TEST_F(RestoreTest, ARestoredRegistryIsFollowedAnew) {
  if (std::getenv("RURALEDU_CHAOS") == nullptr) {
    GTEST_SKIP() << "set RURALEDU_CHAOS=1";
  }
  suite_.Start();
  AddAccount("before");
  const Outcome backup = Backup();
  ASSERT_EQ(backup.code, 0) << backup.err;
  const fs::path copy = std::string(absl::StripTrailingAsciiWhitespace(backup.out));
  EXPECT_TRUE(fs::exists(copy / "registry.db"));
  EXPECT_TRUE(fs::exists(copy / "student_aid.db"));
  EXPECT_EQ(suite_.Run({"/bin/bash", "-c", absl::StrCat("cd ", copy.string(), " && sha256sum -c SHA256SUMS")}).code, 0);
  EXPECT_EQ(fs::status(copy).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
  AddAccount("after");
  AwaitCopy("security");
  EXPECT_EQ(Feed("ruraledu_feed_alarms_total"), 0);

  EXPECT_EQ(suite_.Stop("registry"), 0);
  const fs::path file = suite_.database_file("registry");
  for (const char* ending : {"", "-wal", "-shm"}) {
    fs::remove(file.string() + ending);
  }
  fs::copy_file(copy / "registry.db", file);
  const std::string url = "sqlite:" + file.string();
  const Outcome verified = suite_.Cli("audit", {"journal", "verify", "--database", url});
  EXPECT_EQ(verified.code, 0) << verified.err;
  const Outcome restored = suite_.Cli("audit", {"journal", "restored", "--database", url});
  ASSERT_EQ(restored.code, 0) << restored.err;
  suite_.Start("registry");

  // Who worked with the old history hears so once, and goes on.
  const Outcome told = suite_.Cli("security", {"accounts", "list", "--area", "411728"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("FEED_REPLACED"));
  EXPECT_THAT(Accounts(), HasSubstr("before"));
  EXPECT_THAT(Accounts(), Not(HasSubstr("after"))) << "entered after the backup";
  EXPECT_TRUE(Await([&] { return Feed("ruraledu_feed_alarms_total", {"replaced"}) > 0; })) << "the alarm was raised";
  EXPECT_TRUE(Await([&] {
    return Feed("ruraledu_feed_stopped_shards") == 0 && Feed("ruraledu_feed_lag_entries") == 0;
  })) << "and the copy was made again";
  // The copy takes part again: what is entered now arrives.
  const double applied = Feed("ruraledu_feed_applied_total");
  AddAccount("again");
  AwaitCopy("security");
  EXPECT_TRUE(Await([&] { return Feed("ruraledu_feed_applied_total") > applied; }));
}

TEST_F(RestoreTest, BackupsAreKeptForSomeDaysAndRefuseNonsense) {
  fs::create_directories(Folder("data"));
  EXPECT_NE(suite_.Run({"/bin/bash", kScript, Folder("data"), Folder("backup")}).code, 0) << "nothing to copy";
  EXPECT_NE(suite_.Run({"/bin/bash", kScript}).code, 0);
  const auto sqlite = [&](const std::string& sql) {
    return suite_.Run({"/bin/bash", "-c", absl::StrCat("sqlite3 ", Folder("data"), "/x.db \"", sql, "\"")});
  };
  ASSERT_EQ(sqlite("PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1);").code, 0);
  const std::string old = Folder("backup") + "/20200101T000000Z", other = Folder("backup") + "/notes";
  fs::create_directories(old);
  fs::create_directories(other);
  ASSERT_EQ(suite_.Run({"/bin/bash", "-c", absl::StrCat("touch -d 2020-01-01 ", old, " ", other)}).code, 0);
  const Outcome backup = suite_.Run({"/bin/bash", kScript, Folder("data"), Folder("backup")});
  EXPECT_EQ(backup.code, 0) << backup.err;
  EXPECT_FALSE(fs::exists(old)) << "older than KEEP_DAYS";
  EXPECT_TRUE(fs::exists(other)) << "not a copy of this script";
  const std::string copy(absl::StripTrailingAsciiWhitespace(backup.out));
  const Outcome read = suite_.Run({"/bin/bash", "-c", absl::StrCat("sqlite3 ", copy, "/x.db 'SELECT n FROM t'")});
  EXPECT_EQ(read.out, "1\n");
  // A damaged file gives an error and no folder that looks like a backup.
  ASSERT_EQ(suite_.Run({"/bin/bash", "-c", absl::StrCat("head -c 8192 /dev/urandom > ", Folder("data"), "/y.db")}).code,
            0);
  EXPECT_NE(suite_.Run({"/bin/bash", kScript, Folder("data"), Folder("backup")}).code, 0);
  int folders = 0;
  for (const auto& entry : fs::directory_iterator(Folder("backup"))) {
    folders += entry.path().filename().string().starts_with("20") ? 1 : 0;
    EXPECT_FALSE(entry.path().filename().string().starts_with(".part")) << "cleaned up";
  }
  EXPECT_EQ(folders, 1);
}

}  // namespace
}  // namespace ruraledu
