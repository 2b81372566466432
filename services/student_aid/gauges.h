// What Prometheus sees of a county's aid: the figures of the newest terms, from the counters of the dashboard.
#pragma once

#include "common/db/db.h"
#include "common/obs/sampler.h"

namespace ruraledu::student_aid {

absl::Span<const obs::MetricSpec> MetricSpecs();

// Looks only at counties whose head moved since it looked last. Declares the families. Both outlive the probe.
obs::Sampler::Probe CoverageProbe(db::Database& database, obs::Metrics& metrics);

}  // namespace ruraledu::student_aid
