#include "tests/bench/bench.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace ruraledu::bench {
namespace {

std::vector<Line>& Lines() {
  static auto& lines = *new std::vector<Line>;
  return lines;
}

bool Holds(const Line& line) {
  return line.at_least ? line.measured.ratio >= line.floor : line.measured.ratio <= line.floor;
}

std::string Text(const Line& line) {
  const std::string_view sign = line.at_least ? ">=" : "<=";
  return absl::StrFormat("| %s | %s %g | %s %g | %.3g%s | %.6g | %.6g | %s | %s |", line.what, sign, line.floor, sign,
                         line.goal, line.measured.ratio, Holds(line) ? "" : " **missed**", line.measured.ours,
                         line.measured.peer, line.unit, line.note);
}

}  // namespace

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return absl::ToDoubleSeconds(absl::DurationFromTimeval(time)); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string Spent(double processor_before) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return absl::StrFormat("%.2f s of processor, at most %d MB so far", ProcessorSeconds() - processor_before,
                         usage.ru_maxrss / 1024);
}

double DuckSeconds(const std::string& folder, absl::Span<const char* const> tables, const std::string& statement) {
  std::ofstream schema(folder + "tables.sql");
  for (const char* table : tables) {
    schema << table << "\n";
  }
  schema.close();
  const std::string command =
      absl::StrCat(RURALEDU_SOURCE_DIR, "/tests/bench/duckdb.sh ", folder, " \"", statement, "\"");
  FILE* pipe = popen(command.c_str(), "r");
  char line[256] = {};
  const bool read = pipe != nullptr && fgets(line, sizeof(line), pipe) != nullptr;
  if (pipe != nullptr) {
    pclose(pipe);
  }
  double seconds = 0;
  return read && absl::SimpleAtod(absl::StripAsciiWhitespace(line), &seconds) ? seconds : 0;
}

int64_t Setting(const char* name, int64_t otherwise) {
  const char* text = std::getenv(absl::StrCat("RURALEDU_BENCH_", name).c_str());
  int64_t value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) {
    std::cerr << "RURALEDU_BENCH_" << name << " is no number\n";
    std::exit(2);
  }
  return value;
}

int64_t Rows() {
  return Setting("ROWS", 10'000);
}
int Rounds() {
  return static_cast<int>(Setting("ROUNDS", 3));
}
double Seconds() {
  return static_cast<double>(Setting("MILLISECONDS", 1'000)) / 1'000;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Time(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

Comparison Interleave(const std::function<double()>& ours, const std::function<double()>& peer) {
  std::vector<double> mine, theirs, ratios;
  for (int round = 0; round < Rounds(); ++round) {
    if (round % 2 == 0) {
      mine.push_back(ours());
      theirs.push_back(peer());
    } else {
      theirs.push_back(peer());
      mine.push_back(ours());
    }
    ratios.push_back(mine.back() / theirs.back());
  }
  return {Median(mine), Median(theirs), Median(ratios)};
}

void Report(Line line) {
  std::cerr << Text(line) << std::endl;
  Lines().push_back(std::move(line));
}

int PrintTable() {
  std::cout << "| what | floor | goal | measured | ours | peer | unit | note |\n"
               "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  int missed = 0;
  for (const Line& line : Lines()) {
    std::cout << Text(line) << "\n";
    missed += Holds(line) ? 0 : 1;
  }
  std::cout << missed << " of " << Lines().size() << " floors missed\n";
  return missed;
}

void Must(const absl::Status& status) {
  if (!status.ok()) {
    std::cerr << "bench: " << status << std::endl;
    std::abort();
  }
}

}  // namespace ruraledu::bench
