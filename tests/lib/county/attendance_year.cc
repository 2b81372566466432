#include "tests/lib/county/attendance_year.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/lib/county/random.h"

namespace ruraledu::testlib {
namespace {

using Both = std::pair<Said, Said>;

// Working days of the nation.
class WorkDays {
 public:
  explicit WorkDays(std::string_view text) {
    for (const std::string_view line : absl::StrSplit(text, '\n')) {
      const std::vector<std::string_view> cells = absl::StrSplit(line, ',');
      absl::CivilDay day;
      if (cells.size() >= 2 && absl::ParseCivilTime(std::string(cells[0]), &day)) {
        (cells[1] == "public_holiday" ? off_ : on_).insert(day);
      }
    }
  }
  bool IsWork(absl::CivilDay day) const {
    const absl::Weekday weekday = absl::GetWeekday(day);
    const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
    return on_.contains(day) || (!weekend && !off_.contains(day));
  }

 private:
  std::set<absl::CivilDay> off_, on_;
};

class Maker {
 public:
  explicit Maker(const YearOptions& options) : options_(options), random_(options.seed), work_(options.holidays) {
    year_.spans = {{absl::CivilDay(2023, 9, 1), absl::CivilDay(2024, 1, 26)},
                   {absl::CivilDay(2024, 2, 19), absl::CivilDay(2024, 7, 19)}};
    for (const auto& [first, last] : year_.spans) {
      for (absl::CivilDay day = first; day <= last && static_cast<int>(year_.days.size()) < options.days; ++day) {
        if (work_.IsWork(day)) year_.days.push_back(day);
      }
    }
    year_.spans.back().second = std::max(year_.spans.back().first, year_.days.back());
    MakeSchools();
    for (int i = 0; i < options.pupils; ++i) MakeChild(i);
    MakeGaps();
  }
  AttendanceYear Take() { return std::move(year_); }

 private:
  int last() const { return static_cast<int>(year_.days.size()) - 1; }
  absl::CivilDay At(int day) const { return year_.days[static_cast<size_t>(std::clamp(day, 0, last()))]; }

  void MakeSchools() {
    const int classes = (options_.pupils + options_.class_size - 1) / options_.class_size;
    const int schools = std::max(2, (classes + options_.classes_per_school - 1) / options_.classes_per_school);
    for (int s = 0; s < schools; ++s) {
      YearSchool& school = year_.schools.emplace_back();
      school.id = absl::StrCat("s", s + 1);
      school.half_days = s % 2 == 1;
      for (int k = 0; k < options_.classes_per_school; ++k) {
        school.classes.push_back(absl::StrCat(school.id, "k", k + 1));
      }
      if (s % 3 == 0) {  // flood: two days closed, one Saturday made up
        const absl::CivilDay day = At(random_.Between(40, 60));
        school.closed = {day};
        school.made_up = {absl::NextWeekday(day, absl::Weekday::sunday)};
      }
    }
  }

  void MakeChild(int number) {
    YearChild& child = year_.children.emplace_back();
    child.id = absl::StrCat("p", number + 1);
    const int in_class = number / options_.class_size;
    const int school = in_class / options_.classes_per_school % static_cast<int>(year_.schools.size());
    child.places = {{absl::CivilDay(2023, 8, 25), school, in_class % options_.classes_per_school}};
    child.statuses = {{absl::CivilDay(2020, 9, 1), "ENROLLED"}};
    static constexpr const char* kPlans[] = {"regular", "truant",     "lost",      "scattered", "transfer", "leaves",
                                             "dies",    "homeTaught", "suspended", "arrives",   "covered"};
    child.plan = number < 22 ? kPlans[number % 11] : kPlans[random_.Pick({58, 12, 3, 6, 6, 3, 1, 2, 3, 4, 2})];
    Colds(&child);
    Follow(&child);
    Misfeed(&child);
  }

  // A canteen that lists who is away, one day of absence in fifty.
  void Misfeed(YearChild* child) {
    for (const auto& [day, said] : child->said) {
      const bool away = said.first == Said::kAbsent && said.second == Said::kAbsent;
      if (away && random_.Chance(20000)) child->served_away.insert(day);
    }
  }

