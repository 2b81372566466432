#include "services/dropout_monitoring/leaver_gauges.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/dashboard/moved_counties.h"
#include "services/dropout_monitoring/daily_job.h"
#include "services/dropout_monitoring/leaver_run.h"
#include "services/dropout_monitoring/leaver_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kUnknown = "ruraledu_dropout_monitoring_unknown_leavers";

absl::Status Look(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics, const std::string& shard) {
  const absl::CivilDay today = host.clock.Today();
  const std::string ended = SchoolYear{standards.terms.SchoolYearOf(today).start - 1}.text();
  int64_t open = 0;
  RETURN_IF_ERROR(host.database.Read([&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(open, CountOpenLeavers(tx, shard, ended));
    ASSIGN_OR_RETURN(const int64_t late, CountUnknownLeavers(tx, shard, today));
    metrics.GaugeOf(kUnknown, {shard.substr(1)}).Set(static_cast<double>(late));
    return absl::OkStatus();
  }));
  if (open == 0) {
    return absl::OkStatus();
  }
  v1::LeaverPlan plan;
  *plan.mutable_on() = DateOf(today);
  plan.set_school_year(ended);
  return EnsureDailyJob(host, shard, kLeaverJob, plan);
}

}  // namespace

absl::Span<const obs::MetricSpec> LeaverMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge,
       kUnknown,
       "Leavers of last grades whose destination is not known after the last day of the ledger (NX-1f, SP-4.4.2)",
       {"county"}}};
  return *specs;
}

obs::Sampler::Probe LeaverProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics) {
  metrics.Declare(LeaverMetricSpecs());
  return dashboard::MovedCounties(
      host.database,
      [&host, &standards, &metrics](const std::string& shard) { return Look(host, standards, metrics, shard); },
      &host.clock);
}

}  // namespace ruraledu::dropout_monitoring
