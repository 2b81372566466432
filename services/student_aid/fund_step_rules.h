// Steps on funds that one person proposes and another one confirms (digest 2.7 e, anchor rows 12 and 25): what they may
// do with a fund, and who may act. Persons are compared, not accounts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "services/student_aid/identification_rules.h"
#include "services/student_aid/ledger_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kFundStepRows[] = {{"PROPOSED", "confirm", "CONFIRMED"}, {"PROPOSED", "refuse", "REFUSED"}};
inline constexpr StateMachine kFundStepStates("fund step", "PROPOSED", kFundStepRows);
static_assert(kFundStepStates.AllReachable() && kFundStepStates.Unambiguous());

// A fund, and what of its money at hand is over age.
struct FundFacts {
  const FundState& fund;
  const FundState& next;  // of the year after
  int64_t over_age_fen = 0;
  std::string name;  // "2023.SP_NUTR"
};

// The amount with which the step can be done now. `asked` 0: all that there is, for CARRY_OVER and SURRENDER.
//   CARRY_OVER  FUND_SHORT above what is available, FUND_CLOSED when the next year is
//   SURRENDER   FUND_NOT_OVER_AGE above what is over age, FUND_SHORT
//   CLOSE       FUND_NOT_SETTLED, FUND_CLOSED; always 0
//   ADVANCE     FUND_CLOSED, FUND_SHORT below what is in use; LEDGER_AMOUNT below 0
absl::StatusOr<int64_t> AmountOf(v1::FundStepKind kind, const FundFacts& facts, int64_t asked);
// Whether a step without items takes the fund in.
bool AppliesTo(v1::FundStepKind kind, const FundFacts& facts);

void Propose(const Act& act, v1::FundStep* step);
// `event` is "confirm" or "refuse". STATE_TRANSITION; ROLE_HELD for whoever proposed it.
absl::Status Decide(const Act& act, std::string_view event, v1::FundStep* step);

}  // namespace ruraledu::student_aid
