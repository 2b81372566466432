// What the loading of policy sets refuses and what it accepts with a finding (DR-04, DR-16, DR-19, DR-20, 2.10).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using testing::HasSubstr;

v1::PolicyItem* Item(v1::PolicySet* set, std::string_view code) {
  for (v1::PolicyItem& item : *set->mutable_items()) {
    if (item.code() == code) return &item;
  }
  return nullptr;
}

// Details of the findings of a code about an item and term.
std::vector<std::string> Details(const std::vector<v1::PolicyFinding>& findings, std::string_view code,
                                 std::string_view item, std::string_view term) {
  std::vector<std::string> details;
  for (const v1::PolicyFinding& finding : findings) {
    if (finding.code() == code && finding.item() == item && finding.term() == term) details.push_back(finding.detail());
  }
  return details;
}

// SP@2 from autumn 2024 on: the rows of then, without own terms.
v1::PolicySet Successor() {
  v1::PolicySet next = ShippedSets()[3];
  next.set_name("policySets/SP@2");
  next.set_version(2);
  next.set_from_term("2024-2025-2");
  for (int i = next.items_size() - 1; i >= 0; --i) {
    if (!next.items(i).until_term().empty()) next.mutable_items()->DeleteSubrange(i, 1);
  }
  for (v1::PolicyItem& item : *next.mutable_items()) item.clear_from_term();
  return next;
}

absl::StatusOr<std::vector<v1::PolicyFinding>> LoadWith(const v1::PolicySet& next,
                                                        const std::string& last_of_first = "") {
  std::vector<v1::PolicySet> sets = ShippedSets();
  sets[3].set_until_term(last_of_first);
  for (int i = sets[3].items_size() - 1; i >= 0 && !last_of_first.empty(); --i) {
    if (sets[3].items(i).from_term() > last_of_first) sets[3].mutable_items()->DeleteSubrange(i, 1);
  }
  sets.push_back(next);
  return CheckPolicySets(sets);
}

TEST(Succession, EachWayToSupportLessIsFlagged) {  // DR-04
  struct Row {
    const char* detail;  // "" = no finding
    std::function<void(v1::PolicyItem*)> change;
  };
  const Row rows[] = {
      {"", [](auto*) {}},
      {"amount 125000 fen becomes 124999", [](auto* i) { i->set_annual_fen(124999); }},
      {"", [](auto* i) { i->set_annual_fen(125001); }},
      {"a kind is dropped", [](auto* i) { i->mutable_kinds()->RemoveLast(); }},
      {"", [](auto* i) { i->add_kinds("D1"); }},
      {"", [](auto* i) { i->clear_kinds(); }},
      {"a year of study is dropped", [](auto* i) { i->add_study_years(1); }},
      {"condition FULL_TIME_FORMAL is added", [](auto* i) { i->add_conditions("FULL_TIME_FORMAL"); }},
      {"the age limits become narrower", [](auto* i) { i->set_age_from(7); }},
      {"the age limits become narrower", [](auto* i) { i->set_age_to(15); }},
  };
  for (const Row& row : rows) {
    v1::PolicySet next = Successor();
    row.change(Item(&next, "SP_LIV_B_JUN"));
    const auto findings = LoadWith(next);
    ASSERT_TRUE(findings.ok()) << findings.status();
    const auto details = Details(*findings, "SUPPORT_REDUCED", "SP_LIV_B_JUN", "2024-2025-2");
    EXPECT_EQ(details, *row.detail == '\0' ? std::vector<std::string>() : std::vector<std::string>{row.detail});
  }
  v1::PolicySet fewer = Successor();
  Item(&fewer, "SP_NUTR")->mutable_stages()->RemoveLast();
  Item(&fewer, "SP_HS_GRANT")->set_boarding("BOARDING");
  Item(&fewer, "SP_UG")->set_code("SP_UG_NEW");
  const auto findings = LoadWith(fewer).value();
  EXPECT_EQ(Details(findings, "SUPPORT_REDUCED", "SP_NUTR", "2024-2025-2"),
            std::vector<std::string>{"a stage is dropped"});
  EXPECT_EQ(Details(findings, "SUPPORT_REDUCED", "SP_HS_GRANT", "2024-2025-2"),
            std::vector<std::string>{"boarding becomes a condition"});
  EXPECT_EQ(Details(findings, "SUPPORT_REDUCED", "SP_UG", "2024-2025-2"),
            std::vector<std::string>{"the item is dropped"});
}

