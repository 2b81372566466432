// kill -9 while an import over three counties runs, in each of its phases, with writers beside it: afterwards
// everything is as after a run that nobody disturbed.
//
//   RURALEDU_CHAOS_ROWS=200000   pupils in all (default 300)
//   RURALEDU_CHAOS=1             else nothing of this file runs
//   RURALEDU_CHAOS_KILLS=3       kills in each phase (default 1); when given, each must have hit its phase
//   RURALEDU_PROGRAMS=<build>    other programs, say Release ones
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/hash.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "tests/chaos/rig.h"

namespace ruraledu::chaos {
namespace {

namespace fs = std::filesystem;
namespace registry_v1 = ruraledu::registry::v1;

const std::vector<std::string> kCounties = {"411728", "411729", "500243"};
const std::vector<std::string> kPhases = {"upload", "stage", "validate", "claim", "apply", "close"};

std::string PhaseOf(const std::string& kind, const std::string& cursor) {
  const std::string at = cursor.substr(0, cursor.find('|'));
  if (kind == "import_check") {
    return at.empty() || at == "STAGE" ? "stage" : "validate";
  }
  if (at.empty() || at == "CLAIM") {
    return "claim";
  }
  return at == "ROWS" || at == "MATCH" || at == "REMATCH" ? "apply" : "close";
}

// The phase of each county whose roster is under way, read beside the service. The connection is closed again: whoever
// opens the database after a kill must be its first user.
std::map<std::string, std::string> Phases(const std::string& file) {
  std::map<std::string, std::string> phases;
  sqlite3* handle = nullptr;
  const auto add = [](void* to, int, char** cells, char**) {
    auto& found = *static_cast<std::map<std::string, std::string>*>(to);
    found[std::string(cells[0]).substr(1)] = cells[1] == nullptr ? "upload" : PhaseOf(cells[1], cells[2]);
    return 0;
  };
  if (sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(handle, 1000);
    sqlite3_exec(handle,
                 "SELECT shard, NULL, NULL FROM import WHERE state LIKE '%UPLOADING' UNION ALL "
                 "SELECT shard, kind, CAST(cursor_value AS TEXT) FROM job WHERE kind LIKE 'import_%' AND state IN "
                 "('QUEUED', 'RUNNING')",
                 add, &phases, nullptr);
  }
  sqlite3_close(handle);
  return phases;
}

// Whether a part of the county's roster has arrived.
bool Received(const Suite& suite, const std::string& county) {
  sqlite3* handle = nullptr;
  int chunks = 0;
  if (sqlite3_open_v2(suite.database_file("registry").c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(handle, 1000);
    sqlite3_exec(
        handle, absl::StrCat("SELECT count(*) FROM import_chunk WHERE shard = 'c", county, "'").c_str(),
        [](void* to, int, char** cells, char**) {
          *static_cast<int*>(to) = std::atoi(cells[0]);
          return 0;
        },
        &chunks, nullptr);
  }
  sqlite3_close(handle);
  return chunks > 0;
}

testlib::SuiteOptions Options(const std::string& home) {
  return {.all_in_one = true, .redis = false, .county = "411728", .accounts = AccountsOf(kCounties), .home = home};
}

class KillTest : public testing::Test {
 protected:
  KillTest() {
    std::string name = fs::temp_directory_path() / "ruraledu-chaos-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~KillTest() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Roster(const std::string& county) const { return Path("roster-" + county + ".csv"); }

  // The upload is told beforehand, so that both runs give their pupils the same names.
  void Announce(Suite& suite, const std::string& county) {
    const auto client = Connect(suite, "registrar-" + county, "registry");
    std::ifstream in(Roster(county), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    registry_v1::CreateImportRequest request;
    request.set_parent("counties/" + county);
    auto& import = *request.mutable_import();
    import.set_source(registry_v1::IMPORT_SOURCE_STUDENT_ROSTER);
    import.set_batch("chaos");
    import.set_school_year("2023-2024");
    import.set_mode(registry_v1::IMPORT_MODE_PARTIAL);
    import.set_total_bytes(static_cast<int64_t>(bytes.size()));
    import.set_sha256(crypto::Sha256({bytes}));
    import.set_file_name(fs::path(Roster(county)).filename());
    const auto made = client->Call<registry_v1::Import>("CreateImport", request);
    ASSERT_TRUE(made.ok()) << made.status();
  }

  // Schools and announced imports; the folder "base" is what both runs start from.
  void Prepare(int rows) {
    fs::create_directory(Path("base"));
    Suite suite(Options(Path("base")));
    suite.Start();
    for (const std::string& county : kCounties) {
      WriteSchools(county, Path("schools-" + county + ".csv"));
      WriteRoster(county, rows / static_cast<int>(kCounties.size()), Roster(county));
      Import(suite, county, "schools", Path("schools-" + county + ".csv"));
      Announce(suite, county);
    }
    ASSERT_EQ(suite.Stop("all_in_one"), 0);
    for (const char* copy : {"calm", "storm"}) {
      fs::copy(Path("base"), Path(copy), fs::copy_options::recursive);
    }
  }

  static std::string KeysOf(const Suite& suite) { return suite.home() + "/keys/data.keys"; }

  fs::path folder_;
};

// Kills the one process of a suite, and starts it again.
class Killer {
 public:
  explicit Killer(Suite& suite) : suite_(suite), random_(Seed()) {}

  void Kill(const std::string& phase) {
    suite_.Kill("all_in_one");
    ++kills_[phase];
    suite_.Start("all_in_one");
  }
  // Kills the process whenever an import is in a phase that needs more kills, until `done`.
  void During(const std::function<bool()>& done, int each) {
    while (!done()) {
      for (const auto& [county, phase] : Phases(suite_.database_file("registry"))) {
        if (kills_[phase] >= each) {
          continue;
        }
        // Somewhere in the phase: short ones at once, long ones also later.
        if (phase == "upload" && Setting("RURALEDU_CHAOS_ROWS", 0) > 50'000 && !Received(suite_, county)) {
          continue;  // a file of several chunks
        }
        Pause(phase == "claim" || phase == "close" || phase == "upload"
                  ? 0
                  : static_cast<int>(random_() % (random_() % 2 == 0 ? 20 : 400)));
        if (Phases(suite_.database_file("registry"))[county] == phase) {
          Kill(phase);
          break;
        }
      }
      Pause(2);
    }
  }
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  int kills(const std::string& phase) { return kills_[phase]; }

 private:
  Suite& suite_;
  std::mt19937 random_;
  std::map<std::string, int> kills_;
};

TEST_F(KillTest, AnImportInAllPhases) {
  RURALEDU_CHAOS_ONLY();
  Seed();
  const int kills = Setting("RURALEDU_CHAOS_KILLS", 1);
  const int rows = Setting("RURALEDU_CHAOS_ROWS", 300);
  const auto begun = Clock::System().Now();
  const auto told = [&](const std::string& what) {
    std::cout << absl::ToInt64Seconds(Clock::System().Now() - begun) << " s: " << what << std::endl;
  };
  ASSERT_NO_FATAL_FAILURE(Prepare(rows));
  told("prepared");
  std::vector<std::string> expected, expected_copy;
  {
    Suite calm(Options(Path("calm")));
    calm.Start();
    for (const std::string& county : kCounties) {
      Import(calm, county, "student_roster", Roster(county), "chaos", 3'600);
    }
    AwaitLevel(calm, kCounties[0]);
    ASSERT_EQ(calm.Stop("all_in_one"), 0);
    expected = Contents(calm.database_url("registry"), KeysOf(calm));
    expected_copy = CopyContents(calm.database_url("student_aid"));
  }
  ASSERT_GT(static_cast<int>(expected.size()), rows);
  told(absl::StrCat("undisturbed run, ", expected.size(), " lines"));

  Suite storm(Options(Path("storm")));
  Killer killer(storm);
  storm.Start();
  Writers writers(storm, kCounties[0], 6, /*pause_milliseconds=*/5);
  for (int kill = 0; kill < kills; ++kill) {  // nothing but concurrent writes, which share commits
    const int acknowledged = writers.acknowledged();
    ASSERT_TRUE(Await([&] { return writers.acknowledged() >= acknowledged + 20 + killer.Below(50); }));
    killer.Kill("group commit");
  }
  std::atomic<int> imported = 0;
  std::vector<std::thread> importers;
  for (const std::string& county : kCounties) {
    importers.emplace_back([&, county] {
      Import(storm, county, "student_roster", Roster(county), "chaos", 7'200);
      ++imported;
    });
  }
  killer.During([&] { return imported == static_cast<int>(kCounties.size()); }, kills);
  for (std::thread& importer : importers) {
    importer.join();
  }
  writers.Stop();
  AwaitLevel(storm, kCounties[0]);
  told("imported again, with kills");
  for (const std::string& county : kCounties) {
    EXPECT_EQ(RebuildDifferences(storm, county, "registry"), 0) << county;
    EXPECT_EQ(RebuildDifferences(storm, county, "student_aid"), 0) << county;
  }
  ASSERT_EQ(storm.Stop("all_in_one"), 0);

  std::vector<std::string> found = Contents(storm.database_url("registry"), KeysOf(storm));
  EXPECT_EQ(TakeWritten(&found), writers.names()) << "every acknowledged write, once";
  EXPECT_TRUE(found == expected) << Difference(expected, found);
  std::vector<std::string> copy = CopyContents(storm.database_url("student_aid"));
  for (const auto& [number, name] : writers.names()) {
    std::erase(copy, absl::StrCat("household c", kCounties[0], " ", name.substr(name.rfind('/') + 1), " "));
  }
  EXPECT_TRUE(copy == expected_copy) << Difference(expected_copy, copy);
  ExpectWholeJournal(storm, "registry");
  ExpectWholeJournal(storm, "student_aid");
  std::string figures = absl::StrCat("kills: group commit ", killer.kills("group commit"));
  for (const std::string& phase : kPhases) {
    absl::StrAppend(&figures, ", ", phase, " ", killer.kills(phase));
    if (std::getenv("RURALEDU_CHAOS_KILLS") != nullptr) {
      EXPECT_GE(killer.kills(phase), kills) << phase;
    }
  }
  told(absl::StrCat(figures, "; ", writers.acknowledged(), " writes acknowledged, ", writers.again(), " tries failed"));
}

// The first start makes the tables, loads the regions and the accounts. Killed at random points and begun again it
// comes to the same.
TEST_F(KillTest, MigrationAndFirstStart) {
  RURALEDU_CHAOS_ONLY();
  std::mt19937 random(Seed());
  const int kills = Setting("RURALEDU_CHAOS_KILLS", 1) + 1;
  const auto counts = [](const std::string& url) {
    const auto database = OpenDatabase(url);
    std::vector<std::string> lines;
    const absl::Status status = database->Read([&](db::Transaction& tx) -> absl::Status {
      lines.clear();
      for (const char* sql :
           {"SELECT module || ' ' || CAST(max(number) AS TEXT) || ' ' || CAST(count(*) AS TEXT) FROM migration "
            "GROUP BY module ORDER BY module",
            "SELECT 'region ' || id FROM region ORDER BY shard, id",
            "SELECT 'account ' || subject FROM account ORDER BY subject"}) {
        RETURN_IF_ERROR(tx.ForEach(sql, {}, [&](db::Row row) {
          lines.push_back(row.Text(0));
          return absl::OkStatus();
        }));
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return lines;
  };
  fs::create_directory(Path("calm"));
  Suite calm(Options(Path("calm")));
  const absl::Time begun = Clock::System().Now();
  calm.Start();
  const int64_t took = absl::ToInt64Milliseconds(Clock::System().Now() - begun);
  ASSERT_EQ(calm.Stop("all_in_one"), 0);
  const std::vector<std::string> expected = counts(calm.database_url("registry"));
  EXPECT_GT(expected.size(), 9u);

  std::unique_ptr<Suite> storm;
  int homes = 0;
  for (int hits = 0; hits < kills;) {
    if (storm == nullptr) {
      ASSERT_LT(homes, 20 * kills) << "it cannot be hit";
      const std::string home = Path(absl::StrCat("storm-", homes++));
      fs::create_directory(home);
      storm = std::make_unique<Suite>(Options(home));
    }
    storm->Launch("all_in_one");
    Pause(static_cast<int>(random() % static_cast<uint64_t>(took)));
    const bool hit = storm->Running("all_in_one") && storm->Admin("all_in_one", 0, "/readyz").status != 200;
    storm->Kill("all_in_one");
    hits += hit ? 1 : 0;
    if (!hit) {
      storm.reset();  // it was too late: another first start
    }
  }
  storm->Start();
  ASSERT_EQ(storm->Stop("all_in_one"), 0);
  std::vector<std::string> found = counts(storm->database_url("registry"));
  EXPECT_TRUE(found == expected) << Difference(expected, found);
  ExpectWholeJournal(*storm, "registry");
  std::cout << "a first start takes " << took << " ms; killed " << kills << " times before it was ready, " << homes
            << " first starts" << std::endl;
}

}  // namespace
}  // namespace ruraledu::chaos
