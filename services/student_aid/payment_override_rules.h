// Overriding a reconciliation (anchor table A1 row 25) as pure rules: which batch takes it, what a line does to its
// order, what the batch is with and without it, and who decides. Persons are compared, not accounts.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/payment_override.pb.h"
#include "services/student_aid/identification_rules.h"
#include "services/student_aid/payment_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kPaymentOverrideRows[] = {{"PROPOSED", "confirm", "CONFIRMED"},
                                                      {"PROPOSED", "refuse", "REFUSED"}};
inline constexpr StateMachine kPaymentOverrideStates("payment_override", "PROPOSED", kPaymentOverrideRows);
static_assert(kPaymentOverrideStates.AllReachable() && kPaymentOverrideStates.Unambiguous());

// Every line by itself, at "lines[i]...": FIELD_TOO_MANY, DUPLICATE_IN_BATCH for an order that stands twice,
// CODE_UNKNOWN for an outcome that no bank gives, DATE_AHEAD, FIELD_TOO_LONG.
void CheckOverrideLines(const v1::ProposePaymentOverrideRequest& request, absl::CivilDay today, Violations* violations);

// OVERRIDE_BATCH unless the batch was sent and waits for the bank.
absl::Status CheckOverridable(const v1::PaymentBatch& batch);

// What a line does to its order, as the same word of the bank in a file would. OVERRIDE_NOTHING when it does nothing.
absl::StatusOr<LineEffect> OverrideEffect(const v1::PaymentOverrideLine& line, const v1::PaymentOrder& order);
BankNote NoteOf(const v1::PaymentOverrideLine& line);

v1::PaymentBatchCounts CountsOf(const v1::PaymentBatch& batch);

// Adds a row per line, in which `orders` are those of the lines, and the batch before and after. OVERRIDE_BATCH,
// OVERRIDE_NOTHING.
absl::Status ShowDifference(const v1::PaymentBatch& batch, const std::vector<v1::PaymentOrder>& orders,
                            const v1::ProposePaymentOverrideRequest& request, v1::PaymentOverride* override);
// OVERRIDE_MOVED unless the order is as the row shows it.
absl::Status CheckShown(const v1::PaymentOverrideRow& row, const v1::PaymentOrder& order);

void ProposeOverride(const Act& act, v1::PaymentOverride* override);
// `event` is "confirm" or "refuse"; `payer` is of the batch. STATE_TRANSITION; ROLE_HELD for whoever proposed it, and
// of what is confirmed for the payer.
absl::Status DecideOverride(const Act& act, std::string_view event, std::string_view payer,
                            v1::PaymentOverride* override);

}  // namespace ruraledu::student_aid
