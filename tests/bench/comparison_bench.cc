// The comparison of a term beside plain SQL that finds the same lists, and its rules beside DuckDB in memory.
#include <atomic>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/student_aid/comparison_rules.h"
#include "services/student_aid/store.h"
#include "tests/bench/aid_world.h"
#include "tests/bench/bench.h"

namespace ruraledu::bench {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct GrantRow {
  std::string person;
  int family = 0;
  int64_t fen = 0;
};

// What the plain peers know: the facts of the product without encryption, journal or counters, with its indexes: the
// lists are read by area.
constexpr const char* kPlainTables[] = {
    "CREATE TABLE pupil (shard TEXT NOT NULL, person TEXT NOT NULL, household TEXT NOT NULL, area TEXT NOT NULL, "
    "PRIMARY KEY (shard, person))",
    "CREATE TABLE household (shard TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (shard, id))",
    "CREATE TABLE granted (shard TEXT NOT NULL, person TEXT NOT NULL, family BIGINT NOT NULL, fen BIGINT NOT NULL, "
    "PRIMARY KEY (shard, person, family))",
    "CREATE TABLE aid (shard TEXT NOT NULL, person TEXT NOT NULL, family BIGINT NOT NULL, fen BIGINT NOT NULL, "
    "PRIMARY KEY (shard, person, family))",
    "CREATE TABLE result (shard TEXT NOT NULL, person TEXT NOT NULL, family BIGINT NOT NULL, list BIGINT NOT NULL, "
    "reason BIGINT NOT NULL, entitled BIGINT NOT NULL, aided BIGINT NOT NULL, in_source BIGINT NOT NULL, "
    "area TEXT NOT NULL, PRIMARY KEY (shard, person, family))",
    "CREATE INDEX result_by_area ON result (shard, area, person)"};

// The same in DuckDB, which has neither the keys nor the indexes.
constexpr const char* kDuckTables[] = {
    "CREATE TABLE pupil (shard VARCHAR, person VARCHAR, household VARCHAR, area VARCHAR)",
    "CREATE TABLE household (shard VARCHAR, id VARCHAR, kind VARCHAR)",
    "CREATE TABLE granted (shard VARCHAR, person VARCHAR, family BIGINT, fen BIGINT)",
    "CREATE TABLE aid (shard VARCHAR, person VARCHAR, family BIGINT, fen BIGINT)",
    "CREATE TABLE result (shard VARCHAR, person VARCHAR, family BIGINT, list BIGINT, reason BIGINT, entitled BIGINT, "
    "aided BIGINT, in_source BIGINT, area VARCHAR)"};

// A person and family that is granted or aided: whether it is on the should-aid or the should-not list and why, and
// whether a register names the person.
constexpr char kPlainCompare[] =
    "INSERT INTO result "
    "SELECT f.shard, f.person, f.family, "
    "  CASE WHEN f.aided > f.entitled THEN 2 WHEN f.aided < f.entitled THEN 1 ELSE 0 END, "
    "  CASE WHEN f.entitled = 0 AND h.id IS NULL THEN 5 WHEN f.entitled = 0 THEN 6 WHEN f.aided > f.entitled THEN 7 "
    "       WHEN f.aided = 0 THEN 1 WHEN f.aided < f.entitled THEN 2 ELSE 0 END, "
    "  f.entitled, f.aided, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, p.area "
    "FROM (SELECT shard, person, family, sum(entitled) AS entitled, sum(aided) AS aided FROM "
    "       (SELECT shard, person, family, fen AS entitled, 0 AS aided FROM granted "
    "        UNION ALL SELECT shard, person, family, 0, fen FROM aid) GROUP BY shard, person, family) f "
    "JOIN pupil p ON p.shard = f.shard AND p.person = f.person "
    "LEFT JOIN household h ON h.shard = p.shard AND h.id = p.household";

std::vector<GrantRow> Grants(AidWorld& world, const std::string& shard,
                             std::vector<v1::ComparisonFacts>* facts_of_all) {
  std::vector<GrantRow> grants;
  const auto sealer = Must(world.keys().SealerOf(shard));
  std::map<std::string, v1::Decision> decisions;
  Must(world.database().Read([&](db::Transaction& tx) -> absl::Status {
    return tx.ForEach(
        "SELECT id, body, sealed, version FROM decision WHERE shard = $1 AND in_force = 1 ORDER BY id", {shard},
        [&](db::Row row) -> absl::Status {
          v1::Decision decision;
          RETURN_IF_ERROR(feed::ReadRoot(row, 1, student_aid::kDecisions, row.Text(0), sealer.get(), &decision));
          for (const auto& item : decision.answer().items()) {
            if (item.counts_in_coverage()) {
              grants.push_back({decision.person(), item.family(), item.amount_fen()});
            }
          }
          decisions[decision.person()] = std::move(decision);
          return absl::OkStatus();
        });
  }));
  for (const PupilRow& pupil : world.pupils()) {
    if (pupil.shard != shard) {
      continue;
    }
    v1::ComparisonFacts& facts = facts_of_all->emplace_back();
    facts.set_person(pupil.person);
    if (!pupil.household.empty()) {
      auto* source = facts.add_sources();
      source->set_source("RURAL_REVITALISATION");
      source->set_kind("P2");
    }
    *facts.mutable_decision() = decisions[pupil.person].answer();
    auto* enrolment = facts.add_enrolments();
    enrolment->set_school("s1");
    enrolment->set_status("ENROLLED");
  }
  return grants;
}

void WriteCsv(const std::string& path, const std::vector<std::vector<db::Value>>& rows) {
  std::ofstream file(path);
  for (const auto& row : rows) {
    std::string line;
    for (const db::Value& value : row) {
      absl::StrAppend(&line, line.empty() ? "" : ",",
                      std::holds_alternative<int64_t>(value) ? absl::StrCat(std::get<int64_t>(value))
                                                             : std::get<std::string>(value));
    }
    file << line << "\n";
  }
}

// The rules over facts in memory, on two threads as DuckDB.
double RulesSeconds(const std::vector<v1::ComparisonFacts>& facts) {
  std::atomic<int64_t> rows = 0;
  const double seconds = Time([&] {
    const auto half = [&](size_t from, size_t to) {
      int64_t mine = 0;
      for (size_t i = from; i < to; ++i) {
        mine += student_aid::ComparePerson(facts[i]).rows_size();
      }
      rows += mine;
    };
    std::thread other(half, 0, facts.size() / 2);
    half(facts.size() / 2, facts.size());
    other.join();
  });
  return rows == 0 ? 0 : seconds;
}

}  // namespace

