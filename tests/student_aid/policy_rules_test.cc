// Loading checks and the book of standards (digest 2.2-2.4, DR-04, DR-16, DR-20).
#include "services/student_aid/policy_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "services/student_aid/average_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

v1::PolicyItem* Item(v1::PolicySet* set, std::string_view code, int nth = 0) {
  for (v1::PolicyItem& item : *set->mutable_items()) {
    if (item.code() == code && nth-- == 0) return &item;
  }
  return nullptr;
}

bool HasFinding(const std::vector<v1::PolicyFinding>& findings, std::string_view code, std::string_view item,
                std::string_view term) {
  return std::any_of(findings.begin(), findings.end(), [&](const auto& finding) {
    return finding.code() == code && finding.item() == item && finding.term() == term;
  });
}

TEST(Shipped, SetsLoadWithTheKnownConflicts) {
  const auto& findings = Book().findings();
  EXPECT_TRUE(HasFinding(findings, "STANDARD_BELOW_NATIONAL", "SP_PHD", "2022-2023-2"));
  for (const char* item : {"SP_LIV_B_PRI", "SP_LIV_B_JUN", "SP_LIV_N_PRI", "SP_LIV_N_JUN"}) {
    EXPECT_TRUE(HasFinding(findings, "STANDARD_BELOW_NATIONAL", item, "2023-2024-2")) << item;
    EXPECT_FALSE(HasFinding(findings, "STANDARD_BELOW_NATIONAL", item, "2022-2023-2")) << item;
  }
  EXPECT_TRUE(HasFinding(findings, "STANDARD_BELOW_NATIONAL", "SP_LOAN_UG", "2023-2024-1"));
  for (const auto& finding : findings) EXPECT_EQ(finding.code(), "STANDARD_BELOW_NATIONAL") << finding.DebugString();
}

TEST(Loading, RefusesBadSets) {
  struct Row {
    const char* reason;
    void (*damage)(v1::PolicySet* sp, v1::PolicySet* cn);
  };
  const Row rows[] = {
      {"POLICY_GAP", [](auto*, auto* cn) { Item(cn, "CN_LIV_B_PRI")->set_until_term("2022-2023-2"); }},
      {"POLICY_GAP", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->set_until_term("2024-2025-1"); }},
      {"POLICY_GAP", [](auto* sp, auto*) { sp->set_until_term("2023-2024-1"); }},
      {"POLICY_OVERLAP", [](auto*, auto* cn) { Item(cn, "CN_LIV_B_PRI")->set_until_term("2023-2024-2"); }},
      {"POLICY_OVERLAP", [](auto* sp, auto*) { *sp->add_items() = *Item(sp, "SP_NUTR"); }},
      {"POLICY_OVERLAP", [](auto* sp, auto* cn) { Item(sp, "SP_NUTR")->set_code("CN_MA_GRANT"); }},
      {"CEILING_ABOVE_NATIONAL", [](auto* sp, auto*) { Item(sp, "SP_LOAN_UG")->set_annual_fen(1200001); }},
      {"SHARES_NOT_WHOLE", [](auto* sp, auto*) { AddShare(Item(sp, "SP_NUTR"), "COUNTY", 9999); }},
      {"STAGE_UNKNOWN", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->add_stages("ABC"); }},
      {"KIND_UNKNOWN", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->add_kinds("Q9"); }},
      {"CONDITION_UNKNOWN", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->add_conditions("SUNNY"); }},
      {"POLICY_ROW", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->set_annual_fen(-1); }},
      {"POLICY_ROW", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->set_from_term("2022-2023-1"); }},
      {"POLICY_ROW", [](auto* sp, auto*) { sp->set_version(2); }},
      {"TERM_FORMAT", [](auto* sp, auto*) { Item(sp, "SP_NUTR")->set_from_term("2023"); }},
  };
  for (const Row& row : rows) {
    std::vector<v1::PolicySet> sets = ShippedSets();
    row.damage(&sets[3], &sets[0]);
    EXPECT_EQ(ReasonOf(CheckPolicySets(sets).status()), row.reason);
  }
  EXPECT_EQ(ReasonOf(ParsePolicySet("x", "name: 1").status()), "POLICY_TEXT");
}

TEST(Loading, ACeilingEqualToTheNationalOneIsAllowed) {
  std::vector<v1::PolicySet> sets = ShippedSets();
  Item(&sets[3], "SP_LOAN_UG")->set_annual_fen(1200000);
  EXPECT_TRUE(CheckPolicySets(sets).ok());
}

TEST(Successor, ReducedSupportIsAcceptedAndFlagged) {  // DR-04
  std::vector<v1::PolicySet> sets = ShippedSets();
  v1::PolicySet next = sets[3];
  next.set_name("policySets/SP@2");
  next.set_version(2);
  next.set_from_term("2024-2025-1");
  for (v1::PolicyItem& item : *next.mutable_items()) {
    item.clear_from_term();
    if (item.code() == "SP_LOAN_UG" || item.code() == "SP_LOAN_PG") item.set_annual_fen(item.annual_fen());
  }
  next.mutable_items()->erase(std::find_if(next.items().begin(), next.items().end(),
                                           [](const auto& item) { return item.code() == "SP_VOC_GRANT"; }));
  Item(&next, "SP_NUTR")->set_annual_fen(79999);
  Item(&next, "SP_HS_GRANT")->mutable_kinds()->RemoveLast();
  sets.push_back(next);
  const auto findings = CheckPolicySets(sets).value();
  EXPECT_TRUE(HasFinding(findings, "SUPPORT_REDUCED", "SP_NUTR", "2024-2025-1"));
  EXPECT_TRUE(HasFinding(findings, "SUPPORT_REDUCED", "SP_HS_GRANT", "2024-2025-1"));
  EXPECT_FALSE(HasFinding(findings, "SUPPORT_REDUCED", "SP_UG", "2024-2025-1"));
  const PolicyBook book = PolicyBook::Create(sets, ShippedCalendar()).value();
  const v1::PupilFacts facts = Pupil("PRI", "1", true);
  EXPECT_EQ(Fen(Decide(facts, "2023-2024-2", book), "SP_NUTR"), 40000);
  EXPECT_EQ(Fen(Decide(facts, "2024-2025-1", book), "SP_NUTR"), 40000);  // 79999: the odd fen in autumn (DR-02)
  EXPECT_EQ(Fen(Decide(facts, "2024-2025-2", book), "SP_NUTR"), 39999);
}

