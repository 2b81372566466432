// A service in small for the tests of dashboards: pupils with an area, a status and a village, counted four ways.
#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/dashboard/board.h"
#include "common/dashboard/counters.h"
#include "common/feed/key_store.h"
#include "common/feed/root.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "tests/lib/postgres.h"

namespace ruraledu::dashboard {

enum class Backend { kSqlite, kPostgres };

inline std::string BackendName(const testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kSqlite ? "Sqlite" : "Postgres";
}

using registry::v1::Student;
using ruraledu::dashboard::v1::Dashboard;

inline const feed::RootTable kPupils{"pupil", "students", {"area"}, [](const google::protobuf::Message& root) {
                                       return std::vector<db::Value>{static_cast<const Student&>(root).area()};
                                     }};
inline constexpr db::Migration kPupilTable = {
    "pupils", 1,
    "CREATE TABLE pupil (\n  shard TEXT NOT NULL,\n  id TEXT NOT NULL,\n  area TEXT NOT NULL,\n  body BYTEA NOT NULL,\n"
    "  sealed BYTEA NOT NULL,\n  version BIGINT NOT NULL,\n  PRIMARY KEY (shard, id)\n);\n"};

inline constexpr char kRegionRows[] =
    "code,name,level,parent_code,kind\n"
    "410000000000,河南省,province,,\n"
    "411700000000,驻马店市,city,410000000000,\n"
    "411728000000,遂平县,county,411700000000,\n"
    "411728103000,玉山镇,township,411728000000,\n"
    "411728200000,花庄乡,township,411728000000,\n"
    "411729000000,新蔡县,county,411700000000,\n"
    "411729100000,砖店镇,township,411729000000,\n"
    "419000000000,省直辖县级行政区划,city,410000000000,folded\n"
    "419001000000,济源市,county,419000000000,\n"
    "419001100000,克井镇,township,419001000000,\n";

inline const MeasureBook& Book() {
  static const auto& book = *new MeasureBook(
      {{"pupils", MeasureKind::kStock, Spine::kSchool, "person", "status"},
       {"present", MeasureKind::kStock, Spine::kSchool, "person"},
       {"seen", MeasureKind::kFlow, Spine::kSchool, "item", "status"},
       {"residents", MeasureKind::kStock, Spine::kResidence, "person"},
       {"paid_fen", MeasureKind::kFlow, Spine::kSchool, "fen", "item", /*from_roots=*/false}},
      {ContributorOf<Student>(kPupils, [](const Student& pupil, Contributions& to) {
        if (pupil.status() == "GONE") {
          return;
        }
        to.Add("pupils", pupil.area(), "", pupil.status());
        to.Add("present", pupil.area(), "", "", pupil.status() == "ENROLLED" ? 1 : 0);
        to.Add("seen", pupil.area(), "2024-1", pupil.status(), pupil.display_name() == "twice" ? 2 : 1);
        if (!pupil.village().empty()) {
          to.Add("residents", pupil.village(), "");
        }
      })});
  return book;
}

inline std::vector<IndicatorSpec> Indicators() {
  return {{.id = "t.pupils", .label = "Pupils", .label_zh = "学生", .numerator = {{"pupils"}}, .parts = true},
          {.id = "t.present",
           .label = "Present",
           .label_zh = "在校率",
           .numerator = {{"present"}},
           .denominator = {{"pupils"}},
           .target = Always({95, 100}),
           .sensitive = true,
           .source = "2.9, DR-03"},
          {.id = "t.seen", .numerator = {{"seen"}}, .parts = true},
          {.id = "t.away",
           .numerator = {{"pupils", {"AWAY"}}},
           .target = Always({0, 1}),
           .direction = TargetDirection::kAtMost,
           .sensitive = true},
          {.id = "t.residents", .numerator = {{"residents"}}},
          {.id = "t.paid", .numerator = {{"paid_fen"}}, .parts = true}};
}

// The database, its keys, and pupils at random.
class World {
 public:
  explicit World(Backend backend = Backend::kSqlite) {
    folder_ = std::filesystem::temp_directory_path() / ("ruraledu-board-" + crypto::Hex(crypto::RandomBytes(8)));
    std::filesystem::create_directory(folder_);
    EXPECT_TRUE(crypto::CreateKeyFile(folder_ / "keys").ok());
    std::vector<db::Migration> migrations(feed::Schema().begin(), feed::Schema().end());
    migrations.insert(migrations.end(), Schema().begin(), Schema().end());
    migrations.push_back(kPupilTable);
    db::Options options;
    options.url = backend == Backend::kSqlite ? "sqlite:" + (folder_ / "db").string()
                                              : "postgres:" + testlib::Postgres::Get().NewSchema();
    options.clock = &clock;
    options.read_limit = options.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    auto opened = db::Database::Open(options, migrations);
    EXPECT_TRUE(opened.ok()) << opened.status();
    database = *std::move(opened);
    store_ = feed::DatabaseKeyStore(*database);
    auto ring = crypto::KeyRing::Open(folder_ / "keys", store_.get());
    EXPECT_TRUE(ring.ok()) << ring.status();
    keys = *std::move(ring);
    auto rows = ParseRegions("regions.csv", kRegionRows);
    EXPECT_TRUE(rows.ok()) << rows.status();
    auto tree = RegionTree::Build(*std::move(rows));
    EXPECT_TRUE(tree.ok()) << tree.status();
    tree_ = std::make_shared<const RegionTree>(*std::move(tree));
  }
  ~World() {
    keys.reset();
    store_.reset();
    database.reset();
    std::filesystem::remove_all(folder_);
  }

