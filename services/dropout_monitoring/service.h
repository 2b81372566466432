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
  // Cases (3.4, 3.5).
  RURALEDU_UNARY(ListCasePolicies, v1::ListCasePoliciesRequest, v1::ListCasePoliciesResponse)
  RURALEDU_UNARY(EvaluateCase, v1::EvaluateCaseRequest, v1::EvaluateCaseResponse)
  RURALEDU_UNARY(OpenCase, v1::OpenCaseRequest, v1::Case)
  RURALEDU_UNARY(GetCase, v1::GetCaseRequest, v1::Case)
  RURALEDU_UNARY(ListCases, v1::ListCasesRequest, v1::ListCasesResponse)
  RURALEDU_UNARY(ListNextActions, v1::ListNextActionsRequest, v1::ListNextActionsResponse)
  RURALEDU_UNARY(UpdateCase, v1::UpdateCaseRequest, v1::Case)
  RURALEDU_UNARY(VerifyCase, v1::VerifyCaseRequest, v1::Case)
  RURALEDU_UNARY(RecordContact, v1::RecordContactRequest, v1::Case)
  RURALEDU_UNARY(ProposeCaseStep, v1::ProposeCaseStepRequest, v1::Case)
  RURALEDU_UNARY(DecideCaseStep, v1::DecideCaseStepRequest, v1::Case)
  RURALEDU_UNARY(IssueLegalStep, v1::IssueLegalStepRequest, v1::Case)
  RURALEDU_UNARY(RenderLegalDocument, v1::RenderLegalDocumentRequest, v1::RenderLegalDocumentResponse)
  RURALEDU_UNARY(RecordReturn, v1::RecordReturnRequest, v1::Case)
  RURALEDU_UNARY(RecordFollowUp, v1::RecordFollowUpRequest, v1::Case)
  RURALEDU_UNARY(OfferHandOver, v1::OfferHandOverRequest, v1::Case)
  RURALEDU_UNARY(AnswerHandOver, v1::AnswerHandOverRequest, v1::Case)
  RURALEDU_UNARY(ListSiblingsAtRisk, v1::ListSiblingsAtRiskRequest, v1::ListSiblingsAtRiskResponse)
  // Four checks, three comparisons, three ledgers (3.3).
  RURALEDU_UNARY(BatchRecordResidents, v1::BatchRecordResidentsRequest, v1::BatchRecordResidentsResponse)
  RURALEDU_UNARY(GetResident, v1::GetResidentRequest, v1::Resident)
  RURALEDU_UNARY(ListResidents, v1::ListResidentsRequest, v1::ListResidentsResponse)
  RURALEDU_UNARY(DecideResident, v1::DecideResidentRequest, v1::Resident)
  RURALEDU_UNARY(StartComparison, v1::StartComparisonRequest, ruraledu::jobs::v1::Job)
  RURALEDU_UNARY(ListComparisonRuns, v1::ListComparisonRunsRequest, v1::ListComparisonRunsResponse)
  RURALEDU_UNARY(ListComparisonFindings, v1::ListComparisonFindingsRequest, v1::ListComparisonFindingsResponse)
  RURALEDU_UNARY(PrepareChildLedger, v1::PrepareChildLedgerRequest, v1::ChildLedger)
  RURALEDU_UNARY(SignChildLedger, v1::SignChildLedgerRequest, v1::ChildLedger)
  RURALEDU_UNARY(GetChildLedger, v1::GetChildLedgerRequest, v1::ChildLedger)
  RURALEDU_UNARY(ListChildLedgers, v1::ListChildLedgersRequest, v1::ListChildLedgersResponse)
  // Slips to other departments (3.3).
  RURALEDU_UNARY(SendDepartmentSlip, v1::SendDepartmentSlipRequest, v1::DepartmentSlip)
  RURALEDU_UNARY(AnswerDepartmentSlip, v1::AnswerDepartmentSlipRequest, v1::DepartmentSlip)
  RURALEDU_UNARY(WithdrawDepartmentSlip, v1::WithdrawDepartmentSlipRequest, v1::DepartmentSlip)
  RURALEDU_UNARY(GetDepartmentSlip, v1::GetDepartmentSlipRequest, v1::DepartmentSlip)
  RURALEDU_UNARY(ListDepartmentSlips, v1::ListDepartmentSlipsRequest, v1::ListDepartmentSlipsResponse)
  // Approvals by which a child may stay away (3.1).
  RURALEDU_UNARY(ProposeAbsenceApproval, v1::ProposeAbsenceApprovalRequest, v1::AbsenceApproval)
  RURALEDU_UNARY(DecideAbsenceApproval, v1::DecideAbsenceApprovalRequest, v1::AbsenceApproval)
  RURALEDU_UNARY(WithdrawAbsenceApproval, v1::WithdrawAbsenceApprovalRequest, v1::AbsenceApproval)
  RURALEDU_UNARY(GetAbsenceApproval, v1::GetAbsenceApprovalRequest, v1::AbsenceApproval)
  RURALEDU_UNARY(ListAbsenceApprovals, v1::ListAbsenceApprovalsRequest, v1::ListAbsenceApprovalsResponse)
  // Responsibility (3.3).
  RURALEDU_UNARY(ListResponsibilitySlots, v1::ListResponsibilitySlotsRequest, v1::ListResponsibilitySlotsResponse)
  RURALEDU_UNARY(AssignResponsibility, v1::AssignResponsibilityRequest, v1::Responsibility)
  RURALEDU_UNARY(EndResponsibility, v1::EndResponsibilityRequest, v1::Responsibility)
  RURALEDU_UNARY(ListResponsibilities, v1::ListResponsibilitiesRequest, v1::ListResponsibilitiesResponse)
  RURALEDU_UNARY(ListResponsibilityGaps, v1::ListResponsibilityGapsRequest, v1::ListResponsibilityGapsResponse)
  RURALEDU_UNARY(PutMechanism, v1::PutMechanismRequest, v1::Mechanism)
  RURALEDU_UNARY(GetMechanism, v1::GetMechanismRequest, v1::Mechanism)
  // Monthly zero reports (3.6) and reviews (6.3).
  RURALEDU_UNARY(PrepareZeroReport, v1::PrepareZeroReportRequest, v1::ZeroReport)
  RURALEDU_UNARY(SignZeroReport, v1::SignZeroReportRequest, v1::ZeroReport)
  RURALEDU_UNARY(GetZeroReport, v1::GetZeroReportRequest, v1::ZeroReport)
  RURALEDU_UNARY(ListZeroReports, v1::ListZeroReportsRequest, v1::ListZeroReportsResponse)
  RURALEDU_UNARY(GetMonthRollUp, v1::GetMonthRollUpRequest, v1::MonthRollUp)
  RURALEDU_UNARY(GetClearance, v1::GetClearanceRequest, v1::Clearance)
  RURALEDU_UNARY(PrepareReview, v1::PrepareReviewRequest, v1::Review)
  RURALEDU_UNARY(DecideReview, v1::DecideReviewRequest, v1::Review)
  RURALEDU_UNARY(GetReview, v1::GetReviewRequest, v1::Review)
  RURALEDU_UNARY(ListReviews, v1::ListReviewsRequest, v1::ListReviewsResponse)
  // Monthly register cleaning.
  RURALEDU_UNARY(PrepareRegisterCheck, v1::PrepareRegisterCheckRequest, v1::RegisterCheck)
  RURALEDU_UNARY(AnswerRegisterFinding, v1::AnswerRegisterFindingRequest, v1::RegisterCheck)
  RURALEDU_UNARY(SignRegisterCheck, v1::SignRegisterCheckRequest, v1::RegisterCheck)
  RURALEDU_UNARY(GetRegisterCheck, v1::GetRegisterCheckRequest, v1::RegisterCheck)
  RURALEDU_UNARY(ListRegisterChecks, v1::ListRegisterChecksRequest, v1::ListRegisterChecksResponse)
  RURALEDU_UNARY(GetRegisterRollUp, v1::GetRegisterRollUpRequest, v1::RegisterRollUp)
  // Rates and cohorts (3.7).
  RURALEDU_UNARY(ListOfficialAges, v1::ListOfficialAgesRequest, v1::ListOfficialAgesResponse)
  RURALEDU_UNARY(PutRateFigures, v1::PutRateFiguresRequest, v1::RateFigures)
  RURALEDU_UNARY(SignRateFigures, v1::SignRateFiguresRequest, v1::RateFigures)
  RURALEDU_UNARY(GetRateFigures, v1::GetRateFiguresRequest, v1::RateFigures)
  RURALEDU_UNARY(ListRateFigures, v1::ListRateFiguresRequest, v1::ListRateFiguresResponse)
  RURALEDU_UNARY(GetRates, v1::GetRatesRequest, v1::Rates)
  RURALEDU_UNARY(EvaluateRates, v1::EvaluateRatesRequest, v1::EvaluateRatesResponse)
  RURALEDU_UNARY(ListCohorts, v1::ListCohortsRequest, v1::ListCohortsResponse)
  // Reports.
  RURALEDU_UNARY(GetReport, v1::GetReportRequest, v1::Report)
  RURALEDU_STREAM(ExportReport, v1::ExportReportRequest, ruraledu::reports::v1::ExportReportResponse)
  // Early warning.
  RURALEDU_UNARY(ListRiskPolicies, v1::ListRiskPoliciesRequest, v1::ListRiskPoliciesResponse)
  RURALEDU_UNARY(EvaluateRisk, v1::EvaluateRiskRequest, v1::EvaluateRiskResponse)
  RURALEDU_UNARY(RecordLearning, v1::RecordLearningRequest, v1::Risk)
  RURALEDU_UNARY(GetRisk, v1::GetRiskRequest, v1::Risk)
  RURALEDU_UNARY(ListRisks, v1::ListRisksRequest, v1::ListRisksResponse)
  // Placement of disabled children (3.1, 3.7).
  RURALEDU_UNARY(ListPlacementPolicies, v1::ListPlacementPoliciesRequest, v1::ListPlacementPoliciesResponse)
  RURALEDU_UNARY(EvaluatePlacement, v1::EvaluatePlacementRequest, v1::EvaluatePlacementResponse)
  RURALEDU_UNARY(PutDisabledChild, v1::PutDisabledChildRequest, v1::DisabledChild)
  RURALEDU_UNARY(GetDisabledChild, v1::GetDisabledChildRequest, v1::DisabledChild)
  RURALEDU_UNARY(ListDisabledChildren, v1::ListDisabledChildrenRequest, v1::ListDisabledChildrenResponse)
  RURALEDU_UNARY(ProposePlacement, v1::ProposePlacementRequest, v1::DisabledChild)
  RURALEDU_UNARY(DecidePlacement, v1::DecidePlacementRequest, v1::DisabledChild)
  RURALEDU_UNARY(RecordCommitteeOpinion, v1::RecordCommitteeOpinionRequest, v1::DisabledChild)
  RURALEDU_UNARY(RecordHomeLesson, v1::RecordHomeLessonRequest, v1::HomeLesson)
  RURALEDU_UNARY(ListHomeLessons, v1::ListHomeLessonsRequest, v1::ListHomeLessonsResponse)
  RURALEDU_UNARY(GetPlacementRates, v1::GetPlacementRatesRequest, v1::PlacementRates)
  // Care dossiers (3.8).
  RURALEDU_UNARY(EvaluateCare, v1::EvaluateCareRequest, v1::CareEvaluation)
  RURALEDU_UNARY(PutDossier, v1::PutDossierRequest, v1::Dossier)
  RURALEDU_UNARY(GetDossier, v1::GetDossierRequest, v1::Dossier)
  RURALEDU_UNARY(ListDossiers, v1::ListDossiersRequest, v1::ListDossiersResponse)
  RURALEDU_UNARY(RecordCareEvent, v1::RecordCareEventRequest, v1::Dossier)
  RURALEDU_UNARY(RecordPsychologicalNote, v1::RecordPsychologicalNoteRequest, v1::PsychologicalNote)
  RURALEDU_UNARY(GetPsychologicalNote, v1::GetPsychologicalNoteRequest, v1::PsychologicalNote)
  RURALEDU_UNARY(ListPsychologicalNotes, v1::ListPsychologicalNotesRequest, v1::ListPsychologicalNotesResponse)
};

}  // namespace ruraledu::dropout_monitoring
