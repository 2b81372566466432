// What the tests of this folder share: counties as files, writers that keep what was acknowledged to them, and the
// contents of databases as text.
//
// RURALEDU_SEED=<number> repeats a run as far as threads allow; every test prints the one that it took.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/db/db.h"
#include "common/rpc/client.h"
#include "tests/lib/setting.h"
#include "tests/lib/suite.h"

namespace ruraledu::chaos {

using testlib::Outcome;
using testlib::Setting;
using testlib::Suite;
using testlib::SuiteAccount;

uint32_t Seed();  // printed at its first use
// Tests with whole processes run when RURALEDU_CHAOS=1 asks for them: each starts the suite two to eleven times, and a
// first start takes some 15 s of processor time under sanitizers. They are quick with optimised programs:
//
//   RURALEDU_CHAOS=1 RURALEDU_PROGRAMS=build/bench build/debug/tests/chaos_tests
//   RURALEDU_CHAOS=1 RURALEDU_CHAOS_KILLS=3 RURALEDU_CHAOS_ROWS=200000 RURALEDU_PROGRAMS=build/bench
//       build/debug/tests/chaos_tests --gtest_filter=KillTest.*
#define RURALEDU_CHAOS_ONLY()               \
  if (Setting("RURALEDU_CHAOS", 0) == 0) {  \
    GTEST_SKIP() << "set RURALEDU_CHAOS=1"; \
  }
void Pause(int milliseconds);  // the pace of polling
bool Await(const std::function<bool()>& condition, int seconds = 120);

// Registrar, officer and administrator of each county: profiles "registrar-411728", "officer-411728", "system-411728".
std::vector<SuiteAccount> AccountsOf(const std::vector<std::string>& counties);

// Files of a county: four schools, and pupils `first` to `first + rows - 1` in them.
void WriteSchools(const std::string& county, const std::string& file);
void WriteRoster(const std::string& county, int rows, const std::string& file, int first = 0);
// `ruraledu import <source> <file> ... --apply` until it succeeds; fails the test when it does not within `seconds`,
// ends with another exit code than "try again later", or refuses a row.
void Import(Suite& suite, const std::string& county, const std::string& source, const std::string& file,
            const std::string& batch = "chaos", int seconds = 600);

// A client of a service, by a profile of the suite; of one replica when its address is given.
std::unique_ptr<rpc::Client> Connect(const Suite& suite, const std::string& who, const std::string& service,
                                     const std::string& address = "");

// Threads that create households in a county, each under its own request id until it is acknowledged.
class Writers {
 public:
  Writers(const Suite& suite, const std::string& county, int threads, int pause_milliseconds);
  ~Writers() { Stop(); }
  void Stop();  // after it every request is acknowledged
  int acknowledged() const { return count_; }
  int again() const { return again_; }  // tries that were answered by an error
  // resource name by source number of every household that was acknowledged
  std::map<std::string, std::string> names() const;
  static constexpr char kVillage[] = "299";  // the last three digits of theirs: nobody else's

 private:
  void Work(int thread);

  const Suite& suite_;
  const std::string county_;
  const int pause_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> count_ = 0, again_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> names_;
  std::vector<std::thread> threads_;
};

// The database of a stopped service, opened as it is.
std::unique_ptr<db::Database> OpenDatabase(const std::string& url);
// What the registry holds, as lines without versions and times: schools, classes, pupils, households, teachers,
// reviews, and identity claims. Equal for equal end states under the same keys.
std::vector<std::string> Contents(const std::string& url, const std::string& keys_file);
// Which pupils, households and schools the copy of student_aid holds, without versions.
std::vector<std::string> CopyContents(const std::string& url);
// Takes the lines of Writers out: "source number -> resource name" of what is there.
std::map<std::string, std::string> TakeWritten(std::vector<std::string>* contents);
// The first lines that differ, for a message.
std::string Difference(const std::vector<std::string>& expected, const std::vector<std::string>& found);

// Runs `ruraledu journal verify` over the database of a stopped service.
void ExpectWholeJournal(const Suite& suite, const std::string& service);
// Differences that a rebuild of the counters of a county finds.
int64_t RebuildDifferences(const Suite& suite, const std::string& county, const std::string& service);
// Waits until student_aid holds what the registry has written so far, by asking it about the county for no less.
void AwaitLevel(const Suite& suite, const std::string& county, int replica = 0);

}  // namespace ruraledu::chaos
