#include "common/domain/shard.h"

#include <map>

#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

TEST(Shard, OfRegions) {
  EXPECT_EQ(*ShardOfRegion({"411728000000", RegionLevel::kCounty}), "c411728");
  EXPECT_EQ(*ShardOfRegion({"411700000000", RegionLevel::kCity}), "t411700");
  EXPECT_EQ(*ShardOfRegion({"410000000000", RegionLevel::kProvince}), "p410000");
  EXPECT_EQ(*ShardOfRegion({"411728103000", RegionLevel::kTownship}), "c411728");
  EXPECT_EQ(*ShardOfRegion({"411728103201", RegionLevel::kVillage}), "c411728");
  EXPECT_EQ(*ShardOfRegion({"441900000000", RegionLevel::kCity}), "t441900");
  EXPECT_EQ(*ShardOfRegion({"441900000000", RegionLevel::kCounty}), "c441900");
  EXPECT_EQ(*ShardOfRegion({"441900003000", RegionLevel::kTownship}), "c441900");
  EXPECT_EQ(ReasonOf(ShardOfRegion({"411728000000", RegionLevel::kCity}).status()), "SHARD_FORMAT");
  EXPECT_EQ(ReasonOf(ShardOfRegion({"411728", RegionLevel::kCounty}).status()), "SHARD_FORMAT");
}

TEST(Shard, OfAreas) {
  EXPECT_EQ(*ShardOfArea("411728103/s1/c1"), "c411728");
  EXPECT_EQ(*ShardOfArea("419001001"), "c419001");
  EXPECT_EQ(*ShardOfArea("411728103201"), "c411728");
  for (const char* area : {"", "4117", "411728103/", "x11728103"}) {
    EXPECT_EQ(ReasonOf(ShardOfArea(area).status()), "AREA_FORMAT") << area;
  }
  EXPECT_EQ(*ShardOfArea(testing::Regions(), "441900003/s1"), "c441900");
  EXPECT_EQ(ReasonOf(ShardOfArea(testing::Regions(), "417799003").status()), "REGION_UNKNOWN");
}

TEST(Shard, SurvivesARecoding) {
  auto rows = ParseRegions("t",
                           "code,name,level,parent_code,valid_from,valid_to,successors,shard_code\n"
                           "410000000000,P,province,,,,,\n411700000000,A,city,410000000000,,,,\n"
                           "411728000000,C,county,411700000000,,2027-01-01,411781000000,\n"
                           "411781000000,C,county,411700000000,2027-01-01,,,411728\n");
  ASSERT_TRUE(rows.ok());
  const auto tree = RegionTree::Build(*std::move(rows));
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(*ShardOfArea(*tree, "411728103"), "c411728");
  EXPECT_EQ(*ShardOfArea(*tree, "411781103"), "c411728");
}

TEST(Shard, NamesAndBack) {
  for (const auto& [shard, name] : std::map<std::string, std::string>{
           {"c411728", "counties/411728"}, {"t411700", "cities/411700"}, {"p410000", "provinces/410000"}}) {
    EXPECT_TRUE(IsShard(shard));
    EXPECT_EQ(*ParentOfShard(shard), name);
    EXPECT_EQ(*ShardOfName(name), shard);
    EXPECT_EQ(*ShardOfName(name + "/schools/1"), shard);
  }
  for (const char* shard : {"", "c", "c41172", "c4117280", "x411728", "h256", "h1", "p411728", "t411728", "c410028"}) {
    EXPECT_FALSE(IsShard(shard)) << shard;
    EXPECT_EQ(ReasonOf(ParentOfShard(shard).status()), "SHARD_FORMAT") << shard;
  }
  for (const char* name : {"", "counties", "counties/", "counties/41", "provinces/411728", "schools/411728"}) {
    EXPECT_EQ(ReasonOf(ShardOfName(name).status()), "SHARD_FORMAT") << name;
  }
  EXPECT_EQ(ReasonOf(ParentOfShard("h001").status()), "SHARD_FORMAT");
  EXPECT_TRUE(IsShard("h255"));
  EXPECT_TRUE(IsShard(kNationShard));
  EXPECT_EQ(RegionOfShard("c411728"), "411728000000");
  EXPECT_EQ(PrefixOfShard("t411700"), "4117");
  EXPECT_EQ(PrefixOfShard("h001"), std::nullopt);
}

TEST(Shard, PersonsAreSpreadEvenlyAndForEver) {
  std::map<std::string, int> counts;
  for (int i = 0; i < 25600; ++i) {
    ++counts[PersonShard("018c2f5e-1111-7abc-8def-" + std::to_string(100000000000 + i))];
  }
  EXPECT_EQ(counts.size(), 256u);
  for (const auto& [shard, count] : counts) {
    EXPECT_TRUE(IsHashShard(shard));
    EXPECT_GT(count, 50) << shard;
    EXPECT_LT(count, 160) << shard;
  }
  // Pinned: a change of the function loses the directory.
  EXPECT_EQ(PersonShard("018c2f5e-1111-7abc-8def-000000000001"), "h177");
  EXPECT_EQ(PersonShard(""), "h225");
}

}  // namespace
}  // namespace ruraledu