  // What every child has.
  void Colds(YearChild* child) {
    for (int day = 0; day <= last(); ++day) {
      const int drawn = random_.Below(1000);
      if (drawn < 6) {
        const Said kind = drawn < 3 ? Said::kLeave : Said::kAbsent;
        const int length = random_.Between(1, 2);
        for (int i = 0; i < length; ++i) child->said[At(day + i)] = {kind, kind};
        day += length + 3;
      } else if (drawn < 10) {
        child->said[At(day)] = drawn < 8 ? Both{Said::kLate, Said::kPresent} : Both{Said::kAbsent, Said::kPresent};
      }
    }
  }

  void Away(YearChild* child, int from, int days, int leave_at = -1) {
    for (int i = 0; i < days && from + i <= last(); ++i) {
      const Said said = i == leave_at ? Said::kLeave : Said::kAbsent;
      child->said[At(from + i)] = {said, said};
    }
  }
  // Present without anything else.
  void There(YearChild* child, int from, int days) {
    for (int i = 0; i < days; ++i) child->said.erase(At(from + i));
  }

  void Follow(YearChild* child) {
    const int from = random_.Between(5, last() - 60);
    if (child->plan == "truant") {
      const int away = random_.Between(3, 12);
      Away(child, from, away);
      const int back = random_.Between(1, 20);  // less than ten: absent again before it is stable
      There(child, from + away, back);
      Away(child, from + away + back, random_.Between(1, 6), random_.Below(8));
    } else if (child->plan == "lost") {
      Away(child, random_.Between(5, last()), last());
    } else if (child->plan == "scattered") {
      for (int at = from; at < from + 40; at += random_.Between(2, 4)) Away(child, at, 1);
    } else if (child->plan == "covered") {  // gone, and the class says present
      const int days = random_.Between(2, 6);
      There(child, from, days);
      for (int i = 0; i < days; ++i) child->missed.insert(At(from + i));
    } else if (child->plan == "transfer") {
      Transfer(child, from);
    } else if (child->plan == "arrives") {
      child->places[0].from = At(from);
    } else {
      Status(child, from);
    }
  }

  // To the next school, in half of the cases in the middle of a run.
  void Transfer(YearChild* child, int from) {
    YearPlace next = child->places[0];
    next.from = At(from);
    next.school = (next.school + 1) % static_cast<int>(year_.schools.size());
    child->places.push_back(next);
    if (random_.Chance(500000)) Away(child, from - 2, 5);
  }

  void Status(YearChild* child, int from) {
    const bool away = random_.Chance(500000);
    if (child->plan == "leaves" || child->plan == "dies") {
      if (away) Away(child, from - 4, 4);
      child->statuses.push_back({At(from), child->plan == "dies" ? "DECEASED" : "TRANSFERRED"});
      child->places.push_back({At(from), -1, 0});
    } else if (child->plan == "homeTaught") {
      if (away) Away(child, from - 4, 4);
      child->statuses.push_back({At(from), "HOME_TAUGHT"});
    } else if (child->plan == "suspended") {
      const int days = random_.Between(5, 25);
      if (away) Away(child, from - 2, 2);
      child->statuses.push_back({At(from), "SUSPENDED"});
      child->statuses.push_back({At(from + days), "ENROLLED"});
      away ? Away(child, from + days, 2) : There(child, from + days, 2);
    }
  }

  // Classes that nobody marked, a half day here and some days there; never when somebody comes back from suspension,
  // whose days away nobody marked either.
  void MakeGaps() {
    std::set<std::pair<std::string, absl::CivilDay>> kept;
    for (const YearChild& child : year_.children) {
      for (size_t i = 2; i < child.statuses.size(); ++i) {
        const YearPlace* place = child.PlaceOn(child.statuses[i].from);
        const std::string& in_class = ClassOf(*place);
        for (int back = 0; back < 3; ++back) kept.emplace(in_class, child.statuses[i].from + back);
      }
    }
    for (const YearSchool& school : year_.schools) {
      for (const std::string& in_class : school.classes) {
        if (random_.Chance(400000)) year_.with_meals.insert(in_class);
        for (int gap = 0; gap < 6; ++gap) {
          const int from = random_.Below(last()), days = random_.Between(1, 4);
          const bool half = random_.Chance(300000);
          for (int i = 0; i < days; ++i) {
            if (kept.contains({in_class, At(from + i)})) continue;
            year_.unmarked.emplace(in_class, At(from + i), 0);
            if (!half || !school.half_days) year_.unmarked.emplace(in_class, At(from + i), 1);
          }
        }
      }
    }
  }
  const std::string& ClassOf(const YearPlace& place) const {
    return year_.schools[static_cast<size_t>(place.school)].classes[static_cast<size_t>(place.in_class)];
  }

