// Steps of a case that one person proposes and another one decides (digest 3.2, 3.5), and what may be done at all.
#pragma once

#include <string>
#include <vector>

#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

// What a step knows beside the case.
struct StepFacts {
  bool destination_confirmed = false;  // the registry has the child at the destination
  int contradicted_days = 0;           // of the open absence: a list of meals has the child
  bool exempted = false;               // an approval EXEMPTION or HOME_TEACHING of the child is in force today
};
// PROPOSAL_OPEN, and everything that would refuse the step itself:
//   CONFIRM_DROPOUT  CONFIRM_RUN, MEAL_CONTRADICTS, CONFIRM_PERSUASIONS (DR-28)
//   MOVE             MOVE_UNCONFIRMED
//   EXEMPT           EXEMPT_UNAPPROVED (XJ-1a: certificate and county confirmation, for a time)
//   CLOSE            RETURN_UNSTABLE (DR-29), CLOSE_WITHOUT_AID (AL-1a, SP-3a)
//   each             CASE_EVIDENCE{kind}: no evidence, not of the kind that it needs, or OTHER alone where the state
//                    was reached by a paper; NAME_INVALID: aid_decision is no aid record of the child's county
absl::Status Propose(const CaseRules& rules, const CaseAct& act, const v1::CaseProposal& proposal,
                     const StepFacts& facts, v1::Case* file);
// PROPOSAL_NONE, ROLE_HELD (who proposed), FIELD_REQUIRED (a refusal without a reason), and what Propose refuses.
absl::Status Decide(const CaseRules& rules, const CaseAct& act, v1::CaseStepKind kind, bool accept,
                    const StepFacts& facts, v1::Case* file);
// By the registry instead of two persons: the child died or is enrolled elsewhere; the case is closed at once. `source`
// is the student's resource name.
absl::Status CloseByRegistry(const CaseRules& rules, const CaseAct& act, v1::CaseStepKind kind,
                             const std::string& source, v1::Case* file);
// The child turned out to have another open case, which `act.reason` names. STATE_TRANSITION: it is closed.
absl::Status CloseAsDuplicate(const CaseRules& rules, const CaseAct& act, v1::Case* file);

// What may be done: a row for each event that leaves the state.
std::vector<v1::CaseEventRow> EventsOf(const CaseRules& rules, absl::CivilDay on, const v1::Case& file);

}  // namespace ruraledu::dropout_monitoring