  BoardSpec Spec() const {
    return {.service = "test",
            .measures = &Book(),
            .indicators = Indicators(),
            .places = {.regions = [tree = tree_] { return tree; },
                       .schools = [](db::Transaction&, std::string_view) -> absl::StatusOr<std::vector<SchoolName>> {
                         return std::vector<SchoolName>{{"s2", "第二小学"}, {"s1", "第一小学"}};
                       }},
            .current_period = [](absl::CivilDay) -> std::string { return "2024-1"; },
            .trend_periods =
                [](std::string_view) {
                  return std::vector<std::string>{"2023-1", "2023-2"};
                }};
  }

  // Writes one pupil; returns the status of the write.
  absl::Status Put(const std::string& id, const std::string& area, const std::string& status,
                   const std::string& village = "", const std::string& name = "") {
    const std::string shard = "c" + area.substr(0, 6);
    const auto sealer = keys->SealerOf(shard);
    return database->Write(shard, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto before, feed::Load<Student>(tx, **sealer, kPupils, shard, id));
      Student after;
      after.set_name(absl::StrCat("counties/", area.substr(0, 6), "/students/", id));
      after.set_area(area);
      after.set_status(status);
      after.set_village(village);
      after.set_display_name(name);
      feed::RootWriter writer(tx, **sealer, {"tester", "call"}, std::make_unique<CounterFold>(Book()));
      RETURN_IF_ERROR(writer.Put(kPupils, before.has_value() ? &*before : nullptr, after, "TEST").status());
      return writer.Finish().status();
    });
  }

  absl::Status PutAny(std::mt19937& random) {
    static const std::vector<std::string> kTownships = {"411728103", "411728200", "411729100", "419001100"};
    static const std::vector<std::string> kStatuses = {"ENROLLED", "AWAY", "GONE"};
    const std::string& township = kTownships[random() % kTownships.size()];
    std::string area = township;
    if (random() % 8 != 0) {
      absl::StrAppend(&area, "/s", random() % 3 + 1, random() % 2 == 0 ? "/c1" : "");
    }
    return Put(absl::StrCat("p", random() % 25), area, kStatuses[random() % 3],
               random() % 2 == 0 ? absl::StrCat(township, "00", random() % 3 + 1) : "",
               random() % 3 == 0 ? "twice" : "");
  }

  absl::StatusOr<Dashboard> Board(const std::string& area, View view = View::kFull,
                                  const std::string& period = "2024-1") {
    const BoardSpec spec = Spec();
    return database->Read([&](db::Transaction& tx) { return ComputeDashboard(tx, spec, {area, period, view}); });
  }

  // The counters of a shard that are not 0, "TOWNSHIP 411728103  pupils AWAY = 3".
  std::vector<std::string> Stored(const std::string& shard) {
    auto lines = database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT level, area, period, measure, dimension, value FROM counter "
                                                 "WHERE shard = $1 AND value <> 0 "
                                                 "ORDER BY level, area, period, measure, dimension",
                                                 shard));
      std::vector<std::string> lines;
      for (const db::Row& r : rows) {
        lines.push_back(
            absl::StrCat(r.Text(0), " ", r.Text(1), " ", r.Text(2), " ", r.Text(3), " ", r.Text(4), " = ", r.Int(5)));
      }
      return lines;
    });
    EXPECT_TRUE(lines.ok()) << lines.status();
    return lines.value_or(std::vector<std::string>());
  }

  FakeClock clock{absl::FromUnixSeconds(1'714'000'000)};  // 2024-04-25 in Shanghai
  std::unique_ptr<db::Database> database;
  std::unique_ptr<crypto::KeyRing> keys;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::shared_ptr<const RegionTree> tree_;
};

// "t.pupils" of a list of indicators.
template <typename Indicators>
const ruraledu::dashboard::v1::Indicator& Of(const Indicators& indicators, std::string_view id) {
  for (const auto& indicator : indicators) {
    if (indicator.id() == id) {
      return indicator;
    }
  }
  ADD_FAILURE() << "no indicator " << id;
  return indicators.Get(0);
}

// Without what may differ between two computations at one version.
inline std::string Essence(Dashboard board) {
  board.clear_as_of();
  board.clear_computed_time_us();
  return board.SerializeAsString();
}

}  // namespace ruraledu::dashboard
