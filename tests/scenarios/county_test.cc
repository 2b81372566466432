// A generated county and the truth about it: every planted fault is found and no false one, every pupil has the items
// and fen of the oracle, the comparison names the same children, a second time changes nothing.
//
//   RURALEDU_COUNTY_PUPILS=80000   pupils of a county (300; of the odd regions 100)
//   RURALEDU_COUNTY_TERMS=3        terms, from 2022-2023-2 on (3 in one process, else 1)
//   RURALEDU_COUNTY_SEED=7         (2; 1 differs in the third term: a pupil whose own row was refused belongs to a
//                                  household that the rows of others made M1, which the truth does not follow)
//   RURALEDU_PROGRAMS=<folder>     Release programs, for the larger sizes
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <iostream>

#include "tests/lib/setting.h"
#include "tests/scenarios/county_scenario.h"

namespace ruraledu::testlib {
namespace {

int Terms(int usual = 1) {
  return Setting("RURALEDU_COUNTY_TERMS", usual);
}

GeneratedCounty Generate(const Suite& suite, const std::string& code, int usual_pupils, char profile = 'A') {
  const int pupils = Setting("RURALEDU_COUNTY_PUPILS", usual_pupils);
  CountyOptions options;
  options.profile = profile;
  options.county = code;
  options.pupils = pupils;
  options.seed = static_cast<uint64_t>(Setting("RURALEDU_COUNTY_SEED", 2));
  options.dir = suite.home() + "/county";
  options.faults.two_schools = 20000;  // some even in the smallest county
  auto county = GenerateCounty(options);
  EXPECT_TRUE(county.ok()) << county.status();
  std::cout << code << ": " << pupils << " pupils, seed " << options.seed << "\n";
  return *std::move(county);
}

void LoadAndCheck(CountyScenario& county, int terms) {
  county.LoadBase();
  for (int term = 0; term < terms; ++term) {
    const std::string batch = "term" + std::to_string(term);
    county.LoadTerm(term, batch);
    if (testing::Test::HasFailure()) {
      return;  // what follows would only repeat it
    }
    county.ExpectFindings(term, batch);
    county.Decide(term);
    county.ExpectDecisions(term);
    county.RecordAid(term);
    county.Compare(term);
    county.ExpectComparison(term);
    county.ExpectDashboard(term);
  }
}

TEST(CountyTest, OneProcessOnSqlite) {
  Suite suite({.all_in_one = true, .whole_country = true});
  suite.Start();
  // The third term is the first one in which the higher of the local and the national standard counts (DR-16).
  const int terms = Terms(3);
  CountyScenario county(suite, Generate(suite, "411728", 300));
  LoadAndCheck(county, terms);
  if (testing::Test::HasFailure()) {
    return;
  }
  const int last = terms - 1;
  county.LoadTerm(last, "again");
  county.ExpectUnchanged("again");
  county.Decide(last);
  county.RecordAid(last);
  county.Compare(last);
  county.ExpectNoDifferences(last);
  county.ExpectDecisions(last);
  county.ExpectComparison(last);
  county.ExpectDashboard(last);
}

// A municipality with a pseudo-prefecture and one of the former contiguous poor areas.
TEST(CountyTest, TwoReplicasOnPostgres) {
  Suite suite({.postgres = true, .replicas = 2, .county = "500243"});
  suite.Start();
  CountyScenario county(suite, Generate(suite, "500243", 300, 'B'));
  LoadAndCheck(county, Terms());
}

// A county directly under its province, and a city without counties whose code is both.
TEST(CountyTest, OddRegions) {
  SuiteOptions options{.all_in_one = true, .county = "419001"};
  options.accounts = CountyAccounts("419001");
  for (const SuiteAccount& account : CountyAccounts("441900", "-dongguan")) {
    options.accounts.push_back(account);
  }
  Suite suite(options);
  suite.Start();
  CountyScenario jiyuan(suite, Generate(suite, "419001", 100));
  LoadAndCheck(jiyuan, Terms());
  CountyScenario dongguan(suite, Generate(suite, "441900", 100), "-dongguan");
  LoadAndCheck(dongguan, Terms());
}

}  // namespace
}  // namespace ruraledu::testlib
