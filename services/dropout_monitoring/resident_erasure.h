// The daily erasure of residents whom no register knows, when their retention is over (7.7; decisions 0033, 0041): no
// registry tells when it is, so each carries the day itself (population_rules.h: SetKeepUntil).
#pragma once

#include <string>

#include "common/db/jobs.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"

namespace ruraledu::dropout_monitoring {

// The job rpc::kEraseUnnamedJob.
absl::StatusOr<std::string> RunResidentErasure(const rpc::Host& host, db::JobContext& context);

// Gives a county the job once a day as long as somebody's day is over. `host` outlives it.
obs::Sampler::Probe ResidentErasureProbe(const rpc::Host& host);

}  // namespace ruraledu::dropout_monitoring
