#include "services/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "services/cli/dashboard.h"

namespace ruraledu::cli {
namespace {

TEST(DisplayWidthTest, CountsCellsOfATerminal) {
  const std::pair<const char*, int> widths[] = {{"", 0},        {"abc", 3},  {"遂平县", 6},
                                                {"a县b", 4},    {"ＡＢ", 4}, {"é", 1},
                                                {"e\u0301", 1}, {"，", 2},   {"\xF0\xA0\xAE\xB7", 2}};
  for (const auto& [text, width] : widths) {
    EXPECT_EQ(DisplayWidth(text), width) << text;
  }
}

TEST(TableTest, ColumnsLineUpWithChineseText) {
  Table table({{"项目 item"}, {"人数", true}});
  table.Add({"寄宿生生活补助", "1,234"});
  table.Add({"SP", "5"});
  EXPECT_EQ(table.Text(),
            "项目 item        人数\n"
            "--------------  -----\n"
            "寄宿生生活补助  1,234\n"
            "SP                  5\n");
  EXPECT_EQ(table.size(), 2u);
}

TEST(TableTest, DataCannotSteerTheTerminal) {
  Table table({{"name"}});
  table.Add({"a\033[2J\nb"});
  EXPECT_EQ(table.Text(), "name\n-------\na?[2J?b\n");
}

TEST(TableTest, MissingCellsAreEmpty) {
  Table table({{"a"}, {"b"}});
  table.Add({"1"});
  EXPECT_EQ(table.Text(), "a  b\n-  -\n1\n");
}

TEST(ProgressTest, PlainLinesPerTenthWithoutATerminal) {
  std::ostringstream out;
  Progress progress(out, false, "roster.xlsx");
  for (int done = 0; done <= 100; ++done) {
    progress.Show(done, 100, "upload");
  }
  progress.Show(100, 100, "checking");
  progress.End();
  std::string expected;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    expected += "roster.xlsx: upload " + std::to_string(tenth * 10) + " %\n";
  }
  EXPECT_EQ(out.str(), expected + "roster.xlsx: checking 100 %\n");
}

TEST(ProgressTest, OneLineThatIsDrawnOverOnATerminal) {
  std::ostringstream out;
  Progress progress(out, true, "f");
  progress.Show(1, 2, "upload");
  progress.End();
  EXPECT_EQ(out.str(), "\r\033[Kf [############............] upload 50 %\n");
}

TEST(GroupedTest, GroupsByThousands) {
  const std::pair<int64_t, const char*> numbers[] = {
      {0, "0"}, {999, "999"}, {1000, "1,000"}, {1234567, "1,234,567"}, {-1000, "-1,000"}, {-100, "-100"}};
  for (const auto& [number, text] : numbers) {
    EXPECT_EQ(Grouped(number), text);
  }
}

ruraledu::dashboard::v1::Indicator RateOf(int64_t numerator, int64_t denominator) {
  ruraledu::dashboard::v1::Indicator indicator;
  indicator.set_label_zh("应助尽助率");
  indicator.set_label("coverage");
  indicator.set_unit("person");
  indicator.mutable_numerator()->set_value(numerator);
  indicator.mutable_denominator()->set_value(denominator);
  return indicator;
}

TEST(DashboardTest, ValuesAreShownByTheirUnit) {
  ruraledu::dashboard::v1::Figure fen;
  fen.set_value(123450);
  EXPECT_EQ(FigureText(fen, "fen"), "1,234.50");
  EXPECT_EQ(FigureText(fen, "person"), "123,450");
  fen.set_value(0);
  fen.set_small(true);
  EXPECT_EQ(FigureText(fen, "person"), "<5");
}

TEST(DashboardTest, RatesAreExactAndAZeroDenominatorIsNotApplicable) {
  EXPECT_EQ(IndicatorText(RateOf(3, 4)), "3 / 4 = 75.00%");
  EXPECT_EQ(IndicatorText(RateOf(0, 0)), "0 / 0 = —");  // DR-03
  ruraledu::dashboard::v1::Indicator hidden = RateOf(0, 40);
  hidden.mutable_numerator()->set_small(true);
  EXPECT_EQ(IndicatorText(hidden), "<5 / 40 = *");
  hidden.mutable_numerator()->set_small(false);
  hidden.mutable_numerator()->set_withheld(true);
  EXPECT_EQ(IndicatorText(hidden), "* / 40 = *");
}

TEST(DashboardTest, ShowsIndicatorsBreakdownAndTrend) {
  ruraledu::dashboard::v1::Dashboard dashboard;
  dashboard.set_area("areas/411728");
  dashboard.set_area_name("遂平县");
  dashboard.set_period("2023-2024-1");
  dashboard.set_version(7);
  *dashboard.add_indicators() = RateOf(3, 4);
  auto* part = dashboard.mutable_indicators(0)->add_parts();
  part->set_code("SP_LIV_B_PRI");
  part->mutable_numerator()->set_value(2);
  auto* row = dashboard.add_breakdown();
  row->set_area("areas/411728103");
  row->set_area_name("玉山镇");
  *row->add_indicators() = RateOf(1, 4);
  auto* empty = dashboard.add_breakdown();
  empty->set_area_name("和兴镇");
  *empty->add_indicators() = RateOf(0, 0);
  auto* point = dashboard.add_trend();
  point->set_period("2022-2023-2");
  *point->add_indicators() = RateOf(1, 2);
  const std::string text = DashboardText(dashboard);
  for (const char* shown : {"遂平县 411728  2023-2024-1", "version 7", "应助尽助率 coverage", "3 / 4", "  SP_LIV_B_PRI",
                            "玉山镇 411728103", "25.00%", "2022-2023-2", "50.00%"}) {
    EXPECT_NE(text.find(shown), std::string::npos) << shown << "\n" << text;
  }
  EXPECT_EQ(text.find("和兴镇"), std::string::npos) << text;
  EXPECT_NE(text.find("(1 without figures"), std::string::npos) << text;
}

}  // namespace
}  // namespace ruraledu::cli
