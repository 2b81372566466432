// attendance, absences: what a list becomes, and what is shown.
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class AttendanceTest : public CliTest {
 protected:
  AttendanceTest() { UseShippedData(); }
  std::string List(const std::string& rows) {
    return Write("list.csv", "学籍号,姓名,日期,时段,考勤,请假原因\n" + rows);
  }
};

TEST_F(AttendanceTest, TheListOfAClassBecomesSheets) {
  v1::BatchRecordAttendanceResponse answer;
  answer.add_results()->set_outcome(v1::ATTENDANCE_OUTCOME_RECORDED);
  auto* refused = answer.add_results();
  refused->set_outcome(v1::ATTENDANCE_OUTCOME_REFUSED);
  auto* problem = refused->add_problems();
  problem->set_mark(0);
  problem->set_reason("NOT_IN_CLASS");
  const auto seen = Answers<v1::BatchRecordAttendanceRequest>("BatchRecordAttendance", answer, "dropout_monitoring");
  const std::string list = List(
      "G411728201403151231,王小明,2023-09-04,上午,旷课,\n"
      "G411728201403151232,李小红,,,请假,生病\n"
      "G411728201403151231,王小明,2023-09-05,全天,√,\n");
  const Outcome out = Run({"attendance", "put", list, "--class", "k1", "--whole"});
  EXPECT_EQ(out.code, 0) << out.err;
  ASSERT_EQ(seen->sheets_size(), 2);
  const v1::AttendanceSheet& morning = seen->sheets(0);
  EXPECT_EQ(morning.class_name(), "counties/411728/classes/k1");
  EXPECT_EQ(morning.session(), v1::SESSION_MORNING);
  EXPECT_TRUE(morning.whole_class());
  EXPECT_GT(morning.taken_at_us(), 0);
  ASSERT_EQ(morning.marks_size(), 2);
  EXPECT_EQ(morning.marks(0).student(), "studentNumbers/G411728201403151231");
  EXPECT_EQ(morning.marks(0).mark(), v1::MARK_ABSENT);
  EXPECT_EQ(morning.marks(1).leave_reason(), "SICK");
  EXPECT_EQ(seen->sheets(1).session(), v1::SESSION_DAY);
  EXPECT_EQ(seen->sheets(1).marks(0).mark(), v1::MARK_PRESENT);
  for (const char* text : {"RECORDED", "REFUSED", "NOT_IN_CLASS #1", "2023-09-05 DAY"}) EXPECT_HAS(out.out, text);
  const int64_t taken = morning.taken_at_us();
  EXPECT_EQ(Run({"attendance", "put", list, "--class", "k1"}).code, 0);
  EXPECT_EQ(seen->sheets(0).taken_at_us(), taken) << "the same list again says nothing new";
}

TEST_F(AttendanceTest, AListOfMealsBecomesOneOfEachDay) {
  v1::BatchRecordMealsResponse answer;
  answer.add_results()->set_outcome(v1::ATTENDANCE_OUTCOME_RECORDED);
  auto* refused = answer.add_results();
  refused->set_outcome(v1::ATTENDANCE_OUTCOME_REFUSED);
  refused->add_problems()->set_reason("NOT_A_SCHOOL_DAY");
  const auto seen = Answers<v1::BatchRecordMealsRequest>("BatchRecordMeals", answer, "dropout_monitoring");
  const std::string list = Write("meals.csv",
                                 "全国学籍号,姓名,供餐日期,是否用餐\n"
                                 "G411728201403151231,王小明,2023-09-04,√\n"
                                 "G411728201403151232,李小红,,否\n"
                                 "G411728201403151231,王小明,2023-09-05,\n");
  const Outcome out = Run({"meals", "put", list, "--class", "k1", "--whole"});
  EXPECT_EQ(out.code, 0) << out.err;
  ASSERT_EQ(seen->lists_size(), 2);
  EXPECT_EQ(seen->lists(0).class_name(), "counties/411728/classes/k1");
  EXPECT_TRUE(seen->lists(0).whole_class());
  EXPECT_GT(seen->lists(0).taken_at_us(), 0);
  ASSERT_EQ(seen->lists(0).served_size(), 1);
  EXPECT_EQ(seen->lists(0).served(0), "studentNumbers/G411728201403151231");
  ASSERT_EQ(seen->lists(0).not_served_size(), 1);
  EXPECT_EQ(seen->lists(1).not_served_size(), 1) << "who is not ticked was not served";
  for (const char* text : {"2023-09-04", "RECORDED", "NOT_A_SCHOOL_DAY #1"}) EXPECT_HAS(out.out, text);
}

