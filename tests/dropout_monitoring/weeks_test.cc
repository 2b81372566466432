// Ten weeks of a school lived day by day - truants, leave, gaps in the lists, half days, transfers between classes,
// suspensions, corrections that come days later - and after each day the state of every child beside an oracle that is
// written apart from the product: plain strings, one letter a day.
#include <random>

#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kPupils = 14;
constexpr int kWeeks = 10;

// What the oracle knows of a child: a letter per school day. P present, A absent, L leave, '.' unknown, X excluded.
struct Child {
  std::string person, in_class = "k1", days;
  bool truant = false, suspended = false;
  int away = 0;  // days of truancy that are still to come
};

struct Truth {
  int run = 0, no_record = 0;
  std::string step;
  bool returned = false, stable = false;
};

// DR-28, DR-29 and the DEFAULT profile by search in the string of the child.
Truth TruthOf(const std::string& days) {
  Truth truth;
  std::string counted;
  for (const char day : days) {
    if (day != 'X') counted += day;
  }
  const size_t end = counted.find_last_of("PL");
  const std::string tail = end == std::string::npos ? counted : counted.substr(end + 1);
  truth.run = static_cast<int>(std::count(tail.begin(), tail.end(), 'A'));
  const size_t marked = counted.find_last_not_of('.');
  truth.no_record = static_cast<int>(counted.size() - (marked == std::string::npos ? 0 : marked + 1));
  std::string last;  // of the last twenty marked days
  for (auto day = counted.rbegin(); day != counted.rend() && last.size() < 20; ++day) {
    if (*day != '.') last += *day;
  }
  const auto scattered = std::count(last.begin(), last.end(), 'A');
  truth.step = truth.run >= 3                                            ? "SUSPECTED"
               : truth.run == 2 || (scattered >= 6 && last.size() >= 10) ? "VISIT"
               : truth.run == 1 || (scattered >= 3 && last.size() >= 5)  ? "WARN"
                                                                         : "";
  // The newest run of three: days of presence behind it that no absence follows.
  int run = 0, present = 0;
  bool suspected = false;
  for (const char day : counted) {
    if (day == 'A') {
      ++run;
      if (present >= 10) suspected = false;
      present = 0;
      suspected |= run >= 3;
    } else if (day != '.') {
      run = 0;
      present += day == 'P' && suspected ? 1 : 0;
    }
  }
  truth.returned = suspected && present > 0;
  truth.stable = suspected && present >= 10;
  return truth;
}

