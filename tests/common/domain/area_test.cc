#include "common/domain/area.h"

#include <algorithm>
#include <random>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Day;
using ::ruraledu::testing::Regions;
using ::testing::ElementsAre;

const absl::CivilDay kToday(2023, 9, 1);
constexpr char kSchool[] = "018c2f5e-1111-7abc-8def-000000000001";
constexpr char kOther[] = "018c2f5e-1111-7abc-8def-000000000002";

Scope Resolve(const RegionTree& tree, std::vector<RegionId> regions, absl::CivilDay as_of = kToday) {
  const auto scope = ResolveScope(tree, regions, as_of);
  EXPECT_TRUE(scope.ok()) << scope.status();
  return scope.ok() ? *scope : Scope();
}

TEST(Area, TextAndBack) {
  for (const std::string& text : {std::string("411728103"), std::string("411728103/") + kSchool,
                                  std::string("411728103/") + kSchool + "/c1", std::string("411728103/3141000123")}) {
    const auto area = ParseArea(text);
    ASSERT_TRUE(area.ok()) << text;
    EXPECT_EQ(area->text(), text);
    EXPECT_EQ(CountyOf(text), "411728");
    EXPECT_EQ(TownshipOf(text), "411728103");
  }
  EXPECT_EQ(SchoolOf("411728103/s1/c1"), "411728103/s1");
  EXPECT_EQ(SchoolOf("411728103"), "");
}

TEST(Area, Refusals) {
  for (const char* text : {"", "4", "411728", "41172810", "411728103001", "411728103/", "411728103//c", "411728103/s1/",
                           "411728103/s1/c1/x", "411728103/S1", "411728103/a-b", "411728103/018c2f5e", "011728103",
                           "410028103", "411728103 ", "411728103/s%", "411728103\\s1"}) {
    EXPECT_EQ(ReasonOf(ParseArea(text).status()), "AREA_FORMAT") << text;
  }
}

TEST(Area, PrefixesSayTheirLevelByLength) {
  for (const char* prefix : {"41", "4117", "411728", "411728103", "411728103001", "411728103/s1", "411728103/s1/c1",
                             "441900", "419001", "4190"}) {
    EXPECT_TRUE(IsAreaPrefix(prefix)) << prefix;
  }
  // Zero-filled codes are not prefixes: "410000" would match nothing and silently show nobody.
  for (const char* prefix :
       {"", "4", "411", "410000", "4100", "410000000", "410000000000", "41172", "411728103001/s1"}) {
    EXPECT_FALSE(IsAreaPrefix(prefix)) << prefix;
  }
  EXPECT_EQ(AreaPrefix({"410000000000", RegionLevel::kProvince}), "41");
  EXPECT_EQ(AreaPrefix({"441900000000", RegionLevel::kCity}), "4419");
  EXPECT_EQ(AreaPrefix({"441900000000", RegionLevel::kCounty}), "441900");
  EXPECT_EQ(AreaPrefix({"350527000000", RegionLevel::kTownship}), "350527000");
}

TEST(Area, RangesAreHalfOpen) {
  EXPECT_EQ(RangeOf("41"), (AreaRange{"41", "42"}));
  EXPECT_EQ(RangeOf("4119"), (AreaRange{"4119", "411:"}));
  EXPECT_EQ(RangeOf("411728103/s1"), (AreaRange{"411728103/s1", "411728103/s10"}));
  EXPECT_TRUE(RangeOf("411728103/s1").Contains("411728103/s1"));
  EXPECT_TRUE(RangeOf("411728103/s1").Contains("411728103/s1/c9"));
  EXPECT_FALSE(RangeOf("411728103/s1").Contains("411728103/s10"));
  EXPECT_FALSE(RangeOf("411728103/s1").Contains("411728103/s1_"));
  const std::string school = std::string("411728103/") + kSchool;
  EXPECT_TRUE(RangeOf(school).Contains(school + "/" + kOther));
  EXPECT_FALSE(RangeOf(school).Contains(std::string("411728103/") + kOther));
}

TEST(Scope, JoinsSortsAndDropsEmptyRanges) {
  const Scope scope(std::vector<AreaRange>{{"42", "43"}, {"41", "42"}, {"5", "5"}, {"61", "60"}, {"411", "4118"}});
  EXPECT_THAT(scope.ranges(), ElementsAre(AreaRange{"41", "43"}));
  EXPECT_TRUE(Scope().empty());
  EXPECT_FALSE(Scope().Contains("411728103"));
  EXPECT_TRUE(Scope::All().Covers("41"));
  EXPECT_TRUE(Scope::OfPrefix("410000").empty());
}

