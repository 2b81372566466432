#include "services/student_aid/payment_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "common/domain/record_state.h"
#include "services/student_aid/share_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMostHolder = 140, kMostAccount = 34, kBankCode = 12;

bool IsWaiting(v1::PaymentOrderState state) {
  return state == v1::PAYMENT_ORDER_STATE_ORDERED || state == v1::PAYMENT_ORDER_STATE_SENT;
}

template <typename Check>
bool Each(std::string_view text, Check check) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return check(static_cast<unsigned char>(c)); });
}

bool Took(const v1::Application& application, std::string_view person, std::string_view event) {
  return std::any_of(application.steps().begin(), application.steps().end(), [&](const v1::IdentificationStep& step) {
    return step.person() == person && step.event() == event;
  });
}

LineEffect Refused(std::string_view reason) {
  return {v1::PAYMENT_LINE_OUTCOME_REFUSED, "", reason};
}

}  // namespace

absl::Status StepBatch(std::string_view event, std::string_view guard, v1::PaymentBatch* batch) {
  return MoveState(kPaymentBatchStates, event, batch, [&](std::string_view wanted) { return wanted == guard; });
}

absl::Status StepOrder(std::string_view event, v1::PaymentOrder* order) {
  return MoveState(kPaymentOrderStates, event, order);
}

std::string BatchReference(std::string_view county, std::string_view term, int32_t number) {
  const std::string year(term.substr(0, 4)), season(term.substr(term.size() - 1));
  return absl::StrFormat("%s-%s%s-%03d", county, year, season, number);
}

std::string OrderReference(std::string_view batch_reference, int64_t row) {
  return absl::StrFormat("%s-%07d", batch_reference, row);
}

absl::StatusOr<std::vector<v1::ShareAmount>> SplitOrder(const v1::PolicyItem& item, int64_t amount_fen) {
  std::vector<v1::ShareAmount> shares;
  ASSIGN_OR_RETURN(const std::vector<LevelAmount> parts, SplitShares(item, amount_fen));
  for (const LevelAmount& part : parts) {
    v1::ShareAmount& share = shares.emplace_back();
    share.set_level(EnumText(part.level));
    share.set_amount_fen(part.fen);
  }
  return shares;
}

void CheckPayingAccount(const v1::PayingAccount& account, Violations* violations) {
  violations->Require(!account.holder().empty(), "account.holder");
  violations->Require(!account.number().empty(), "account.number");
  violations->Require(!account.bank_code().empty(), "account.bank_code");
  violations->MostBytes("account.holder", account.holder(), kMostHolder);
  violations->MostBytes("account.number", account.number(), kMostAccount);
  const bool number = Each(account.number(), [](unsigned char c) { return absl::ascii_isalnum(c); });
  const bool code = account.bank_code().empty() ||
                    (account.bank_code().size() == kBankCode &&
                     Each(account.bank_code(), [](unsigned char c) { return absl::ascii_isdigit(c); }));
  if (!number) {
    violations->Add("account.number", "ACCOUNT_FORMAT", {{"field", "account.number"}});
  }
  if (!code) {
    violations->Add("account.bank_code", "ACCOUNT_FORMAT", {{"field", "account.bank_code"}});
  }
}

absl::Status CheckAnswerable(const v1::PaymentBatch& batch) {
  v1::PaymentBatch probe = batch;
  return StepBatch("reconcile", "", &probe);
}

absl::Status CheckAnswered(const AnsweredMessage& message, const v1::PaymentBatch& batch) {
  if (!message.reference.empty() && message.reference != batch.reference()) {
    return Fail("PAYMENT_RETURN_BATCH", {{"expected", batch.reference()}});
  }
  if (message.count.has_value() && *message.count != batch.order_count()) {
    return Fail("PAYMENT_RETURN_COUNT",
                {{"stated", absl::StrCat(*message.count)}, {"found", absl::StrCat(batch.order_count())}});
  }
  if (message.sum_fen.has_value() && *message.sum_fen != batch.total_fen()) {
    return Fail("PAYMENT_RETURN_SUM",
                {{"stated", FormatFen(*message.sum_fen)}, {"found", FormatFen(batch.total_fen())}});
  }
  return absl::OkStatus();
}

