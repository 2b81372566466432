#include "common/domain/names.h"

#include <algorithm>
#include <random>
#include <set>

#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "common/domain/pinyin.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Names;

std::string Key(std::string_view name) {
  return Names().NameKey(Names().Prepare(name));
}
std::string Sort(std::string_view name) {
  return Names().SortKey(Names().Prepare(name));
}

TEST(Names, Normalise) {  // digest 7.6
  const std::pair<const char*, const char*> cases[] = {
      {"张三", "张三"},
      {" 张　三 ", "张三"},
      {"阿卜杜拉•买买提", "阿卜杜拉·买买提"},
      {"阿卜杜拉・买买提", "阿卜杜拉·买买提"},
      {"阿卜杜拉‧买买提", "阿卜杜拉·买买提"},
      {"阿卜杜拉.买买提", "阿卜杜拉·买买提"},
      {"阿卜杜拉．买买提", "阿卜杜拉·买买提"},
      {"阿卜杜拉 · 买买提", "阿卜杜拉·买买提"},
      {"ＪＯＨＮ  Ｓｍｉｔｈ", "JOHN Smith"},
      {"J. Smith", "J. Smith"},
      {"e\xCC\x81va", "éva"},
      {"\xEF\xA4\x9B", "\xE4\xBA\x82"},  // U+F91B is canonically U+4E82
      {"", ""},
  };
  for (const auto& [text, normal] : cases) {
    const auto result = NormalizeName(text);
    ASSERT_TRUE(result.ok()) << text;
    EXPECT_EQ(*result, normal) << text;
    EXPECT_EQ(*NormalizeName(*result), *result);
  }
  EXPECT_EQ(ReasonOf(NormalizeName("张\xFF").status()), "NAME_FORMAT");
  EXPECT_EQ(ReasonOf(NormalizeName("张\x01三").status()), "NAME_FORMAT");
}

TEST(Names, NicknamesInBracketsGo) {
  for (const char* text : {"张三（狗蛋）", "张三(狗蛋)", "张三【小名 狗蛋】", "张(狗蛋)三", "张三（狗蛋"}) {
    EXPECT_EQ(StripNickname(text), "张三") << text;
  }
  EXPECT_EQ(StripNickname("（张三）"), "（张三）");
}

TEST(Names, KeysOfHomophonesAreEqual) {  // county profile 14
  EXPECT_EQ(Key("王子涵"), "wang zi han");
  EXPECT_EQ(Key("王梓涵"), Key("王子涵"));
  EXPECT_EQ(Key("王紫涵"), Key("王子涵"));
  EXPECT_EQ(Key("李喆"), Key("李哲"));
  EXPECT_EQ(Key("吕布"), "lv bu");
  EXPECT_NE(Key("吕布"), Key("鲁布"));
  EXPECT_EQ(Key("阿卜杜拉·买买提"), Key("阿卜杜拉买买提"));
  EXPECT_EQ(Key("张三（狗蛋）"), "zhang san");
  EXPECT_EQ(Key("\xFF"), "");
}

TEST(Names, SurnamesHaveTheirOwnReadings) {
  EXPECT_EQ(Key("单雄"), "shan xiong");
  EXPECT_EQ(Key("曾国"), "zeng guo");
  EXPECT_EQ(Key("尉迟恭"), "yu chi gong");
  EXPECT_EQ(Key("万俟卨").substr(0, 5), "mo qi");
  EXPECT_EQ(Names().FamilyName("欧阳娜"), "欧阳");
  EXPECT_EQ(Names().FamilyName("欧阳"), "欧");
  EXPECT_EQ(Names().FamilyName("张三丰"), "张");
  EXPECT_EQ(Names().FamilyName("阿卜杜拉·买买提"), "阿卜杜拉·买买提");
}

TEST(Names, SortAsADictionaryDoes) {
  std::vector<std::string> names = {"张伟", "章伟", "王芳", "单雄", "马力", "张三", "李四", "吕布", "鲁班", "阿木"};
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return Sort(a) < Sort(b); });
  EXPECT_THAT(names,
              ::testing::ElementsAre("阿木", "李四", "鲁班", "吕布", "马力", "单雄", "王芳", "张三", "张伟", "章伟"));
}

TEST(Names, SimilarityOrdersTheEvidence) {
  const auto similarity = [](std::string_view a, std::string_view b) { return Names().Similarity(a, b); };
  EXPECT_EQ(similarity("王子涵", "王子涵"), 1000);
  EXPECT_EQ(similarity("王子涵", " 王　子涵（涵涵）"), 1000);
  EXPECT_EQ(similarity("阿卜杜拉•买买提", "阿卜杜拉·买买提"), 1000);
  EXPECT_EQ(similarity("阿卜杜拉买买提", "阿卜杜拉·买买提"), 999);
  EXPECT_EQ(similarity("李喆", "李哲"), 985);
  EXPECT_EQ(similarity("张玥", "张月"), 985);
  EXPECT_EQ(similarity("王芳", "王方"), 925);
  EXPECT_EQ(similarity("王芳", "王房"), 900);      // another tone
  EXPECT_EQ(similarity("王子涵", "王梓涵"), 933);  // 子 is read without a tone
  EXPECT_EQ(similarity("王子涵", "李子涵"), 666);
  EXPECT_EQ(similarity("王涵", "王子涵"), 666);
  EXPECT_EQ(similarity("王子涵", "赵建国"), 0);
  EXPECT_EQ(similarity("", "王芳"), 0);
}

TEST(Names, SimilarityIsSymmetricAndBounded) {
  std::mt19937 random(testing::Seed());
  const std::u32string pool = U"王张子梓紫涵函喆哲玥月马麻阿·a 𠮷";
  const auto name = [&] {
    std::u32string text;
    for (uint32_t i = random() % 5; i > 0; --i) {
      text.push_back(pool[random() % pool.size()]);
    }
    return EncodeUtf8(text);
  };
  for (int i = 0; i < 5000; ++i) {
    const PreparedName a = Names().Prepare(name());
    const PreparedName b = Names().Prepare(name());
    const int forth = Names().Similarity(a, b);
    ASSERT_EQ(forth, Names().Similarity(b, a)) << a.normal << " " << b.normal;
    ASSERT_EQ(forth == 1000, a.normal == b.normal) << a.normal << " " << b.normal;
    ASSERT_GE(forth, 0);
    ASSERT_LE(forth, 1000);
    ASSERT_EQ(Names().Similarity(a, a), 1000);
  }
}

TEST(Names, RareCharactersHaveNoReadingButCompare) {
  EXPECT_EQ(Names().Similarity("𠮷田", "𠮷田"), 1000);
  EXPECT_EQ(Names().Similarity("𠮷田", "吉田"), 500);
}

TEST(Names, RulesRefuseBrokenData) {
  const std::string variants = "variant,standard,source\n", surnames = "surname,pinyin,source\n";
  for (const char* row :
       {"喆,喆,s\n", "喆哲,哲,s\n", "喆,,s\n", "喆,哲,s\n喆,折,s\n", "喆,哲,s\n哲,折,s\n", "\xFF,哲,s\n"}) {
    EXPECT_EQ(ReasonOf(NameRules::Parse(variants + row, surnames).status()), "DATA_FILE") << row;
  }
  for (const char* row : {"欧,ou1 yang2,s\n", "欧阳,ouyang,s\n", "欧阳,ou yang,s\n", "欧阳,ou1 yang2 x1,s\n"}) {
    EXPECT_EQ(ReasonOf(NameRules::Parse(variants, surnames + row).status()), "DATA_FILE") << row;
  }
}

}  // namespace
}  // namespace ruraledu
