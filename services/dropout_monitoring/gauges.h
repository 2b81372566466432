// What Prometheus sees of the children of a county who are away, from the counters of the dashboard.
#pragma once

#include "common/db/db.h"
#include "common/obs/sampler.h"

namespace ruraledu::dropout_monitoring {

absl::Span<const obs::MetricSpec> MetricSpecs();

// Looks only at counties whose head moved since it looked last. Declares the families. Both outlive the probe.
obs::Sampler::Probe AbsenceProbe(db::Database& database, obs::Metrics& metrics);

}  // namespace ruraledu::dropout_monitoring