TEST(Scope, PrefixesOfOtherLevelsDoNotCollide) {
  const Scope henan = Scope::OfPrefix("41");
  EXPECT_TRUE(henan.Contains("419001001"));  // Jiyuan is in Henan
  EXPECT_TRUE(henan.Contains("411728103001"));
  EXPECT_FALSE(henan.Contains("441900003"));  // Dongguan is not, though "41" occurs in it
  EXPECT_TRUE(henan.Covers("4117"));
  EXPECT_FALSE(Scope::OfPrefix("4117").Covers("41"));
  EXPECT_TRUE(Scope::OfPrefix("4117").Intersects("41"));
  EXPECT_FALSE(Scope::OfPrefix("4117").Intersects("4119"));
  EXPECT_FALSE(Scope::OfPrefix("4419").Contains("442000001"));
  EXPECT_TRUE(Scope::OfPrefix("411728103").Contains("411728103001"));      // residence
  EXPECT_FALSE(Scope::OfPrefix("411728103001").Contains("411728103/s1"));  // a village has no schools
  EXPECT_FALSE(henan.Covers("410000"));
  EXPECT_FALSE(henan.Intersects("nonsense"));
}

TEST(Scope, ResolvesRegions) {
  EXPECT_EQ(Resolve(Regions(), {{"411728000000", RegionLevel::kCounty}}), Scope::OfPrefix("411728"));
  EXPECT_EQ(Resolve(Regions(), {{"410000000000", RegionLevel::kProvince}}), Scope::OfPrefix("41"));
  EXPECT_EQ(Resolve(Regions(), {{"441900000000", RegionLevel::kCounty}}), Scope::OfPrefix("441900"));
  EXPECT_EQ(Resolve(Regions(), {{"419001000000", RegionLevel::kCounty}}), Scope::OfPrefix("419001"));
  EXPECT_THAT(
      Resolve(Regions(), {{"640422000000", RegionLevel::kCounty}, {"411728000000", RegionLevel::kCounty}}).ranges(),
      ElementsAre(AreaRange{"411728", "411729"}, AreaRange{"640422", "640423"}));
  EXPECT_TRUE(Resolve(Regions(), {}).empty());
}

TEST(Scope, RefusesUnknownAndFoldedRegions) {
  const std::vector<RegionId> unknown = {{"999999000000", RegionLevel::kCounty}};
  const std::vector<RegionId> wrong_level = {{"411728000000", RegionLevel::kCity}};
  const std::vector<RegionId> folded = {{"419000000000", RegionLevel::kCity}};
  EXPECT_EQ(ReasonOf(ResolveScope(Regions(), unknown, kToday).status()), "REGION_UNKNOWN");
  EXPECT_EQ(ReasonOf(ResolveScope(Regions(), wrong_level, kToday).status()), "REGION_UNKNOWN");
  EXPECT_EQ(ReasonOf(ResolveScope(Regions(), folded, kToday).status()), "REGION_FOLDED");
}

TEST(Scope, FollowsRecodedCounties) {
  const RegionTree& tree = Regions();  // Laiwu (3712) became part of Jinan (3701) on 2018-12-26
  const absl::CivilDay before = Day("2018-12-25");
  const Scope jinan = Resolve(tree, {{"370100000000", RegionLevel::kCity}});
  EXPECT_TRUE(jinan.Contains("371202001"));
  EXPECT_TRUE(jinan.Contains("370116001"));
  EXPECT_FALSE(Resolve(tree, {{"370100000000", RegionLevel::kCity}}, before).Contains("371202001"));
  const Scope county = Scope(std::vector<AreaRange>{RangeOf("370116"), RangeOf("371202")});
  EXPECT_EQ(Resolve(tree, {{"370116000000", RegionLevel::kCounty}}), county);
  EXPECT_EQ(Resolve(tree, {{"371202000000", RegionLevel::kCounty}}), county);  // the old grant follows
  // An old grant on the merged city is not widened to Jinan, and its counties have gone.
  const Scope laiwu = Resolve(tree, {{"371200000000", RegionLevel::kCity}});
  EXPECT_FALSE(laiwu.Contains("370102001"));
  EXPECT_FALSE(laiwu.Contains("371202001"));
  EXPECT_TRUE(Resolve(tree, {{"371200000000", RegionLevel::kCity}}, before).Contains("371202001"));
  EXPECT_EQ(Resolve(tree, {{"370000000000", RegionLevel::kProvince}}), Scope::OfPrefix("37"));
}

