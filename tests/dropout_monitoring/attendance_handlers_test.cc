// Uploads of attendance, calendars and unmarked classes.
#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Attendance = AttendanceTest;

constexpr v1::Mark kPresent = v1::MARK_PRESENT, kAbsent = v1::MARK_ABSENT, kLeave = v1::MARK_LEAVE;

TEST_P(Attendance, AWholeClassIsOneSheetPerSession) {
  EXPECT_EQ(Record({Sheet(20230904, {{"p2", kAbsent}})}), "R");
  for (const char* session : {"M", "A"}) {
    const v1::Sheet sheet = SheetOf(absl::StrCat("k1.2023-09-04.", session));
    EXPECT_EQ(sheet.marked(), 3);
    EXPECT_EQ(sheet.absent(), 1);
    ASSERT_EQ(sheet.entries_size(), 1);
    EXPECT_EQ(sheet.entries(0).person(), "p2");
    EXPECT_EQ(sheet.area(), "411728103/s1/k1");
  }
  EXPECT_EQ(SheetOf("k1.2023-09-04.D").name(), "") << "the school marks half days";
}

TEST_P(Attendance, RepeatedLateAndOutOfOrderUploadsLeaveTheSameState) {
  const auto morning = Sheet(20230904, {{"p2", kAbsent}}, true, v1::SESSION_MORNING);
  const auto corrected = Sheet(20230904, {{"p2", v1::MARK_LATE}}, false, v1::SESSION_MORNING);
  EXPECT_EQ(Record({corrected, morning}), "R R");
  const std::string state = SheetOf("k1.2023-09-04.M").DebugString();
  EXPECT_EQ(Record({morning}), "U") << "an older one says nothing new";
  EXPECT_EQ(Record({corrected}), "U");
  EXPECT_EQ(Record({morning, corrected, morning}), "U U U");
  EXPECT_EQ(SheetOf("k1.2023-09-04.M").DebugString(), state);
  EXPECT_EQ(SheetOf("k1.2023-09-04.M").late(), 1);
}

TEST_P(Attendance, TheSameRequestIsAnsweredOnce) {
  auto request = Batch({Sheet(20230904, {{"p2", kAbsent}}), Sheet(20230903, {})});
  EXPECT_EQ(Record(request), "R X:NOT_A_SCHOOL_DAY");
  EXPECT_EQ(Record(request), "R X:NOT_A_SCHOOL_DAY") << "the first answer";
  request.mutable_sheets(0)->set_whole_class(false);
  EXPECT_EQ(Record(request), "REQUEST_ID_REUSED!");
}

TEST_P(Attendance, EachFaultHasItsReason) {
  On(20231009);
  registry_v1::Student suspended = Student("p5");
  suspended.set_status("SUSPENDED");
  *suspended.mutable_status_from() = Date(20230915);
  registry.Put(suspended);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Record({Sheet(20231002, {})}), "X:NOT_A_SCHOOL_DAY") << "National Day";
  EXPECT_EQ(Record({Sheet(20231007, {})}), "R") << "a Saturday that is worked";
  EXPECT_EQ(Record({Sheet(20231010, {})}), "X:DATE_AHEAD") << "tomorrow";
  EXPECT_EQ(Record({Sheet(20230904, {{"nobody", kAbsent}})}), "X:PERSON_UNKNOWN@0");
  EXPECT_EQ(Record({Sheet(20230904, {{"p1", kAbsent}, {"p4", kAbsent}})}), "X:NOT_IN_CLASS@1");
  EXPECT_EQ(Record({Sheet(20230918, {{"p5", kAbsent}})}), "X:PUPIL_SUSPENDED@0");
  EXPECT_EQ(Record({Sheet(20230914, {{"p5", kAbsent}})}), "R") << "the day before";
  EXPECT_EQ(Record({Sheet(20230904, {}, true, v1::SESSION_DAY, "counties/411728/classes/k9")}), "X:CLASS_UNKNOWN");
  auto early = Sheet(20230905, {});
  early.set_taken_at_us(absl::ToUnixMicros(Noon(20230904)));
  EXPECT_EQ(Record({early}), "X:MARKED_BEFORE_DAY");
  auto reason = Sheet(20230905, {{"p1", kLeave}});
  reason.mutable_marks(0)->set_leave_reason("WHIM");
  EXPECT_EQ(Record({reason}), "X:CODE_UNKNOWN@0");
  reason.mutable_marks(0)->clear_leave_reason();
  EXPECT_EQ(Record({reason}), "X:VALUE_REQUIRED@0") << "leave with reason only";
  auto ahead = Sheet(20231009, {});
  ahead.set_taken_at_us(absl::ToUnixMicros(Noon(20231009) + absl::Hours(1)));
  EXPECT_EQ(Record({ahead}), "X:DATE_AHEAD") << "its clock is an hour ahead";
  EXPECT_EQ(SheetOf("k1.2023-09-18.M").name(), "") << "a refused sheet leaves nothing";
}

