// The measures and indicators of information asked of families: for indicators.cc.
#pragma once

#include <vector>

#include "common/dashboard/indicators.h"
#include "common/dashboard/measures.h"

namespace ruraledu::student_aid {

std::vector<dashboard::Measure> InformationMeasures();
std::vector<dashboard::Contributor> InformationContributors();
std::vector<dashboard::IndicatorSpec> InformationIndicators();

}  // namespace ruraledu::student_aid
