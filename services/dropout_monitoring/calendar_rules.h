// When a school teaches: the calendar of a school or county over the working days of the nation (DR-05).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/domain/calendar.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"

namespace ruraledu::dropout_monitoring {

// The school year whose calendar a day belongs to: from August on the one that begins, for schools that begin before
// September.
SchoolYear TeachingYearOf(absl::CivilDay day);

// Spans and exceptions in order and within the school year: SPAN_ORDER, FIELD_REQUIRED, FIELD_TOO_MANY,
// FIELD_TOO_LONG, SESSION_NOT_TAKEN.
void CheckCalendar(const v1::SchoolCalendar& calendar, const SchoolYear& year, Violations* violations);

// Sessions as bits.
using Sessions = uint8_t;
Sessions BitOf(v1::Session session);
std::vector<v1::Session> ListOf(Sessions sessions);

class TeachingDays {
 public:
  // Both outlive it.
  TeachingDays(const WorkCalendar& work, const v1::SchoolCalendar& calendar);
  // Sessions that are held and marked on a day, never the meal; 0: no school day. CALENDAR_MISSING.
  absl::StatusOr<Sessions> On(absl::CivilDay day) const;
  // School days from `from` to `until`, ends included, with their sessions.
  struct Day {
    absl::CivilDay day;
    Sessions sessions = 0;
  };
  absl::StatusOr<std::vector<Day>> Between(absl::CivilDay from, absl::CivilDay until) const;

 private:
  struct Exception {
    absl::CivilDay from, until;
    bool open = false;
    Sessions closed = 0;
  };
  bool Within(absl::CivilDay day) const;

  const WorkCalendar& work_;
  Sessions all_ = 0;
  std::vector<std::pair<absl::CivilDay, absl::CivilDay>> spans_;
  std::vector<Exception> exceptions_;
};

// Resource name of the calendar of a school, "" for that of the county.
std::string CalendarName(std::string_view parent, std::string_view school, const SchoolYear& year);

}  // namespace ruraledu::dropout_monitoring
