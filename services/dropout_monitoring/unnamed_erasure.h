// The daily erasure of children whom no register knows, when their retention is over (7.7; decisions 0033, 0041, 0046).
// No registry tells when it is, so each resident, closed case, finding that is gone and row of a drive carries the day
// itself; what is about one child goes together, with the last of them.
#pragma once

#include <string>

#include "common/db/jobs.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"

namespace ruraledu::dropout_monitoring {

// The job rpc::kEraseUnnamedJob.
absl::StatusOr<std::string> RunUnnamedErasure(const rpc::Host& host, db::JobContext& context);

// Gives a county the job once a day as long as somebody's day is over. `host` outlives it.
obs::Sampler::Probe UnnamedErasureProbe(const rpc::Host& host);

}  // namespace ruraledu::dropout_monitoring
