// What Prometheus sees of a county's complaints: how many wait, and how many wait too long; and of its goods: movements
// that wait for a second person.
#pragma once

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/sampler.h"

namespace ruraledu::student_aid {

absl::Span<const obs::MetricSpec> OfficeMetricSpecs();

// Looks at counties whose head moved since it looked last, and at all of them on a new day. Declares the families.
// Everything outlives the probe.
obs::Sampler::Probe OfficeProbe(db::Database& database, obs::Metrics& metrics, const Clock& clock);

}  // namespace ruraledu::student_aid
