#include "services/dropout_monitoring/absence_facts.h"

#include <algorithm>
#include <set>

#include "absl/container/inlined_vector.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/roster_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kSlotsPerDay = 4;     // three sessions and the meal
constexpr int kFarthestDays = 400;  // calendar days in which the window is looked for

int SlotOf(v1::Session session) {
  return session - v1::SESSION_DAY;
}

absl::CivilDay DayIn(const std::string& text, absl::CivilDay absent) {
  absl::CivilDay day;
  return ParseDay(text, &day) ? day : absent;
}

absl::StatusOr<Sessions> SessionsOn(db::Transaction& tx, const std::string& shard, const std::string& school,
                                    absl::CivilDay day, const WorkCalendar& work,
                                    std::map<int, std::optional<v1::SchoolCalendar>>* calendars) {
  const SchoolYear year = TeachingYearOf(day);
  const auto [found, fresh] = calendars->try_emplace(year.start);
  if (fresh) {
    ASSIGN_OR_RETURN(found->second, CalendarOf(tx, shard, school, year.text()));
  }
  return found->second.has_value() ? TeachingDays(work, *found->second).On(day) : absl::StatusOr<Sessions>(Sessions{0});
}

}  // namespace

absl::StatusOr<SchoolFacts> SchoolFacts::Read(db::Transaction& tx, std::string_view shard, const std::string& school,
                                              absl::CivilDay on, int32_t window_days, const WorkCalendar& work) {
  SchoolFacts facts;
  facts.shard_ = std::string(shard);
  facts.on_ = on;
  facts.work_ = &work;
  RETURN_IF_ERROR(facts.ReadWindow(tx, school, window_days));
  if (facts.holds_) {
    RETURN_IF_ERROR(facts.ReadPupils(tx, school));
    RETURN_IF_ERROR(facts.ReadMarks(tx));
  }
  return facts;
}

// The window reaches back over the school's own school days.
absl::Status SchoolFacts::ReadWindow(db::Transaction& tx, const std::string& school, int32_t window_days) {
  std::map<int, std::optional<v1::SchoolCalendar>> calendars;
  ASSIGN_OR_RETURN(const Sessions held, SessionsOn(tx, shard_, school, on_, *work_, &calendars));
  holds_ = held != 0;
  window_from_ = on_;
  int found = 1;
  for (absl::CivilDay day = on_ - 1; holds_ && found < window_days && on_ - day < kFarthestDays; --day) {
    if (!calendars.contains(TeachingYearOf(day).start) && !work_->HasYear(absl::CivilYear(day))) {
      break;  // nothing was taught before the first calendar
    }
    const auto sessions = SessionsOn(tx, shard_, school, day, *work_, &calendars);
    if (ReasonOf(sessions.status()) == "CALENDAR_MISSING") {
      break;
    }
    RETURN_IF_ERROR(sessions.status());
    if (*sessions != 0) {
      window_from_ = day;
      ++found;
    }
  }
  from_ = window_from_;
  return absl::OkStatus();
}

absl::Status SchoolFacts::ReadPupils(db::Transaction& tx, const std::string& school) {
  ASSIGN_OR_RETURN(const auto rows, SpansOfSchool(tx, shard_, school, on_));
  for (const SpanRow& row : rows) {
    if (pupils_.empty() || pupils_.back().person != row.person) {
      by_person_.emplace(row.person, pupils_.size());
      pupils_.push_back({row.person, row.area, row.status, row.status_from, {}, {}, {}, {}});
    }
    pupils_.back().spans.push_back({row.school,
                                    row.in_class,
                                    {row.stage, row.grade},
                                    DayIn(row.valid_from, absl::CivilDay::max()),
                                    DayIn(row.valid_to, absl::CivilDay::max())});
  }
  ASSIGN_OR_RETURN(auto absences, AbsencesOfSchool(tx, shard_, school, on_));
  for (auto& [person, absence] : absences) {
    if (const auto found = by_person_.find(person); found != by_person_.end()) {
      from_ = std::min(from_, NeededFrom(absence.evaluation(), window_from_));
      pupils_[found->second].before = std::move(absence);
    }
  }
  ASSIGN_OR_RETURN(auto cases, OpenCasesOfSchool(tx, shard_, school, on_));
  for (auto& [person, file] : cases) {
    if (const auto found = by_person_.find(person); found != by_person_.end()) {
      pupils_[found->second].open_case = std::move(file);
    }
  }
  return absl::OkStatus();
}

