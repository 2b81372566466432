// The formulas of digest 3.7, line by line, on the shipped tables.
#include "google/protobuf/text_format.h"
#include "tests/dropout_monitoring/rate_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

v1::RateFacts Facts(const std::string& text) {
  v1::RateFacts facts;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &facts)) << text;
  facts.set_school_year("2023-2024");
  if (facts.region_code().empty()) facts.set_region_code("411728000000");
  return facts;
}

// "75.00% 3/4 MET NET_INFLOW COUNTED", or "- 0/0 NOT_APPLICABLE POPULATION_MISSING".
std::string Text(const v1::RateResult& one) {
  std::string state = ruraledu::dashboard::v1::IndicatorState_Name(one.state()).substr(16);
  std::vector<std::string> parts = {one.percent().empty() ? "-" : one.percent(),
                                    absl::StrCat(one.rate().numerator(), "/", one.rate().denominator())};
  if (state != "UNSPECIFIED") parts.push_back(state);
  parts.insert(parts.end(), one.flags().begin(), one.flags().end());
  if (!one.reason().empty()) parts.push_back(one.reason());
  if (one.denominator().counts() != v1::FIGURE_SOURCE_UNSPECIFIED) {
    parts.push_back(v1::FigureSource_Name(one.denominator().counts()).substr(14));
  }
  return absl::StrJoin(parts, " ");
}

v1::RateResult Evaluate(v1::RateIndicator indicator, const std::string& facts) {
  const auto results = EvaluateRates(ShippedRates(), ShippedTerms(), Facts(facts));
  EXPECT_EQ(results.size(), static_cast<size_t>(v1::RateIndicator_MAX));
  EXPECT_EQ(results[static_cast<size_t>(indicator) - 1].indicator(), indicator);
  return results[static_cast<size_t>(indicator) - 1];
}

struct Row {
  const char* what;
  v1::RateIndicator indicator;
  const char* facts;
  const char* result;
};

