// The monthly comparison of a county, and what Prometheus sees of comparisons, per county.
#pragma once

#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// For the golden list.
absl::Span<const obs::MetricSpec> PopulationMetricSpecs();

// Declares the gauges and sets them for each county whose head moved or day changed; from its day of the month on a
// county that was not compared since runs once a day until it is, while its copy of the registry is whole and no other
// comparison goes on. All of it outlives the probe.
obs::Sampler::Probe PopulationProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics);

}  // namespace ruraledu::dropout_monitoring
