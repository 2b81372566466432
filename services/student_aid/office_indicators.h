// The measures and indicators of complaints and messages to families: for indicators.cc.
#pragma once

#include <vector>

#include "common/dashboard/indicators.h"
#include "common/dashboard/measures.h"

namespace ruraledu::student_aid {

std::vector<dashboard::Measure> OfficeMeasures();
std::vector<dashboard::Contributor> OfficeContributors();
std::vector<dashboard::IndicatorSpec> OfficeIndicators();

}  // namespace ruraledu::student_aid