class Weeks : public AttendanceTest {
 protected:
  Weeks() {
    for (int i = 0; i < kPupils; ++i) {
      Child child{.person = absl::StrCat("w", 10 + i)};
      child.in_class = i % 2 == 0 ? "k1" : "k2";
      child.truant = i % 4 == 0;
      registry.Put(Student(child.person, child.in_class));
      children.push_back(child);
    }
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  void Move(Child& child, int date) {
    registry_v1::Student moved = Student(child.person, child.in_class);
    const std::string to = child.in_class == "k1" ? "k2" : "k1";
    *moved.mutable_enrolments(0)->mutable_valid_to() = Date(date);
    *moved.add_enrolments() = Student(child.person, to).enrolments(0);
    *moved.mutable_enrolments(1)->mutable_valid_from() = Date(date);
    moved.set_area(absl::StrCat("411728103/s1/", to));
    registry.Put(moved);
    child.in_class = to;
  }
  void Suspend(Child& child, int date) {
    registry_v1::Student suspended = Student(child.person, child.in_class);
    suspended.set_status("SUSPENDED");
    *suspended.mutable_status_from() = Date(date);
    registry.Put(suspended);
    child.suspended = true;
  }

  // The letter of a child's day.
  char DayOfChance(Child& child) {
    if (child.suspended) return 'X';
    if (child.truant && child.away == 0 && random() % 12 == 0) child.away = 1 + static_cast<int>(random() % 7);
    if (child.away > 0) {
      --child.away;
      return random() % 9 == 0 ? 'L' : 'A';
    }
    return random() % 25 == 0 ? 'L' : random() % 40 == 0 ? 'A' : 'P';
  }

  // Marks a class; a list that is lost leaves everybody unknown, a half list some.
  void MarkClass(const std::string& in_class, int date) {
    const bool lost = random() % 12 == 0;
    Marks marks;
    for (Child& child : children) {
      if (child.in_class != in_class) continue;
      const char day = DayOfChance(child);
      child.days += lost && day != 'X' ? '.' : day;
      if (day == 'A') marks[child.person] = v1::MARK_ABSENT;
      if (day == 'L') marks[child.person] = v1::MARK_LEAVE;
    }
    if (!lost) {
      ASSERT_EQ(Record({Sheet(date, marks, true, v1::SESSION_DAY, absl::StrCat("counties/411728/classes/", in_class))}),
                "R");
    }
  }

  // Leave that is handed in days later.
  void Correct(const std::vector<int>& dates) {
    Child& child = children[random() % children.size()];
    for (size_t back = 1; back < 4 && back < dates.size(); ++back) {
      const size_t at = dates.size() - 1 - back;
      if (child.days[at] != 'A') continue;
      auto sheet = Sheet(dates[at], {{child.person, v1::MARK_LEAVE}}, false, v1::SESSION_DAY,
                         absl::StrCat("counties/411728/classes/", child.in_class));
      if (Record({sheet}) == "R") child.days[at] = 'L';
    }
  }

  void Compare(int date) {
    for (const Child& child : children) {
      const Truth truth = TruthOf(child.days);
      const v1::AbsenceEvaluation now = AbsenceOf(child.person).evaluation();
      SCOPED_TRACE(absl::StrCat(date, " ", child.person, " ", child.days));
      const std::string step = v1::AbsenceStep_Name(now.step()).substr(sizeof("ABSENCE_STEP_") - 1);
      ASSERT_EQ(step == "UNSPECIFIED" ? "" : step, truth.step);
      if (truth.step == "SUSPECTED") {
        ASSERT_EQ(now.run_days(), truth.run);
      }
      if (truth.no_record >= 2) {
        ASSERT_EQ(now.no_record_days(), truth.no_record);
      }
      ASSERT_EQ(now.has_returned_on(), truth.returned);
      ASSERT_EQ(now.has_stable_on(), truth.stable);
    }
  }

  std::mt19937 random{20230901};
  std::vector<Child> children;
};

TEST_P(Weeks, EveryChildIsInTheStateThatTheOracleSays) {
  std::vector<int> dates;
  int suspected = 0, returned = 0;
  absl::CivilDay day(2023, 9, 4);
  const absl::CivilDay last = day + 7 * kWeeks;
  const WorkCalendar work = *monitoring.place.database->Read(feed::ReadWorkCalendar);
  for (; day < last; ++day) {
    if (!*work.IsWorkday(day)) continue;
    const int date = static_cast<int>(day.year()) * 10000 + day.month() * 100 + day.day();
    On(date);
    dates.push_back(date);
    if (dates.size() == 12) Move(children[4], date);
    if (dates.size() == 20) Suspend(children[9], date);
    ASSERT_TRUE(monitoring.CatchUp().ok());
    MarkClass("k1", date);
    MarkClass("k2", date);
    Correct(dates);
    const auto result = EvaluateDay(date);
    suspected += static_cast<int>(result.newly_suspected());
    returned += static_cast<int>(result.stable());
    Compare(date);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(suspected, 3) << "there was something to find";
  EXPECT_GT(returned, 0);
}

INSTANTIATE_TEST_SUITE_P(Databases, Weeks, ::testing::Values("sqlite"));

}  // namespace
}  // namespace ruraledu::dropout_monitoring
