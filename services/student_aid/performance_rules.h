// Performance targets and self-evaluation of a budget year as pure steps. Persons are compared, not accounts.
//
//   PLANNED (targets may change) -> APPROVED by another person -> EVALUATED (may be repeated) -> SIGNED by another
//   person
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/domain/rate.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/performance.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kPerformanceRows[] = {{"PLANNED", "set", "PLANNED"},
                                                  {"PLANNED", "confirm", "APPROVED"},
                                                  {"APPROVED", "evaluate", "EVALUATED"},
                                                  {"EVALUATED", "evaluate", "EVALUATED"},
                                                  {"EVALUATED", "confirm", "SIGNED"}};
inline constexpr StateMachine kPerformanceStates("performance plan", "PLANNED", kPerformanceRows);
static_assert(kPerformanceStates.AllReachable() && kPerformanceStates.Unambiguous());

// What the dashboard says of an indicator.
struct KnownIndicator {
  std::string label_zh;
  TargetDirection direction = TargetDirection::kAtLeast;
};

// `targets` as asked for; labels and directions are those of the indicators. STATE_TRANSITION, INDICATOR_UNKNOWN,
// DUPLICATE_IN_BATCH, NUMBER_RANGE of a target that is no rate.
absl::Status SetTargets(const Act& act, const google::protobuf::RepeatedPtrField<v1::PerformanceTarget>& targets,
                        const std::map<std::string, KnownIndicator>& known, v1::PerformancePlan* plan);
// `actual` and `reasons` by indicator. STATE_TRANSITION; FIELD_REQUIRED of the reason of a target that is not reached.
absl::Status EvaluatePlan(const Act& act, const std::map<std::string, Rate>& actual,
                          const std::map<std::string, std::string>& reasons, v1::PerformancePlan* plan);
// STATE_TRANSITION, ROLE_HELD.
absl::Status ConfirmPlan(const Act& act, v1::PerformancePlan* plan);

}  // namespace ruraledu::student_aid
