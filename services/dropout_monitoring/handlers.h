// One function per method of ruraledu.dropout_monitoring.v1.DropoutMonitoringService; the contracts are in the protos.
// Bodies are in <noun>_handlers.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/dashboard/board.h"
#include "common/rpc/dashboard_methods.h"
#include "common/rpc/file_methods.h"
#include "common/rpc/registry_copy.h"
#include "common/rpc/shared_methods.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence_approval.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence_message.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "ruraledu/dropout_monitoring/v1/case_requests.pb.h"
#include "ruraledu/dropout_monitoring/v1/committee.pb.h"
#include "ruraledu/dropout_monitoring/v1/department_slip.pb.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "ruraledu/dropout_monitoring/v1/rate.pb.h"
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "ruraledu/dropout_monitoring/v1/report.pb.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "services/dropout_monitoring/case_writes.h"
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
  absl::StatusOr<v1::BatchRecordMealsResponse> BatchRecordMeals(rpc::Call& call,
                                                                const v1::BatchRecordMealsRequest& request);
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

  // Messages to guardians about an absence: absence_message_handlers.cc
  absl::StatusOr<v1::SendAbsenceMessagesResponse> SendAbsenceMessages(rpc::Call& call,
                                                                      const v1::SendAbsenceMessagesRequest& request);
  absl::StatusOr<v1::BatchRecordAbsenceDeliveriesResponse> BatchRecordAbsenceDeliveries(
      rpc::Call& call, const v1::BatchRecordAbsenceDeliveriesRequest& request);
  absl::StatusOr<v1::ListAbsenceMessagesResponse> ListAbsenceMessages(rpc::Call& call,
                                                                      const v1::ListAbsenceMessagesRequest& request);

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

  // Cases (3.4, 3.5)
  absl::StatusOr<v1::ListCasePoliciesResponse> ListCasePolicies(rpc::Call& call,
                                                                const v1::ListCasePoliciesRequest& request);
  absl::StatusOr<v1::EvaluateCaseResponse> EvaluateCase(rpc::Call& call, const v1::EvaluateCaseRequest& request);
  absl::StatusOr<v1::Case> OpenCase(rpc::Call& call, const v1::OpenCaseRequest& request);
  absl::StatusOr<v1::Case> GetCase(rpc::Call& call, const v1::GetCaseRequest& request);
  absl::StatusOr<v1::ListCasesResponse> ListCases(rpc::Call& call, const v1::ListCasesRequest& request);
  absl::StatusOr<v1::ListNextActionsResponse> ListNextActions(rpc::Call& call,
                                                              const v1::ListNextActionsRequest& request);
  absl::StatusOr<v1::ListEscalationsResponse> ListEscalations(rpc::Call& call,
                                                              const v1::ListEscalationsRequest& request);
  absl::StatusOr<v1::RenderEscalationPaperResponse> RenderEscalationPaper(
      rpc::Call& call, const v1::RenderEscalationPaperRequest& request);
  absl::StatusOr<v1::Case> UpdateCase(rpc::Call& call, const v1::UpdateCaseRequest& request);
  absl::StatusOr<v1::Case> VerifyCase(rpc::Call& call, const v1::VerifyCaseRequest& request);
  absl::StatusOr<v1::Case> RecordContact(rpc::Call& call, const v1::RecordContactRequest& request);
  absl::StatusOr<v1::Case> ProposeCaseStep(rpc::Call& call, const v1::ProposeCaseStepRequest& request);
  absl::StatusOr<v1::Case> DecideCaseStep(rpc::Call& call, const v1::DecideCaseStepRequest& request);
  absl::StatusOr<v1::Case> IssueLegalStep(rpc::Call& call, const v1::IssueLegalStepRequest& request);
  absl::StatusOr<v1::RenderLegalDocumentResponse> RenderLegalDocument(rpc::Call& call,
                                                                      const v1::RenderLegalDocumentRequest& request);
  absl::StatusOr<v1::Case> RecordReturn(rpc::Call& call, const v1::RecordReturnRequest& request);
  absl::StatusOr<v1::Case> RecordFollowUp(rpc::Call& call, const v1::RecordFollowUpRequest& request);
  absl::StatusOr<v1::Case> OfferHandOver(rpc::Call& call, const v1::OfferHandOverRequest& request);
  absl::StatusOr<v1::Case> AnswerHandOver(rpc::Call& call, const v1::AnswerHandOverRequest& request);
  absl::StatusOr<v1::ListSiblingsAtRiskResponse> ListSiblingsAtRisk(rpc::Call& call,
                                                                    const v1::ListSiblingsAtRiskRequest& request);

  // Four checks, three comparisons, three ledgers (3.3): population_handlers.cc, child_ledger_handlers.cc
  absl::StatusOr<v1::BatchRecordResidentsResponse> BatchRecordResidents(rpc::Call& call,
                                                                        const v1::BatchRecordResidentsRequest& request);
  absl::StatusOr<v1::Resident> GetResident(rpc::Call& call, const v1::GetResidentRequest& request);
  absl::StatusOr<v1::ListResidentsResponse> ListResidents(rpc::Call& call, const v1::ListResidentsRequest& request);
  absl::StatusOr<v1::Resident> DecideResident(rpc::Call& call, const v1::DecideResidentRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> StartComparison(rpc::Call& call, const v1::StartComparisonRequest& request);
  absl::StatusOr<v1::ListComparisonRunsResponse> ListComparisonRuns(rpc::Call& call,
                                                                    const v1::ListComparisonRunsRequest& request);
  absl::StatusOr<v1::ListComparisonFindingsResponse> ListComparisonFindings(
      rpc::Call& call, const v1::ListComparisonFindingsRequest& request);
  absl::StatusOr<v1::ChildLedger> PrepareChildLedger(rpc::Call& call, const v1::PrepareChildLedgerRequest& request);
  absl::StatusOr<v1::ChildLedger> SignChildLedger(rpc::Call& call, const v1::SignChildLedgerRequest& request);
  absl::StatusOr<v1::ChildLedger> GetChildLedger(rpc::Call& call, const v1::GetChildLedgerRequest& request);
  absl::StatusOr<v1::ListChildLedgersResponse> ListChildLedgers(rpc::Call& call,
                                                                const v1::ListChildLedgersRequest& request);

  // Slips to other departments (3.3): department_slip_handlers.cc
  absl::StatusOr<v1::DepartmentSlip> SendDepartmentSlip(rpc::Call& call, const v1::SendDepartmentSlipRequest& request);
  absl::StatusOr<v1::DepartmentSlip> AnswerDepartmentSlip(rpc::Call& call,
                                                          const v1::AnswerDepartmentSlipRequest& request);
  absl::StatusOr<v1::DepartmentSlip> WithdrawDepartmentSlip(rpc::Call& call,
                                                            const v1::WithdrawDepartmentSlipRequest& request);
  absl::StatusOr<v1::DepartmentSlip> GetDepartmentSlip(rpc::Call& call, const v1::GetDepartmentSlipRequest& request);
  absl::StatusOr<v1::RenderDepartmentSlipResponse> RenderDepartmentSlip(rpc::Call& call,
                                                                        const v1::RenderDepartmentSlipRequest& request);
  absl::StatusOr<v1::ListDepartmentSlipsResponse> ListDepartmentSlips(rpc::Call& call,
                                                                      const v1::ListDepartmentSlipsRequest& request);

  // Approvals by which a child may stay away (3.1): absence_approval_handlers.cc
  absl::StatusOr<v1::AbsenceApproval> ProposeAbsenceApproval(rpc::Call& call,
                                                             const v1::ProposeAbsenceApprovalRequest& request);
  absl::StatusOr<v1::AbsenceApproval> DecideAbsenceApproval(rpc::Call& call,
                                                            const v1::DecideAbsenceApprovalRequest& request);
  absl::StatusOr<v1::AbsenceApproval> WithdrawAbsenceApproval(rpc::Call& call,
                                                              const v1::WithdrawAbsenceApprovalRequest& request);
  absl::StatusOr<v1::AbsenceApproval> GetAbsenceApproval(rpc::Call& call, const v1::GetAbsenceApprovalRequest& request);
  absl::StatusOr<v1::ListAbsenceApprovalsResponse> ListAbsenceApprovals(rpc::Call& call,
                                                                        const v1::ListAbsenceApprovalsRequest& request);

  // The enrolment drive: enrolment_handlers.cc, enrolment_record_handlers.cc
  absl::StatusOr<v1::EnrolmentDrive> PutEnrolmentDrive(rpc::Call& call, const v1::PutEnrolmentDriveRequest& request);
  absl::StatusOr<v1::EnrolmentDrive> GetEnrolmentDrive(rpc::Call& call, const v1::GetEnrolmentDriveRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> StartEnrolmentRun(rpc::Call& call,
                                                            const v1::StartEnrolmentRunRequest& request);
  absl::StatusOr<v1::ListEnrolmentRunsResponse> ListEnrolmentRuns(rpc::Call& call,
                                                                  const v1::ListEnrolmentRunsRequest& request);
  absl::StatusOr<v1::ExpectedChild> GetExpectedChild(rpc::Call& call, const v1::GetExpectedChildRequest& request);
  absl::StatusOr<v1::ListExpectedChildrenResponse> ListExpectedChildren(rpc::Call& call,
                                                                        const v1::ListExpectedChildrenRequest& request);
  absl::StatusOr<v1::BatchIssueEnrolmentNoticesResponse> BatchIssueEnrolmentNotices(
      rpc::Call& call, const v1::BatchIssueEnrolmentNoticesRequest& request);
  absl::StatusOr<v1::RenderEnrolmentNoticeResponse> RenderEnrolmentNotice(
      rpc::Call& call, const v1::RenderEnrolmentNoticeRequest& request);
  absl::StatusOr<v1::BatchRecordReportedResponse> BatchRecordReported(rpc::Call& call,
                                                                      const v1::BatchRecordReportedRequest& request);
  absl::StatusOr<v1::ExpectedChild> WithdrawReported(rpc::Call& call, const v1::WithdrawReportedRequest& request);
  absl::StatusOr<v1::ExpectedChild> ClaimEnrolmentDestination(rpc::Call& call,
                                                              const v1::ClaimEnrolmentDestinationRequest& request);
  absl::StatusOr<v1::ExpectedChild> DecideEnrolmentDestination(rpc::Call& call,
                                                               const v1::DecideEnrolmentDestinationRequest& request);

  // Where leavers went: leaver_handlers.cc, leaver_ledger_handlers.cc
  absl::StatusOr<ruraledu::jobs::v1::Job> StartLeaverRun(rpc::Call& call, const v1::StartLeaverRunRequest& request);
  absl::StatusOr<v1::Leaver> GetLeaver(rpc::Call& call, const v1::GetLeaverRequest& request);
  absl::StatusOr<v1::ListLeaversResponse> ListLeavers(rpc::Call& call, const v1::ListLeaversRequest& request);
  absl::StatusOr<v1::BatchRecordLeaverDestinationsResponse> BatchRecordLeaverDestinations(
      rpc::Call& call, const v1::BatchRecordLeaverDestinationsRequest& request);
  absl::StatusOr<v1::Leaver> RecordLeaverCall(rpc::Call& call, const v1::RecordLeaverCallRequest& request);
  absl::StatusOr<v1::LeaverLedger> PrepareLeaverLedger(rpc::Call& call, const v1::PrepareLeaverLedgerRequest& request);
  absl::StatusOr<v1::LeaverLedger> SignLeaverLedger(rpc::Call& call, const v1::SignLeaverLedgerRequest& request);
  absl::StatusOr<v1::LeaverLedger> CloseLeaverLedger(rpc::Call& call, const v1::CloseLeaverLedgerRequest& request);
  absl::StatusOr<v1::LeaverLedger> GetLeaverLedger(rpc::Call& call, const v1::GetLeaverLedgerRequest& request);
  absl::StatusOr<v1::ListLeaverLedgersResponse> ListLeaverLedgers(rpc::Call& call,
                                                                  const v1::ListLeaverLedgersRequest& request);
  absl::StatusOr<v1::GetLeaverRatesResponse> GetLeaverRates(rpc::Call& call, const v1::GetLeaverRatesRequest& request);

  // Responsibility (3.3)
  absl::StatusOr<v1::ListResponsibilitySlotsResponse> ListResponsibilitySlots(
      rpc::Call& call, const v1::ListResponsibilitySlotsRequest& request);
  absl::StatusOr<v1::Responsibility> AssignResponsibility(rpc::Call& call,
                                                          const v1::AssignResponsibilityRequest& request);
  absl::StatusOr<v1::Responsibility> EndResponsibility(rpc::Call& call, const v1::EndResponsibilityRequest& request);
  absl::StatusOr<v1::ListResponsibilitiesResponse> ListResponsibilities(rpc::Call& call,
                                                                        const v1::ListResponsibilitiesRequest& request);
  absl::StatusOr<v1::ListResponsibilityGapsResponse> ListResponsibilityGaps(
      rpc::Call& call, const v1::ListResponsibilityGapsRequest& request);
  absl::StatusOr<v1::Mechanism> PutMechanism(rpc::Call& call, const v1::PutMechanismRequest& request);
  absl::StatusOr<v1::Mechanism> GetMechanism(rpc::Call& call, const v1::GetMechanismRequest& request);

  // Monthly zero reports (3.6) and reviews (6.3)
  absl::StatusOr<v1::ZeroReport> PrepareZeroReport(rpc::Call& call, const v1::PrepareZeroReportRequest& request);
  absl::StatusOr<v1::ZeroReport> SignZeroReport(rpc::Call& call, const v1::SignZeroReportRequest& request);
  absl::StatusOr<v1::ZeroReport> GetZeroReport(rpc::Call& call, const v1::GetZeroReportRequest& request);
  absl::StatusOr<v1::ListZeroReportsResponse> ListZeroReports(rpc::Call& call,
                                                              const v1::ListZeroReportsRequest& request);
  absl::StatusOr<v1::MonthRollUp> GetMonthRollUp(rpc::Call& call, const v1::GetMonthRollUpRequest& request);
  absl::StatusOr<v1::Clearance> GetClearance(rpc::Call& call, const v1::GetClearanceRequest& request);
  absl::StatusOr<v1::Review> PrepareReview(rpc::Call& call, const v1::PrepareReviewRequest& request);
  absl::StatusOr<v1::Review> DecideReview(rpc::Call& call, const v1::DecideReviewRequest& request);
  absl::StatusOr<v1::Review> GetReview(rpc::Call& call, const v1::GetReviewRequest& request);
  absl::StatusOr<v1::ListReviewsResponse> ListReviews(rpc::Call& call, const v1::ListReviewsRequest& request);

  // Monthly register cleaning: register_check_handlers.cc
  absl::StatusOr<v1::RegisterCheck> PrepareRegisterCheck(rpc::Call& call,
                                                         const v1::PrepareRegisterCheckRequest& request);
  absl::StatusOr<v1::RegisterCheck> AnswerRegisterFinding(rpc::Call& call,
                                                          const v1::AnswerRegisterFindingRequest& request);
  absl::StatusOr<v1::RegisterCheck> SignRegisterCheck(rpc::Call& call, const v1::SignRegisterCheckRequest& request);
  absl::StatusOr<v1::RegisterCheck> GetRegisterCheck(rpc::Call& call, const v1::GetRegisterCheckRequest& request);
  absl::StatusOr<v1::ListRegisterChecksResponse> ListRegisterChecks(rpc::Call& call,
                                                                    const v1::ListRegisterChecksRequest& request);
  absl::StatusOr<v1::RegisterRollUp> GetRegisterRollUp(rpc::Call& call, const v1::GetRegisterRollUpRequest& request);

  // Rates and cohorts (3.7): rate_handlers.cc
  absl::StatusOr<v1::ListOfficialAgesResponse> ListOfficialAges(rpc::Call& call,
                                                                const v1::ListOfficialAgesRequest& request);
  absl::StatusOr<v1::RateFigures> PutRateFigures(rpc::Call& call, const v1::PutRateFiguresRequest& request);
  absl::StatusOr<v1::RateFigures> SignRateFigures(rpc::Call& call, const v1::SignRateFiguresRequest& request);
  absl::StatusOr<v1::RateFigures> GetRateFigures(rpc::Call& call, const v1::GetRateFiguresRequest& request);
  absl::StatusOr<v1::ListRateFiguresResponse> ListRateFigures(rpc::Call& call,
                                                              const v1::ListRateFiguresRequest& request);
  absl::StatusOr<v1::Rates> GetRates(rpc::Call& call, const v1::GetRatesRequest& request);
  absl::StatusOr<v1::EvaluateRatesResponse> EvaluateRates(rpc::Call& call, const v1::EvaluateRatesRequest& request);
  absl::StatusOr<v1::ListCohortsResponse> ListCohorts(rpc::Call& call, const v1::ListCohortsRequest& request);

  // Reports: report_handlers.cc
  absl::StatusOr<v1::Report> GetReport(rpc::Call& call, const v1::GetReportRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::reports::v1::ExportReportResponse>>> ExportReport(
      rpc::Call& call, const v1::ExportReportRequest& request);

  // Early warning: risk_handlers.cc
  absl::StatusOr<v1::ListRiskPoliciesResponse> ListRiskPolicies(rpc::Call& call,
                                                                const v1::ListRiskPoliciesRequest& request);
  absl::StatusOr<v1::EvaluateRiskResponse> EvaluateRisk(rpc::Call& call, const v1::EvaluateRiskRequest& request);
  absl::StatusOr<v1::Risk> RecordLearning(rpc::Call& call, const v1::RecordLearningRequest& request);
  absl::StatusOr<v1::Risk> GetRisk(rpc::Call& call, const v1::GetRiskRequest& request);
  absl::StatusOr<v1::ListRisksResponse> ListRisks(rpc::Call& call, const v1::ListRisksRequest& request);

  // Placement of disabled children (3.1, 3.7): placement_handlers.cc, home_lesson_handlers.cc
  absl::StatusOr<v1::ListPlacementPoliciesResponse> ListPlacementPolicies(
      rpc::Call& call, const v1::ListPlacementPoliciesRequest& request);
  absl::StatusOr<v1::EvaluatePlacementResponse> EvaluatePlacement(rpc::Call& call,
                                                                  const v1::EvaluatePlacementRequest& request);
  absl::StatusOr<v1::DisabledChild> PutDisabledChild(rpc::Call& call, const v1::PutDisabledChildRequest& request);
  absl::StatusOr<v1::DisabledChild> GetDisabledChild(rpc::Call& call, const v1::GetDisabledChildRequest& request);
  absl::StatusOr<v1::ListDisabledChildrenResponse> ListDisabledChildren(rpc::Call& call,
                                                                        const v1::ListDisabledChildrenRequest& request);
  absl::StatusOr<v1::DisabledChild> ProposePlacement(rpc::Call& call, const v1::ProposePlacementRequest& request);
  absl::StatusOr<v1::DisabledChild> DecidePlacement(rpc::Call& call, const v1::DecidePlacementRequest& request);
  absl::StatusOr<v1::DisabledChild> RecordCommitteeOpinion(rpc::Call& call,
                                                           const v1::RecordCommitteeOpinionRequest& request);
  absl::StatusOr<v1::HomeLesson> RecordHomeLesson(rpc::Call& call, const v1::RecordHomeLessonRequest& request);
  absl::StatusOr<v1::ListHomeLessonsResponse> ListHomeLessons(rpc::Call& call,
                                                              const v1::ListHomeLessonsRequest& request);
  absl::StatusOr<v1::PlacementRates> GetPlacementRates(rpc::Call& call, const v1::GetPlacementRatesRequest& request);

  // Yearly look of the expert committee (3.1, 3.7): committee_handlers.cc
  absl::StatusOr<v1::ListCommitteeDueResponse> ListCommitteeDue(rpc::Call& call,
                                                                const v1::ListCommitteeDueRequest& request);
  absl::StatusOr<v1::CommitteeReview> EnterCommitteeReview(rpc::Call& call,
                                                           const v1::EnterCommitteeReviewRequest& request);
  absl::StatusOr<v1::CommitteeReview> DecideCommitteeReview(rpc::Call& call,
                                                            const v1::DecideCommitteeReviewRequest& request);
  absl::StatusOr<v1::CommitteeReview> GetCommitteeReview(rpc::Call& call, const v1::GetCommitteeReviewRequest& request);

  // Care dossiers (3.8): dossier_handlers.cc, note_handlers.cc
  absl::StatusOr<v1::CareEvaluation> EvaluateCare(rpc::Call& call, const v1::EvaluateCareRequest& request);
  absl::StatusOr<v1::Dossier> PutDossier(rpc::Call& call, const v1::PutDossierRequest& request);
  absl::StatusOr<v1::Dossier> GetDossier(rpc::Call& call, const v1::GetDossierRequest& request);
  absl::StatusOr<v1::ListDossiersResponse> ListDossiers(rpc::Call& call, const v1::ListDossiersRequest& request);
  absl::StatusOr<v1::Dossier> RecordCareEvent(rpc::Call& call, const v1::RecordCareEventRequest& request);
  absl::StatusOr<v1::PsychologicalNote> RecordPsychologicalNote(rpc::Call& call,
                                                                const v1::RecordPsychologicalNoteRequest& request);
  absl::StatusOr<v1::PsychologicalNote> GetPsychologicalNote(rpc::Call& call,
                                                             const v1::GetPsychologicalNoteRequest& request);
  absl::StatusOr<v1::ListPsychologicalNotesResponse> ListPsychologicalNotes(
      rpc::Call& call, const v1::ListPsychologicalNotesRequest& request);

 private:
  // Cases: changes one and answers it masked; the caller covers `area_of`. Errors of the step, ETAG_MISMATCH.
  using CaseStepFunction = std::function<absl::Status(db::Transaction& tx, const CaseRules& rules, v1::Case& file)>;
  absl::StatusOr<v1::Case> ChangeCase(rpc::Call& call, const std::string& name, const std::string& etag,
                                      std::string_view cause, const CaseStepFunction& step,
                                      std::string (*area_of)(const v1::Case&) = LedFrom);
  // The area of the authority that leads a case.
  static std::string LedFrom(const v1::Case& file);

  const rpc::Host& host_;
  const Standards& standards_;
  const rpc::DashboardMethods dashboards_;
  const rpc::SharedMethods shared_;
  const rpc::FileMethods files_;
};

}  // namespace ruraledu::dropout_monitoring
