// What was said upwards because an action was late (DR-54), and the papers of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "ruraledu/dropout_monitoring/v1/case_requests.pb.h"

namespace ruraledu::dropout_monitoring {

// The action that was late is done, or nothing is to be done any more.
bool Answered(const v1::Case& file, const v1::Escalation& escalation);
// The newest day on which a reminder was issued; "" none.
std::string EscalatedOn(const v1::Case& file);
// The highest level that was told; UNSPECIFIED: none. `waiting`: of what is not answered.
v1::AuthorityLevel HighestLevel(const v1::Case& file, bool waiting);

// Which reminders of a case are asked for.
struct EscalationFilter {
  v1::AuthorityLevel level = v1::AUTHORITY_LEVEL_UNSPECIFIED;  // UNSPECIFIED: all
  absl::CivilDay from;
};
// In the order in which they were issued.
std::vector<v1::IssuedEscalation> EscalationsOf(const v1::Case& file, const EscalationFilter& filter,
                                                absl::CivilDay today);

// Null: it was not issued.
const v1::Escalation* FindEscalation(const v1::Case& file, int action_number, int rung);
// Template of a kind of paper: "escalation_reminder" of "REMINDER".
std::string PaperOf(std::string_view paper);
// "411728-2026-000012-T3-2".
std::string PaperNumber(const v1::Case& file, const v1::Escalation& escalation);
// The values of its paper: to the unit that leads the case, from the authority of the county.
std::map<std::string, std::string> PaperValues(const v1::Case& file, const v1::Escalation& escalation,
                                               const std::string& unit, const std::string& authority);

}  // namespace ruraledu::dropout_monitoring