TEST(Scope, ParentsAreNotDigits) {
  auto rows = ParseRegions("t",
                           "code,name,level,parent_code,valid_from,valid_to,successors\n"
                           "510000000000,P,province,,,,\n511000000000,A,city,510000000000,,,\n"
                           "512000000000,B,city,510000000000,,,\n511081000000,C,county,512000000000,,,\n"
                           "511081100000,T,township,511081000000,,,\n"
                           "512001000000,S,county,512000000000,,2020-01-01,512002000000|512003000000\n"
                           "512002000000,S2,county,512000000000,2020-01-01,,\n"
                           "512003000000,S3,county,511000000000,2020-01-01,,\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  const auto tree = RegionTree::Build(*std::move(rows));
  ASSERT_TRUE(tree.ok()) << tree.status();
  const Scope a = Resolve(*tree, {{"511000000000", RegionLevel::kCity}});
  const Scope b = Resolve(*tree, {{"512000000000", RegionLevel::kCity}});
  EXPECT_FALSE(a.Contains("511081100"));
  EXPECT_TRUE(b.Contains("511081100"));
  EXPECT_TRUE(a.Contains("512003001"));
  EXPECT_FALSE(b.Contains("512003001"));
  // A county split between two cities: its old rows belong to neither of them alone, but to the province.
  EXPECT_FALSE(a.Contains("512001001"));
  EXPECT_FALSE(b.Contains("512001001"));
  EXPECT_TRUE(Resolve(*tree, {{"510000000000", RegionLevel::kProvince}}).Contains("512001001"));
  EXPECT_TRUE(Resolve(*tree, {{"512000000000", RegionLevel::kCity}}, Day("2019-12-31")).Contains("512001001"));
}

// Random areas against the definition: a row is inside if its text starts with a prefix and continues at a boundary.
TEST(Scope, AgreesWithBruteForce) {
  std::mt19937 random(testing::Seed());
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const auto digits = [&](size_t n) {
    std::string text =
        std::to_string(1 + pick(2)) + std::to_string(pick(2)) + std::to_string(pick(2)) + std::to_string(1 + pick(2));
    while (text.size() < n) {
      text.push_back("09"[pick(2)]);
    }
    return text.substr(0, n);
  };
  const auto id = [&] { return std::string(1, "0a_"[pick(3)]) + (pick(2) ? "" : std::string(1, "0z"[pick(2)])); };
  const auto area = [&] {
    switch (pick(4)) {
      case 0:
        return digits(12);
      case 1:
        return digits(9);
      case 2:
        return digits(9) + "/" + id();
      default:
        return digits(9) + "/" + id() + "/" + id();
    }
  };
  const auto inside = [](const std::string& row, const std::string& prefix) {
    const bool school = prefix.find('/') != std::string::npos;
    return row.starts_with(prefix) && (!school || row.size() == prefix.size() || row[prefix.size()] == '/');
  };
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> prefixes;
    Scope scope;
    for (int i = pick(4); i >= 0; --i) {
      const size_t sizes[] = {2, 4, 6, 9, 12};
      prefixes.push_back(pick(3) == 0 ? area() : digits(sizes[pick(5)]));
      scope = scope.Union(Scope::OfPrefix(prefixes.back()));
    }
    for (int i = 0; i < 20; ++i) {
      const std::string row = area();
      const bool expected =
          std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& p) { return inside(row, p); });
      ASSERT_EQ(scope.Contains(row), expected) << row;
      const bool below =
          std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& p) { return inside(p, row); });
      ASSERT_EQ(scope.Intersects(row), expected || below) << row;
      if (expected) {
        ASSERT_TRUE(scope.Covers(row)) << row;
      }
      const AreaRange cut = RangeOf(row);
      ASSERT_FALSE(scope.Minus(cut).Intersects(row)) << row;
      ASSERT_EQ(scope.Minus(cut).Union(scope.Intersection(Scope::OfPrefix(row))), scope) << row;
    }
  }
}

}  // namespace
}  // namespace ruraledu
