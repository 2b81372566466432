#include "common/dashboard/board.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::dashboard {
namespace {

constexpr absl::Duration kRecent = absl::Minutes(1);

cache::FrameTag TagOf(const db::Database& database, const BoardSpec& spec) {
  return {Fingerprint(*spec.measures, spec.indicators), database.instance()};
}

}  // namespace

Board::Board(db::Database& database, BoardSpec spec, feed::HeadPoller* heads, cache::RedisClient* redis,
             obs::RuntimeMetrics metrics, Options options)
    : database_(database),
      spec_(std::move(spec)),
      heads_(heads),
      metrics_(std::move(metrics)),
      options_(options),
      lru_(*options.clock, options.lru),
      shared_(redis, TagOf(database, spec_),
              absl::StrCat("dash:", spec_.service, ":", Fingerprint(*spec_.measures, spec_.indicators)), options.ttl) {}

Board::Board(db::Database& database, BoardSpec spec, feed::HeadPoller* heads, cache::RedisClient* redis,
             obs::RuntimeMetrics metrics)
    : Board(database, std::move(spec), heads, redis, std::move(metrics), Options()) {}

std::string Board::KeyOf(const Ask& ask) const {
  return absl::StrCat(ask.view == View::kPublic ? "public:" : "full:", ask.area, ":", ask.period);
}

std::optional<cache::Bytes> Board::Cached(const Ask& ask) {
  auto found = lru_.Get(KeyOf(ask));
  if (!found.has_value()) {
    return std::nullopt;
  }
  metrics_.cache_lru.Inc();
  return std::move(found->bytes);
}

absl::StatusOr<cache::Bytes> Board::Get(const Ask& ask, const GetOptions& options) {
  const std::string key = KeyOf(ask);
  Remember(ask, key);
  if (auto found = lru_.Get(key)) {
    bool good = !options.fresh;
    if (options.fresh && heads_ != nullptr) {
      ASSIGN_OR_RETURN(const int64_t known, KnownVersion(ask.area));
      good = found->version >= known;
    }
    if (good) {
      metrics_.cache_lru.Inc();
      return std::move(found->bytes);
    }
  }
  ASSIGN_OR_RETURN(cache::Versioned value, options.fresh ? Load(ask, key, options) : LoadOnce(ask, key, options));
  return std::move(value.bytes);
}

// Callers of the same dashboard at the same time share one computation; they could have found it in process a moment
// later all the same.
absl::StatusOr<cache::Versioned> Board::LoadOnce(const Ask& ask, const std::string& key, const GetOptions& options) {
  std::shared_ptr<Flight> flight;
  bool first = false;
  {
    absl::MutexLock lock(&mu_);
    auto& slot = flights_[key];
    first = slot == nullptr;
    if (first) {
      slot = std::make_shared<Flight>();
    }
    flight = slot;
  }
  if (!first) {
    if (!flight->done.WaitForNotificationWithDeadline(options.deadline)) {
      return absl::DeadlineExceededError("the dashboard was not ready in time");
    }
    // The first one's deadline is not ours.
    return flight->result.ok() ? flight->result : Load(ask, key, options);
  }
  flight->result = Load(ask, key, options);
  {
    absl::MutexLock lock(&mu_);
    flights_.erase(key);
  }
  flight->done.Notify();
  return flight->result;
}

absl::StatusOr<cache::Versioned> Board::Load(const Ask& ask, const std::string& key, const GetOptions& options) {
  const absl::Time asked_at = options_.clock->Now();
  // Before Redis is asked: the answer must not be older than what was known when the caller came.
  ASSIGN_OR_RETURN(const int64_t known, KnownVersion(ask.area));
  const auto shared = shared_.Get(key, std::min(options.deadline, Clock::System().Now() + options_.redis_wait));
  if (shared.found == cache::VersionedCache::Found::kHit && shared.value.version >= known &&
      ShanghaiDay(absl::FromUnixMicros(shared.value.as_of_us)) == options_.clock->Today()) {
    metrics_.cache_hit.Inc();
    lru_.Put(key, shared.value, asked_at);
    return shared.value;
  }
  (shared.found == cache::VersionedCache::Found::kGone ? metrics_.cache_error : metrics_.cache_miss).Inc();
  ASSIGN_OR_RETURN(cache::Versioned value, Compute(ask, options.deadline));
  lru_.Put(key, value, asked_at);
  shared_.Put(key, value);
  return value;
}

absl::StatusOr<cache::Versioned> Board::Compute(const Ask& ask, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const auto board,
      database_.Read([&](db::Transaction& tx) { return ComputeDashboard(tx, spec_, ask); }, {.deadline = deadline}));
  return cache::Versioned{board.version(), board.computed_time_us(),
                          std::make_shared<const std::string>(board.SerializeAsString())};
}

absl::StatusOr<std::vector<std::string>> Board::ShardsOf(std::string_view area) {
  return spec_.places.shards->Of(spec_.places.regions(), area, options_.clock->Today());
}

absl::StatusOr<int64_t> Board::KnownVersion(std::string_view area) {
  int64_t version = 0;
  if (heads_ != nullptr) {
    ASSIGN_OR_RETURN(const auto shards, ShardsOf(area));
    for (const std::string& shard : shards) {
      version += heads_->head(shard).seq;
    }
  }
  return version;
}

bool Board::Rewrite(const Ask& ask) {
  const bool good = Load(ask, KeyOf(ask), {}).ok();
  (good ? metrics_.cache_refreshed : metrics_.cache_refresh_failed).Inc();
  return good;
}

void Board::Remember(const Ask& ask, const std::string& key) {
  const absl::Time now = options_.clock->Now();
  absl::MutexLock lock(&mu_);
  recent_.insert_or_assign(key, std::pair(ask, now));
  if (recent_.size() > options_.max_recent) {
    absl::erase_if(recent_, [&](const auto& entry) { return now - entry.second.second > kRecent; });
  }
  if (recent_.size() > options_.max_recent) {
    recent_.erase(recent_.begin());
  }
}

std::vector<Ask> Board::Recent(size_t limit) {
  const absl::Time now = options_.clock->Now();
  std::vector<std::pair<Ask, absl::Time>> found;
  {
    absl::MutexLock lock(&mu_);
    absl::erase_if(recent_, [&](const auto& entry) { return now - entry.second.second > kRecent; });
    for (const auto& [key, entry] : recent_) {
      found.push_back(entry);
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Ask> asks;
  for (size_t i = 0; i < std::min(limit, found.size()); ++i) {
    asks.push_back(std::move(found[i].first));
  }
  return asks;
}

absl::StatusOr<std::optional<ruraledu::dashboard::v1::Dashboard>> BoardWatch::Next() {
  const absl::Time now = board_.clock().Now();
  if (sent_version_ >= 0) {
    ASSIGN_OR_RETURN(const int64_t known, board_.KnownVersion(ask_.area));
    if (known <= sent_version_ || now - sent_at_ < absl::Seconds(1)) {
      return std::nullopt;
    }
  }
  ASSIGN_OR_RETURN(const cache::Bytes bytes, board_.Get(ask_, {.fresh = true}));
  ruraledu::dashboard::v1::Dashboard board;
  if (!board.ParseFromString(*bytes)) {
    return absl::DataLossError("a dashboard does not parse");
  }
  if (board.version() <= sent_version_) {
    return std::nullopt;
  }
  sent_version_ = board.version();
  sent_at_ = now;
  return board;
}

std::vector<std::string> BoardWatch::Shards() {
  return board_.ShardsOf(ask_.area).value_or(std::vector<std::string>());
}

}  // namespace ruraledu::dashboard
