// Layouts as data, cells, what differs and which value was paid.
#include "services/student_aid/mirror_rules.h"

#include "absl/strings/str_replace.h"
#include "common/base/proto_day.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

const Act kAct{"officer", absl::CivilDay(2023, 12, 1), "核实"};

TEST(MirrorLayouts, ShippedOnesAreWhole) {
  EXPECT_EQ(MirrorTables().layouts().size(), 4u);
  for (const v1::MirrorLayout& layout : MirrorTables().layouts()) {
    EXPECT_EQ(layout.digest().size(), 64u);
    bool reference = false, amount = false;
    for (const v1::MirrorColumn& column : layout.columns()) {
      reference |= column.fact() == "reference";
      amount |= column.fact() == "amount";
      EXPECT_FALSE(column.source().empty()) << column.heading();
    }
    EXPECT_TRUE(reference && amount) << layout.name();
    EXPECT_TRUE(HoldsIn(layout, *ParseTerm("2023-2024-1")));
    EXPECT_FALSE(HoldsIn(layout, ParseTerm("2019-2020-1")->Previous()));
  }
  const v1::MirrorLayout* compulsory = MirrorTables().Find("mirrorLayouts/COMPULSORY@1");
  ASSERT_NE(compulsory, nullptr);
  EXPECT_EQ(ProjectOf(*compulsory, v1::BENEFIT_FAMILY_LIVING, "PRI"), "家庭经济困难学生生活补助");
  EXPECT_EQ(ProjectOf(*compulsory, v1::BENEFIT_FAMILY_GRANT, "HS"), "");
  EXPECT_TRUE(HasStage(*compulsory, "JUN"));
  EXPECT_FALSE(HasStage(*compulsory, "HS"));
}

TEST(MirrorLayouts, WrongTablesAreRefused) {
  const MirrorFiles good = {
      "layout,version,label_zh,from_term,until_term,source\nA,1,甲,2020-2021-1,2021-2022-2,s\nA,2,甲,2022-2023-1,,s\n",
      "layout,version,position,heading,fact,format,code_list,source\nA,1,1,姓名,name,TEXT,,s\nA,2,1,性别,sex,LABEL,sex,"
      "s\n",
      "layout,version,family,stage,project,source\nA,1,LIVING,PRI,补助,s\nA,2,LIVING,PRI,补助,s\n"};
  ASSERT_TRUE(MirrorBook::Create(good, ShippedCodes()).ok());
  const auto refuses = [&](std::string MirrorFiles::*file, std::string_view from, std::string_view to) {
    MirrorFiles bad = good;
    ASSERT_NE((bad.*file).find(from), std::string::npos) << from;
    bad.*file = absl::StrReplaceAll(bad.*file, {{from, to}});
    EXPECT_EQ(ReasonOf(MirrorBook::Create(bad, ShippedCodes()).status()), "DATA_FILE") << from << " -> " << to;
  };
  refuses(&MirrorFiles::layouts, "A,2,甲,2022-2023-1", "A,2,甲,2021-2022-2");  // two versions in one term
  refuses(&MirrorFiles::layouts, "A,1,甲", "A,0,甲");
  refuses(&MirrorFiles::layouts, "2021-2022-2", "2019-2020-1");
  refuses(&MirrorFiles::layouts, "A,2,甲", "B,2,甲");  // columns of nothing
  refuses(&MirrorFiles::layouts, ",2022-2023-1,,s", ",2022-2023-1,,");
  refuses(&MirrorFiles::columns, "1,姓名,name", "2,姓名,name");
  refuses(&MirrorFiles::columns, "name,TEXT", "age,TEXT");
  refuses(&MirrorFiles::columns, "name,TEXT", "name,WORDS");
  refuses(&MirrorFiles::columns, "sex,LABEL,sex", "sex,LABEL,nothing");
  refuses(&MirrorFiles::columns, "name,TEXT,", "name,TEXT,sex");
  refuses(&MirrorFiles::columns, "A,2,1,性别,sex,LABEL,sex,s\n", "A,1,2,姓名,sex,TEXT,,s\n");
  refuses(&MirrorFiles::columns, "A,2,1,性别,sex,LABEL,sex,s\n", "");
  refuses(&MirrorFiles::projects, "A,2,LIVING,PRI,补助,s\n", "A,1,LIVING,PRI,别的,s\n");
  refuses(&MirrorFiles::projects, "A,2,LIVING", "A,2,DYING");
  refuses(&MirrorFiles::projects, "A,2,LIVING,PRI", "A,2,LIVING,XXX");
  refuses(&MirrorFiles::projects, "A,2,LIVING,PRI,补助,s", "A,2,LIVING,PRI,补助,");
}

