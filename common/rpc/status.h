// absl::Status <-> grpc::Status, the one mapping at the edge.
#pragma once

#include <grpcpp/impl/codegen/status.h>

#include "absl/status/status.h"

namespace ruraledu::rpc {

// What may leave the process of an error: its code, text and details (sorted by type). INTERNAL and UNKNOWN, and errors
// without a reason, become the constant INTERNAL (CANCELLED and DEADLINE_EXCEEDED keep their meaning); details over 4
// KiB become DETAILS_TOO_LARGE.
absl::Status ForCaller(const absl::Status& status);
// google.rpc.Status in the details. `status` comes from ForCaller.
grpc::Status ToGrpc(const absl::Status& status);
// Code, message and payloads again; a status without details is gRPC's own: PEER_UNAVAILABLE (a server that shuts down
// cancels what it has not begun), DEADLINE_EXCEEDED, or its plain code and text (message size limits).
absl::Status FromGrpc(const grpc::Status& status, std::string_view peer);

}  // namespace ruraledu::rpc
