// Aid that others decide and pay (digest 2.3 to 2.5): loans, Rain and Dew, grants and scholarships of universities. One
// machine for all of them, because the county does the same in each: it asks, hears the answer, hears of the payment.
//
//   ASKED > AGREED > PAID     a suspended study pauses what is not paid, a study that was left ends it
//
// A loan and a scholarship are those of a school year and stand in its autumn term; one loan of either kind and one
// scholarship per school year.
#pragma once

#include <string>
#include <string_view>

#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kTrackedAidRows[] = {
    {"ASKED", "agree", "AGREED"},        {"ASKED", "refuse", "REFUSED"},
    {"ASKED", "withdraw", "WITHDRAWN"},  {"ASKED", "pause", "PAUSED"},
    {"ASKED", "end", "ENDED"},           {"AGREED", "pay", "PAID"},
    {"AGREED", "withdraw", "WITHDRAWN"}, {"AGREED", "pause", "PAUSED"},
    {"AGREED", "end", "ENDED"},          {"PAUSED", "resume", "AGREED", "agreed"},
    {"PAUSED", "resume", "ASKED"},       {"PAUSED", "withdraw", "WITHDRAWN"},
    {"PAUSED", "end", "ENDED"},          {"REFUSED", "ask", "ASKED"},
    {"WITHDRAWN", "ask", "ASKED"},       {"ENDED", "ask", "ASKED"},
};
inline constexpr StateMachine kTrackedAidStates("tracked_aid", "ASKED", kTrackedAidRows);
static_assert(kTrackedAidStates.AllReachable() && kTrackedAidStates.Unambiguous());

bool IsLoan(v1::TrackedAidKind kind);
v1::BenefitFamily FamilyOf(v1::TrackedAidKind kind);
// The term under which an aid of the kind stands.
Term TermOf(v1::TrackedAidKind kind, const Term& term);
// Whether the aid falls due on the day or later: its term, or its school year, is not over.
bool Reaches(const TermCalendar& calendar, const v1::TrackedAid& aid, absl::CivilDay day);

// Asked, agreed, paid or resting: it keeps others of its school year away.
bool Stands(v1::TrackedAidState state);

// The stateless method. Errors: those of Evaluate() in entitlement_rules.h, FIELD_REQUIRED, AMOUNT_NEGATIVE,
// AMOUNT_TOO_LARGE; what may not be tracked is an answer with a reason.
absl::StatusOr<v1::EvaluateTrackedAidResponse> EvaluateTracked(const PolicyBook& book, const FundRules& rules,
                                                               const v1::EvaluateTrackedAidRequest& request);

// What was asked, with its answer, into a new record or one that is asked again. STATE_TRANSITION.
absl::Status AskFor(const Act& act, const v1::TrackedAidRow& row, const v1::EvaluateTrackedAidRequest& input,
                    const v1::EvaluateTrackedAidResponse& answer, v1::TrackedAid* aid);
// What a later row says. STATE_TRANSITION; FIELD_REQUIRED of a reason; LOAN_PAPERS: a contract without its number, or
// an origin-place loan without the one who signed with the student; TRACKED_AMOUNT: agreed or paid above what was asked
// or agreed, or nothing.
absl::Status RecordAnswer(const Act& act, const v1::TrackedAidRow& row, v1::TrackedAid* aid);
// "pause", "resume", "end" of a study; nothing where the machine knows no such step from the state.
bool FollowStudy(const Act& act, std::string_view event, v1::TrackedAid* aid);

}  // namespace ruraledu::student_aid
