// Compliance apart from eligibility: what each code looks at, that what nobody knows is never unmet, and the table.
#include "services/student_aid/compliance_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "services/student_aid/comparison_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kYes = v1::FACT_ANSWER_YES;
constexpr auto kNo = v1::FACT_ANSWER_NO;

// A junior boarder with a living subsidy in cash, of whom everything is in order.
v1::ComplianceFacts InOrder() {
  v1::ComplianceFacts facts;
  facts.mutable_on()->set_year(2023);
  facts.mutable_on()->set_month(11);
  facts.mutable_on()->set_day(15);
  facts.set_stage("JUN");
  v1::ComplianceItem* item = facts.add_items();
  item->set_item("SP_LIV_B_JUN");
  item->set_cash(true);
  item->set_restricted(kNo);
  item->set_evidence_stands(kYes);
  facts.set_status("ENROLLED");
  facts.set_in_class(kYes);
  facts.set_has_bed(kYes);
  facts.set_identified(kYes);
  facts.set_card_usable(kYes);
  facts.set_considered(true);
  return facts;
}

// "ACCOUNT UNMET SP_NUTR (CARD_MISSING)" of what is not met.
std::vector<std::string> NotMet(const v1::EvaluateComplianceResponse& response) {
  std::vector<std::string> lines;
  for (const v1::ComplianceFinding& one : response.findings()) {
    if (one.state() == v1::COMPLIANCE_STATE_MET) continue;
    const std::string reasons = absl::StrJoin(one.reasons(), ",");
    lines.push_back(absl::StrCat(one.code(), one.state() == v1::COMPLIANCE_STATE_UNMET ? " UNMET " : " UNKNOWN ",
                                 absl::StrJoin(one.items(), ","), reasons.empty() ? "" : " (", reasons,
                                 reasons.empty() ? "" : ")"));
  }
  return lines;
}
v1::EvaluateComplianceResponse Evaluated(const v1::ComplianceFacts& facts) {
  EXPECT_TRUE(CheckComplianceFacts(facts).ok()) << CheckComplianceFacts(facts);
  return EvaluateCompliance(ComplianceTables(), facts);
}

TEST(ComplianceRules, EveryCodeLooksAtItsOwnFact) {
  EXPECT_EQ(Evaluated(InOrder()).status(), v1::COMPLIANCE_STATUS_ELIGIBLE_COMPLIANT);
  EXPECT_THAT(NotMet(Evaluated(InOrder())), IsEmpty());
  struct Case {
    std::string expected;
    bool stops_pay;
    std::function<void(v1::ComplianceFacts&)> change;
  };
  const Case cases[] = {
      {"ACCOUNT UNMET SP_LIV_B_JUN (CARD_HOLDER,CARD_SHARED)", true,
       [](auto& f) {
         f.set_card_usable(kNo);
         f.add_card_reasons("CARD_HOLDER");
         f.add_card_reasons("CARD_SHARED");
       }},
      {"BOARDING UNMET SP_LIV_B_JUN", false, [](auto& f) { f.set_has_bed(kNo); }},
      // DR-26: who leaves after the census date keeps the term, so it stops nothing.
      {"ENROLLED UNMET SP_LIV_B_JUN (SUSPENDED)", false, [](auto& f) { f.set_status("SUSPENDED"); }},
      {"EVIDENCE UNMET SP_LIV_B_JUN", false, [](auto& f) { f.mutable_items(0)->set_evidence_stands(kNo); }},
      {"IDENTIFIED UNMET SP_LIV_B_JUN", false,
       [](auto& f) {
         f.set_identified(kNo);
         f.mutable_items(0)->set_needs_identification(true);
       }},
      {"NO_RESTRICTION UNMET SP_LIV_B_JUN", true, [](auto& f) { f.mutable_items(0)->set_restricted(kYes); }},
      {"PRESENT UNMET SP_LIV_B_JUN", false, [](auto& f) { f.set_in_class(kNo); }},
  };
  ASSERT_EQ(std::size(cases), ComplianceCodes().size());
  for (const Case& one : cases) {
    v1::ComplianceFacts facts = InOrder();
    one.change(facts);
    const auto response = Evaluated(facts);
    EXPECT_THAT(NotMet(response), ElementsAre(one.expected));
    EXPECT_EQ(response.status(), v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT) << one.expected;
    EXPECT_EQ(response.stops_pay(), one.stops_pay) << one.expected;
  }
}