TEST(Rates, FormulasOfTheDigest) {
  const Row rows[] = {
      {"raw: grade 9 by grade 1 eight years before", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
       "nine_years { entry_year: '2015-2016' covered: true last_grade_pupils: 95 first_grade_pupils: 100 }",
       "95.00% 95/100 COUNTED"},
      {"raw above 100 % is valid", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
       "nine_years { entry_year: '2015-2016' covered: true last_grade_pupils: 103 first_grade_pupils: 100 }",
       "103.00% 103/100 NET_INFLOW COUNTED"},
      {"raw, no register of that time: what the county reported", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
       "nine_years { entry_year: '2015-2016' last_grade_pupils: 95 reported { level: SCHOOL_LEVEL_PRIMARY entrants: 98 "
       "} }",
       "96.94% 95/98 REPORTED"},
      {"raw, nobody knows the entrants", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
       "nine_years { entry_year: '2015-2016' last_grade_pupils: 95 }", "- 95/0 NOT_APPLICABLE COHORT_ENTRY_MISSING"},
      {"raw, nobody entered", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
       "nine_years { entry_year: '2015-2016' covered: true last_grade_pupils: 5 }",
       "- 5/0 NOT_APPLICABLE DENOMINATOR_ZERO COUNTED"},
      {"a primary school", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW, "", "- 0/0 NOT_APPLICABLE LEVEL_NOT_TAUGHT"},
      {"raw in Ningxia: target of NX-1c", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
       "region_code: '640422000000' nine_years { entry_year: '2015-2016' covered: true last_grade_pupils: 9299 "
       "first_grade_pupils: 10000 }",
       "92.99% 9299/10000 MISSED COUNTED"},
      {"adjusted: entrants + in - out - deaths", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED,
       "nine_years { entry_year: '2015-2016' covered: true graduating: 90 counts { entrants: 100 transferred_in: 8 "
       "transferred_out: 6 deaths: 2 } }",
       "90.00% 90/100 COUNTED"},
      {"adjusted: other cohorts as transfers", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED,
       "nine_years { entry_year: '2015-2016' covered: true graduating: 98 counts { entrants: 100 cohort_in: 1 "
       "cohort_out: "
       "2 } }",
       "98.99% 98/99 COUNTED"},
      {"adjusted above 100 % is a data error", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED,
       "nine_years { entry_year: '2015-2016' graduating: 101 reported { level: SCHOOL_LEVEL_PRIMARY entrants: 100 } }",
       "100.00% 101/100 DATA_ERROR RATE_OVER_100 REPORTED"},
      {"adjusted as reported", v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED,
       "nine_years { entry_year: '2015-2016' graduating: 90 reported { level: SCHOOL_LEVEL_PRIMARY entrants: 100 "
       "transferred_in: 10 transferred_out: 12 deaths: 1 } }",
       "92.78% 90/97 REPORTED"},
      {"junior: the exact value meets 95 %", v1::RATE_INDICATOR_JUNIOR_RETENTION,
       "junior { entry_year: '2021-2022' covered: true graduating: 95 counts { entrants: 100 } }",
       "95.00% 95/100 MET COUNTED"},
      {"junior: 94.995 % reads 95.00 % and misses it", v1::RATE_INDICATOR_JUNIOR_RETENTION,
       "junior { entry_year: '2021-2022' covered: true graduating: 18999 counts { entrants: 20000 } }",
       "95.00% 18999/20000 MISSED COUNTED"},
      {"dropout", v1::RATE_INDICATOR_DROPOUT, "dropouts: 3 compulsory_pupils: 20000", "0.02% 3/20000 COUNTED"},
      {"dropout: none is 0 %", v1::RATE_INDICATOR_DROPOUT, "compulsory_pupils: 20000", "0.00% 0/20000 COUNTED"},
      {"dropout without pupils", v1::RATE_INDICATOR_DROPOUT, "dropouts: 3",
       "- 3/0 NOT_APPLICABLE DENOMINATOR_ZERO COUNTED"},
      {"net", v1::RATE_INDICATOR_JUNIOR_NET,
       "levels { level: SCHOOL_LEVEL_JUNIOR pupils: 120 enrolled_in_age: 99 people: 100 }", "99.00% 99/100 REPORTED"},
      {"net, no population", v1::RATE_INDICATOR_PRIMARY_NET,
       "levels { level: SCHOOL_LEVEL_PRIMARY pupils: 120 enrolled_in_age: 99 }",
       "- 99/0 NOT_APPLICABLE POPULATION_MISSING"},
      {"a population of nobody", v1::RATE_INDICATOR_PRIMARY_NET, "levels { level: SCHOOL_LEVEL_PRIMARY people: 0 }",
       "- 0/0 NOT_APPLICABLE DENOMINATOR_ZERO REPORTED"},
      {"gross may exceed 100 %", v1::RATE_INDICATOR_JUNIOR_GROSS,
       "levels { level: SCHOOL_LEVEL_JUNIOR pupils: 120 enrolled_in_age: 99 people: 100 }", "120.00% 120/100 REPORTED"},
      {"preschool", v1::RATE_INDICATOR_PRESCHOOL_GROSS,
       "preliminary: true levels { level: SCHOOL_LEVEL_PRESCHOOL pupils: 75 people: 100 }",
       "75.00% 75/100 PRELIMINARY REPORTED"},
      {"upper secondary in Ningxia: NX-1e", v1::RATE_INDICATOR_UPPER_SECONDARY_GROSS,
       "region_code: '640422000000' levels { level: SCHOOL_LEVEL_UPPER_SECONDARY pupils: 90 people: 100 }",
       "90.00% 90/100 MET REPORTED"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Text(Evaluate(row.indicator, row.facts)), row.result) << row.what;
  }
}