absl::Status SchoolFacts::ReadMarks(db::Transaction& tx) {
  const size_t slots = static_cast<size_t>(on_ - from_ + 1) * kSlotsPerDay;
  std::set<std::string> classes;
  for (EvaluatedPupil& pupil : pupils_) {
    pupil.marks.assign(slots, v1::MARK_UNSPECIFIED);
    for (const EvaluatedPupil::Span& span : pupil.spans) {
      if (span.from <= on_ && span.until > from_) {
        RETURN_IF_ERROR(HeldBy(tx, span.school).status());
        if (!span.in_class.empty()) {
          classes.insert(span.in_class);
        }
      }
    }
  }
  for (const std::string& in_class : classes) {
    RETURN_IF_ERROR(ReadSheets(tx, in_class));
  }
  return absl::OkStatus();
}

absl::Status SchoolFacts::ReadSheets(db::Transaction& tx, const std::string& in_class) {
  ASSIGN_OR_RETURN(const auto sheets, SheetsOf(tx, shard_, in_class, from_, on_));
  for (const v1::Sheet& sheet : sheets) {
    RETURN_IF_ERROR(TakeSheetMarks(tx, sheet));
  }
  return absl::OkStatus();
}

absl::Status SchoolFacts::TakeSheetMarks(db::Transaction& tx, const v1::Sheet& sheet) {
  const size_t slot = static_cast<size_t>(DayOf(sheet.day()).value_or(on_) - from_) * kSlotsPerDay +
                      static_cast<size_t>(SlotOf(sheet.session()));
  const auto [known, fresh] = known_rosters_.try_emplace(sheet.roster());
  if (fresh) {
    ASSIGN_OR_RETURN(const auto persons, PersonsOf(tx, shard_, sheet.roster()));
    for (const std::string& person : persons) {
      if (const auto found = by_person_.find(person); found != by_person_.end()) {
        known->second.push_back(found->second);
      }
    }
  }
  for (const size_t pupil : known->second) {
    pupils_[pupil].marks[slot] = v1::MARK_PRESENT;
  }
  for (const v1::SheetEntry& entry : sheet.entries()) {
    if (const auto found = by_person_.find(entry.person()); found != by_person_.end()) {
      pupils_[found->second].marks[slot] = static_cast<uint8_t>(entry.mark());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<const std::vector<Sessions>*> SchoolFacts::HeldBy(db::Transaction& tx, const std::string& school) {
  const auto [found, fresh] = held_.try_emplace(school);
  if (fresh) {
    std::map<int, std::optional<v1::SchoolCalendar>> calendars;
    for (absl::CivilDay day = from_; day <= on_; ++day) {
      ASSIGN_OR_RETURN(const Sessions held, SessionsOn(tx, shard_, school, day, *work_, &calendars));
      found->second.push_back(held);
    }
  }
  return &found->second;
}

ClassKind SchoolFacts::KindOf(const EvaluatedPupil& pupil) const {
  const auto span = std::find_if(pupil.spans.begin(), pupil.spans.end(),
                                 [&](const auto& one) { return one.from <= on_ && on_ < one.until; });
  return span == pupil.spans.end() ? ClassKind() : span->kind;
}

std::vector<DayFact> SchoolFacts::DaysOf(const EvaluatedPupil& pupil, const CodeList& statuses) const {
  const bool leaves_out = MarkingOf(statuses, pupil.status, "", on_) == Marking::kNone;
  const absl::CivilDay status_from = DayIn(pupil.status_from, absl::CivilDay::min());
  std::vector<DayFact> days;
  for (absl::CivilDay day = NeededFrom(pupil.before.evaluation(), window_from_); day <= on_; ++day) {
    const size_t at = static_cast<size_t>(day - from_);
    const auto span = std::find_if(pupil.spans.begin(), pupil.spans.end(),
                                   [&](const auto& one) { return one.from <= day && day < one.until; });
    if (span == pupil.spans.end()) {
      continue;
    }
    const Sessions held = held_.at(span->school)[at];
    if (held == 0) {
      continue;
    }
    const auto said = [&](v1::Session session) {
      return static_cast<v1::Mark>(pupil.marks[at * kSlotsPerDay + static_cast<size_t>(SlotOf(session))]);
    };
    absl::InlinedVector<v1::Mark, kSlotsPerDay> marks;
    for (const v1::Session session : {v1::SESSION_DAY, v1::SESSION_MORNING, v1::SESSION_AFTERNOON}) {
      if ((held & BitOf(session)) != 0) {
        marks.push_back(said(session));
      }
    }
    days.push_back(FactOf(day, leaves_out && day >= status_from, marks, said(v1::SESSION_MEAL)));
  }
  return days;
}

}  // namespace ruraledu::dropout_monitoring
