// The school year 2023-2024 of a generated county, from the identification of hardship pupils to the closed books, in
// one process on SQLite and as separate services on PostgreSQL. Its days pass: tests/lib/day.h. The whole
// with 80,000 pupils by the command line client: tests/load/year.sh.
//
//   RURALEDU_YEAR_PUPILS=300       pupils of the county (100)
//   RURALEDU_YEAR_FAULTS=20000     faults of the bank of each kind, per million lines
//   RURALEDU_COUNTY_SEED=7         (2)
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/day.h"
#include "tests/lib/setting.h"
#include "tests/scenarios/year_scenario.h"

RURALEDU_MOVES_DAYS();

namespace ruraledu::testlib {
namespace {

namespace aid = ruraledu::student_aid::v1;

constexpr char kCounty[] = "411728";
constexpr int kAutumn = 1, kSpring = 2;  // of kTerms

GeneratedCounty Generate(const Suite& suite) {
  CountyOptions options;
  options.county = kCounty;
  options.pupils = Setting("RURALEDU_YEAR_PUPILS", 100);
  options.seed = static_cast<uint64_t>(Setting("RURALEDU_COUNTY_SEED", 2));
  options.dir = suite.home() + "/county";
  options.faults = FaultRates::None();  // those of files are the matter of county_test.cc
  auto county = GenerateCounty(options);
  EXPECT_TRUE(county.ok()) << county.status();
  return *std::move(county);
}

SuiteOptions WithOffice(SuiteOptions options) {
  options.county = kCounty;
  options.accounts = OfficeAccounts(kCounty);
  return options;
}

class YearTest : public testing::Test {
 protected:
  ~YearTest() override { SetDay(""); }

  void SpendAYear(SuiteOptions options) {
    SetDay("2023-09-01");
    Suite suite(WithOffice(std::move(options)));
    suite.Start();
    CountyScenario county(suite, Generate(suite));
    YearScenario year(suite, county, Setting("RURALEDU_YEAR_FAULTS", 20'000));
    county.LoadBase();
    county.LoadTerm(kAutumn, "autumn");
    year.Identify(kAutumn, "2023-09-05", "2023-09-13");
    if (HasFailure()) {
      return;  // what follows would only repeat it
    }
    Autumn(year);
    if (HasFailure()) {
      return;
    }
    year.On("2024-03-04");
    county.LoadTerm(kSpring, "spring");
    year.Adjust(kSpring);
    Spring(year);
  }

 private:
  static void Autumn(YearScenario& year) {
    year.Apply(kAutumn, "2023-12-01", "2023-12-11");  // same-term entry is possible until 30 November (DR-10)
    year.Endow(kAutumn, "2023-12-11");
    year.Pay(kAutumn, aid::PAYMENT_BATCH_KIND_REGULAR, "2023-12-12", "2023-12-14");
    year.MendCards();
    PayTheRest(year, kAutumn, {"2023-12-15", "2023-12-18", "2023-12-20"});
    year.ExpectPaid(kAutumn);
    year.Recover(kAutumn, "2023-12-27");
    year.On("2024-01-05");
    year.Close(kAutumn);
  }

  static void Spring(YearScenario& year) {
    year.Apply(kSpring, "2024-06-03", "2024-06-12");  // Monday the 10th is a holiday
    year.Endow(kSpring, "2024-06-12");
    year.Pay(kSpring, aid::PAYMENT_BATCH_KIND_REGULAR, "2024-06-13", "2024-06-14");
    PayTheRest(year, kSpring, {"2024-06-17", "2024-06-19", "2024-06-21"});
    year.ExpectPaid(kSpring);
    year.ExpectFaultsOfEveryKind();
    year.Recover(kSpring, "2024-06-26");
    year.On("2025-01-06");
    year.Close(kSpring);
    year.ExpectBalanced("2025-01-06");
  }

  // Whom the cards kept out, who came in late, and who failed, until nobody waits any more.
  static void PayTheRest(YearScenario& year, int term, const std::vector<std::string>& days) {
    for (const std::string& day : days) {
      for (const auto kind :
           {aid::PAYMENT_BATCH_KIND_REGULAR, aid::PAYMENT_BATCH_KIND_SUPPLEMENTARY, aid::PAYMENT_BATCH_KIND_REISSUE}) {
        year.PayIfAny(term, kind, day);
      }
    }
  }
};

TEST_F(YearTest, OneProcessOnSqlite) {
  SpendAYear({.all_in_one = true});
}

TEST_F(YearTest, ServicesOnPostgres) {
  SpendAYear({.postgres = true});
}

}  // namespace
}  // namespace ruraledu::testlib
