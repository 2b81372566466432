// Dashboards from counters beside a query over the facts with a covering index, and what counters cost of writing.
#include "absl/strings/str_cat.h"
#include "common/dashboard/board.h"
#include "common/dashboard/counters.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/store.h"
#include "tests/bench/aid_world.h"
#include "tests/bench/bench.h"

namespace ruraledu::bench {
namespace {

namespace v1 = ruraledu::student_aid::v1;

// Decisions as a run writes them: sealed and journalled, with or without counters, prepared before each transaction.
double WriteDecisions(AidWorld& world, int64_t count, int round, bool counters) {
  constexpr int64_t kPerWrite = student_aid::kPersonsPerWrite;
  const std::string shard = world.shards().front();
  const std::string parent = absl::StrCat("counties/", shard.substr(1));
  const auto sealer = Must(world.keys().SealerOf(shard));
  std::vector<v1::Decision> decisions;
  for (int64_t i = 0; i < count; ++i) {
    v1::Decision& decision = decisions.emplace_back();
    decision.set_person(absl::StrCat("r", round, counters ? "c" : "p", i));
    decision.set_term(kTerm);
    decision.set_revision(1);
    decision.set_name(absl::StrCat(parent, "/decisions/", decision.person(), ".", kTerm, ".1"));
    decision.set_area(absl::StrCat(shard.substr(1), 100 + i % 20, "/s", i % 100, "/k", i % 40));
    decision.set_stage(i % 3 == 0 ? "JUN" : "PRI");
    decision.set_in_force(true);
    for (const char* item : {"SP_LIV_B_JUN", "SP_LIV_N_JUN"}) {
      auto* entitled = decision.mutable_answer()->add_items();
      entitled->set_item(item);
      entitled->set_amount_fen(62'500);
      entitled->set_counts_in_coverage(true);
      decision.add_items(item);
      auto* counted = decision.add_counted();
      counted->set_item(item);
      counted->set_amount_fen(62'500);
      counted->set_counts_in_coverage(true);
    }
  }
  return Time([&] {
    for (int64_t from = 0; from < count; from += kPerWrite) {
      feed::RootWriter writer(shard, *sealer, {"bench", "bench"},
                              counters ? std::make_unique<dashboard::CounterFold>(student_aid::Measures()) : nullptr);
      for (int64_t i = from; i < std::min(count, from + kPerWrite); ++i) {
        Must(writer.Put(student_aid::kDecisions, nullptr, decisions[static_cast<size_t>(i)], "DECIDE").status());
      }
      Must(world.database().Write(shard, [&](db::Transaction& tx) { return writer.Write(tx).status(); }));
    }
  });
}

dashboard::BoardSpec SpecOf(const AidWorld& world, const student_aid::FollowUpBook& follow_up) {
  const std::string deploy = RURALEDU_SOURCE_DIR "/deploy";
  const auto tables =
      Must(student_aid::LoadIdentificationTables(deploy + "/policies", deploy + "/data", world.regions()));
  dashboard::BoardSpec spec{.service = "student_aid",
                            .measures = &student_aid::Measures(),
                            .indicators = student_aid::Indicators(world.book(), tables, follow_up)};
  spec.places.regions = [tree = world.regions()] { return tree; };
  spec.current_period = [](absl::CivilDay) { return std::string(kTerm); };
  return spec;
}

// One row per person with what the dashboard of a prefecture counts, and an index that holds all of it.
void FillPlain(const AidWorld& world, PlainSqlite& plain) {
  plain.Execute(
      "CREATE TABLE fact (shard TEXT NOT NULL, person TEXT NOT NULL, term TEXT NOT NULL, area TEXT NOT NULL, "
      "item TEXT NOT NULL, entitled BIGINT NOT NULL, aided BIGINT NOT NULL, fen BIGINT NOT NULL, "
      "PRIMARY KEY (shard, person, term))");
  plain.Execute("CREATE INDEX fact_covering ON fact (term, shard, area, item, entitled, aided, fen)");
  std::vector<std::vector<db::Value>> rows;
  int64_t i = 0;
  for (const PupilRow& pupil : world.pupils()) {
    ++i;
    rows.push_back({pupil.shard, pupil.person, std::string(kTerm),
                    absl::StrCat(pupil.shard.substr(1), 100 + i % 20, "/s", i % 100),
                    std::string(i % 3 == 0 ? "SP_LIV_B_JUN" : "SP_LIV_N_JUN"), int64_t{i % 10 < 3}, int64_t{i % 5 < 2},
                    int64_t{62'500}});
  }
  plain.Insert("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows, 50'000);
}

}  // namespace

void BenchCounters() {
  const Folder folder;
  AidWorld world(folder);
  const int64_t pupils = Setting("PUPILS", Rows());
  world.Fill(pupils);
  world.Run(v1::RUN_KIND_ENTITLEMENT);
  world.Run(v1::RUN_KIND_COMPARISON);
  PlainSqlite plain(folder / "plain.db");
  FillPlain(world, plain);
  const std::string deploy = RURALEDU_SOURCE_DIR "/deploy";
  const auto follow_up = Must(student_aid::LoadFollowUp(deploy + "/policies", deploy + "/data", world.regions()));
  const dashboard::BoardSpec spec = SpecOf(world, follow_up);
  const dashboard::Ask ask{"4117", kTerm, dashboard::View::kFull};
  constexpr int kBoards = 20;
  const auto ours = [&] {
    return Time([&] {
             for (int i = 0; i < kBoards; ++i) {
               Must(world.database()
                        .Read([&](db::Transaction& tx) { return dashboard::ComputeDashboard(tx, spec, ask); })
                        .status());
             }
           }) /
           kBoards * 1e3;
  };
  const auto peer = [&] {
    return 1e3 * Time([&] {
             plain.Count(
                 absl::StrCat("SELECT shard, item, sum(entitled), sum(aided), sum(fen), count(*) FROM fact WHERE "
                              "term = '",
                              kTerm, "' GROUP BY shard, item"));
           });
  };
  ours();
  Comparison faster = Interleave(ours, peer);
  faster.ratio = 1 / faster.ratio;
  Report({.what = "dashboard of a prefecture from counters against a covering-index query, times faster",
          .floor = 50,
          .goal = 500,
          .measured = faster,
          .unit = "ms",
          .note = absl::StrCat(pupils, " pupils, all indicators and the breakdown against one indicator")});
  const int64_t decisions = std::min<int64_t>(pupils, 20'000);
  int round = 0;
  Report({.what = "writing decisions with counters against without",
          .at_least = false,
          .floor = 1.15,
          .goal = 1.03,
          .measured = Interleave([&] { return WriteDecisions(world, decisions, ++round, true); },
                                 [&] { return WriteDecisions(world, decisions, ++round, false); }),
          .unit = "s",
          .note = absl::StrCat(decisions, " decisions, ", student_aid::kPersonsPerWrite, " per transaction")});
}

}  // namespace ruraledu::bench
