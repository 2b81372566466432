// One function per method of ruraledu.registry.v1.RegistryService; the contracts are in the protos. Bodies are in
// <noun>_handlers.cc.
#pragma once

#include <memory>

#include "common/crypto/token.h"
#include "common/db/jobs.h"
#include "common/domain/shard.h"
#include "common/feed/heads.h"
#include "common/rpc/access.h"
#include "common/rpc/access_table.h"
#include "common/rpc/dashboard_methods.h"
#include "common/rpc/resources.h"
#include "common/rpc/shared_methods.h"
#include "common/rpc/stream.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "services/registry/reference.h"

namespace ruraledu::registry {

// What the handlers stand on; everything outlives them.
struct Parts {
  const rpc::Host& host;
  ReferenceBook& reference;
  rpc::AccessTable& access;
  const rpc::RoleBook& roles;
  const crypto::TokenSigner& signer;
  feed::HeadPoller& heads;
  db::JobEngine& jobs;
  dashboard::Board& board;
};

class Handlers {
 public:
  explicit Handlers(Parts parts);

  // Regions and calendars: region_handlers.cc
  absl::StatusOr<v1::Region> GetRegion(rpc::Call& call, const v1::GetRegionRequest& request);
  absl::StatusOr<v1::ListRegionsResponse> ListRegions(rpc::Call& call, const v1::ListRegionsRequest& request);
  absl::StatusOr<v1::Calendar> GetCalendar(rpc::Call& call, const v1::GetCalendarRequest& request);
  absl::StatusOr<v1::AddWorkingDaysResponse> AddWorkingDays(rpc::Call& call, const v1::AddWorkingDaysRequest& request);

  // Schools and classes: school_handlers.cc
  absl::StatusOr<v1::School> GetSchool(rpc::Call& call, const v1::GetSchoolRequest& request);
  absl::StatusOr<v1::ListSchoolsResponse> ListSchools(rpc::Call& call, const v1::ListSchoolsRequest& request);
  absl::StatusOr<v1::School> CreateSchool(rpc::Call& call, const v1::CreateSchoolRequest& request);
  absl::StatusOr<v1::School> UpdateSchool(rpc::Call& call, const v1::UpdateSchoolRequest& request);
  absl::StatusOr<v1::School> CloseSchool(rpc::Call& call, const v1::CloseSchoolRequest& request);
  absl::StatusOr<v1::SchoolClass> GetClass(rpc::Call& call, const v1::GetClassRequest& request);
  absl::StatusOr<v1::ListClassesResponse> ListClasses(rpc::Call& call, const v1::ListClassesRequest& request);
  absl::StatusOr<v1::SchoolClass> CreateClass(rpc::Call& call, const v1::CreateClassRequest& request);

  // Students: student_handlers.cc
  absl::StatusOr<v1::Student> GetStudent(rpc::Call& call, const v1::GetStudentRequest& request);
  absl::StatusOr<v1::ListStudentsResponse> ListStudents(rpc::Call& call, const v1::ListStudentsRequest& request);
  absl::StatusOr<v1::Student> FindStudent(rpc::Call& call, const v1::FindStudentRequest& request);
  absl::StatusOr<v1::Student> CreateStudent(rpc::Call& call, const v1::CreateStudentRequest& request);
  absl::StatusOr<v1::Student> UpdateStudent(rpc::Call& call, const v1::UpdateStudentRequest& request);
  absl::StatusOr<v1::Student> ChangeStudentStatus(rpc::Call& call, const v1::ChangeStudentStatusRequest& request);

  // Erasure: erasure.cc
  absl::StatusOr<ruraledu::jobs::v1::Job> EraseStudent(rpc::Call& call, const v1::EraseStudentRequest& request);

  // Households and teachers: household_handlers.cc, teacher_handlers.cc
  absl::StatusOr<v1::Household> GetHousehold(rpc::Call& call, const v1::GetHouseholdRequest& request);
  absl::StatusOr<v1::ListHouseholdsResponse> ListHouseholds(rpc::Call& call, const v1::ListHouseholdsRequest& request);
  absl::StatusOr<v1::Household> CreateHousehold(rpc::Call& call, const v1::CreateHouseholdRequest& request);
  absl::StatusOr<v1::Household> UpdateHousehold(rpc::Call& call, const v1::UpdateHouseholdRequest& request);
  absl::StatusOr<v1::Teacher> GetTeacher(rpc::Call& call, const v1::GetTeacherRequest& request);
  absl::StatusOr<v1::ListTeachersResponse> ListTeachers(rpc::Call& call, const v1::ListTeachersRequest& request);
  absl::StatusOr<v1::Teacher> CreateTeacher(rpc::Call& call, const v1::CreateTeacherRequest& request);
  absl::StatusOr<v1::Teacher> UpdateTeacher(rpc::Call& call, const v1::UpdateTeacherRequest& request);

