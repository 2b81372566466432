// The measures and indicators of payment (2.7, 2.10): for indicators.cc.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dashboard/indicators.h"
#include "common/dashboard/measures.h"

namespace ruraledu::student_aid {

std::vector<dashboard::Measure> PaymentMeasures();
std::vector<dashboard::Contributor> PaymentContributors();
// `item`: label of an item code.
std::vector<dashboard::IndicatorSpec> PaymentIndicators(const std::function<std::string(std::string_view)>& item);

}  // namespace ruraledu::student_aid
