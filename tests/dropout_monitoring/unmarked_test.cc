// Classes that nobody marked: counted when a day is evaluated, shown to who asks and to Prometheus, on both databases.
#include "absl/strings/match.h"
#include "common/domain/report_cells.h"
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "services/dropout_monitoring/unmarked_classes.h"
#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

class UnmarkedTest : public AttendanceTest {
 protected:
  bool Shows(int classes) {
    obs::Metrics metrics;
    const absl::Status looked = CaseProbe(monitoring.host(), ShippedStandards(), metrics)();
    EXPECT_TRUE(looked.ok()) << looked;
    return absl::StrContains(
        metrics.Text(),
        absl::StrCat("ruraledu_dropout_monitoring_unmarked_classes{county=\"411728\"} ", classes, "\n"));
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, UnmarkedTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(UnmarkedTest, CountedWhenADayIsEvaluated) {
  ASSERT_EQ(Record({Sheet(20230904, {})}), "R");
  EXPECT_TRUE(Shows(0)) << "nothing was evaluated";
  EXPECT_EQ(EvaluateDay(20230904).unmarked_classes(), 1);
  EXPECT_TRUE(Shows(1));
  v1::GetReportRequest request;
  request.set_area("areas/411728");
  request.set_report(v1::REPORT_KIND_UNMARKED_CLASSES);
  request.set_period("2023-09-04");
  const auto report = monitoring.Call("GetReport", request, &Handlers::GetReport);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->rows_size(), 1);
  EXPECT_EQ(CellText(report->rows(0).cells(4)), "上午、下午");
  request.set_period("2023-09-03");  // a Sunday
  EXPECT_EQ(monitoring.Call("GetReport", request, &Handlers::GetReport)->rows_size(), 0);
  ASSERT_EQ(Record({Sheet(20230904, {}, true, v1::SESSION_DAY, "counties/411728/classes/k2")}), "R");
  EXPECT_EQ(EvaluateDay(20230904).unmarked_classes(), 0);
  EXPECT_TRUE(Shows(0));
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
