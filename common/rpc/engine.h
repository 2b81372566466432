// One service's runtime without gRPC: the method table, the bounded workers, what is in flight, and the checks of a
// call (server_call.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/token.h"
#include "common/feed/heads.h"
#include "common/obs/metrics.h"
#include "common/rpc/access.h"
#include "common/rpc/config.h"
#include "common/rpc/method_table.h"
#include "common/rpc/work_pool.h"

namespace ruraledu::rpc {

// What a runtime is made of. Pointers outlive it.
struct EngineParts {
  std::string service;                 // "registry": folder name, label of metrics
  std::vector<std::string> contracts;  // full names of its proto services
  const RoleBook* roles = nullptr;
  AccessSource* access = nullptr;
  const GrantAreas* areas = nullptr;  // null: grants are plain prefixes (tests)
  crypto::TokenVerifier* tokens = nullptr;
  std::function<std::string(std::string_view)> fingerprint;  // keyed digest of request content (KeyRing::Fingerprint)
  std::function<std::string()> instance;                     // of the service's database, for positions
  // Whether positions are reached, and the wait for it (feed::Reached, feed::WaitFor).
  std::function<absl::StatusOr<bool>(const ruraledu::common::v1::Positions&)> reached;
  std::function<absl::Status(const ruraledu::common::v1::Positions&, absl::Time deadline)> wait_for;
  // Services whose journals this one follows: `after` positions of others say nothing here and are left out.
  std::vector<std::string> follows;
  feed::HeadPoller* heads = nullptr;  // wakes streams; null: heartbeats only
  obs::Metrics* metrics = nullptr;
  const Clock* clock = &Clock::System();
  Limits limits;
};

// A stream that sleeps until something happens.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  virtual void Wake() = 0;  // must return at once
  virtual bool Follows(std::string_view shard) const = 0;
  virtual absl::Time next_beat() const = 0;
};

class Engine {
 public:
  // METHOD_ACCESS when a contract has a method without complete access conditions.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(EngineParts parts);
  ~Engine();

  const EngineParts& parts() const { return parts_; }
  const MethodTable& methods() const { return methods_; }
  obs::MethodMetrics& metrics(int method) { return *method_metrics_[method]; }
  obs::RuntimeMetrics& runtime_metrics() { return runtime_metrics_; }

  // Counts a call in; false once draining. Each true is paired with one Leave, the last thing that a call does.
  bool Enter(bool stream);
  void Leave(bool stream);
  bool draining() const;
  bool stream_room() const;
  // From now on Enter answers false; sleeping streams are woken to end.
  void StopAdmitting();
  bool WaitIdle(absl::Time deadline);

  WorkPool& workers() { return workers_; }
  WorkPool& waiters() { return waiters_; }

  void Join(Sleeper* sleeper);
  void Part(Sleeper* sleeper);  // no Wake is running or will come afterwards

 private:
  Engine(EngineParts parts, MethodTable methods);
  void BeatLoop();
  void WakeFollowers(std::string_view shard);

  const EngineParts parts_;
  const MethodTable methods_;
  obs::RuntimeMetrics runtime_metrics_;
  std::vector<std::unique_ptr<obs::MethodMetrics>> method_metrics_;

  mutable absl::Mutex mu_;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  int in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  int streams_ ABSL_GUARDED_BY(mu_) = 0;

  absl::Mutex sleepers_mu_;
  absl::flat_hash_set<Sleeper*> sleepers_ ABSL_GUARDED_BY(sleepers_mu_);
  bool stopping_ ABSL_GUARDED_BY(sleepers_mu_) = false;
  int64_t subscription_ = 0;

  WorkPool waiters_, workers_;
  std::thread beat_;
};

}  // namespace ruraledu::rpc
