// The yearly look of the expert committee at disabled children (digest 3.1, 3.7, DR-32, PS-11): of whom it has
// something to say in a school year, by which day, and which recommendations answer it. Pure.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/domain/state_machine.h"
#include "ruraledu/dropout_monitoring/v1/committee.pb.h"
#include "services/dropout_monitoring/placement_rules.h"

namespace ruraledu::dropout_monitoring {

inline constexpr Transition kCommitteeRows[] = {{"ENTERED", "enter", "ENTERED"},
                                                {"ENTERED", "confirm", "CONFIRMED"},
                                                {"ENTERED", "refuse", "REFUSED"},
                                                {"REFUSED", "enter", "ENTERED"},
                                                {"CONFIRMED", "enter", "ENTERED"}};
inline constexpr StateMachine kCommitteeStates("committee_review", "ENTERED", kCommitteeRows);
static_assert(kCommitteeStates.AllReachable() && kCommitteeStates.Unambiguous());

// DATA_FILE: a recommendation that answers no task, or one that there is not; `kind` that is neither yes nor no.
absl::Status CheckRecommendations(const CodeList& recommendations);

struct CommitteeDuty {
  v1::CommitteeTask task = v1::COMMITTEE_TASK_UNSPECIFIED;
  absl::CivilDay due_on;
};

// By what and when a child is looked at.
struct CommitteeDay {
  const PlacementBook& book;
  const v1::PlacementPolicy& policy;
  const TermCalendar& terms;
  absl::CivilDay on;

  SchoolYear year() const { return terms.SchoolYearOf(on); }
};

// What the committee has to say of the child in the school year of the day; nullopt: nothing. The first that applies:
//   NEW            of school age and never placed, placed by a delay without a plan, or the approval ended; within
//                  `new_days`, not before `review_by`; at once when an approval ended
//   HOME_TEACHING  the approval of teaching at home ended: at once
//   TRANSITION     on the roll in a last grade: by `transition_by`, or before the approval ends
//   HOME_TEACHING, REVIEW   of school age, and the approval ends in the school year: before it ends
//   REVIEW         of school age, and neither placed nor looked at for `review_months`: by the `review_by` of the
//                  school year in which these are over, or on that day when it is later
std::optional<CommitteeDuty> DutyOf(const CommitteeDay& day, const v1::DisabledChild& child);

// Whether the look is what the duty asks for: confirmed, and for this task, or for one that includes a review.
bool Settles(const v1::CommitteeReview& review, const std::optional<CommitteeDuty>& duty);
// The child on the list of the year; nullopt: it is not on it. `review`: that of the year, null none.
std::optional<v1::CommitteeDue> DueOf(const CommitteeDay& day, const v1::DisabledChild& child,
                                      const v1::CommitteeReview* review);

// Takes what was said. FIELD_REQUIRED (a settled look without a reason), COMMITTEE_ANSWER (a recommendation that does
// not answer the task; a kind that contradicts whether the child is able to learn), COMMITTEE_YEAR.
absl::Status EnterReview(const CommitteeDay& day, const PlacementAct& act, const v1::DisabledChild& child,
                         const v1::EnterCommitteeReviewRequest& request, v1::CommitteeReview* review);
// Confirms or refuses it. STATE_TRANSITION, ROLE_HELD, FIELD_REQUIRED.
absl::Status DecideReview(const PlacementAct& act, bool confirm, const std::string& reason,
                          v1::CommitteeReview* review);

}  // namespace ruraledu::dropout_monitoring
