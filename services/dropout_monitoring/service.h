// The gRPC face of dropout_monitoring: one line per method.
#pragma once

#include "common/rpc/unary.h"
#include "ruraledu/dropout_monitoring/v1/dropout_monitoring_service.grpc.pb.h"
#include "services/dropout_monitoring/handlers.h"

namespace ruraledu::dropout_monitoring {

class DropoutMonitoringRpc final
    : public rpc::Bound<Handlers, v1::DropoutMonitoringService::WithRawCallbackMethod_GetDashboard<
                                      v1::DropoutMonitoringService::CallbackService>> {
 public:
  using Bound::Bound;
  RURALEDU_UNARY(BatchRecordAttendance, v1::BatchRecordAttendanceRequest, v1::BatchRecordAttendanceResponse)
  RURALEDU_UNARY(GetSheet, v1::GetSheetRequest, v1::Sheet)
  RURALEDU_UNARY(ListSheets, v1::ListSheetsRequest, v1::ListSheetsResponse)
  RURALEDU_UNARY(ListUnmarkedClasses, v1::ListUnmarkedClassesRequest, v1::ListUnmarkedClassesResponse)
  RURALEDU_UNARY(PutSchoolCalendar, v1::PutSchoolCalendarRequest, v1::SchoolCalendar)
  RURALEDU_UNARY(GetSchoolCalendar, v1::GetSchoolCalendarRequest, v1::SchoolCalendar)
  RURALEDU_UNARY(ListSchoolCalendars, v1::ListSchoolCalendarsRequest, v1::ListSchoolCalendarsResponse)
  RURALEDU_UNARY(ListAbsenceProfiles, v1::ListAbsenceProfilesRequest, v1::ListAbsenceProfilesResponse)
  RURALEDU_UNARY(EvaluateAttendance, v1::EvaluateAttendanceRequest, v1::EvaluateAttendanceResponse)
  RURALEDU_UNARY(StartEvaluation, v1::StartEvaluationRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(GetAbsence, v1::GetAbsenceRequest, v1::Absence)
  RURALEDU_UNARY(ListAbsences, v1::ListAbsencesRequest, v1::ListAbsencesResponse)
  RURALEDU_UNARY(ListShards, ruraledu::feed::v1::ListShardsRequest, ruraledu::feed::v1::ListShardsResponse)
  RURALEDU_UNARY(ListJournal, ruraledu::feed::v1::ListJournalRequest, ruraledu::feed::v1::ListJournalResponse)
  RURALEDU_STREAM(StreamJournal, ruraledu::feed::v1::StreamJournalRequest, ruraledu::feed::v1::StreamJournalResponse)
  RURALEDU_UNARY(ListState, ruraledu::feed::v1::ListStateRequest, ruraledu::feed::v1::ListStateResponse)
  RURALEDU_UNARY(SignHead, ruraledu::feed::v1::SignHeadRequest, ruraledu::feed::v1::SignedHead)
  RURALEDU_UNARY(ListSignedHeads, ruraledu::feed::v1::ListSignedHeadsRequest,
                 ruraledu::feed::v1::ListSignedHeadsResponse)
  RURALEDU_UNARY(GetJob, ruraledu::jobs::v1::GetJobRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(ListJobs, ruraledu::jobs::v1::ListJobsRequest, ruraledu::jobs::v1::ListJobsResponse)
  RURALEDU_UNARY(CancelJob, ruraledu::jobs::v1::CancelJobRequest, ruraledu::jobs::v1::Job)
  RURALEDU_RAW(GetDashboard, ruraledu::dashboard::v1::GetDashboardRequest)
  RURALEDU_STREAM(WatchDashboard, ruraledu::dashboard::v1::WatchDashboardRequest, ruraledu::dashboard::v1::Dashboard)
  RURALEDU_UNARY(Reseal, ruraledu::jobs::v1::ResealRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(RebuildDashboard, ruraledu::dashboard::v1::RebuildDashboardRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(CreateFile, ruraledu::files::v1::CreateFileRequest, ruraledu::files::v1::File)
  RURALEDU_UNARY(UploadFileChunk, ruraledu::files::v1::UploadFileChunkRequest,
                 ruraledu::files::v1::UploadFileChunkResponse)
  RURALEDU_UNARY(CommitFile, ruraledu::files::v1::CommitFileRequest, ruraledu::files::v1::File)
  RURALEDU_UNARY(GetFile, ruraledu::files::v1::GetFileRequest, ruraledu::files::v1::File)
  RURALEDU_STREAM(ReadFile, ruraledu::files::v1::ReadFileRequest, ruraledu::files::v1::ReadFileResponse)
  RURALEDU_UNARY(ListFiles, ruraledu::files::v1::ListFilesRequest, ruraledu::files::v1::ListFilesResponse)
  RURALEDU_UNARY(EraseFile, ruraledu::files::v1::EraseFileRequest, ruraledu::files::v1::File)
};

}  // namespace ruraledu::dropout_monitoring
