// Measuring: every figure is the median of several rounds in which the product and its peer take turns, so that what
// else the machine does hits both. The ratio is the median of the rounds' ratios, not the ratio of medians.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace ruraledu::bench {

// RURALEDU_BENCH_<name>, or `otherwise`.
int64_t Setting(const char* name, int64_t otherwise);
int64_t Rows();    // ROWS: rows of imports, pupils of comparisons; the floors are about 1,000,000
int Rounds();      // ROUNDS
double Seconds();  // MILLISECONDS: how long one round of a load runs

double Median(std::vector<double> values);
// Seconds that `work` takes.
double Time(const std::function<void()>& work);

// Processor time of this process so far.
double ProcessorSeconds();
// What was used since then, and the most memory that the process had: what another one on the machine does not change.
std::string Spent(double processor_before);
// Median seconds of a statement in DuckDB, in memory on two threads: the tables are made, each is filled from
// <folder>/<table>.csv where there is one, "result" is emptied before each time. 0 when tests/bench/duckdb.sh has not
// run.
double DuckSeconds(const std::string& folder, absl::Span<const char* const> tables, const std::string& statement);

struct Comparison {
  double ours = 0, peer = 0, ratio = 0;
};
// Rounds() rounds of both, each in turn first.
Comparison Interleave(const std::function<double()>& ours, const std::function<double()>& peer);

// One line of the table of floors.
struct Line {
  std::string what;
  bool at_least = true;  // ratio must be at least the floor; else at most
  double floor = 0, goal = 0;
  Comparison measured;
  std::string unit;  // of `ours` and `peer`
  std::string note;
};
void Report(Line line);
// Prints the table; the number of floors that do not hold.
int PrintTable();

// Aborts with the status: a measurement that cannot be made is no measurement.
void Must(const absl::Status& status);
template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

// The groups of rows; each adds its lines.
void BenchRpc();
void BenchDashboardCache();
void BenchCrypto();
void BenchCounters();
void BenchComparison();
void BenchLedger();
void BenchPayments(bool postgres);
void BenchTerm();
void BenchImport(bool postgres);
void BenchUpload();
void BenchAttendance();

}  // namespace ruraledu::bench
