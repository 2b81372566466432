// The score of one pupil (digest 2.6): facts and a table in, points per group, applied rows and the proposed level out.
// No clock, no registers: the stored request of an identification gives its answer again, years later.
//
//   group    sum of its rows, cut to its limit; SPECIAL_GROUP counts the kinds that hold on the day of the evaluation
//   level    the harder of two: that of the points, and the hardest that a kind gives by itself ("without paper")
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "services/student_aid/identification_policy_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kScoreRulesVersion = "1";

// Errors, all of them in one INVALID_ARGUMENT: FIELD_REQUIRED, TERM_FORMAT, DATE_INVALID, RULES_VERSION_UNKNOWN,
// FACTOR_UNKNOWN (no such factor or answer, a value where an answer belongs or outside of every row), FACTOR_TWICE.
// Further: POLICY_SET_UNKNOWN, POLICY_MISSING.
absl::StatusOr<v1::EvaluateIdentificationResponse> EvaluateIdentification(
    const IdentificationBook& book, const v1::EvaluateIdentificationRequest& request);

// Whether a kind holds on a day: from its first day until it ended or its risk was eliminated (DR-14).
bool HoldsOn(const v1::HardshipFact& fact, absl::CivilDay day);

}  // namespace ruraledu::student_aid
