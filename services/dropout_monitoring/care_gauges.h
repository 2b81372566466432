// Gauges of placement and dossiers per county.
#pragma once

#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

absl::Span<const obs::MetricSpec> CareMetricSpecs();
// Declares them and keeps them. A county is counted again when its head moved or the day changed.
obs::Sampler::Probe CareProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics);

}  // namespace ruraledu::dropout_monitoring
