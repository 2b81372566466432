// Objections and appeals (digest 2.6, 2.7, DR-58) as steps on a record; see step_rules.h. Days are working days of the
// calendar (DR-05, DR-06): CALENDAR_MISSING when a year of it is needed and missing.
//
//   objection  by anybody while the notice runs; answered within the policy's days; the record goes on when none is
//   open. A re-check
//              that changes the list puts the pupil on notice again, one that does not lets the notice go on.
//   appeal     after a refusal by the student or a guardian, once to the school and, refused there, once to the county;
//   each within the
//              policy's days of being told. Granted: the pupil goes on notice next.
#pragma once

#include "services/student_aid/identification_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

// Working days of the tables of identification or of applications.
struct Clocks {
  template <typename Policy>
  Clocks(const Policy& policy)  // NOLINT: tables are clocks
      : objection_days(policy.objection_days()), appeal_days(policy.appeal_days()), answer_days(policy.answer_days()) {}
  int32_t objection_days, appeal_days, answer_days;
};

// --- For Identification and Application -----------------------------------------------------------------------------

// OBJECTION_LATE when the notice is over, whether it was closed since or not, STATE_TRANSITION when there is none.
template <typename Record>
absl::Status Object(const Act& act, const std::string& objector, const std::string& ground, const Clocks& clocks,
                    const WorkCalendar& calendar, Record* record);

// What may be answered: OBJECTION_UNKNOWN (none of the number is open), ROLE_HELD (whoever took it down),
// FIELD_REQUIRED of the reason.
template <typename Record>
absl::StatusOr<v1::Objection*> FindObjection(const Act& act, int32_t number, Record* record);
// Ends it; EXCLUDED ends the others too and begins the clock of the appeal. The move comes after it.
template <typename Record>
void CloseObjection(const Act& act, v1::ObjectionOutcome outcome, v1::Objection* objection, Record* record);
// Ends all that are open: nothing is left that they could be about.
template <typename Record>
void CloseObjections(const Act& act, Record* record);

// APPEAL_LATE, APPEAL_OPEN, APPEAL_USED; STATE_TRANSITION unless refused.
template <typename Record>
absl::Status FileAppeal(const Act& act, const std::string& appellant, const std::string& ground, const Clocks& clocks,
                        const WorkCalendar& calendar, Record* record);

struct AppealDecision {
  v1::AppealStep step = v1::APPEAL_STEP_UNSPECIFIED;
  bool granted = false;
  int32_t level = 0;  // of identifications; 0: the proposed one
};
// The event that the record moves on by when it is granted, "" when the refusal stands. APPEAL_NONE (none of the step
// is open), ROLE_HELD (also: whoever decided on the record or took the appeal down), FIELD_REQUIRED of the reason.
template <typename Record>
absl::StatusOr<std::string_view> HearAppeal(const Act& act, const AppealDecision& decision, Record* record);

// --- Of Identification ----------------------------------------------------------------------------------------------

struct Resolution {
  int32_t number = 0;
  v1::ObjectionOutcome outcome = v1::OBJECTION_OUTCOME_UNSPECIFIED;
  int32_t level = 0;   // LEVEL_CHANGED
  std::string notice;  // name of the notice that a changed list begins
};
// True when the record went on the notice that `resolution` names. As FindObjection; ROLE_HELD, LEVEL_UNKNOWN (also:
// the level that is posted), FIELD_REQUIRED of the outcome.
absl::StatusOr<bool> Resolve(const Act& act, const Resolution& resolution, const v1::IdentificationPolicy& policy,
                             const WorkCalendar& calendar, v1::Identification* record);

// As HearAppeal; LEVEL_UNKNOWN.
absl::Status DecideAppeal(const Act& act, const AppealDecision& decision, const v1::IdentificationPolicy& policy,
                          v1::Identification* record);

}  // namespace ruraledu::student_aid
