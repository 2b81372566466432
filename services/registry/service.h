// The gRPC face of the registry: one line per method.
#pragma once

#include "common/rpc/unary.h"
#include "ruraledu/registry/v1/registry_service.grpc.pb.h"
#include "services/registry/handlers.h"

namespace ruraledu::registry {

class RegistryRpc final
    : public rpc::Bound<Handlers,
                        v1::RegistryService::WithRawCallbackMethod_GetDashboard<v1::RegistryService::CallbackService>> {
 public:
  using Bound::Bound;
  RURALEDU_UNARY(GetRegion, v1::GetRegionRequest, v1::Region)
  RURALEDU_UNARY(ListRegions, v1::ListRegionsRequest, v1::ListRegionsResponse)
  RURALEDU_UNARY(GetCalendar, v1::GetCalendarRequest, v1::Calendar)
  RURALEDU_UNARY(AddWorkingDays, v1::AddWorkingDaysRequest, v1::AddWorkingDaysResponse)
  RURALEDU_UNARY(GetSchool, v1::GetSchoolRequest, v1::School)
  RURALEDU_UNARY(ListSchools, v1::ListSchoolsRequest, v1::ListSchoolsResponse)
  RURALEDU_UNARY(CreateSchool, v1::CreateSchoolRequest, v1::School)
  RURALEDU_UNARY(UpdateSchool, v1::UpdateSchoolRequest, v1::School)
  RURALEDU_UNARY(CloseSchool, v1::CloseSchoolRequest, v1::School)
  RURALEDU_UNARY(GetClass, v1::GetClassRequest, v1::SchoolClass)
  RURALEDU_UNARY(ListClasses, v1::ListClassesRequest, v1::ListClassesResponse)
  RURALEDU_UNARY(CreateClass, v1::CreateClassRequest, v1::SchoolClass)
  RURALEDU_UNARY(GetStudent, v1::GetStudentRequest, v1::Student)
  RURALEDU_UNARY(ListStudents, v1::ListStudentsRequest, v1::ListStudentsResponse)
  RURALEDU_UNARY(FindStudent, v1::FindStudentRequest, v1::Student)
  RURALEDU_UNARY(CreateStudent, v1::CreateStudentRequest, v1::Student)
  RURALEDU_UNARY(UpdateStudent, v1::UpdateStudentRequest, v1::Student)
  RURALEDU_UNARY(ChangeStudentStatus, v1::ChangeStudentStatusRequest, v1::Student)
  RURALEDU_UNARY(EraseStudent, v1::EraseStudentRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(GetHousehold, v1::GetHouseholdRequest, v1::Household)
  RURALEDU_UNARY(ListHouseholds, v1::ListHouseholdsRequest, v1::ListHouseholdsResponse)
  RURALEDU_UNARY(CreateHousehold, v1::CreateHouseholdRequest, v1::Household)
  RURALEDU_UNARY(UpdateHousehold, v1::UpdateHouseholdRequest, v1::Household)
  RURALEDU_UNARY(GetTeacher, v1::GetTeacherRequest, v1::Teacher)
  RURALEDU_UNARY(ListTeachers, v1::ListTeachersRequest, v1::ListTeachersResponse)
  RURALEDU_UNARY(CreateTeacher, v1::CreateTeacherRequest, v1::Teacher)
  RURALEDU_UNARY(UpdateTeacher, v1::UpdateTeacherRequest, v1::Teacher)
  RURALEDU_UNARY(ValidateIdentity, v1::ValidateIdentityRequest, v1::ValidateIdentityResponse)
  RURALEDU_UNARY(ListReviews, v1::ListReviewsRequest, v1::ListReviewsResponse)
  RURALEDU_UNARY(DecideReview, v1::DecideReviewRequest, v1::IdentityReview)
  RURALEDU_UNARY(MergeStudents, v1::MergeStudentsRequest, v1::Student)
  RURALEDU_UNARY(UnmergeStudent, v1::UnmergeStudentRequest, v1::Student)
  RURALEDU_UNARY(CreateTransfer, v1::CreateTransferRequest, v1::Transfer)
  RURALEDU_UNARY(AcceptTransfer, v1::AcceptTransferRequest, v1::Student)
  RURALEDU_UNARY(EndTransfer, v1::EndTransferRequest, v1::Transfer)
  RURALEDU_UNARY(GetTransfer, v1::GetTransferRequest, v1::Transfer)
  RURALEDU_UNARY(ListTransfers, v1::ListTransfersRequest, v1::ListTransfersResponse)
  RURALEDU_UNARY(CreateImport, v1::CreateImportRequest, v1::Import)
  RURALEDU_UNARY(UploadChunk, v1::UploadChunkRequest, v1::UploadChunkResponse)
  RURALEDU_UNARY(CommitUpload, v1::CommitUploadRequest, v1::Import)
  RURALEDU_UNARY(ApplyImport, v1::ApplyImportRequest, v1::Import)
  RURALEDU_UNARY(WithdrawImport, v1::WithdrawImportRequest, v1::Import)
  RURALEDU_UNARY(GetImport, v1::GetImportRequest, v1::Import)
  RURALEDU_UNARY(ListImports, v1::ListImportsRequest, v1::ListImportsResponse)
  RURALEDU_UNARY(ListImportRows, v1::ListImportRowsRequest, v1::ListImportRowsResponse)
  RURALEDU_UNARY(CreateAccount, v1::CreateAccountRequest, v1::Account)
  RURALEDU_UNARY(GetAccount, v1::GetAccountRequest, v1::Account)
  RURALEDU_UNARY(ListAccounts, v1::ListAccountsRequest, v1::ListAccountsResponse)
  RURALEDU_UNARY(GiveGrant, v1::GiveGrantRequest, v1::Account)
  RURALEDU_UNARY(ConfirmGrant, v1::ConfirmGrantRequest, v1::Account)
  RURALEDU_UNARY(RevokeGrant, v1::RevokeGrantRequest, v1::Account)
  RURALEDU_UNARY(RevokeAccount, v1::RevokeAccountRequest, v1::Account)
  RURALEDU_UNARY(IssueToken, v1::IssueTokenRequest, v1::IssueTokenResponse)
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
};

}  // namespace ruraledu::registry
