#include "tests/bench/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

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
