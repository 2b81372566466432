// The daily run of the enrolment drive, and what Prometheus sees of it, per county.
#pragma once

#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// For the golden list.
absl::Span<const obs::MetricSpec> EnrolmentMetricSpecs();

// Declares the gauge and sets it for each county whose head moved or day changed; from the first day of the school year
// on a county with a list on which somebody is not settled runs once a day. All of it outlives the probe.
obs::Sampler::Probe EnrolmentProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics);

}  // namespace ruraledu::dropout_monitoring
