#include "common/domain/code_list.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Codes;
using ::ruraledu::testing::Day;
using ::testing::SizeIs;

const absl::CivilDay kToday(2023, 9, 1);
constexpr char kHead[] = "code,label_zh,label_en,valid_from,valid_to,standard,source,synonyms\n";

TEST(CodeLists, ShippedListsAreWhole) {
  const std::pair<const char*, size_t> sizes[] = {
      {"hardship_kind", 18},  {"sex", 2},
      {"ethnic_group", 58},   {"household_type", 2},
      {"study_mode", 2},      {"study_form", 2},
      {"entry_mode", 6},      {"left_behind", 3},
      {"health", 5},          {"inclusive_class", 6},
      {"disability_kind", 7}, {"disability_grade", 4},
      {"stage", 10},          {"grade", 18},
      {"student_status", 12}, {"id_paper", 7},
      {"school_type", 16},    {"urban_rural_class", 7},
      {"hardship_level", 4},  {"citizen_id_province", 35},
      {"rotation_form", 11},  {"rotation_exemption", 9},
      {"key_support", 2},     {"yes_no", 2},
  };
  for (const auto& [name, size] : sizes) {
    const CodeList* list = Codes().Find(name);
    ASSERT_NE(list, nullptr) << name;
    EXPECT_THAT(list->entries(), SizeIs(size)) << name;
  }
  EXPECT_EQ(ReasonOf(Codes().Get("no_such_list").status()), "CODE_LIST_UNKNOWN");
  EXPECT_EQ(ReasonOf(CodeLists::Load("/nonexistent").status()), "DATA_FILE_UNREADABLE");
}

TEST(CodeLists, CodesOfTheDigest) {  // 7.5, 2.1
  const struct {
    const char *list, *label, *code;
  } cases[] = {
      {"sex", "女", "2"},
      {"ethnic_group", "回族", "03"},
      {"ethnic_group", "苗", "06"},
      {"ethnic_group", "土家族", "15"},
      {"ethnic_group", "汉族", "01"},
      {"ethnic_group", "基诺族", "56"},
      {"study_mode", "寄宿", "2"},
      {"stage", "学前", "PRE"},
      {"grade", "七年级", "7"},
      {"hardship_kind", "边缘易致贫户", "M2"},
      {"hardship_kind", "脱贫户(享受政策)", "P2"},
      {"left_behind", "双亲 留守", "2"},
      {"student_status", "送教上门", "HOME_TAUGHT"},
      {"disability_grade", "一级", "1"},
      {"sex", "1", "1"},
      {"sex", "Female", "2"},
  };
  for (const auto& c : cases) {
    const auto code = (*Codes().Get(c.list))->CodeOf(c.label, kToday);
    ASSERT_TRUE(code.ok()) << c.list << " " << c.label;
    EXPECT_EQ(*code, c.code) << c.list << " " << c.label;
  }
}

TEST(CodeLists, HardshipKindsNameTheirSource) {  // 2.1
  const CodeList& kinds = **Codes().Get("hardship_kind");
  EXPECT_EQ(kinds.Find("X1")->Attribute("source_department"), "disabled_federation");
  EXPECT_EQ(kinds.Find("N1")->Attribute("auto"), "no");
  EXPECT_EQ(kinds.Find("W1")->Attribute("auto"), "partly");
  EXPECT_EQ(kinds.Find("M3")->Attribute("monitored"), "yes");
  EXPECT_EQ(kinds.Find("M3")->Attribute("no such attribute"), "");
}

TEST(CodeLists, AreDated) {
  const CodeList& kinds = **Codes().Get("hardship_kind");
  EXPECT_NE(kinds.Find("P1", Day("2020-12-31")), nullptr);
  EXPECT_EQ(kinds.Find("P1", Day("2021-01-01")), nullptr);
  EXPECT_NE(kinds.Find("P1"), nullptr);  // old records keep it
  EXPECT_EQ(kinds.FindLabel("建档立卡贫困户", kToday), nullptr);
  const auto list = CodeList::Parse("t", std::string(kHead) + "1,old,,,2020-01-01,,s,\n1,new,,2020-01-01,,,s,\n");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->Find("1", Day("2019-12-31"))->label_zh, "old");
  EXPECT_EQ(list->Find("1", Day("2020-01-01"))->label_zh, "new");
  EXPECT_EQ(list->Find("1")->label_zh, "new");
}

TEST(CodeLists, UnknownCellsDoNotLeak) {
  const absl::Status status = (*Codes().Get("hardship_kind"))->CodeOf("精神病", kToday).status();
  EXPECT_EQ(ReasonOf(status), "CODE_UNKNOWN");
  EXPECT_EQ(status.ToString().find("精神病"), std::string::npos);
}

TEST(CodeLists, Refusals) {
  for (const char* rows : {"1,a,,,,,s,\n1,b,,,,,s,\n", "1,a,,,,,s,\n2,a,,,,,s,\n", "1,a,,,,,s,x\n2,b,,,,,s,x\n",
                           ",a,,,,,s,\n", "1,,,,,,s,\n", "1,a,,,,,,\n", "1,a,,2020-13-01,,,s,\n"}) {
    EXPECT_EQ(ReasonOf(CodeList::Parse("t", std::string(kHead) + rows).status()), "DATA_FILE") << rows;
  }
}

}  // namespace
}  // namespace ruraledu
