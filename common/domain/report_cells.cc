#include "common/domain/report_cells.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "common/domain/rate.h"

namespace ruraledu {

reports_v1::ReportCell TextCell(std::string_view text) {
  reports_v1::ReportCell cell;
  cell.set_text(std::string(text));
  return cell;
}

reports_v1::ReportCell CountCell(int64_t count) {
  reports_v1::ReportCell cell;
  cell.set_count(count);
  return cell;
}

reports_v1::ReportCell AmountCell(int64_t fen) {
  reports_v1::ReportCell cell;
  cell.set_amount_fen(fen);
  return cell;
}

reports_v1::ReportCell DayCell(const google::type::Date& day) {
  reports_v1::ReportCell cell;
  if (DayOf(day).has_value()) {
    *cell.mutable_day() = day;
  }
  return cell;
}

reports_v1::ReportCell RateCell(int64_t numerator, int64_t denominator) {
  reports_v1::ReportCell cell;
  cell.mutable_rate()->set_numerator(numerator);
  cell.mutable_rate()->set_denominator(std::max<int64_t>(denominator, 0));
  return cell;
}

reports_v1::ReportRow RowOf(const std::vector<reports_v1::ReportCell>& cells) {
  reports_v1::ReportRow row;
  row.mutable_cells()->Assign(cells.begin(), cells.end());
  return row;
}

std::string CellText(const reports_v1::ReportCell& cell) {
  switch (cell.value_case()) {
    case reports_v1::ReportCell::kText:
      return cell.text();
    case reports_v1::ReportCell::kCount:
      return absl::StrCat(cell.count());
    case reports_v1::ReportCell::kAmountFen:
      return FormatFen(cell.amount_fen());
    case reports_v1::ReportCell::kDay:
      return DayText(*DayOf(cell.day()));
    case reports_v1::ReportCell::kRate:
      return PercentText({cell.rate().numerator(), cell.rate().denominator()}).value_or("");
    default:
      return "";
  }
}

}  // namespace ruraledu
