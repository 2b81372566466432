#include "common/domain/money.h"

#include <numeric>
#include <random>

#include "absl/numeric/int128.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::testing::ElementsAre;

TEST(Money, ReadsWhatPeopleWrite) {
  const std::pair<const char*, int64_t> cases[] = {
      {"1,250.00", 125000},
      {"1250", 125000},
      {"312.5", 31250},
      {"312.50", 31250},
      {"0", 0},
      {"１，２５０．００", 125000},
      {" 1250 ", 125000},
      {"1,234,567.89", 123456789},
      {"+5", 500},
      {"-0.00", 0},
      {"0.05", 5},
      {"007", 700},
      {"92233720368547758.07", INT64_MAX},
  };
  for (const auto& [text, fen] : cases) {
    const auto parsed = ParseFen(text);
    ASSERT_TRUE(parsed.ok()) << text << " " << parsed.status();
    EXPECT_EQ(*parsed, fen) << text;
  }
  EXPECT_EQ(*ParseFen("-12.34", Sign::kAny), -1234);
}

TEST(Money, Refuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "MONEY_FORMAT"},
      {"abc", "MONEY_FORMAT"},
      {"1.", "MONEY_FORMAT"},
      {".5", "MONEY_FORMAT"},
      {"1,25.00", "MONEY_FORMAT"},
      {"1,2500", "MONEY_FORMAT"},
      {",250", "MONEY_FORMAT"},
      {"1250,", "MONEY_FORMAT"},
      {"1e3", "MONEY_FORMAT"},
      {"1 250", "MONEY_FORMAT"},
      {"--1", "MONEY_FORMAT"},
      {"1.2.3", "MONEY_FORMAT"},
      {"1250,000", "MONEY_FORMAT"},
      {"1.2,3", "MONEY_FORMAT"},
      {"12.345", "MONEY_PRECISION"},
      {"12.340", "MONEY_PRECISION"},
      {"-1", "MONEY_NEGATIVE"},
      {"-0.01", "MONEY_NEGATIVE"},
      {"92233720368547758.08", "MONEY_RANGE"},
      {"99999999999999999999999999999999999999999999999999", "MONEY_RANGE"},
  };
  for (const auto& [text, reason] : cases) {
    EXPECT_EQ(ReasonOf(ParseFen(text).status()), reason) << text;
  }
}

TEST(Money, Formats) {
  EXPECT_EQ(FormatFen(125000), "1250.00");
  EXPECT_EQ(FormatFen(-5), "-0.05");
  EXPECT_EQ(FormatFen(INT64_MIN), "-92233720368547758.08");
  EXPECT_EQ(FormatFenGrouped(125000), "1,250.00");
  EXPECT_EQ(FormatFenGrouped(99999), "999.99");
  EXPECT_EQ(FormatFenGrouped(-123456789), "-1,234,567.89");
  EXPECT_EQ(FormatFenGrouped(-12345), "-123.45");
}

TEST(Money, TextAndBack) {
  std::mt19937_64 random(testing::Seed());
  for (int i = 0; i < 5000; ++i) {
    const auto fen = static_cast<int64_t>(random()) >> (random() % 60);
    ASSERT_EQ(*ParseFen(FormatFen(fen), Sign::kAny), fen);
    ASSERT_EQ(*ParseFen(FormatFenGrouped(fen), Sign::kAny), fen);
  }
}

TEST(Money, NeverOverflows) {
  EXPECT_EQ(*AddFen(1, 2), 3);
  EXPECT_EQ(ReasonOf(AddFen(INT64_MAX, 1).status()), "MONEY_RANGE");
  EXPECT_EQ(ReasonOf(AddFen(INT64_MIN, -1).status()), "MONEY_RANGE");
  EXPECT_EQ(*MultiplyFen(62500, 80000), 5000000000);
  EXPECT_EQ(ReasonOf(MultiplyFen(INT64_MAX, 2).status()), "MONEY_RANGE");
}

TEST(Money, SharesAddUp) {  // digest 2.10: the remainder goes to the highest level
  EXPECT_THAT(*SplitFen(10000, {8000, 2000}), ElementsAre(8000, 2000));
  EXPECT_THAT(*SplitFen(100, {3333, 3333, 3334}), ElementsAre(34, 33, 33));
  EXPECT_THAT(*SplitFen(1, {0, 5000, 5000}), ElementsAre(1, 0, 0));
  EXPECT_THAT(*SplitFen(-100, {3333, 3333, 3334}), ElementsAre(-34, -33, -33));
  for (const std::vector<int32_t>& shares : {std::vector<int32_t>{}, {9999}, {10001}, {8000, 2001}, {10001, -1}}) {
    EXPECT_EQ(ReasonOf(SplitFen(100, shares).status()), "SHARES_NOT_WHOLE");
  }
  std::mt19937_64 random(testing::Seed());
  for (int i = 0; i < 5000; ++i) {
    std::vector<int32_t> shares;
    for (int32_t left = 10000; left > 0;) {
      shares.push_back(1 + static_cast<int32_t>(random() % static_cast<uint64_t>(left)));
      left -= shares.back();
    }
    const auto fen = static_cast<int64_t>(random()) >> (random() % 60);
    const auto parts = SplitFen(fen, shares);
    ASSERT_TRUE(parts.ok());
    absl::int128 sum = 0;
    for (size_t j = 0; j < shares.size(); ++j) {
      sum += (*parts)[j];
      if (j > 0) {
        const absl::int128 error = absl::int128(fen) * shares[j] - absl::int128((*parts)[j]) * 10000;
        ASSERT_TRUE(-10000 < error && error < 10000);
      }
    }
    ASSERT_EQ(sum, absl::int128(fen));
  }
}

}  // namespace
}  // namespace ruraledu
