// Stocks of goods at schools and what moves them, as pure rules. A stock is never below zero, not even at the end of a
// term that is over; a movement is never changed but by the second person who decides on it; a mistake is taken back by
// a movement with the quantity below zero. Persons are compared, not accounts.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/goods.pb.h"
#include "services/student_aid/goods_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kGoodsMovementRows[] = {{"WAITING", "confirm", "BOOKED"}, {"WAITING", "refuse", "REFUSED"}};
inline constexpr StateMachine kGoodsMovementStates("goods_movement", "WAITING", kGoodsMovementRows);
static_assert(kGoodsMovementStates.AllReachable() && kGoodsMovementStates.Unambiguous());

inline constexpr int64_t kMostGoods = 1'000'000;  // units of a movement
inline constexpr int kMostIssued = 200;           // rows of a batch

// FIELD_REQUIRED, NUMBER_RANGE, DATE_INVALID, DATE_AHEAD, CODE_UNKNOWN, FIELD_TOO_LONG of one movement.
void CheckMovement(const v1::RecordGoodsMovementRequest& request, const GoodsBook& book, absl::CivilDay today,
                   Violations* violations);
// The same of a batch; DUPLICATE_IN_BATCH for a pupil who stands twice.
void CheckIssue(const v1::BatchIssueGoodsRequest& request, const GoodsBook& book, absl::CivilDay today,
                Violations* violations);

// LOST, SPOILT and a difference that was counted.
bool NeedsSecondPerson(const v1::GoodsMovement& movement);
// Recorded by whoever acts; WAITING when it needs a second person, else BOOKED.
void RecordMovement(const Act& act, v1::GoodsMovement* movement);
// STATE_TRANSITION; ROLE_HELD for whoever recorded it. `event` is "confirm" or "refuse".
absl::Status DecideMovement(const Act& act, std::string_view event, v1::GoodsMovement* movement);

// What a movement adds to the stock at hand.
int64_t DeltaOf(const v1::GoodsMovement& movement);
// Books a movement: totals, its term and the terms behind it. STOCK_EXCEEDED; then nothing has changed.
absl::Status BookMovement(const v1::GoodsMovement& movement, v1::GoodsStock* stock);
// The stock in a term, also in one in which nothing moved.
v1::GoodsTerm TermOf(const v1::GoodsStock& stock, std::string_view term);

// MOVEMENT_NOT_REVERSIBLE unless it is booked, takes nothing back itself, was not `reversed`, and nothing of it was
// `returned`.
absl::Status CheckReversible(const v1::GoodsMovement& movement, bool reversed, int64_t returned);
// What takes `movement` back on the day of the act, without name and counterpart.
v1::GoodsMovement ReversalOf(const Act& act, const TermCalendar& calendar, const v1::GoodsMovement& movement);

// RETURN_EXCEEDED unless `issue` was booked as given to a pupil, and so much of it is still out.
absl::Status CheckReturn(const v1::GoodsMovement& issue, bool reversed, int64_t returned, std::string_view item,
                         int64_t quantity);

}  // namespace ruraledu::student_aid
