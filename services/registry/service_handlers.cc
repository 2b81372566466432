#include "common/dashboard/rebuild.h"
#include "common/feed/reseal.h"
#include "services/registry/handlers.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

feed::StateReader StateOf(const rpc::Host& host) {
  return [&host](db::Transaction& tx, std::string_view shard, std::string_view after_key, int64_t limit,
                 bool with_personal) -> absl::StatusOr<ruraledu::feed::v1::ListStateResponse> {
    ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
    return feed::ListRootState(
        tx, kAllTables, [](const feed::RootTable& table) { return NewRoot(table); }, *sealer, shard, after_key, limit,
        with_personal);
  };
}

}  // namespace

Handlers::Handlers(Parts parts)
    : parts_(std::move(parts)),
      shared_{parts_.host,
              parts_.heads,
              "registry",
              StateOf(parts_.host),
              {{"import_check", "ruraledu.registry.v1.Import"},
               {"import_apply", "ruraledu.registry.v1.Import"},
               {"import_withdraw", "ruraledu.registry.v1.Import"},
               {std::string(dashboard::kRebuildJob), "ruraledu.dashboard.v1.RebuildDashboardResult"},
               {std::string(feed::kResealJob), "ruraledu.jobs.v1.ResealResult"}}},
      dashboards_{parts_.board, "registry.students.unmask"},
      host_(parts_.host),
      reference_(parts_.reference) {}

absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> Handlers::ListShards(
    rpc::Call& call, const ruraledu::feed::v1::ListShardsRequest& request) {
  return rpc::ListShards(shared_, call, request);
}

absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> Handlers::ListJournal(
    rpc::Call& call, const ruraledu::feed::v1::ListJournalRequest& request) {
  return rpc::ListJournal(shared_, call, request);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::feed::v1::StreamJournalResponse>>> Handlers::StreamJournal(
    rpc::Call& call, const ruraledu::feed::v1::StreamJournalRequest& request) {
  return rpc::StreamJournal(shared_, call, request);
}

absl::StatusOr<ruraledu::feed::v1::ListStateResponse> Handlers::ListState(
    rpc::Call& call, const ruraledu::feed::v1::ListStateRequest& request) {
  return rpc::ListState(shared_, call, request);
}

absl::StatusOr<ruraledu::feed::v1::SignedHead> Handlers::SignHead(rpc::Call& call,
                                                                  const ruraledu::feed::v1::SignHeadRequest& request) {
  return rpc::SignHead(shared_, call, request);
}

absl::StatusOr<ruraledu::feed::v1::ListSignedHeadsResponse> Handlers::ListSignedHeads(
    rpc::Call& call, const ruraledu::feed::v1::ListSignedHeadsRequest& request) {
  return rpc::ListSignedHeads(shared_, call, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::GetJob(rpc::Call& call,
                                                         const ruraledu::jobs::v1::GetJobRequest& request) {
  return rpc::GetJob(shared_, call, request);
}

absl::StatusOr<ruraledu::jobs::v1::ListJobsResponse> Handlers::ListJobs(
    rpc::Call& call, const ruraledu::jobs::v1::ListJobsRequest& request) {
  return rpc::ListJobs(shared_, call, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::CancelJob(rpc::Call& call,
                                                            const ruraledu::jobs::v1::CancelJobRequest& request) {
  return rpc::CancelJob(shared_, call, request);
}

std::optional<rpc::Bytes> Handlers::CachedGetDashboard(rpc::Call& call,
                                                       const ruraledu::dashboard::v1::GetDashboardRequest& request) {
  return rpc::CachedDashboard(dashboards_, call, request);
}

absl::StatusOr<rpc::Bytes> Handlers::GetDashboard(rpc::Call& call,
                                                  const ruraledu::dashboard::v1::GetDashboardRequest& request) {
  return rpc::GetDashboard(dashboards_, call, request);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::dashboard::v1::Dashboard>>> Handlers::WatchDashboard(
    rpc::Call& call, const ruraledu::dashboard::v1::WatchDashboardRequest& request) {
  return rpc::WatchDashboard(dashboards_, call, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::RebuildDashboard(
    rpc::Call& call, const ruraledu::dashboard::v1::RebuildDashboardRequest& request) {
  return rpc::StartJob(shared_, call, request.parent(), dashboard::kRebuildJob, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::Reseal(rpc::Call& call,
                                                         const ruraledu::jobs::v1::ResealRequest& request) {
  return rpc::StartJob(shared_, call, request.parent(), feed::kResealJob, request);
}

}  // namespace ruraledu::registry