TEST(Succession, LowerTiersAreFlagged) {
  std::vector<v1::PolicySet> sets = ShippedSets();
  v1::PolicySet next = Successor();
  for (const int64_t fen : {300000, 200000}) Item(&sets[3], "SP_HS_GRANT")->add_tier_fen(fen);
  for (const int64_t fen : {300000, 199999}) Item(&next, "SP_HS_GRANT")->add_tier_fen(fen);
  sets.push_back(next);
  EXPECT_EQ(Details(CheckPolicySets(sets).value(), "SUPPORT_REDUCED", "SP_HS_GRANT", "2024-2025-2"),
            std::vector<std::string>{"tier 2 becomes lower"});
}

TEST(Succession, VersionsFollowEachOtherWithoutHoleOrOverlap) {  // DR-04
  for (const auto& [until, from, reason] : {std::tuple{"", "2024-2025-2", ""},
                                            {"2024-2025-1", "2024-2025-2", ""},
                                            {"2023-2024-2", "2024-2025-2", "POLICY_GAP"},
                                            {"2024-2025-2", "2024-2025-2", "POLICY_OVERLAP"},
                                            {"", "2022-2023-2", "POLICY_OVERLAP"},
                                            {"", "2022-2023-1", "POLICY_OVERLAP"}}) {
    v1::PolicySet next = Successor();
    next.set_from_term(from);
    EXPECT_EQ(ReasonOf(LoadWith(next, until).status()), reason) << until << " " << from;
  }
  v1::PolicySet ended = Successor();
  ended.set_until_term("2030-2031-1");
  EXPECT_EQ(ReasonOf(LoadWith(ended).status()), "POLICY_GAP") << "a set ends only by a successor";
}

TEST(Succession, RowsFollowEachOtherWithoutHoleOrOverlap) {
  for (const auto& [until, from, reason] : {std::tuple{"2023-2024-1", "2023-2024-2", ""},
                                            {"2023-2024-1", "2024-2025-1", "POLICY_GAP"},
                                            {"2023-2024-2", "2023-2024-2", "POLICY_OVERLAP"},
                                            {"2022-2023-1", "2022-2023-2", "POLICY_ROW"},
                                            {"", "2023-2024-2", "POLICY_OVERLAP"}}) {
    std::vector<v1::PolicySet> sets = ShippedSets();
    v1::PolicyItem* first = Item(&sets[3], "SP_NUTR");
    v1::PolicyItem second = *first;
    first->set_until_term(until);
    second.set_from_term(from);
    *sets[3].add_items() = second;
    EXPECT_EQ(ReasonOf(CheckPolicySets(sets).status()), reason) << until << " " << from;
  }
}

TEST(Rows, EachContradictionIsNamed) {
  struct Row {
    const char* problem;
    std::function<void(v1::PolicyItem*)> damage;
  };
  const Row rows[] = {
      {"no code", [](auto* i) { i->clear_code(); }},
      {"no stage", [](auto* i) { i->clear_stages(); }},
      {"no family", [](auto* i) { i->clear_family(); }},
      {"no pay form", [](auto* i) { i->clear_pay_form(); }},
      {"no source", [](auto* i) { i->clear_source(); }},
      {"negative amount", [](auto* i) { i->set_annual_fen(-1); }},
      {"range_low_fen above", [](auto* i) { i->set_range_low_fen(1); }},
      {"age_from above age_to", [](auto* i) { i->set_age_from(7), i->set_age_to(6); }},
      {"boarding is neither", [](auto* i) { i->set_boarding("SOMETIMES"); }},
      {"kinds beside any_of", [](auto* i) { i->add_any_of(); }},
      {"neither amount nor charge", [](auto* i) { i->set_annual_fen(0); }},
      {"study year outside", [](auto* i) { i->add_study_years(13); }},
      {"study year outside", [](auto* i) { i->add_study_years(0); }},
      {"negative tier", [](auto* i) { i->add_tier_fen(-1); }},
      {"begins before its set", [](auto* i) { i->set_from_term("2022-2023-1"); }},
  };
  for (const Row& row : rows) {
    std::vector<v1::PolicySet> sets = ShippedSets();
    row.damage(Item(&sets[3], "SP_NUTR"));
    const absl::Status status = CheckPolicySets(sets).status();
    EXPECT_EQ(ReasonOf(status), "POLICY_ROW") << row.problem;
    EXPECT_THAT(status.ToString(), HasSubstr(row.problem));
  }
}

