// What a profile says of a child: runs of unexcused absence (DR-28), the ladder, absences that do not follow each
// other, days without a record, and the return (DR-29).
//
//   a day      present in one session: PRESENT; else with leave in one: LEAVE; else absent in every session: ABSENT;
//              else, where a list of meals has the child, SERVED; else there is no record. Suspended or not enrolled:
//              EXCLUDED
//   the run    ABSENT adds, PRESENT, LEAVE and SERVED end it, no record and EXCLUDED neither add nor end
//   return     the first PRESENT or SERVED after a run that reached SUSPECTED; ABSENT before it is stable takes it
//   back;
//              stable after days of PRESENT; LEAVE, SERVED and no record neither count nor take back
//   the meal   served on a day of the open run: MEAL_CONTRADICTS, and the day stays ABSENT; not served on days of
//              PRESENT, of a child that was served before: NOT_SERVED
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "services/dropout_monitoring/profile_rules.h"

namespace ruraledu::dropout_monitoring {

// `marks`: of the sessions that were taught.
v1::DayOutcome OutcomeOf(bool excluded, absl::Span<const v1::Mark> marks);

struct DayFact {
  absl::CivilDay day;
  v1::DayOutcome outcome = v1::DAY_OUTCOME_UNSPECIFIED;
  v1::Mark meal = v1::MARK_UNSPECIFIED;  // PRESENT: served, ABSENT: not served, else no list says
};
// `marks` as above.
DayFact FactOf(absl::CivilDay day, bool excluded, absl::Span<const v1::Mark> marks, v1::Mark meal);
DayFact FactOf(absl::CivilDay on, const v1::AttendanceDay& day);
// `days`: the school days of a child in order, not empty; the evaluation is made at the end of the last one.
v1::AbsenceEvaluation Evaluate(const v1::AbsenceProfile& profile, absl::Span<const DayFact> days);

// The method. FIELD_REQUIRED, FIELD_TOO_MANY, SPAN_ORDER for days out of order, PROFILE_UNKNOWN, PROFILE_MISSING,
// REGION_CODE.
absl::StatusOr<v1::EvaluateAttendanceResponse> EvaluateAttendance(const ProfileBook& book,
                                                                  const v1::EvaluateAttendanceRequest& request);

// The present stretch of attendance, without a day of absence in it.
struct Stretch {
  std::optional<absl::CivilDay> first_present;  // of PRESENT or SERVED
  int attended_days = 0;                        // days of PRESENT
};
// The stretch at the end of the last day, of the days from `from` on: for a return whoever found that the child was
// away (3.5, DR-29). Counts and takes back as Evaluate does after a run.
Stretch StretchSince(absl::CivilDay from, absl::Span<const DayFact> days);

bool HasReason(const v1::AbsenceEvaluation& evaluation, std::string_view code);
// Class and list of meals say different things of the child.
bool Disputed(const v1::AbsenceEvaluation& evaluation);

// Whether an evaluation says anything: otherwise a child without earlier state gets none.
bool SaysSomething(const v1::AbsenceEvaluation& evaluation);

// The first day that an evaluation on `day` must know of, besides the window, given what the one before left: open runs
// and returns that are not stable are followed to their beginning.
absl::CivilDay NeededFrom(const v1::AbsenceEvaluation& before, absl::CivilDay window_from);

}  // namespace ruraledu::dropout_monitoring
