// ruraledu_bench [group...]: measures the performance floors beside their peers and prints one table (README.md here).
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>

#include "common/obs/log.h"
#include "common/rpc/process.h"
#include "tests/bench/bench.h"

int main(int argc, char** argv) {
  using namespace ruraledu::bench;
  const std::map<std::string, std::function<void()>> groups = {
      {"attendance", BenchAttendance},
      {"rpc", BenchRpc},
      {"cache", BenchDashboardCache},
      {"crypto", BenchCrypto},
      {"counters", BenchCounters},
      {"comparison", BenchComparison},
      {"ledger", BenchLedger},
      {"payments", [] { BenchPayments(false); }},
      {"payments_postgres", [] { BenchPayments(true); }},
      {"term", BenchTerm},
      {"import", [] { BenchImport(false); }},
      {"import_postgres", [] { BenchImport(true); }},
      {"upload", BenchUpload},
  };
  setenv("RURALEDU_POSTGRES_FSYNC", "on", 1);
  ruraledu::rpc::ForgetLockCycles();  // as shipped, and for the peers too
  ruraledu::obs::SetLogLevel(ruraledu::obs::Level::kError);
  for (int i = 1; i < argc; ++i) {
    if (!groups.contains(argv[i])) {
      std::cerr << "ruraledu_bench: no group " << argv[i] << "; there are";
      for (const auto& [name, run] : groups) std::cerr << " " << name;
      std::cerr << "\n";
      return 2;
    }
  }
  for (const auto& [name, run] : groups) {
    bool wanted = argc == 1;
    for (int i = 1; i < argc; ++i) wanted = wanted || name == argv[i];
    if (wanted) {
      std::cerr << "-- " << name << std::endl;
      run();
    }
  }
  PrintTable();
  return 0;
}
