// A thread that settles the claims which a dead process left behind and forgets old outcomes. Every process of a
// service with claims has one; several at once do no harm.
#pragma once

#include <thread>

#include "absl/synchronization/mutex.h"
#include "common/db/claims.h"
#include "common/obs/metrics.h"

namespace ruraledu::db {

struct ClaimSweeperOptions {
  absl::Duration age = absl::Minutes(2);  // longer than any write that follows a claim
  absl::Duration pause = absl::Seconds(15);
  absl::Duration forget = absl::Hours(72);  // as long as answers are remembered (idempotency.h)
};

class ClaimSweeper {
 public:
  explicit ClaimSweeper(Database& database, const obs::RuntimeMetrics& metrics = {}, ClaimSweeperOptions options = {});
  ~ClaimSweeper();
  ClaimSweeper(const ClaimSweeper&) = delete;
  ClaimSweeper& operator=(const ClaimSweeper&) = delete;

  void SweepOnce();

 private:
  void Loop();

  Database& database_;
  const ClaimSweeperOptions options_;
  obs::Counter held_, released_, swept_, failed_;
  absl::Mutex mutex_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ruraledu::db
