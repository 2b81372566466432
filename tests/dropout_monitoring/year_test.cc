// A school year of a county, day by day, beside an oracle of its own (tests/lib/county/attendance_year.h): the state of
// every child at the end of every day, and every case - opened, back, absent again, stable, closed, ended by the
// register - child by child. Nothing that was planted is missed, and nothing else is found.
//
// RURALEDU_YEAR_PUPILS, RURALEDU_YEAR_DAYS and RURALEDU_YEAR_SEED make it larger or another one; year.sh runs a whole
// county.
#include <iostream>
#include <set>

#include "absl/strings/str_join.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/lib/county/attendance_year.h"
#include "tests/lib/setting.h"

namespace ruraledu::dropout_monitoring {
namespace {

using testlib::AttendanceYear;
using testlib::Said;
using testlib::YearChild;
using testlib::YearOracle;
using testlib::YearSchool;

int Setting(const char* name, int otherwise) {
  return static_cast<int>(testlib::Setting(name, otherwise));
}

v1::Mark MarkOf(Said said) {
  return said == Said::kAbsent  ? v1::MARK_ABSENT
         : said == Said::kLeave ? v1::MARK_LEAVE
         : said == Said::kLate  ? v1::MARK_LATE
                                : v1::MARK_PRESENT;
}

class YearTest : public CaseFixture, public ::testing::Test {
 protected:
  static AttendanceYear Make() {
    static const auto* const holidays = new std::string(ShippedFile("data/holidays.csv"));
    const int pupils = Setting("RURALEDU_YEAR_PUPILS", 80);
    return testlib::MakeYear({.seed = static_cast<uint64_t>(Setting("RURALEDU_YEAR_SEED", 20230901)),
                              .pupils = pupils,
                              .class_size = pupils > 1000 ? 45 : 16,
                              .classes_per_school = pupils > 1000 ? 30 : 4,
                              .days = Setting("RURALEDU_YEAR_DAYS", 200),
                              .holidays = *holidays});
  }
  void SetUp() override {
    registry.Put(CalendarYear(2024));
    for (const YearSchool& school : year.schools) {
      registry.Put(School("y" + school.id));
      for (const std::string& in_class : school.classes) registry.Put(Class(in_class, "y" + school.id));
    }
    ASSERT_TRUE(monitoring.CatchUp().ok());
    for (const YearSchool& school : year.schools) Teach(school);
    for (const YearChild& child : year.children) oracles.emplace_back(year, child);
  }
  void Teach(const YearSchool& school) {
    v1::PutSchoolCalendarRequest request = Of<v1::PutSchoolCalendarRequest>("");
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/y", school.id));
    request.set_school_year("2023-2024");
    request.mutable_calendar()->set_half_days(school.half_days);
    for (const auto& [first, last] : year.spans) {
      auto* span = request.mutable_calendar()->add_spans();
      *span->mutable_first_day() = DateOf(first);
      *span->mutable_last_day() = DateOf(last);
    }
    for (const auto* days : {&school.closed, &school.made_up}) {
      for (const absl::CivilDay day : *days) {
        auto* exception = request.mutable_calendar()->add_exceptions();
        *exception->mutable_from() = *exception->mutable_until() = DateOf(day);
        exception->set_open(days == &school.made_up);
        exception->set_reason("洪水");
      }
    }
    const auto put = As("clerk", "411728", "PutSchoolCalendar", request, &Handlers::PutSchoolCalendar);
    ASSERT_TRUE(put.ok()) << put.status();
  }

  // --- What the register says ---------------------------------------------------------------------------------------