  const YearOptions& options_;
  Random random_;
  const WorkDays work_;
  AttendanceYear year_;
};

template <typename T>
const T* LastBefore(const std::vector<T>& spans, absl::CivilDay day) {
  const T* found = nullptr;
  for (const T& span : spans) {
    if (span.from <= day) found = &span;
  }
  return found;
}

}  // namespace

const YearPlace* YearChild::PlaceOn(absl::CivilDay day) const {
  const YearPlace* place = LastBefore(places, day);
  return place == nullptr || place->school < 0 ? nullptr : place;
}

const YearStatus& YearChild::StatusOn(absl::CivilDay day) const {
  return *LastBefore(statuses, day);
}

bool AttendanceYear::Teaches(const YearSchool& school, absl::CivilDay day) const {
  const auto in = [&](const std::vector<absl::CivilDay>& list) {
    return std::find(list.begin(), list.end(), day) != list.end();
  };
  return in(school.made_up) || (std::binary_search(days.begin(), days.end(), day) && !in(school.closed));
}

bool AttendanceYear::Served(const YearChild& child, absl::CivilDay day) {
  if (child.served_away.contains(day)) return true;
  if (child.missed.contains(day)) return false;
  const auto found = child.said.find(day);
  const auto there = [](Said said) { return said == Said::kPresent || said == Said::kLate; };
  return found == child.said.end() || there(found->second.first) || there(found->second.second);
}

AttendanceYear MakeYear(const YearOptions& options) {
  return Maker(options).Take();
}

// --- Oracle
// -----------------------------------------------------------------------------------------------------------

std::string YearCase::text() const {
  const auto day = [](absl::CivilDay one) { return one == absl::CivilDay() ? "-" : absl::FormatCivilTime(one); };
  return absl::StrCat("opened ", day(opened), " last ", day(last_present), " back ", day(returned), " stable ",
                      day(stable), " closed ", day(closed), " ", outcome, " relapses ", relapses);
}

// DR-28: half a day present is present; leave for half a day is leave; what nobody marked is unknown.
YearOracle::Kind YearOracle::KindOf(absl::CivilDay day) const {
  const YearPlace& place = *child_.PlaceOn(day);
  const YearSchool& school = year_.schools[static_cast<size_t>(place.school)];
  const std::string& status = child_.StatusOn(day).code;
  if (status != "ENROLLED") return Kind::kOut;
  const auto found = child_.said.find(day);
  const Both said = found == child_.said.end() ? Both{Said::kPresent, Said::kPresent} : found->second;
  const std::string& in_class = ClassOn(day);
  int present = 0, leave = 0, absent = 0;
  const int halves = school.half_days ? 2 : 1;
  for (int half = 0; half < halves; ++half) {
    if (!year_.Marked(in_class, day, half)) continue;
    const Said one = half == 0 ? said.first : said.second;
    present += one == Said::kPresent || one == Said::kLate ? 1 : 0;
    leave += one == Said::kLeave ? 1 : 0;
    absent += one == Said::kAbsent ? 1 : 0;
  }
  if (present > 0) return Kind::kPresent;
  if (leave > 0) return Kind::kLeave;
  if (absent == halves) return Kind::kAbsent;
  return year_.Serves(in_class) && AttendanceYear::Served(child_, day) ? Kind::kServed : Kind::kUnknown;
}

const std::string& YearOracle::ClassOn(absl::CivilDay day) const {
  const YearPlace& place = *child_.PlaceOn(day);
  return year_.schools[static_cast<size_t>(place.school)].classes[static_cast<size_t>(place.in_class)];
}

YearCase* YearOracle::Open() {
  return cases_.empty() || !cases_.back().outcome.empty() ? nullptr : &cases_.back();
}

void YearOracle::Absent(absl::CivilDay day) {
  if (++state_.run == 1) run_from_ = day;
  if (away_ && attended_ >= 10) away_ = false;  // back for good: what comes now is another story
  attended_ = 0;
  if (state_.run != 3) return;
  if (!away_) story_from_ = run_from_;
  away_ = true;
  YearCase* open = Open();
  if (open == nullptr) {
    cases_.push_back({.opened = day, .last_present = last_present_});
    return;
  }
  open->last_present = last_present_;
  if (open->returned != absl::CivilDay()) {  // absent again on trial return
    open->returned = open->stable = absl::CivilDay();
    ++open->relapses;
  }
}

// At school, whoever says so: the first such day of a child that was away begins its return.
void YearOracle::Seen(absl::CivilDay day) {
  state_.run = 0;
  last_present_ = day;
  if (!away_ || attended_ >= 10) return;
  YearCase* open = Open();
  if (open != nullptr && open->returned == absl::CivilDay()) open->returned = day;
}

void YearOracle::Present(absl::CivilDay day) {
  Seen(day);
  if (!away_ || attended_ >= 10) return;
  ++attended_;
  YearCase* open = Open();
  if (open == nullptr) return;
  if (attended_ == 10) {
    open->stable = open->closed = day;
    open->outcome = "RETURNED";
  }
}

void YearOracle::Day(absl::CivilDay day) {
  told_.push_back(day);
  const Kind kind = KindOf(day);
  if (kind == Kind::kPresent) Present(day);
  if (kind == Kind::kServed) Seen(day);
  if (kind == Kind::kLeave) state_.run = 0;
  if (kind == Kind::kAbsent) Absent(day);
  if (kind == Kind::kUnknown) unknown_.push_back(day);
  Meal(day, kind);
  if (kind == Kind::kServed) unknown_.clear();
  if (kind != Kind::kUnknown && kind != Kind::kOut && kind != Kind::kServed) {
    unknown_.clear();
    marked_.emplace_back(day, kind == Kind::kAbsent);
  }
  // Sixty school days are looked at, and what is still open from its beginning (decision 0028).
  absl::CivilDay from = told_[told_.size() - std::min<size_t>(60, told_.size())];
  if (state_.run > 0) from = std::min(from, run_from_);
  if (away_ && attended_ < 10) from = std::min(from, story_from_);
  Look(from);
}

void YearOracle::Meal(absl::CivilDay day, Kind kind) {
  const bool listed = year_.Serves(ClassOn(day)) && kind != Kind::kOut;
  const bool served = listed && AttendanceYear::Served(child_, day);
  if (state_.run == 0) contradicted_ = 0;
  if (served && kind == Kind::kAbsent) ++contradicted_;
  if (served) meals_.emplace_back(day, 's');
  if (listed && !served && kind == Kind::kPresent) meals_.emplace_back(day, 'n');
}

void YearOracle::Look(absl::CivilDay from) {
  int seen = 0, absences = 0;
  for (auto mark = marked_.rbegin(); mark != marked_.rend() && mark->first >= from && seen < 20; ++mark) {
    ++seen;
    absences += mark->second ? 1 : 0;
  }
  const int scattered = absences >= 6 && seen >= 10 ? 2 : absences >= 3 && seen >= 5 ? 1 : 0;
  state_.step = std::max(std::min(state_.run, 3), scattered);
  // Three days behind the last meal, of a child that had one in the days that are looked at.
  int missed = 0;
  auto meal = meals_.rbegin();
  for (; meal != meals_.rend() && meal->first >= from && meal->second == 'n'; ++meal) ++missed;
  const bool eats = meal != meals_.rend() && meal->first >= from;
  state_.disputed = contradicted_ > 0 || (eats && missed >= 3);
  state_.no_record =
      std::count_if(unknown_.begin(), unknown_.end(), [&](absl::CivilDay day) { return day >= from; }) >= 2;
}

void YearOracle::Register(absl::CivilDay day) {
  const std::string& status = child_.StatusOn(day).code;
  YearCase* open = Open();
  if (open != nullptr && (status == "DECEASED" || status == "TRANSFERRED")) {
    open->closed = day;
    open->outcome = status == "DECEASED" ? "DECEASED" : "MOVED";
  }
}

}  // namespace ruraledu::testlib
