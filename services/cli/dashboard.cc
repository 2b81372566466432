#include "services/cli/dashboard.h"

#include "absl/strings/str_cat.h"
#include "common/domain/money.h"
#include "common/domain/rate.h"
#include "services/cli/session.h"
#include "services/cli/table.h"

namespace ruraledu::cli {
namespace {

using namespace ruraledu::dashboard::v1;

std::string StateText(IndicatorState state) {
  switch (state) {
    case INDICATOR_STATE_MET:
      return "达标 met";
    case INDICATOR_STATE_MISSED:
      return "未达标 missed";
    case INDICATOR_STATE_NOT_APPLICABLE:
      return "不适用";
    case INDICATOR_STATE_DATA_ERROR:
      return "数据错误 data error";
    default:
      return "";
  }
}

std::string PercentOf(int64_t numerator, int64_t denominator) {
  return PercentText(Rate{numerator, denominator}).value_or("—");
}

template <typename Part>
std::string ValueText(const Part& part, std::string_view unit) {
  if (!part.has_denominator()) {
    return FigureText(part.numerator(), unit);
  }
  const bool hidden = part.numerator().small() || part.denominator().small();
  return absl::StrCat(FigureText(part.numerator(), unit), " / ", FigureText(part.denominator(), unit), " = ",
                      hidden ? "*" : PercentOf(part.numerator().value(), part.denominator().value()));
}

std::string UnitText(std::string_view unit) {
  return unit == "fen" ? "元" : unit == "person" ? "人" : unit == "item" ? "项" : std::string(unit);
}

std::string ShortText(const Indicator& indicator) {
  if (!indicator.has_denominator()) {
    return FigureText(indicator.numerator(), indicator.unit());
  }
  const bool hidden = indicator.numerator().small() || indicator.denominator().small();
  return hidden ? "*" : PercentOf(indicator.numerator().value(), indicator.denominator().value());
}

std::vector<Heading> HeadingsOf(std::string first, const google::protobuf::RepeatedPtrField<Indicator>& indicators) {
  std::vector<Heading> headings = {{std::move(first)}};
  for (const Indicator& indicator : indicators) {
    headings.push_back({indicator.label_zh(), true});
  }
  return headings;
}

std::vector<std::string> RowOf(std::string first, const google::protobuf::RepeatedPtrField<Indicator>& indicators) {
  std::vector<std::string> cells = {std::move(first)};
  for (const Indicator& indicator : indicators) {
    cells.push_back(ShortText(indicator));
  }
  return cells;
}

}  // namespace

std::string FigureText(const Figure& figure, std::string_view unit) {
  if (figure.small()) {
    return "<5";
  }
  return unit == "fen" ? FormatFenGrouped(figure.value()) : Grouped(figure.value());
}

std::string IndicatorText(const Indicator& indicator) {
  return ValueText(indicator, indicator.unit());
}

std::string DashboardText(const Dashboard& dashboard) {
  std::string text = absl::StrCat(dashboard.area_name(), " ", LastPart(dashboard.area()), "  ", dashboard.period(),
                                  "  ", TextOf(dashboard.as_of()), "  version ", dashboard.version(),
                                  dashboard.public_view() ? "  (1–4 shown as <5)" : "", "\n\n");
  Table indicators({{"指标 indicator"}, {"数值 value", true}, {"单位"}, {"目标 target", true}, {"状态 state"}});
  for (const Indicator& indicator : dashboard.indicators()) {
    indicators.Add(
        {absl::StrCat(indicator.label_zh(), " ", indicator.label()), IndicatorText(indicator),
         UnitText(indicator.unit()),
         indicator.has_target() ? PercentOf(indicator.target().numerator(), indicator.target().denominator()) : "",
         StateText(indicator.state())});
    for (const IndicatorPart& part : indicator.parts()) {
      indicators.Add({absl::StrCat("  ", part.code(), " ", part.label_zh()), ValueText(part, indicator.unit()),
                      UnitText(indicator.unit()), "", ""});
    }
  }
  absl::StrAppend(&text, indicators.Text());
  if (dashboard.breakdown_size() > 0) {
    Table areas(HeadingsOf("区域 area", dashboard.breakdown(0).indicators()));
    for (const BreakdownRow& row : dashboard.breakdown()) {
      areas.Add(RowOf(absl::StrCat(row.area_name(), " ", LastPart(row.area())), row.indicators()));
    }
    absl::StrAppend(&text, "\n", areas.Text());
  }
  if (dashboard.trend_size() > 0) {
    Table trend(HeadingsOf("时期 period", dashboard.trend(0).indicators()));
    for (const TrendPoint& point : dashboard.trend()) {
      trend.Add(RowOf(point.period(), point.indicators()));
    }
    absl::StrAppend(&text, "\n", trend.Text());
  }
  return text;
}

}  // namespace ruraledu::cli
