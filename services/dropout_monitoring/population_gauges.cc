#include "services/dropout_monitoring/population_gauges.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/population_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kFindings = "ruraledu_dropout_monitoring_comparison_findings";
constexpr std::string_view kReviews = "ruraledu_dropout_monitoring_resident_reviews";
constexpr size_t kKindPrefix = std::string_view("COMPARISON_KIND_").size();

absl::Status Show(db::Database& database, obs::Metrics& metrics, const std::string& shard) {
  ASSIGN_OR_RETURN(const PopulationCounts counts,
                   database.Read([&](db::Transaction& tx) { return CountPopulation(tx, shard); }));
  const std::string county = shard.substr(1);
  for (int kind = v1::ComparisonKind_MIN + 1; kind <= v1::ComparisonKind_MAX; ++kind) {
    const std::string name = v1::ComparisonKind_Name(static_cast<v1::ComparisonKind>(kind));
    const auto found = counts.open_findings.find(name);
    metrics.GaugeOf(kFindings, {county, name.substr(kKindPrefix)})
        .Set(found == counts.open_findings.end() ? 0.0 : static_cast<double>(found->second));
  }
  metrics.GaugeOf(kReviews, {county}).Set(static_cast<double>(counts.reviews));
  return absl::OkStatus();
}

}  // namespace

absl::Span<const obs::MetricSpec> PopulationMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kFindings, "Open findings of the three comparisons (digest 3.3)", {"county", "kind"}},
      {kGauge, kReviews, "Residents whose weak match waits for a decision (digest 2.9)", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe PopulationProbe(db::Database& database, obs::Metrics& metrics) {
  metrics.Declare(PopulationMetricSpecs());
  return dashboard::MovedCounties(
      database, [&database, &metrics](const std::string& shard) { return Show(database, metrics, shard); });
}

}  // namespace ruraledu::dropout_monitoring
