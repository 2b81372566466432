// The dashboard methods that every service has. Each is one line in a service's handlers; RebuildDashboard is StartJob
// of dashboard::kRebuildJob (shared_methods.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/cache/redis.h"
#include "common/dashboard/board.h"
#include "common/dashboard/refresher.h"
#include "common/obs/sampler.h"
#include "common/rpc/call.h"
#include "common/rpc/config.h"
#include "common/rpc/stream.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"

namespace ruraledu::rpc {

// The cache that the setting `redis` of [service] names; null without one. The server need not be there.
absl::StatusOr<std::unique_ptr<cache::RedisClient>> OpenRedis(const Config& config);

// Whether the cache answers and how far the dashboards in it lag. `redis` may be null; what is given outlives the
// probe.
obs::Sampler::Probe CacheProbe(cache::RedisClient* redis, dashboard::Refresher& refresher,
                               const obs::RuntimeMetrics& metrics);

struct DashboardMethods {
  dashboard::Board& board;
  // Who holds it over the area sees small groups as they are: the right to read the facts below by name.
  std::string full_view;
};

// Never waits; nullopt: not in process.
std::optional<Bytes> CachedDashboard(const DashboardMethods& methods, Call& call,
                                     const ruraledu::dashboard::v1::GetDashboardRequest& request);
absl::StatusOr<Bytes> GetDashboard(const DashboardMethods& methods, Call& call,
                                   const ruraledu::dashboard::v1::GetDashboardRequest& request);
absl::StatusOr<std::unique_ptr<StreamSource<ruraledu::dashboard::v1::Dashboard>>> WatchDashboard(
    const DashboardMethods& methods, Call& call, const ruraledu::dashboard::v1::WatchDashboardRequest& request);

}  // namespace ruraledu::rpc
