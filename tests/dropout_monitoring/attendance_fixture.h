// Two classes of a school that teaches half days, in the first weeks of a school year.
#pragma once

#include <map>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "services/dropout_monitoring/absence_run.h"
#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {

inline registry_v1::Calendar WorkingDays(int year) {
  registry_v1::Calendar calendar;
  calendar.set_name(absl::StrCat("calendars/", year));
  calendar.set_year(year);
  const std::string text = *LoadFile(RURALEDU_SOURCE_DIR "/deploy/data/holidays.csv");
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    absl::CivilDay day;
    if (line.starts_with(absl::StrCat(year)) && ParseDay(cells[0], &day)) {
      auto* added = calendar.add_days();
      *added->mutable_date() = DateOf(day);
      added->set_kind(cells[1]);
    }
  }
  return calendar;
}

inline constexpr char kClass[] = "counties/411728/classes/k1";

class AttendanceTest : public ::testing::TestWithParam<std::string> {
 protected:
  explicit AttendanceTest(db::Options options = Given())
      : registry(folder), monitoring(folder, registry, std::move(options)) {
    monitoring.UseClock(clock);
    registry.Put(WorkingDays(2023));
    registry.Put(School());
    registry.Put(Class("k1"));
    registry.Put(Class("k2"));
    for (const char* person : {"p1", "p2", "p3"}) registry.Put(Student(person));
    registry.Put(Student("p4", "k2"));
    EXPECT_TRUE(monitoring.CatchUp().ok());
    const auto calendar = Teach(true);
    EXPECT_TRUE(calendar.ok()) << calendar.status();
  }
  static db::Options Given() {
    db::Options options;
    if (GetParam() == "postgres") {
      options.url = absl::StrCat("postgres:", testlib::Postgres::Get().NewSchema());
    }
    return options;
  }
  // The clock at noon of a day.
  void On(int date) { clock.Set(Noon(date)); }
  static absl::Time Noon(int date) {
    return absl::FromCivil(absl::CivilHour(date / 10000, date / 100 % 100, date % 100, 12),
                           absl::FixedTimeZone(8 * 60 * 60));
  }

  v1::PutSchoolCalendarRequest Calendar(bool half_days) {
    v1::PutSchoolCalendarRequest request;
    request.set_parent(kCounty);
    request.set_school_year("2023-2024");
    request.set_request_id(NewId());
    auto* span = request.mutable_calendar()->add_spans();
    *span->mutable_first_day() = Date(20230901);
    *span->mutable_last_day() = Date(20240119);
    request.mutable_calendar()->set_half_days(half_days);
    return request;
  }
  absl::StatusOr<v1::SchoolCalendar> Teach(bool half_days) {
    return monitoring.Call("PutSchoolCalendar", Calendar(half_days), &Handlers::PutSchoolCalendar);
  }

