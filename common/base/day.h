// Civil days as text. Days have no time zone; what day it is now is a question for a Clock.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"

namespace ruraledu {

// "2023-09-01" <-> civil day. Parsing is strict; nothing else is a day in databases and in protos' text forms.
std::string DayText(absl::CivilDay day);
bool ParseDay(std::string_view text, absl::CivilDay* day);

}  // namespace ruraledu
