#include "services/dropout_monitoring/care_gauges.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/committee_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kUnplaced = "ruraledu_dropout_monitoring_unplaced_children";
constexpr std::string_view kHomeGaps = "ruraledu_dropout_monitoring_home_teaching_gaps";
constexpr std::string_view kCommittee = "ruraledu_dropout_monitoring_overdue_committee_reviews";
constexpr std::string_view kStale = "ruraledu_dropout_monitoring_stale_dossiers";

absl::StatusOr<int64_t> CountOverdue(const rpc::Host& host, const Standards& standards, const std::string& shard) {
  const PlacementBook& book = standards.care.placements;
  const std::string county = shard.substr(1);
  const absl::CivilDay today = host.clock.Today();
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(absl::StrCat(county, "000000"), today));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const CommitteeDay day{book, *policy, standards.terms, today};
  const AreaRange all = RangeOf(county);
  ASSIGN_OR_RETURN(const auto rows, host.database.Read([&](db::Transaction& tx) {
    return CommitteeList(tx, *sealer, shard, {&all, 1}, day);
  }));
  return std::count_if(rows.begin(), rows.end(), [](const CommitteeRow& row) { return row.due.overdue(); });
}

}  // namespace

absl::Span<const obs::MetricSpec> CareMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kUnplaced, "Disabled children of school age without a placement in force (DR-32)", {"county"}},
      {kGauge, kHomeGaps, "Home-taught children without a lesson for too many days of term (3.7)", {"county"}},
      {kGauge, kCommittee, "Disabled children whose look by the expert committee is overdue (3.1, 3.7)", {"county"}},
      {kGauge, kStale, "Open dossiers that nobody brought up to date since the term began (DR-33)", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe CareProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics) {
  metrics.Declare(CareMetricSpecs());
  return dashboard::MovedCounties(
      host.database,
      [&host, &standards, &metrics](const std::string& shard) -> absl::Status {
        const absl::CivilDay began = standards.terms.FirstDay(standards.terms.TermOf(host.clock.Today()));
        ASSIGN_OR_RETURN(const CareCounts counts,
                         host.database.Read([&](db::Transaction& tx) { return CountCare(tx, shard, began); }));
        const std::string county = shard.substr(1);
        metrics.GaugeOf(kUnplaced, {county}).Set(static_cast<double>(counts.unplaced));
        metrics.GaugeOf(kHomeGaps, {county}).Set(static_cast<double>(counts.home_gaps));
        ASSIGN_OR_RETURN(const int64_t overdue, CountOverdue(host, standards, shard));
        metrics.GaugeOf(kCommittee, {county}).Set(static_cast<double>(overdue));
        metrics.GaugeOf(kStale, {county}).Set(static_cast<double>(counts.stale_dossiers));
        return absl::OkStatus();
      },
      &host.clock);
}

}  // namespace ruraledu::dropout_monitoring
