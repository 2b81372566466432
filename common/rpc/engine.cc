#include "common/rpc/engine.h"

#include <algorithm>

#include "common/base/error.h"

namespace ruraledu::rpc {
namespace {

constexpr absl::Duration kBeat = absl::Milliseconds(100);

int Workers(int configured) {
  return configured > 0 ? configured : std::max(4, 2 * static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(EngineParts parts) {
  ASSIGN_OR_RETURN(MethodTable methods, MethodTable::Read(parts.service, parts.contracts));
  return std::unique_ptr<Engine>(new Engine(std::move(parts), std::move(methods)));
}

Engine::Engine(EngineParts parts, MethodTable methods)
    : parts_(std::move(parts)),
      methods_(std::move(methods)),
      runtime_metrics_(parts_.metrics, parts_.service),
      waiters_(parts_.limits.waiters, parts_.limits.waiting_calls),
      workers_(Workers(parts_.limits.workers), parts_.limits.queue) {
  for (size_t i = 0; i < methods_.size(); ++i) {
    method_metrics_.push_back(runtime_metrics_.ForMethod(methods_[static_cast<int>(i)].method.name));
  }
  if (parts_.heads != nullptr) {
    subscription_ = parts_.heads->Subscribe([this](std::string_view shard, const db::Head&) { WakeFollowers(shard); });
  }
  beat_ = std::thread([this] { BeatLoop(); });
}

Engine::~Engine() {
  if (parts_.heads != nullptr) {
    parts_.heads->Unsubscribe(subscription_);
  }
  {
    absl::MutexLock lock(&sleepers_mu_);
    stopping_ = true;
  }
  beat_.join();
  waiters_.Stop();
  workers_.Stop();
}

bool Engine::Enter(bool stream) {
  {
    absl::MutexLock lock(&mu_);
    if (draining_) {
      return false;
    }
    ++in_flight_;
    streams_ += stream ? 1 : 0;
  }
  runtime_metrics_.rpc_in_flight.Add(1);
  return true;
}

void Engine::Leave(bool stream) {
  runtime_metrics_.rpc_in_flight.Add(-1);
  absl::MutexLock lock(&mu_);
  --in_flight_;
  streams_ -= stream ? 1 : 0;
}

bool Engine::draining() const {
  absl::MutexLock lock(&mu_);
  return draining_;
}

bool Engine::stream_room() const {
  absl::MutexLock lock(&mu_);
  return streams_ <= parts_.limits.streams;
}

void Engine::StopAdmitting() {
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
  }
  absl::MutexLock lock(&sleepers_mu_);
  for (Sleeper* sleeper : sleepers_) {
    sleeper->Wake();
  }
}

bool Engine::WaitIdle(absl::Time deadline) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithDeadline(absl::Condition(
                                   +[](int* in_flight) { return *in_flight == 0; }, &in_flight_),
                               deadline);
}

void Engine::Join(Sleeper* sleeper) {
  absl::MutexLock lock(&sleepers_mu_);
  sleepers_.insert(sleeper);
}

void Engine::Part(Sleeper* sleeper) {
  absl::MutexLock lock(&sleepers_mu_);
  sleepers_.erase(sleeper);
}

void Engine::WakeFollowers(std::string_view shard) {
  absl::MutexLock lock(&sleepers_mu_);
  for (Sleeper* sleeper : sleepers_) {
    if (sleeper->Follows(shard)) {
      sleeper->Wake();
    }
  }
}

void Engine::BeatLoop() {
  absl::MutexLock lock(&sleepers_mu_);
  while (!sleepers_mu_.AwaitWithTimeout(absl::Condition(&stopping_), kBeat)) {
    runtime_metrics_.rpc_queue_length.Set(workers_.queued());
    const absl::Time now = Clock::System().Now();
    for (Sleeper* sleeper : sleepers_) {
      if (sleeper->next_beat() <= now) {
        sleeper->Wake();
      }
    }
  }
}

}  // namespace ruraledu::rpc
