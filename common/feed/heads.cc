#include "common/feed/heads.h"

#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/feed/followed.h"
#include "common/feed/journal.h"
#include "common/obs/log.h"

namespace ruraledu::feed {

using ruraledu::common::v1::Position;
using ruraledu::common::v1::Positions;

namespace {

// What the listener of OnCommit needs; outlives the poller, since a listener cannot be taken away.
struct Bell {
  absl::Mutex mu;
  bool rung ABSL_GUARDED_BY(mu) = false;
  bool stopping ABSL_GUARDED_BY(mu) = false;
};

struct Projection {
  std::string instance;
  int64_t seq = 0;
  bool complete = false;
};
using ServiceShard = std::pair<std::string, std::string>;

absl::StatusOr<std::map<ServiceShard, Projection>> ReadProjections(db::Database& database) {
  return database.Read([](db::Transaction& tx) -> absl::StatusOr<std::map<ServiceShard, Projection>> {
    ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT service, shard, instance, seq, state FROM followed"));
    std::map<ServiceShard, Projection> found;
    for (const db::Row& row : rows) {
      found[{row.Text(0), row.Text(1)}] = {row.Text(2), row.Int(3), IsComplete(row.Text(4))};
    }
    return found;
  });
}

absl::Status Replaced(const Position& position) {
  return Fail("FEED_REPLACED",
              {{"service", position.service()}, {"shard", position.shard()}, {"seq", absl::StrCat(position.seq())}});
}

// Whether the position is reached; FEED_REPLACED.
absl::StatusOr<bool> IsReached(db::Transaction& tx, std::string_view own_service, std::string_view own_instance,
                               const Position& position) {
  if (position.service() == own_service) {
    if (position.instance() != own_instance) {
      return Replaced(position);
    }
    ASSIGN_OR_RETURN(const db::Head head, HeadOf(tx, position.shard()));
    return head.seq >= position.seq();
  }
  ASSIGN_OR_RETURN(const auto followed, FindFollowed(tx, position.service(), position.shard()));
  if (!followed.has_value() || !IsComplete(followed->state)) {
    return false;
  }
  if (followed->position.instance() != position.instance()) {
    return Replaced(position);
  }
  return followed->position.seq() >= position.seq();
}

// The first position that is not reached, nullptr when all are.
absl::StatusOr<const Position*> FirstBehind(db::Transaction& tx, std::string_view own_service,
                                            std::string_view own_instance, const Positions& positions) {
  for (const Position& position : positions.positions()) {
    ASSIGN_OR_RETURN(const bool reached, IsReached(tx, own_service, own_instance, position));
    if (!reached) {
      return &position;
    }
  }
  return nullptr;
}

}  // namespace

class HeadPoller::Impl {
 public:
  Impl(db::Database& database, absl::Duration interval)
      : database_(database), interval_(interval), bell_(std::make_shared<Bell>()) {
    database_.OnCommit([bell = bell_](std::string_view) {
      absl::MutexLock lock(&bell->mu);
      bell->rung = true;
    });
  }
  ~Impl() { Stop(); }

  void Start() {
    {
      absl::MutexLock lock(&bell_->mu);
      bell_->stopping = false;
      bell_->rung = true;
    }
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    {
      absl::MutexLock lock(&bell_->mu);
      bell_->stopping = true;
    }
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  db::Head head(std::string_view shard) const {
    absl::MutexLock lock(&mu_);
    const auto found = heads_.find(shard);
    return found == heads_.end() ? db::Head{} : found->second;
  }

  int64_t Subscribe(std::function<void(std::string_view, const db::Head&)> on_move) {
    absl::MutexLock lock(&subscribers_mu_);
    subscribers_[++last_id_] = std::move(on_move);
    return last_id_;
  }

  void Unsubscribe(int64_t id) {
    absl::MutexLock lock(&subscribers_mu_);
    subscribers_.erase(id);
  }

  int64_t polls() const {
    absl::MutexLock lock(&mu_);
    return polls_;
  }

  bool AwaitReached(std::string_view own_service, const Positions& positions, int64_t seen, absl::Time deadline) {
    ++waiters_;
    Ring();  // followed positions were perhaps not polled until now
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return polls_ > seen && SeemsReached(own_service, positions);
    };
    absl::MutexLock lock(&mu_);
    const bool done = mu_.AwaitWithDeadline(absl::Condition(&reached), deadline);
    --waiters_;
    return done;
  }

 private:
  void Ring() {
    absl::MutexLock lock(&bell_->mu);
    bell_->rung = true;
  }