TEST(MirrorCells, FormatsAndUnknownOnes) {
  v1::MirrorLayout layout;
  const auto add = [&](const std::string& fact, const std::string& format, const std::string& list = "") {
    v1::MirrorColumn* column = layout.add_columns();
    column->set_fact(fact);
    column->set_format(format);
    column->set_code_list(list);
  };
  add("row", "NUMBER");
  add("sex", "LABEL", "sex");
  add("level", "LABEL", "hardship_level");
  add("amount", "YUAN");
  add("paid_on", "DAY8");
  add("birth_date", "DAY");
  add(std::string(kUnknownFact), "TEXT");
  MirrorFacts facts;
  facts.row = 7;
  facts.sex = "2";
  facts.amount_fen = 62550;
  facts.paid_on = absl::CivilDay(2023, 12, 1);
  std::vector<std::string> texts;
  for (const reports_v1::ReportCell& cell : CellsOf(MirrorTables(), layout, facts)) texts.push_back(CellText(cell));
  EXPECT_THAT(texts, ElementsAre("7", "女", "", "625.50", "20231201", "", ""));
  facts.level = 1;
  EXPECT_EQ(CellText(CellsOf(MirrorTables(), layout, facts)[2]), "特别困难");
  EXPECT_EQ(MirrorReference("411728", "2023-2024-2", "mirrorLayouts/HIGH_SCHOOL@3", 12),
            "RURALEDU-411728-20232-HIGH_SCHOOL-12");
}

v1::MirrorEntry Sent(int64_t fen, int32_t level, int64_t paid) {
  v1::MirrorEntry entry;
  entry.set_row(1);
  entry.set_person("p");
  entry.set_reported_fen(fen);
  entry.set_reported_level(level);
  entry.set_paid_fen(paid);
  entry.set_state(v1::MIRROR_ENTRY_STATE_SENT);
  return entry;
}

struct Compared {
  const char* what;
  v1::MirrorEntry entry;
  MirrorTheirs theirs;
  v1::MirrorReason reason;
  v1::MirrorPaidValue paid;
};

TEST(MirrorCompared, ByTable) {
  v1::MirrorEntry extra;
  extra.set_person("p");
  v1::MirrorEntry unknown;
  v1::MirrorEntry waived = Sent(100, 0, 0);
  waived.set_waived(true);
  const Compared table[] = {
      {"the same", Sent(100, 1, 100), {1, 2, 100, 1}, v1::MIRROR_REASON_UNSPECIFIED, v1::MIRROR_PAID_VALUE_BOTH},
      {"no level there", Sent(100, 1, 0), {1, 2, 100, 0}, v1::MIRROR_REASON_UNSPECIFIED, v1::MIRROR_PAID_VALUE_NOTHING},
      {"level", Sent(100, 1, 100), {1, 2, 100, 2}, v1::MIRROR_REASON_OTHER_LEVEL, v1::MIRROR_PAID_VALUE_BOTH},
      {"amount", Sent(100, 1, 100), {1, 2, 90, 2}, v1::MIRROR_REASON_OTHER_AMOUNT, v1::MIRROR_PAID_VALUE_REPORTED},
      {"paid theirs", Sent(100, 1, 90), {1, 2, 90, 1}, v1::MIRROR_REASON_OTHER_AMOUNT, v1::MIRROR_PAID_VALUE_VERIFIED},
      {"neither", Sent(100, 1, 50), {1, 2, 90, 1}, v1::MIRROR_REASON_OTHER_AMOUNT, v1::MIRROR_PAID_VALUE_NEITHER},
      {"twice", Sent(100, 1, 100), {2, 2, 200, 1}, v1::MIRROR_REASON_DUPLICATE_THERE, v1::MIRROR_PAID_VALUE_REPORTED},
      {"missing", Sent(100, 1, 100), {}, v1::MIRROR_REASON_MISSING_THERE, v1::MIRROR_PAID_VALUE_REPORTED},
      {"extra", extra, {1, 2, 90, 1}, v1::MIRROR_REASON_MISSING_HERE, v1::MIRROR_PAID_VALUE_NOTHING},
      {"taken back", extra, {}, v1::MIRROR_REASON_UNSPECIFIED, v1::MIRROR_PAID_VALUE_NOTHING},
      {"unknown", unknown, {1, 2, 90, 1}, v1::MIRROR_REASON_UNKNOWN_PERSON, v1::MIRROR_PAID_VALUE_NOTHING},
      {"waiver", waived, {1, 2, 100, 0}, v1::MIRROR_REASON_UNSPECIFIED, v1::MIRROR_PAID_VALUE_UNSPECIFIED},
  };
  for (const Compared& one : table) {
    v1::MirrorEntry entry = one.entry;
    HoldAgainst(one.theirs, kAct, &entry);
    EXPECT_EQ(entry.reason(), one.reason) << one.what;
    EXPECT_EQ(entry.paid_value(), one.paid) << one.what;
    EXPECT_EQ(entry.state() == v1::MIRROR_ENTRY_STATE_OPEN, one.reason != v1::MIRROR_REASON_UNSPECIFIED) << one.what;
    EXPECT_EQ(entry.has_found_on(), one.reason != v1::MIRROR_REASON_UNSPECIFIED) << one.what;
  }
}

TEST(MirrorCompared, AReasonIsNeeded) {
  v1::MirrorEntry entry = Sent(100, 1, 100);
  HoldAgainst({}, kAct, &entry);
  EXPECT_EQ(ReasonOf(ResolveEntry({"officer", kAct.on, ""}, v1::MIRROR_RESOLUTION_ACCEPTED, &entry)), "FIELD_REQUIRED");
  EXPECT_TRUE(ResolveEntry(kAct, v1::MIRROR_RESOLUTION_CORRECTED_HERE, &entry).ok());
  EXPECT_EQ(entry.state(), v1::MIRROR_ENTRY_STATE_CORRECTED);
}

}  // namespace
}  // namespace ruraledu::student_aid
