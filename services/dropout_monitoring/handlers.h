// One function per method of ruraledu.dropout_monitoring.v1.DropoutMonitoringService; the contracts are in the protos.
// Bodies are in <noun>_handlers.cc.
#pragma once

#include <memory>

#include "common/dashboard/board.h"
#include "common/rpc/dashboard_methods.h"
#include "common/rpc/file_methods.h"
#include "common/rpc/shared_methods.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// What the handlers stand on; all of it outlives them.
struct Parts {
  const rpc::Host& host;
  feed::HeadPoller& heads;
  const Standards& standards;
  dashboard::Board& board;
  const files::Shelf& shelf;
};

class Handlers {
 public:
  explicit Handlers(const Parts& parts);

  // Feed, jobs, dashboard: the same in every service (common/rpc/shared_methods.h, common/dashboard):
  // service_handlers.cc
  absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(
      rpc::Call& call, const ruraledu::feed::v1::ListShardsRequest& request);
  absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
      rpc::Call& call, const ruraledu::feed::v1::ListJournalRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::feed::v1::StreamJournalResponse>>> StreamJournal(
      rpc::Call& call, const ruraledu::feed::v1::StreamJournalRequest& request);
  absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(rpc::Call& call,
                                                                  const ruraledu::feed::v1::ListStateRequest& request);
  absl::StatusOr<ruraledu::feed::v1::SignedHead> SignHead(rpc::Call& call,
                                                          const ruraledu::feed::v1::SignHeadRequest& request);
  absl::StatusOr<ruraledu::feed::v1::ListSignedHeadsResponse> ListSignedHeads(
      rpc::Call& call, const ruraledu::feed::v1::ListSignedHeadsRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> GetJob(rpc::Call& call, const ruraledu::jobs::v1::GetJobRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::ListJobsResponse> ListJobs(rpc::Call& call,
                                                                const ruraledu::jobs::v1::ListJobsRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> Reseal(rpc::Call& call, const ruraledu::jobs::v1::ResealRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> CancelJob(rpc::Call& call,
                                                    const ruraledu::jobs::v1::CancelJobRequest& request);
  std::optional<rpc::Bytes> CachedGetDashboard(rpc::Call& call,
                                               const ruraledu::dashboard::v1::GetDashboardRequest& request);
  absl::StatusOr<rpc::Bytes> GetDashboard(rpc::Call& call, const ruraledu::dashboard::v1::GetDashboardRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::dashboard::v1::Dashboard>>> WatchDashboard(
      rpc::Call& call, const ruraledu::dashboard::v1::WatchDashboardRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> RebuildDashboard(
      rpc::Call& call, const ruraledu::dashboard::v1::RebuildDashboardRequest& request);

  // Attachments, the same in every service (common/rpc/file_methods.h): file_handlers.cc
  absl::StatusOr<ruraledu::files::v1::File> CreateFile(rpc::Call& call,
                                                       const ruraledu::files::v1::CreateFileRequest& request);
  absl::StatusOr<ruraledu::files::v1::UploadFileChunkResponse> UploadFileChunk(
      rpc::Call& call, const ruraledu::files::v1::UploadFileChunkRequest& request);
  absl::StatusOr<ruraledu::files::v1::File> CommitFile(rpc::Call& call,
                                                       const ruraledu::files::v1::CommitFileRequest& request);
  absl::StatusOr<ruraledu::files::v1::File> GetFile(rpc::Call& call,
                                                    const ruraledu::files::v1::GetFileRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::files::v1::ReadFileResponse>>> ReadFile(
      rpc::Call& call, const ruraledu::files::v1::ReadFileRequest& request);
  absl::StatusOr<ruraledu::files::v1::ListFilesResponse> ListFiles(
      rpc::Call& call, const ruraledu::files::v1::ListFilesRequest& request);
  absl::StatusOr<ruraledu::files::v1::File> EraseFile(rpc::Call& call,
                                                      const ruraledu::files::v1::EraseFileRequest& request);

 private:
  const rpc::Host& host_;
  const Standards& standards_;
  const rpc::DashboardMethods dashboards_;
  const rpc::SharedMethods shared_;
  const rpc::FileMethods files_;
};

}  // namespace ruraledu::dropout_monitoring
