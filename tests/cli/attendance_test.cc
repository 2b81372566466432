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
}

}  // namespace
}  // namespace ruraledu::cli