Averages AveragesOf(const char* term) {
  return Averages::Of(Book(), ParseTerm(term).value()).value();
}

TEST(Averages, Within95To105PercentLimitsIncluded) {  // DR-19
  const auto check = [](std::vector<int64_t> paid, const std::map<std::string, int64_t>& allotted = {}) {
    std::vector<v1::AverageSum> sums;
    for (size_t i = 0; i < paid.size(); ++i) {
      v1::ComparisonRow row;
      row.set_family(v1::BENEFIT_FAMILY_GRANT);
      row.set_aided_fen(paid[i]);
      AveragesOf(i % 2 == 0 ? "2024-2025-1" : "2024-2025-2").Set("HS", &row);
      v1::AverageSum& sum = sums.emplace_back();
      sum.set_item(row.average_item());
      sum.set_school("s");
      AddToSum(row, &sum);
    }
    return AveragesOf("2024-2025-2").Check(sums, allotted).at(0);
  };
  EXPECT_EQ(check({100000, 115000}).item(), "CN_HS_GRANT");
  EXPECT_EQ(check({100000, 115000}).mean().denominator(), 215000);  // 1000 + 1150
  EXPECT_TRUE(Passes(check({100000, 115000})));
  EXPECT_TRUE(Passes(check({95000, 109250})));  // exactly 95 %
  EXPECT_FALSE(Passes(check({95000, 109249})));
  EXPECT_TRUE(Passes(check({105000, 120750})));  // exactly 105 %
  EXPECT_EQ(check({105000, 120750}).schools_off_size(), 0);
  EXPECT_FALSE(Passes(check({105000, 120751})));
  EXPECT_EQ(check({105000, 120751}).schools_off(0).school(), "s");
  EXPECT_TRUE(Passes(check({105000, 120751}, {{"CN_HS_GRANT", 225751}})));
  EXPECT_FALSE(Passes(check({105000, 120751}, {{"CN_HS_GRANT", 225750}})));
  EXPECT_FALSE(Passes(check({105000, 120751}, {{"CN_VOC_GRANT", 999999}}))) << "money of another item";
  EXPECT_FALSE(check({100000, 115000}).within_allocation()) << "nothing is recorded";
  EXPECT_EQ(check({50000, 175000}).outside_range(), 0);
  EXPECT_EQ(check({49999, 175001}).outside_range(), 2);
}

TEST(Averages, OnlyRecordedAmountsOfARowsOwnFamilyAndStageCount) {  // DR-19
  const auto set = [](v1::BenefitFamily family, int64_t fen, const char* stage) {
    v1::ComparisonRow row;
    row.set_family(family);
    row.set_aided_fen(fen);
    AveragesOf("2024-2025-1").Set(stage, &row);
    return row;
  };
  EXPECT_EQ(set(v1::BENEFIT_FAMILY_GRANT, 100000, "VOC").average_item(), "CN_VOC_GRANT");
  EXPECT_EQ(set(v1::BENEFIT_FAMILY_GRANT, 0, "HS").average_item(), "");
  EXPECT_EQ(set(v1::BENEFIT_FAMILY_GRANT, 100000, "PRI").average_item(), "");
  EXPECT_EQ(set(v1::BENEFIT_FAMILY_WAIVER, 100000, "HS").average_item(), "");
}

TEST(Averages, AFundCountsForTheRowThatItsPaymentsCountIn) {  // DR-19
  const Averages averages = AveragesOf("2024-2025-1");
  const auto row = [&](v1::BenefitFamily family, std::vector<std::string> stages) {
    v1::PolicyItem item;
    item.set_family(family);
    item.mutable_stages()->Assign(stages.begin(), stages.end());
    return std::string(averages.RowOf(item));
  };
  EXPECT_EQ(row(v1::BENEFIT_FAMILY_GRANT, {"HS"}), "CN_HS_GRANT");
  EXPECT_EQ(row(v1::BENEFIT_FAMILY_GRANT, {"VOC"}), "CN_VOC_GRANT");
  EXPECT_EQ(row(v1::BENEFIT_FAMILY_GRANT, {"HS", "VOC"}), "") << "nobody knows how much of it is for which";
  EXPECT_EQ(row(v1::BENEFIT_FAMILY_WAIVER, {"HS"}), "");
  EXPECT_EQ(row(v1::BENEFIT_FAMILY_GRANT, {}), "");
}

TEST(Averages, ATermHasHalfOfTheFundOfItsBudgetYear) {  // DR-02
  EXPECT_EQ(TermPartFen(200001, ParseTerm("2023-2024-1").value()), 100001);
  EXPECT_EQ(TermPartFen(200001, ParseTerm("2023-2024-2").value()), 100000);
}

}  // namespace
}  // namespace ruraledu::student_aid
