// The daily run of the list of leavers, and what Prometheus sees of it, per county.
#pragma once

#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// For the golden list.
absl::Span<const obs::MetricSpec> LeaverMetricSpecs();

// Declares the gauge and sets it for each county whose head moved or day changed; a county whose list of the year that
// ended last has an unknown destination runs once a day. All of it outlives the probe.
obs::Sampler::Probe LeaverProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics);

}  // namespace ruraledu::dropout_monitoring
