// A transfer touches two counties, and no transaction spans two shards. Who ends it first is decided by a claim on the
// transfer (common/db/claims.h): "accept" for the destination, "end" for a refusal or withdrawal. An accepted transfer
// stands in the destination with its effective day; a job written in the same transaction closes the source row
// afterwards, however often it runs.
#pragma once

#include "common/db/claims.h"
#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/identity.pb.h"

namespace ruraledu::registry {

inline constexpr std::string_view kTransferSpace = "transfer";
inline constexpr std::string_view kCloseTransferJob = "transfer_close";  // input: Transfer with new_student set

// The job: source row TRANSFERRED and moved_to, transfer CLOSED, directory row of the person. Idempotent.
absl::StatusOr<std::string> RunCloseTransfer(const rpc::Host& host, db::JobContext& context);

}  // namespace ruraledu::registry
