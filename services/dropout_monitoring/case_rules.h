// The life of a case (digest 3.5). Pure: every function takes the policy by which the case goes and who acts when, and
// leaves the case as it was when it fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/case_policy_rules.h"

namespace ruraledu::dropout_monitoring {

// Who acts, and when.
struct CaseAct {
  std::string person;  // registry id, or "job:<id>"
  absl::CivilDay on;
  std::string reason;  // in words, may be empty
};

// By what the rules go.
struct CaseRules {
  const v1::CasePolicy& policy;
  const CaseCodes& codes;
};

// The machine. "contact" and "legal_0" change no state but the first contact of a confirmed dropout, which is the
// beginning of the persuasion. A child that was confirmed before goes back to persuasion when it relapses, another one
// to verification: nobody is persuaded, let alone ordered, unconfirmed. So does an exempt one whose approval ended
// before the case was closed.
inline constexpr Transition kCaseRows[] = {
    {"SUSPECTED", "verify", "VERIFYING"},
    {"VERIFYING", "false_alarm", "CLOSED"},
    {"VERIFYING", "confirm", "CONFIRMED"},
    {"SUSPECTED", "contact", "SUSPECTED"},
    {"VERIFYING", "contact", "VERIFYING"},
    {"CONFIRMED", "contact", "PERSUADING"},
    {"PERSUADING", "contact", "PERSUADING"},
    {"LEGAL_1", "contact", "LEGAL_1"},
    {"LEGAL_2", "contact", "LEGAL_2"},
    {"LEGAL_3", "contact", "LEGAL_3"},
    {"RETURNED_TRIAL", "contact", "RETURNED_TRIAL"},
    {"SUSPECTED", "legal_0", "SUSPECTED"},
    {"VERIFYING", "legal_0", "VERIFYING"},
    {"CONFIRMED", "legal_0", "CONFIRMED"},
    {"PERSUADING", "legal_0", "PERSUADING"},
    {"PERSUADING", "legal_1", "LEGAL_1"},
    {"LEGAL_1", "legal_2", "LEGAL_2", "penalty_step"},
    {"LEGAL_1", "legal_3", "LEGAL_3", "no_penalty_step"},
    {"LEGAL_2", "legal_3", "LEGAL_3"},
    {"SUSPECTED", "return", "RETURNED_TRIAL"},
    {"VERIFYING", "return", "RETURNED_TRIAL"},
    {"CONFIRMED", "return", "RETURNED_TRIAL"},
    {"PERSUADING", "return", "RETURNED_TRIAL"},
    {"LEGAL_1", "return", "RETURNED_TRIAL"},
    {"LEGAL_2", "return", "RETURNED_TRIAL"},
    {"LEGAL_3", "return", "RETURNED_TRIAL"},
    {"RETURNED_TRIAL", "relapse", "PERSUADING", "was_confirmed"},
    {"RETURNED_TRIAL", "relapse", "VERIFYING"},
    {"SUSPECTED", "move", "MOVED_CONFIRMED"},
    {"VERIFYING", "move", "MOVED_CONFIRMED"},
    {"CONFIRMED", "move", "MOVED_CONFIRMED"},
    {"PERSUADING", "move", "MOVED_CONFIRMED"},
    {"LEGAL_1", "move", "MOVED_CONFIRMED"},
    {"LEGAL_2", "move", "MOVED_CONFIRMED"},
    {"LEGAL_3", "move", "MOVED_CONFIRMED"},
    {"RETURNED_TRIAL", "move", "MOVED_CONFIRMED"},
    {"SUSPECTED", "decease", "DECEASED"},
    {"VERIFYING", "decease", "DECEASED"},
    {"CONFIRMED", "decease", "DECEASED"},
    {"PERSUADING", "decease", "DECEASED"},
    {"LEGAL_1", "decease", "DECEASED"},
    {"LEGAL_2", "decease", "DECEASED"},
    {"LEGAL_3", "decease", "DECEASED"},
    {"RETURNED_TRIAL", "decease", "DECEASED"},
    {"SUSPECTED", "exempt", "EXEMPT"},
    {"VERIFYING", "exempt", "EXEMPT"},
    {"CONFIRMED", "exempt", "EXEMPT"},
    {"PERSUADING", "exempt", "EXEMPT"},
    {"LEGAL_1", "exempt", "EXEMPT"},
    {"LEGAL_2", "exempt", "EXEMPT"},
    {"LEGAL_3", "exempt", "EXEMPT"},
    {"RETURNED_TRIAL", "exempt", "EXEMPT"},
    {"RETURNED_TRIAL", "close", "CLOSED"},
    {"MOVED_CONFIRMED", "close", "CLOSED"},
    {"DECEASED", "close", "CLOSED"},
    {"EXEMPT", "close", "CLOSED"},
    {"SUSPECTED", "merge", "CLOSED"},
    {"VERIFYING", "merge", "CLOSED"},
    {"CONFIRMED", "merge", "CLOSED"},
    {"PERSUADING", "merge", "CLOSED"},
    {"LEGAL_1", "merge", "CLOSED"},
    {"LEGAL_2", "merge", "CLOSED"},
    {"LEGAL_3", "merge", "CLOSED"},
    {"RETURNED_TRIAL", "merge", "CLOSED"},
    {"MOVED_CONFIRMED", "merge", "CLOSED"},
    {"DECEASED", "merge", "CLOSED"},
    {"EXEMPT", "merge", "CLOSED"},
    {"EXEMPT", "relapse", "PERSUADING", "was_confirmed"},
    {"EXEMPT", "relapse", "VERIFYING"},
};
// The child has another open case: nobody's step, it follows from who the child turned out to be.
inline constexpr std::string_view kMergeEvent = "merge";
inline constexpr StateMachine kCaseStates("dropout_case", "SUSPECTED", kCaseRows);
static_assert(kCaseStates.AllReachable() && kCaseStates.Unambiguous() && kCaseStates.IsFinal("CLOSED"));

// Confirmed and neither back, moved, deceased nor exempt: DR-31, DR-56.
bool Unresolved(v1::CaseState state);

// --- Opening and findings ------------------------------------------------------------------------------------------
// A fresh case: `file` says who and where; state, days and the first finding are set. DISCOVERED_IN_FUTURE.
absl::Status Open(const CaseRules& rules, const CaseAct& act, const v1::Finding& finding, v1::Case* file);
// Another finding of an open case. Absence after the return is a relapse, and so is not being back after the approval
// by which it was exempt. CASE_CLOSED.
absl::Status AddFinding(const CaseRules& rules, const CaseAct& act, const v1::Finding& finding, v1::Case* file);

// --- Work on a case ------------------------------------------------------------------------------------------------
// STATE_TRANSITION of each where the machine has no such row.
absl::Status Verify(const CaseRules& rules, const CaseAct& act, v1::Case* file);
// VISIT_BEFORE_CASE, VISIT_IN_FUTURE. The codes were checked.
absl::Status AddContact(const CaseRules& rules, const CaseAct& act, const v1::CaseContact& contact, v1::Case* file);
// First day present, school days attended without a break since, placement ("": as it was). RETURN_DATE: before the
// case, or in the future.
absl::Status Return(const CaseRules& rules, const CaseAct& act, absl::CivilDay first_present, int attended_days,
                    const std::string& placement, v1::Case* file);
// Attendance of a child on trial return: the return is stable from the policy's days on (DR-29).
absl::Status CountAttended(const CaseRules& rules, const CaseAct& act, int attended_days, v1::Case* file);
// A look on a day; an absent child relapses. Only on trial return: STATE_TRANSITION; RETURN_DATE.
absl::Status AddFollowUp(const CaseRules& rules, const CaseAct& act, const v1::FollowUp& look, v1::Case* file);

// --- Hand-over -----------------------------------------------------------------------------------------------------
// HAND_OVER_OPEN, HAND_OVER_SAME (to the authority that leads), CASE_CLOSED.
absl::Status Offer(const CaseRules& rules, const CaseAct& act, const v1::HandOver& offer, v1::Case* file);
// HAND_OVER_NONE, ROLE_HELD (who offered), FIELD_REQUIRED (a refusal without a reason).
absl::Status Answer(const CaseRules& rules, const CaseAct& act, bool accept, const std::string& officer,
                    v1::Case* file);

// Changes of the file that are no events: whoever calls it changed fields; the rest is brought up to date. CASE_CLOSED.
absl::Status Touch(const CaseRules& rules, const CaseAct& act, absl::FunctionRef<void(v1::Case&)> change,
                   v1::Case* file);

// --- For the rules of steps and of lawful control ------------------------------------------------------------------
// Whether a guard of the machine holds; whether poverty is the reason or a cause.
bool GuardHolds(const CaseRules& rules, std::string_view guard, const v1::Case& file);
bool OfPoverty(const CaseRules& rules, const v1::Case& file);
// Adds a line without a move.
void NoteCase(const CaseAct& act, std::string_view event, v1::CaseState from, v1::Case* file);
// Moves on by an event of the machine and adds a line.
absl::Status MoveCase(const CaseRules& rules, const CaseAct& act, std::string_view event, v1::Case* file);
// Runs `step` on a copy: reminders that were due come first, what follows from the change comes last. `done` tells that
// the present action was done though it stays the same.
absl::Status Advance(const CaseRules& rules, const CaseAct& act, absl::FunctionRef<absl::Status(v1::Case&, bool& done)>,
                     v1::Case* file);

}  // namespace ruraledu::dropout_monitoring
