// The gRPC face of dropout_monitoring: one line per method.
#pragma once

#include "common/rpc/unary.h"
#include "services/dropout_monitoring/handlers.h"

namespace ruraledu::dropout_monitoring {

class DropoutMonitoringRpc final : public rpc::Bound<Handlers> {
 public:
  static constexpr char kContract[] = "ruraledu.dropout_monitoring.v1.DropoutMonitoringService";

  DropoutMonitoringRpc(rpc::Runtime& runtime, Handlers& handlers) : Bound(runtime, handlers, kContract) {
    Attendance();
    Cases();
    Population();
    Papers();
    EnrolmentAndLeavers();
    Months();
    RatesAndReports();
    Care();
    AddShared();
    AddFiles();
  }

 private:
  void Attendance() {
    Unary("BatchRecordAttendance", &Handlers::BatchRecordAttendance);
    Exchange("StreamAttendance", &Handlers::BatchRecordAttendance);
    Unary("BatchRecordMeals", &Handlers::BatchRecordMeals);
    Unary("GetSheet", &Handlers::GetSheet);
    Unary("ListSheets", &Handlers::ListSheets);
    Unary("ListUnmarkedClasses", &Handlers::ListUnmarkedClasses);
    Unary("PutSchoolCalendar", &Handlers::PutSchoolCalendar);
    Unary("GetSchoolCalendar", &Handlers::GetSchoolCalendar);
    Unary("ListSchoolCalendars", &Handlers::ListSchoolCalendars);
    Unary("ListAbsenceProfiles", &Handlers::ListAbsenceProfiles);
    Unary("EvaluateAttendance", &Handlers::EvaluateAttendance);
    Unary("StartEvaluation", &Handlers::StartEvaluation);
    Unary("GetAbsence", &Handlers::GetAbsence);
    Unary("ListAbsences", &Handlers::ListAbsences);
    Unary("SendAbsenceMessages", &Handlers::SendAbsenceMessages);
    Unary("BatchRecordAbsenceDeliveries", &Handlers::BatchRecordAbsenceDeliveries);
    Unary("ListAbsenceMessages", &Handlers::ListAbsenceMessages);
  }
  void Cases() {
    Unary("ListCasePolicies", &Handlers::ListCasePolicies);
    Unary("EvaluateCase", &Handlers::EvaluateCase);
    Unary("OpenCase", &Handlers::OpenCase);
    Unary("GetCase", &Handlers::GetCase);
    Unary("ListCases", &Handlers::ListCases);
    Unary("ListNextActions", &Handlers::ListNextActions);
    Unary("ListEscalations", &Handlers::ListEscalations);
    Unary("RenderEscalationPaper", &Handlers::RenderEscalationPaper);
    Unary("UpdateCase", &Handlers::UpdateCase);
    Unary("VerifyCase", &Handlers::VerifyCase);
    Unary("RecordContact", &Handlers::RecordContact);
    Unary("ProposeCaseStep", &Handlers::ProposeCaseStep);
    Unary("DecideCaseStep", &Handlers::DecideCaseStep);
    Unary("IssueLegalStep", &Handlers::IssueLegalStep);
    Unary("RenderLegalDocument", &Handlers::RenderLegalDocument);
    Unary("RecordReturn", &Handlers::RecordReturn);
    Unary("RecordFollowUp", &Handlers::RecordFollowUp);
    Unary("OfferHandOver", &Handlers::OfferHandOver);
    Unary("AnswerHandOver", &Handlers::AnswerHandOver);
    Unary("ListSiblingsAtRisk", &Handlers::ListSiblingsAtRisk);
  }
  void Population() {
    Unary("BatchRecordResidents", &Handlers::BatchRecordResidents);
    Unary("GetResident", &Handlers::GetResident);
    Unary("ListResidents", &Handlers::ListResidents);
    Unary("DecideResident", &Handlers::DecideResident);
    Unary("StartComparison", &Handlers::StartComparison);
    Unary("ListComparisonRuns", &Handlers::ListComparisonRuns);
    Unary("ListComparisonFindings", &Handlers::ListComparisonFindings);
    Unary("PrepareChildLedger", &Handlers::PrepareChildLedger);
    Unary("SignChildLedger", &Handlers::SignChildLedger);
    Unary("GetChildLedger", &Handlers::GetChildLedger);
    Unary("ListChildLedgers", &Handlers::ListChildLedgers);
  }
  void Papers() {
    // Slips to other departments (3.3).
    Unary("SendDepartmentSlip", &Handlers::SendDepartmentSlip);
    Unary("AnswerDepartmentSlip", &Handlers::AnswerDepartmentSlip);
    Unary("WithdrawDepartmentSlip", &Handlers::WithdrawDepartmentSlip);
    Unary("GetDepartmentSlip", &Handlers::GetDepartmentSlip);
    Unary("RenderDepartmentSlip", &Handlers::RenderDepartmentSlip);
    Unary("ListDepartmentSlips", &Handlers::ListDepartmentSlips);
    // Approvals by which a child may stay away (3.1).
    Unary("ProposeAbsenceApproval", &Handlers::ProposeAbsenceApproval);
    Unary("DecideAbsenceApproval", &Handlers::DecideAbsenceApproval);
    Unary("WithdrawAbsenceApproval", &Handlers::WithdrawAbsenceApproval);
    Unary("GetAbsenceApproval", &Handlers::GetAbsenceApproval);
    Unary("ListAbsenceApprovals", &Handlers::ListAbsenceApprovals);
  }
  void EnrolmentAndLeavers() {
    // The enrolment drive.
    Unary("PutEnrolmentDrive", &Handlers::PutEnrolmentDrive);
    Unary("GetEnrolmentDrive", &Handlers::GetEnrolmentDrive);
    Unary("StartEnrolmentRun", &Handlers::StartEnrolmentRun);
    Unary("ListEnrolmentRuns", &Handlers::ListEnrolmentRuns);
    Unary("GetExpectedChild", &Handlers::GetExpectedChild);
    Unary("ListExpectedChildren", &Handlers::ListExpectedChildren);
    Unary("BatchIssueEnrolmentNotices", &Handlers::BatchIssueEnrolmentNotices);
    Unary("RenderEnrolmentNotice", &Handlers::RenderEnrolmentNotice);
    Unary("BatchRecordReported", &Handlers::BatchRecordReported);
    Unary("WithdrawReported", &Handlers::WithdrawReported);
    Unary("ClaimEnrolmentDestination", &Handlers::ClaimEnrolmentDestination);
    Unary("DecideEnrolmentDestination", &Handlers::DecideEnrolmentDestination);
    // Where leavers went.
    Unary("StartLeaverRun", &Handlers::StartLeaverRun);
    Unary("GetLeaver", &Handlers::GetLeaver);
    Unary("ListLeavers", &Handlers::ListLeavers);
    Unary("BatchRecordLeaverDestinations", &Handlers::BatchRecordLeaverDestinations);
    Unary("RecordLeaverCall", &Handlers::RecordLeaverCall);
    Unary("PrepareLeaverLedger", &Handlers::PrepareLeaverLedger);
    Unary("SignLeaverLedger", &Handlers::SignLeaverLedger);
    Unary("CloseLeaverLedger", &Handlers::CloseLeaverLedger);
    Unary("GetLeaverLedger", &Handlers::GetLeaverLedger);
    Unary("ListLeaverLedgers", &Handlers::ListLeaverLedgers);
    Unary("GetLeaverRates", &Handlers::GetLeaverRates);
  }
  void Months() {
    // Responsibility (3.3).
    Unary("ListResponsibilitySlots", &Handlers::ListResponsibilitySlots);
    Unary("AssignResponsibility", &Handlers::AssignResponsibility);
    Unary("EndResponsibility", &Handlers::EndResponsibility);
    Unary("ListResponsibilities", &Handlers::ListResponsibilities);
    Unary("ListResponsibilityGaps", &Handlers::ListResponsibilityGaps);
    Unary("PutMechanism", &Handlers::PutMechanism);
    Unary("GetMechanism", &Handlers::GetMechanism);
    // Monthly zero reports (3.6) and reviews (6.3).
    Unary("PrepareZeroReport", &Handlers::PrepareZeroReport);
    Unary("SignZeroReport", &Handlers::SignZeroReport);
    Unary("GetZeroReport", &Handlers::GetZeroReport);
    Unary("ListZeroReports", &Handlers::ListZeroReports);
    Unary("GetMonthRollUp", &Handlers::GetMonthRollUp);
    Unary("GetClearance", &Handlers::GetClearance);
    Unary("PrepareReview", &Handlers::PrepareReview);
    Unary("DecideReview", &Handlers::DecideReview);
    Unary("GetReview", &Handlers::GetReview);
    Unary("ListReviews", &Handlers::ListReviews);
    // Monthly register cleaning.
    Unary("PrepareRegisterCheck", &Handlers::PrepareRegisterCheck);
    Unary("AnswerRegisterFinding", &Handlers::AnswerRegisterFinding);
    Unary("SignRegisterCheck", &Handlers::SignRegisterCheck);
    Unary("GetRegisterCheck", &Handlers::GetRegisterCheck);
    Unary("ListRegisterChecks", &Handlers::ListRegisterChecks);
    Unary("GetRegisterRollUp", &Handlers::GetRegisterRollUp);
  }
  void RatesAndReports() {
    // Rates and cohorts (3.7).
    Unary("ListOfficialAges", &Handlers::ListOfficialAges);
    Unary("PutRateFigures", &Handlers::PutRateFigures);
    Unary("SignRateFigures", &Handlers::SignRateFigures);
    Unary("GetRateFigures", &Handlers::GetRateFigures);
    Unary("ListRateFigures", &Handlers::ListRateFigures);
    Unary("GetRates", &Handlers::GetRates);
    Unary("EvaluateRates", &Handlers::EvaluateRates);
    Unary("ListCohorts", &Handlers::ListCohorts);
    // Reports.
    Unary("GetReport", &Handlers::GetReport);
    Stream("ExportReport", &Handlers::ExportReport);
  }
  void Care() {
    // Early warning.
    Unary("ListRiskPolicies", &Handlers::ListRiskPolicies);
    Unary("EvaluateRisk", &Handlers::EvaluateRisk);
    Unary("RecordLearning", &Handlers::RecordLearning);
    Unary("GetRisk", &Handlers::GetRisk);
    Unary("ListRisks", &Handlers::ListRisks);
    // Placement of disabled children (3.1, 3.7).
    Unary("ListPlacementPolicies", &Handlers::ListPlacementPolicies);
    Unary("EvaluatePlacement", &Handlers::EvaluatePlacement);
    Unary("PutDisabledChild", &Handlers::PutDisabledChild);
    Unary("GetDisabledChild", &Handlers::GetDisabledChild);
    Unary("ListDisabledChildren", &Handlers::ListDisabledChildren);
    Unary("ProposePlacement", &Handlers::ProposePlacement);
    Unary("DecidePlacement", &Handlers::DecidePlacement);
    Unary("RecordCommitteeOpinion", &Handlers::RecordCommitteeOpinion);
    Unary("RecordHomeLesson", &Handlers::RecordHomeLesson);
    Unary("ListHomeLessons", &Handlers::ListHomeLessons);
    Unary("GetPlacementRates", &Handlers::GetPlacementRates);
    // Yearly look of the expert committee (3.1, 3.7).
    Unary("ListCommitteeDue", &Handlers::ListCommitteeDue);
    Unary("EnterCommitteeReview", &Handlers::EnterCommitteeReview);
    Unary("DecideCommitteeReview", &Handlers::DecideCommitteeReview);
    Unary("GetCommitteeReview", &Handlers::GetCommitteeReview);
    // Care dossiers (3.8).
    Unary("EvaluateCare", &Handlers::EvaluateCare);
    Unary("PutDossier", &Handlers::PutDossier);
    Unary("GetDossier", &Handlers::GetDossier);
    Unary("ListDossiers", &Handlers::ListDossiers);
    Unary("RecordCareEvent", &Handlers::RecordCareEvent);
    Unary("RecordPsychologicalNote", &Handlers::RecordPsychologicalNote);
    Unary("GetPsychologicalNote", &Handlers::GetPsychologicalNote);
    Unary("ListPsychologicalNotes", &Handlers::ListPsychologicalNotes);
  }
};

}  // namespace ruraledu::dropout_monitoring
