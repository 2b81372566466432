// A whole county through the suite, as its officers do it with the command line client: base data once, then for every
// term the roster and the departments' lists, entitlement, the list of what was paid, comparison. What came of it is
// read through the contracts and held against the truth that the generator wrote down.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/rpc/client.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "tests/lib/county/county.h"
#include "tests/lib/suite.h"

namespace ruraledu::testlib {

class CountyScenario {
 public:
  // The county's accounts must be in the suite: CountyAccounts(county, suffix).
  CountyScenario(Suite& suite, GeneratedCounty county, const std::string& suffix = "");

  void LoadBase();
  // Roster and departments of a term, as lists of `batch`; the aid of the term. `term` 0 ... 2.
  void LoadTerm(int term, const std::string& batch);
  void Decide(int term);
  void RecordAid(int term);
  void Compare(int term);

  // Every planted fault of the loaded files is found with its code, line and column, and nothing else is.
  void ExpectFindings(int term, const std::string& batch);
  // Each pupil's items and fen; nobody else has a decision.
  void ExpectDecisions(int term);
  // Classes by pupil, both lists by named child and item, coverage by item.
  void ExpectComparison(int term);
  void ExpectDashboard(int term);
  // The newest runs of the term say that nothing is different.
  void ExpectNoDifferences(int term);
  // The lists of `batch` changed nothing.
  void ExpectUnchanged(const std::string& batch);

  // These pupils were identified without paper, as the truth has it, and are hardship pupils by that from the term on.
  void ExpectIdentified(int term, const std::set<int>& pupils);
  // Truth index by person id; asks the registry once for every pupil.
  const std::map<std::string, int>& Persons();
  const CountyTruth& truth() const { return county_.truth; }
  const std::string& parent() const { return parent_; }

 private:
  using ImportPb = ruraledu::registry::v1::Import;

  template <typename Response, typename Request>
  Response Call(rpc::Client& client, std::string_view method, const Request& request);
  template <typename Response, typename Request, typename Each>
  void Pages(rpc::Client& client, std::string_view method, Request request, Each each);
  std::string Cli(const std::string& who, std::vector<std::string> arguments);
  void Import(const std::string& source, const std::vector<std::string>& paths, const std::string& batch,
              const std::string& facts_on, const std::string& school_year = "");
  std::vector<ImportPb> ImportsOf(const std::string& batch);
  std::string PersonOf(int pupil);
  std::string NameOf(int pupil) const;

  Suite& suite_;
  GeneratedCounty county_;
  const std::string code_, parent_, suffix_;
  std::unique_ptr<rpc::Client> registry_, aid_;
  std::map<std::string, int> persons_;
};

}  // namespace ruraledu::testlib
