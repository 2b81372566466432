// What Prometheus sees of pupils who study elsewhere: letters of the newest terms whose answer is late.
#pragma once

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/sampler.h"

namespace ruraledu::student_aid {

absl::Span<const obs::MetricSpec> OutwardMetricSpecs();

// Looks at counties whose head moved since it looked last, and at all of them on another day. Declares the family. All
// outlive the probe.
obs::Sampler::Probe OutwardProbe(db::Database& database, obs::Metrics& metrics, const Clock& clock);

}  // namespace ruraledu::student_aid
