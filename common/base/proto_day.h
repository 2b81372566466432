// google.type.Date of messages <-> civil day, the one pair of the suite. An unset date is 0-0-0; dates without a year
// or without a day are no days here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "google/type/date.pb.h"

namespace ruraledu {

// `day` must lie in the years 1 to 9999.
google::type::Date DateOf(absl::CivilDay day);

// For dates that were checked when they came in. nullopt when unset, or not a day of the calendar.
std::optional<absl::CivilDay> DayOf(const google::type::Date& date);

// "2023-09-01"; "" when unset, or not a day of the calendar: how days rest in columns.
std::string DayTextOf(const google::type::Date& date);

// For dates of a request. Unset stays unset: nullopt, no violation. What is not a day of the calendar (30 February,
// month 13, year 10000, a day without its year) adds DATE_INVALID at `field` and is nullopt.
std::optional<absl::CivilDay> DayOf(const google::type::Date& date, std::string_view field, Violations* violations);

}  // namespace ruraledu
