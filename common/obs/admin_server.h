// The admin port: plain HTTP for Prometheus and probes, for a loopback or pod-internal address, never the public one.
//
//   GET /metrics   200, text exposition format 0.0.4
//   GET /livez     200 "ok" while the process serves requests at all
//   GET /readyz    200 "ready", or 503 with the reason
//
// HEAD answers like GET without the body; other paths 404, other methods 405. Nothing personal is ever answered. One
// thread of its own, so it answers while all workers are busy; a connection that is silent for 10 s is closed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/obs/metrics.h"

namespace ruraledu::obs {

class AdminServer {
 public:
  // OK, or why the process must not get traffic. Called on the admin thread for each /readyz: reads a flag, never
  // waits.
  using Ready = std::function<absl::Status()>;

  // `address` is "127.0.0.1:9464", "[::1]:0" …; port 0 takes a free one. ADMIN_ADDRESS when it cannot be listened on.
  // `metrics` outlives the server.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& address, const Metrics* metrics,
                                                            Ready ready);
  virtual ~AdminServer() = default;  // stops listening and joins the thread

  virtual int port() const = 0;
};

}  // namespace ruraledu::obs
