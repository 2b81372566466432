// The shipped reference data, loaded once per test binary, and the ways in which these tests look at results.
#pragma once

#include <string>

#include "common/domain/calendar.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"
#include "common/domain/names.h"
#include "common/domain/region.h"
#include "common/domain/school_year.h"

namespace ruraledu::testing {

std::string DataFolder();
const RegionTree& Regions();
const CodeLists& Codes();
const WorkCalendar& Holidays();
const TermCalendar& Terms();
const NameRules& Names();
const ProvincePrefixes& Provinces();

// "2023-09-01"; a test with a wrong day ends.
absl::CivilDay Day(const std::string& text);
// A seed that is printed, from the environment variable RURALEDU_SEED or fixed.
uint32_t Seed();

}  // namespace ruraledu::testing