  registry_v1::Student StudentOn(const YearChild& child, absl::CivilDay day) {
    registry_v1::Student student;
    for (size_t i = 0; i < child.places.size() && child.places[i].from <= day; ++i) {
      const testlib::YearPlace& place = child.places[i];
      if (i > 0) *student.mutable_enrolments(0)->mutable_valid_to() = DateOf(place.from);
      if (place.school < 0) continue;
      const YearSchool& school = year.schools[static_cast<size_t>(place.school)];
      const registry_v1::Student there =
          Student("y" + child.id, school.classes[static_cast<size_t>(place.in_class)], "y" + school.id);
      registry_v1::Student next = there;
      *next.mutable_enrolments(0)->mutable_valid_from() = DateOf(place.from);
      for (const auto& span : student.enrolments()) *next.add_enrolments() = span;  // the newest first
      student = next;
    }
    const testlib::YearStatus& status = child.StatusOn(day);
    student.set_status(status.code);
    *student.mutable_status_from() = DateOf(status.from);
    if (status.code == "TRANSFERRED") student.set_moved_to(absl::StrCat("counties/500243/students/y", child.id));
    return student;
  }
  // Everybody who is new, moved, or of another status since the day before.
  void Follow(absl::CivilDay before, absl::CivilDay day) {
    bool any = false;
    const auto changes = [&](const auto& spans) {
      return std::any_of(spans.begin(), spans.end(),
                         [&](const auto& span) { return before < span.from && span.from <= day; });
    };
    for (const YearChild& child : year.children) {
      if (child.places[0].from <= day && (changes(child.places) || changes(child.statuses))) {
        registry.Put(StudentOn(child, day));
        any = true;
      }
    }
    if (any) ASSERT_TRUE(monitoring.CatchUp().ok());
  }

  // --- What the classes say -----------------------------------------------------------------------------------------

  using Exceptions = std::map<std::string, std::vector<const YearChild*>>;  // by class: who is not plainly present
  Exceptions ExceptionsOn(absl::CivilDay day) const {
    Exceptions all;
    for (const YearChild& child : year.children) {
      const testlib::YearPlace* place = child.PlaceOn(day);
      const bool plain = !child.said.contains(day) && !child.missed.contains(day);
      if (place != nullptr && !plain && child.StatusOn(day).code == "ENROLLED") {
        const YearSchool& school = year.schools[static_cast<size_t>(place->school)];
        all[school.classes[static_cast<size_t>(place->in_class)]].push_back(&child);
      }
    }
    return all;
  }
  void Mark(const YearSchool& school, absl::CivilDay day, Exceptions& exceptions) {
    v1::BatchRecordAttendanceRequest request = Of<v1::BatchRecordAttendanceRequest>("");
    request.set_parent(kCounty);
    for (const std::string& in_class : school.classes) {
      for (int half = 0; half < (school.half_days ? 2 : 1); ++half) {
        if (!year.Marked(in_class, day, half)) continue;
        auto* sheet = request.add_sheets();
        sheet->set_class_name(absl::StrCat(kCounty, "/classes/", in_class));
        *sheet->mutable_day() = DateOf(day);
        sheet->set_session(!school.half_days ? v1::SESSION_DAY
                           : half == 0       ? v1::SESSION_MORNING
                                             : v1::SESSION_AFTERNOON);
        sheet->set_taken_at_us(clock.NowMicros());
        sheet->set_whole_class(true);
        for (const YearChild* child : exceptions[in_class]) {
          const auto found = child->said.find(day);
          if (found == child->said.end()) continue;  // who is covered up is said to be there
          const auto& [morning, afternoon] = found->second;
          auto* mark = sheet->add_marks();
          mark->set_student("y" + child->id);
          mark->set_mark(MarkOf(half == 0 ? morning : afternoon));
          if (mark->mark() == v1::MARK_LEAVE) mark->set_leave_reason("SICK");
        }
      }
    }
    if (request.sheets().empty()) return;
    const auto answer = As("teacher", "411728", "BatchRecordAttendance", request, &Handlers::BatchRecordAttendance);
    ASSERT_TRUE(answer.ok()) << answer.status();
    for (const auto& result : answer->results()) {
      ASSERT_EQ(result.outcome(), v1::ATTENDANCE_OUTCOME_RECORDED) << day << " " << result.ShortDebugString();
    }
  }
  // By canteen: who belongs to a class and was not served, of those who are on its list.
  void Serve(const YearSchool& school, absl::CivilDay day, const Exceptions& exceptions) {
    v1::BatchRecordMealsRequest request = Of<v1::BatchRecordMealsRequest>("");
    request.set_parent(kCounty);
    for (const std::string& in_class : school.classes) {
      if (!year.Serves(in_class)) continue;
      v1::MealList* list = request.add_lists();
      list->set_class_name(absl::StrCat(kCounty, "/classes/", in_class));
      *list->mutable_day() = DateOf(day);
      list->set_taken_at_us(clock.NowMicros());
      list->set_whole_class(true);
      const auto found = exceptions.find(in_class);
      if (found == exceptions.end()) continue;
      for (const YearChild* child : found->second) {
        if (!AttendanceYear::Served(*child, day)) list->add_not_served("y" + child->id);
      }
    }
    if (request.lists().empty()) return;
    const auto answer = As("cook", "411728", "BatchRecordMeals", request, &Handlers::BatchRecordMeals);
    ASSERT_TRUE(answer.ok()) << answer.status();
    for (const auto& result : answer->results()) {
      ASSERT_EQ(result.outcome(), v1::ATTENDANCE_OUTCOME_RECORDED) << day << " " << result.ShortDebugString();
    }
  }
  void Evaluate(absl::CivilDay day) {
    v1::StartEvaluationRequest request = Of<v1::StartEvaluationRequest>("");
    request.set_parent(kCounty);
    *request.mutable_on() = DateOf(day);
    const auto job = As("clerk", "411728", "StartEvaluation", request, &Handlers::StartEvaluation);
    ASSERT_TRUE(job.ok()) << job.status();
    const absl::Status turned = monitoring.Turn(kShard, std::string(feed::IdOfName(job->name())));
    ASSERT_TRUE(turned.ok()) << turned;
  }

