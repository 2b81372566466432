#include "services/dropout_monitoring/population_gauges.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/dashboard/moved_counties.h"
#include "common/db/jobs.h"
#include "common/domain/shard.h"
#include "common/feed/followed.h"
#include "services/dropout_monitoring/daily_job.h"
#include "services/dropout_monitoring/population_run.h"
#include "services/dropout_monitoring/population_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kFindings = "ruraledu_dropout_monitoring_comparison_findings";
constexpr std::string_view kReviews = "ruraledu_dropout_monitoring_resident_reviews";
constexpr std::string_view kAge = "ruraledu_dropout_monitoring_comparison_age_days";
constexpr int64_t kJobsLookedAt = 20;

struct CountySeen {
  PopulationCounts counts;
  std::optional<absl::CivilDay> compared_on, began_on;
  bool ready = false;  // the copy of the registry is whole, and no comparison goes on
};

// Whether the copy follows and has reached the end that it heard of last.
absl::StatusOr<bool> CopyWhole(db::Transaction& tx, const std::string& shard) {
  ASSIGN_OR_RETURN(const auto followed, feed::FindFollowed(tx, "registry", shard));
  ASSIGN_OR_RETURN(const bool importing, BatchOpen(tx, shard));
  return followed.has_value() && feed::IsComplete(followed->state) &&
         followed->position.seq() >= followed->source_head && !importing;
}

absl::StatusOr<bool> Comparing(db::Transaction& tx, const std::string& shard) {
  ASSIGN_OR_RETURN(const auto jobs, db::ListJobs(tx, shard, kComparisonJob, "", kJobsLookedAt));
  for (const db::JobRow& job : jobs) {
    ASSIGN_OR_RETURN(const bool goes_on, db::GoesOn(tx, shard, job.id));
    if (goes_on) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<CountySeen> ReadCounty(db::Transaction& tx, const std::string& shard) {
  CountySeen seen;
  ASSIGN_OR_RETURN(seen.counts, CountPopulation(tx, shard));
  ASSIGN_OR_RETURN(const auto run, NewestComparison(tx, shard));
  if (run.has_value()) {
    seen.compared_on = DayOf(run->on());
  }
  ASSIGN_OR_RETURN(const auto began, BeganAt(tx, shard));
  if (began.has_value()) {
    seen.began_on = ShanghaiDay(*began);
  }
  ASSIGN_OR_RETURN(const bool whole, CopyWhole(tx, shard));
  ASSIGN_OR_RETURN(const bool comparing, Comparing(tx, shard));
  seen.ready = whole && !comparing;
  return seen;
}

void Show(const CountySeen& seen, absl::CivilDay today, const std::string& county, obs::Metrics& metrics) {
  for (int number = v1::ComparisonKind_MIN + 1; number <= v1::ComparisonKind_MAX; ++number) {
    const auto kind = static_cast<v1::ComparisonKind>(number);
    const auto found = seen.counts.open_findings.find(v1::ComparisonKind_Name(kind));
    metrics.GaugeOf(kFindings, {county, EnumText(kind)})
        .Set(found == seen.counts.open_findings.end() ? 0.0 : static_cast<double>(found->second));
  }
  metrics.GaugeOf(kReviews, {county}).Set(static_cast<double>(seen.counts.reviews));
  const absl::CivilDay since = seen.compared_on.value_or(seen.began_on.value_or(today));
  metrics.GaugeOf(kAge, {county}).Set(static_cast<double>(today - since));
}

absl::Status Look(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics, const std::string& shard) {
  const absl::CivilDay today = host.clock.Today();
  ASSIGN_OR_RETURN(const CountySeen seen,
                   host.database.Read([&](db::Transaction& tx) { return ReadCounty(tx, shard); }));
  Show(seen, today, shard.substr(1), metrics);
  ASSIGN_OR_RETURN(const auto* policy, standards.comparisons.InForce(RegionOfShard(shard), today));
  if (!seen.ready || !ComparisonDue(*policy, today, seen.compared_on)) {
    return absl::OkStatus();
  }
  v1::ComparisonPlan plan;
  *plan.mutable_on() = DateOf(today);
  return EnsureDailyJob(host, shard, kComparisonJob, plan);
}

}  // namespace

absl::Span<const obs::MetricSpec> PopulationMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kFindings, "Open findings of the three comparisons (digest 3.3)", {"county", "kind"}},
      {kGauge, kReviews, "Residents whose weak match waits for a decision (digest 2.9)", {"county"}},
      {kGauge, kAge, "Days since the last closed comparison, else since the county began here (DR-27)", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe PopulationProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics) {
  metrics.Declare(PopulationMetricSpecs());
  return dashboard::MovedCounties(
      host.database,
      [&host, &standards, &metrics](const std::string& shard) { return Look(host, standards, metrics, shard); },
      &host.clock);
}

}  // namespace ruraledu::dropout_monitoring
