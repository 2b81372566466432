#include "common/domain/calendar.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu {
namespace {

bool IsWeekend(absl::CivilDay day) {
  return absl::GetWeekday(day) >= absl::Weekday::saturday;
}

}  // namespace

absl::StatusOr<WorkCalendar> WorkCalendar::Parse(std::string_view file, std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, {"date", "kind", "name"}));
  WorkCalendar calendar;
  for (size_t row = 0; row < table.size(); ++row) {
    absl::CivilDay day;
    const std::string_view kind = table.Get(row, "kind");
    const bool holiday = kind == "public_holiday";
    if (!ParseDay(table.Get(row, "date"), &day) || (!holiday && kind != "transfer_workday")) {
      return table.Error(row, "date or kind is wrong");
    }
    if (!holiday && !IsWeekend(day)) {
      return table.Error(row, "a transfer_workday is a Saturday or Sunday");
    }
    if (!calendar.days_.emplace(day, holiday ? DayKind::kPublicHoliday : DayKind::kTransferWorkday).second) {
      return table.Error(row, "the day is given twice");
    }
  }
  for (const auto& [day, kind] : calendar.days_) {
    const auto holiday = [&](int month) {
      const auto found = calendar.days_.find(absl::CivilDay(day.year(), month, 1));
      return found != calendar.days_.end() && found->second == DayKind::kPublicHoliday;
    };
    if (holiday(1) && holiday(10)) {
      calendar.years_.insert(absl::CivilYear(day));
    }
  }
  return calendar;
}

bool WorkCalendar::HasYear(absl::CivilYear year) const {
  return years_.contains(year);
}

std::vector<int> WorkCalendar::years() const {
  std::vector<int> years;
  for (absl::CivilYear year : years_) {
    years.push_back(static_cast<int>(year.year()));
  }
  absl::c_sort(years);
  return years;
}

absl::StatusOr<bool> WorkCalendar::IsWorkday(absl::CivilDay day) const {
  if (!HasYear(absl::CivilYear(day))) {
    return Fail("CALENDAR_MISSING", {{"year", absl::StrCat(day.year())}});
  }
  const auto found = days_.find(day);
  return found == days_.end() ? !IsWeekend(day) : found->second == DayKind::kTransferWorkday;
}

absl::StatusOr<absl::CivilDay> WorkCalendar::AddWorkdays(absl::CivilDay start, int count) const {
  const int step = count < 0 ? -1 : 1;
  absl::CivilDay day = start;
  while (count != 0) {
    day += step;
    ASSIGN_OR_RETURN(const bool workday, IsWorkday(day));
    count -= workday ? step : 0;
  }
  return day;
}

absl::StatusOr<int> WorkCalendar::WorkdaysBetween(absl::CivilDay start, absl::CivilDay end) const {
  int count = 0;
  for (absl::CivilDay day = start + 1; day <= end; ++day) {
    ASSIGN_OR_RETURN(const bool workday, IsWorkday(day));
    count += workday;
  }
  return count;
}

absl::StatusOr<absl::CivilDay> WorkCalendar::NoticeEnd(absl::CivilDay posted, int workdays) const {
  return AddWorkdays(posted, workdays);
}

absl::StatusOr<absl::CivilDay> WorkCalendar::PeriodEnd(absl::CivilDay start, int days) const {
  for (absl::CivilDay day = start + days;; ++day) {
    ASSIGN_OR_RETURN(const bool workday, IsWorkday(day));
    if (workday) {
      return day;
    }
  }
}

int WorkCalendar::DaysLeft(absl::CivilDay today) const {
  absl::CivilYear year(today);
  if (!HasYear(year)) {
    return -1;
  }
  while (HasYear(year + 1)) {
    ++year;
  }
  return static_cast<int>(absl::CivilDay(year + 1) - today) - 1;
}

}  // namespace ruraledu
