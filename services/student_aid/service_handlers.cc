// Feed, jobs and dashboard: the same in every service.
#include "common/dashboard/rebuild.h"
#include "common/feed/reseal.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/application_run.h"
#include "services/student_aid/department_run.h"
#include "services/student_aid/fact_run.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/identification_run.h"
#include "services/student_aid/mirror_run.h"
#include "services/student_aid/outward_run.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/run.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
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
      book_(parts.book),
      tables_(parts.tables),
      applications_(parts.applications),
      fund_rules_(parts.fund_rules),
      payments_(parts.payments),
      office_(parts.office),
      follow_up_(parts.follow_up),
      dashboards_{parts.board, "student_aid.entitlement.read"},
      shared_{parts.host,
              parts.heads,
              "student_aid",
              StateOf(parts.host),
              {{std::string(kEntitlementJob), v1::Run::descriptor()->full_name()},
               {std::string(kComparisonJob), v1::Run::descriptor()->full_name()},
               {std::string(kProposalJob), v1::ProposalResult::descriptor()->full_name()},
               {std::string(kOutwardJob), v1::OutwardRunResult::descriptor()->full_name()},
               {std::string(kApplicationJob), v1::ApplicationRunResult::descriptor()->full_name()},
               {std::string(kAccountCheckJob), v1::AccountCheck::descriptor()->full_name()},
               {std::string(kPaymentOrderJob), v1::PaymentBatch::descriptor()->full_name()},
               {std::string(kPaymentSweepJob), v1::PaymentSweepResult::descriptor()->full_name()},
               {std::string(kPaymentReturnJob), v1::PaymentReturn::descriptor()->full_name()},
               {std::string(kDepartmentAidJob), v1::DepartmentAidList::descriptor()->full_name()},
               {std::string(kFactAnswersJob), v1::FactEnquiry::descriptor()->full_name()},
               {std::string(kMirrorExportJob), v1::MirrorExport::descriptor()->full_name()},
               {std::string(kMirrorAnswerJob), v1::MirrorFeedback::descriptor()->full_name()},
               {std::string(dashboard::kRebuildJob), dashboard_v1::RebuildDashboardResult::descriptor()->full_name()},
               {std::string(feed::kResealJob), jobs_v1::ResealResult::descriptor()->full_name()}}},
      files_{parts.host, parts.shelf, "student_aid.files.unmask", AreaOfFileOwner},
      mirror_(parts.mirror),
      verifications_(parts.verifications),
      departments_(parts.departments),
      compliance_(parts.compliance),
      goods_(parts.goods),
      consents_(parts.consents) {}

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

}  // namespace ruraledu::student_aid
