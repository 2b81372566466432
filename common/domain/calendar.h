// Working days (DR-05, DR-06): Monday to Friday minus public holidays plus make-up working days, by yearly data.
//
// When is a year present? The State Council announces a whole year at once, by November of the year before, from New
// Year's Day to National Day; the days after the last holiday follow the plain week. So a year counts as present when
// the data names both 1 January and 1 October of it as public holidays: single days that spill over a year's edge
// (2022-12-31 came with 2023) do not make a year, and 2026 is present to 2026-12-31 though its last row is 2026-10-10.
// The announcement for the next year may still turn a day of late December into a holiday or a working day; import it
// then.
#pragma once

#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace ruraledu {

enum class DayKind { kPublicHoliday, kTransferWorkday };

class WorkCalendar {
 public:
  // CSV with the columns date,kind,name; kind is public_holiday or transfer_workday. Errors: DATA_FILE (shape, a day
  // twice, a make-up day that is a weekday).
  static absl::StatusOr<WorkCalendar> Parse(std::string_view file, std::string_view text);

  bool HasYear(absl::CivilYear year) const;
  std::vector<int> years() const;  // sorted

  // The errors of all below: CALENDAR_MISSING{year} as soon as a day of a missing year is needed.
  absl::StatusOr<bool> IsWorkday(absl::CivilDay day) const;
  // The `count`-th working day after `start`, start excluded; before it when negative. 0 gives `start` itself.
  absl::StatusOr<absl::CivilDay> AddWorkdays(absl::CivilDay start, int count) const;
  // Working days in (start, end]; 0 when end <= start.
  absl::StatusOr<int> WorkdaysBetween(absl::CivilDay start, absl::CivilDay end) const;
  // The last day of a notice of `workdays` >= 1 working days posted on `posted`; the next step is possible from the day
  // after.
  absl::StatusOr<absl::CivilDay> NoticeEnd(absl::CivilDay posted, int workdays) const;
  // The last day of a period of `days` >= 0 calendar days: start excluded, moved to a working day.
  absl::StatusOr<absl::CivilDay> PeriodEnd(absl::CivilDay start, int days) const;

  // Days from `today` to the end of the last year present without a gap, for the metric and its alert; -1 when the year
  // of `today` is missing.
  int DaysLeft(absl::CivilDay today) const;

 private:
  absl::flat_hash_map<absl::CivilDay, DayKind> days_;
  absl::flat_hash_set<absl::CivilYear> years_;
};

}  // namespace ruraledu
