// The measures and indicators of student_aid: who should be aided, is entitled, is aided, the gap, coverage (2.9,
// DR-03), amounts and comparison classes, hardship pupils by level and kind, what is disputed (2.6), how far
// applications are (2.7), per term.
#pragma once

#include "common/dashboard/indicators.h"
#include "common/dashboard/places.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// Decisions in force, the newest comparisons, records of identification, notices and applications
// contribute.
const dashboard::MeasureBook& Measures();

// Labels of items come from the book, those of levels from the tables, those of channels and outcomes from
// `follow_up`, which outlives them.
std::vector<dashboard::IndicatorSpec> Indicators(const PolicyBook& book, const IdentificationBook& tables,
                                                 const FollowUpBook& follow_up);

}  // namespace ruraledu::student_aid
