// What Prometheus sees of the registry's work: doubtful pairs, imports and transfers that wait, days left in the
// calendar.
#pragma once

#include "common/db/db.h"
#include "common/obs/sampler.h"
#include "services/registry/reference.h"

namespace ruraledu::registry {

absl::Span<const obs::MetricSpec> MetricSpecs();

// Declares the families. All outlive the probe.
obs::Sampler::Probe OpenWorkProbe(db::Database& database, const ReferenceBook& reference, const Clock& clock,
                                  obs::Metrics& metrics);

}  // namespace ruraledu::registry
