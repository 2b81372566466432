#include "common/dashboard/refresher.h"

#include <algorithm>
#include <utility>

namespace ruraledu::dashboard {

Refresher::Refresher(Board& board, feed::HeadPoller& heads, RefresherOptions options)
    : board_(board), heads_(heads), options_(options), thread_([this] { Run(); }) {
  subscription_ = heads_.Subscribe([this](std::string_view shard, const db::Head&) {
    absl::MutexLock lock(&mu_);
    moved_.insert(std::string(shard));
    moved_since_ = std::min(moved_since_, Clock::System().Now());
  });
}

Refresher::~Refresher() {
  heads_.Unsubscribe(subscription_);
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

void Refresher::Run() {
  for (;;) {
    absl::flat_hash_set<std::string> moved;
    {
      absl::MutexLock lock(&mu_);
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || !moved_.empty(); };
      mu_.Await(absl::Condition(&ready));
      mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.gather);
      if (stopping_) {
        return;
      }
      moved.swap(moved_);
      working_since_ = std::exchange(moved_since_, absl::InfiniteFuture());
    }
    Refresh(moved);
    absl::MutexLock lock(&mu_);
    working_since_ = absl::InfiniteFuture();
  }
}

absl::Duration Refresher::Behind() const {
  const absl::Time now = Clock::System().Now();
  absl::MutexLock lock(&mu_);
  return now - std::min({now, moved_since_, working_since_});
}

size_t Refresher::Refresh(const absl::flat_hash_set<std::string>& moved) {
  size_t rewritten = 0;
  for (const Ask& ask : board_.Recent(options_.max_boards)) {
    const auto shards = board_.ShardsOf(ask.area);
    if (!shards.ok() ||
        std::none_of(shards->begin(), shards->end(), [&](const std::string& shard) { return moved.contains(shard); })) {
      continue;
    }
    rewritten += board_.Rewrite(ask) ? 1 : 0;
  }
  return rewritten;
}

}  // namespace ruraledu::dashboard
