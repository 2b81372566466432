// risks, placements, dossiers: what is asked and what is shown.
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class CareTest : public CliTest {};

TEST_F(CareTest, RisksWithTheirReasons) {
  v1::ListRisksResponse answer;
  v1::Risk* risk = answer.add_risks();
  risk->set_points(58);
  risk->set_level(v1::RISK_LEVEL_FIRST);
  risk->add_reasons()->set_factor("TRANSFERS");
  risk->mutable_reasons(0)->set_value("2");
  const auto seen = Answers<v1::ListRisksRequest>("ListRisks", answer, "dropout_monitoring");
  const Outcome out = Run({"risks", "--first", "--area", "411728103"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(seen->level(), v1::RISK_LEVEL_FIRST);
  EXPECT_EQ(seen->area(), "areas/411728103");
  for (const char* text : {"58", "FIRST", "TRANSFERS=2"}) EXPECT_HAS(out.out, text);
}

TEST_F(CareTest, PlacementsAndRates) {
  v1::ListDisabledChildrenResponse answer;
  v1::PlacementFinding* finding = answer.add_children()->add_findings();
  finding->set_code("HOME_TEACHING_GAP");
  finding->mutable_since()->set_year(2023);
  finding->mutable_since()->set_month(9);
  finding->mutable_since()->set_day(30);
  const auto seen = Answers<v1::ListDisabledChildrenRequest>("ListDisabledChildren", answer, "dropout_monitoring");
  const Outcome listed = Run({"placements", "list", "--findings"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_TRUE(seen->with_findings_only());
  EXPECT_HAS(listed.out, "HOME_TEACHING_GAP@2023-09-30");

  v1::PlacementRates rates;
  rates.mutable_placement()->mutable_rate()->set_numerator(2);
  rates.mutable_placement()->mutable_rate()->set_denominator(3);
  rates.mutable_placement()->set_percent("66.67%");
  rates.mutable_placement()->set_target(100);
  const auto asked = Answers<v1::GetPlacementRatesRequest>("GetPlacementRates", rates, "dropout_monitoring");
  const Outcome shown = Run({"placements", "rates"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(asked->parent(), "counties/411728");
  for (const char* text : {"66.67%", "100%", "安置率"}) EXPECT_HAS(shown.out, text);
}

TEST_F(CareTest, DossiersBySchoolOrTownship) {
  v1::ListDossiersResponse answer;
  answer.add_dossiers()->set_township("411728102");
  answer.mutable_dossiers(0)->set_left_behind_education(2);
  const auto seen = Answers<v1::ListDossiersRequest>("ListDossiers", answer, "dropout_monitoring");
  const Outcome out = Run({"dossiers", "--by-township", "--stale"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_TRUE(seen->by_township());
  EXPECT_TRUE(seen->stale_only());
  EXPECT_HAS(out.out, "411728102");
}

TEST_F(CareTest, LearningAndTheScoreOfOneChild) {
  constexpr char kRisk[] = "counties/411728/risks/p1";
  v1::Risk risk;
  risk.set_name(kRisk);
  risk.set_level(v1::RISK_LEVEL_WATCH);
  risk.mutable_learning()->set_term("2023-2024-1");
  const auto recorded = Monitors<v1::RecordLearningRequest>("RecordLearning", risk);
  const std::string shown =
      Done({"risks", "learning", kRisk, "2023-2024-1", "--failed", "3", "--struggling", "--etag", "\"7\""});
  for (const char* text : {kRisk, "WATCH"}) EXPECT_HAS(shown, text);
  EXPECT_ASKED(recorded, R"pb(name: "counties/411728/risks/p1"
                              learning { term: "2023-2024-1" subjects_failed: 3 struggling: true }
                              etag: "\"7\"")pb");
  const auto got = Monitors<v1::GetRiskRequest>("GetRisk", risk);
  EXPECT_HAS(Done({"risks", "show", kRisk, "--unmask", "--purpose", "DROPOUT_CONTROL"}), "2023-2024-1");
  EXPECT_ASKED(got, R"pb(name: "counties/411728/risks/p1" unmask: true)pb");
  EXPECT_EQ(purpose_, "DROPOUT_CONTROL");
}

TEST_F(CareTest, WeightsAreShownAndAsked) {
  v1::ListRiskPoliciesResponse all;
  v1::RiskPolicy* policy = all.add_policies();
  policy->set_name("riskPolicies/CN.2023-09-01");
  policy->set_first_from(61);
  policy->set_least_marked(47);
  policy->add_weights()->set_factor("HOUSEHOLD_KIND");
  policy->mutable_weights(0)->set_code("P1");
  policy->add_weights()->set_factor("TRANSFERS");
  policy->mutable_weights(1)->set_at_least(23);
  Monitors<v1::ListRiskPoliciesRequest>("ListRiskPolicies", all);
  const std::string table = Done({"risks", "policies"});
  for (const char* text : {"61", "47", "P1", "23"}) EXPECT_HAS(table, text);
  v1::EvaluateRiskResponse answer;
  answer.set_points(77);
  const auto asked = Monitors<v1::EvaluateRiskRequest>("EvaluateRisk", answer);
  const std::string facts = Write("facts.json", R"({"regionCode": "411728000000", "facts": {"transfers": 2}})");
  EXPECT_HAS(Done({"risks", "evaluate", "--facts", facts}), "77");
  EXPECT_ASKED(asked, R"pb(region_code: "411728000000"
                           facts { transfers: 2 })pb");
}

}  // namespace
}  // namespace ruraledu::cli
