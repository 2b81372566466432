// What Prometheus sees of the mirror of the national system: differences that nobody worked off yet.
#pragma once

#include "common/db/db.h"
#include "common/obs/sampler.h"

namespace ruraledu::student_aid {

absl::Span<const obs::MetricSpec> MirrorMetricSpecs();

// Looks at counties whose head moved since it looked last. Declares the families. Everything outlives the probe.
obs::Sampler::Probe MirrorProbe(db::Database& database, obs::Metrics& metrics);

}  // namespace ruraledu::student_aid
