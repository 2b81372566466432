// Decisions about teachers. Pure.
#pragma once

#include "ruraledu/registry/v1/person.pb.h"
#include "services/registry/student_rules.h"

namespace ruraledu::registry {

// Normalises and checks a teacher: name, identity number (7.1), dates, codes of post, backbone level, title grade and
// entry channel (4.1, 4.6, XJ-4a), certificate stages, and service spans: newest first, no overlap, none that ends
// before it begins. The area, that of the school of the present span, is set by the caller.
void CheckTeacher(const StudentChecks& checks, std::string_view field, ruraledu::registry::v1::Teacher* teacher,
                  Violations* violations);

}  // namespace ruraledu::registry
