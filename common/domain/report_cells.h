// Cells and rows of reports (ruraledu.reports.v1), for the rules of every service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ruraledu/reports/v1/reports.pb.h"

namespace ruraledu {

namespace reports_v1 = ruraledu::reports::v1;

reports_v1::ReportCell TextCell(std::string_view text);
reports_v1::ReportCell CountCell(int64_t count);
reports_v1::ReportCell AmountCell(int64_t fen);
reports_v1::ReportCell DayCell(const google::type::Date& day);
reports_v1::ReportCell RateCell(int64_t numerator, int64_t denominator);
reports_v1::ReportRow RowOf(const std::vector<reports_v1::ReportCell>& cells);
// As people read it; amounts with two decimals, rates in percent, "" for what is empty or not applicable (DR-03).
std::string CellText(const reports_v1::ReportCell& cell);

}  // namespace ruraledu
