#include "common/domain/region.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Day;
using ::ruraledu::testing::Regions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::CivilDay kToday(2023, 9, 1);

std::vector<std::string> Names(const std::vector<const Region*>& regions) {
  std::vector<std::string> names;
  for (const Region* region : regions) {
    names.push_back(region->name);
  }
  return names;
}

// A tree out of lines "code,name,level,parent,valid_from,valid_to,successors".
absl::StatusOr<RegionTree> Tree(std::string_view lines) {
  const std::string text =
      "code,name,level,parent_code,valid_from,valid_to,successors,shard_code\n" + std::string(lines);
  auto rows = ParseRegions("test.csv", text);
  return rows.ok() ? RegionTree::Build(*std::move(rows)) : rows.status();
}

TEST(Regions, ShippedRowsAreCodesAndFourFoldedOnesAreNamed) {
  RegionReport report;
  const auto tree = LoadRegions(testing::DataFolder(), &report);
  ASSERT_TRUE(tree.ok()) << tree.status();
  // The villages (1,029) and changes (3) come on top.
  EXPECT_EQ(report.rows, 44703u);
  EXPECT_EQ(report.codes, 44699u);
  EXPECT_EQ(tree->size(), report.codes + 1029 + 3);
  EXPECT_THAT(report.folded, ElementsAre("350527000000 金门县 county+township", "441900000000 东莞市 city+county",
                                         "442000000000 中山市 city+county", "460400000000 儋州市 city+county"));
}

TEST(Regions, TwinsAreBothLevels) {
  const RegionTree& tree = Regions();
  const Region* dongguan = tree.Find("441900000000", kToday);
  ASSERT_NE(dongguan, nullptr);
  EXPECT_EQ(dongguan->level, RegionLevel::kCity);
  EXPECT_EQ(tree.Find({"441900000000", RegionLevel::kCity}, kToday), dongguan);
  EXPECT_EQ(tree.Find({"441900000000", RegionLevel::kCounty}, kToday), dongguan);
  EXPECT_EQ(tree.Find({"441900000000", RegionLevel::kTownship}, kToday), nullptr);
  EXPECT_EQ(tree.AtLevel("441900003000", RegionLevel::kCounty, kToday), dongguan);
  EXPECT_EQ(tree.AtLevel("441900003000", RegionLevel::kCity, kToday), dongguan);
  EXPECT_EQ(tree.AtLevel("350527000000", RegionLevel::kTownship, kToday)->name, "金门县");
  EXPECT_EQ(tree.AtLevel("440000000000", RegionLevel::kCounty, kToday), nullptr);
  EXPECT_THAT(Names(tree.PathOf("441900003000", kToday)), ElementsAre("广东省", "东莞市", "东城街道"));
  EXPECT_EQ(tree.ChildrenOf("441900000000", kToday).front()->level, RegionLevel::kTownship);
}

TEST(Regions, PseudoPrefecturesAreNotShown) {
  const RegionTree& tree = Regions();
  size_t folded = 0;
  for (const Region& region : tree.regions()) {
    folded += region.kind == RegionKind::kFolded;
    EXPECT_THAT(region.name, ::testing::Not(HasSubstr("直辖县级")))
        << (region.kind == RegionKind::kFolded ? "" : "shown");
    if (region.kind != RegionKind::kFolded && region.level == RegionLevel::kCity) {
      EXPECT_NE(region.name, "市辖区");
      EXPECT_NE(region.name, "县");
    }
    if (folded > 0) {
      break;
    }
  }
  const Region* pengshui = tree.Find("500243000000", kToday);
  ASSERT_NE(pengshui, nullptr);
  EXPECT_EQ(pengshui->kind, RegionKind::kDirect);
  EXPECT_EQ(pengshui->parent, "500200000000");
  EXPECT_EQ(tree.DisplayParent(*pengshui, kToday)->code, "500000000000");
  EXPECT_THAT(Names(tree.PathOf("419001000000", kToday)), ElementsAre("河南省", "济源市"));
  // 17 prefecture cities and Jiyuan.
  EXPECT_THAT(tree.ChildrenOf("410000000000", kToday), SizeIs(18));
  EXPECT_EQ(tree.ChildrenOf("410000000000", kToday).back()->code, "419001000000");
  EXPECT_THAT(tree.ChildrenOf("500000000000", kToday), SizeIs(38));  // districts and counties of Chongqing
  EXPECT_THAT(tree.Provinces(kToday), SizeIs(31));
}

TEST(Regions, EveryPseudoPrefectureIsFolded) {
  std::vector<std::string> folded;
  for (const Region& region : Regions().regions()) {
    const bool pseudo = region.level == RegionLevel::kCity &&
                        (region.name == "市辖区" || region.name == "县" || region.name.ends_with("直辖县级行政区划"));
    EXPECT_EQ(pseudo, region.kind == RegionKind::kFolded) << region.code;
    if (pseudo) {
      folded.push_back(region.code.substr(0, 4));
    }
  }
  EXPECT_THAT(folded, ElementsAre("1101", "1201", "3101", "4190", "4290", "4690", "5001", "5002", "6590"));
}

