// The measures and indicators of dropout_monitoring, per term.
#pragma once

#include "common/dashboard/indicators.h"
#include "common/dashboard/places.h"

namespace ruraledu::dropout_monitoring {

const dashboard::MeasureBook& Measures();
std::vector<dashboard::IndicatorSpec> Indicators();

// Schools of a township in the order of their codes (DR-11), out of the copy of the registry.
absl::StatusOr<std::vector<dashboard::SchoolName>> SchoolNames(db::Transaction& tx, std::string_view township);

}  // namespace ruraledu::dropout_monitoring