  // Imports: import_handlers.cc
  absl::StatusOr<v1::Import> CreateImport(rpc::Call& call, const v1::CreateImportRequest& request);
  absl::StatusOr<v1::UploadChunkResponse> UploadChunk(rpc::Call& call, const v1::UploadChunkRequest& request);
  absl::StatusOr<v1::Import> CommitUpload(rpc::Call& call, const v1::CommitUploadRequest& request);
  absl::StatusOr<v1::Import> ApplyImport(rpc::Call& call, const v1::ApplyImportRequest& request);
  absl::StatusOr<v1::Import> WithdrawImport(rpc::Call& call, const v1::WithdrawImportRequest& request);
  absl::StatusOr<v1::Import> GetImport(rpc::Call& call, const v1::GetImportRequest& request);
  absl::StatusOr<v1::ListImportsResponse> ListImports(rpc::Call& call, const v1::ListImportsRequest& request);
  absl::StatusOr<v1::ListImportRowsResponse> ListImportRows(rpc::Call& call, const v1::ListImportRowsRequest& request);

  // Identity: identity_handlers.cc
  absl::StatusOr<v1::ValidateIdentityResponse> ValidateIdentity(rpc::Call& call,
                                                                const v1::ValidateIdentityRequest& request);
  absl::StatusOr<v1::ListReviewsResponse> ListReviews(rpc::Call& call, const v1::ListReviewsRequest& request);
  absl::StatusOr<v1::IdentityReview> DecideReview(rpc::Call& call, const v1::DecideReviewRequest& request);
  absl::StatusOr<v1::Student> MergeStudents(rpc::Call& call, const v1::MergeStudentsRequest& request);
  absl::StatusOr<v1::Student> UnmergeStudent(rpc::Call& call, const v1::UnmergeStudentRequest& request);

  // Transfers: transfer_handlers.cc
  absl::StatusOr<v1::Transfer> CreateTransfer(rpc::Call& call, const v1::CreateTransferRequest& request);
  absl::StatusOr<v1::Student> AcceptTransfer(rpc::Call& call, const v1::AcceptTransferRequest& request);
  absl::StatusOr<v1::Transfer> EndTransfer(rpc::Call& call, const v1::EndTransferRequest& request);
  absl::StatusOr<v1::Transfer> GetTransfer(rpc::Call& call, const v1::GetTransferRequest& request);
  absl::StatusOr<v1::ListTransfersResponse> ListTransfers(rpc::Call& call, const v1::ListTransfersRequest& request);

  // Accounts, grants, tokens: access_handlers.cc
  absl::StatusOr<v1::Account> CreateAccount(rpc::Call& call, const v1::CreateAccountRequest& request);
  absl::StatusOr<v1::Account> GetAccount(rpc::Call& call, const v1::GetAccountRequest& request);
  absl::StatusOr<v1::ListAccountsResponse> ListAccounts(rpc::Call& call, const v1::ListAccountsRequest& request);
  absl::StatusOr<v1::Account> GiveGrant(rpc::Call& call, const v1::GiveGrantRequest& request);
  absl::StatusOr<v1::Account> ConfirmGrant(rpc::Call& call, const v1::ConfirmGrantRequest& request);
  absl::StatusOr<v1::Account> RevokeGrant(rpc::Call& call, const v1::RevokeGrantRequest& request);
  absl::StatusOr<v1::Account> RevokeAccount(rpc::Call& call, const v1::RevokeAccountRequest& request);
  absl::StatusOr<v1::IssueTokenResponse> IssueToken(rpc::Call& call, const v1::IssueTokenRequest& request);

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

 private:
  // Changes an account and the access tables in one transaction, and lets this process's next call see it.
  absl::StatusOr<v1::Account> WriteAccount(
      rpc::Call& call, const std::string& name, bool create, std::string_view cause,
      const std::function<absl::Status(db::Transaction& tx, v1::Account& after)>& decide);
  // Journals an unmasking in the caller's own access shard before the answer, after checking permission and purpose.
  absl::Status AllowUnmask(rpc::Call& call, std::string_view permission, std::string_view area, std::string_view name);

  const Parts parts_;
  const rpc::SharedMethods shared_;
  const rpc::DashboardMethods dashboards_;
  const rpc::Host& host_;
  ReferenceBook& reference_;
};

// What a request names in the shard beside its own resource, the school of a new pupil for one: the caller must reach
// it, too. Who does not cover the county hears the same of a foreign one and of one that is not there.
template <typename M>
absl::StatusOr<M> InReach(rpc::Call& call, std::string_view shard, absl::StatusOr<M> found) {
  if (found.ok() && !found->area().empty()) {
    RETURN_IF_ERROR(call.CheckArea(found->area()));
  } else if (found.ok() || absl::IsNotFound(found.status())) {
    const bool all = call.Holds(call.method().access.permission(), PrefixOfShard(shard).value_or(""));
    return all ? std::move(found) : Fail("PERMISSION_DENIED");
  }
  return found;
}

// The same for a school, before anything is claimed for the request; asks nothing for a caller who covers the county.
absl::Status CheckSchoolInReach(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                const std::string& name);

}  // namespace ruraledu::registry
