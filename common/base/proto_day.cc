#include "common/base/proto_day.h"

#include "common/base/day.h"

namespace ruraledu {

google::type::Date DateOf(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::optional<absl::CivilDay> DayOf(const google::type::Date& date) {
  if (date.year() < 1 || date.year() > 9999) {
    return std::nullopt;
  }
  const absl::CivilDay day(date.year(), date.month(), date.day());  // normalises: 30 February becomes a day of March
  const bool same = day.year() == date.year() && day.month() == date.month() && day.day() == date.day();
  return same ? std::optional(day) : std::nullopt;
}

std::optional<absl::CivilDay> DayOf(const google::type::Date& date, std::string_view field, Violations* violations) {
  const auto day = DayOf(date);
  const bool unset = date.year() == 0 && date.month() == 0 && date.day() == 0;
  if (!day.has_value() && !unset) {
    violations->Add(field, "DATE_INVALID");
  }
  return day;
}

std::string DayTextOf(const google::type::Date& date) {
  const auto day = DayOf(date);
  return day.has_value() ? DayText(*day) : "";
}

}  // namespace ruraledu
