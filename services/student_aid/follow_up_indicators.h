// Measures and indicators of pupils who study elsewhere (2.8, 2.10), graduates (XJ-8, AL-7) and publicity (PS-5b,
// AL-5c). Graduates of a year count in its spring term.
#pragma once

#include "common/dashboard/indicators.h"
#include "services/student_aid/follow_up_policy_rules.h"

namespace ruraledu::student_aid {

std::vector<dashboard::Measure> FollowUpMeasures();
std::vector<dashboard::Contributor> FollowUpContributors();
// Labels of codes come from the book; without one there are none.
std::vector<dashboard::IndicatorSpec> FollowUpIndicators(const FollowUpBook& book);

}  // namespace ruraledu::student_aid
