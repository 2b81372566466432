#include "services/dropout_monitoring/enrolment_gauges.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/dashboard/moved_counties.h"
#include "services/dropout_monitoring/daily_job.h"
#include "services/dropout_monitoring/enrolment_run.h"
#include "services/dropout_monitoring/enrolment_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kNotReported = "ruraledu_dropout_monitoring_not_reported_children";

absl::Status Look(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics, const std::string& shard) {
  const absl::CivilDay today = host.clock.Today();
  const std::string year = standards.terms.SchoolYearOf(today).text();
  int64_t unsettled = 0;
  RETURN_IF_ERROR(host.database.Read([&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(unsettled, CountUnsettled(tx, shard, year));
    ASSIGN_OR_RETURN(const int64_t nowhere, CountNotReported(tx, shard, year));
    metrics.GaugeOf(kNotReported, {shard.substr(1)}).Set(static_cast<double>(nowhere));
    return absl::OkStatus();
  }));
  if (unsettled == 0) {
    return absl::OkStatus();
  }
  v1::EnrolmentPlan plan;
  *plan.mutable_on() = DateOf(today);
  plan.set_school_year(year);
  return EnsureDailyJob(host, shard, kEnrolmentJob, plan);
}

}  // namespace

absl::Span<const obs::MetricSpec> EnrolmentMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge,
       kNotReported,
       "Children of the school year who did not report by the end of the window and are nowhere else (digest 3.1)",
       {"county"}}};
  return *specs;
}

obs::Sampler::Probe EnrolmentProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics) {
  metrics.Declare(EnrolmentMetricSpecs());
  return dashboard::MovedCounties(
      host.database,
      [&host, &standards, &metrics](const std::string& shard) { return Look(host, standards, metrics, shard); },
      &host.clock);
}

}  // namespace ruraledu::dropout_monitoring
