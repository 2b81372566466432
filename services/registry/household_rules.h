// Decisions about households. Pure.
#pragma once

#include "ruraledu/registry/v1/person.pb.h"
#include "services/registry/student_rules.h"

namespace ruraledu::registry {

// Normalises and checks a household: village of the county, exactly one head among the present members, member names
// and identity numbers (an adult's 15-digit number is only warned about, as the departments still hold them),
// relations, hardship records (2.1).
void CheckHousehold(const StudentChecks& checks, std::string_view county, std::string_view field,
                    ruraledu::registry::v1::Household* household, Violations* violations);

}  // namespace ruraledu::registry
