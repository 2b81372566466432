#include "services/dropout_monitoring/case_work_rules.h"

#include <algorithm>

#include "common/base/proto_day.h"

namespace ruraledu::dropout_monitoring {
namespace {

void AddOpen(const v1::Case& file, absl::CivilDay today, CaseWork* work) {
  ++work->open;
  const auto due = DayOf(file.due_on());
  work->late += !file.has_closed_on() && due.has_value() && *due < today ? 1 : 0;
  if (!file.officer().empty()) {
    work->officers.insert(file.officer());
  }
}

}  // namespace

void AddCaseWork(const CaseCodes& codes, const v1::Case& file, const WorkedDays& days, absl::CivilDay today,
                 CaseWork* work) {
  const absl::CivilDay found = *DayOf(file.discovered_on());
  const auto closed = DayOf(file.closed_on());
  if (found > days.to || (closed.has_value() && *closed < days.from)) {
    return;
  }
  work->relapses += file.relapse_count();
  const bool twice = file.outcome() == v1::CASE_OUTCOME_DUPLICATE;  // counted with the one that goes on
  if (!twice && days.Contains(found)) {
    ++work->opened;
    if (const auto attended = DayOf(file.last_attended_on()); attended.has_value() && *attended <= found) {
      work->days_to_find.push_back(static_cast<int>(found - *attended));
    }
  }
  if (twice) {
    // its contacts were work all the same
  } else if (closed.has_value() && days.Contains(*closed)) {
    ++work->closed;
    work->returned += file.outcome() == v1::CASE_OUTCOME_RETURNED ? 1 : 0;
    work->days_to_close.push_back(static_cast<int>(*closed - found));
  } else {
    AddOpen(file, today, work);
  }
  for (const v1::CaseContact& contact : file.contacts()) {
    if (const auto on = DayOf(contact.on()); on.has_value() && days.Contains(*on)) {
      ++work->contacts;
      work->visits += Marked(codes.means, contact.means(), "visit") ? 1 : 0;
    }
  }
}

void AddCaseWork(const CaseWork& other, CaseWork* work) {
  work->opened += other.opened;
  work->closed += other.closed;
  work->returned += other.returned;
  work->open += other.open;
  work->late += other.late;
  work->relapses += other.relapses;
  work->contacts += other.contacts;
  work->visits += other.visits;
  work->officers.insert(other.officers.begin(), other.officers.end());
  work->days_to_find.insert(work->days_to_find.end(), other.days_to_find.begin(), other.days_to_find.end());
  work->days_to_close.insert(work->days_to_close.end(), other.days_to_close.begin(), other.days_to_close.end());
}

std::optional<int> MedianOf(std::vector<int> days) {
  if (days.empty()) {
    return std::nullopt;
  }
  const auto middle = days.begin() + static_cast<std::ptrdiff_t>((days.size() - 1) / 2);
  std::nth_element(days.begin(), middle, days.end());
  return *middle;
}

}  // namespace ruraledu::dropout_monitoring
