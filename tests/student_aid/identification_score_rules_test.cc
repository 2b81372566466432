// The score of a pupil, read like the table of 2.6.
#include "services/student_aid/identification_score_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

constexpr char kTerm[] = "2023-2024-1";

// "INCOME=900 PROPERTY:NONE": values and answers.
v1::EvaluateIdentificationRequest Asked(const std::string& factors, const std::vector<std::string>& kinds = {}) {
  v1::EvaluateIdentificationRequest request;
  request.set_term(kTerm);
  SetDate(20230915, request.mutable_evaluated_on());
  request.mutable_facts()->set_school_region("411728000000");
  for (const std::string_view one : absl::StrSplit(factors, ' ', absl::SkipEmpty())) {
    v1::FactorFact* fact = request.mutable_facts()->add_factors();
    const size_t at = one.find_first_of("=:");
    fact->set_factor(std::string(one.substr(0, at)));
    int64_t value = 0;
    if (one[at] == ':') {
      fact->set_answer(std::string(one.substr(at + 1)));
    } else if (absl::SimpleAtoi(one.substr(at + 1), &value)) {
      fact->set_value(value);
    }
  }
  for (const std::string& kind : kinds) {
    v1::HardshipFact* fact = request.mutable_facts()->add_hardships();
    fact->set_kind(kind);
    SetDate(20200101, fact->mutable_valid_from());
  }
  return request;
}

v1::EvaluateIdentificationResponse Scored(const v1::EvaluateIdentificationRequest& request) {
  const auto answer = EvaluateIdentification(Tables(), request);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.value_or(v1::EvaluateIdentificationResponse());
}

struct Row {
  const char* factors;
  std::vector<std::string> kinds;
  int points;
  int level;
  bool without_paper;
};

class ScoreTable : public ::testing::TestWithParam<Row> {};

TEST_P(ScoreTable, GivesPointsAndLevel) {
  const Row& row = GetParam();
  const auto answer = Scored(Asked(row.factors, row.kinds));
  EXPECT_EQ(answer.total_points(), row.points);
  EXPECT_EQ(answer.level(), row.level);
  EXPECT_EQ(answer.without_paper(), row.without_paper);
}

INSTANTIATE_TEST_SUITE_P(
    All, ScoreTable,
    ::testing::Values(
        Row{"", {}, 0, 0, false},
        // Bounds: the first value of a row belongs to it, the first value beyond does not.
        Row{"INCOME=999", {}, 30, 3, false}, Row{"INCOME=1000", {}, 20, 3, false}, Row{"INCOME=1499", {}, 20, 3, false},
        Row{"INCOME=1500", {}, 10, 0, false}, Row{"INCOME=2000", {}, 0, 0, false}, Row{"INCOME=-5", {}, 30, 3, false},
        // A level begins with its points.
        Row{"INCOME=1000 SPENDING:USUAL", {}, 20, 3, false}, Row{"INCOME=1500 SPENDING:BELOW", {}, 15, 0, false},
        Row{"INCOME=999 SPENDING:WELL_BELOW", {}, 40, 2, false}, Row{"INCOME=999 SPENDING:BELOW", {}, 35, 3, false},
        Row{"EVENT:ILLNESS INCOME=999", {}, 60, 1, false},
        Row{"EVENT:ILLNESS INCOME=1000 PROPERTY:NONE", {}, 55, 2, false},
        // A group counts up to its limit: 30 + 5 + 5 of 40, 10 + 10 of 20.
        Row{"INCOME=1 PROPERTY:NONE DEBT=2000", {}, 40, 2, false}, Row{"DEPENDANTS=9 LABOUR:NONE", {}, 20, 3, false},
        // Kinds of a comparison give the level without paper, whatever the points say.
        Row{"", {"P2"}, 40, 1, true}, Row{"", {"D1"}, 40, 1, true}, Row{"INCOME=9000", {"X1"}, 40, 1, true},
        // Two kinds of the group: its limit.
        Row{"", {"P2", "D1"}, 40, 1, true},
        // Others count points only.
        Row{"", {"X2"}, 30, 3, false}, Row{"INCOME=1500", {"X2"}, 40, 2, false}, Row{"", {"P3"}, 10, 0, false},
        Row{"", {"N1"}, 0, 0, false}, Row{"", {"W1", "R2"}, 40, 2, false}));

TEST(IdentificationScore, SaysWhichRowsWereApplied) {
  const auto answer = Scored(Asked("INCOME=1200 DEBT=600", {"X2"}));
  EXPECT_EQ(answer.policy(), "identificationPolicies/ID_CN@1");
  EXPECT_EQ(answer.rules_version(), kScoreRulesVersion);
  std::vector<std::string> applied;
  for (const v1::AppliedFactor& row : answer.applied()) {
    EXPECT_FALSE(row.source().empty());
    applied.push_back(absl::StrCat(row.factor(), ":", row.answer(), "=", row.points()));
  }
  EXPECT_THAT(applied, ElementsAre("X2:=30", "INCOME:NEAR_LINE=20", "DEBT:HALF_A_YEAR=3"));
  ASSERT_EQ(answer.groups_size(), 6);
  EXPECT_EQ(answer.groups(0).points(), 23);
  EXPECT_EQ(answer.groups(1).points(), 30);
  EXPECT_EQ(answer.groups(1).max_points(), 40);
}

