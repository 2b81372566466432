// The list of all metrics: dashboards, alerts and runbooks build on it, so a change of it is a change of a contract.
// After a wanted change RURALEDU_WRITE_GOLDEN=1 writes the list anew.
#include <cstdlib>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/obs/metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/dropout_monitoring/care_gauges.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "services/dropout_monitoring/enrolment_gauges.h"
#include "services/dropout_monitoring/gauges.h"
#include "services/dropout_monitoring/leaver_gauges.h"
#include "services/dropout_monitoring/population_gauges.h"
#include "services/registry/gauges.h"
#include "services/student_aid/consent_gauges.h"
#include "services/student_aid/gauges.h"
#include "services/student_aid/ledger_audit.h"
#include "services/student_aid/mirror_gauges.h"
#include "services/student_aid/office_gauges.h"
#include "services/student_aid/outward_gauges.h"
#include "services/student_aid/payment_gauges.h"

namespace ruraledu {
namespace {

constexpr char kGolden[] = RURALEDU_SOURCE_DIR "/tests/golden/metrics.txt";

std::vector<std::string> Declared() {
  obs::Metrics metrics;
  metrics.Declare(registry::MetricSpecs());
  metrics.Declare(student_aid::MetricSpecs());
  metrics.Declare(dropout_monitoring::MetricSpecs());
  metrics.Declare(student_aid::LedgerMetricSpecs());
  metrics.Declare(student_aid::PaymentMetricSpecs());
  metrics.Declare(student_aid::MirrorMetricSpecs());
  metrics.Declare(student_aid::OfficeMetricSpecs());
  metrics.Declare(student_aid::ConsentMetricSpecs());
  metrics.Declare(student_aid::OutwardMetricSpecs());
  metrics.Declare(dropout_monitoring::CaseMetricSpecs());
  metrics.Declare(dropout_monitoring::PopulationMetricSpecs());
  metrics.Declare(dropout_monitoring::EnrolmentMetricSpecs());
  metrics.Declare(dropout_monitoring::LeaverMetricSpecs());
  metrics.Declare(dropout_monitoring::CareMetricSpecs());
  return metrics.Declared();
}

TEST(GoldenMetrics, TheSuiteDeclaresWhatTheListSays) {
  if (std::getenv("RURALEDU_WRITE_GOLDEN") != nullptr) {
    std::ofstream(kGolden) << absl::StrJoin(Declared(), "\n") << "\n";
  }
  std::vector<std::string> golden;
  std::ifstream file(kGolden);
  for (std::string line; std::getline(file, line);) {
    golden.push_back(line);
  }
  EXPECT_EQ(Declared(), golden);
}

TEST(GoldenMetrics, NamesCarryTheirUnit) {
  const std::set<std::string> counts = {// Gauges that count things have no unit to name: the thing is named.
                                        "process_open_fds",
                                        "ruraledu_cache_up",
                                        "ruraledu_claims_tentative",
                                        "ruraledu_dropout_monitoring_children_without_name",
                                        "ruraledu_dropout_monitoring_comparison_age_days",
                                        "ruraledu_dropout_monitoring_comparison_findings",
                                        "ruraledu_dropout_monitoring_confirmed_dropouts",
                                        "ruraledu_dropout_monitoring_escalated_cases",
                                        "ruraledu_dropout_monitoring_home_teaching_gaps",
                                        "ruraledu_dropout_monitoring_missing_register_checks",
                                        "ruraledu_dropout_monitoring_missing_reports",
                                        "ruraledu_dropout_monitoring_missing_reviews",
                                        "ruraledu_dropout_monitoring_not_reported_children",
                                        "ruraledu_dropout_monitoring_overdue_actions",
                                        "ruraledu_dropout_monitoring_overdue_committee_reviews",
                                        "ruraledu_dropout_monitoring_overdue_slips",
                                        "ruraledu_dropout_monitoring_resident_reviews",
                                        "ruraledu_dropout_monitoring_stale_dossiers",
                                        "ruraledu_dropout_monitoring_suspected_cases",
                                        "ruraledu_dropout_monitoring_trial_returns",
                                        "ruraledu_dropout_monitoring_unplaced_children",
                                        "ruraledu_dropout_monitoring_unknown_leavers",
                                        "ruraledu_dropout_monitoring_unmarked_classes",
                                        "ruraledu_feed_lag_entries",
                                        "ruraledu_feed_stopped_shards",
                                        "ruraledu_files",
                                        "ruraledu_integrity_findings",
                                        "ruraledu_jobs_open",
                                        "ruraledu_jobs_running",
                                        "ruraledu_ready",
                                        "ruraledu_registry_calendar_days_left",
                                        "ruraledu_registry_imports_open",
                                        "ruraledu_registry_reviews_open",
                                        "ruraledu_registry_transfers_open",
                                        "ruraledu_rpc_in_flight",
                                        "ruraledu_rpc_queue_length",
                                        "ruraledu_student_aid_consents_ending",
                                        "ruraledu_student_aid_consents_lacking",
                                        "ruraledu_student_aid_failed_payments",
                                        "ruraledu_student_aid_open_appeals",
                                        "ruraledu_student_aid_open_complaints",
                                        "ruraledu_student_aid_open_information_requests",
                                        "ruraledu_student_aid_open_mirror_differences",
                                        "ruraledu_student_aid_open_objections",
                                        "ruraledu_student_aid_overdue_arrivals",
                                        "ruraledu_student_aid_overdue_complaints",
                                        "ruraledu_student_aid_overdue_information_requests",
                                        "ruraledu_student_aid_running_notices",
                                        "ruraledu_student_aid_unanswered_batches",
                                        "ruraledu_student_aid_waiting_goods_movements"};
  for (const std::string& line : Declared()) {
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    ASSERT_EQ(parts.size(), 4u) << line;
    const std::string& name = parts[0];
    if (parts[1] == "counter") {
      EXPECT_TRUE(name.ends_with("_total")) << name;
    } else if (parts[1] == "histogram") {
      EXPECT_TRUE(name.ends_with("_seconds")) << name;
    } else {
      const bool unit = name.ends_with("_seconds") || name.ends_with("_bytes") || name.ends_with("_ratio") ||
                        name.ends_with("_pupils") || name.ends_with("_items") || name.ends_with("_yuan");
      EXPECT_TRUE(unit || counts.contains(name)) << name;
    }
    for (const std::string_view no : {"_ms", "_milli", "_percent", "_minutes", "_kb", "_mb"}) {
      EXPECT_FALSE(absl::StrContains(name, no)) << name << ": base units";
    }
    EXPECT_FALSE(parts[3].empty()) << name;
  }
}

// A label whose values come from people or from the number of people makes one series per person: never.
TEST(GoldenMetrics, LabelsAreBounded) {
  const std::set<std::string> bounded = {"service", "method", "code",  "reason", "result", "kind",
                                         "source",  "file",   "state", "county", "term",   "year",
                                         "check",   "shard",  "probe", "line",   "level"};
  for (const std::string& line : Declared()) {
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    for (const std::string_view label : absl::StrSplit(parts[2], ',', absl::SkipEmpty())) {
      EXPECT_TRUE(bounded.contains(std::string(label))) << parts[0] << ": " << label;
    }
  }
}

}  // namespace
}  // namespace ruraledu
