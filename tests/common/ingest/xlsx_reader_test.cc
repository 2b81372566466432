#include <xlsxwriter.h>

#include <map>

#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::ingest {
namespace {

using Texts = std::vector<std::vector<std::string>>;

TEST(XlsxReader, EveryKindOfCell) {
  Table table = ReadBytes(Workbook(
      "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"inlineStr\"><is><r><t>内</t></r><r><t>联</t></r>"
      "<rPh><t>no</t></rPh></is></c></row>"
      "<row r=\"2\"/><row r=\"3\"><c r=\"A3\" t=\"s\"><v>2</v></c></row>"
      "<row r=\"5\"><c s=\"1\"><v>42248</v></c><c s=\"2\"><v>42248.5</v></c><c s=\"3\"><v>42248</v></c>"
      "<c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c><c><f>A1</f></c><c t=\"str\"><f>A1</f><v>x</v></c>"
      "<c><v>4.1170020130905901E+17</v></c><c><v>1250.5499999999999</v></c><c><v>1.25E3</v></c>"
      "<c t=\"d\"><v>2015-09-01</v></c><c t=\"s\"><v>1</v></c></row>",
      "<si><t>姓名</t></si><si><r><t>富</t></r><r><t>文本</t></r><rPh><t>x</t></rPh></si><si><t> </t></si>"));
  ASSERT_EQ(table.reason, "");
  EXPECT_EQ(table.detail, "名单") << "the hidden sheet is skipped";
  ASSERT_EQ(table.rows.size(), 2u) << "rows of blanks are skipped";
  EXPECT_EQ(table.texts()[0], (std::vector<std::string>{"姓名", "", "内联"}));
  EXPECT_EQ(table.rows[1].line, 5);
  EXPECT_EQ(table.texts()[1],
            (std::vector<std::string>{"2015-09-01", "2015-09-01 12:00:00", "42248", "1", "#N/A", "", "x",
                                      "4.1170020130905901E+17", "1250.55", "1250", "2015-09-01", "富文本"}));
  std::vector<CellKind> kinds = {CellKind::kDate,   CellKind::kDate,   CellKind::kNumber, CellKind::kBool,
                                 CellKind::kText,   CellKind::kText,   CellKind::kText,   CellKind::kNumber,
                                 CellKind::kNumber, CellKind::kNumber, CellKind::kDate,   CellKind::kText};
  for (size_t i = 0; i < kinds.size(); ++i) {
    EXPECT_EQ(table.rows[1].cells[i].kind, kinds[i]) << i;
  }
  EXPECT_EQ(table.rows[1].cells[4].fault, "CELL_ERROR");
  EXPECT_EQ(table.rows[1].cells[5].fault, "CELL_ERROR") << "a formula nobody computed";
}

TEST(XlsxReader, DatesOfBothSystems) {
  std::string row = "<row><c s=\"1\"><v>59</v></c><c s=\"1\"><v>61</v></c><c s=\"1\"><v>60</v></c></row>";
  EXPECT_EQ(ReadBytes(Workbook(row)).texts(), (Texts{{"1900-02-28", "1900-03-01", "60"}}));
  EXPECT_EQ(ReadBytes(Workbook("<row><c s=\"1\"><v>0.5</v></c><c s=\"1\"><v>366</v></c></row>", "",
                               "<workbookPr date1904=\"1\"/>"))
                .texts(),
            (Texts{{"1904-01-01 12:00:00", "1905-01-01"}}));
}

TEST(XlsxReader, ControlCharactersAndPrefixes) {
  Parts parts = WorkbookParts("");
  parts.back().second =
      "<x:worksheet xmlns:x=\"u\"><x:sheetData><x:row><x:c t=\"str\"><x:v>a_x000A_b_x0000_</x:v></x:c></x:row>"
      "</x:sheetData></x:worksheet>";
  Table table = ReadBytes(Zip(parts));
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0].cells[0].fault, "TEXT_NUL");
}

std::string Cells(int count, const std::string& cell) {
  std::string cells;
  for (int i = 0; i < count; ++i) {
    cells += cell;
  }
  return cells;
}

TEST(XlsxReader, Refusals) {
  TableOptions small;
  small.limits.rows = 2;
  small.limits.columns = 3;
  small.limits.cell_bytes = 50;
  small.limits.row_bytes = 100;
  small.limits.zip_entries = 9;
  small.limits.shared_strings = 2;
  std::string one = "<row><c><v>1</v></c></row>";
  std::map<std::string, std::string> cases = {
      {one + one + one, "TOO_MANY_ROWS"},
      {"<row>" + Cells(4, "<c><v>1</v></c>") + "</row>", "TOO_MANY_COLUMNS"},
      {"<row><c r=\"ZZZZZZZZZZ1\"><v>1</v></c></row>", "TOO_MANY_COLUMNS"},
      {"<row><c t=\"str\"><v>" + std::string(51, 'a') + "</v></c></row>", "CELL_TOO_LONG"},
      {"<row>" + Cells(3, "<c t=\"str\"><v>" + std::string(40, 'a') + "</v></c>") + "</row>", "ROW_TOO_LONG"},
      {"<row><c t=\"s\"><v>7</v></c></row>", "FILE_DAMAGED"},
      {"<row r=\"5\"><c><v>1</v></c></row><row r=\"4\"><c><v>1</v></c></row>", "FILE_DAMAGED"},
      {"<row><c><v>1</v>", "FILE_DAMAGED"},
      {Cells(200, "<a>"), "FILE_XML_UNSAFE"},
  };
  for (const auto& [rows, reason] : cases) {
    EXPECT_EQ(ReadBytes(Workbook(rows), small).reason, reason) << rows.substr(0, 80);
  }
  EXPECT_EQ(ReadBytes(Workbook(one, "<si><t>a</t></si><si/><si/>"), small).reason, "SHARED_STRINGS_TOO_LARGE");
  EXPECT_EQ(ReadBytes(Zip({{"a.txt", "x"}})).reason, "FILE_KIND_UNKNOWN");
  Parts many = WorkbookParts(one);
  many.push_back({"a", ""});
  many.push_back({"b", ""});
  EXPECT_EQ(ReadBytes(Zip(many), small).reason, "ZIP_BOMB");
}

