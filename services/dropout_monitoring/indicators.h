// The measures and indicators of dropout_monitoring, per term.
#pragma once

#include "common/dashboard/indicators.h"
#include "common/dashboard/places.h"

namespace ruraledu::dropout_monitoring {

const dashboard::MeasureBook& Measures();
std::vector<dashboard::IndicatorSpec> Indicators();

}  // namespace ruraledu::dropout_monitoring
