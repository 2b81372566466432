#include "common/obs/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

namespace ruraledu::obs {
namespace {

using testing::HasSubstr;
using testing::Not;

// tests/ops compares the whole list.
TEST(MetricsTest, RuntimeFamiliesAreInTheGoldenList) {
  std::set<std::string> golden;
  std::ifstream file(RURALEDU_SOURCE_DIR "/tests/golden/metrics.txt");
  for (std::string line; std::getline(file, line);) {
    golden.insert(line);
  }
  for (const std::string& line : Metrics().Declared()) {
    EXPECT_TRUE(golden.contains(line)) << line;
  }
}

TEST(MetricsTest, NamesFollowTheConvention) {
  for (const MetricSpec& spec : RuntimeSpecs()) {
    EXPECT_TRUE(spec.name.starts_with("ruraledu_") || spec.name.starts_with("process_")) << spec.name;
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    EXPECT_THAT(spec.name, Not(HasSubstr("milli"))) << "base units";
  }
}

TEST(MetricsTest, HandlesUpdateTheirSeries) {
  Metrics metrics;
  RuntimeMetrics runtime(&metrics, "registry");
  runtime.rpc_in_flight.Set(3);
  runtime.rpc_in_flight.Add(-1);
  runtime.cache_miss.Inc();
  runtime.cache_miss.Inc(2);
  const auto method = runtime.ForMethod("GetStudent");
  method->Handled(0, 0.003);
  method->Handled(7, 0.003);
  method->Handled(99, 0.003);
  method->QueueWait(0.1);
  method->CountShed(Shed::kExpired);
  runtime.ForJob("import").items.Inc(500);
  runtime.ForFeed("registry").lag_entries.Set(12);
  const std::string text = metrics.Text();
  for (const char* line :
       {R"(ruraledu_rpc_in_flight{service="registry"} 2)",
        R"(ruraledu_cache_requests_total{result="miss",service="registry"} 3)",
        R"(ruraledu_rpc_handled_total{code="OK",method="GetStudent",service="registry"} 1)",
        R"(ruraledu_rpc_handled_total{code="PERMISSION_DENIED",method="GetStudent",service="registry"} 1)",
        R"(ruraledu_rpc_handled_total{code="UNKNOWN",method="GetStudent",service="registry"} 1)",
        R"(ruraledu_rpc_duration_seconds_count{method="GetStudent",service="registry"} 3)",
        R"(ruraledu_rpc_duration_seconds_bucket{method="GetStudent",service="registry",le="0.005"} 3)",
        R"(ruraledu_rpc_queue_wait_seconds_sum{service="registry"} 0.1)",
        R"(ruraledu_rpc_shed_total{reason="expired",service="registry"} 1)",
        R"(ruraledu_rpc_shed_total{reason="queue_full",service="registry"} 0)",
        R"(ruraledu_job_items_total{kind="import",service="registry"} 500)",
        R"(ruraledu_feed_lag_entries{service="registry",source="registry"} 12)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr(R"(code="INTERNAL")"))) << "series of codes appear when they occur";
}

TEST(MetricsTest, AnySeriesOfAServiceByItsName) {
  Metrics metrics;
  const RuntimeMetrics runtime(&metrics, "registry");
  runtime.GaugeOf("ruraledu_cache_up").Set(1);
  runtime.GaugeOf("ruraledu_jobs_open", {"QUEUED"}).Set(4);
  runtime.CounterOf("ruraledu_db_failures_total", {"DISK_FULL"}).Inc();
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(ruraledu_cache_up{service="registry"} 1)"));
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(ruraledu_jobs_open{service="registry",state="QUEUED"} 4)"));
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(ruraledu_db_failures_total{reason="DISK_FULL",service="registry"} 1)"));
  RuntimeMetrics none;
  none.GaugeOf("ruraledu_cache_up").Set(1);
}

TEST(MetricsTest, HandlesWithoutARegistryDoNothing) {
  RuntimeMetrics none;
  none.rpc_in_flight.Set(1);
  none.cache_hit.Inc();
  none.db_read_seconds.Observe(1);
  none.ForMethod("M")->Handled(5, 1);
  none.ForMethod("M")->CountShed(Shed::kDraining);
  none.ForJob("j").items.Inc();
  none.ForFeed("f").applied.Inc();
}

TEST(MetricsTest, ServicesDeclareTheirOwn) {
  Metrics metrics;
  const std::vector<MetricSpec> specs = {
      {MetricType::kGauge, "ruraledu_student_aid_unpaid_pupils", "Pupils entitled and not paid", {"county"}}};
  metrics.Declare(specs);
  metrics.Declare(specs);  // all_in_one may do so twice
  metrics.GaugeOf("ruraledu_student_aid_unpaid_pupils", {"c411728"}).Set(7);
  metrics.GaugeOf("ruraledu_student_aid_unpaid_pupils", {"c411728"}).Add(1);
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(ruraledu_student_aid_unpaid_pupils{county="c411728"} 8)"));
}

TEST(MetricsDeathTest, MisuseEndsTheProcessAtStartUp) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Metrics metrics;
  EXPECT_DEATH(metrics.CounterOf("ruraledu_none_total"), "ruraledu_none_total: not declared");
  EXPECT_DEATH(metrics.GaugeOf("ruraledu_rpc_in_flight", {}), "not declared with this type");
  EXPECT_DEATH(metrics.Declare(std::vector<MetricSpec>{{MetricType::kCounter, "ruraledu_x", "h"}}), "_total");
  EXPECT_DEATH(metrics.Declare(std::vector<MetricSpec>{{MetricType::kGauge, "Ruraledu", "h"}}), "malformed");
  EXPECT_DEATH(metrics.Declare(std::vector<MetricSpec>{{MetricType::kGauge, "ruraledu_ready", "h"}}), "differently");
}

TEST(MetricsTest, NoUpdateIsLostAmongThreads) {
  Metrics metrics;
  const RuntimeMetrics runtime(&metrics, "registry");
  const auto method = runtime.ForMethod("GetStudent");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        method->Handled(i % 17, 0.001);
        if (i % 100 == 0) {
          metrics.Text();
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(ruraledu_rpc_duration_seconds_count{method="GetStudent",service="registry"} 4000)"));
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(ruraledu_rpc_handled_total{code="INTERNAL",method="GetStudent",service="registry"} 236)"));
}

}  // namespace
}  // namespace ruraledu::obs