TEST(Rows, SharesAreExactlyTheWhole) {  // 2.10
  for (const auto& [shares, ok] : {std::pair{std::vector<int>{8000, 2000}, true},
                                   {{10000}, true},
                                   {{9999}, false},
                                   {{8000, 2001}, false},
                                   {{10001, -1}, false}}) {
    std::vector<v1::PolicySet> sets = ShippedSets();
    const char* level = "CENTRAL";
    for (const int share : shares) {
      AddShare(Item(&sets[3], "SP_NUTR"), level, share);
      level = "COUNTY";
    }
    EXPECT_EQ(ReasonOf(CheckPolicySets(sets).status()), ok ? "" : "SHARES_NOT_WHOLE");
  }
}

TEST(Rows, SharesNameEachLevelOnceInAnyOrder) {  // 2.10
  const auto load = [](const std::vector<std::pair<const char*, int>>& shares) {
    std::vector<v1::PolicySet> sets = ShippedSets();
    for (const auto& [level, points] : shares) AddShare(Item(&sets[3], "SP_NUTR"), level, points);
    return ReasonOf(CheckPolicySets(sets).status());
  };
  EXPECT_EQ(load({{"COUNTY", 1000}, {"CENTRAL", 6000}, {"CITY", 1000}, {"PROVINCE", 2000}}), "");
  for (const char* unknown : {"", "UNSPECIFIED", "TOWNSHIP", "central", "FUNDING_LEVEL_CENTRAL"}) {
    EXPECT_EQ(load({{"CENTRAL", 8000}, {unknown, 2000}}), "POLICY_ROW") << unknown;
  }
  EXPECT_EQ(load({{"CENTRAL", 8000}, {"CENTRAL", 2000}}), "POLICY_ROW");
}

TEST(Sets, NamesKindsAndJurisdiction) {
  const auto reason = [](const std::function<void(v1::PolicySet&)>& damage) {
    std::vector<v1::PolicySet> sets = ShippedSets();
    damage(sets[3]);
    return ReasonOf(CheckPolicySets(sets).status());
  };
  EXPECT_EQ(reason([](auto& s) { s.clear_jurisdiction(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& s) { s.set_name("policySets/SP@3"); }), "POLICY_ROW");
  EXPECT_EQ(reason([](auto& s) { s.add_monitored_kinds("Q9"); }), "KIND_UNKNOWN");
  EXPECT_EQ(reason([](auto& s) { s.add_level_one_kinds("Q9"); }), "KIND_UNKNOWN");
  EXPECT_EQ(reason([](auto& s) { Item(&s, "SP_NUTR")->add_rural_only_kinds("Q9"); }), "KIND_UNKNOWN");
  EXPECT_EQ(reason([](auto& s) { s.clear_from_term(); }), "TERM_FORMAT");
  EXPECT_EQ(reason([](auto& s) { s.set_until_term("later"); }), "TERM_FORMAT");
  std::vector<v1::PolicySet> sets = ShippedSets();
  for (int i = 0; i < 64; ++i) sets[3].add_kind_rank("Z" + std::to_string(i));
  EXPECT_EQ(ReasonOf(PolicyBook::Create(sets, ShippedCalendar()).status()), "POLICY_ROW");
}

TEST(Findings, AgainstTheNationalRows) {  // DR-16, DR-19, DR-20
  std::vector<v1::PolicySet> sets = ShippedSets();
  Item(&sets[3], "SP_HS_GRANT")->set_annual_fen(300001);
  for (const int64_t fen : {350001, 250000, 99999}) Item(&sets[3], "SP_HS_GRANT")->add_tier_fen(fen);
  Item(&sets[3], "SP_LIV_B_JUN")->set_annual_fen(150000);
  Item(&sets[3], "SP_LIV_B_PRI")->set_annual_fen(124999);
  const auto findings = CheckPolicySets(sets).value();
  EXPECT_EQ(Details(findings, "AMOUNT_OUTSIDE_RANGE", "SP_HS_GRANT", "2022-2023-2").size(), 3u);
  EXPECT_EQ(Details(findings, "AMOUNT_OUTSIDE_RANGE", "SP_HS_GRANT", "2024-2025-2").size(), 2u);  // 1200 to 3500
  EXPECT_TRUE(Details(findings, "STANDARD_BELOW_NATIONAL", "SP_LIV_B_JUN", "2023-2024-2").empty()) << "equal";
  EXPECT_EQ(Details(findings, "STANDARD_BELOW_NATIONAL", "SP_LIV_B_PRI", "2023-2024-2").size(), 1u);
  EXPECT_TRUE(Details(findings, "STANDARD_BELOW_NATIONAL", "SP_LIV_B_PRI", "2022-2023-2").empty());
  EXPECT_TRUE(Details(findings, "STANDARD_BELOW_NATIONAL", "SP_VOC_GRANT", "2024-2025-2").empty())
      << "an average is no floor";
}

}  // namespace
}  // namespace ruraledu::student_aid
