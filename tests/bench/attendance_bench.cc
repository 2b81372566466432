// One day's attendance taken in and evaluated, beside the rule as one window query in PostgreSQL and DuckDB, which have
// one plain row for every child and day.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/bench/attendance_world.h"
#include "tests/bench/bench.h"
#include "tests/bench/rpc_fixture.h"
#include "tests/lib/postgres.h"

namespace ruraledu::bench {
namespace {

constexpr char kTable[] = "CREATE TABLE mark (person BIGINT NOT NULL, day BIGINT NOT NULL, mark BIGINT NOT NULL)";
constexpr char kResult[] =
    "CREATE TABLE result (person BIGINT NOT NULL, step BIGINT NOT NULL, run BIGINT NOT NULL, absent BIGINT NOT NULL, "
    "silent BIGINT NOT NULL)";

// The run, the ladder, the absences among the last twenty marked days and the days without a record of profile DEFAULT.
// What the product knows besides is left out: earlier suspicions and returns, leave of a half day, suspended pupils,
// classes that a child left, cases.
constexpr char kPlainRule[] =
    "INSERT INTO result "
    "SELECT person, CASE WHEN run >= 3 THEN 3 WHEN run >= 2 OR (marked >= 10 AND absent >= 6) THEN 2 "
    "                    WHEN run >= 1 OR (marked >= 5 AND absent >= 3) THEN 1 ELSE 0 END, run, absent, silent "
    "FROM (SELECT person, sum(CASE WHEN mark = 3 AND ended = 0 THEN 1 ELSE 0 END) AS run, "
    "             sum(CASE WHEN mark = 3 AND back <= 20 THEN 1 ELSE 0 END) AS absent, "
    "             sum(CASE WHEN back <= 20 THEN 1 ELSE 0 END) AS marked, $TODAY - max(day) AS silent "
    "      FROM (SELECT person, day, mark, row_number() OVER w AS back, "
    "                   sum(CASE WHEN mark <> 3 THEN 1 ELSE 0 END) OVER w AS ended "
    "            FROM mark WINDOW w AS (PARTITION BY person ORDER BY day DESC ROWS UNBOUNDED PRECEDING)) AS followed "
    "      GROUP BY person) AS summed "
    "WHERE run > 0 OR (marked >= 5 AND absent >= 3) OR silent >= 2";

class PlainPostgres {
 public:
  PlainPostgres() : connection_(testlib::Postgres::Get().NewDatabase("")) {}
  // What psql prints; aborts when it fails.
  std::string Sql(const std::string& text) const {
    const std::string command =
        absl::StrCat("/usr/bin/psql \"", connection_, "\" -v ON_ERROR_STOP=1 -qAtc \"", text, "\"");
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    for (char part[256]; pipe != nullptr && fgets(part, sizeof(part), pipe) != nullptr;) {
      out += part;
    }
    if (pipe == nullptr || pclose(pipe) != 0) {
      Must(absl::InternalError("psql failed"));
    }
    return out;
  }

 private:
  const std::string connection_;
};

// The product and the peer know the same children.
void CheckSame(const dropout_monitoring::v1::EvaluationResult& ours, const PlainPostgres& plain) {
  const std::vector<std::string> counts =
      absl::StrSplit(plain.Sql("SELECT count(*) FILTER (WHERE step = 1), count(*) FILTER (WHERE step = 2), "
                               "count(*) FILTER (WHERE step = 3), count(*) FILTER (WHERE silent >= 2) FROM result"),
                     '|');
  const std::string theirs = absl::StrJoin(counts, " ");
  const std::string own =
      absl::StrCat(ours.warned(), " ", ours.to_visit(), " ", ours.suspected(), " ", ours.no_record(), "\n");
  if (theirs != own) {
    Must(absl::InternalError(absl::StrCat("warned, to visit, suspected, no record: ours ", own, "SQL ", theirs)));
  }
  std::cerr << "warned, to visit, suspected, without record: " << own;
}

}  // namespace

void BenchAttendance() {
  const int64_t pupils = Setting("PUPILS", Rows());
  const auto days = static_cast<int>(Setting("DAYS", 20));
  std::vector<double> taking, copying, taking_ratios, evaluating, query, query_ratios, duck, duck_ratios;
  int64_t sheets = 0;
  for (int round = 0; round < Rounds(); ++round) {
    const Folder folder;
    AttendanceWorld world(pupils, days);
    const PlainPostgres plain;
    plain.Sql(kTable);
    plain.Sql(kResult);
    for (int day = 0; day + 1 < days; ++day) {
      world.TakeIn(day);
      world.WriteRows(day, folder / "mark.csv");
    }
    plain.Sql(absl::StrCat("\\copy mark FROM '", folder / "mark.csv", "' CSV"));
    plain.Sql("CREATE INDEX mark_by_person ON mark (person, day)");
    plain.Sql("ANALYZE mark");
    world.Evaluate(days - 2);  // a day finds what the one before left
    world.WriteRows(days - 1, folder / "today.csv");
    double processor = ProcessorSeconds();
    taking.push_back(world.TakeIn(days - 1));
    std::cerr << "taken in: " << taking.back() << " s; " << Spent(processor) << std::endl;
    copying.push_back(Time([&] { plain.Sql(absl::StrCat("\\copy mark FROM '", folder / "today.csv", "' CSV")); }));
    processor = ProcessorSeconds();
    evaluating.push_back(world.Evaluate(days - 1));
    std::cerr << "evaluated: " << evaluating.back() << " s; " << Spent(processor) << std::endl;
    const std::string rule = absl::StrReplaceAll(kPlainRule, {{"$TODAY", absl::StrCat(days - 1)}});
    query.push_back(Time([&] { plain.Sql(rule); }));
    CheckSame(world.result(), plain);
    std::ofstream(folder / "mark.csv", std::ios::app) << std::ifstream(folder / "today.csv").rdbuf();
    duck.push_back(DuckSeconds(folder / "", {kTable, kResult}, rule));
    sheets = world.sheets();
    taking_ratios.push_back(taking.back() / copying.back());
    query_ratios.push_back(evaluating.back() / query.back());
    duck_ratios.push_back(duck.back() == 0 ? 0 : evaluating.back() / duck.back());
    std::cerr << "\\copy " << copying.back() << " s, PostgreSQL " << query.back() << " s, DuckDB " << duck.back()
              << " s" << std::endl;
  }
  const std::string size = absl::StrCat(pupils, " pupils, ", days, " school days");
  Report({.what = "one day's sheets taken in against \\copy of one row for each child, PostgreSQL",
          .at_least = false,
          .floor = 4,
          .goal = 1,
          .measured = {Median(taking), Median(copying), Median(taking_ratios)},
          .unit = "s",
          .note = absl::StrCat(size, ", ", sheets, " sheets")});
  Report({.what = "evaluation of a day against the rule as one window query, PostgreSQL",
          .at_least = false,
          .floor = 2.5,
          .goal = 1,
          .measured = {Median(evaluating), Median(query), Median(query_ratios)},
          .unit = "s",
          .note = size});
  if (Median(duck) > 0) {
    Report({.what = "evaluation of a day against the same query in DuckDB, in memory, two threads",
            .at_least = false,
            .floor = 8,
            .goal = 2,
            .measured = {Median(evaluating), Median(duck), Median(duck_ratios)},
            .unit = "s",
            .note = size});
  }
}

}  // namespace ruraledu::bench
