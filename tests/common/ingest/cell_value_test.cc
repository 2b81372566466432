#include "common/ingest/cell_value.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/ingest/formats.h"

namespace ruraledu::ingest {
namespace {

Cell Text(std::string text) {
  return {CellKind::kText, std::move(text), {}};
}
Cell Number(std::string text) {
  return {CellKind::kNumber, std::move(text), {}};
}

// Digest 7.6: IDs are text; what Excel ruined is refused.
TEST(CellValue, Ids) {
  struct Case {
    Cell cell;
    const char *value, *reason;
  } cases[] = {
      {Text("411700201309059016"), "411700201309059016", ""},
      {Text("'411700201309059016"), "411700201309059016", ""},
      {Text("　４１１７００２０１３０９０５９０１６ "), "411700201309059016", ""},
      {Text("6228 4801 2345 6789 012"), "6228480123456789012", ""},
      {Text("41170020140310918x"), "41170020140310918x", ""},
      {Text("G411700201309059016"), "G411700201309059016", ""},
      {Number("13800138000"), "13800138000", ""},
      {Number("411700201309059"), "411700201309059", ""},
      {Text(""), "", ""},
      {Text("6228480123456780"), "6228480123456780", ""},
      {Text("4.117E+17"), "", "EXCEL_PRECISION"},
      {Text("4.11700201309059E+17"), "", "EXCEL_PRECISION"},
      {Text("411700201309059000"), "", "EXCEL_PRECISION"},
      {Number("411700201309059016"), "", "EXCEL_PRECISION"},
      {Number("4.1170020130905901E+17"), "", "EXCEL_PRECISION"},
      {{CellKind::kText, "\\xFF", "TEXT_UNMAPPABLE"}, "", "TEXT_UNMAPPABLE"},
      {{CellKind::kText, "#N/A", "CELL_ERROR"}, "", "CELL_ERROR"},
  };
  for (const Case& c : cases) {
    auto id = ParseId(c.cell);
    EXPECT_EQ(id.ok() ? "" : ReasonOf(id.status()), c.reason) << c.cell.text;
    EXPECT_EQ(id.ok() ? *id : "", c.value) << c.cell.text;
    if (!id.ok()) {
      EXPECT_EQ(id.status().ToString().find("4117"), std::string::npos) << "no value in an error";
    }
  }
}

TEST(CellValue, Dates) {
  absl::CivilDay day(2015, 9, 1);
  for (const char* text :
       {"2015-09-01", "2015-9-1", "2015/9/1", "20150901", "2015.9.1", "2015年9月1日", "２０１５－０９－０１",
        "2015-09-01 00:00:00", "2015/9/1 0:00", "2015-09-01T08:00:00Z", "42248", " 2015年09月01日 "}) {
    auto date = ParseDate(Text(text));
    ASSERT_TRUE(date.ok()) << text;
    EXPECT_EQ(*date, day) << text;
  }
  EXPECT_EQ(*ParseDate(Number("42248")), day);
  EXPECT_EQ(*ParseDate(Number("20150901")), day);
  EXPECT_EQ(*ParseDate({CellKind::kDate, "2015-09-01 12:00:00", {}}), day);
  EXPECT_EQ(*ParseDate(Text("2016-02-29")), absl::CivilDay(2016, 2, 29));
  EXPECT_EQ(*ParseDate(Text("")), std::nullopt);
  for (const char* text : {"2015-02-29", "2015-13-01", "15-09-01", "2015-09", "2015-09-01-", "2015/9-1", "201509", "无",
                           "2015年9月", "0000-00-00", "1", "2015-9-100", "9999-01-01", "2015.9.1.2", "20150931"}) {
    EXPECT_EQ(ReasonOf(ParseDate(Text(text)).status()), "DATE_INVALID") << text;
  }
}

TEST(CellValue, Booleans) {
  for (const char* yes : {"是", "1", "√", "TRUE", "yes", "Y", "有", "１"}) {
    EXPECT_EQ(ParseBool(Text(yes)).value(), true) << yes;
  }
  for (const char* no : {"否", "0", "×", "false", "No", "无"}) {
    EXPECT_EQ(ParseBool(Text(no)).value(), false) << no;
  }
  EXPECT_EQ(ParseBool(Text(" ")).value(), std::nullopt);
  EXPECT_EQ(ReasonOf(ParseBool(Text("也许")).status()), "VALUE_BOOL");
}

TEST(CellValue, MoneyAndNumbers) {
  EXPECT_EQ(ParseMoneyFen(Text("1,250.00")).value(), 125000);
  EXPECT_EQ(ParseMoneyFen(Text("１２５０")).value(), 125000);
  EXPECT_EQ(ParseMoneyFen(Text("￥1250.5元")).value(), 125050);
  EXPECT_EQ(ParseMoneyFen(Number("312.5")).value(), 31250);
  EXPECT_EQ(ParseMoneyFen(Text("")).value(), std::nullopt);
  EXPECT_EQ(ReasonOf(ParseMoneyFen(Text("1.255")).status()), "MONEY_PRECISION");
  EXPECT_EQ(ReasonOf(ParseMoneyFen(Text("1,25")).status()), "MONEY_FORMAT");
  EXPECT_EQ(ReasonOf(ParseMoneyFen(Text("约100")).status()), "MONEY_FORMAT");
  EXPECT_EQ(ParseInt(Text("1,234")).value(), 1234);
  EXPECT_EQ(ParseInt(Number("45")).value(), 45);
  EXPECT_EQ(ParseInt(Text("-3")).value(), -3);
  for (const char* bad : {"4.5", "1,23", ",1", "12a", "99999999999999999999"}) {
    EXPECT_EQ(ReasonOf(ParseInt(Text(bad)).status()), "VALUE_INT") << bad;
  }
}

TEST(CellValue, TextAndNames) {
  EXPECT_EQ(ParseText(Text(" 西吉县\n新营乡 ")).value(), "西吉县 新营乡");
  EXPECT_EQ(ParseName(Text("王　芳")).value(), "王芳");
  EXPECT_EQ(ParseName(Text("买买提•艾力")).value(), "买买提·艾力");
  EXPECT_EQ(ReasonOf(ParseName({CellKind::kText, "x", "TEXT_NUL"}).status()), "TEXT_NUL");
}

TEST(Formats, Numbers) {
  for (auto [stored, shown] :
       std::initializer_list<std::pair<const char*, const char*>>{{"12", "12"},
                                                                  {"12.0", "12"},
                                                                  {"1.2E1", "12"},
                                                                  {"0.30000000000000004", "0.3"},
                                                                  {"1E15", "1E15"},
                                                                  {"x", "x"},
                                                                  {"-0", "0"},
                                                                  {"99999999999999.5", "99999999999999.5"}}) {
    std::string text = stored;
    NormalizeNumber(text);
    EXPECT_EQ(text, shown) << stored;
  }
}

}  // namespace
}  // namespace ruraledu::ingest
