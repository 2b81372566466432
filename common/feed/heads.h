// The one head poller of a process: wakes Watch streams, the dashboard refresher, journal streams, and calls that wait
// for a position.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/db/db.h"
#include "ruraledu/common/v1/types.pb.h"

namespace ruraledu::feed {

class HeadPoller {
 public:
  // Polls every `interval` besides being told of local commits (another replica on PostgreSQL commits unseen). The
  // database outlives the poller.
  HeadPoller(db::Database& database, absl::Duration interval);
  ~HeadPoller();
  void Start();
  void Stop();

  // Last known head of a shard; seq 0 when unknown.
  db::Head head(std::string_view shard) const;
  // Calls `on_move(shard, head)` after each move, from the poller's thread; must be quick and must not (un)subscribe. A
  // subscriber sees moves after the first poll that follows. Returns an id for Unsubscribe, after which no call is
  // running or will come.
  int64_t Subscribe(std::function<void(std::string_view shard, const db::Head& head)> on_move);
  void Unsubscribe(int64_t id);

  // For WaitFor: number of polls so far, and the wait for a later poll than `seen` that finds all positions reached as
  // far as the poller knows (true), until `deadline` (false). Followed positions are polled only while somebody waits.
  int64_t polls() const;
  bool AwaitReached(std::string_view own_service, const ruraledu::common::v1::Positions& positions, int64_t seen,
                    absl::Time deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Waits until every position is reached: by the own journal when position.service is `own_service`, else by the
// projection, which counts as behind while it is stopped or being resynced. FEED_BEHIND (UNAVAILABLE) at the deadline;
// FEED_REPLACED when a position names another instance. A service that this one does not follow is never reached: the
// caller leaves such positions out.
absl::Status WaitFor(db::Database& database, HeadPoller& heads, std::string_view own_service,
                     const ruraledu::common::v1::Positions& positions, absl::Time deadline);
// The same question without waiting, for jobs: true when all are reached.
absl::StatusOr<bool> Reached(db::Transaction& tx, std::string_view own_service, std::string_view own_instance,
                             const ruraledu::common::v1::Positions& positions);

}  // namespace ruraledu::feed
