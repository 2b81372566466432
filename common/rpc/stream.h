// Server streams as handlers write them. No gRPC in here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/call.h"

namespace ruraledu::rpc {

// Serialized answer that a cache and many calls share.
using Bytes = std::shared_ptr<const std::string>;
template <typename Request>
using CachedBytes = std::function<std::optional<Bytes>(Call&, const Request&)>;
template <typename Request>
using ComputedBytes = std::function<absl::StatusOr<Bytes>(Call&, const Request&)>;

// What a stream sends. Next is called on workers, never twice at once, and must not wait:
//   a message      sent, Next is called again
//   nullopt        nothing now; called again when the head of a shard of `Shards` moves, and at least every `heartbeat`
//   an error       ends the stream with it
// Before each batch the runtime checks the token's time, the account, the grants and the drain again: a revoked
// caller's stream ends.
template <typename Response>
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  virtual absl::StatusOr<std::optional<Response>> Next(Call& call) = 0;
  // Asked after a nullopt: true when nothing will ever come, which ends the stream with OK.
  virtual bool ended() const { return false; }
  // Shards whose commits wake the stream; asked once.
  virtual std::vector<std::string> Shards() const { return {}; }
  virtual absl::Duration heartbeat() const { return absl::Seconds(1); }
};

template <typename Request, typename Response>
using StreamOpener = std::function<absl::StatusOr<std::unique_ptr<StreamSource<Response>>>(Call&, const Request&)>;

}  // namespace ruraledu::rpc
