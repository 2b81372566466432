// county_year: a generated county for a whole school year by the command line client, and its bank: tests/load/year.sh.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/lib/county/bank.h"
#include "tests/lib/county/cash.h"
#include "tests/lib/county/population.h"
#include "tests/lib/county/text.h"

namespace ruraledu::testlib {
namespace {

constexpr int kAutumn = 1;  // of kTerms
constexpr char kCash[] = "/truth/cash.csv";

int Fail(const std::string& what) {
  std::fprintf(stderr, "county_year: %s\n", what.c_str());
  return 1;
}

std::string ReadAll(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool WriteAll(const std::string& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  return static_cast<bool>(stream.flush());
}

// The files of the departments and the truth; a school's list of cards; per term what each pupil gets in money, and the
// money to ask for: a tenth more than is needed.
int Prepare(CountyOptions options) {
  options.faults = FaultRates::None();
  auto county = GenerateCounty(options);
  if (!county.ok()) return Fail(county.status().ToString());
  Identify(FoundByComparison(county->truth, kAutumn), kAutumn, &county->truth);
  std::string cards = "身份证件号,姓名,户名,银行卡号\n", cash = "student_number,card,term,item,fen\n";
  std::map<size_t, std::map<std::string, int64_t>> needed;
  for (size_t i = 0; i < county->truth.pupils.size(); ++i) {
    const PupilTruth& pupil = county->truth.pupils[i];
    const std::string card = CardOf(static_cast<int>(i));
    bool any = false;
    for (size_t term = kAutumn; term < kTerms.size(); ++term) {
      for (const auto& [item, fen] : CashOf(pupil, static_cast<int>(term))) {
        Append(&cash, pupil.number, ",", card, ",", kTerms[term], ",", item, ",", fen, "\n");
        needed[term][item] += fen;
        any = true;
      }
    }
    if (any) Append(&cards, pupil.id, ",", pupil.name, ",", pupil.name, ",", card, "\n");
  }
  bool written = WriteAll(county->dir + "/cards.csv", cards) && WriteAll(county->dir + kCash, cash);
  for (const auto& [term, items] : needed) {
    std::string funds;
    for (const auto& [item, fen] : items) {
      Append(&funds, item, "=", absl::StrFormat("%d.%02d", (fen + fen / 10) / 100, (fen + fen / 10) % 100), "\n");
    }
    written = WriteAll(Cat(county->dir, "/funds-", kTerms[term], ".txt"), funds) && written;
  }
  return written ? 0 : Fail("cannot write below " + county->dir);
}

struct Call {
  std::string what, day, file;  // "pay" or "later"
};

// What the bank was told in all, from the first day: its books are what comes of it again.
std::vector<Call> CallsOf(const std::string& books) {
  std::vector<Call> calls;
  std::ifstream stream(books + "/calls");
  for (Call call; stream >> call.what >> call.day >> call.file;) calls.push_back(call);
  return calls;
}

absl::StatusOr<std::vector<BankFile>> Tell(const Call& call, Bank* bank) {
  auto file = ReadPaymentFile(ReadAll(call.file));
  if (!file.ok()) return file.status();
  if (call.what == "pay") return bank->Pay(*file, call.day);
  return std::vector<BankFile>{bank->Later(*file, call.day)};
}

// Answers as files, each with the reason for which it has to be refused, "-" for none.
int Answer(const std::string& books, Bank bank, const Call& call) {
  const std::vector<Call> before = CallsOf(books);
  for (const Call& one : before) {
    if (const auto told = Tell(one, &bank); !told.ok()) return Fail(told.status().ToString());
  }
  const auto answers = Tell(call, &bank);
  if (!answers.ok()) return Fail(answers.status().ToString());
  for (size_t i = 0; i < answers->size(); ++i) {
    const std::string path = Cat(books, "/answer-", before.size(), "-", i, ".csv");
    if (!WriteAll(path, (*answers)[i].text)) return Fail("cannot write " + path);
    std::printf("%s %s\n", path.c_str(), (*answers)[i].refused.empty() ? "-" : (*answers)[i].refused.c_str());
  }
  std::ofstream(books + "/calls", std::ios::app) << call.what << " " << call.day << " " << call.file << "\n";
  return 0;
}

// Every card has what the truth says, up to a term, and no other card has anything; prints the fen of that term.
int Check(const std::string& county, const std::string& books, Bank bank, const std::string& last_term) {
  for (const Call& one : CallsOf(books)) {
    if (const auto told = Tell(one, &bank); !told.ok()) return Fail(told.status().ToString());
  }
  std::map<std::string, int64_t> due;
  int64_t paid = 0, wrong = 0;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(ReadAll(county + kCash), '\n'))) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    int64_t fen = 0;
    if (cells.size() == 5 && absl::SimpleAtoi(cells[4], &fen) && cells[2] <= last_term) {
      due[cells[1]] += fen;
      paid += cells[2] == last_term ? fen : 0;
    }
  }
  for (const auto& [card, fen] : due) wrong += bank.Balance(card) == fen ? 0 : 1;
  for (const auto& [card, fen] : bank.balances()) wrong += fen == 0 || due.contains(card) ? 0 : 1;
  std::printf("%lld\n", static_cast<long long>(paid));
  for (const auto& [fault, count] : bank.faults()) std::fprintf(stderr, "%s %d\n", fault.c_str(), count);
  return wrong == 0 && paid > 0 ? 0 : Fail(Cat(wrong, " cards of ", due.size(), " have another amount"));
}

}  // namespace
}  // namespace ruraledu::testlib

int main(int argc, char** argv) {
  using namespace ruraledu::testlib;
  CountyOptions options;
  std::string books, county, term;
  int fault_ppm = 20'000;
  Call call;
  CLI::App app{"A generated county for a school year, and its bank"};
  app.require_subcommand(1);
  CLI::App* prepare = app.add_subcommand("prepare", "writes the files of the county and the truth about it");
  prepare->add_option("--county", options.county, "six digits");
  prepare->add_option("--pupils", options.pupils, "pupils")->check(CLI::Range(100, 5000000));
  prepare->add_option("--out", options.dir, "folder; the county gets its own below")->required();
  CLI::App* bank = app.add_subcommand("bank", "makes the payments of a file, or says later what came back");
  bank->add_option("what", call.what, "pay or later")->required()->check(CLI::IsMember({"pay", "later"}));
  bank->add_option("day", call.day, "2023-12-12")->required();
  bank->add_option("file", call.file, "of orders")->required()->check(CLI::ExistingFile);
  CLI::App* check = app.add_subcommand("check", "holds the cards against the truth");
  check->add_option("--of", county, "folder of the county")->required();
  check->add_option("--term", term, "the last one that was paid")->required();
  for (CLI::App* command : {bank, check}) {
    command->add_option("--books", books, "folder of the bank")->required()->check(CLI::ExistingDirectory);
    command->add_option("--faults", fault_ppm, "of each kind, in a million lines");
  }
  CLI11_PARSE(app, argc, argv);
  if (prepare->parsed()) return Prepare(options);
  const Bank fresh(options.seed, fault_ppm);
  return bank->parsed() ? Answer(books, fresh, call) : Check(county, books, fresh, term);
}