TEST(XlsxReader, EntitiesAreRefused) {
  Parts parts = WorkbookParts("");
  parts.back().second = "<!DOCTYPE w [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><worksheet>&b;</worksheet>";
  EXPECT_EQ(ReadBytes(Zip(parts)).reason, "FILE_XML_UNSAFE");
  parts.back().second = "<worksheet a=\"" + std::string(3 << 20, 'x') + "\"/>";
  TableOptions loose;
  loose.limits.unpack_ratio = 1'000'000;
  EXPECT_EQ(ReadBytes(Zip(parts), loose).reason, "FILE_XML_UNSAFE") << "one endless tag";
}

TEST(XlsxReader, ZipBombs) {
  Parts parts = WorkbookParts("");
  parts.back().second = "<worksheet><sheetData>" + std::string(16 << 20, ' ') + "</sheetData></worksheet>";
  EXPECT_EQ(ReadBytes(Zip(parts)).reason, "ZIP_BOMB") << "by ratio";
  TableOptions total;
  total.limits.unpack_ratio = 1'000'000;
  total.limits.unpacked_bytes = 8 << 20;
  EXPECT_EQ(ReadBytes(Zip(parts), total).reason, "ZIP_BOMB") << "by size";
}

TEST(XlsxReader, SharedStringsBeyondMemoryGoToTheScratchFileSealed) {
  std::string strings, rows;
  int count = 20'000;
  for (int i = 0; i < count; ++i) {
    strings += "<si><t>学生" + std::to_string(i) + "</t></si>";
  }
  for (int i = 0; i < count; ++i) {
    rows += "<row><c t=\"s\"><v>" + std::to_string(i * 7919LL % count) + "</v></c></row>";
  }
  TableOptions options;
  options.limits.shared_string_memory = 64 << 10;
  EXPECT_EQ(ReadBytes(Workbook(rows, strings), options).reason, "SHARED_STRINGS_TOO_LARGE") << "no scratch given";
  options.scratch.directory = testing::TempDir();
  int sealed = 0;
  options.scratch.cipher = [&](int64_t offset, char* data, size_t n) {
    for (size_t i = 0; i < n; ++i) {
      data[i] = static_cast<char>(data[i] ^ (offset + static_cast<int64_t>(i) * 31 + 7));
    }
    ++sealed;
  };
  Table table = ReadBytes(Workbook(rows, strings), options);
  ASSERT_EQ(table.reason, "");
  ASSERT_EQ(table.rows.size(), static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(table.rows[static_cast<size_t>(i)].cells[0].text, "学生" + std::to_string(i * 7919LL % count));
  }
  EXPECT_GT(sealed, 30);
}

std::string Written(int rows) {
  std::string path = TempPath("written.xlsx");
  lxw_workbook* book = workbook_new(path.c_str());
  lxw_worksheet* sheet = workbook_add_worksheet(book, nullptr);
  for (int i = 0; i < rows; ++i) {
    worksheet_write_string(sheet, static_cast<lxw_row_t>(i), 0, ("学生" + std::to_string(i)).c_str(), nullptr);
    worksheet_write_number(sheet, static_cast<lxw_row_t>(i), 1, i, nullptr);
  }
  workbook_close(book);
  std::string bytes = FileBytes(path);
  unlink(path.c_str());
  return bytes;
}

TEST(XlsxReader, ATruncatedFileIsNeverReadToItsEnd) {
  std::string bytes = Written(300);
  ASSERT_EQ(ReadBytes(bytes).rows.size(), 300u);
  for (size_t size = 4; size < bytes.size(); size += 100) {
    EXPECT_NE(ReadBytes(bytes.substr(0, size)).reason, "") << size;
  }
  EXPECT_EQ(ReadBytes(bytes.substr(0, bytes.size() - 30)).reason, "FILE_TRUNCATED");
}

TEST(XlsxReader, AChangedByteIsRefusedOrHarmless) {
  std::string bytes = Written(40);
  Texts right = ReadBytes(bytes).texts();
  for (size_t at = 0; at < bytes.size(); at += 37) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    Table table = ReadBytes(changed);
    EXPECT_TRUE(!table.reason.empty() || table.texts() == right) << at;
  }
}

}  // namespace
}  // namespace ruraledu::ingest
