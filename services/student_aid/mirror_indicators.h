// Measures and indicators of the mirror of the national system.
#pragma once

#include <vector>

#include "common/dashboard/indicators.h"
#include "common/dashboard/measures.h"

namespace ruraledu::student_aid {

std::vector<dashboard::Measure> MirrorMeasures();
std::vector<dashboard::Contributor> MirrorContributors();
std::vector<dashboard::IndicatorSpec> MirrorIndicators();

}  // namespace ruraledu::student_aid
