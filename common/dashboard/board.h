// Dashboards of one service: computed from its counters, cached in process (1 s) and in Redis (60 s).
//
// Every answer equals what a computation at its `version` gives (but for as_of and computed_time_us): a value is
// computed in one snapshot, and its version - the sum of the journal heads of the counties below - is read in the same
// one. A value from Redis counts only if its version is not below what this process knows of the heads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/cache/lru.h"
#include "common/cache/versioned_cache.h"
#include "common/dashboard/indicators.h"
#include "common/dashboard/places.h"
#include "common/db/db.h"
#include "common/feed/heads.h"
#include "common/obs/metrics.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"

namespace ruraledu::dashboard {

enum class View {
  kFull,
  kPublic,  // 1-4 hidden in sensitive indicators below township level (suppression.h)
};

// Which dashboard.
struct Ask {
  std::string area;    // prefix: 2, 4, 6, 9 digits, or township/school
  std::string period;  // never empty
  View view = View::kPublic;
  bool operator==(const Ask&) const = default;
};

// What a dashboard shows; one per service, as data and callbacks that are cheap and thread safe.
struct BoardSpec {
  std::string service;  // "student_aid"
  const MeasureBook* measures = nullptr;
  std::vector<IndicatorSpec> indicators;
  Places places;
  // The period that runs on a day; text that sorts by time: "2023-2024-1", "2024", "2024-03".
  std::function<std::string(absl::CivilDay today)> current_period;
  // Whether a text names a period; unset: any does.
  std::function<absl::Status(std::string_view period)> check_period = nullptr;
  // Earlier periods for the trend, oldest first; unset: no trend.
  std::function<std::vector<std::string>(std::string_view period)> trend_periods = nullptr;
};

// Reads a request: the area without "areas/", the current period for an empty one. AREA_FORMAT for a village, a class
// or no area; what the spec says of a text that is no period.
absl::StatusOr<Ask> AskOf(const BoardSpec& spec, const ruraledu::dashboard::v1::GetDashboardRequest& request,
                          const Clock& clock, View view);

// Computes a dashboard within the snapshot of `tx`. REGION_UNKNOWN, REGION_FOLDED; PERIOD_NOT_KEPT for an earlier
// period whose STOCK levels nobody kept. The trend leaves such periods out, and those before the first one with values.
absl::StatusOr<ruraledu::dashboard::v1::Dashboard> ComputeDashboard(db::Transaction& tx, const BoardSpec& spec,
                                                                    const Ask& ask);

class Board {
 public:
  struct Options {
    const Clock* clock = &Clock::System();
    cache::LruOptions lru = {};
    absl::Duration ttl = absl::Seconds(60);              // in Redis
    absl::Duration redis_wait = absl::Milliseconds(50);  // longer and the database answers
    size_t max_recent = 1024;                            // dashboards remembered for the refresher
  };
  // `heads` and `redis` may be null (no freshness check against known heads; no Redis). All outlive the board.
  Board(db::Database& database, BoardSpec spec, feed::HeadPoller* heads, cache::RedisClient* redis,
        obs::RuntimeMetrics metrics, Options options);
  Board(db::Database& database, BoardSpec spec, feed::HeadPoller* heads, cache::RedisClient* redis,
        obs::RuntimeMetrics metrics = {});

  struct GetOptions {
    absl::Time deadline = absl::InfiniteFuture();
    // Not older than what this process knows: for a call that waited for its `after`, for Watch and the refresher.
    bool fresh = false;
  };
  // A serialized Dashboard: in process, then Redis, then the database.
  absl::StatusOr<cache::Bytes> Get(const Ask& ask, const GetOptions& options);
  absl::StatusOr<cache::Bytes> Get(const Ask& ask) { return Get(ask, GetOptions()); }
  // In process only: never waits, for the callback thread. Not for calls with an `after`.
  std::optional<cache::Bytes> Cached(const Ask& ask);

  // Shards whose commits change dashboards of the area, sorted. REGION_UNKNOWN, REGION_FOLDED.
  absl::StatusOr<std::vector<std::string>> ShardsOf(std::string_view area);
  // The version of the area as far as this process knows, 0 when it knows nothing: has it moved since a board was sent?
  absl::StatusOr<int64_t> KnownVersion(std::string_view area);
  // Dashboards asked for within the last minute, latest first, at most `limit`.
  std::vector<Ask> Recent(size_t limit);
  // Makes the caches hold the dashboard as of what this process knows; not an ask. False when it failed.
  bool Rewrite(const Ask& ask);

  const BoardSpec& spec() const { return spec_; }
  const Clock& clock() const { return *options_.clock; }
  std::string KeyOf(const Ask& ask) const;  // "<view>:<area>:<period>"
  std::string RedisKeyOf(const Ask& ask) const { return shared_.KeyOf(KeyOf(ask)); }

 private:
  struct Flight {  // one computation that several callers wait for
    absl::Notification done;
    absl::StatusOr<cache::Versioned> result = absl::UnknownError("");
  };
  absl::StatusOr<cache::Versioned> Compute(const Ask& ask, absl::Time deadline);
  absl::StatusOr<cache::Versioned> Load(const Ask& ask, const std::string& key, const GetOptions& options);
  absl::StatusOr<cache::Versioned> LoadOnce(const Ask& ask, const std::string& key, const GetOptions& options);
  void Remember(const Ask& ask, const std::string& key);

  db::Database& database_;
  const BoardSpec spec_;
  feed::HeadPoller* const heads_;
  obs::RuntimeMetrics metrics_;
  const Options options_;
  cache::Lru lru_;
  cache::VersionedCache shared_;

  absl::Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Flight>> flights_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, std::pair<Ask, absl::Time>> recent_ ABSL_GUARDED_BY(mu_);
};

// The source of a Watch stream: the dashboard at once, then whenever its version moved, at most once per second.
class BoardWatch {
 public:
  BoardWatch(Board& board, Ask ask) : board_(board), ask_(std::move(ask)) {}
  // nullopt: nothing new now.
  absl::StatusOr<std::optional<ruraledu::dashboard::v1::Dashboard>> Next();
  std::vector<std::string> Shards();

 private:
  Board& board_;
  const Ask ask_;
  int64_t sent_version_ = -1;
  absl::Time sent_at_ = absl::InfinitePast();
};

}  // namespace ruraledu::dashboard
