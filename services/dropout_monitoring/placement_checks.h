// What the handlers of placements and of the expert committee check of a request. For *_handlers.cc only.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/placement_rules.h"

namespace ruraledu::dropout_monitoring {

inline constexpr int kMostPlacementHistory = 200;  // placements, and opinions, of one child

// The day, two members at least, a kind that is known: DATE_AHEAD, DATE_INVALID, FIELD_REQUIRED, FIELD_TOO_LONG,
// FIELD_TOO_MANY, CODE_UNKNOWN.
absl::Status CheckOpinion(const PlacementBook& book, absl::CivilDay today, const v1::CommitteeOpinion& opinion);

}  // namespace ruraledu::dropout_monitoring
