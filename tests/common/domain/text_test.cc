#include "common/domain/text.h"

#include <gtest/gtest.h>

namespace ruraledu {
namespace {

TEST(NormalizeText, DigestSevenSix) {
  EXPECT_EQ(NormalizeText("　４１１７ａＢ　"), "4117aB");
  EXPECT_EQ(NormalizeText("西吉县（新营乡），３号"), "西吉县（新营乡），3号");
  EXPECT_EQ(NormalizeText("a\r\n\t b"), "a b");
  EXPECT_EQ(NormalizeText("\xEF\xBB\xBF王\xE2\x80\x8B芳"), "王芳");
  EXPECT_EQ(NormalizeText("e\xCC\x81"), "é");
  EXPECT_EQ(NormalizeText("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(NormalizeText(" \xC2\xA0 "), "");
}

TEST(NormalizeCode, PunctuationTurnsHalfWidth) {
  EXPECT_EQ(NormalizeCode("２０２３－９／１"), "2023-9/1");
  EXPECT_EQ(NormalizeCode("１，２５０．００"), "1,250.00");
}

TEST(StandardForm, BothEditionsReadTheSame) {
  EXPECT_EQ(StandardForm(0xE81E), 0x9FB4u);
  EXPECT_EQ(StandardForm(0xE864), 0x9FBBu);
  EXPECT_EQ(StandardForm(0xE855), 0x241FEu);
  EXPECT_EQ(StandardForm(0xE000), 0xE000u) << "a county's own character is kept";
  EXPECT_EQ(NormalizeText("\xEE\xA0\x9E"), "龴");
}

}  // namespace
}  // namespace ruraledu
