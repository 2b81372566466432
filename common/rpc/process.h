// What a main needs, so that it stays below 60 lines:
//
//   int main(int argc, char** argv) {
//     return rpc::RunProcess(argc, argv, [](rpc::Process& process) -> absl::Status {
//       ASSIGN_OR_RETURN(rpc::Foundation * base, process.Lay("student_aid", student_aid::Schema(),
//       {"ruraledu.student_aid.v1.StudentAidService"}, {"registry"})); ASSIGN_OR_RETURN(std::unique_ptr<rpc::Client>
//       registry, process.Peer("registry", "ruraledu.registry.v1.RegistryService")); student_aid::Handlers
//       handlers(base->database(), base->keys(), ...); student_aid::StudentAidRpc service(base->runtime(), handlers);
//       return process.Serve({{&service, &base->runtime(), "ruraledu.student_aid.v1.StudentAidService"}});   // until
//       SIGTERM, drained
//     });
//   }
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/token.h"
#include "common/db/db.h"
#include "common/feed/heads.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "common/rpc/access_table.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"

namespace ruraledu::rpc {

// What one service of a process stands on.
class Foundation {
 public:
  virtual ~Foundation() = default;
  virtual db::Database& database() = 0;
  virtual crypto::KeyRing& keys() = 0;
  virtual feed::HeadPoller& heads() = 0;
  virtual AccessTable& access() = 0;
  virtual Runtime& runtime() = 0;
  virtual const obs::RuntimeMetrics& metrics() const = 0;
};

class Process {
 public:
  virtual ~Process() = default;
  virtual const Config& config() const = 0;
  virtual obs::Metrics& metrics() = 0;
  // Its probes run while the process serves. What they look at outlives Serve.
  virtual obs::Sampler& sampler() = 0;
  virtual const RoleBook& roles() const = 0;
  // Database (url with "{service}" replaced), migrations of the common modules and of the service, keys, head poller,
  // accounts, runtime. Lives as long as the process. `follows`: services whose journals it follows.
  virtual absl::StatusOr<Foundation*> Lay(std::string service, absl::Span<const db::Migration> schema,
                                          std::vector<std::string> contracts,
                                          std::vector<std::string> follows = {}) = 0;
  // A client of another service by config [peers.<service>]. CONFIG_INVALID when there is no such peer.
  virtual absl::StatusOr<std::unique_ptr<Client>> Peer(std::string_view service, std::string contract) = 0;
  // Starts the server, becomes ready, waits for SIGTERM or SIGINT, drains. Prints the port as a log line.
  virtual absl::Status Serve(std::vector<Hosted> hosted) = 0;
};

// Reads the configuration, blocks the signals, opens log, metrics, admin port, trusted token keys, roles; runs `body`.
// The exit code: 0, or 1 after an error, which is printed to standard error.
int RunProcess(int argc, char** argv, const std::function<absl::Status(Process&)>& body);

// Debian's Abseil looks for cycles among locks at each lock, gRPC's included, behind one lock of its own: 7 % of the
// processor time of a small call. Debug builds keep it. Called by RunProcess; for programs that have no process.
void ForgetLockCycles();

}  // namespace ruraledu::rpc
