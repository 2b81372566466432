#include "common/rpc/dashboard_methods.h"

#include "common/base/error.h"

namespace ruraledu::rpc {
namespace {

namespace dashboard_v1 = ruraledu::dashboard::v1;

class DashboardStream final : public StreamSource<dashboard_v1::Dashboard> {
 public:
  DashboardStream(dashboard::Board& board, dashboard::Ask ask) : watch_(board, std::move(ask)) {}
  absl::StatusOr<std::optional<dashboard_v1::Dashboard>> Next(Call&) override { return watch_.Next(); }
  std::vector<std::string> Shards() const override { return watch_.Shards(); }

 private:
  mutable dashboard::BoardWatch watch_;
};

absl::StatusOr<dashboard::Ask> AskFor(const DashboardMethods& methods, Call& call,
                                      const dashboard_v1::GetDashboardRequest& request) {
  ASSIGN_OR_RETURN(dashboard::Ask ask,
                   dashboard::AskOf(methods.board.spec(), request, call.clock(), dashboard::View::kPublic));
  if (call.Holds(methods.full_view, ask.area)) {
    ask.view = dashboard::View::kFull;
  }
  return ask;
}

}  // namespace

absl::StatusOr<std::unique_ptr<cache::RedisClient>> OpenRedis(const Config& config) {
  const auto address = config.extra.find("redis");
  if (address == config.extra.end() || address->second.empty()) {
    return nullptr;
  }
  return cache::RedisClient::Open({.address = address->second});
}

obs::Sampler::Probe CacheProbe(cache::RedisClient* redis, dashboard::Refresher& refresher,
                               const obs::RuntimeMetrics& metrics) {
  const obs::Gauge none;  // no Redis: no series that says it is down
  return [redis, &refresher, up = redis == nullptr ? none : metrics.GaugeOf("ruraledu_cache_up"),
          behind = metrics.GaugeOf("ruraledu_cache_refresh_lag_seconds")]() mutable {
    if (redis != nullptr) {
      up.Set(redis->connected() ? 1 : 0);
    }
    behind.Set(absl::ToDoubleSeconds(refresher.Behind()));
    return absl::OkStatus();
  };
}

std::optional<Bytes> CachedDashboard(const DashboardMethods& methods, Call& call,
                                     const dashboard_v1::GetDashboardRequest& request) {
  const auto ask = AskFor(methods, call, request);
  return ask.ok() && !call.fresh() ? methods.board.Cached(*ask) : std::nullopt;
}

absl::StatusOr<Bytes> GetDashboard(const DashboardMethods& methods, Call& call,
                                   const dashboard_v1::GetDashboardRequest& request) {
  ASSIGN_OR_RETURN(const dashboard::Ask ask, AskFor(methods, call, request));
  return methods.board.Get(ask, {.deadline = call.deadline(), .fresh = call.fresh()});
}

absl::StatusOr<std::unique_ptr<StreamSource<dashboard_v1::Dashboard>>> WatchDashboard(
    const DashboardMethods& methods, Call& call, const dashboard_v1::WatchDashboardRequest& request) {
  dashboard_v1::GetDashboardRequest asked;
  asked.set_area(request.area());
  asked.set_period(request.period());
  ASSIGN_OR_RETURN(dashboard::Ask ask, AskFor(methods, call, asked));
  return std::make_unique<DashboardStream>(methods.board, std::move(ask));
}

}  // namespace ruraledu::rpc
