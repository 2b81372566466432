#include "services/student_aid/payment_override_rules.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostLines = 200;
constexpr size_t kMostReference = 35;  // of ISO 20022

bool IsOfBank(v1::PaymentLineOutcome outcome) {
  return outcome == v1::PAYMENT_LINE_OUTCOME_PAID || outcome == v1::PAYMENT_LINE_OUTCOME_REJECTED ||
         outcome == v1::PAYMENT_LINE_OUTCOME_RETURNED;
}

BankSays SaysOf(v1::PaymentLineOutcome outcome) {
  return outcome == v1::PAYMENT_LINE_OUTCOME_PAID       ? BankSays::kPaid
         : outcome == v1::PAYMENT_LINE_OUTCOME_REJECTED ? BankSays::kRejected
                                                        : BankSays::kReturned;
}

}  // namespace

void CheckOverrideLines(const v1::ProposePaymentOverrideRequest& request, absl::CivilDay today,
                        Violations* violations) {
  violations->Require(!request.lines().empty(), "lines");
  if (request.lines_size() > kMostLines) {
    violations->Add("lines", "FIELD_TOO_MANY", {{"field", "lines"}, {"limit", absl::StrCat(kMostLines)}});
    return;
  }
  std::set<std::string> seen;
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::PaymentOverrideLine& line = request.lines(i);
    const std::string at = absl::StrCat("lines[", i, "]");
    if (!seen.insert(line.order()).second) {
      violations->Add(absl::StrCat(at, ".order"), "DUPLICATE_IN_BATCH");
    }
    if (!IsOfBank(line.outcome())) {
      violations->Add(absl::StrCat(at, ".outcome"), "CODE_UNKNOWN", {{"list", "payment_line_outcome"}});
    }
    const auto on = DayOf(line.on(), absl::StrCat(at, ".on"), violations);
    if (on.has_value() && *on > today) {
      violations->Add(absl::StrCat(at, ".on"), "DATE_AHEAD", {{"date", DayText(*on)}});
    }
    violations->MostBytes(absl::StrCat(at, ".bank_reference"), line.bank_reference(), kMostReference);
    violations->MostBytes(absl::StrCat(at, ".bank_reason"), line.bank_reason(), kMostReference);
  }
}

absl::Status CheckOverridable(const v1::PaymentBatch& batch) {
  const bool waits =
      batch.state() == v1::PAYMENT_BATCH_STATE_SENT || batch.state() == v1::PAYMENT_BATCH_STATE_PARTLY_RECONCILED;
  return waits ? absl::OkStatus() : Fail("OVERRIDE_BATCH", {{"state", EnumText(batch.state())}});
}

absl::StatusOr<LineEffect> OverrideEffect(const v1::PaymentOverrideLine& line, const v1::PaymentOrder& order) {
  const LineEffect effect = EffectOf(SaysOf(line.outcome()), order.amount_fen(), order);
  if (effect.event.empty()) {
    return Fail("OVERRIDE_NOTHING", {{"order", order.reference()}, {"state", EnumText(order.state())}});
  }
  return effect;
}

BankNote NoteOf(const v1::PaymentOverrideLine& line) {
  return {*DayOf(line.on()), line.bank_reference(), line.bank_reason()};
}

v1::PaymentBatchCounts CountsOf(const v1::PaymentBatch& batch) {
  v1::PaymentBatchCounts counts;
  counts.set_state(batch.state());
  counts.set_paid_count(batch.paid_count());
  counts.set_paid_fen(batch.paid_fen());
  counts.set_failed_count(batch.failed_count());
  counts.set_failed_fen(batch.failed_fen());
  counts.set_returned_count(batch.returned_count());
  counts.set_returned_fen(batch.returned_fen());
  counts.set_late_count(batch.late_count());
  return counts;
}

absl::Status ShowDifference(const v1::PaymentBatch& batch, const std::vector<v1::PaymentOrder>& orders,
                            const v1::ProposePaymentOverrideRequest& request, v1::PaymentOverride* override) {
  RETURN_IF_ERROR(CheckOverridable(batch));
  v1::PaymentBatch counted = batch;
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::PaymentOrder& before = orders[static_cast<size_t>(i)];
    ASSIGN_OR_RETURN(const LineEffect effect, OverrideEffect(request.lines(i), before));
    v1::PaymentOrder after = before;
    RETURN_IF_ERROR(TakeEffect(effect, NoteOf(request.lines(i)), &after));
    CountOrder(before, after, &counted);
    v1::PaymentOverrideRow* row = override->add_rows();
    *row->mutable_line() = request.lines(i);
    row->set_area(before.area());
    row->set_amount_fen(before.amount_fen());
    row->set_from(before.state());
    row->set_to(after.state());
  }
  RETURN_IF_ERROR(StepBatch("reconcile", AnsweredGuard(counted), &counted));
  *override->mutable_before() = CountsOf(batch);
  *override->mutable_after() = CountsOf(counted);
  return absl::OkStatus();
}

absl::Status CheckShown(const v1::PaymentOverrideRow& row, const v1::PaymentOrder& order) {
  // An order that was handed over meanwhile waits as it did.
  const bool waits = row.from() == v1::PAYMENT_ORDER_STATE_ORDERED && order.state() == v1::PAYMENT_ORDER_STATE_SENT;
  return waits || row.from() == order.state()
             ? absl::OkStatus()
             : Fail("OVERRIDE_MOVED", {{"order", order.reference()}, {"state", EnumText(order.state())}});
}

void ProposeOverride(const Act& act, v1::PaymentOverride* override) {
  override->set_state(v1::PAYMENT_OVERRIDE_STATE_PROPOSED);
  override->set_proposed_by(act.person);
  *override->mutable_proposed_on() = DateOf(act.on);
}

absl::Status DecideOverride(const Act& act, std::string_view event, std::string_view payer,
                            v1::PaymentOverride* override) {
  RETURN_IF_ERROR(kPaymentOverrideStates.Next(EnumText(override->state()), event).status());
  if (act.person == override->proposed_by()) {
    return Fail("ROLE_HELD", {{"held", "PROPOSER"}, {"wanted", "CHECKER"}});
  }
  if (event == "confirm" && act.person == payer) {
    return Fail("ROLE_HELD", {{"held", "PAYER"}, {"wanted", "CHECKER"}});
  }
  RETURN_IF_ERROR(MoveState(kPaymentOverrideStates, event, override));
  override->set_decided_by(act.person);
  *override->mutable_decided_on() = DateOf(act.on);
  override->set_reason(act.reason);
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