TEST(Rates, ReportedAndCountedStandSideBySide) {
  const v1::RateResult one = Evaluate(
      v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW,
      "nine_years { entry_year: '2015-2016' covered: true last_grade_pupils: 95 first_grade_pupils: 100 reported { "
      "level: SCHOOL_LEVEL_PRIMARY entrants: 98 } figures: 'counties/411728/rateFigures/x' }");
  EXPECT_EQ(one.denominator().counted(), 100);
  EXPECT_EQ(one.denominator().reported(), 98);
  EXPECT_EQ(one.denominator().counts(), v1::FIGURE_SOURCE_COUNTED);
  EXPECT_EQ(one.denominator().figures(), "counties/411728/rateFigures/x");
}

// Ages on 31 August 2023 (DR-08): 12-14 is born from 2008-09-01 to 2011-08-31.
TEST(Rates, OfficialAgesDecide) {
  const auto levels = ShippedRates().LevelsOn("411728000000", absl::CivilDay(2023, 9, 1));
  const std::vector<PupilGroup> groups = {
      {"JUN", "7", "ENROLLED", "2011-08-31", 1},                 // 12
      {"JUN", "7", "ENROLLED", "2011-09-01", 10},                // 11: early, too young for junior, counts for primary
      {"JUN", "9", "ENROLLED", "2008-08-31", 100},               // 15
      {"HS", "10", "ENROLLED", "2009-01-01", 1000},              // 14, at a higher level
      {"JUN", "9", "SUSPENDED", "2009-01-01", 10000},            // left out of net
      {"JUN", "9", "DROPPED", "2009-01-01", 100000},             // not enrolled
      {"PRI", "6", "ENROLLED", "2010-01-01", 1000000},           // 13, below the level
      {"JUN", "9", "GRADUATED", "2009-01-01", 10000000, false},  // 14, has finished
      {"SPE", "8", "HOME_TAUGHT", "2010-01-01", 100000000},
  };
  const auto facts = CountLevels(levels, ShippedRates(), {2023}, groups);
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_EQ(facts[2].level(), v1::SCHOOL_LEVEL_JUNIOR);
  EXPECT_EQ(facts[2].enrolled_in_age(), 110001001);
  EXPECT_EQ(facts[2].pupils(), 100010111);
  EXPECT_EQ(facts[1].enrolled_in_age(), 10) << "11 years, enrolled at a higher level than primary";
  EXPECT_EQ(facts[1].pupils(), 1000000);
  EXPECT_EQ(facts[3].pupils(), 1000);
}

TEST(Rates, ARegisterCoversWhatItHasInEveryGrade) {
  const auto levels = ShippedRates().LevelsOn("411728000000", absl::CivilDay(2023, 9, 1));
  const v1::SchoolLevel of[] = {v1::SCHOOL_LEVEL_PRIMARY, v1::SCHOOL_LEVEL_JUNIOR};
  std::vector<PupilGroup> groups;
  for (int grade = 1; grade <= 9; ++grade) {
    EXPECT_FALSE(Covers(levels, ShippedRates(), groups, of)) << grade;
    groups.push_back({grade <= 6 ? "PRI" : "JUN", absl::StrCat(grade), "ENROLLED", "", 1});
  }
  EXPECT_TRUE(Covers(levels, ShippedRates(), groups, of));
  groups[4].status = "DECEASED";
  EXPECT_FALSE(Covers(levels, ShippedRates(), groups, of));
}

TEST(Rates, AboveTheCountyTheyAreSums) {
  const auto of = [](int64_t numerator, int64_t denominator, ruraledu::dashboard::v1::IndicatorState state) {
    v1::RateResult one;
    one.mutable_rate()->set_numerator(numerator);
    one.mutable_rate()->set_denominator(denominator);
    one.set_state(state);
    return one;
  };
  using namespace ruraledu::dashboard::v1;
  const std::vector<std::pair<std::string, v1::RateResult>> counties = {
      {"411728", of(9, 10, INDICATOR_STATE_MISSED)},
      {"411729", of(0, 0, INDICATOR_STATE_NOT_APPLICABLE)},
      {"411721", of(101, 100, INDICATOR_STATE_DATA_ERROR)},
      {"411722", of(290, 300, INDICATOR_STATE_MET)}};
  const v1::RateResult sum = SumRates(ShippedRates(), v1::RATE_INDICATOR_JUNIOR_RETENTION, "410000000000",
                                      absl::CivilDay(2023, 9, 1), counties);
  EXPECT_EQ(Text(sum), "96.45% 299/310 MET INCOMPLETE");
  EXPECT_EQ(absl::StrJoin(sum.left_out(), " "), "411729 411721");
}

