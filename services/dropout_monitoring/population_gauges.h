// What Prometheus sees of comparisons, per county.
#pragma once

#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"

namespace ruraledu::dropout_monitoring {

// For the golden list.
absl::Span<const obs::MetricSpec> PopulationMetricSpecs();

// Declares the gauges and sets them for each county whose head moved. `database` and `metrics` outlive it.
obs::Sampler::Probe PopulationProbe(db::Database& database, obs::Metrics& metrics);

}  // namespace ruraledu::dropout_monitoring
