#include "services/dropout_monitoring/calendar_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostSpans = 8;
constexpr int kMostExceptions = 200;
constexpr size_t kMostReason = 200;
constexpr int kFirstMonth = 8;
constexpr Sessions kWholeDay = 1, kMorning = 2, kAfternoon = 4, kMeal = 8;

// Both ends of a span within the school year and in order.
std::optional<std::pair<absl::CivilDay, absl::CivilDay>> SpanOf(const google::type::Date& from,
                                                                const google::type::Date& until, const SchoolYear& year,
                                                                const std::string& field, Violations* violations) {
  const auto first = DayOf(from), last = DayOf(until);
  if (!first.has_value() || !last.has_value() || *last < *first || TeachingYearOf(*first) != year ||
      TeachingYearOf(*last) != year) {
    violations->Add(field, "SPAN_ORDER");
    return std::nullopt;
  }
  return std::pair(*first, *last);
}

}  // namespace

SchoolYear TeachingYearOf(absl::CivilDay day) {
  return {static_cast<int>(day.year()) - (day.month() < kFirstMonth ? 1 : 0)};
}

void CheckCalendar(const v1::SchoolCalendar& calendar, const SchoolYear& year, Violations* violations) {
  violations->Require(calendar.spans_size() > 0, "calendar.spans");
  violations->MostElements("calendar.spans", calendar.spans_size(), kMostSpans);
  violations->MostElements("calendar.exceptions", calendar.exceptions_size(), kMostExceptions);
  absl::CivilDay before = absl::CivilDay::min();
  for (int i = 0; i < std::min(calendar.spans_size(), kMostSpans); ++i) {
    const std::string field = absl::StrCat("calendar.spans[", i, "]");
    const auto span = SpanOf(calendar.spans(i).first_day(), calendar.spans(i).last_day(), year, field, violations);
    if (span.has_value() && span->first <= before) {
      violations->Add(field, "SPAN_ORDER");
    }
    before = span.has_value() ? span->second : before;
  }
  for (int i = 0; i < std::min(calendar.exceptions_size(), kMostExceptions); ++i) {
    const v1::CalendarException& exception = calendar.exceptions(i);
    const std::string field = absl::StrCat("calendar.exceptions[", i, "]");
    SpanOf(exception.from(), exception.until(), year, field, violations);
    violations->Require(!exception.reason().empty(), absl::StrCat(field, ".reason"));
    if (exception.session() == v1::SESSION_MEAL) {  // teaching is what is closed
      violations->Add(absl::StrCat(field, ".session"), "SESSION_NOT_TAKEN");
    }
    violations->MostBytes(absl::StrCat(field, ".reason"), exception.reason(), kMostReason);
  }
}

Sessions BitOf(v1::Session session) {
  switch (session) {
    case v1::SESSION_DAY:
      return kWholeDay;
    case v1::SESSION_MORNING:
      return kMorning;
    case v1::SESSION_AFTERNOON:
      return kAfternoon;
    case v1::SESSION_MEAL:
      return kMeal;
    default:
      return 0;
  }
}

std::vector<v1::Session> ListOf(Sessions sessions) {
  std::vector<v1::Session> list;
  for (const v1::Session session : {v1::SESSION_DAY, v1::SESSION_MORNING, v1::SESSION_AFTERNOON, v1::SESSION_MEAL}) {
    if ((sessions & BitOf(session)) != 0) {
      list.push_back(session);
    }
  }
  return list;
}

TeachingDays::TeachingDays(const WorkCalendar& work, const v1::SchoolCalendar& calendar)
    : work_(work), all_(calendar.half_days() ? kMorning | kAfternoon : kWholeDay) {
  for (const v1::TeachingSpan& span : calendar.spans()) {
    spans_.emplace_back(DayOf(span.first_day()).value_or(absl::CivilDay::max()),
                        DayOf(span.last_day()).value_or(absl::CivilDay::min()));
  }
  for (const v1::CalendarException& exception : calendar.exceptions()) {
    const Sessions closed = static_cast<Sessions>(BitOf(exception.session()) & all_);
    exceptions_.push_back({DayOf(exception.from()).value_or(absl::CivilDay::max()),
                           DayOf(exception.until()).value_or(absl::CivilDay::min()), exception.open(),
                           closed == 0 ? all_ : closed});
  }
}

bool TeachingDays::Within(absl::CivilDay day) const {
  return std::any_of(spans_.begin(), spans_.end(),
                     [&](const auto& span) { return span.first <= day && day <= span.second; });
}

absl::StatusOr<Sessions> TeachingDays::On(absl::CivilDay day) const {
  for (auto exception = exceptions_.rbegin(); exception != exceptions_.rend(); ++exception) {
    if (day < exception->from || exception->until < day) {
      continue;
    }
    if (exception->open) {
      return all_;
    }
    if (exception->closed == all_) {
      return Sessions{0};
    }
    ASSIGN_OR_RETURN(const bool held, Within(day) ? work_.IsWorkday(day) : absl::StatusOr<bool>(false));
    return held ? static_cast<Sessions>(all_ & ~exception->closed) : Sessions{0};
  }
  if (!Within(day)) {
    return Sessions{0};
  }
  ASSIGN_OR_RETURN(const bool workday, work_.IsWorkday(day));
  return workday ? all_ : Sessions{0};
}

absl::StatusOr<std::vector<TeachingDays::Day>> TeachingDays::Between(absl::CivilDay from, absl::CivilDay until) const {
  std::vector<Day> days;
  for (absl::CivilDay day = from; day <= until; ++day) {
    ASSIGN_OR_RETURN(const Sessions sessions, On(day));
    if (sessions != 0) {
      days.push_back({day, sessions});
    }
  }
  return days;
}

std::string CalendarName(std::string_view parent, std::string_view school, const SchoolYear& year) {
  return absl::StrCat(parent, "/schoolCalendars/", school.empty() ? "county" : school, ".", year.text());
}

}  // namespace ruraledu::dropout_monitoring