TEST(Regions, VillagesLieBelowTheirTownship) {
  const RegionTree& tree = Regions();
  const auto townships = tree.ChildrenOf("411728000000", kToday);
  ASSERT_FALSE(townships.empty());
  EXPECT_THAT(tree.ChildrenOf(townships.front()->code, kToday), ::testing::Not(IsEmpty()));
}

TEST(Regions, AsOfADay) {
  const RegionTree& tree = Regions();
  EXPECT_NE(tree.Find("371202000000", Day("2018-12-25")), nullptr);
  EXPECT_EQ(tree.Find("371202000000", Day("2018-12-26")), nullptr);
  EXPECT_EQ(tree.Find("370116000000", Day("2018-12-25")), nullptr);
  EXPECT_NE(tree.Find("370116000000", Day("2018-12-26")), nullptr);
  EXPECT_EQ(tree.Replacement("371202000000", kToday), "370116000000");
  EXPECT_EQ(tree.Replacement("371202000000", Day("2018-12-25")), "371202000000");
  EXPECT_EQ(tree.Replacement("371200000000", kToday), "371200000000");  // merged into Jinan, not replaced by it
  EXPECT_TRUE(tree.Within("371202000000", "370100000000", kToday));
  EXPECT_FALSE(tree.Within("371202000000", "370100000000", Day("2018-12-25")));
  EXPECT_TRUE(tree.Within("371202000000", "371200000000", Day("2018-12-25")));
  EXPECT_EQ(tree.FindLast("371202000000")->successors.front(), "370116000000");
  EXPECT_EQ(tree.PredecessorsOf("370116000000").front()->code, "371202000000");
}

TEST(Regions, AVersionMayHaveAnotherParent) {
  const auto tree = Tree(
      "410000000000,P,province,,,,,\n411100000000,A,city,410000000000,,,,\n411200000000,B,city,410000000000,,,,\n"
      "411101000000,old,county,411100000000,,2020-01-01,,\n"
      "411101000000,new,county,411200000000,2020-01-01,,,\n");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Find("411101000000", Day("2019-12-31"))->name, "old");
  EXPECT_EQ(tree->Find("411101000000", Day("2020-01-01"))->name, "new");
  EXPECT_THAT(tree->ChildrenOf("411100000000", Day("2020-01-01")), IsEmpty());
  EXPECT_THAT(tree->ChildrenOf("411200000000", Day("2020-01-01")), SizeIs(1));
}

TEST(Regions, Refusals) {
  const std::string province = "410000000000,P,province,,,,,\n";
  const struct {
    std::string lines;
    std::string reason;
  } cases[] = {
      {"4100,P,province,,,,,\n", "REGION_CODE"},
      {"010000000000,P,province,,,,,\n", "REGION_CODE"},
      {"41000000000X,P,province,,,,,\n", "REGION_CODE"},
      {"410000000000,P,province,,2020-01-01,2020-01-01,,\n", "REGION_CODE"},
      {province + province, "REGION_DUPLICATE"},
      {province + "411100000000,A,city,410000000000,,,,\n411100000000,A,city,411100000000,,,,\n", "REGION_DUPLICATE"},
      {"410000000000,P,province,420000000000,,,,\n", "REGION_PARENT"},
      {province + "411100000000,A,city,420000000000,,,,\n", "REGION_PARENT"},
      {province + "411100000000,A,city,411100000000,,,,\n", "REGION_PARENT"},
      {province + "411101000000,A,county,411102000000,,,,\n411102000000,B,county,411101000000,,,,\n", "REGION_PARENT"},
      {"410000000000,P,province,,,2020-01-01,,\n411100000000,A,city,410000000000,2020-01-01,,,\n", "REGION_PARENT"},
      {province + "411100000000,A,city,410000000000,,2020-01-01,411200000000,\n", "REGION_SUCCESSOR"},
      {province + "411100000000,A,city,410000000000,,,410000000000,\n", "REGION_SUCCESSOR"},
      {province + "411100000000,A,district,410000000000,,,,\n", "DATA_FILE"},
      {province + "411100000000,A,city,410000000000,2020-13-01,,,\n", "DATA_FILE"},
      {province + "411100000000,A,city\n", "DATA_FILE"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ReasonOf(Tree(c.lines).status()), c.reason) << c.lines;
  }
}

TEST(Regions, AttributesNeedTheirRegion) {
  std::vector<Region> regions(1);
  regions[0].code = "411728000000";
  regions[0].level = RegionLevel::kCounty;
  const std::string head = "code,level,kind,key_support,valid_from,source\n";
  ASSERT_TRUE(
      ApplyRegionAttributes("a", head + "411728000000,county,,COUNTY,2001-01-01,s\n", absl::MakeSpan(regions)).ok());
  EXPECT_EQ(regions[0].key_support, "COUNTY");
  EXPECT_EQ(regions[0].valid_from, Day("2001-01-01"));
  const auto unknown = ApplyRegionAttributes("a", head + "411729000000,county,,COUNTY,,s\n", absl::MakeSpan(regions));
  EXPECT_EQ(ReasonOf(unknown), "DATA_FILE");
  EXPECT_THAT(unknown.ToString(), HasSubstr("line 2"));
}

}  // namespace
}  // namespace ruraledu
