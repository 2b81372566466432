#include "common/db/claim_sweeper.h"

#include "common/obs/log.h"

namespace ruraledu::db {
namespace {

constexpr int64_t kAtOnce = 1'000;
constexpr int64_t kForgetAtOnce = 10'000;
constexpr int kForgetEvery = 240;  // rounds

}  // namespace

ClaimSweeper::ClaimSweeper(Database& database, const obs::RuntimeMetrics& metrics, ClaimSweeperOptions options)
    : database_(database),
      options_(options),
      held_(metrics.CounterOf("ruraledu_claims_swept_total", {"held"})),
      released_(metrics.CounterOf("ruraledu_claims_swept_total", {"released"})),
      swept_(metrics.CounterOf("ruraledu_claims_sweeps_total", {"ok"})),
      failed_(metrics.CounterOf("ruraledu_claims_sweeps_total", {"error"})),
      thread_([this] { Loop(); }) {}

ClaimSweeper::~ClaimSweeper() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  thread_.join();
}

void ClaimSweeper::SweepOnce() {
  const absl::StatusOr<SweepResult> swept = SweepClaims(database_, options_.age, kAtOnce);
  if (!swept.ok()) {
    failed_.Inc();
    obs::LogStatus(obs::Level::kWarning, "claim_sweep_failed", swept.status());
    return;
  }
  swept_.Inc();
  held_.Inc(static_cast<double>(swept->held));
  released_.Inc(static_cast<double>(swept->released));
}

void ClaimSweeper::Loop() {
  for (int round = 1;; ++round) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stop_), options_.pause)) {
        return;
      }
    }
    SweepOnce();
    if (round % kForgetEvery == 1) {
      if (const auto pruned = PruneOperations(database_, options_.forget, kForgetAtOnce); !pruned.ok()) {
        obs::LogStatus(obs::Level::kWarning, "claim_prune_failed", pruned.status());
      }
    }
  }
}

}  // namespace ruraledu::db
