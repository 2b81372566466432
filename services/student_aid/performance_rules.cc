#include "services/student_aid/performance_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::student_aid {
namespace {

Rate RateOf(const ruraledu::common::v1::Rate& rate) {
  return {rate.numerator(), rate.denominator()};
}

}  // namespace

absl::Status SetTargets(const Act& act, const google::protobuf::RepeatedPtrField<v1::PerformanceTarget>& targets,
                        const std::map<std::string, KnownIndicator>& known, v1::PerformancePlan* plan) {
  if (plan->state() != v1::PERFORMANCE_STATE_UNSPECIFIED) {
    RETURN_IF_ERROR(MoveState(kPerformanceStates, "set", plan));
  }
  plan->set_state(v1::PERFORMANCE_STATE_PLANNED);
  std::map<std::string, v1::PerformanceTarget> ordered;
  for (const v1::PerformanceTarget& target : targets) {
    const auto indicator = known.find(target.indicator());
    if (indicator == known.end()) {
      return Fail("INDICATOR_UNKNOWN", {{"indicator", target.indicator()}});
    }
    if (target.target().numerator() < 0 || target.target().denominator() < 1) {
      Violations violations;
      violations.Add("targets", "NUMBER_RANGE", {{"low", "0/1"}, {"high", "∞"}});
      return violations.status();
    }
    v1::PerformanceTarget one;
    one.set_indicator(target.indicator());
    one.set_label_zh(indicator->second.label_zh);
    *one.mutable_target() = target.target();
    one.set_at_most(indicator->second.direction == TargetDirection::kAtMost);
    if (!ordered.emplace(target.indicator(), std::move(one)).second) {
      return Fail("DUPLICATE_IN_BATCH");
    }
  }
  plan->clear_targets();
  for (auto& [id, target] : ordered) {
    *plan->add_targets() = std::move(target);
  }
  plan->set_planned_by(act.person);
  *plan->mutable_planned_on() = DateOf(act.on);
  return absl::OkStatus();
}

absl::Status EvaluatePlan(const Act& act, const std::map<std::string, Rate>& actual,
                          const std::map<std::string, std::string>& reasons, v1::PerformancePlan* plan) {
  RETURN_IF_ERROR(MoveState(kPerformanceStates, "evaluate", plan));
  Violations violations;
  for (v1::PerformanceTarget& target : *plan->mutable_targets()) {
    const auto found = actual.find(target.indicator());
    const Rate value = found == actual.end() ? Rate() : found->second;
    target.mutable_actual()->set_numerator(value.numerator);
    target.mutable_actual()->set_denominator(value.denominator);
    const auto direction = target.at_most() ? TargetDirection::kAtMost : TargetDirection::kAtLeast;
    target.set_met(CompareToTarget(value, RateOf(target.target()), direction) == TargetState::kMet);
    const auto reason = reasons.find(target.indicator());
    target.set_deviation(target.met() || reason == reasons.end() ? "" : reason->second);
    violations.Require(target.met() || !target.deviation().empty(),
                       absl::StrCat("deviations[", target.indicator(), "].reason"));
  }
  RETURN_IF_ERROR(violations.status());
  plan->set_evaluated_by(act.person);
  *plan->mutable_evaluated_on() = DateOf(act.on);
  return absl::OkStatus();
}

absl::Status ConfirmPlan(const Act& act, v1::PerformancePlan* plan) {
  RETURN_IF_ERROR(MoveState(kPerformanceStates, "confirm", plan));
  const bool approves = plan->state() == v1::PERFORMANCE_STATE_APPROVED;
  if (act.person == (approves ? plan->planned_by() : plan->evaluated_by())) {
    return Fail("ROLE_HELD",
                {{"held", approves ? "PLANNER" : "EVALUATOR"}, {"wanted", approves ? "APPROVER" : "SIGNER"}});
  }
  if (approves) {
    plan->set_approved_by(act.person);
    *plan->mutable_approved_on() = DateOf(act.on);
  } else {
    plan->set_signed_by(act.person);
    *plan->mutable_signed_on() = DateOf(act.on);
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
