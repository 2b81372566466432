#include "services/student_aid/mirror_gauges.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "services/student_aid/mirror_store.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kOpen = "ruraledu_student_aid_open_mirror_differences";

}  // namespace

absl::Span<const obs::MetricSpec> MirrorMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {obs::MetricType::kGauge, kOpen, "Differences to the national aid system that nobody worked off yet", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe MirrorProbe(db::Database& database, obs::Metrics& metrics) {
  metrics.Declare(MirrorMetricSpecs());
  return dashboard::MovedCounties(database, [&database, &metrics](const std::string& shard) -> absl::Status {
    ASSIGN_OR_RETURN(const int64_t open,
                     database.Read([&](db::Transaction& tx) { return OpenMirrorDifferences(tx, shard); }));
    metrics.GaugeOf(kOpen, {shard.substr(1)}).Set(static_cast<double>(open));
    return absl::OkStatus();
  });
}

}  // namespace ruraledu::student_aid
