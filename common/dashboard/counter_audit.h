// Has the counters of every county rebuilt once a day, and shows what the rebuilds found.
#pragma once

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"

namespace ruraledu::dashboard {

// A probe of the sampler. Each look queues the rebuild (rebuild.h) of at most one county that had none today, and none
// while other jobs are at work or wait for it: people's jobs never wait for more than one. Rebuilds that it asked for
// are forgotten after a week. Sets ruraledu_integrity_findings{check="counters"} per county to the differences of its
// latest rebuild, whoever asked for it and whichever process ran it, and ruraledu_integrity_checked_timestamp_seconds
// to the time of the latest one.
obs::Sampler::Probe CounterAudit(db::Database& database, const Clock& clock, const obs::RuntimeMetrics& metrics);

}  // namespace ruraledu::dashboard
