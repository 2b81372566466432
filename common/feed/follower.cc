#include "common/feed/follower.h"

#include <algorithm>
#include <deque>
#include <map>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/feed/follow_shard.h"
#include "common/obs/log.h"

namespace ruraledu::feed {

using ruraledu::common::v1::Position;
using ruraledu::feed::v1::ListShardsRequest;

namespace {

// How old the stored `heard_at` may get while nothing happens: a write per shard and poll would cost more than it
// tells.
constexpr absl::Duration kHeardEvery = absl::Seconds(20);

absl::Time Now() {
  return Clock::System().Now();
}

}  // namespace

class Follower::Impl {
 public:
  Impl(db::Database& database, FeedSource& source, Applier& applier, FollowerOptions options)
      : database_(database),
        source_(source),
        options_(std::move(options)),
        following_{database_, source_, applier, options_},
        last_level_(Now()) {}
  ~Impl() { Stop(); }

  void Start() {
    {
      absl::MutexLock lock(&mu_);
      stopping_ = false;
      next_poll_ = absl::InfinitePast();
    }
    for (int i = 0; i < std::max(options_.threads, 1); ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }

  void Stop() {
    {
      absl::MutexLock lock(&mu_);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

  void Wake() {
    absl::MutexLock lock(&mu_);
    next_poll_ = absl::InfinitePast();
  }

  absl::Status CatchUp() {
    absl::Status first;
    absl::flat_hash_set<std::string> given_up;
    while (true) {
      ASSIGN_OR_RETURN(std::vector<std::string> due, Discover());
      std::erase_if(due, [&](const std::string& shard) { return given_up.contains(shard); });
      if (due.empty()) {
        return first;
      }
      for (const std::string& shard : due) {
        if (absl::Status status = FollowToEnd(shard); !status.ok()) {
          first.Update(status);
          given_up.insert(shard);
        }
      }
    }
  }

 private:
  // What this process remembers of a shard besides the stored row.
  struct Shard {
    bool queued = false, busy = false;
    int failures = 0;
    bool alarmed = false;  // stopped or failed, until it follows again
    absl::Time retry_at = absl::InfinitePast();
    absl::Time behind_since = absl::InfiniteFuture();
  };

  void Work() {
    while (true) {
      std::string shard;
      {
        absl::MutexLock lock(&mu_);
        const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
          return stopping_ || !due_.empty() || (!polling_ && next_poll_ == absl::InfinitePast());
        };
        mu_.AwaitWithDeadline(absl::Condition(&ready), polling_ ? absl::InfiniteFuture() : next_poll_);
        if (stopping_) {
          return;
        }
        if (!polling_ && next_poll_ <= Now()) {
          polling_ = true;
          next_poll_ = Now() + options_.poll;
        } else if (!due_.empty()) {
          shard = std::move(due_.front());
          due_.pop_front();
          shards_[shard].queued = false;
          shards_[shard].busy = true;
        } else {
          continue;
        }
      }
      shard.empty() ? Poll() : FollowOnce(shard);
    }
  }

  void Poll() {
    const auto due = Discover();
    if (!due.ok()) {
      obs::LogStatus(obs::Level::kWarning, "feed_source_unreachable", due.status(),
                     {{"source", options_.source_service}});
    }
    absl::MutexLock lock(&mu_);
    polling_ = false;
    if (due.ok()) {
      for (const std::string& shard : *due) {
        if (shards_[shard].retry_at <= Now()) {
          Queue(shard);
        }
      }
    }
  }

  void Queue(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    Shard& shard = shards_[name];
    if (!shard.queued && !shard.busy) {
      shard.queued = true;
      due_.push_back(name);
    }
  }

  // One page, then the next shard has its turn.
  void FollowOnce(const std::string& name) {
    const auto step = FollowShard(following_, name);
    Settle(name, step);
    absl::MutexLock lock(&mu_);
    shards_[name].busy = false;
    if (step.ok() && *step != Step::kLevel) {
      Queue(name);
    }
  }

  // Until the shard is level, alone with it in this process.
  absl::Status FollowToEnd(const std::string& name) {
    {
      absl::MutexLock lock(&mu_);
      Shard* shard = &shards_[name];
      mu_.Await(absl::Condition(
          +[](Shard* s) { return !s->busy; }, shard));
      shard->busy = true;
    }
    absl::StatusOr<Step> step = Step::kMore;
    while (step.ok() && *step != Step::kLevel) {
      step = FollowShard(following_, name);
      Settle(name, step);
    }
    absl::MutexLock lock(&mu_);
    shards_[name].busy = false;
    return step.status();
  }

  // Notes how a step ended.
  void Settle(const std::string& name, const absl::StatusOr<Step>& step) {
    const bool stopped = step.ok() && *step == Step::kStopped;
    const absl::Status problem = stopped ? Replaced(name) : step.status();
    const bool alarm = !problem.ok() && !IsTransient(problem);
    {
      absl::MutexLock lock(&mu_);
      Shard& shard = shards_[name];
      shard.failures = step.ok() ? 0 : shard.failures + 1;
      shard.retry_at = step.ok() ? absl::InfinitePast() : Now() + Backoff(shard.failures);
      if (step.ok() && *step == Step::kLevel) {
        shard.behind_since = absl::InfiniteFuture();
      }
      shard.alarmed = alarm || (shard.alarmed && !(step.ok() && *step == Step::kLevel));
      SetStopped();
    }
    if (!problem.ok()) {
      obs::LogStatus(alarm ? obs::Level::kError : obs::Level::kWarning, "feed_shard_stopped", problem,
                     {{"source", options_.source_service}, {"shard", name}});
    }
    if (alarm) {
      CountAlarm(ReasonOf(problem));
      if (options_.on_alarm) {
        options_.on_alarm(name, problem);
      }
    }
  }

  void CountAlarm(std::string_view reason) {
    obs::FeedMetrics& metrics = options_.metrics;
    (reason == "FEED_REPLACED"    ? metrics.replaced
     : reason == "JOURNAL_BROKEN" ? metrics.broken
                                  : metrics.refused)
        .Inc();
  }

  absl::Duration Backoff(int failures) const {
    return std::min(options_.max_backoff, options_.poll * (int64_t{1} << std::min(failures, 20)));
  }

  absl::Status Replaced(const std::string& shard) const {
    return Fail("FEED_REPLACED", {{"service", options_.source_service}, {"shard", shard}, {"seq", "of this copy"}});
  }

  // The shards with something to do: behind, new, gone, failed, stopped, or not heard from for a while.
  absl::StatusOr<std::vector<std::string>> Discover() {
    // The rows first: a head that is read later cannot be smaller unless the history was replaced.
    int64_t now_us = 0;
    auto rows = database_.Read([&](db::Transaction& tx) {
      now_us = tx.clock().NowMicros();
      return ListFollowedRows(tx, options_.source_service);
    });
    RETURN_IF_ERROR(rows.status());
    auto heads = ListHeads();
    if (!heads.ok()) {
      absl::MutexLock lock(&mu_);
      options_.metrics.lag_seconds.Set(absl::ToDoubleSeconds(Now() - last_level_));
      return heads.status();
    }
    std::vector<std::string> due;
    std::map<std::string, int64_t> lags;
    for (const FollowedRow& row : *rows) {
      const auto head = heads->find(row.followed.position.shard());
      const bool listed = head != heads->end();
      lags[row.followed.position.shard()] = listed ? head->second.seq() - row.followed.position.seq() : 0;
      if (IsDue(row, listed ? &head->second : nullptr, now_us)) {
        due.push_back(row.followed.position.shard());
      }
    }
    for (const auto& [shard, head] : *heads) {
      if (lags.try_emplace(shard, head.seq()).second) {
        due.push_back(shard);
      }
    }
    NoteLag(lags);
    return due;
  }

  static bool IsDue(const FollowedRow& row, const Position* head, int64_t now_us) {
    const Position& position = row.followed.position;
    const bool level = head == nullptr ? position.seq() == 0
                                       : head->seq() == position.seq() && head->hash() == position.hash() &&
                                             head->instance() == position.instance();
    return !level || row.followed.state != kFollowing ||
           now_us - row.followed.heard_at_us > absl::ToInt64Microseconds(kHeardEvery);
  }

  absl::StatusOr<std::map<std::string, Position>> ListHeads() {
    std::map<std::string, Position> heads;
    ListShardsRequest request;
    do {
      ASSIGN_OR_RETURN(auto page, source_.ListShards(request));
      for (Position& head : *page.mutable_heads()) {
        heads[head.shard()] = std::move(head);
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return heads;
  }

  void NoteLag(const std::map<std::string, int64_t>& lags) {
    const absl::Time now = Now();
    absl::MutexLock lock(&mu_);
    int64_t largest = 0;
    absl::Time oldest = now;
    for (const auto& [name, lag] : lags) {
      Shard& shard = shards_[name];
      shard.behind_since = lag > 0 ? std::min(shard.behind_since, now) : absl::InfiniteFuture();
      largest = std::max(largest, lag);
      oldest = std::min(oldest, shard.behind_since);
    }
    last_level_ = oldest;
    options_.metrics.lag_entries.Set(static_cast<double>(largest));
    options_.metrics.lag_seconds.Set(absl::ToDoubleSeconds(now - oldest));
    SetStopped();
  }

  void SetStopped() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto stopped = std::count_if(shards_.begin(), shards_.end(), [](const auto& s) { return s.second.alarmed; });
    options_.metrics.stopped_shards.Set(static_cast<double>(stopped));
  }

  db::Database& database_;
  FeedSource& source_;
  FollowerOptions options_;
  const Following following_;
  std::vector<std::thread> threads_;

  absl::Mutex mu_;
  std::map<std::string, Shard> shards_ ABSL_GUARDED_BY(mu_);  // references stay valid
  std::deque<std::string> due_ ABSL_GUARDED_BY(mu_);
  bool polling_ ABSL_GUARDED_BY(mu_) = false, stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time next_poll_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Time last_level_ ABSL_GUARDED_BY(mu_);  // since when something is not applied
};

Follower::Follower(db::Database& database, FeedSource& source, Applier& applier, FollowerOptions options)
    : impl_(std::make_unique<Impl>(database, source, applier, std::move(options))) {}
Follower::~Follower() = default;
void Follower::Start() {
  impl_->Start();
}
void Follower::Stop() {
  impl_->Stop();
}
void Follower::Wake() {
  impl_->Wake();
}
absl::Status Follower::CatchUp() {
  return impl_->CatchUp();
}

}  // namespace ruraledu::feed