LineEffect EffectOf(BankSays says, std::optional<int64_t> amount_fen, const v1::PaymentOrder& order) {
  if (amount_fen.has_value() && *amount_fen != order.amount_fen()) {
    return {v1::PAYMENT_LINE_OUTCOME_WRONG_AMOUNT, "", ""};
  }
  const bool paid = says == BankSays::kPaid;
  switch (order.state()) {
    case v1::PAYMENT_ORDER_STATE_ORDERED:
    case v1::PAYMENT_ORDER_STATE_SENT:
      return paid ? LineEffect{v1::PAYMENT_LINE_OUTCOME_PAID, "pay", ""}
                  : LineEffect{v1::PAYMENT_LINE_OUTCOME_REJECTED, "fail", ""};
    case v1::PAYMENT_ORDER_STATE_PAID:
      return paid ? LineEffect{v1::PAYMENT_LINE_OUTCOME_DUPLICATE, "", ""}
                  : LineEffect{v1::PAYMENT_LINE_OUTCOME_RETURNED, "return", ""};
    case v1::PAYMENT_ORDER_STATE_RETURNED:
      return {v1::PAYMENT_LINE_OUTCOME_DUPLICATE, "", ""};
    case v1::PAYMENT_ORDER_STATE_FAILED:
      return paid ? Refused("PAYMENT_PAID_AFTER_END") : LineEffect{v1::PAYMENT_LINE_OUTCOME_DUPLICATE, "", ""};
    default:
      return Refused(paid ? "PAYMENT_PAID_AFTER_END" : "STATE_TRANSITION");
  }
}

absl::Status TakeEffect(const LineEffect& effect, const BankNote& note, v1::PaymentOrder* order) {
  RETURN_IF_ERROR(StepOrder(effect.event, order));
  if (effect.event == "send") {
    return absl::OkStatus();
  }
  if (!note.reference.empty()) {
    order->set_bank_reference(note.reference);
  }
  if (effect.event == "pay") {
    *order->mutable_paid_on() = DateOf(note.on);
    const auto pay_by = DayOf(order->pay_by());
    order->set_late(pay_by.has_value() && note.on > *pay_by);
    return absl::OkStatus();
  }
  *order->mutable_ended_on() = DateOf(note.on);
  order->set_bank_reason(note.reason);
  return absl::OkStatus();
}

void CountOrder(const v1::PaymentOrder& before, const v1::PaymentOrder& after, v1::PaymentBatch* batch) {
  const auto count = [&](const v1::PaymentOrder& order, int64_t sign) {
    const int64_t fen = sign * order.amount_fen();
    if (order.state() == v1::PAYMENT_ORDER_STATE_PAID) {
      batch->set_paid_count(batch->paid_count() + sign);
      batch->set_paid_fen(batch->paid_fen() + fen);
    } else if (order.state() == v1::PAYMENT_ORDER_STATE_FAILED) {
      batch->set_failed_count(batch->failed_count() + sign);
      batch->set_failed_fen(batch->failed_fen() + fen);
    } else if (order.state() == v1::PAYMENT_ORDER_STATE_RETURNED) {
      batch->set_returned_count(batch->returned_count() + sign);
      batch->set_returned_fen(batch->returned_fen() + fen);
    }
    if (order.late() && !IsWaiting(order.state())) {
      batch->set_late_count(batch->late_count() + sign);
    }
  };
  count(before, -1);
  count(after, 1);
}

std::string_view AnsweredGuard(const v1::PaymentBatch& batch) {
  const int64_t answered = batch.paid_count() + batch.failed_count() + batch.returned_count();
  return answered == batch.order_count() ? "all_answered" : "";
}

absl::StatusOr<int64_t> RecoverableOf(const v1::StartRecoveryRequest& request, const v1::Application& application,
                                      absl::CivilDay census) {
  const auto left_on = DayOf(request.left_on());
  if (left_on.has_value() && *left_on > census && request.cause() == v1::RECOVERY_CAUSE_NOT_ELIGIBLE) {
    return Fail("RECOVERY_NOT_DUE", {{"census", DayText(census)}});
  }
  const bool part = request.cause() == v1::RECOVERY_CAUSE_WRONG_AMOUNT;
  const int64_t amount_fen = part ? request.amount_fen() : application.paid_fen();
  if (amount_fen <= 0 || amount_fen > application.paid_fen()) {
    return Fail("RECOVERY_AMOUNT", {{"limit", FormatFen(application.paid_fen())}});
  }
  return amount_fen;
}

void Charge(int64_t amount_fen, v1::Application* application) {
  application->set_paid_fen(application->paid_fen() - amount_fen);
  application->set_recoverable_fen(application->recoverable_fen() + amount_fen);
  application->set_overpaid(application->paid_fen() > application->amount_fen());
}

absl::Status Discharge(int64_t amount_fen, v1::Application* application) {
  if (amount_fen <= 0 || amount_fen > application->recoverable_fen()) {
    return Fail("RECOVERY_AMOUNT", {{"limit", FormatFen(application->recoverable_fen())}});
  }
  application->set_recoverable_fen(application->recoverable_fen() - amount_fen);
  return absl::OkStatus();
}

absl::Status CheckNotPayer(const v1::Application& application, std::string_view person) {
  return Took(application, person, "order") ? Fail("ROLE_HELD", {{"held", "PAYER"}, {"wanted", "RECOVERY"}})
                                            : absl::OkStatus();
}

absl::Status CheckNotRecoverer(const v1::Application& application, std::string_view person) {
  return Took(application, person, "recover") ? Fail("ROLE_HELD", {{"held", "RECOVERY"}, {"wanted", "WRITE_OFF"}})
                                              : absl::OkStatus();
}

}  // namespace ruraledu::student_aid
