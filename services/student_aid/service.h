// The gRPC face of student_aid: one line per method.
#pragma once

#include "common/rpc/unary.h"
#include "services/student_aid/handlers.h"

namespace ruraledu::student_aid {

class StudentAidRpc final : public rpc::Bound<Handlers> {
 public:
  static constexpr char kContract[] = "ruraledu.student_aid.v1.StudentAidService";

  StudentAidRpc(rpc::Runtime& runtime, Handlers& handlers) : Bound(runtime, handlers, kContract) {
    Entitlement();
    Programmes();
    Identifications();
    Elsewhere();
    Applications();
    Funds();
    Office();
    GoodsAndConsents();
    Departments();
    MirrorAndVerification();
    Payment();
    AddShared();
    AddFiles();
  }

 private:
  void Entitlement() {
    Unary("GetPolicySet", &Handlers::GetPolicySet);
    Unary("ListPolicySets", &Handlers::ListPolicySets);
    Unary("EvaluateEntitlement", &Handlers::EvaluateEntitlement);
    Unary("GetDecision", &Handlers::GetDecision);
    Unary("ListDecisions", &Handlers::ListDecisions);
    Unary("ReplayDecision", &Handlers::ReplayDecision);
    Unary("StartEntitlementRun", &Handlers::StartEntitlementRun);
    Unary("StartComparisonRun", &Handlers::StartComparisonRun);
    Unary("GetRun", &Handlers::GetRun);
    Unary("ListRuns", &Handlers::ListRuns);
    Unary("ListRunDifferences", &Handlers::ListRunDifferences);
    Unary("ListComparisonRows", &Handlers::ListComparisonRows);
    Unary("EvaluateCompliance", &Handlers::EvaluateCompliance);
    Unary("GetCoverage", &Handlers::GetCoverage);
    Unary("BatchRecordAid", &Handlers::BatchRecordAid);
    Unary("ListAidRecords", &Handlers::ListAidRecords);
  }
  void Programmes() {
    Unary("BatchRecordStudies", &Handlers::BatchRecordStudies);
    Unary("GetStudy", &Handlers::GetStudy);
    Unary("ListStudies", &Handlers::ListStudies);
    Unary("EvaluateTrackedAid", &Handlers::EvaluateTrackedAid);
    Unary("BatchRecordTrackedAids", &Handlers::BatchRecordTrackedAids);
    Unary("GetTrackedAid", &Handlers::GetTrackedAid);
    Unary("ListTrackedAids", &Handlers::ListTrackedAids);
    Unary("ListLoanCandidates", &Handlers::ListLoanCandidates);
  }
  void Identifications() {
    Unary("ListIdentificationPolicies", &Handlers::ListIdentificationPolicies);
    Unary("EvaluateIdentification", &Handlers::EvaluateIdentification);
    Unary("CreateIdentification", &Handlers::CreateIdentification);
    Unary("GetIdentification", &Handlers::GetIdentification);
    Unary("ListIdentifications", &Handlers::ListIdentifications);
    Unary("ReplayIdentification", &Handlers::ReplayIdentification);
    Unary("BatchSubmitIdentifications", &Handlers::BatchSubmitIdentifications);
    Unary("ClassReviewIdentification", &Handlers::ClassReviewIdentification);
    Unary("SchoolReviewIdentification", &Handlers::SchoolReviewIdentification);
    Unary("StartNotice", &Handlers::StartNotice);
    Unary("GetNotice", &Handlers::GetNotice);
    Unary("ListNotices", &Handlers::ListNotices);
    Unary("CloseNotice", &Handlers::CloseNotice);
    Unary("CreateObjection", &Handlers::CreateObjection);
    Unary("ResolveObjection", &Handlers::ResolveObjection);
    Unary("CreateAppeal", &Handlers::CreateAppeal);
    Unary("DecideSchoolAppeal", &Handlers::DecideSchoolAppeal);
    Unary("DecideCountyAppeal", &Handlers::DecideCountyAppeal);
    Unary("BatchAdjustIdentifications", &Handlers::BatchAdjustIdentifications);
    Unary("BatchArchiveIdentifications", &Handlers::BatchArchiveIdentifications);
    Unary("ProposeIdentifications", &Handlers::ProposeIdentifications);
  }
  void Elsewhere() {
    Unary("EvaluateOutwardCase", &Handlers::EvaluateOutwardCase);
    Unary("OpenOutwardCases", &Handlers::OpenOutwardCases);
    Unary("BatchEnterOutwardCases", &Handlers::BatchEnterOutwardCases);
    Unary("GetOutwardCase", &Handlers::GetOutwardCase);
    Unary("ListOutwardCases", &Handlers::ListOutwardCases);
    Unary("BatchAskOutwardCases", &Handlers::BatchAskOutwardCases);
    Unary("RenderOutwardLetter", &Handlers::RenderOutwardLetter);
    Unary("BatchAnswerOutwardCases", &Handlers::BatchAnswerOutwardCases);
    Unary("ProposeOutwardBackfill", &Handlers::ProposeOutwardBackfill);
    Unary("DecideOutwardBackfill", &Handlers::DecideOutwardBackfill);
    Unary("WithdrawOutwardCase", &Handlers::WithdrawOutwardCase);
    Unary("BatchEnterGraduates", &Handlers::BatchEnterGraduates);
    Unary("GetGraduate", &Handlers::GetGraduate);
    Unary("ListGraduates", &Handlers::ListGraduates);
    Unary("AddGraduateEntry", &Handlers::AddGraduateEntry);
    Unary("ListGraduateGaps", &Handlers::ListGraduateGaps);
    Unary("CreatePublicityActivity", &Handlers::CreatePublicityActivity);
    Unary("WithdrawPublicityActivity", &Handlers::WithdrawPublicityActivity);
    Unary("ListPublicityActivities", &Handlers::ListPublicityActivities);
    Unary("GetPublicityCoverage", &Handlers::GetPublicityCoverage);
  }
  void Applications() {
    Unary("ListApplicationPolicies", &Handlers::ListApplicationPolicies);
    Unary("GetApplication", &Handlers::GetApplication);
    Unary("ListApplications", &Handlers::ListApplications);
    Unary("ProposeApplications", &Handlers::ProposeApplications);
    Unary("BatchSubmitApplications", &Handlers::BatchSubmitApplications);
    Unary("BatchSchoolReviewApplications", &Handlers::BatchSchoolReviewApplications);
    Unary("BatchCountyReviewApplications", &Handlers::BatchCountyReviewApplications);
    Unary("BatchWithdrawApplications", &Handlers::BatchWithdrawApplications);
    Unary("CreateApplicationObjection", &Handlers::CreateApplicationObjection);
    Unary("ResolveApplicationObjection", &Handlers::ResolveApplicationObjection);
    Unary("CreateApplicationAppeal", &Handlers::CreateApplicationAppeal);
    Unary("DecideApplicationSchoolAppeal", &Handlers::DecideApplicationSchoolAppeal);
    Unary("DecideApplicationCountyAppeal", &Handlers::DecideApplicationCountyAppeal);
    Unary("ListRestrictionCodes", &Handlers::ListRestrictionCodes);
    Unary("ListRestrictions", &Handlers::ListRestrictions);
    Unary("CreateRestriction", &Handlers::CreateRestriction);
    Unary("LiftRestriction", &Handlers::LiftRestriction);
    Unary("BypassRestriction", &Handlers::BypassRestriction);
  }
  void Funds() {
    Unary("GetFund", &Handlers::GetFund);
    Unary("ListFunds", &Handlers::ListFunds);
    Unary("RecordAllotment", &Handlers::RecordAllotment);
    Unary("RecordArrival", &Handlers::RecordArrival);
    Unary("ListFundArrivals", &Handlers::ListFundArrivals);
    Unary("CarryOver", &Handlers::CarryOver);
    Unary("Surrender", &Handlers::Surrender);
    Unary("CloseFundYear", &Handlers::CloseFundYear);
    Unary("AllowAdvance", &Handlers::AllowAdvance);
    Unary("ConfirmFundStep", &Handlers::ConfirmFundStep);
    Unary("RefuseFundStep", &Handlers::RefuseFundStep);
    Unary("GetFundStep", &Handlers::GetFundStep);
    Unary("ListFundSteps", &Handlers::ListFundSteps);
    Unary("SettleWaivers", &Handlers::SettleWaivers);
    Unary("ListSettlements", &Handlers::ListSettlements);
    Unary("ListLedgerEntries", &Handlers::ListLedgerEntries);
    Unary("GetTrialBalance", &Handlers::GetTrialBalance);
  }
  void Office() {
    // Funds, ledger, reports.
    Unary("GetReport", &Handlers::GetReport);
    Stream("ExportReport", &Handlers::ExportReport);
    // Office.
    Unary("ListComplaintCategories", &Handlers::ListComplaintCategories);
    Unary("CreateComplaint", &Handlers::CreateComplaint);
    Unary("AssignComplaint", &Handlers::AssignComplaint);
    Unary("AnswerComplaint", &Handlers::AnswerComplaint);
    Unary("ReopenComplaint", &Handlers::ReopenComplaint);
    Unary("GetComplaint", &Handlers::GetComplaint);
    Unary("ListComplaints", &Handlers::ListComplaints);
    Unary("GetComplaintStatus", &Handlers::GetComplaintStatus);
    Unary("SendFamilyMessages", &Handlers::SendFamilyMessages);
    Unary("BatchRecordDeliveries", &Handlers::BatchRecordDeliveries);
    Unary("ListFamilyMessages", &Handlers::ListFamilyMessages);
    Unary("RecordPresenceCheck", &Handlers::RecordPresenceCheck);
    Unary("GetPresenceCheck", &Handlers::GetPresenceCheck);
    Unary("ListPresenceChecks", &Handlers::ListPresenceChecks);
    Unary("SetPerformanceTargets", &Handlers::SetPerformanceTargets);
    Unary("EvaluatePerformance", &Handlers::EvaluatePerformance);
    Unary("ConfirmPerformance", &Handlers::ConfirmPerformance);
    Unary("GetPerformancePlan", &Handlers::GetPerformancePlan);
    Unary("ListPerformancePlans", &Handlers::ListPerformancePlans);
  }
  void GoodsAndConsents() {
    // Aid in kind.
    Unary("ListGoods", &Handlers::ListGoods);
    Unary("RecordGoodsMovement", &Handlers::RecordGoodsMovement);
    Unary("ReverseGoodsMovement", &Handlers::ReverseGoodsMovement);
    Unary("BatchIssueGoods", &Handlers::BatchIssueGoods);
    Unary("ConfirmGoodsMovement", &Handlers::ConfirmGoodsMovement);
    Unary("RefuseGoodsMovement", &Handlers::RefuseGoodsMovement);
    Unary("GetGoodsStock", &Handlers::GetGoodsStock);
    Unary("ListGoodsStocks", &Handlers::ListGoodsStocks);
    Unary("ListGoodsMovements", &Handlers::ListGoodsMovements);
    // Legal bases and consents, information asked of families.
    Unary("ListLegalBases", &Handlers::ListLegalBases);
    Unary("EvaluateConsent", &Handlers::EvaluateConsent);
    Unary("BatchRecordConsents", &Handlers::BatchRecordConsents);
    Unary("WithdrawConsent", &Handlers::WithdrawConsent);
    Unary("GetConsent", &Handlers::GetConsent);
    Unary("ListConsents", &Handlers::ListConsents);
    Unary("CreateInformationRequest", &Handlers::CreateInformationRequest);
    Unary("AnswerInformationRequest", &Handlers::AnswerInformationRequest);
    Unary("DeclineInformationRequest", &Handlers::DeclineInformationRequest);
    Unary("WithdrawInformationRequest", &Handlers::WithdrawInformationRequest);
    Unary("GetInformationRequest", &Handlers::GetInformationRequest);
    Unary("ListInformationRequests", &Handlers::ListInformationRequests);
  }
  void Departments() {
    // Aid of other departments.
    Unary("EvaluateAidCap", &Handlers::EvaluateAidCap);
    Unary("CreateDepartmentAidList", &Handlers::CreateDepartmentAidList);
    Unary("ImportDepartmentAidList", &Handlers::ImportDepartmentAidList);
    Unary("WithdrawDepartmentAidList", &Handlers::WithdrawDepartmentAidList);
    Unary("GetDepartmentAidList", &Handlers::GetDepartmentAidList);
    Unary("ListDepartmentAidLists", &Handlers::ListDepartmentAidLists);
    Unary("GetDepartmentAid", &Handlers::GetDepartmentAid);
    Unary("ListDepartmentAids", &Handlers::ListDepartmentAids);
    // Reported and verified facts.
    Unary("CreateFactEnquiry", &Handlers::CreateFactEnquiry);
    Stream("ExportFactEnquiry", &Handlers::ExportFactEnquiry);
    Unary("ImportFactAnswers", &Handlers::ImportFactAnswers);
    Unary("GetFactEnquiry", &Handlers::GetFactEnquiry);
    Unary("ListFactEnquiries", &Handlers::ListFactEnquiries);
    Unary("ListFactEnquiryEntries", &Handlers::ListFactEnquiryEntries);
    // Evidence, piece by piece.
    Unary("DecideIdentificationEvidence", &Handlers::DecideIdentificationEvidence);
    Unary("SupplyIdentificationEvidence", &Handlers::SupplyIdentificationEvidence);
    Unary("DecideApplicationEvidence", &Handlers::DecideApplicationEvidence);
    Unary("SupplyApplicationEvidence", &Handlers::SupplyApplicationEvidence);
  }
  void MirrorAndVerification() {
    // Mirror of the national system.
    Unary("ListMirrorLayouts", &Handlers::ListMirrorLayouts);
    Unary("CreateMirrorExport", &Handlers::CreateMirrorExport);
    Unary("GetMirrorExport", &Handlers::GetMirrorExport);
    Unary("ListMirrorExports", &Handlers::ListMirrorExports);
    Stream("ExportMirrorFile", &Handlers::ExportMirrorFile);
    Unary("ImportMirrorFeedback", &Handlers::ImportMirrorFeedback);
    Unary("GetMirrorFeedback", &Handlers::GetMirrorFeedback);
    Unary("ListMirrorFeedbacks", &Handlers::ListMirrorFeedbacks);
    Unary("GetMirrorEntry", &Handlers::GetMirrorEntry);
    Unary("ListMirrorEntries", &Handlers::ListMirrorEntries);
    Unary("ResolveMirrorEntry", &Handlers::ResolveMirrorEntry);
    // Verification after payment.
    Unary("EvaluateVerification", &Handlers::EvaluateVerification);
    Unary("CreateVerification", &Handlers::CreateVerification);
    Unary("GetVerification", &Handlers::GetVerification);
    Unary("ListVerifications", &Handlers::ListVerifications);
    Unary("ReplayVerification", &Handlers::ReplayVerification);
    Unary("CloseVerification", &Handlers::CloseVerification);
    Unary("ListVerificationEntries", &Handlers::ListVerificationEntries);
    Unary("RecordVerificationAnswer", &Handlers::RecordVerificationAnswer);
  }
  void Payment() {
    Unary("EvaluateAccount", &Handlers::EvaluateAccount);
    Unary("ListAccountProblems", &Handlers::ListAccountProblems);
    Unary("CreateAccountCheck", &Handlers::CreateAccountCheck);
    Unary("GetAccountCheck", &Handlers::GetAccountCheck);
    Stream("ExportAccountCheck", &Handlers::ExportAccountCheck);
    Unary("ImportAccountCheck", &Handlers::ImportAccountCheck);
    Unary("CreatePaymentBatch", &Handlers::CreatePaymentBatch);
    Unary("GetPaymentBatch", &Handlers::GetPaymentBatch);
    Unary("ListPaymentBatches", &Handlers::ListPaymentBatches);
    Unary("ListLeftOut", &Handlers::ListLeftOut);
    Unary("SendPaymentBatch", &Handlers::SendPaymentBatch);
    Unary("CancelPaymentBatch", &Handlers::CancelPaymentBatch);
    Stream("ExportPaymentFile", &Handlers::ExportPaymentFile);
    Unary("GetPaymentOrder", &Handlers::GetPaymentOrder);
    Unary("ListPaymentOrders", &Handlers::ListPaymentOrders);
    Unary("ImportPaymentReturn", &Handlers::ImportPaymentReturn);
    Unary("GetPaymentReturn", &Handlers::GetPaymentReturn);
    Unary("ListPaymentReturns", &Handlers::ListPaymentReturns);
    Unary("ListPaymentReturnLines", &Handlers::ListPaymentReturnLines);
    Unary("ProposePaymentOverride", &Handlers::ProposePaymentOverride);
    Unary("ConfirmPaymentOverride", &Handlers::ConfirmPaymentOverride);
    Unary("RefusePaymentOverride", &Handlers::RefusePaymentOverride);
    Unary("GetPaymentOverride", &Handlers::GetPaymentOverride);
    Unary("ListPaymentOverrides", &Handlers::ListPaymentOverrides);
    Unary("StartRecovery", &Handlers::StartRecovery);
    Unary("RecordRecovery", &Handlers::RecordRecovery);
    Unary("WriteOffRecovery", &Handlers::WriteOffRecovery);
  }
};

}  // namespace ruraledu::student_aid
