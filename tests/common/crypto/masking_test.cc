#include "common/crypto/masking.h"

#include <gtest/gtest.h>

namespace ruraledu::crypto {
namespace {

struct Row {
  std::string value, masked;
};

TEST(MaskingTest, IdNumbers) {  // digest 7.7
  for (const auto& [value, masked] : std::vector<Row>{{"411728200901019016", "411***********9016"},
                                                      {"41172820090101901X", "411***********901X"},
                                                      {"411728090101901", "411********1901"},
                                                      {"G1234567", "G12*4567"},
                                                      {"1234567", "*******"},
                                                      {"", ""}}) {
    EXPECT_EQ(MaskIdNumber(value), masked);
  }
}

TEST(MaskingTest, Names) {
  for (const auto& [value, masked] : std::vector<Row>{{"王小明", "王**"},
                                                      {"王芳", "王*"},
                                                      {"王", "*"},
                                                      {"欧阳修", "欧阳*"},
                                                      {"司马相如", "司马**"},
                                                      {"欧阳", "欧*"},
                                                      {"买买提·艾力", "买**·**"},
                                                      {"阿依古丽•买买提", "阿***•***"},
                                                      {"欧阳·艾力", "欧*·**"},
                                                      {"阿卜杜拉", "阿***"},
                                                      {"𠮷田", "𠮷*"},
                                                      {"Li Ming", "L* ****"},
                                                      {"", ""}}) {
    EXPECT_EQ(MaskName(value), masked);
  }
}

TEST(MaskingTest, PhonesAndCards) {
  EXPECT_EQ(MaskPhone("13812345678"), "138****5678");
  EXPECT_EQ(MaskPhone("03961234567"), "039****4567");
  EXPECT_EQ(MaskPhone("12345678"), "****5678");
  EXPECT_EQ(MaskPhone("1234567"), "*******");
  EXPECT_EQ(MaskCard("6217001234567890123"), "***************0123");
  EXPECT_EQ(MaskCard("12345678901"), "***********");
}

TEST(MaskingTest, AddressesEndAtTheVillage) {
  for (const auto& [value, masked] :
       std::vector<Row>{{"河南省驻马店市遂平县嵖岈山镇红石崖村8组12号", "河南省驻马店市遂平县嵖岈山镇红石崖村***"},
                        {"遂平县和兴镇吴集村民委员会东组", "遂平县和兴镇吴集村民委员会***"},
                        {"新乡市卫辉市唐庄镇四和社区3号楼", "新乡市卫辉市唐庄镇四和社区***"},
                        {"北京市海淀区中关村街道科学院社区5号", "北京市海淀区中关村街道科学院社区***"},
                        {"遂平县建设路88号新村小区5栋", "遂平县***"},
                        {"遂平县建设路８８号新村小区", "遂平县***"},
                        {"阿拉善左旗巴彦浩特镇巴彦霍德嘎查三队", "阿拉善左旗巴彦浩特镇巴彦霍德嘎查***"},
                        {"某处", "***"},
                        {"", ""}}) {
    EXPECT_EQ(MaskAddress(value), masked);
  }
}

TEST(MaskingTest, NoticesShowAMaskedNameOnly) {
  EXPECT_EQ(Mask(PersonalField::kName, MaskForm::kNotice, "王小明"), "王**");
  for (const PersonalField field :
       {PersonalField::kIdNumber, PersonalField::kPhone, PersonalField::kCard, PersonalField::kAddress}) {
    EXPECT_EQ(Mask(field, MaskForm::kNotice, "411728200901019016"), "");
    EXPECT_NE(Mask(field, MaskForm::kScreen, "411728200901019016"), "");
  }
}

TEST(MaskingTest, BrokenTextIsMaskedToo) {
  EXPECT_EQ(MaskName("\xe7\x8e"), "\xe7*");
  EXPECT_EQ(MaskIdNumber(std::string(9, '\xff')), "\xff\xff\xff**\xff\xff\xff\xff");
}

}  // namespace
}  // namespace ruraledu::crypto
