// One function per method of ruraledu.dropout_monitoring.v1.DropoutMonitoringService; the contracts are in the protos.
// Bodies are in <noun>_handlers.cc.
#pragma once

#include <memory>

#include "common/dashboard/board.h"
#include "common/rpc/dashboard_methods.h"
#include "common/rpc/file_methods.h"
#include "common/rpc/shared_methods.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
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

  // Attendance: attendance_handlers.cc, calendar_handlers.cc
  absl::StatusOr<v1::BatchRecordAttendanceResponse> BatchRecordAttendance(
      rpc::Call& call, const v1::BatchRecordAttendanceRequest& request);
  absl::StatusOr<v1::Sheet> GetSheet(rpc::Call& call, const v1::GetSheetRequest& request);
  absl::StatusOr<v1::ListSheetsResponse> ListSheets(rpc::Call& call, const v1::ListSheetsRequest& request);
  absl::StatusOr<v1::ListUnmarkedClassesResponse> ListUnmarkedClasses(rpc::Call& call,
                                                                      const v1::ListUnmarkedClassesRequest& request);
  absl::StatusOr<v1::SchoolCalendar> PutSchoolCalendar(rpc::Call& call, const v1::PutSchoolCalendarRequest& request);
  absl::StatusOr<v1::SchoolCalendar> GetSchoolCalendar(rpc::Call& call, const v1::GetSchoolCalendarRequest& request);
  absl::StatusOr<v1::ListSchoolCalendarsResponse> ListSchoolCalendars(rpc::Call& call,
                                                                      const v1::ListSchoolCalendarsRequest& request);

  // Absence: absence_handlers.cc
  absl::StatusOr<v1::ListAbsenceProfilesResponse> ListAbsenceProfiles(rpc::Call& call,
                                                                      const v1::ListAbsenceProfilesRequest& request);
  absl::StatusOr<v1::EvaluateAttendanceResponse> EvaluateAttendance(rpc::Call& call,
                                                                    const v1::EvaluateAttendanceRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> StartEvaluation(rpc::Call& call, const v1::StartEvaluationRequest& request);
  absl::StatusOr<v1::Absence> GetAbsence(rpc::Call& call, const v1::GetAbsenceRequest& request);
  absl::StatusOr<v1::ListAbsencesResponse> ListAbsences(rpc::Call& call, const v1::ListAbsencesRequest& request);

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

// "areas/411728103" -> ranges for ListSpec::within; nothing for "". NAME_INVALID.
absl::StatusOr<std::vector<AreaRange>> WithinArea(const std::string& area);

// What a job of the service waits for: the positions of the registry.
ruraledu::common::v1::Positions OfRegistry(const ruraledu::common::v1::Positions& after);
// What is checked when a job of a county starts: BATCH_OPEN while an import is partly applied. A copy that is behind
// the named positions does not know whether one is still open; the job waits for it.
std::function<absl::Status(db::Transaction&)> NoOpenBatch(const rpc::Host& host, const std::string& parent,
                                                          const ruraledu::common::v1::Positions& after);

}  // namespace ruraledu::dropout_monitoring
