// The file of a hardship graduate (XJ-8, AL-7) as pure steps: one person, one policy, one file. Nothing in it is
// overwritten. See step_rules.h; after an error the file is not to be used.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "ruraledu/student_aid/v1/graduate.pb.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

// "add": contacts, internships, referrals, attachments, another responsible person. Guards: "policy", there is a
// measure; "placed", the outcome counts as employment.
inline constexpr Transition kGraduateRows[] = {
    {"OPEN", "measure", "SUPPORTED"},
    {"SUPPORTED", "measure", "SUPPORTED"},
    {"PLACED", "measure", "PLACED"},
    {"OPEN", "add", "OPEN"},
    {"SUPPORTED", "add", "SUPPORTED"},
    {"PLACED", "add", "PLACED"},
    {"OPEN", "place", "PLACED", "placed"},
    {"OPEN", "place", "OPEN"},
    {"SUPPORTED", "place", "PLACED", "placed"},
    {"SUPPORTED", "place", "SUPPORTED"},
    {"PLACED", "place", "PLACED", "placed"},
    {"PLACED", "place", "SUPPORTED", "policy"},
    {"PLACED", "place", "OPEN"},
    {"OPEN", "lose", "OPEN"},
    {"SUPPORTED", "lose", "SUPPORTED"},
    {"PLACED", "lose", "SUPPORTED", "policy"},
    {"PLACED", "lose", "OPEN"},
    {"OPEN", "withdraw", "WITHDRAWN"},
    {"SUPPORTED", "withdraw", "WITHDRAWN"},
    {"PLACED", "withdraw", "WITHDRAWN"},
    {"WITHDRAWN", "enter", "SUPPORTED", "policy"},
    {"WITHDRAWN", "enter", "OPEN"},
};
inline constexpr StateMachine kGraduateStates("graduate", "OPEN", kGraduateRows);
static_assert(kGraduateStates.AllReachable() && kGraduateStates.Unambiguous());

// Into the base, whose name, person, year, area and kinds are set; one who was taken out comes back.
absl::Status EnterGraduate(const Act& act, const std::string& responsible, v1::Graduate* graduate);

// One entry; days that are unset are `act`'s. FIELD_REQUIRED, FIELD_TOO_LONG, CODE_UNKNOWN, DATE_AHEAD,
// GRADUATE_REFERRAL, NUMBER_RANGE, STATE_TRANSITION.
absl::Status AddEntry(const Act& act, const FollowUpBook& book, const v1::AddGraduateEntryRequest& request,
                      v1::Graduate* graduate);

// What the file lacks; contacts before `since` are too old.
std::vector<v1::GraduateGap> GapsOf(const v1::Graduate& graduate, absl::CivilDay since);

}  // namespace ruraledu::student_aid
