// Decisions about schools and classes. Pure.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/domain/code_list.h"
#include "common/domain/region.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::registry {

// Normalises and checks a school that is created or changed: code (7.3), township of the county on the day, stages,
// school type, urban-rural class (7.4), nutrition pilot, charges >= 0. Sets `area` from township and id.
void CheckSchool(const RegionTree& regions, const CodeLists& codes, absl::CivilDay today, std::string_view county,
                 std::string_view field, ruraledu::registry::v1::School* school, Violations* violations);

// AL-2, build before closing: every stage that the school teaches must be taught by one of the replacements, which are
// open and are not the school itself. REPLACEMENT_REQUIRED names the stage that would be lost. A school is closed once
// its last day is over: DATE_AHEAD for a later day than today, SPAN_ORDER for one before it opened. SCHOOL_CLOSED when
// it is closed already.
absl::Status CheckClosing(const ruraledu::registry::v1::School& school, absl::CivilDay closed_on, absl::CivilDay today,
                          const std::vector<ruraledu::registry::v1::School>& replacements);
// AL-2 for one stage: a school gives up no stage in which it has pupils on the register. `pupils`: stage and status of
// those who are placed there. STAGE_HAS_PUPILS.
bool GivesUpStage(const ruraledu::registry::v1::School& before, const ruraledu::registry::v1::School& after);
absl::Status CheckStagesKept(const CodeLists& codes, const ruraledu::registry::v1::School& after,
                             const std::vector<std::pair<std::string, std::string>>& pupils);

// Normalises and checks a class; the school must be open and teach the stage, the grade must belong to it. Sets `area`.
void CheckClass(const CodeLists& codes, absl::CivilDay today, const ruraledu::registry::v1::School& school,
                std::string_view field, ruraledu::registry::v1::SchoolClass* school_class, Violations* violations);

}  // namespace ruraledu::registry
