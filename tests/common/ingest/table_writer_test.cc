#include "common/ingest/table_writer.h"

#include <random>

#include "common/ingest/cell_value.h"
#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::ingest {
namespace {

// Digest 7.6: = + - @ TAB get an apostrophe, numbers do not.
TEST(TableWriter, FormulaGuard) {
  EXPECT_EQ(GuardFormula("=1+1"), "'=1+1");
  EXPECT_EQ(GuardFormula("+86"), "'+86");
  EXPECT_EQ(GuardFormula("-1"), "'-1");
  EXPECT_EQ(GuardFormula("@x"), "'@x");
  EXPECT_EQ(GuardFormula("\tx"), "'\tx");
  EXPECT_EQ(GuardFormula("\r=x"), "'\r=x");
  EXPECT_EQ(GuardFormula("a=b"), "a=b");
  EXPECT_EQ(GuardFormula(""), "");
}

std::string Write(OutFormat format, const std::vector<std::vector<OutCell>>& rows) {
  std::string path = TempPath("out");
  auto writer = CreateTable(path, format, {"姓名", "身份证号", "金额", "日期", "人数"});
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (const auto& row : rows) {
    EXPECT_TRUE((*writer)->Write(row).ok());
  }
  EXPECT_TRUE((*writer)->Close().ok());
  std::string bytes = FileBytes(path);
  unlink(path.c_str());
  return bytes;
}

TEST(TableWriter, CsvBytes) {
  std::string bytes =
      Write(OutFormat::kCsvUtf8, {{OutCell::Text("=王\"芳"), OutCell::Text("a,b"), OutCell::MoneyFen(-5),
                                   OutCell::Date(absl::CivilDay(2024, 9, 1)), OutCell::Integer(-7)}});
  EXPECT_EQ(bytes, "\xEF\xBB\xBF姓名,身份证号,金额,日期,人数\r\n\"'=王\"\"芳\",\"a,b\",-0.05,2024-09-01,-7\r\n");
  EXPECT_EQ(Write(OutFormat::kCsvGb18030, {{OutCell::Text("王𠀀")}}).substr(30), "\xCD\xF5\x95\x32\x82\x36\r\n");
}

// What is written is read back: every format, random texts with rare characters, IDs as text, exact fen.
TEST(TableWriter, RoundTrip) {
  unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const char* pieces[] = {"王", "芳", "𠀀", "龴", "·", "\"", ",", " x", "\n", "a", ";", "é", "_x000A_", "&<>", "0"};
  std::vector<std::vector<OutCell>> rows;
  for (int i = 0; i < 300; ++i) {
    std::string text = "z";
    for (unsigned n = random() % 6; n > 0; --n) {
      text += pieces[random() % std::size(pieces)];
    }
    rows.push_back({OutCell::Text(text), OutCell::Text("41170020130905901" + std::to_string(random() % 10)),
                    OutCell::MoneyFen(static_cast<int64_t>(random()) * 37 - 1'000'000'000),
                    OutCell::Date(absl::CivilDay(1950, 1, 1) + static_cast<int>(random() % 40'000)),
                    OutCell::Integer(static_cast<int64_t>(random()))});
  }
  for (OutFormat format : {OutFormat::kCsvUtf8, OutFormat::kCsvGb18030, OutFormat::kXlsx}) {
    Table table = ReadBytes(Write(format, rows));
    ASSERT_EQ(table.reason, "");
    ASSERT_EQ(table.rows.size(), rows.size() + 1);
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::vector<Cell>& cells = table.rows[i + 1].cells;
      ASSERT_EQ(cells.size(), 5u);
      EXPECT_EQ(cells[0].text, rows[i][0].text);
      EXPECT_EQ(ParseId(cells[1]).value(), rows[i][1].text);
      EXPECT_EQ(ParseMoneyFen(cells[2]).value(), rows[i][2].number);
      EXPECT_EQ(ParseDate(cells[3]).value(), rows[i][3].day);
      EXPECT_EQ(ParseInt(cells[4]).value(), rows[i][4].number);
    }
  }
}

TEST(TableWriter, Refusals) {
  EXPECT_EQ(ReasonOf(CreateTable("/nonexistent/x.csv", OutFormat::kCsvUtf8, {"a"}).status()), "FILE_UNWRITABLE");
  std::string path = TempPath("long.xlsx");
  auto writer = CreateTable(path, OutFormat::kXlsx, {"a"});
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(ReasonOf((*writer)->Write({OutCell::Text(std::string(32'768, 'a'))})), "CELL_TOO_LONG");
  EXPECT_TRUE((*writer)->Close().ok());
  unlink(path.c_str());
}

}  // namespace
}  // namespace ruraledu::ingest
