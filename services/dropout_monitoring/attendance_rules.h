// What a profile says of a child: runs of unexcused absence (DR-28), the ladder, absences that do not follow each
// other, days without a record, and the return (DR-29).
//
//   a day      present in one session: PRESENT; else with leave in one: LEAVE; else absent in every session: ABSENT;
//   else
//              there is no record. Suspended or not enrolled: EXCLUDED
//   the run    ABSENT adds, PRESENT and LEAVE end it, no record and EXCLUDED neither add nor end
//   return     the first PRESENT after a run that reached SUSPECTED; ABSENT before it is stable takes it back, LEAVE
//   and no
//              record neither count nor take back
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "services/dropout_monitoring/profile_rules.h"

namespace ruraledu::dropout_monitoring {

// `marks`: of the sessions that were taught.
v1::DayOutcome OutcomeOf(bool excluded, absl::Span<const v1::Mark> marks);
v1::DayOutcome OutcomeOf(const v1::AttendanceDay& day);

struct DayFact {
  absl::CivilDay day;
  v1::DayOutcome outcome = v1::DAY_OUTCOME_UNSPECIFIED;
};
// `days`: the school days of a child in order, not empty; the evaluation is made at the end of the last one.
v1::AbsenceEvaluation Evaluate(const v1::AbsenceProfile& profile, absl::Span<const DayFact> days);

// The method. FIELD_REQUIRED, FIELD_TOO_MANY, SPAN_ORDER for days out of order, PROFILE_UNKNOWN, PROFILE_MISSING,
// REGION_CODE.
absl::StatusOr<v1::EvaluateAttendanceResponse> EvaluateAttendance(const ProfileBook& book,
                                                                  const v1::EvaluateAttendanceRequest& request);

// Whether an evaluation says anything: otherwise a child without earlier state gets none.
bool SaysSomething(const v1::AbsenceEvaluation& evaluation);

// The first day that an evaluation on `day` must know of, besides the window, given what the one before left: open runs
// and returns that are not stable are followed to their beginning.
absl::CivilDay NeededFrom(const v1::AbsenceEvaluation& before, absl::CivilDay window_from);

}  // namespace ruraledu::dropout_monitoring
