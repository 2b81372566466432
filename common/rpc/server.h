// One gRPC server of a process: TLS, health, ordered drain. One process may host several services (all_in_one): one
// Runtime each.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/config.h"
#include "common/rpc/runtime.h"

namespace ruraledu::rpc {

// What one service brings.
struct Hosted {
  grpc::Service* service;  // service.h of the service
  Runtime* runtime;
  std::string health_name;  // full proto name, "ruraledu.registry.v1.RegistryService"
};

class Server {
 public:
  // Listens with TLS; client certificates are asked for, not required, and verified against the client CA when sent.
  // Not ready until SetReady. SERVER_ADDRESS when the port is in use or malformed; FILE_UNREADABLE, FILE_MODE and
  // TLS_FILES for certificates.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config, std::vector<Hosted> hosted);
  ~Server();  // drains

  int port() const;
  // Health service and readiness probe.
  void SetReady(bool ready);
  // OK once ready and not draining: what /readyz asks. Reads a flag.
  absl::Status ready() const;

  // The ordered drain: readiness false -> pause of config.drain_notice so that balancers see it -> new calls refused
  // with DRAINING -> calls in flight end, streams end -> gRPC shut down, at the latest after config.drain_limit. A
  // write that was acknowledged is committed. Blocks; repeating it does nothing.
  void Drain();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ruraledu::rpc
