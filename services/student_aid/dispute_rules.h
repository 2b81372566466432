// Objections and appeals (digest 2.6, DR-58) as steps on the record of an identification; see identification_rules.h.
//
//   objection  by anybody while the notice runs; answered within the policy's days; the record is confirmed when none
//   is open. A re-check
//              that changes the list puts the pupil on notice again, one that does not lets the notice go on.
//   appeal     after a refusal by the student or a guardian, once to the school and, refused there, once to the county;
//   each within the
//              policy's days of being told. Granted: the pupil goes on notice next.
#pragma once

#include "services/student_aid/identification_rules.h"

namespace ruraledu::student_aid {

// OBJECTION_LATE when the notice is over, STATE_TRANSITION when there is none.
absl::Status Object(const Act& act, const std::string& objector, const std::string& ground,
                    const v1::IdentificationPolicy& policy, const WorkCalendar& calendar, v1::Identification* record);

struct Resolution {
  int32_t number = 0;
  v1::ObjectionOutcome outcome = v1::OBJECTION_OUTCOME_UNSPECIFIED;
  int32_t level = 0;   // LEVEL_CHANGED
  std::string notice;  // name of the notice that a changed list begins
};
// True when the record went on the notice that `resolution` names. OBJECTION_UNKNOWN (none of the number is open),
// ROLE_HELD (also: whoever took the objection down), LEVEL_UNKNOWN (also: the level that is posted), FIELD_REQUIRED.
absl::StatusOr<bool> Resolve(const Act& act, const Resolution& resolution, const v1::IdentificationPolicy& policy,
                             const WorkCalendar& calendar, v1::Identification* record);

// APPEAL_LATE, APPEAL_OPEN, APPEAL_USED; STATE_TRANSITION unless refused.
absl::Status FileAppeal(const Act& act, const std::string& appellant, const std::string& ground,
                        const v1::IdentificationPolicy& policy, const WorkCalendar& calendar,
                        v1::Identification* record);

struct AppealDecision {
  v1::AppealStep step = v1::APPEAL_STEP_UNSPECIFIED;
  bool granted = false;
  int32_t level = 0;  // 0: the proposed one
};
// APPEAL_NONE (none of the step is open), ROLE_HELD (also: whoever decided on the record or took the appeal down),
// LEVEL_UNKNOWN.
absl::Status DecideAppeal(const Act& act, const AppealDecision& decision, const v1::IdentificationPolicy& policy,
                          v1::Identification* record);

}  // namespace ruraledu::student_aid