TEST(ComplianceRules, WhatNobodyKnowsIsNeverUnmet) {
  v1::ComplianceFacts facts;
  *facts.mutable_on() = InOrder().on();
  facts.set_stage("JUN");
  facts.add_items()->set_item("SP_LIV_B_JUN");
  facts.mutable_items(0)->set_cash(true);
  facts.mutable_items(0)->set_needs_identification(true);
  const auto response = Evaluated(facts);
  EXPECT_EQ(response.status(), v1::COMPLIANCE_STATUS_ELIGIBLE_COMPLIANT);
  EXPECT_THAT(NotMet(response), ElementsAre("ACCOUNT UNKNOWN SP_LIV_B_JUN", "BOARDING UNKNOWN SP_LIV_B_JUN",
                                            "ENROLLED UNKNOWN SP_LIV_B_JUN", "EVIDENCE UNKNOWN SP_LIV_B_JUN",
                                            "IDENTIFIED UNKNOWN SP_LIV_B_JUN", "NO_RESTRICTION UNKNOWN SP_LIV_B_JUN",
                                            "PRESENT UNKNOWN SP_LIV_B_JUN"));
  EXPECT_FALSE(response.stops_pay());
}

TEST(ComplianceRules, ACodeIsAboutTheItemsThatItIsFor) {
  v1::ComplianceFacts facts = InOrder();
  v1::ComplianceItem* waiver = facts.add_items();
  waiver->set_item("SP_NUTR");
  waiver->set_restricted(kNo);
  facts.set_has_bed(kNo);
  facts.set_card_usable(kNo);
  facts.set_identified(kNo);  // neither item rests on it
  EXPECT_THAT(NotMet(Evaluated(facts)),
              ElementsAre("ACCOUNT UNMET SP_LIV_B_JUN", "BOARDING UNMET SP_LIV_B_JUN", "EVIDENCE UNKNOWN SP_NUTR"));
  waiver->set_restricted(kYes);
  facts.mutable_items(0)->set_item("SP_LIV_N_JUN");  // not a boarder's item
  facts.set_card_usable(kYes);
  EXPECT_THAT(NotMet(Evaluated(facts)), ElementsAre("EVIDENCE UNKNOWN SP_NUTR", "NO_RESTRICTION UNMET SP_NUTR"));
  const auto only_primary = ComplianceBook::Parse(
      "code,effect,items,stages,from,until,label_zh,label_en,todo_zh,source\nPRESENT,SHOW,,PRI,2020-01-01,2024-01-01,"
      "在校,p,核实,s\n");
  ASSERT_TRUE(only_primary.ok()) << only_primary.status();
  facts.set_in_class(kNo);
  EXPECT_THAT(NotMet(EvaluateCompliance(*only_primary, facts)), IsEmpty());
  facts.set_stage("PRI");
  EXPECT_THAT(NotMet(EvaluateCompliance(*only_primary, facts)), ElementsAre("PRESENT UNMET SP_LIV_N_JUN,SP_NUTR"));
  facts.mutable_on()->set_year(2024);
  EXPECT_THAT(NotMet(EvaluateCompliance(*only_primary, facts)), IsEmpty()) << "it ended";
}

TEST(ComplianceRules, WhoIsNotEligibleStandsApart) {
  v1::ComplianceFacts facts = InOrder();
  facts.clear_items();
  facts.set_in_class(kNo);
  v1::NotGrantedItem* why = facts.add_not_granted();
  why->set_item("SP_LIV_B_JUN");
  why->set_reason("RISK_ELIMINATED");
  const auto response = Evaluated(facts);
  EXPECT_EQ(response.status(), v1::COMPLIANCE_STATUS_NOT_ELIGIBLE);
  EXPECT_TRUE(response.findings().empty());
  ASSERT_EQ(response.not_granted_size(), 1);
  EXPECT_EQ(response.not_granted(0).reason(), "RISK_ELIMINATED");
  facts.set_considered(false);
  EXPECT_EQ(Evaluated(facts).status(), v1::COMPLIANCE_STATUS_UNSPECIFIED) << "nothing was to be decided";
}