  // --- What becomes of it -------------------------------------------------------------------------------------------

  template <typename M>
  std::vector<M> All(const feed::RootTable& table, const std::string& condition) {
    std::vector<M> roots;
    const auto read = monitoring.place.database->Read([&](db::Transaction& tx) -> absl::Status {
      roots.clear();
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", table.table,
                                             " WHERE shard = 'c411728' AND ", condition, " ORDER BY id")));
      for (const db::Row& row : rows) {
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, table, row.Text(0), nullptr, &roots.emplace_back()));
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return roots;
  }
  // The people of the county end what has become stable.
  void CloseStable() {
    for (const v1::Case& file : All<v1::Case>(kCases, "is_open = 1")) {
      if (file.state() == v1::CASE_STATE_RETURNED_TRIAL && file.has_stable_on()) {
        const auto closed = Step(file.name(), Proposal(v1::CASE_STEP_KIND_CLOSE));
        ASSERT_TRUE(closed.ok()) << closed.status();
      }
    }
  }
  void Compare(absl::CivilDay day) {
    std::map<std::string, testlib::YearState> found;
    for (const v1::Absence& absence : All<v1::Absence>(kAbsences, "id <> ''")) {
      testlib::YearState& state = found[absence.person()];
      state.step = static_cast<int>(absence.evaluation().step());
      state.run = absence.evaluation().run_days();
      for (const auto& reason : absence.evaluation().reasons()) {
        state.no_record |= reason.code() == "NO_RECORD";
        state.disputed |= reason.code() == "MEAL_CONTRADICTS" || reason.code() == "NOT_SERVED";
      }
    }
    for (size_t i = 0; i < oracles.size(); ++i) {
      const testlib::YearState& wanted = oracles[i].state();
      const testlib::YearState& got = found["y" + year.children[i].id];
      disputed += wanted.disputed ? 1 : 0;
      if (got == wanted) continue;
      Differ(absl::StrCat(absl::FormatCivilTime(day), " ", year.children[i].id, " ", year.children[i].plan, ": step ",
                          got.step, " run ", got.run, " no record ", got.no_record, " disputed ", got.disputed, " for ",
                          wanted.step, " ", wanted.run, " ", wanted.no_record, " ", wanted.disputed));
    }
  }
  void Differ(std::string line) {
    if (differences.size() < 20) differences.push_back(std::move(line));
  }
  static absl::CivilDay Day(const google::type::Date& date) { return DayOf(date).value_or(absl::CivilDay()); }
  static testlib::YearCase AsTold(const v1::Case& file) {
    testlib::YearCase told{.opened = Day(file.discovered_on()),
                           .last_present = Day(file.last_attended_on()),
                           .returned = Day(file.returned_on()),
                           .stable = Day(file.stable_on()),
                           .closed = Day(file.closed_on()),
                           .relapses = file.relapse_count()};
    if (file.state() == v1::CASE_STATE_CLOSED) {
      told.outcome = v1::CaseOutcome_Name(file.outcome()).substr(std::string_view("CASE_OUTCOME_").size());
    }
    return told;
  }

