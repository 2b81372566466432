#include "services/student_aid/report_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"

namespace ruraledu::student_aid {

LevelAmounts& LevelAmounts::operator+=(const LevelAmounts& other) {
  for (size_t i = 0; i < by_level.size(); ++i) {
    by_level[i] += other.by_level[i];
  }
  unsplit_fen += other.unsplit_fen;
  return *this;
}

absl::StatusOr<LevelAmounts> SplitByLevel(const v1::PolicyItem& item, int64_t fen) {
  LevelAmounts amounts;
  if (item.shares().empty()) {
    amounts.unsplit_fen = fen;
    return amounts;
  }
  std::vector<std::pair<v1::FundingLevel, int32_t>> shares;
  for (const v1::FundingShare& share : item.shares()) {
    v1::FundingLevel level = v1::FUNDING_LEVEL_UNSPECIFIED;
    if (!v1::FundingLevel_Parse(absl::StrCat("FUNDING_LEVEL_", share.level()), &level)) {
      return Fail("SHARES_NOT_WHOLE");
    }
    shares.emplace_back(level, share.basis_points());
  }
  std::sort(shares.begin(), shares.end());  // the highest level first
  std::vector<int32_t> points;
  for (const auto& [level, basis_points] : shares) {
    points.push_back(basis_points);
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> parts, SplitFen(fen, points));
  for (size_t i = 0; i < parts.size(); ++i) {
    amounts.by_level[shares[i].first] += parts[i];
  }
  return amounts;
}

const v1::PolicyItem* ItemInForce(const PolicyBook& book, std::string_view region, const Term& term,
                                  std::string_view item) {
  for (const v1::PolicySet* set : book.InForce(region, term)) {
    for (const v1::PolicyItem& row : set->items()) {
      if (row.code() == item && SpanOf(*set, row).Contains(term)) {
        return &row;
      }
    }
  }
  return nullptr;
}

std::string LevelText(v1::FundingLevel level) {
  switch (level) {
    case v1::FUNDING_LEVEL_CENTRAL:
      return "中央";
    case v1::FUNDING_LEVEL_PROVINCE:
      return "省级";
    case v1::FUNDING_LEVEL_CITY:
      return "市级";
    case v1::FUNDING_LEVEL_COUNTY:
      return "县级";
    default:
      return "";
  }
}

v1::ReportCell TextCell(std::string_view text) {
  v1::ReportCell cell;
  cell.set_text(std::string(text));
  return cell;
}

v1::ReportCell CountCell(int64_t count) {
  v1::ReportCell cell;
  cell.set_count(count);
  return cell;
}

v1::ReportCell AmountCell(int64_t fen) {
  v1::ReportCell cell;
  cell.set_amount_fen(fen);
  return cell;
}

v1::ReportCell DayCell(const google::type::Date& day) {
  v1::ReportCell cell;
  if (DayOf(day).has_value()) {
    *cell.mutable_day() = day;
  }
  return cell;
}

v1::ReportCell RateCell(int64_t numerator, int64_t denominator) {
  v1::ReportCell cell;
  cell.mutable_rate()->set_numerator(numerator);
  cell.mutable_rate()->set_denominator(std::max<int64_t>(denominator, 0));
  return cell;
}

v1::ReportRow RowOf(const std::vector<v1::ReportCell>& cells) {
  v1::ReportRow row;
  row.mutable_cells()->Assign(cells.begin(), cells.end());
  return row;
}

std::string CellText(const v1::ReportCell& cell) {
  switch (cell.value_case()) {
    case v1::ReportCell::kText:
      return cell.text();
    case v1::ReportCell::kCount:
      return absl::StrCat(cell.count());
    case v1::ReportCell::kAmountFen:
      return FormatFen(cell.amount_fen());
    case v1::ReportCell::kDay:
      return DayText(*DayOf(cell.day()));
    case v1::ReportCell::kRate:
      return PercentText({cell.rate().numerator(), cell.rate().denominator()}).value_or("");
    default:
      return "";
  }
}

int32_t ParseBudgetYear(std::string_view text) {
  int32_t year = 0;
  const bool digits = text.size() == 4 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  return digits && absl::SimpleAtoi(text, &year) ? year : 0;
}

std::optional<DayRange> ParseDays(std::string_view text) {
  const size_t dots = text.find("..");
  DayRange range;
  const bool days = dots != std::string_view::npos && ParseDay(text.substr(0, dots), &range.from) &&
                    ParseDay(text.substr(dots + 2), &range.to) && range.from <= range.to;
  return days ? std::optional(range) : std::nullopt;
}

}  // namespace ruraledu::student_aid