TEST_F(AttendanceTest, AListWithAWrongRowIsNotSent) {
  const auto seen = Answers<v1::BatchRecordAttendanceRequest>(
      "BatchRecordAttendance", v1::BatchRecordAttendanceResponse(), "dropout_monitoring");
  const Outcome out =
      Run({"attendance", "put", List("G411728201403151231,王小明,2023-09-04,上午,也许,\n"), "--class", "k1"});
  EXPECT_NE(out.code, 0);
  EXPECT_HAS(out.err, "line 2");
  EXPECT_EQ(seen->sheets_size(), 0);
}

TEST_F(AttendanceTest, WhatIsMissingAndWhoIsAway) {
  v1::ListUnmarkedClassesResponse classes;
  auto* one = classes.add_classes();
  one->set_display_name("三年级一班");
  one->add_sessions(v1::SESSION_AFTERNOON);
  const auto unmarked = Answers<v1::ListUnmarkedClassesRequest>("ListUnmarkedClasses", classes, "dropout_monitoring");
  const Outcome listed = Run({"attendance", "unmarked", "--day", "2023-09-04"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_EQ(unmarked->day().day(), 4);
  EXPECT_HAS(listed.out, "AFTERNOON");

  v1::ListAbsencesResponse away;
  auto* child = away.add_absences();
  child->mutable_evaluation()->set_step(v1::ABSENCE_STEP_SUSPECTED);
  child->mutable_evaluation()->set_run_days(3);
  const auto absences = Answers<v1::ListAbsencesRequest>("ListAbsences", away, "dropout_monitoring");
  const Outcome shown = Run({"absences", "--step", "SUSPECTED", "--area", "411728103"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(absences->area(), "areas/411728103");
  EXPECT_EQ(absences->step(), v1::ABSENCE_STEP_SUSPECTED);
  EXPECT_HAS(shown.out, "SUSPECTED");
  child->mutable_evaluation()->set_not_served_days(17);
  const auto disputed = Answers<v1::ListAbsencesRequest>("ListAbsences", away, "dropout_monitoring");
  const Outcome told = Run({"absences", "--disputed"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_TRUE(disputed->disputed_only());
  EXPECT_HAS(told.out, "17");
}

TEST_F(AttendanceTest, SheetsOfADay) {
  v1::ListSheetsResponse sheets;
  sheets.add_sheets()->set_marked(48);
  sheets.mutable_sheets(0)->set_session(v1::SESSION_MORNING);
  const auto listed = Monitors<v1::ListSheetsRequest>("ListSheets", sheets);
  const std::string table = Done({"attendance", "sheets", "list", "2023-09-04", "--area", "411728103/s1"});
  for (const char* text : {"48", "MORNING"}) EXPECT_HAS(table, text);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            day { year: 2023 month: 9 day: 4 }
                            area: "areas/411728103/s1"
                            page_size: 50)pb");
  v1::Sheet sheet;
  sheet.add_entries()->set_person("p1");
  const auto shown = Monitors<v1::GetSheetRequest>("GetSheet", sheet);
  EXPECT_HAS(Done({"attendance", "sheets", "show", "counties/411728/sheets/k1.2023-09-04.D"}), "p1");
  EXPECT_EQ(shown->name(), "counties/411728/sheets/k1.2023-09-04.D");
}

TEST_F(AttendanceTest, ACalendarIsReadFromAFileAndMayBeWhatWasShown) {
  v1::SchoolCalendar calendar;
  calendar.set_name("counties/411728/schoolCalendars/s1.2023-2024");
  v1::TeachingSpan* span = calendar.add_spans();
  span->mutable_first_day()->set_year(2023);
  span->mutable_first_day()->set_month(9);
  span->mutable_first_day()->set_day(1);
  calendar.set_half_days(true);
  calendar.set_etag("\"6\"");
  const auto shown = Monitors<v1::GetSchoolCalendarRequest>("GetSchoolCalendar", calendar);
  const std::string file = Write("calendar.json", Done({"attendance", "calendars", "show", calendar.name()}));
  EXPECT_EQ(shown->name(), calendar.name());
  const auto put = Monitors<v1::PutSchoolCalendarRequest>("PutSchoolCalendar", calendar);
  EXPECT_HAS(Done({"attendance", "calendars", "put", "2023-2024", file, "--school", "counties/411728/schools/s1"}),
             "2023-09-01");
  EXPECT_ASKED(put, R"pb(parent: "counties/411728"
                         school: "counties/411728/schools/s1"
                         school_year: "2023-2024"
                         calendar {
                           name: "counties/411728/schoolCalendars/s1.2023-2024"
                           spans { first_day { year: 2023 month: 9 day: 1 } }
                           half_days: true
                           etag: "\"6\""
                         })pb");
  Done({"attendance", "calendars", "put", "2023-2024", file, "--etag", "\"7\""});
  EXPECT_EQ(put->calendar().etag(), "\"7\"");
  EXPECT_EQ(put->school(), "") << "of the county";
  v1::ListSchoolCalendarsResponse all;
  *all.add_calendars() = calendar;
  const auto listed = Monitors<v1::ListSchoolCalendarsRequest>("ListSchoolCalendars", all);
  EXPECT_HAS(Done({"attendance", "calendars", "list", "--limit", "9"}), calendar.name());
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728" page_size: 9)pb");
}

TEST_F(AttendanceTest, ProfilesAndWhatTheySay) {
  v1::ListAbsenceProfilesResponse profiles;
  profiles.add_profiles()->set_code("DEFAULT");
  profiles.mutable_profiles(0)->set_no_record_days(13);
  profiles.add_in_force()->set_profile("DEFAULT");
  profiles.mutable_in_force(0)->set_region_code("411728000000");
  Monitors<v1::ListAbsenceProfilesRequest>("ListAbsenceProfiles", profiles);
  const std::string table = Done({"absences", "profiles"});
  for (const char* text : {"DEFAULT", "13", "411728000000@"}) EXPECT_HAS(table, text);
  v1::EvaluateAttendanceResponse answer;
  answer.mutable_evaluation()->set_step(v1::ABSENCE_STEP_VISIT);
  const auto asked = Monitors<v1::EvaluateAttendanceRequest>("EvaluateAttendance", answer);
  const std::string facts = Write("facts.json", R"({"profile": "DEFAULT", "days": [{"day": {"day": 4}}]})");
  EXPECT_HAS(Done({"attendance", "evaluate", "--facts", facts}), "ABSENCE_STEP_VISIT");
  EXPECT_ASKED(asked, R"pb(profile: "DEFAULT"
                           days { day { day: 4 } })pb");
  v1::Absence away;
  away.mutable_evaluation()->set_run_days(11);
  const auto shown = Monitors<v1::GetAbsenceRequest>("GetAbsence", away);
  EXPECT_HAS(Done({"absences", "show", "counties/411728/absences/p1"}), "\"runDays\": 11");
  EXPECT_EQ(shown->name(), "counties/411728/absences/p1");
}

}  // namespace
}  // namespace ruraledu::cli
