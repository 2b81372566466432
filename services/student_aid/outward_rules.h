// Pupils who study elsewhere (digest 2.8) as pure steps on their case: whom to ask for, what an answer means, letters
// and their clock, payments of the home county. See step_rules.h; after an error the case is not to be used.
//
// Bodies:
//
//   OFFICE  asks, records answers, proposes payments, takes back      LEADER  agrees to or refuses a payment
//
// What the job finds (paid, unpaid, lapse) is nobody's act.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/outward.pb.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kOutwardRows[] = {
    {"FOUND", "ask", "ASKED"},
    {"ASKED", "ask", "ASKED"},
    {"CONFIRMED", "ask", "ASKED"},
    {"CLOSED", "ask", "ASKED"},
    {"QUESTIONED", "ask", "QUESTIONED"},
    {"LOST", "ask", "ASKED"},
    {"ASKED", "aided", "CONFIRMED"},
    {"ASKED", "not_aided", "QUESTIONED", "eligible"},
    {"ASKED", "not_aided", "CLOSED"},
    {"ASKED", "ask_again", "ASKED"},
    {"ASKED", "not_found", "LOST"},
    {"QUESTIONED", "aided", "CONFIRMED"},
    {"QUESTIONED", "not_aided", "QUESTIONED", "eligible"},
    {"QUESTIONED", "not_aided", "CLOSED"},
    {"QUESTIONED", "ask_again", "QUESTIONED"},
    {"QUESTIONED", "not_found", "LOST"},
    {"QUESTIONED", "propose", "BACKFILL_PROPOSED", "home"},
    {"LOST", "propose", "BACKFILL_PROPOSED", "home"},
    {"BACKFILL_PROPOSED", "approve", "BACKFILL_APPROVED", "opened"},
    {"BACKFILL_PROPOSED", "approve", "QUESTIONED"},  // nothing could be opened: the case says why
    {"BACKFILL_PROPOSED", "refuse", "QUESTIONED"},
    {"BACKFILL_APPROVED", "paid", "BACKFILLED"},
    {"BACKFILL_APPROVED", "lapse", "QUESTIONED"},
    {"BACKFILLED", "unpaid", "BACKFILL_APPROVED"},
    {"FOUND", "withdraw", "WITHDRAWN"},
    {"ASKED", "withdraw", "WITHDRAWN"},
    {"CONFIRMED", "withdraw", "WITHDRAWN"},
    {"QUESTIONED", "withdraw", "WITHDRAWN"},
    {"LOST", "withdraw", "WITHDRAWN"},
    {"CLOSED", "withdraw", "WITHDRAWN"},
};
inline constexpr StateMachine kOutwardStates("outward_case", "FOUND", kOutwardRows);
static_assert(kOutwardStates.AllReachable() && kOutwardStates.Unambiguous());

// Kinds of `facts` out of those that are asked for, which hold in the term (DR-10, DR-14), in order of the rule.
std::vector<std::string> TrackedKinds(const PolicyBook& book, const FollowUpBook& rules, const v1::PupilFacts& facts,
                                      const Term& term);

// The stateless method. Errors: as Evaluate; of an answer as CheckAnswer.
absl::StatusOr<v1::EvaluateOutwardCaseResponse> EvaluateOutwardCase(const PolicyBook& book, const FollowUpBook& rules,
                                                                    const v1::EvaluateOutwardCaseRequest& request);

// FIELD_REQUIRED of the result, or of the items when aid was given; ITEM_UNKNOWN; NUMBER_RANGE of an amount; a label
// without a code.
absl::Status CheckAnswer(const PolicyBook& book, const v1::OutwardAnswer& answer);

// Opens a case, whose name, person, term, area, direction, other county and input are set.
void OpenCase(const Act& act, const v1::EvaluateOutwardCaseResponse& answer, v1::OutwardCase* one);
// Into a letter: `days` to answer.
absl::Status AskFor(const Act& act, const std::string& letter, int32_t days, v1::OutwardCase* one);
// The answer; `act.reason` is its remark.
absl::Status TakeAnswer(const Act& act, const std::string& letter, const v1::OutwardAnswer& answer,
                        v1::OutwardCase* one);
// FIELD_REQUIRED of the reason; PERSON_UNKNOWN of somebody whom the registry does not know; ITEM_UNKNOWN for an item
// that is not owed.
absl::Status ProposeBackfill(const Act& act, const std::vector<std::string>& items, v1::OutwardCase* one);
// With what became of each item: an application, or why there is none.
absl::Status ApproveBackfill(const Act& act, v1::OutwardCase* one);
absl::Status RefuseBackfill(const Act& act, v1::OutwardCase* one);
absl::Status WithdrawCase(const Act& act, v1::OutwardCase* one);

// What became of the applications of a case; nothing to do: false. `states` are those of its backfills that have one.
absl::StatusOr<bool> SettleCase(const Act& act, const std::vector<v1::ApplicationState>& states, v1::OutwardCase* one);

// Counts in the rate of confirmation: settled, of all that were not taken back.
bool Counted(const v1::OutwardCase& one);
bool Settled(const v1::OutwardCase& one);
// The answer is late on the day.
bool Overdue(const v1::OutwardCase& one, absl::CivilDay on);

}  // namespace ruraledu::student_aid
