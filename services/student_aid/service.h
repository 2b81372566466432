// The gRPC face of student_aid: one line per method.
#pragma once

#include "common/rpc/unary.h"
#include "ruraledu/student_aid/v1/student_aid_service.grpc.pb.h"
#include "services/student_aid/handlers.h"

namespace ruraledu::student_aid {

class StudentAidRpc final
    : public rpc::Bound<
          Handlers, v1::StudentAidService::WithRawCallbackMethod_GetDashboard<v1::StudentAidService::CallbackService>> {
 public:
  using Bound::Bound;
  RURALEDU_UNARY(GetPolicySet, v1::GetPolicySetRequest, v1::PolicySet)
  RURALEDU_UNARY(ListPolicySets, v1::ListPolicySetsRequest, v1::ListPolicySetsResponse)
  RURALEDU_UNARY(EvaluateEntitlement, v1::EvaluateEntitlementRequest, v1::EvaluateEntitlementResponse)
  RURALEDU_UNARY(GetDecision, v1::GetDecisionRequest, v1::Decision)
  RURALEDU_UNARY(ListDecisions, v1::ListDecisionsRequest, v1::ListDecisionsResponse)
  RURALEDU_UNARY(ReplayDecision, v1::ReplayDecisionRequest, v1::ReplayDecisionResponse)
  RURALEDU_UNARY(StartEntitlementRun, v1::StartEntitlementRunRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(StartComparisonRun, v1::StartComparisonRunRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(GetRun, v1::GetRunRequest, v1::Run)
  RURALEDU_UNARY(ListRuns, v1::ListRunsRequest, v1::ListRunsResponse)
  RURALEDU_UNARY(ListRunDifferences, v1::ListRunDifferencesRequest, v1::ListRunDifferencesResponse)
  RURALEDU_UNARY(ListComparisonRows, v1::ListComparisonRowsRequest, v1::ListComparisonRowsResponse)
  RURALEDU_UNARY(GetCoverage, v1::GetCoverageRequest, v1::GetCoverageResponse)
  RURALEDU_UNARY(BatchRecordAid, v1::BatchRecordAidRequest, v1::BatchRecordAidResponse)
  RURALEDU_UNARY(ListAidRecords, v1::ListAidRecordsRequest, v1::ListAidRecordsResponse)
  RURALEDU_UNARY(ListIdentificationPolicies, v1::ListIdentificationPoliciesRequest,
                 v1::ListIdentificationPoliciesResponse)
  RURALEDU_UNARY(EvaluateIdentification, v1::EvaluateIdentificationRequest, v1::EvaluateIdentificationResponse)
  RURALEDU_UNARY(CreateIdentification, v1::CreateIdentificationRequest, v1::Identification)
  RURALEDU_UNARY(GetIdentification, v1::GetIdentificationRequest, v1::Identification)
  RURALEDU_UNARY(ListIdentifications, v1::ListIdentificationsRequest, v1::ListIdentificationsResponse)
  RURALEDU_UNARY(ReplayIdentification, v1::ReplayIdentificationRequest, v1::ReplayIdentificationResponse)
  RURALEDU_UNARY(BatchSubmitIdentifications, v1::BatchSubmitIdentificationsRequest, v1::BatchIdentificationsResponse)
  RURALEDU_UNARY(ClassReviewIdentification, v1::ReviewIdentificationRequest, v1::Identification)
  RURALEDU_UNARY(SchoolReviewIdentification, v1::ReviewIdentificationRequest, v1::Identification)
  RURALEDU_UNARY(StartNotice, v1::StartNoticeRequest, v1::NoticeResponse)
  RURALEDU_UNARY(GetNotice, v1::GetNoticeRequest, v1::Notice)
  RURALEDU_UNARY(ListNotices, v1::ListNoticesRequest, v1::ListNoticesResponse)
  RURALEDU_UNARY(CloseNotice, v1::CloseNoticeRequest, v1::NoticeResponse)
  RURALEDU_UNARY(CreateObjection, v1::CreateObjectionRequest, v1::Identification)
  RURALEDU_UNARY(ResolveObjection, v1::ResolveObjectionRequest, v1::Identification)
  RURALEDU_UNARY(CreateAppeal, v1::CreateAppealRequest, v1::Identification)
  RURALEDU_UNARY(DecideSchoolAppeal, v1::DecideAppealRequest, v1::Identification)
  RURALEDU_UNARY(DecideCountyAppeal, v1::DecideAppealRequest, v1::Identification)
  RURALEDU_UNARY(BatchAdjustIdentifications, v1::BatchAdjustIdentificationsRequest, v1::BatchIdentificationsResponse)
  RURALEDU_UNARY(BatchArchiveIdentifications, v1::BatchArchiveIdentificationsRequest, v1::BatchIdentificationsResponse)
  RURALEDU_UNARY(ProposeIdentifications, v1::ProposeIdentificationsRequest, ruraledu::jobs::v1::Job)
  // Applications and restrictions.
  RURALEDU_UNARY(ListApplicationPolicies, v1::ListApplicationPoliciesRequest, v1::ListApplicationPoliciesResponse)
  RURALEDU_UNARY(GetApplication, v1::GetApplicationRequest, v1::Application)
  RURALEDU_UNARY(ListApplications, v1::ListApplicationsRequest, v1::ListApplicationsResponse)
  RURALEDU_UNARY(ProposeApplications, v1::ProposeApplicationsRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(BatchSubmitApplications, v1::BatchSubmitApplicationsRequest, v1::BatchApplicationsResponse)
  RURALEDU_UNARY(BatchSchoolReviewApplications, v1::BatchReviewApplicationsRequest, v1::BatchApplicationsResponse)
  RURALEDU_UNARY(BatchCountyReviewApplications, v1::BatchReviewApplicationsRequest, v1::BatchApplicationsResponse)
  RURALEDU_UNARY(BatchWithdrawApplications, v1::BatchWithdrawApplicationsRequest, v1::BatchApplicationsResponse)
  RURALEDU_UNARY(CreateApplicationObjection, v1::CreateObjectionRequest, v1::Application)
  RURALEDU_UNARY(ResolveApplicationObjection, v1::ResolveObjectionRequest, v1::Application)
  RURALEDU_UNARY(CreateApplicationAppeal, v1::CreateAppealRequest, v1::Application)
  RURALEDU_UNARY(DecideApplicationSchoolAppeal, v1::DecideAppealRequest, v1::Application)
  RURALEDU_UNARY(DecideApplicationCountyAppeal, v1::DecideAppealRequest, v1::Application)
  RURALEDU_UNARY(ListRestrictionCodes, v1::ListRestrictionCodesRequest, v1::ListRestrictionCodesResponse)
  RURALEDU_UNARY(ListRestrictions, v1::ListRestrictionsRequest, v1::ListRestrictionsResponse)
  RURALEDU_UNARY(CreateRestriction, v1::CreateRestrictionRequest, v1::Restriction)
  RURALEDU_UNARY(LiftRestriction, v1::LiftRestrictionRequest, v1::Restriction)
  RURALEDU_UNARY(BypassRestriction, v1::BypassRestrictionRequest, v1::Restriction)
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

}  // namespace ruraledu::student_aid
