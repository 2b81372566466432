// What is to be done next on a case, by when, and who is told when it is late (escalation).
//
// An action is one number of the case. Its rungs of the ladder are due counted from its last day; each is issued once,
// by the clock (case_clock.h) or by whatever changes the case first, so that none is lost when an action is done late.
#pragma once

#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

// Contacts and visits of the present round: what DR-28 and DR-30 count.
int Persuasions(const v1::Case& file);
int FailedVisits(const CaseCodes& codes, const v1::Case& file);
int FailedDays(const CaseCodes& codes, const v1::Case& file);  // different days

// Brings what follows from the case up to date: counts, next action with its last day, priority, day of the clock,
// effects for the other services. `done`: the present action was done.
void Settle(const CaseRules& rules, absl::CivilDay on, bool done, v1::Case* file);

// Issues every rung that is due up to `on`; how many.
int IssueDue(const CaseRules& rules, absl::CivilDay on, v1::Case* file);

}  // namespace ruraledu::dropout_monitoring
