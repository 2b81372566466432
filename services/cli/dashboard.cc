#include "services/cli/dashboard.h"

#include <algorithm>
#include <optional>

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

bool Hidden(const Figure& figure) {
  return figure.small() || figure.withheld();
}

template <typename Part>
std::string ValueText(const Part& part, std::string_view unit) {
  if (!part.has_denominator()) {
    return FigureText(part.numerator(), unit);
  }
  const bool hidden = Hidden(part.numerator()) || Hidden(part.denominator());
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
  const bool hidden = Hidden(indicator.numerator()) || Hidden(indicator.denominator());
  return hidden ? "*" : PercentOf(indicator.numerator().value(), indicator.denominator().value());
}

using Indicators = google::protobuf::RepeatedPtrField<Indicator>;

// What fits on a screen; --json has all of them. The services name the most telling ones first.
constexpr int kColumns = 7;

// A table by area or period. Lines without any figure are counted, not shown.
class Lines {
 public:
  explicit Lines(std::string first) : first_(std::move(first)) {}

  void Add(std::string name, const Indicators& indicators) {
    if (!table_.has_value()) {
      std::vector<Heading> headings = {{first_}};
      for (int i = 0; i < std::min(kColumns, indicators.size()); ++i) {
        headings.push_back({indicators[i].label_zh(), true});
      }
      table_.emplace(std::move(headings));
    }
    const bool nothing = std::all_of(indicators.begin(), indicators.end(), [](const Indicator& indicator) {
      const Figure &over = indicator.numerator(), &under = indicator.denominator();
      return over.value() == 0 && under.value() == 0 && !Hidden(over) && !Hidden(under);
    });
    if (nothing) {
      ++empty_;
      return;
    }
    std::vector<std::string> cells = {std::move(name)};
    for (int i = 0; i < std::min(kColumns, indicators.size()); ++i) {
      cells.push_back(ShortText(indicators[i]));
    }
    table_->Add(std::move(cells));
  }

  std::string Text() const {
    if (!table_.has_value() || (table_->size() == 0 && empty_ == 0)) {
      return "";
    }
    return absl::StrCat("\n", table_->size() > 0 ? table_->Text() : "",
                        empty_ > 0 ? absl::StrCat("(", empty_, " without figures 无数据)\n") : "");
  }

 private:
  std::string first_;
  std::optional<Table> table_;
  int empty_ = 0;
};

}  // namespace

std::string FigureText(const Figure& figure, std::string_view unit) {
  if (figure.small()) {
    return "<5";
  }
  if (figure.withheld()) {
    return "*";
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
  Lines areas("区域 area"), periods("时期 period");
  for (const BreakdownRow& row : dashboard.breakdown()) {
    areas.Add(absl::StrCat(row.area_name(), " ", LastPart(row.area())), row.indicators());
  }
  for (const TrendPoint& point : dashboard.trend()) {
    periods.Add(point.period(), point.indicators());
  }
  absl::StrAppend(&text, areas.Text(), periods.Text());
  return text;
}

}  // namespace ruraledu::cli