  void Run() {
    while (true) {
      {
        absl::MutexLock lock(&bell_->mu);
        const auto wanted = [this]()
                                ABSL_EXCLUSIVE_LOCKS_REQUIRED(bell_->mu) { return bell_->rung || bell_->stopping; };
        bell_->mu.AwaitWithTimeout(absl::Condition(&wanted), interval_);
        if (bell_->stopping) {
          return;
        }
        bell_->rung = false;
      }
      if (absl::Status status = Poll(); !status.ok()) {
        obs::LogStatus(obs::Level::kWarning, "head_poll_failed", status);
      }
    }
  }

  absl::Status Poll() {
    ASSIGN_OR_RETURN(auto heads, database_.Heads());
    std::map<ServiceShard, Projection> projections;
    if (waiters_ > 0) {
      ASSIGN_OR_RETURN(projections, ReadProjections(database_));
    }
    std::vector<db::Database::HeadMove> moved;
    {
      absl::MutexLock lock(&mu_);
      for (auto& [shard, head] : heads) {
        db::Head& known = heads_[shard];
        if (known != head) {
          known = head;
          moved.push_back({shard, std::move(head)});
        }
      }
      projections_ = std::move(projections);
      ++polls_;
    }
    if (!moved.empty()) {
      absl::MutexLock lock(&subscribers_mu_);
      for (const auto& [id, on_move] : subscribers_) {
        for (const auto& [shard, head] : moved) {
          on_move(shard, head);
        }
      }
    }
    return absl::OkStatus();
  }

  // By what the poller knows; the database has the last word. Another instance counts, so that the waiter is told.
  bool SeemsReached(std::string_view own_service, const Positions& positions) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    for (const Position& position : positions.positions()) {
      if (position.service() == own_service) {
        const auto found = heads_.find(position.shard());
        if (found == heads_.end() || found->second.seq < position.seq()) {
          return false;
        }
        continue;
      }
      const auto found = projections_.find({position.service(), position.shard()});
      if (found == projections_.end() || !found->second.complete ||
          (found->second.instance == position.instance() && found->second.seq < position.seq())) {
        return false;
      }
    }
    return true;
  }

  db::Database& database_;
  const absl::Duration interval_;
  const std::shared_ptr<Bell> bell_;
  std::thread thread_;
  std::atomic<int> waiters_ = 0;

  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::string, db::Head> heads_ ABSL_GUARDED_BY(mu_);
  std::map<ServiceShard, Projection> projections_ ABSL_GUARDED_BY(mu_);
  int64_t polls_ ABSL_GUARDED_BY(mu_) = 0;

  absl::Mutex subscribers_mu_;  // held while subscribers are called
  std::map<int64_t, std::function<void(std::string_view, const db::Head&)>> subscribers_
      ABSL_GUARDED_BY(subscribers_mu_);
  int64_t last_id_ ABSL_GUARDED_BY(subscribers_mu_) = 0;
};

HeadPoller::HeadPoller(db::Database& database, absl::Duration interval)
    : impl_(std::make_unique<Impl>(database, interval)) {}
HeadPoller::~HeadPoller() = default;
void HeadPoller::Start() {
  impl_->Start();
}
void HeadPoller::Stop() {
  impl_->Stop();
}
db::Head HeadPoller::head(std::string_view shard) const {
  return impl_->head(shard);
}
int64_t HeadPoller::Subscribe(std::function<void(std::string_view, const db::Head&)> on_move) {
  return impl_->Subscribe(std::move(on_move));
}
void HeadPoller::Unsubscribe(int64_t id) {
  impl_->Unsubscribe(id);
}
int64_t HeadPoller::polls() const {
  return impl_->polls();
}
bool HeadPoller::AwaitReached(std::string_view own_service, const Positions& positions, int64_t seen,
                              absl::Time deadline) {
  return impl_->AwaitReached(own_service, positions, seen, deadline);
}

absl::Status WaitFor(db::Database& database, HeadPoller& heads, std::string_view own_service,
                     const Positions& positions, absl::Time deadline) {
  if (positions.positions().empty()) {
    return absl::OkStatus();
  }
  while (true) {
    const int64_t seen = heads.polls();  // before the look: what commits after it is seen by a later poll
    ASSIGN_OR_RETURN(const Position* behind, database.Read([&](db::Transaction& tx) {
      return FirstBehind(tx, own_service, database.instance(), positions);
    }));
    if (behind == nullptr) {
      return absl::OkStatus();
    }
    if (!heads.AwaitReached(own_service, positions, seen, deadline)) {
      return Fail("FEED_BEHIND",
                  {{"service", behind->service()}, {"shard", behind->shard()}, {"seq", absl::StrCat(behind->seq())}});
    }
  }
}

absl::StatusOr<bool> Reached(db::Transaction& tx, std::string_view own_service, std::string_view own_instance,
                             const Positions& positions) {
  ASSIGN_OR_RETURN(const Position* behind, FirstBehind(tx, own_service, own_instance, positions));
  return behind == nullptr;
}

}  // namespace ruraledu::feed
