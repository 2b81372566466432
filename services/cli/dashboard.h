// A dashboard as text.
#pragma once

#include <string>

#include "ruraledu/dashboard/v1/dashboard.pb.h"

namespace ruraledu::cli {

// "12,345", "1,234.50" for the unit fen (shown as yuan), "<5" for a hidden small value.
std::string FigureText(const ruraledu::dashboard::v1::Figure& figure, std::string_view unit);
// The value, or "3 / 4 = 75.0 %" for a rate; "—" for a rate without a denominator (DR-03).
std::string IndicatorText(const ruraledu::dashboard::v1::Indicator& indicator);
// Indicators with their parts, the breakdown by area and the trend, as aligned tables.
std::string DashboardText(const ruraledu::dashboard::v1::Dashboard& dashboard);

}  // namespace ruraledu::cli
