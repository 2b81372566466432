// dropout: which call each command makes, and what it shows.
#include <fstream>

#include "ruraledu/dropout_monitoring/v1/rate.pb.h"
#include "ruraledu/dropout_monitoring/v1/report.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class DropoutTest : public CliTest {
 protected:
  DropoutTest() { UseShippedData(); }
  static v1::RateFigures Figures() {
    v1::RateFigures figures;
    figures.set_name("counties/411728/rateFigures/411728.2015-2016.1");
    figures.set_state(v1::RATE_FIGURES_STATE_PREPARED);
    return figures;
  }
};

TEST_F(DropoutTest, RatesShowBothValues) {
  v1::Rates rates;
  v1::RateResult* one = rates.add_rates();
  one->set_indicator(v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW);
  one->set_percent("103.00%");
  one->add_flags("NET_INFLOW");
  one->mutable_denominator()->set_counted(1200);
  one->mutable_denominator()->set_reported(1198);
  one->mutable_denominator()->set_counts(v1::FIGURE_SOURCE_COUNTED);
  const auto asked = Answers<v1::GetRatesRequest>("GetRates", rates, "dropout_monitoring");
  const Outcome shown = Run({"dropout", "rates", "2023-2024"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  for (const char* text : {"NINE_YEAR_RETENTION_RAW", "103.00%", "1,200 / 1,198", "COUNTED", "NET_INFLOW"}) {
    EXPECT_HAS(shown.out, text);
  }
  EXPECT_EQ(asked->area(), "areas/411728");
  EXPECT_EQ(Run({"dropout", "rates", "2023-2024", "--area", "4117"}).code, 0);
  EXPECT_EQ(asked->area(), "areas/4117");
}

TEST_F(DropoutTest, CohortsAndReports) {
  v1::ListCohortsResponse all;
  v1::Cohort* cohort = all.add_cohorts();
  cohort->set_entry_year("2015-2016");
  v1::GradeCount* now = cohort->mutable_counts()->add_now();
  now->set_grade("9");
  now->set_pupils(37);
  const auto listed = Answers<v1::ListCohortsRequest>("ListCohorts", all, "dropout_monitoring");
  EXPECT_HAS(Run({"dropout", "cohorts", "2023-2024", "--area", "411728103"}).out, "9:37");
  EXPECT_EQ(listed->area(), "areas/411728103");
  const auto asked = Answers<v1::GetReportRequest>("GetReport", v1::Report(), "dropout_monitoring");
  EXPECT_EQ(Run({"dropout", "reports", "show", "cohorts", "2023-2024"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_COHORTS);
  EXPECT_EQ(Run({"dropout", "reports", "show", "other", "2023-2024"}).code, 2);
  for (const auto& [name, kind] :
       std::map<std::string, v1::ReportKind>{{"disabled-children", v1::REPORT_KIND_DISABLED_CHILDREN},
                                             {"dossiers", v1::REPORT_KIND_DOSSIERS},
                                             {"department-slips", v1::REPORT_KIND_DEPARTMENT_SLIPS},
                                             {"absence-approvals", v1::REPORT_KIND_ABSENCE_APPROVALS}}) {
    EXPECT_EQ(Run({"dropout", "reports", "show", name, "2023-09-11"}).code, 0) << name;
    EXPECT_EQ(asked->report(), kind) << name;
    EXPECT_EQ(asked->option(), "");
  }
  EXPECT_EQ(Run({"dropout", "reports", "show", "signed-ledger", "2023-09-11", "--option", "SUSPECTED.3"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_SIGNED_LEDGER);
  EXPECT_EQ(asked->option(), "SUSPECTED.3");
  EXPECT_EQ(Run({"dropout", "reports", "show", "platform", "2023-09-11", "--option", "LEDGER_2019"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_PLATFORM);
  EXPECT_EQ(Run({"dropout", "reports", "show", "zero-roll-up", "2023-09", "--area", "41"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_ZERO_ROLL_UP);
  EXPECT_EQ(asked->area(), "areas/41");
  EXPECT_EQ(Run({"dropout", "reports", "show", "clearance", "2023-09-30", "--area", "4117"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_CLEARANCE);
}

TEST_F(DropoutTest, AFileBecomesFiguresOfEachAreaAndYear) {
  const std::string file = Path("figures.csv");
  std::ofstream(file) << "区划代码,学年,学段,适龄人口,入学人数,转入,转出,死亡\n"
                         "411728,2015-2016,小学,,5210,31,402,3\n"
                         "411728,2023-2024,小学,30100,,,,\n"
                         "411728,2023-2024,初中,15020,,,,\n";
  std::vector<v1::PutRateFiguresRequest> put;
  services_["dropout_monitoring"].On<v1::PutRateFiguresRequest, v1::RateFigures>(
      "PutRateFigures", [&](const v1::PutRateFiguresRequest& request) {
        put.push_back(request);
        return Figures();
      });
  const Outcome done = Run({"dropout", "figures", "put", file, "--source", "县统计局人口表"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "PREPARED");
  ASSERT_EQ(put.size(), 2u);
  EXPECT_EQ(put[0].figures().entries(0).transferred_out(), 402);
  EXPECT_EQ(put[0].figures().populations_size(), 0);
  EXPECT_EQ(put[1].figures().populations(1).people(), 15020);
  EXPECT_EQ(put[1].figures().source(), "县统计局人口表");
  std::ofstream(file) << "区划代码,学年,学段,适龄人口\n411728,2023-2024,大学,1\n";
  EXPECT_EQ(Run({"dropout", "figures", "put", file, "--source", "x"}).code, 3);
  const auto signed_one = Answers<v1::SignRateFiguresRequest>("SignRateFigures", Figures(), "dropout_monitoring");
  EXPECT_EQ(Run({"dropout", "figures", "sign", Figures().name(), "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(signed_one->etag(), "\"7\"");
  v1::ListRateFiguresResponse all;
  *all.add_figures() = Figures();
  const auto listed = Answers<v1::ListRateFiguresRequest>("ListRateFigures", all, "dropout_monitoring");
  EXPECT_HAS(Run({"dropout", "figures", "list", "--all"}).out, "rateFigures/411728.2015-2016.1");
  EXPECT_TRUE(listed->all_versions());
}

TEST_F(DropoutTest, AgesRulesAndOneVersionOfFigures) {
  v1::ListOfficialAgesResponse ages;
  ages.add_levels()->set_level(v1::SCHOOL_LEVEL_JUNIOR);
  ages.mutable_levels(0)->set_first_age(12);
  ages.mutable_levels(0)->set_last_age(14);
  const auto listed = Monitors<v1::ListOfficialAgesRequest>("ListOfficialAges", ages);
  const std::string table = Done({"dropout", "ages", "2023-2024", "--region", "411728000000"});
  for (const char* text : {"JUNIOR", "12-14"}) EXPECT_HAS(table, text);
  EXPECT_ASKED(listed, R"pb(region_code: "411728000000" school_year: "2023-2024")pb");
  v1::EvaluateRatesResponse answer;
  answer.add_rates()->set_percent("0.02%");
  const auto asked = Monitors<v1::EvaluateRatesRequest>("EvaluateRates", answer);
  const std::string facts = Write("facts.json", R"({"facts": {"schoolYear": "2023-2024", "dropouts": "3"}})");
  EXPECT_HAS(Done({"dropout", "evaluate", "--facts", facts}), "0.02%");
  EXPECT_ASKED(asked, R"pb(facts { school_year: "2023-2024" dropouts: 3 })pb");
  const auto got = Monitors<v1::GetRateFiguresRequest>("GetRateFigures", Figures());
  EXPECT_HAS(Done({"dropout", "figures", "show", Figures().name()}), "RATE_FIGURES_STATE_PREPARED");
  EXPECT_EQ(got->name(), Figures().name());
}

}  // namespace
}  // namespace ruraledu::cli
