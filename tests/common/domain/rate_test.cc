#include "common/domain/rate.h"

#include <random>

#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

TEST(Rate, PercentTextRoundsHalfUp) {  // DR-03
  const std::pair<Rate, const char*> cases[] = {
      {{1, 3}, "33.33%"},
      {{2, 3}, "66.67%"},
      {{1, 1}, "100.00%"},
      {{0, 5}, "0.00%"},
      {{5, 4}, "125.00%"},
      {{1, 16}, "6.25%"},
      {{12345, 1000000}, "1.23%"},
      {{12350, 1000000}, "1.24%"},
      {{99995, 100000}, "100.00%"},
      {{99994, 100000}, "99.99%"},
      {{1, 20000}, "0.01%"},
      {{1, 20001}, "0.00%"},
      {{-1, 20000}, "0.00%"},
      {{-1, 4}, "-25.00%"},
      {{INT64_MAX, INT64_MAX}, "100.00%"},
      {{INT64_MAX, 1}, "922337203685477580700.00%"},
  };
  for (const auto& [rate, text] : cases) {
    EXPECT_EQ(PercentText(rate), text) << rate.numerator << "/" << rate.denominator;
  }
}

TEST(Rate, ZeroDenominatorIsNotApplicable) {
  EXPECT_EQ(PercentText({0, 0}), std::nullopt);
  EXPECT_EQ(RateFlag({3, 0}, RateKind::kShare), "NOT_APPLICABLE");
  EXPECT_EQ(CompareToTarget({0, 0}, {1, 1}, TargetDirection::kAtLeast), TargetState::kNotApplicable);
}

TEST(Rate, TargetsAreComparedExactly) {
  // 99.995 % shows as 100.00 % and misses the target of 100 %.
  EXPECT_EQ(CompareToTarget({99995, 100000}, {1, 1}, TargetDirection::kAtLeast), TargetState::kMissed);
  EXPECT_EQ(CompareToTarget({97, 100}, {9700, 10000}, TargetDirection::kAtLeast), TargetState::kMet);
  EXPECT_EQ(CompareToTarget({97, 100}, {9700, 10000}, TargetDirection::kAtMost), TargetState::kMet);
  EXPECT_EQ(CompareToTarget({16, 1000}, {15, 1000}, TargetDirection::kAtMost), TargetState::kMissed);
  EXPECT_TRUE(Compare({INT64_MAX - 1, INT64_MAX}, {INT64_MAX - 2, INT64_MAX - 1}) > 0);
}

TEST(Rate, Flags) {
  EXPECT_EQ(RateFlag({101, 100}, RateKind::kGross), "");
  EXPECT_EQ(RateFlag({101, 100}, RateKind::kRawRetention), "NET_INFLOW");
  EXPECT_EQ(RateFlag({101, 100}, RateKind::kShare), "RATE_OVER_100");
  EXPECT_EQ(RateFlag({100, 100}, RateKind::kShare), "");
}

TEST(Rate, OrderIsThatOfLongDivision) {
  std::mt19937 random(testing::Seed());
  for (int i = 0; i < 5000; ++i) {
    const Rate a{static_cast<int64_t>(random() % 1000), 1 + static_cast<int64_t>(random() % 1000)};
    const Rate b{static_cast<int64_t>(random() % 1000), 1 + static_cast<int64_t>(random() % 1000)};
    const long double left = static_cast<long double>(a.numerator) / static_cast<long double>(a.denominator);
    const long double right = static_cast<long double>(b.numerator) / static_cast<long double>(b.denominator);
    if (left - right > 1e-9L || right - left > 1e-9L) {
      ASSERT_EQ(Compare(a, b) < 0, left < right);
    } else {
      ASSERT_TRUE(Compare(a, b) == 0);
    }
  }
}

}  // namespace
}  // namespace ruraledu
