// The life of payment batches and orders (digest 2.7) as pure steps: machines, shares, what a line of the bank means,
// what may be recovered.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "ruraledu/student_aid/v1/policy.pb.h"

namespace ruraledu::student_aid {

inline constexpr Transition kPaymentBatchRows[] = {
    {"DRAFT", "freeze", "FROZEN"},
    {"DRAFT", "cancel", "CANCELLED"},
    {"FROZEN", "complete", "CANCELLED", "nothing_ordered"},
    {"FROZEN", "complete", "ORDERED"},
    {"FROZEN", "cancel", "CANCELLED"},
    {"ORDERED", "cancel", "CANCELLED"},
    {"ORDERED", "send", "SENT"},
    {"SENT", "reconcile", "CLOSED", "all_answered"},
    {"SENT", "reconcile", "PARTLY_RECONCILED"},
    {"PARTLY_RECONCILED", "reconcile", "CLOSED", "all_answered"},
    {"PARTLY_RECONCILED", "reconcile", "PARTLY_RECONCILED"},
    {"CLOSED", "reconcile", "CLOSED"},  // what comes back later
};
inline constexpr StateMachine kPaymentBatchStates("payment_batch", "DRAFT", kPaymentBatchRows);
static_assert(kPaymentBatchStates.AllReachable() && kPaymentBatchStates.Unambiguous());

inline constexpr Transition kPaymentOrderRows[] = {
    {"ORDERED", "send", "SENT"},    {"ORDERED", "cancel", "CANCELLED"},
    {"ORDERED", "pay", "PAID"},     {"ORDERED", "fail", "FAILED"},
    {"SENT", "pay", "PAID"},        {"SENT", "fail", "FAILED"},
    {"PAID", "return", "RETURNED"},
};
inline constexpr StateMachine kPaymentOrderStates("payment_order", "ORDERED", kPaymentOrderRows);
static_assert(kPaymentOrderStates.AllReachable() && kPaymentOrderStates.Unambiguous());

// "SENT" <-> PAYMENT_BATCH_STATE_SENT, PAYMENT_ORDER_STATE_SENT.

// Moves on by an event: STATE_TRANSITION. `guard`: the condition that holds.
absl::Status StepBatch(std::string_view event, std::string_view guard, v1::PaymentBatch* batch);
absl::Status StepOrder(std::string_view event, v1::PaymentOrder* order);

// "411728-20231-001", and of its row 7 "411728-20231-001-0000007". `term` is valid.
std::string BatchReference(std::string_view county, std::string_view term, int32_t number);
std::string OrderReference(std::string_view batch_reference, int64_t row);

// Who bears an order, as SplitShares (share_rules.h): from the highest level down. Empty when the item states no
// shares.
absl::StatusOr<std::vector<v1::ShareAmount>> SplitOrder(const v1::PolicyItem& item, int64_t amount_fen);

// FIELD_REQUIRED, FIELD_TOO_LONG, CODE_UNKNOWN ... of the paying account at `account.*`.
void CheckPayingAccount(const v1::PayingAccount& account, Violations* violations);

// --- What the bank says ---------------------------------------------------------------------------------------------

// Whether the batch takes an answer of the bank: STATE_TRANSITION before it was sent.
absl::Status CheckAnswerable(const v1::PaymentBatch& batch);
// The message that a file answers, and how many payments of which sum it had, where the file says so:
// PAYMENT_RETURN_BATCH, PAYMENT_RETURN_COUNT, PAYMENT_RETURN_SUM.
struct AnsweredMessage {
  std::string reference;  // "": the format has none
  std::optional<int64_t> count, sum_fen;
};
absl::Status CheckAnswered(const AnsweredMessage& message, const v1::PaymentBatch& batch);

enum class BankSays { kPaid, kRejected, kReturned };
// What a line does to an order: its outcome, and the event ("" for nothing) for order and application alike.
struct LineEffect {
  v1::PaymentLineOutcome outcome = v1::PAYMENT_LINE_OUTCOME_UNSPECIFIED;
  std::string_view event;
  std::string_view reason;  // REFUSED: why
};
// Table, by the present state of the order; another amount than the order's is WRONG_AMOUNT.
//   says       ORDERED, SENT       PAID                 FAILED, RETURNED, CANCELLED
//   paid       pay, PAID           DUPLICATE            REFUSED (RETURNED: DUPLICATE)
//   rejected   fail, REJECTED      return, RETURNED     DUPLICATE (CANCELLED: REFUSED)
//   returned   fail, REJECTED      return, RETURNED     DUPLICATE (CANCELLED: REFUSED)
// A payment that is refused after it was paid came back; one that comes back before it was paid was refused.
LineEffect EffectOf(BankSays says, std::optional<int64_t> amount_fen, const v1::PaymentOrder& order);

// Applies the effect to the order: state, days, `late` (DR-23), the bank's reference and reason.
struct BankNote {
  absl::CivilDay on;
  std::string reference, reason;
};
absl::Status TakeEffect(const LineEffect& effect, const BankNote& note, v1::PaymentOrder* order);

// Moves the counts of a batch from the order as it was to the order as it is.
void CountOrder(const v1::PaymentOrder& before, const v1::PaymentOrder& after, v1::PaymentBatch* batch);
// "all_answered" when no order of the batch waits for the bank, else "".
std::string_view AnsweredGuard(const v1::PaymentBatch& batch);

// --- Recovery -------------------------------------------------------------------------------------------------------

// What is to come back of a paid application. `census`: census date of its term. RECOVERY_NOT_DUE when the pupil left
// after it (DR-26, 2.7 c); RECOVERY_AMOUNT unless 0 < amount <= paid, for WRONG_AMOUNT; 2.7 b and d take the whole.
absl::StatusOr<int64_t> RecoverableOf(const v1::StartRecoveryRequest& request, const v1::Application& application,
                                      absl::CivilDay census);
// Sets what is to come back; the state is the caller's (StepApplication).
void Charge(int64_t amount_fen, v1::Application* application);
// Takes what came back, or is given up: RECOVERY_AMOUNT unless 0 < amount <= recoverable.
absl::Status Discharge(int64_t amount_fen, v1::Application* application);

// ROLE_HELD when the person ordered it: nobody recovers or writes off what he paid.
absl::Status CheckNotPayer(const v1::Application& application, std::string_view person);
// ROLE_HELD when the person started its recovery: what is given up wants a second person.
absl::Status CheckNotRecoverer(const v1::Application& application, std::string_view person);

}  // namespace ruraledu::student_aid