TEST_P(Attendance, TwoSheetsThatContradictAreBothRefused) {
  auto whole = Sheet(20230904, {{"p1", kAbsent}}, false);
  auto morning = Sheet(20230904, {{"p1", kPresent}}, false, v1::SESSION_MORNING);
  morning.set_taken_at_us(whole.taken_at_us());
  EXPECT_EQ(Record({whole, morning, Sheet(20230904, {{"p2", kAbsent}}, false)}),
            "X:MARKS_CONTRADICT X:MARKS_CONTRADICT R");
  morning.set_taken_at_us(whole.taken_at_us() + 1);
  EXPECT_EQ(Record({whole, morning}), "R R") << "the later one corrects";
}

TEST_P(Attendance, SessionsAreThoseOfTheCalendar) {
  ASSERT_TRUE(Teach(false).ok());
  EXPECT_EQ(Record({Sheet(20230904, {}, true, v1::SESSION_MORNING)}), "X:SESSION_NOT_TAKEN");
  EXPECT_EQ(Record({Sheet(20230904, {})}), "R");
  EXPECT_EQ(SheetOf("k1.2023-09-04.D").marked(), 3);
}

TEST_P(Attendance, ASchoolMayCloseWhatTheCountyOpens) {
  auto closing = Calendar(true);
  closing.set_school("counties/411728/schools/s1");
  auto* closed = closing.mutable_calendar()->add_exceptions();
  *closed->mutable_from() = *closed->mutable_until() = Date(20230904);
  closed->set_session(v1::SESSION_AFTERNOON);
  closed->set_reason("flood");
  auto* open = closing.mutable_calendar()->add_exceptions();
  *open->mutable_from() = *open->mutable_until() = Date(20230903);
  open->set_open(true);
  open->set_reason("made up");
  ASSERT_TRUE(monitoring.Call("PutSchoolCalendar", closing, &Handlers::PutSchoolCalendar).ok());
  EXPECT_EQ(Record({Sheet(20230904, {}, true, v1::SESSION_AFTERNOON), Sheet(20230904, {}), Sheet(20230903, {})}),
            "X:SESSION_NOT_TAKEN R R");
  EXPECT_EQ(SheetOf("k1.2023-09-04.A").name(), "");
  EXPECT_EQ(SheetOf("k1.2023-09-03.A").marked(), 3) << "a Sunday";

  v1::ListSchoolCalendarsRequest list;
  list.set_parent(kCounty);
  const auto listed = monitoring.Call("ListSchoolCalendars", list, &Handlers::ListSchoolCalendars);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->calendars_size(), 2);
}

TEST_P(Attendance, CalendarsThatAreWrongAreRefused) {
  const auto reason = [&](const v1::PutSchoolCalendarRequest& request) {
    return ReasonOf(monitoring.Call("PutSchoolCalendar", request, &Handlers::PutSchoolCalendar).status());
  };
  auto request = Calendar(true);
  request.set_school_year("2023");
  EXPECT_EQ(reason(request), "SCHOOL_YEAR_FORMAT");
  request = Calendar(true);
  request.mutable_calendar()->clear_spans();
  EXPECT_EQ(reason(request), "FIELD_REQUIRED");
  request = Calendar(true);
  *request.mutable_calendar()->add_spans() = request.calendar().spans(0);
  EXPECT_EQ(reason(request), "SPAN_ORDER");
  request = Calendar(true);
  *request.mutable_calendar()->mutable_spans(0)->mutable_last_day() = Date(20240901);
  EXPECT_EQ(reason(request), "SPAN_ORDER") << "another school year";
  request = Calendar(true);
  request.set_school("counties/411728/schools/s9");
  EXPECT_EQ(reason(request), "SCHOOL_UNKNOWN");
  request = Calendar(true);
  request.mutable_calendar()->set_etag("\"999\"");
  EXPECT_EQ(reason(request), "ETAG_MISMATCH");
  v1::GetSchoolCalendarRequest get;
  get.set_name("counties/411728/schoolCalendars/county.2023-2024");
  const auto got = monitoring.Call("GetSchoolCalendar", get, &Handlers::GetSchoolCalendar);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(got->half_days());
  get.set_name("counties/411728/schoolCalendars/s1.2023-2024");
  EXPECT_EQ(ReasonOf(monitoring.Call("GetSchoolCalendar", get, &Handlers::GetSchoolCalendar).status()), "NOT_FOUND");
}

TEST_P(Attendance, WithoutACalendarNothingIsASchoolDay) {
  On(20240902);
  EXPECT_EQ(Record({Sheet(20240902, {})}), "X:SCHOOL_CALENDAR_MISSING");
}

TEST_P(Attendance, WhoIsAwayIsNotTakenForPresent) {
  registry_v1::Student suspected = Student("p3");
  suspected.set_status("SUSPECTED");
  *suspected.mutable_status_from() = Date(20230901);
  registry.Put(suspected);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Record({Sheet(20230904, {})}), "R");
  EXPECT_EQ(SheetOf("k1.2023-09-04.M").marked(), 2) << "only what is said of it by name counts";
  EXPECT_EQ(Record({Sheet(20230904, {{"p3", kAbsent}}, false)}), "R");
  EXPECT_EQ(SheetOf("k1.2023-09-04.M").marked(), 3);
}