void BenchComparison() {
  std::vector<double> ours, peer, ratios, rules, duck, duck_ratios;
  const int64_t pupils = Setting("PUPILS", Rows());
  for (int round = 0; round < Rounds(); ++round) {
    const Folder folder;
    AidWorld world(folder);
    std::cerr << "fill: " << Time([&] { world.Fill(pupils); }) << " s" << std::endl;
    double processor = ProcessorSeconds();
    const double decided = world.Run(v1::RUN_KIND_ENTITLEMENT);
    std::cerr << "entitlement: " << decided << " s, " << static_cast<double>(pupils) / decided << " pupils/s; "
              << Spent(processor) << std::endl;
    std::vector<std::vector<db::Value>> plain_pupils, households, granted, aid;
    std::vector<v1::ComparisonFacts> facts;
    for (const PupilRow& row : world.pupils()) {
      plain_pupils.push_back({row.shard, row.person, row.household, row.area});
      if (!row.household.empty()) {
        households.push_back({row.shard, row.household, "P2"});
      }
    }
    std::map<std::string, int64_t> aided;
    for (const AidRow& row : world.aid()) {
      aid.push_back({row.shard, row.person, int64_t{row.family}, row.fen});
      aided[row.person] = row.fen;
    }
    for (const std::string& shard : world.shards()) {
      for (const GrantRow& row : Grants(world, shard, &facts)) {
        granted.push_back({shard, row.person, int64_t{row.family}, row.fen});
      }
    }
    const auto family = world.book().FamilyOf("SP_LIV_B_JUN");
    for (v1::ComparisonFacts& one : facts) {
      if (const auto found = aided.find(one.person()); found != aided.end()) {
        auto* item = one.add_aided();
        item->set_item("SP_LIV_B_JUN");
        item->set_family(family);
        item->set_amount_fen(found->second);
      }
    }
    PlainSqlite plain(folder / "plain.db");
    for (const char* table : kPlainTables) {
      plain.Execute(table);
    }
    plain.Insert("INSERT INTO pupil VALUES (?, ?, ?, ?)", plain_pupils, 50'000);
    plain.Insert("INSERT INTO household VALUES (?, ?, ?)", households, 50'000);
    plain.Insert("INSERT OR REPLACE INTO granted VALUES (?, ?, ?, ?)", granted, 50'000);
    plain.Insert("INSERT INTO aid VALUES (?, ?, ?, ?)", aid, 50'000);
    processor = ProcessorSeconds();
    ours.push_back(world.Run(v1::RUN_KIND_COMPARISON));
    std::cerr << "comparison: " << Spent(processor) << std::endl;
    processor = ProcessorSeconds();
    peer.push_back(Time([&] { plain.Execute(kPlainCompare); }));
    std::cerr << "plain SQL: " << Spent(processor) << std::endl;
    processor = ProcessorSeconds();
    const double again = world.Run(v1::RUN_KIND_COMPARISON);
    std::cerr << "comparison of unchanged facts: " << again << " s; " << Spent(processor) << std::endl;
    ratios.push_back(ours.back() / peer.back());
    WriteCsv(folder / "pupil.csv", plain_pupils);
    WriteCsv(folder / "household.csv", households);
    WriteCsv(folder / "granted.csv", granted);
    WriteCsv(folder / "aid.csv", aid);
    rules.push_back(RulesSeconds(facts));
    duck.push_back(DuckSeconds(folder / "", kDuckTables, kPlainCompare));
    duck_ratios.push_back(duck.back() == 0 ? 0 : rules.back() / duck.back());
    std::cerr << "comparison: " << ours.back() << " s, plain SQL " << peer.back() << " s; rules " << rules.back()
              << " s, DuckDB " << duck.back() << " s" << std::endl;
  }
  const std::string size =
      absl::StrCat(pupils, " pupils, ", pupils * 3 / 10, " households, ", pupils * 2 / 5, " aid records");
  Report({.what = "comparison of a term against plain SQL, end to end",
          .at_least = false,
          .floor = 4,  // decision 0012, as the next one
          .goal = 0.8,
          .measured = {Median(ours), Median(peer), Median(ratios)},
          .unit = "s",
          .note = size});
  if (Median(duck) > 0) {
    Report({.what = "rules of the comparison against DuckDB, both once in memory, two threads",
            .at_least = false,
            .floor = 0.8,
            .goal = 0.15,
            .measured = {Median(rules), Median(duck), Median(duck_ratios)},
            .unit = "s",
            .note = size});
  } else {
    std::cerr << "no DuckDB: run tests/bench/duckdb.sh --install" << std::endl;
  }
}

}  // namespace ruraledu::bench