  using Marks = std::map<std::string, v1::Mark>;
  v1::AttendanceSheet Sheet(int date, const Marks& marks, bool whole = true, v1::Session session = v1::SESSION_DAY,
                            const std::string& in_class = kClass) {
    v1::AttendanceSheet sheet;
    sheet.set_class_name(in_class);
    *sheet.mutable_day() = Date(date);
    sheet.set_session(session);
    sheet.set_taken_at_us(absl::ToUnixMicros(Noon(date)) + ++taken);
    sheet.set_whole_class(whole);
    for (const auto& [person, mark] : marks) {
      auto* added = sheet.add_marks();
      added->set_student(person);
      added->set_mark(mark);
      if (mark == v1::MARK_LEAVE) added->set_leave_reason("SICK");
    }
    return sheet;
  }
  v1::BatchRecordAttendanceRequest Batch(const std::vector<v1::AttendanceSheet>& sheets) {
    v1::BatchRecordAttendanceRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const auto& sheet : sheets) *request.add_sheets() = sheet;
    return request;
  }
  // "R U X:NOT_IN_CLASS@0": one word per sheet; the reason of an error instead.
  std::string Record(const v1::BatchRecordAttendanceRequest& request) {
    return Words(monitoring.Call("BatchRecordAttendance", request, &Handlers::BatchRecordAttendance));
  }
  std::string Record(const std::vector<v1::AttendanceSheet>& sheets) { return Record(Batch(sheets)); }
  template <typename Response>
  static std::string Words(const absl::StatusOr<Response>& response) {
    if (!response.ok()) return absl::StrCat(ReasonOf(response.status()), "!");
    std::vector<std::string> words;
    for (const auto& result : response->results()) {
      std::string word = result.outcome() == v1::ATTENDANCE_OUTCOME_RECORDED    ? "R"
                         : result.outcome() == v1::ATTENDANCE_OUTCOME_UNCHANGED ? "U"
                                                                                : "X";
      for (const auto& problem : result.problems()) {
        absl::StrAppend(&word, ":", problem.reason(), problem.mark() >= 0 ? absl::StrCat("@", problem.mark()) : "");
      }
      words.push_back(word);
    }
    return absl::StrJoin(words, " ");
  }

  // Who was served on a day and who was not; with `whole` everybody else was.
  v1::MealList Meals(int date, const std::vector<std::string>& served, const std::vector<std::string>& not_served = {},
                     bool whole = false, const std::string& in_class = kClass) {
    v1::MealList list;
    list.set_class_name(in_class);
    *list.mutable_day() = Date(date);
    list.set_taken_at_us(absl::ToUnixMicros(Noon(date)) + ++taken);
    list.set_whole_class(whole);
    list.mutable_served()->Assign(served.begin(), served.end());
    list.mutable_not_served()->Assign(not_served.begin(), not_served.end());
    return list;
  }
  v1::BatchRecordMealsRequest MealsOf(const std::vector<v1::MealList>& lists) {
    v1::BatchRecordMealsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const auto& list : lists) *request.add_lists() = list;
    return request;
  }
  std::string Serve(const v1::BatchRecordMealsRequest& request) {
    return Words(monitoring.Call("BatchRecordMeals", request, &Handlers::BatchRecordMeals));
  }
  std::string Serve(const std::vector<v1::MealList>& lists) { return Serve(MealsOf(lists)); }

  // Evaluates the end of a day; the job runs to its end.
  v1::EvaluationResult EvaluateDay(int date) {
    v1::StartEvaluationRequest request;
    request.set_parent(kCounty);
    *request.mutable_on() = Date(date);
    request.set_request_id(NewId());
    const auto job = monitoring.Call("StartEvaluation", request, &Handlers::StartEvaluation);
    EXPECT_TRUE(job.ok()) << job.status();
    const std::string id(feed::IdOfName(job->name()));
    const absl::Status turned = monitoring.Turn(kShard, id);
    EXPECT_TRUE(turned.ok()) << turned;
    const auto row = monitoring.place.database->Read([&](db::Transaction& tx) { return db::FindJob(tx, kShard, id); });
    v1::EvaluationResult result;
    EXPECT_TRUE(result.ParseFromString((**row).result));
    return result;
  }
  v1::Absence AbsenceOf(const std::string& person) {
    v1::GetAbsenceRequest request;
    request.set_name(absl::StrCat(kCounty, "/absences/", person));
    return monitoring.Call("GetAbsence", request, &Handlers::GetAbsence).value_or(v1::Absence());
  }
  v1::Sheet SheetOf(const std::string& id) {
    v1::GetSheetRequest request;
    request.set_name(absl::StrCat(kCounty, "/sheets/", id));
    return monitoring.Call("GetSheet", request, &Handlers::GetSheet).value_or(v1::Sheet());
  }

  TempFolder folder;
  FakeClock clock{Noon(20230904)};
  Registry registry;
  Monitoring monitoring;
  int64_t taken = 0;
};

}  // namespace ruraledu::dropout_monitoring
