// A school year of attendance in a county, made up child by child and day by day: who is where, who is away and why,
// which classes are not marked, whom canteens say to have served. Nothing of the product; the same seed gives the same
// year.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/time/civil_time.h"

namespace ruraledu::testlib {

// What the class says of a child in a session.
enum class Said { kPresent, kLate, kLeave, kAbsent };

struct YearSchool {
  std::string id;
  bool half_days = false;                       // morning and afternoon are marked
  std::vector<absl::CivilDay> closed, made_up;  // against the calendar of the county
  std::vector<std::string> classes;
};

// Where a child belongs from a day on; school -1: it left.
struct YearPlace {
  absl::CivilDay from;
  int school = 0, in_class = 0;
};

// What the register says from a day on.
struct YearStatus {
  absl::CivilDay from;
  std::string code;  // student_status: "ENROLLED" ...
};

struct YearChild {
  std::string id;
  std::string plan;  // why it is in the year: "truant", "transfer" ...
  std::vector<YearPlace> places;
  std::vector<YearStatus> statuses;
  std::map<absl::CivilDay, std::pair<Said, Said>>
      said;  // morning and afternoon of the days that are not plainly present
  // Against what the class says: served although away, and not served although said to be there.
  std::set<absl::CivilDay> served_away, missed;

  const YearPlace* PlaceOn(absl::CivilDay day) const;  // null: nowhere
  const YearStatus& StatusOn(absl::CivilDay day) const;
};

struct YearOptions {
  uint64_t seed = 1;
  int pupils = 180, class_size = 15, classes_per_school = 4;
  int days = 200;             // school days of the county
  std::string_view holidays;  // date,kind,name with public_holiday and transfer_workday
};

struct AttendanceYear {
  std::vector<std::pair<absl::CivilDay, absl::CivilDay>> spans;  // of teaching
  std::vector<absl::CivilDay> days;                              // of the county
  std::vector<YearSchool> schools;
  std::vector<YearChild> children;
  std::set<std::tuple<std::string, absl::CivilDay, int>> unmarked;  // class, day, half
  std::set<std::string> with_meals;                                 // classes whose canteen keeps lists

  bool Teaches(const YearSchool& school, absl::CivilDay day) const;
  bool Marked(const std::string& in_class, absl::CivilDay day, int half) const {
    return !unmarked.contains({in_class, day, half});
  }
  bool Serves(const std::string& in_class) const { return with_meals.contains(in_class); }
  // Of a child that belongs to a class with lists.
  static bool Served(const YearChild& child, absl::CivilDay day);
};

AttendanceYear MakeYear(const YearOptions& options);

// --- What has to become of it: the rules of digest 3.1, 3.2 and 3.5 (DR-28, DR-29, profile DEFAULT) read anew
// ---------

// The state of a child at the end of a day.
struct YearState {
  int step = 0;  // 1 contact the family, 2 visit, 3 suspected
  int run = 0;
  bool no_record = false;
  bool disputed = false;  // class and canteen say different things
  friend bool operator==(const YearState&, const YearState&) = default;
};

struct YearCase {
  absl::CivilDay opened, last_present, returned, stable, closed;  // CivilDay(): none
  std::string outcome;                                            // "" open, "RETURNED", "DECEASED", "MOVED"
  int relapses = 0;
  std::string text() const;
};

// Follows one child. A day is told in order; days on which its school does not teach are not told.
class YearOracle {
 public:
  YearOracle(const AttendanceYear& year, const YearChild& child) : year_(year), child_(child) {}

  // `day` is one on which the child's school teaches; afterwards the people of the county close what is stable.
  void Day(absl::CivilDay day);
  // Whatever day it is: what the register ends.
  void Register(absl::CivilDay day);

  const YearState& state() const { return state_; }
  const std::vector<YearCase>& cases() const { return cases_; }

 private:
  enum class Kind { kOut, kUnknown, kPresent, kLeave, kAbsent, kServed };
  const std::string& ClassOn(absl::CivilDay day) const;
  Kind KindOf(absl::CivilDay day) const;
  void Absent(absl::CivilDay day);
  void Seen(absl::CivilDay day);
  void Present(absl::CivilDay day);
  void Meal(absl::CivilDay day, Kind kind);
  YearCase* Open();

  const AttendanceYear& year_;
  const YearChild& child_;
  YearState state_;
  void Look(absl::CivilDay from);

  std::vector<absl::CivilDay> told_;                     // days on which the child's school taught
  std::vector<std::pair<absl::CivilDay, bool>> marked_;  // absent or not, of the marked days
  std::vector<absl::CivilDay> unknown_;                  // since the last mark
  std::vector<std::pair<absl::CivilDay, char>> meals_;   // 's' served, 'n' present and not served
  int contradicted_ = 0;                                 // days of the run on which the child was served
  absl::CivilDay last_present_, run_from_, story_from_;
  bool away_ = false;  // a run was long enough, and the child is not stably back
  int attended_ = 0;   // days since it came back
  std::vector<YearCase> cases_;
};

}  // namespace ruraledu::testlib
