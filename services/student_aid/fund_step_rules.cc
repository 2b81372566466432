#include "services/student_aid/fund_step_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "common/domain/record_state.h"

namespace ruraledu::student_aid {
namespace {

absl::Status Short(const FundFacts& facts, int64_t available, int64_t amount) {
  return Fail("FUND_SHORT", {{"fund", facts.name}, {"available", FormatFen(available)}, {"amount", FormatFen(amount)}});
}

absl::StatusOr<int64_t> AmountToMove(v1::FundStepKind kind, const FundFacts& facts, int64_t asked) {
  const bool back = kind == v1::FUND_STEP_KIND_SURRENDER;
  const int64_t available = facts.fund.Available();
  const int64_t all = back ? std::min(available, facts.over_age_fen) : available;
  const int64_t amount = asked == 0 ? all : asked;
  if (back && amount > facts.over_age_fen) {
    return Fail("FUND_NOT_OVER_AGE",
                {{"fund", facts.name}, {"limit", FormatFen(facts.over_age_fen)}, {"amount", FormatFen(amount)}});
  }
  if (amount <= 0 || amount > available) {
    return Short(facts, available, amount);
  }
  if (!back && facts.next.closed) {
    return Fail("FUND_CLOSED", {{"fund", absl::StrCat("after ", facts.name)}});
  }
  return amount;
}

}  // namespace

absl::StatusOr<int64_t> AmountOf(v1::FundStepKind kind, const FundFacts& facts, int64_t asked) {
  switch (kind) {
    case v1::FUND_STEP_KIND_CARRY_OVER:
    case v1::FUND_STEP_KIND_SURRENDER:
      return AmountToMove(kind, facts, asked);
    case v1::FUND_STEP_KIND_CLOSE: {
      RETURN_IF_ERROR(CheckClosing(facts.fund, facts.name));
      return 0;
    }
    case v1::FUND_STEP_KIND_ADVANCE: {
      if (facts.fund.closed) {
        return Fail("FUND_CLOSED", {{"fund", facts.name}});
      }
      if (asked < 0) {
        return Fail("LEDGER_AMOUNT", {{"kind", "ADVANCE"}, {"amount", FormatFen(asked)}, {"limit", "1000000000.00"}});
      }
      return facts.fund.Available() + asked < 0 ? Short(facts, facts.fund.Available(), asked)
                                                : absl::StatusOr<int64_t>(asked);
    }
    default:
      return absl::InternalError("a fund step without a kind");
  }
}

bool AppliesTo(v1::FundStepKind kind, const FundFacts& facts) {
  switch (kind) {
    case v1::FUND_STEP_KIND_CARRY_OVER:
      return facts.fund.Available() > 0;
    case v1::FUND_STEP_KIND_SURRENDER:
      return std::min(facts.fund.Available(), facts.over_age_fen) > 0;
    case v1::FUND_STEP_KIND_CLOSE:
      return !facts.fund.closed;
    default:
      return false;
  }
}

void Propose(const Act& act, v1::FundStep* step) {
  step->set_state(v1::FUND_STEP_STATE_PROPOSED);
  step->set_proposed_by(act.person);
  *step->mutable_proposed_on() = DateOf(act.on);
}

absl::Status Decide(const Act& act, std::string_view event, v1::FundStep* step) {
  RETURN_IF_ERROR(kFundStepStates.Next(EnumText(step->state()), event).status());
  if (act.person == step->proposed_by()) {
    return Fail("ROLE_HELD", {{"held", "PROPOSER"}, {"wanted", "CHECKER"}});
  }
  RETURN_IF_ERROR(MoveState(kFundStepStates, event, step));
  step->set_decided_by(act.person);
  *step->mutable_decided_on() = DateOf(act.on);
  step->set_reason(act.reason);
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