TEST(ComplianceRules, FactsAreChecked) {
  const auto refused = [](const std::function<void(v1::ComplianceFacts&)>& change) {
    v1::ComplianceFacts facts = InOrder();
    change(facts);
    return ReasonOf(CheckComplianceFacts(facts));
  };
  EXPECT_EQ(refused([](auto& f) { f.clear_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& f) { f.mutable_on()->set_month(13); }), "DATE_INVALID");
  EXPECT_EQ(refused([](auto& f) { f.mutable_items(0)->clear_item(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& f) { *f.add_items() = f.items(0); }), "DUPLICATE_IN_BATCH");
  EXPECT_EQ(refused([](auto& f) {
              for (int i = 0; i < 100; ++i) f.add_items()->set_item(absl::StrCat("I", i));
            }),
            "FIELD_TOO_MANY");
}

TEST(ComplianceTable, RefusesWhatCannotHold) {
  const auto refused = [](const std::string& rows) {
    return std::string(
        ComplianceBook::Parse("code,effect,items,stages,from,until,label_zh,label_en,todo_zh,source\n" + rows)
            .status()
            .message());
  };
  EXPECT_EQ(refused("PRESENT,SHOW,A|B,,,,在校,p,核实,s\n"), "");
  EXPECT_THAT(refused("TALL,SHOW,,,,,在校,p,核实,s\n"), HasSubstr("no rule knows"));
  EXPECT_THAT(refused("PRESENT,WARN,,,,,在校,p,核实,s\n"), HasSubstr("STOP_PAY or SHOW"));
  EXPECT_THAT(refused("PRESENT,STOP_PAY,,,,,在校,p,核实,s\n"), HasSubstr("payment does not check"));
  EXPECT_EQ(refused("ACCOUNT,STOP_PAY,,,,,卡,c,核实,s\n"), "");
  EXPECT_THAT(refused("PRESENT,SHOW,,,2024-01-01,2023-01-01,在校,p,核实,s\n"), HasSubstr("days in order"));
  EXPECT_THAT(refused("PRESENT,SHOW,,,,,在校,p,,s\n"), HasSubstr("what to do"));
  EXPECT_THAT(refused("PRESENT,SHOW,,,,,在校,p,核实,\n"), HasSubstr("a source"));
  EXPECT_THAT(refused("PRESENT,SHOW,,,,,在校,p,核实,s\nPRESENT,SHOW,,,2024-01-01,,在校,p,核实,s\n"),
              HasSubstr("holds on one"));
  // Each code that the rules know is in the table that is shipped, and those that stop are those that payment checks.
  for (const ComplianceCode& code : ComplianceCodes()) {
    const ComplianceRule* rule = ComplianceTables().Find(code.code);
    ASSERT_NE(rule, nullptr) << code.code;
    EXPECT_EQ(rule->effect == v1::COMPLIANCE_EFFECT_STOP_PAY, code.payment_checks) << code.code;
  }
  EXPECT_EQ(ComplianceTables().Find("TALL"), nullptr);
}

TEST(ComplianceChange, IsToldOnlyOfThoseOfWhomBothRunsSay) {
  const auto result = [](v1::ComplianceStatus status, const std::vector<std::string>& unmet) {
    v1::ComparisonResult made;
    made.set_compliance(status);
    for (const std::string& code : unmet) {
      made.add_compliance_findings()->set_code(code);
      made.mutable_compliance_findings()->rbegin()->set_state(v1::COMPLIANCE_STATE_UNMET);
    }
    return made;
  };
  constexpr auto kFails = v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT;
  const auto fails = result(kFails, {"ACCOUNT", "PRESENT"});
  v1::PersonDifference difference;
  EXPECT_FALSE(AddComplianceChange(fails, fails, &difference));
  EXPECT_FALSE(AddComplianceChange(result(v1::COMPLIANCE_STATUS_UNSPECIFIED, {}), fails, &difference));
  ASSERT_TRUE(AddComplianceChange(fails, result(kFails, {"BOARDING", "PRESENT"}), &difference));
  EXPECT_THAT(difference.became_unmet(), ElementsAre("BOARDING"));
  EXPECT_THAT(difference.no_longer_unmet(), ElementsAre("ACCOUNT"));
  EXPECT_EQ(difference.compliance_before(), kFails);
}

}  // namespace
}  // namespace ruraledu::student_aid