TEST(Rates, FactsAreChecked) {
  EXPECT_TRUE(CheckFacts(Facts("dropouts: 1")).ok());
  EXPECT_EQ(ReasonOf(CheckFacts(Facts("junior { counts { deaths: -1 } }"))), "NUMBER_RANGE");
  v1::RateFacts facts = Facts("");
  facts.set_school_year("2023");
  EXPECT_EQ(ReasonOf(CheckFacts(facts)), "SCHOOL_YEAR_FORMAT");
}

TEST(Rates, FiguresAreChecked) {
  const auto check = [](const std::string& text) {
    v1::RateFigures figures;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &figures)) << text;
    const absl::Status status = CheckFigures(figures);
    return status.ok() ? std::string() : ReasonOf(status);
  };
  EXPECT_EQ(check("populations { level: SCHOOL_LEVEL_PRIMARY people: 0 }"), "");
  EXPECT_EQ(check("entries { level: SCHOOL_LEVEL_JUNIOR entrants: 10 transferred_out: 10 }"), "");
  EXPECT_EQ(check(""), "FIELD_REQUIRED");
  EXPECT_EQ(check("populations { level: SCHOOL_LEVEL_PRIMARY people: -1 }"), "REPORT_FIGURES");
  EXPECT_EQ(check("populations { level: SCHOOL_LEVEL_HIGHER people: 1 }"), "REPORT_FIGURES");
  EXPECT_EQ(check("populations { level: SCHOOL_LEVEL_JUNIOR } populations { level: SCHOOL_LEVEL_JUNIOR }"),
            "REPORT_FIGURES");
  EXPECT_EQ(check("entries { level: SCHOOL_LEVEL_PRESCHOOL entrants: 1 }"), "REPORT_FIGURES");
  EXPECT_EQ(check("entries { level: SCHOOL_LEVEL_JUNIOR entrants: 10 transferred_out: 10 deaths: 1 }"),
            "REPORT_FIGURES");
}

// Every status of the register has a meaning, and every file is read with its faults.
TEST(Rates, TablesAreWhole) {
  for (const std::string_view line : absl::StrSplit(ShippedFile("data/codes/student_status.csv"), '\n')) {
    const std::string_view code = line.substr(0, line.find(','));
    if (!code.empty() && code != "code") {
      EXPECT_NE(ShippedRateFiles().statuses.find(absl::StrCat("\n", code, ",")), std::string::npos) << code;
    }
  }
  const auto wrong = [](void (*change)(RateFiles*)) {
    RateFiles files = ShippedRateFiles();
    change(&files);
    return ReasonOf(RateBook::Parse(files, RegionPathByDigits).status());
  };
  EXPECT_EQ(wrong([](RateFiles* files) { files->ages += ",2001-09-01,PRIMARY,6,11,PRI,1,again\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->ages += "37,2001-09-01,PRIMARY,6,11,PRI,1,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->ages += "370000000000,2001-09-01,PRIMARY,6,11,PRI,1,x\n"; }),
            "DATA_FILE")
      << "a region states every level";
  EXPECT_EQ(wrong([](RateFiles* files) { files->ages += ",2030-09-01,PRIMARY,11,6,PRI,1,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->ages += ",2030-09-01,SCHOOL,6,11,PRI,1,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->ages += ",2030-09-01,PRIMARY,6,11,,1,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->statuses += "ENROLLED,FULL,NOW,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->statuses += "NEW,HALF,NOW,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->targets += "DROPOUT,,,1,0,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->targets += "NOTHING,,,1,100,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](RateFiles* files) { files->targets += "DROPOUT,,,1,100,\n"; }), "DATA_FILE");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
