// Caps over all aid of a pupil, and the life of the lists of other departments.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "services/student_aid/department_policy_rules.h"

namespace ruraledu::student_aid {

// Errors, all of them in one INVALID_ARGUMENT: FIELD_REQUIRED, TERM_FORMAT, AMOUNT_NEGATIVE, AMOUNT_TOO_LARGE,
// DATE_INVALID, CODE_UNKNOWN (purpose), FIELD_TOO_MANY.
absl::StatusOr<v1::EvaluateAidCapResponse> EvaluateAidCap(const DepartmentBook& book,
                                                          const v1::EvaluateAidCapRequest& request);
// AID_CAP_EXCEEDED when the caps leave less than the amount.
absl::Status CheckAidCap(const v1::EvaluateAidCapRequest& request, const v1::EvaluateAidCapResponse& answer);

// Whether money of an application is out, or may be without a further act of the family or the school.
bool IsLive(v1::ApplicationState state);
// In a payment batch or paid.
bool IsOrdered(v1::ApplicationState state);
bool WasOrdered(const v1::Application& application);
// The county has approved of it at least once, or it was ordered: the money is promised.
bool IsPromised(const v1::Application& application);

// An application as money: what was paid, else what it is for.
v1::CountedAid CountedOf(const DepartmentBook& departments, const v1::Application& application);

inline constexpr Transition kDepartmentAidListRows[] = {
    {"OPEN", "read", "READING"},          {"REFUSED", "read", "READING"},      {"READING", "read", "READING"},
    {"OPEN", "refuse", "REFUSED"},        {"REFUSED", "refuse", "REFUSED"},    {"READING", "count", "COUNTED"},
    {"COUNTED", "replace", "REPLACED"},   {"OPEN", "withdraw", "WITHDRAWN"},   {"REFUSED", "withdraw", "WITHDRAWN"},
    {"READING", "withdraw", "WITHDRAWN"}, {"COUNTED", "withdraw", "WITHDRAWN"}};
inline constexpr StateMachine kDepartmentAidListStates("department_aid_list", "OPEN", kDepartmentAidListRows);
static_assert(kDepartmentAidListStates.AllReachable() && kDepartmentAidListStates.Unambiguous());

// STATE_TRANSITION.
absl::Status StepList(std::string_view event, v1::DepartmentAidList* list);

}  // namespace ruraledu::student_aid