TEST_P(Attendance, ListsNamePupilsByTheirNumbers) {
  registry_v1::Student numbered = Student("p3");
  numbered.add_student_numbers()->set_number("G411728201403151231");
  registry.Put(numbered);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Record({Sheet(20230904, {{"studentNumbers/G411728201403151231", kAbsent}}, false),
                    Sheet(20230904, {{"studentNumbers/G411728201403150000", kAbsent}}, false)}),
            "R X:PERSON_UNKNOWN@0");
  ASSERT_EQ(SheetOf("k1.2023-09-04.M").entries_size(), 1);
  EXPECT_EQ(SheetOf("k1.2023-09-04.M").entries(0).person(), "p3");
}

TEST_P(Attendance, RequestsThatAreNoneAreRefused) {
  EXPECT_EQ(Record(std::vector<v1::AttendanceSheet>()), "FIELD_REQUIRED!");
  EXPECT_EQ(Record(std::vector<v1::AttendanceSheet>(201, Sheet(20230904, {}))), "FIELD_TOO_MANY!");
  v1::AttendanceSheet sheet = Sheet(20230904, {});
  sheet.set_taken_at_us(0);
  EXPECT_EQ(Record({sheet}), "FIELD_REQUIRED!");
  sheet = Sheet(20230904, {{"p1", v1::MARK_UNSPECIFIED}});
  EXPECT_EQ(Record({sheet}), "FIELD_REQUIRED!");
}

TEST_P(Attendance, ATeacherMarksTheOwnClassOnly) {
  const auto as = [&](const std::string& area, const std::string& in_class) {
    return ReasonOf(monitoring
                        .CallAs(rpc::MakeJobCaller("teacher", area), "BatchRecordAttendance",
                                Batch({Sheet(20230904, {}, true, v1::SESSION_DAY, in_class)}),
                                &Handlers::BatchRecordAttendance)
                        .status());
  };
  EXPECT_EQ(as("411728103/s1/k1", kClass), "");
  EXPECT_EQ(as("411728103/s1/k1", "counties/411728/classes/k2"), "PERMISSION_DENIED");
  EXPECT_EQ(as("411728103/s1/k1", "counties/411728/classes/k9"), "PERMISSION_DENIED") << "nor learns what there is";
}

TEST_P(Attendance, SheetsOfADayAreListedWithoutNames) {
  ASSERT_EQ(Record({Sheet(20230904, {{"p2", kLeave}})}), "R");
  v1::ListSheetsRequest request;
  request.set_parent(kCounty);
  *request.mutable_day() = Date(20230904);
  const auto listed = monitoring.Call("ListSheets", request, &Handlers::ListSheets);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->sheets_size(), 2);
  EXPECT_EQ(listed->sheets(0).on_leave(), 1);
  EXPECT_EQ(listed->sheets(0).entries_size(), 0);
  EXPECT_TRUE(listed->sheets(0).masked());
  request.clear_day();
  EXPECT_EQ(ReasonOf(monitoring.Call("ListSheets", request, &Handlers::ListSheets).status()), "FIELD_REQUIRED");
  request = {};
  request.set_parent(kCounty);
  *request.mutable_day() = Date(20230904);
  request.set_area("411728");
  EXPECT_EQ(ReasonOf(monitoring.Call("ListSheets", request, &Handlers::ListSheets).status()), "NAME_INVALID");
}

TEST_P(Attendance, ClassesThatWereNotMarkedAreListed) {
  ASSERT_EQ(Record({Sheet(20230904, {}, true, v1::SESSION_MORNING),
                    Sheet(20230904, {{"p4", kAbsent}}, false, v1::SESSION_DAY, "counties/411728/classes/k2")}),
            "R R");
  const auto unmarked = [&](int date, int page = 0, const std::string& area = "411728") {
    v1::ListUnmarkedClassesRequest request;
    request.set_parent(kCounty);
    *request.mutable_day() = Date(date);
    request.set_page_size(page);
    std::vector<std::string> lines;
    do {
      const auto listed = monitoring.Call("ListUnmarkedClasses", request, &Handlers::ListUnmarkedClasses, area);
      EXPECT_TRUE(listed.ok()) << listed.status();
      if (!listed.ok()) return lines;
      for (const auto& one : listed->classes()) {
        lines.push_back(absl::StrCat(feed::IdOfName(one.class_name()), " ", absl::StrJoin(one.sessions(), ",")));
      }
      request.set_page_token(listed->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  };
  EXPECT_THAT(unmarked(20230904), ElementsAre("k1 3", "k2 2,3")) << "single children are no class";
  EXPECT_THAT(unmarked(20230904, 1), ElementsAre("k1 3", "k2 2,3"));
  EXPECT_THAT(unmarked(20230904, 0, "411728103/s1/k2"), ElementsAre("k2 2,3"));
  EXPECT_THAT(unmarked(20230903), IsEmpty()) << "Sunday";
}

INSTANTIATE_TEST_SUITE_P(Databases, Attendance, ::testing::Values("sqlite", "postgres"));

}  // namespace
}  // namespace ruraledu::dropout_monitoring
