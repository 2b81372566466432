// Columns of ledgers and what the platforms call them, on the shipped tables.
#include "services/dropout_monitoring/ledger_rules.h"

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

PlatformFiles ShippedPlatformFiles() {
  return {ShippedFile("policies/dropout_monitoring/platform_columns.csv"),
          ShippedFile("policies/dropout_monitoring/platform_codes.csv")};
}

TEST(Ledger, EveryColumnHasHeadingsAndIsItsOwn) {
  std::set<std::string_view> ids, labels;
  for (const LedgerColumn& column : LedgerColumns()) {
    EXPECT_TRUE(ids.insert(column.id).second) << column.id;
    EXPECT_TRUE(labels.insert(column.label_zh).second) << column.label_zh;
    EXPECT_FALSE(column.label_en.empty()) << column.id;
    EXPECT_NE(column.cell, nullptr) << column.id;
    EXPECT_EQ(FindColumn(column.id), &column);
  }
  EXPECT_EQ(FindColumn("nothing"), nullptr);
  for (int state = v1::CaseState_MIN + 1; state <= v1::CaseState_MAX; ++state) {
    EXPECT_NE(StateLabel(static_cast<v1::CaseState>(state)), "") << state;
  }
}

TEST(Ledger, PlatformsAreDatedData) {
  const auto book = PlatformBook::Parse(ShippedPlatformFiles());
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(absl::StrJoin(book->platforms(), " "), "BASIC_2024 LEDGER_2019");
  EXPECT_TRUE(book->ColumnsOf("BASIC_2024", absl::CivilDay(2023, 12, 31)).empty()) << "not yet";
  ASSERT_FALSE(book->ColumnsOf("BASIC_2024", absl::CivilDay(2024, 1, 1)).empty());
  PlatformFiles files = ShippedPlatformFiles();
  files.columns += "LEDGER_2019,2025-09-01,name,学生姓名,TEXT,,a county's own layout\n";
  const auto later = PlatformBook::Parse(files);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_GT(later->ColumnsOf("LEDGER_2019", absl::CivilDay(2025, 8, 31)).size(), 1u);
  ASSERT_EQ(later->ColumnsOf("LEDGER_2019", absl::CivilDay(2025, 9, 1)).size(), 1u);
  EXPECT_EQ(later->ColumnsOf("LEDGER_2019", absl::CivilDay(2025, 9, 1))[0]->heading, "学生姓名");
}

TEST(Ledger, ValuesAsThePlatformWritesThem) {
  const auto book = PlatformBook::Parse(ShippedPlatformFiles());
  ASSERT_TRUE(book.ok()) << book.status();
  const auto write = [&](std::string_view field, const reports_v1::ReportCell& value) {
    for (const PlatformColumn* column : book->ColumnsOf("LEDGER_2019", absl::CivilDay(2023, 9, 1))) {
      if (column->column->id == field) return CellText(book->Write(*column, value));
    }
    return std::string("no such column");
  };
  EXPECT_EQ(write("birth_date", DayCell(DateOf(absl::CivilDay(2014, 3, 15)))), "20140315");
  EXPECT_EQ(write("discovered_on", DayCell(DateOf(absl::CivilDay(2023, 9, 11)))), "2023-09-11");
  EXPECT_EQ(write("sex", TextCell("1")), "男");
  EXPECT_EQ(write("sex", TextCell("9")), "9") << "nothing is lost";
  EXPECT_EQ(write("state", TextCell("核实中")), "疑似");
  EXPECT_EQ(write("name", TextCell("王小明")), "王小明");
  EXPECT_EQ(write("returned_on", {}), "");
}

TEST(Ledger, FilesAreReadWithTheirFaults) {
  const auto wrong = [](void (*change)(PlatformFiles*)) {
    PlatformFiles files = ShippedPlatformFiles();
    change(&files);
    return ReasonOf(PlatformBook::Parse(files).status());
  };
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->columns += "P,2024-01-01,nothing,x,TEXT,,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->columns += "P,2024-01-01,name,,TEXT,,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->columns += "P,2024-01-01,name,x,TEXT,,\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->columns += "P,2024-01-01,name,x,NUMBER,,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->columns += "P,2024-01-01,sex,x,TEXT,sex,x\n"; }), "DATA_FILE")
      << "the list is another platform's";
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->columns += "LEDGER_2019,2019-01-01,name,姓名,TEXT,,x\n"; }),
            "DATA_FILE");
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->codes += "LEDGER_2019,sex,1,m,x\n"; }), "DATA_FILE");
  EXPECT_EQ(wrong([](PlatformFiles* files) { files->codes += "LEDGER_2019,sex,3,m,\n"; }), "DATA_FILE");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
