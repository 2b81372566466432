// Feed, jobs and dashboard: the same in every service.
#include "common/dashboard/rebuild.h"
#include "common/feed/reseal.h"
#include "services/dropout_monitoring/absence_run.h"
#include "services/dropout_monitoring/enrolment_run.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/leaver_run.h"
#include "services/dropout_monitoring/population_run.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

namespace feed_v1 = ruraledu::feed::v1;
namespace jobs_v1 = ruraledu::jobs::v1;
namespace dashboard_v1 = ruraledu::dashboard::v1;

feed::StateReader StateOf(const rpc::Host& host) {
  return [&host](db::Transaction& tx, std::string_view shard, std::string_view after, int64_t limit,
                 bool with_personal) -> absl::StatusOr<feed_v1::ListStateResponse> {
    ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
    return feed::ListRootState(tx, OwnRoots(), NewRoot, *sealer, shard, after, limit, with_personal);
  };
}

}  // namespace

Handlers::Handlers(const Parts& parts)
    : host_(parts.host),
      standards_(parts.standards),
      dashboards_{parts.board, "dropout_monitoring.pupils.read"},
      shared_{parts.host,
              parts.heads,
              "dropout_monitoring",
              StateOf(parts.host),
              {{std::string(kEvaluationJob), v1::EvaluationResult::descriptor()->full_name()},
               {std::string(kComparisonJob), v1::ComparisonRun::descriptor()->full_name()},
               {std::string(kEnrolmentJob), v1::EnrolmentRun::descriptor()->full_name()},
               {std::string(kLeaverJob), v1::LeaverRunResult::descriptor()->full_name()},
               {std::string(dashboard::kRebuildJob), dashboard_v1::RebuildDashboardResult::descriptor()->full_name()},
               {std::string(feed::kResealJob), jobs_v1::ResealResult::descriptor()->full_name()}}},
      files_{parts.host, parts.shelf, "dropout_monitoring.files.unmask", AreaOfFileOwner} {}

absl::StatusOr<feed_v1::ListShardsResponse> Handlers::ListShards(rpc::Call& call,
                                                                 const feed_v1::ListShardsRequest& request) {
  return rpc::ListShards(shared_, call, request);
}

absl::StatusOr<feed_v1::ListJournalResponse> Handlers::ListJournal(rpc::Call& call,
                                                                   const feed_v1::ListJournalRequest& request) {
  return rpc::ListJournal(shared_, call, request);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<feed_v1::StreamJournalResponse>>> Handlers::StreamJournal(
    rpc::Call& call, const feed_v1::StreamJournalRequest& request) {
  return rpc::StreamJournal(shared_, call, request);
}

absl::StatusOr<feed_v1::ListStateResponse> Handlers::ListState(rpc::Call& call,
                                                               const feed_v1::ListStateRequest& request) {
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

absl::StatusOr<jobs_v1::Job> Handlers::GetJob(rpc::Call& call, const jobs_v1::GetJobRequest& request) {
  return rpc::GetJob(shared_, call, request);
}

absl::StatusOr<jobs_v1::ListJobsResponse> Handlers::ListJobs(rpc::Call& call, const jobs_v1::ListJobsRequest& request) {
  return rpc::ListJobs(shared_, call, request);
}

absl::StatusOr<jobs_v1::Job> Handlers::CancelJob(rpc::Call& call, const jobs_v1::CancelJobRequest& request) {
  return rpc::CancelJob(shared_, call, request);
}

std::optional<rpc::Bytes> Handlers::CachedGetDashboard(rpc::Call& call,
                                                       const dashboard_v1::GetDashboardRequest& request) {
  return rpc::CachedDashboard(dashboards_, call, request);
}

absl::StatusOr<rpc::Bytes> Handlers::GetDashboard(rpc::Call& call, const dashboard_v1::GetDashboardRequest& request) {
  return rpc::GetDashboard(dashboards_, call, request);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<dashboard_v1::Dashboard>>> Handlers::WatchDashboard(
    rpc::Call& call, const dashboard_v1::WatchDashboardRequest& request) {
  return rpc::WatchDashboard(dashboards_, call, request);
}

absl::StatusOr<jobs_v1::Job> Handlers::RebuildDashboard(rpc::Call& call,
                                                        const dashboard_v1::RebuildDashboardRequest& request) {
  return rpc::StartJob(shared_, call, request.parent(), dashboard::kRebuildJob, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::Reseal(rpc::Call& call,
                                                         const ruraledu::jobs::v1::ResealRequest& request) {
  return rpc::StartJob(shared_, call, request.parent(), feed::kResealJob, request);
}

}  // namespace ruraledu::dropout_monitoring