// Kinds are read on the day of the evaluation (DR-10, DR-14).
TEST(IdentificationScore, AKindHoldsFromItsFirstDayUntilItEndsOrItsRiskIsEliminated) {
  const auto level = [](int from, int to, int eliminated) {
    auto request = Asked("");
    v1::HardshipFact* fact = request.mutable_facts()->add_hardships();
    fact->set_kind("M1");
    if (from != 0) SetDate(from, fact->mutable_valid_from());
    if (to != 0) SetDate(to, fact->mutable_valid_to());
    if (eliminated != 0) SetDate(eliminated, fact->mutable_risk_eliminated_on());
    return Scored(request).level();
  };
  EXPECT_EQ(level(20230915, 0, 0), 1);
  EXPECT_EQ(level(20230916, 0, 0), 0);
  EXPECT_EQ(level(20200101, 20230916, 0), 1);
  EXPECT_EQ(level(20200101, 20230915, 0), 0);
  EXPECT_EQ(level(20200101, 0, 20230916), 1);
  EXPECT_EQ(level(20200101, 0, 20230915), 0);
  EXPECT_EQ(level(0, 0, 0), 0) << "a record without a first day holds on no day";
}

TEST(IdentificationScore, EachReasonOfARefusal) {
  const auto reason = [](const v1::EvaluateIdentificationRequest& request) {
    return ReasonOf(EvaluateIdentification(Tables(), request).status());
  };
  const auto spoiled = [&](const std::function<void(v1::EvaluateIdentificationRequest&)>& spoil) {
    auto request = Asked("INCOME=1");
    spoil(request);
    return reason(request);
  };
  EXPECT_EQ(spoiled([](auto& r) { r.clear_facts(); }), "FIELD_REQUIRED");
  EXPECT_EQ(spoiled([](auto& r) { r.clear_term(); }), "FIELD_REQUIRED");
  EXPECT_EQ(spoiled([](auto& r) { r.clear_evaluated_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(spoiled([](auto& r) { r.set_term("2023"); }), "TERM_FORMAT");
  EXPECT_EQ(spoiled([](auto& r) { r.mutable_evaluated_on()->set_day(31); }), "DATE_INVALID");  // 31 September
  EXPECT_EQ(spoiled([](auto& r) { r.set_rules_version("0"); }), "RULES_VERSION_UNKNOWN");
  EXPECT_EQ(spoiled([](auto& r) { r.set_policy("identificationPolicies/ID_XX@1"); }), "POLICY_SET_UNKNOWN");
  EXPECT_EQ(spoiled([](auto& r) { r.set_term("2017-2018-2"); }), "POLICY_MISSING");
  EXPECT_EQ(reason(Asked("LUCK:GOOD")), "FACTOR_UNKNOWN");
  EXPECT_EQ(reason(Asked("PROPERTY:PALACE")), "FACTOR_UNKNOWN");
  EXPECT_EQ(reason(Asked("PROPERTY=3")), "FACTOR_UNKNOWN") << "an answer belongs here";
  EXPECT_EQ(reason(Asked("INCOME:BELOW_LINE")), "FACTOR_UNKNOWN") << "a value belongs here";
  EXPECT_EQ(reason(Asked("INCOME=1 INCOME=2")), "FACTOR_TWICE");
}

// Random facts: points are bounded and add up, more hardship never makes the level milder, the same request gives the
// same answer.
TEST(IdentificationScore, HoldsForAnyFacts) {
  const v1::IdentificationPolicy& policy = Tables().policies()[0];
  std::mt19937_64 random(20230915);
  for (int round = 0; round < 500; ++round) {
    auto request = Asked("");
    std::set<std::string> taken;
    for (const v1::FactorRow& row : policy.factors()) {
      if (random() % 3 != 0 || !taken.insert(row.factor()).second) {
        continue;
      }
      v1::FactorFact* fact = request.mutable_facts()->add_factors();
      fact->set_factor(row.factor());
      if (row.unit().empty()) {
        fact->set_answer(row.answer());
      } else {
        fact->set_value(row.has_from_value() ? row.from_value() : row.below_value() - 1);
      }
    }
    const auto before = Scored(request);
    int total = 0;
    for (const v1::GroupScore& group : before.groups()) {
      EXPECT_LE(group.points(), group.max_points());
      EXPECT_LE(group.points(), group.counted());
      total += group.points();
    }
    EXPECT_EQ(before.total_points(), total);
    EXPECT_EQ(Scored(request).SerializeAsString(), before.SerializeAsString());
    const v1::KindRow& kind = policy.kinds(static_cast<int>(random() % policy.kinds_size()));
    v1::HardshipFact* fact = request.mutable_facts()->add_hardships();
    fact->set_kind(kind.kind());
    SetDate(20200101, fact->mutable_valid_from());
    const auto after = Scored(request);
    EXPECT_GE(after.total_points(), before.total_points());
    const auto hardness = [](int level) { return level == 0 ? 0 : 10 - level; };
    EXPECT_GE(hardness(after.level()), hardness(before.level())) << kind.kind();
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