  const AttendanceYear year = Make();
  std::vector<YearOracle> oracles;
  std::vector<std::string> differences;
  int disputed = 0;  // children and days on which class and canteen say different things
};

TEST_F(YearTest, CasesStepsAndReturnsAreThoseOfTheOracleChildByChild) {
  absl::CivilDay before(1970, 1, 1);
  int days = 0;
  for (absl::CivilDay day = year.days.front(); day <= year.days.back() && differences.empty(); ++day) {
    const auto teaches = [&](const YearSchool& school) { return year.Teaches(school, day); };
    if (std::none_of(year.schools.begin(), year.schools.end(), teaches)) continue;
    ++days;
    On(day.month(), day.day(), static_cast<int>(day.year()));
    ASSERT_NO_FATAL_FAILURE(Follow(before, day));
    before = day;
    Exceptions exceptions = ExceptionsOn(day);
    for (const YearSchool& school : year.schools) {
      if (!teaches(school)) continue;
      ASSERT_NO_FATAL_FAILURE(Mark(school, day, exceptions));
      ASSERT_NO_FATAL_FAILURE(Serve(school, day, exceptions));
    }
    ASSERT_NO_FATAL_FAILURE(Evaluate(day));
    RunClock();
    ASSERT_NO_FATAL_FAILURE(CloseStable());
    for (size_t i = 0; i < oracles.size(); ++i) {
      const testlib::YearPlace* place = year.children[i].PlaceOn(day);
      if (place != nullptr && teaches(year.schools[static_cast<size_t>(place->school)])) oracles[i].Day(day);
      oracles[i].Register(day);
    }
    Compare(day);
  }
  std::map<std::string, std::vector<v1::Case>> found;
  for (v1::Case& file : All<v1::Case>(kCases, "id <> ''")) found[file.person()].push_back(std::move(file));
  std::map<std::string, int> planted;  // cases by plan
  size_t wanted = 0, relapses = 0;
  for (size_t i = 0; i < oracles.size(); ++i) {
    std::vector<std::string> want, got;
    for (const testlib::YearCase& one : oracles[i].cases()) {
      want.push_back(one.text());
      relapses += one.relapses > 0 ? 1 : 0;
    }
    for (const v1::Case& file : found["y" + year.children[i].id]) got.push_back(AsTold(file).text());
    if (got != want) {
      Differ(absl::StrCat(year.children[i].id, " ", year.children[i].plan, ": ", absl::StrJoin(got, "; "), " for ",
                          absl::StrJoin(want, "; ")));
    }
    planted[year.children[i].plan] += static_cast<int>(want.size());
    wanted += want.size();
  }
  EXPECT_THAT(differences, ::testing::IsEmpty());
  // The year has in it what it is made for.
  for (const char* plan : {"truant", "lost", "transfer", "dies", "leaves", "homeTaught"}) {
    std::cout << plan << " " << planted[plan] << ", ";
  }
  std::cout << days << " days, " << year.children.size() << " children, " << wanted << " cases, " << relapses
            << " of them absent again, " << disputed << " child-days in dispute with the canteen\n";
  EXPECT_GT(planted["truant"], 0);
  EXPECT_GT(planted["lost"], 0);
  EXPECT_GT(relapses, 0u);
  EXPECT_GT(disputed, 0);
  EXPECT_EQ(year.days.size(), static_cast<size_t>(Setting("RURALEDU_YEAR_DAYS", 200)));
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
