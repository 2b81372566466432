#include "services/dropout_monitoring/sheet_rules.h"

#include <algorithm>
#include <tuple>

namespace ruraledu::dropout_monitoring {
namespace {

// How much of the child a mark saw.
int Seen(v1::Mark mark) {
  switch (mark) {
    case v1::MARK_PRESENT:
      return 4;
    case v1::MARK_LATE:
      return 3;
    case v1::MARK_LEAVE:
      return 2;
    case v1::MARK_ABSENT:
      return 1;
    default:
      return 0;
  }
}

void Take(const std::string& person, MarkTaken taken, MarksByPerson* marks) {
  if (taken.mark != v1::MARK_LEAVE) {
    taken.leave_reason.clear();
  }
  const auto order = [](const MarkTaken& mark) {
    return std::tuple(mark.taken_at_us, Seen(mark.mark), std::string_view(mark.leave_reason));
  };
  const auto [known, fresh] = marks->emplace(person, taken);
  if (!fresh && order(known->second) < order(taken)) {
    known->second = taken;
  }
}

void TakeRoster(const std::vector<std::string>& persons, int64_t taken_at_us, const MarksByPerson& by_name,
                MarksByPerson* marks) {
  for (const std::string& person : persons) {
    if (!by_name.contains(person)) {
      Take(person, {v1::MARK_PRESENT, taken_at_us, ""}, marks);
    }
  }
}

MarksByPerson ByName(const v1::Sheet& sheet) {
  MarksByPerson marks;
  for (const v1::SheetEntry& entry : sheet.entries()) {
    marks.emplace(entry.person(), MarkTaken{entry.mark(), entry.taken_at_us(), ""});
  }
  for (const v1::SheetLeave& leave : sheet.leaves()) {
    if (const auto found = marks.find(leave.person()); found != marks.end()) {
      found->second.leave_reason = leave.reason();
    }
  }
  return marks;
}

// Only what the roster does not say already stands by name.
void Write(const MarksByPerson& marks, const std::vector<std::string>& persons, v1::Sheet* sheet) {
  sheet->clear_entries();
  sheet->clear_leaves();
  int absent = 0, on_leave = 0, late = 0;
  for (const auto& [person, taken] : marks) {
    absent += taken.mark == v1::MARK_ABSENT ? 1 : 0;
    on_leave += taken.mark == v1::MARK_LEAVE ? 1 : 0;
    late += taken.mark == v1::MARK_LATE ? 1 : 0;
    const bool said = taken.mark == v1::MARK_PRESENT && taken.taken_at_us == sheet->taken_at_us() &&
                      std::binary_search(persons.begin(), persons.end(), person);
    if (said) {
      continue;
    }
    v1::SheetEntry* entry = sheet->add_entries();
    entry->set_person(person);
    entry->set_mark(taken.mark);
    entry->set_taken_at_us(taken.taken_at_us);
    if (!taken.leave_reason.empty()) {
      v1::SheetLeave* leave = sheet->add_leaves();
      leave->set_person(person);
      leave->set_reason(taken.leave_reason);
    }
  }
  sheet->set_marked(static_cast<int32_t>(marks.size()));
  sheet->set_absent(absent);
  sheet->set_on_leave(on_leave);
  sheet->set_late(late);
}

}  // namespace

MarksByPerson MarksOf(const v1::Sheet& sheet, const std::vector<std::string>& persons) {
  MarksByPerson by_name = ByName(sheet), marks = by_name;
  TakeRoster(persons, sheet.taken_at_us(), by_name, &marks);
  return marks;
}

void TakeSheet(const SheetTaken& taken, const std::vector<std::string>& persons, v1::Sheet* sheet) {
  MarksByPerson marks = MarksOf(*sheet, persons);
  for (const auto& [person, mark] : taken.marks) {
    Take(person, mark, &marks);
  }
  TakeRoster(taken.persons, taken.taken_at_us, taken.marks, &marks);
  const bool newer = !taken.roster.empty() && std::tuple(taken.taken_at_us, std::string_view(taken.roster)) >
                                                  std::tuple(sheet->taken_at_us(), std::string_view(sheet->roster()));
  if (newer) {
    sheet->set_taken_at_us(taken.taken_at_us);
    sheet->set_roster(taken.roster);
  }
  Write(marks, newer ? taken.persons : persons, sheet);
}

}  // namespace ruraledu::dropout_monitoring
