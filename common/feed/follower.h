// Keeps a local copy of another service's facts by applying its journal, shard by shard.
//
// A follower applies up to 500 entries of one shard per local write transaction of the same-named shard and stores its
// position there, so each entry is applied exactly once. A shard that is new here starts from ListState. When the
// source shows another instance, a smaller head or another hash at its position, the follower stops that shard, raises
// the alarm, and resyncs from ListState; applying an entry twice changes nothing. Two replicas may follow at once: the
// stored position decides.
//
//   (none) -> RESYNCING -> FOLLOWING -> STOPPED   history of the source was replaced; the alarm is raised
//                 ^            |  ^        |
//                 |            v  |        v
//                 |          FAILED     RESYNCING -> FOLLOWING
//                 `-- a page token that the source no longer takes, or another history while resyncing: STOPPED again
//
// FAILED: the next entry does not fit the hash chain, or the applier refused it. It is tried again with growing pauses;
// what is before it is applied, other shards go on. A source that does not answer changes nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "ruraledu/common/v1/types.pb.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::feed {

// Where entries come from: gRPC in production (common/rpc/feed_source.h), in-memory in tests. Thread safe.
class FeedSource {
 public:
  virtual ~FeedSource() = default;
  virtual absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(
      const ruraledu::feed::v1::ListShardsRequest&) = 0;
  virtual absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(
      const ruraledu::feed::v1::ListStateRequest&) = 0;
  virtual absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
      const ruraledu::feed::v1::ListJournalRequest&) = 0;
};

// What a service writes: services/<service>/follower.h.
class Applier {
 public:
  virtual ~Applier() = default;
  // Called before each write of the shard, outside of any transaction: the place for KeyRing::SealerOf.
  virtual absl::Status Prepare(std::string_view shard) { return absl::OkStatus(); }
  // Applies one entry to the projection, in order, inside a write of entry.shard. Idempotent. An error stops the shard.
  virtual absl::Status Apply(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry) = 0;
  // One entry of a page of state (same bodies as entries). Idempotent. Marks its rows with `resync`, a number that
  // grows with every resync of the shard; Apply leaves the mark alone (0 for new rows).
  virtual absl::Status ApplyState(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry,
                                  int64_t resync) = 0;
  // After the last page: removes the rows of `shard` whose mark is not `resync`, they are gone at the source.
  virtual absl::Status FinishResync(db::Transaction& tx, std::string_view shard, int64_t resync) = 0;
};

struct FollowerOptions {
  std::string source_service;                     // "registry"
  absl::Duration poll = absl::Milliseconds(200);  // besides Wake
  int threads = 2;                                // shards are spread over them
  bool with_personal = true;
  absl::Duration max_backoff = absl::Seconds(30);  // longest pause before a failed shard is tried again
  obs::FeedMetrics metrics;
  // Called when a shard stops (FEED_REPLACED), when an entry does not fit (JOURNAL_BROKEN) and when the applier fails;
  // from a follower thread. It is logged as well.
  std::function<void(std::string_view shard, const absl::Status&)> on_alarm;
};

// State of one followed shard, stored in the table `followed`.
struct FollowedShard {
  ruraledu::common::v1::Position position;
  std::string state;  // "FOLLOWING", "FAILED", "STOPPED", "RESYNCING"
  // Last answer of the source about this shard, exact to 20 s; payments refuse older than 60 s.
  int64_t heard_at_us = 0;
  int64_t source_head = 0;  // last head heard of; lag = source_head - position.seq
};

class Follower {
 public:
  Follower(db::Database& database, FeedSource& source, Applier& applier, FollowerOptions options);
  ~Follower();
  void Start();
  void Stop();
  void Wake();
  // Passes over all shards on the calling thread until nothing is left to apply; for tests and for catching up at
  // start. A shard that fails is left out after its first failure, which is returned when the others are done.
  absl::Status CatchUp();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

absl::StatusOr<std::optional<FollowedShard>> FindFollowed(db::Transaction& tx, std::string_view service,
                                                          std::string_view shard);

}  // namespace ruraledu::feed
