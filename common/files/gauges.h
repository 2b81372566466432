// How attachments show in the metrics of their service.
#pragma once

#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"

namespace ruraledu::files {

// Files and their bytes by state and county, and how long the oldest one waits in quarantine. Counts only counties
// whose head moved since it looked last. The database outlives it.
obs::Sampler::Probe FilesProbe(db::Database& database, const obs::RuntimeMetrics& metrics);

}  // namespace ruraledu::files
