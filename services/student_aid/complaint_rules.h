// The life of a complaint (投诉、求助) as pure steps on it: who may answer, and by when. Persons are compared, not
// accounts.
//
//   taken down -> assigned -> answered -> opened again: the clock begins anew
//
// Who decided on the matter, ordered its payment, or answered the complaint before neither answers nor is assigned.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/domain/calendar.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/complaint.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kComplaintRows[] = {{"REGISTERED", "assign", "ASSIGNED"},
                                                {"ASSIGNED", "assign", "ASSIGNED"},
                                                {"ASSIGNED", "answer", "ANSWERED"},
                                                {"ANSWERED", "reopen", "REGISTERED"}};
inline constexpr StateMachine kComplaintStates("complaint", "REGISTERED", kComplaintRows);
static_assert(kComplaintStates.AllReachable() && kComplaintStates.Unambiguous());

// Adds the persons who decided on a record: Identification or Application.
template <typename Record>
void AddDeciders(const Record& record, std::set<std::string>* deciders);

// The priority of the category, or the one that was asked for: PRIORITY_BELOW, as a violation, when that is lower.
v1::ComplaintPriority PriorityOf(const v1::ComplaintCategory& category, v1::ComplaintPriority asked,
                                 Violations* violations);

// The number that the complainant gets: the county and 80 bits of `secret`, a keyed digest that nobody guesses, in
// letters and digits that are told apart on paper.
std::string ReceiptOf(std::string_view county, std::string_view secret);
// The same number as it is typed: small letters, other or no dashes, letters that look like digits. "" when it is none.
std::string ReadReceipt(std::string_view text);

// Begins the clock on the day of receipt: working days of the category. CALENDAR_MISSING.
absl::Status Register(const Act& act, const v1::ComplaintCategory& category, absl::CivilDay received,
                      const WorkCalendar& calendar, v1::Complaint* complaint);
// STATE_TRANSITION; ROLE_HELD of the assignee.
absl::Status Assign(const Act& act, const std::string& assignee, const std::set<std::string>& deciders,
                    v1::Complaint* complaint);
// `act.reason` is the answer. STATE_TRANSITION, COMPLAINT_ASSIGNEE, ROLE_HELD.
absl::Status Answer(const Act& act, v1::ComplaintOutcome outcome, const std::set<std::string>& deciders,
                    v1::Complaint* complaint);
// `act.reason` is what was said; it joins the ground. STATE_TRANSITION, CALENDAR_MISSING.
absl::Status Reopen(const Act& act, const v1::ComplaintCategory& category, const WorkCalendar& calendar,
                    v1::Complaint* complaint);

}  // namespace ruraledu::student_aid
