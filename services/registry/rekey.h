// A school that moves to another township takes its classes, pupils and teachers along: their area is re-keyed as a
// job.
#pragma once

#include <string_view>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"

namespace ruraledu::registry {

inline constexpr std::string_view kRekeyJob = "school_rekey";

// Within the write that moves the school. `from` and `to` are areas "411728103/<school>".
absl::Status InsertRekeyJob(db::Transaction& tx, std::string_view subject, std::string_view from, std::string_view to);

// The job: re-keys every root of the school, 500 per chunk; takes up after a crash where it stopped.
absl::StatusOr<std::string> RunRekey(const rpc::Host& host, db::JobContext& context);

}  // namespace ruraledu::registry
