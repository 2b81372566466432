// One function per method of ruraledu.student_aid.v1.StudentAidService; the contracts are in the protos. Bodies are in
// <noun>_handlers.cc.
#pragma once

#include <memory>

#include "common/dashboard/board.h"
#include "common/rpc/dashboard_methods.h"
#include "common/rpc/file_methods.h"
#include "common/rpc/registry_copy.h"
#include "common/rpc/shared_methods.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "ruraledu/student_aid/v1/complaint.pb.h"
#include "ruraledu/student_aid/v1/compliance.pb.h"
#include "ruraledu/student_aid/v1/consent.pb.h"
#include "ruraledu/student_aid/v1/department_aid.pb.h"
#include "ruraledu/student_aid/v1/fact_enquiry.pb.h"
#include "ruraledu/student_aid/v1/family_message.pb.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/goods.pb.h"
#include "ruraledu/student_aid/v1/graduate.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/information_request.pb.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"
#include "ruraledu/student_aid/v1/outward.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "ruraledu/student_aid/v1/payment_override.pb.h"
#include "ruraledu/student_aid/v1/performance.pb.h"
#include "ruraledu/student_aid/v1/presence.pb.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "ruraledu/student_aid/v1/publicity.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "ruraledu/student_aid/v1/verification.pb.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/compliance_rules.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/goods_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/mirror_policy_rules.h"
#include "services/student_aid/office_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "services/student_aid/policy_rules.h"
#include "services/student_aid/verification_rules.h"

namespace ruraledu::student_aid {

// What the handlers stand on; all of it outlives them.
struct Parts {
  const rpc::Host& host;
  feed::HeadPoller& heads;
  const PolicyBook& book;
  const IdentificationBook& tables;
  dashboard::Board& board;
  const files::Shelf& shelf;
  const ApplicationBook& applications;
  const FundRules& fund_rules;
  const PaymentBook& payments;
  // Office.
  const OfficeBook& office;
  const FollowUpBook& follow_up;
  // Mirror of the national system, verification after payment.
  const MirrorBook& mirror;
  const VerificationBook& verifications;
  // Aid of other departments.
  const DepartmentBook& departments;
  // Compliance, aid in kind.
  const ComplianceBook& compliance;
  const GoodsBook& goods;
  // Legal bases, information asked of families.
  const ConsentBook& consents;
};

inline constexpr std::string_view kUnmask = "student_aid.entitlement.unmask";

class Handlers {
 public:
  explicit Handlers(const Parts& parts);

  // Standards and decisions: policy_handlers.cc, decision_handlers.cc
  absl::StatusOr<v1::PolicySet> GetPolicySet(rpc::Call& call, const v1::GetPolicySetRequest& request);
  absl::StatusOr<v1::ListPolicySetsResponse> ListPolicySets(rpc::Call& call, const v1::ListPolicySetsRequest& request);
  absl::StatusOr<v1::EvaluateEntitlementResponse> EvaluateEntitlement(rpc::Call& call,
                                                                      const v1::EvaluateEntitlementRequest& request);
  absl::StatusOr<v1::Decision> GetDecision(rpc::Call& call, const v1::GetDecisionRequest& request);
  absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(rpc::Call& call, const v1::ListDecisionsRequest& request);
  absl::StatusOr<v1::ReplayDecisionResponse> ReplayDecision(rpc::Call& call, const v1::ReplayDecisionRequest& request);

  // Runs: run_handlers.cc
  absl::StatusOr<ruraledu::jobs::v1::Job> StartEntitlementRun(rpc::Call& call,
                                                              const v1::StartEntitlementRunRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> StartComparisonRun(rpc::Call& call,
                                                             const v1::StartComparisonRunRequest& request);
  absl::StatusOr<v1::Run> GetRun(rpc::Call& call, const v1::GetRunRequest& request);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(rpc::Call& call, const v1::ListRunsRequest& request);
  absl::StatusOr<v1::ListRunDifferencesResponse> ListRunDifferences(rpc::Call& call,
                                                                    const v1::ListRunDifferencesRequest& request);
  absl::StatusOr<v1::ListComparisonRowsResponse> ListComparisonRows(rpc::Call& call,
                                                                    const v1::ListComparisonRowsRequest& request);
  absl::StatusOr<v1::EvaluateComplianceResponse> EvaluateCompliance(rpc::Call& call,
                                                                    const v1::EvaluateComplianceRequest& request);
  absl::StatusOr<v1::GetCoverageResponse> GetCoverage(rpc::Call& call, const v1::GetCoverageRequest& request);

  // Aid that was given: aid_handlers.cc
  absl::StatusOr<v1::BatchRecordAidResponse> BatchRecordAid(rpc::Call& call, const v1::BatchRecordAidRequest& request);
  absl::StatusOr<v1::ListAidRecordsResponse> ListAidRecords(rpc::Call& call, const v1::ListAidRecordsRequest& request);

  // Programmes beyond school: study_handlers.cc, tracked_aid_handlers.cc
  absl::StatusOr<v1::BatchRecordStudiesResponse> BatchRecordStudies(rpc::Call& call,
                                                                    const v1::BatchRecordStudiesRequest& request);
  absl::StatusOr<v1::Study> GetStudy(rpc::Call& call, const v1::GetStudyRequest& request);
  absl::StatusOr<v1::ListStudiesResponse> ListStudies(rpc::Call& call, const v1::ListStudiesRequest& request);
  absl::StatusOr<v1::EvaluateTrackedAidResponse> EvaluateTrackedAid(rpc::Call& call,
                                                                    const v1::EvaluateTrackedAidRequest& request);
  absl::StatusOr<v1::BatchRecordTrackedAidsResponse> BatchRecordTrackedAids(
      rpc::Call& call, const v1::BatchRecordTrackedAidsRequest& request);
  absl::StatusOr<v1::TrackedAid> GetTrackedAid(rpc::Call& call, const v1::GetTrackedAidRequest& request);
  absl::StatusOr<v1::ListTrackedAidsResponse> ListTrackedAids(rpc::Call& call,
                                                              const v1::ListTrackedAidsRequest& request);
  absl::StatusOr<v1::ListLoanCandidatesResponse> ListLoanCandidates(rpc::Call& call,
                                                                    const v1::ListLoanCandidatesRequest& request);

  // Identification: identification_handlers.cc, notice_handlers.cc, dispute_handlers.cc
  absl::StatusOr<v1::ListIdentificationPoliciesResponse> ListIdentificationPolicies(
      rpc::Call& call, const v1::ListIdentificationPoliciesRequest& request);
  absl::StatusOr<v1::EvaluateIdentificationResponse> EvaluateIdentification(
      rpc::Call& call, const v1::EvaluateIdentificationRequest& request);
  absl::StatusOr<v1::Identification> CreateIdentification(rpc::Call& call,
                                                          const v1::CreateIdentificationRequest& request);
  absl::StatusOr<v1::Identification> GetIdentification(rpc::Call& call, const v1::GetIdentificationRequest& request);
  absl::StatusOr<v1::ListIdentificationsResponse> ListIdentifications(rpc::Call& call,
                                                                      const v1::ListIdentificationsRequest& request);
  absl::StatusOr<v1::ReplayIdentificationResponse> ReplayIdentification(rpc::Call& call,
                                                                        const v1::ReplayIdentificationRequest& request);
  absl::StatusOr<v1::BatchIdentificationsResponse> BatchSubmitIdentifications(
      rpc::Call& call, const v1::BatchSubmitIdentificationsRequest& request);
  absl::StatusOr<v1::Identification> ClassReviewIdentification(rpc::Call& call,
                                                               const v1::ReviewIdentificationRequest& request);
  absl::StatusOr<v1::Identification> SchoolReviewIdentification(rpc::Call& call,
                                                                const v1::ReviewIdentificationRequest& request);
  absl::StatusOr<v1::NoticeResponse> StartNotice(rpc::Call& call, const v1::StartNoticeRequest& request);
  absl::StatusOr<v1::Notice> GetNotice(rpc::Call& call, const v1::GetNoticeRequest& request);
  absl::StatusOr<v1::ListNoticesResponse> ListNotices(rpc::Call& call, const v1::ListNoticesRequest& request);
  absl::StatusOr<v1::NoticeResponse> CloseNotice(rpc::Call& call, const v1::CloseNoticeRequest& request);
  absl::StatusOr<v1::Identification> CreateObjection(rpc::Call& call, const v1::CreateObjectionRequest& request);
  absl::StatusOr<v1::Identification> ResolveObjection(rpc::Call& call, const v1::ResolveObjectionRequest& request);
  absl::StatusOr<v1::Identification> CreateAppeal(rpc::Call& call, const v1::CreateAppealRequest& request);
  absl::StatusOr<v1::Identification> DecideSchoolAppeal(rpc::Call& call, const v1::DecideAppealRequest& request);
  absl::StatusOr<v1::Identification> DecideCountyAppeal(rpc::Call& call, const v1::DecideAppealRequest& request);
  absl::StatusOr<v1::BatchIdentificationsResponse> BatchAdjustIdentifications(
      rpc::Call& call, const v1::BatchAdjustIdentificationsRequest& request);
  absl::StatusOr<v1::BatchIdentificationsResponse> BatchArchiveIdentifications(
      rpc::Call& call, const v1::BatchArchiveIdentificationsRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ProposeIdentifications(rpc::Call& call,
                                                                 const v1::ProposeIdentificationsRequest& request);

  // Studying elsewhere: outward_handlers.cc, outward_backfill_handlers.cc; graduates: graduate_handlers.cc; publicity:
  // publicity_handlers.cc
  absl::StatusOr<v1::EvaluateOutwardCaseResponse> EvaluateOutwardCase(rpc::Call& call,
                                                                      const v1::EvaluateOutwardCaseRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> OpenOutwardCases(rpc::Call& call, const v1::OpenOutwardCasesRequest& request);
  absl::StatusOr<v1::BatchOutwardCasesResponse> BatchEnterOutwardCases(
      rpc::Call& call, const v1::BatchEnterOutwardCasesRequest& request);
  absl::StatusOr<v1::OutwardCase> GetOutwardCase(rpc::Call& call, const v1::GetOutwardCaseRequest& request);
  absl::StatusOr<v1::ListOutwardCasesResponse> ListOutwardCases(rpc::Call& call,
                                                                const v1::ListOutwardCasesRequest& request);
  absl::StatusOr<v1::BatchOutwardCasesResponse> BatchAskOutwardCases(rpc::Call& call,
                                                                     const v1::BatchAskOutwardCasesRequest& request);
  absl::StatusOr<v1::OutwardLetter> RenderOutwardLetter(rpc::Call& call, const v1::RenderOutwardLetterRequest& request);
  absl::StatusOr<v1::BatchOutwardCasesResponse> BatchAnswerOutwardCases(
      rpc::Call& call, const v1::BatchAnswerOutwardCasesRequest& request);
  absl::StatusOr<v1::OutwardCase> ProposeOutwardBackfill(rpc::Call& call,
                                                         const v1::ProposeOutwardBackfillRequest& request);
  absl::StatusOr<v1::OutwardCase> DecideOutwardBackfill(rpc::Call& call,
                                                        const v1::DecideOutwardBackfillRequest& request);
  absl::StatusOr<v1::OutwardCase> WithdrawOutwardCase(rpc::Call& call, const v1::WithdrawOutwardCaseRequest& request);
  absl::StatusOr<v1::BatchGraduatesResponse> BatchEnterGraduates(rpc::Call& call,
                                                                 const v1::BatchEnterGraduatesRequest& request);
  absl::StatusOr<v1::Graduate> GetGraduate(rpc::Call& call, const v1::GetGraduateRequest& request);
  absl::StatusOr<v1::ListGraduatesResponse> ListGraduates(rpc::Call& call, const v1::ListGraduatesRequest& request);
  absl::StatusOr<v1::Graduate> AddGraduateEntry(rpc::Call& call, const v1::AddGraduateEntryRequest& request);
  absl::StatusOr<v1::ListGraduateGapsResponse> ListGraduateGaps(rpc::Call& call,
                                                                const v1::ListGraduateGapsRequest& request);
  absl::StatusOr<v1::PublicityActivity> CreatePublicityActivity(rpc::Call& call,
                                                                const v1::CreatePublicityActivityRequest& request);
  absl::StatusOr<v1::PublicityActivity> WithdrawPublicityActivity(rpc::Call& call,
                                                                  const v1::WithdrawPublicityActivityRequest& request);
  absl::StatusOr<v1::ListPublicityActivitiesResponse> ListPublicityActivities(
      rpc::Call& call, const v1::ListPublicityActivitiesRequest& request);
  absl::StatusOr<v1::PublicityCoverage> GetPublicityCoverage(rpc::Call& call,
                                                             const v1::GetPublicityCoverageRequest& request);

  // Applications: application_handlers.cc, dispute_handlers.cc; restrictions: restriction_handlers.cc
  absl::StatusOr<v1::ListApplicationPoliciesResponse> ListApplicationPolicies(
      rpc::Call& call, const v1::ListApplicationPoliciesRequest& request);
  absl::StatusOr<v1::Application> GetApplication(rpc::Call& call, const v1::GetApplicationRequest& request);
  absl::StatusOr<v1::ListApplicationsResponse> ListApplications(rpc::Call& call,
                                                                const v1::ListApplicationsRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ProposeApplications(rpc::Call& call,
                                                              const v1::ProposeApplicationsRequest& request);
  absl::StatusOr<v1::BatchApplicationsResponse> BatchSubmitApplications(
      rpc::Call& call, const v1::BatchSubmitApplicationsRequest& request);
  absl::StatusOr<v1::BatchApplicationsResponse> BatchSchoolReviewApplications(
      rpc::Call& call, const v1::BatchReviewApplicationsRequest& request);
  absl::StatusOr<v1::BatchApplicationsResponse> BatchCountyReviewApplications(
      rpc::Call& call, const v1::BatchReviewApplicationsRequest& request);
  absl::StatusOr<v1::BatchApplicationsResponse> BatchWithdrawApplications(
      rpc::Call& call, const v1::BatchWithdrawApplicationsRequest& request);
  absl::StatusOr<v1::Application> CreateApplicationObjection(rpc::Call& call,
                                                             const v1::CreateObjectionRequest& request);
  absl::StatusOr<v1::Application> ResolveApplicationObjection(rpc::Call& call,
                                                              const v1::ResolveObjectionRequest& request);
  absl::StatusOr<v1::Application> CreateApplicationAppeal(rpc::Call& call, const v1::CreateAppealRequest& request);
  absl::StatusOr<v1::Application> DecideApplicationSchoolAppeal(rpc::Call& call,
                                                                const v1::DecideAppealRequest& request);
  absl::StatusOr<v1::Application> DecideApplicationCountyAppeal(rpc::Call& call,
                                                                const v1::DecideAppealRequest& request);
  absl::StatusOr<v1::ListRestrictionCodesResponse> ListRestrictionCodes(rpc::Call& call,
                                                                        const v1::ListRestrictionCodesRequest& request);
  absl::StatusOr<v1::ListRestrictionsResponse> ListRestrictions(rpc::Call& call,
                                                                const v1::ListRestrictionsRequest& request);
  absl::StatusOr<v1::Restriction> CreateRestriction(rpc::Call& call, const v1::CreateRestrictionRequest& request);
  absl::StatusOr<v1::Restriction> LiftRestriction(rpc::Call& call, const v1::LiftRestrictionRequest& request);
  absl::StatusOr<v1::Restriction> BypassRestriction(rpc::Call& call, const v1::BypassRestrictionRequest& request);

  // Funds and their ledger: fund_handlers.cc, fund_step_handlers.cc, settlement_handlers.cc, ledger_handlers.cc;
  // reports: report_handlers.cc
  absl::StatusOr<v1::Fund> GetFund(rpc::Call& call, const v1::GetFundRequest& request);
  absl::StatusOr<v1::ListFundsResponse> ListFunds(rpc::Call& call, const v1::ListFundsRequest& request);
  absl::StatusOr<v1::FundRowsResponse> RecordAllotment(rpc::Call& call, const v1::RecordAllotmentRequest& request);
  absl::StatusOr<v1::FundRowsResponse> RecordArrival(rpc::Call& call, const v1::RecordArrivalRequest& request);
  absl::StatusOr<v1::ListFundArrivalsResponse> ListFundArrivals(rpc::Call& call,
                                                                const v1::ListFundArrivalsRequest& request);
  absl::StatusOr<v1::FundStep> CarryOver(rpc::Call& call, const v1::ProposeFundStepRequest& request);
  absl::StatusOr<v1::FundStep> Surrender(rpc::Call& call, const v1::ProposeFundStepRequest& request);
  absl::StatusOr<v1::FundStep> CloseFundYear(rpc::Call& call, const v1::ProposeFundStepRequest& request);
  absl::StatusOr<v1::FundStep> AllowAdvance(rpc::Call& call, const v1::ProposeFundStepRequest& request);
  absl::StatusOr<v1::FundStep> ConfirmFundStep(rpc::Call& call, const v1::ConfirmFundStepRequest& request);
  absl::StatusOr<v1::FundStep> RefuseFundStep(rpc::Call& call, const v1::RefuseFundStepRequest& request);
  absl::StatusOr<v1::FundStep> GetFundStep(rpc::Call& call, const v1::GetFundStepRequest& request);
  absl::StatusOr<v1::ListFundStepsResponse> ListFundSteps(rpc::Call& call, const v1::ListFundStepsRequest& request);
  absl::StatusOr<v1::SettleWaiversResponse> SettleWaivers(rpc::Call& call, const v1::SettleWaiversRequest& request);
  absl::StatusOr<v1::ListSettlementsResponse> ListSettlements(rpc::Call& call,
                                                              const v1::ListSettlementsRequest& request);
  absl::StatusOr<v1::ListLedgerEntriesResponse> ListLedgerEntries(rpc::Call& call,
                                                                  const v1::ListLedgerEntriesRequest& request);
  absl::StatusOr<v1::TrialBalance> GetTrialBalance(rpc::Call& call, const v1::GetTrialBalanceRequest& request);
  absl::StatusOr<v1::Report> GetReport(rpc::Call& call, const v1::GetReportRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::reports::v1::ExportReportResponse>>> ExportReport(
      rpc::Call& call, const v1::ExportReportRequest& request);

  // Office, complaints and messages to families: complaint_handlers.cc, family_message_handlers.cc
  absl::StatusOr<v1::ListComplaintCategoriesResponse> ListComplaintCategories(
      rpc::Call& call, const v1::ListComplaintCategoriesRequest& request);
  absl::StatusOr<v1::Complaint> CreateComplaint(rpc::Call& call, const v1::CreateComplaintRequest& request);
  absl::StatusOr<v1::Complaint> AssignComplaint(rpc::Call& call, const v1::AssignComplaintRequest& request);
  absl::StatusOr<v1::Complaint> AnswerComplaint(rpc::Call& call, const v1::AnswerComplaintRequest& request);
  absl::StatusOr<v1::Complaint> ReopenComplaint(rpc::Call& call, const v1::ReopenComplaintRequest& request);
  absl::StatusOr<v1::Complaint> GetComplaint(rpc::Call& call, const v1::GetComplaintRequest& request);
  absl::StatusOr<v1::ListComplaintsResponse> ListComplaints(rpc::Call& call, const v1::ListComplaintsRequest& request);
  absl::StatusOr<v1::GetComplaintStatusResponse> GetComplaintStatus(rpc::Call& call,
                                                                    const v1::GetComplaintStatusRequest& request);
  absl::StatusOr<v1::SendFamilyMessagesResponse> SendFamilyMessages(rpc::Call& call,
                                                                    const v1::SendFamilyMessagesRequest& request);
  absl::StatusOr<v1::BatchRecordDeliveriesResponse> BatchRecordDeliveries(
      rpc::Call& call, const v1::BatchRecordDeliveriesRequest& request);
  absl::StatusOr<v1::ListFamilyMessagesResponse> ListFamilyMessages(rpc::Call& call,
                                                                    const v1::ListFamilyMessagesRequest& request);

  // Aid in kind: goods_handlers.cc, goods_issue_handlers.cc
  absl::StatusOr<v1::ListGoodsResponse> ListGoods(rpc::Call& call, const v1::ListGoodsRequest& request);
  absl::StatusOr<v1::GoodsMovement> RecordGoodsMovement(rpc::Call& call, const v1::RecordGoodsMovementRequest& request);
  absl::StatusOr<v1::GoodsMovement> ReverseGoodsMovement(rpc::Call& call,
                                                         const v1::ReverseGoodsMovementRequest& request);
  absl::StatusOr<v1::BatchIssueGoodsResponse> BatchIssueGoods(rpc::Call& call,
                                                              const v1::BatchIssueGoodsRequest& request);
  absl::StatusOr<v1::GoodsMovement> ConfirmGoodsMovement(rpc::Call& call,
                                                         const v1::ConfirmGoodsMovementRequest& request);
  absl::StatusOr<v1::GoodsMovement> RefuseGoodsMovement(rpc::Call& call, const v1::RefuseGoodsMovementRequest& request);
  absl::StatusOr<v1::GoodsStock> GetGoodsStock(rpc::Call& call, const v1::GetGoodsStockRequest& request);
  absl::StatusOr<v1::ListGoodsStocksResponse> ListGoodsStocks(rpc::Call& call,
                                                              const v1::ListGoodsStocksRequest& request);
  absl::StatusOr<v1::ListGoodsMovementsResponse> ListGoodsMovements(rpc::Call& call,
                                                                    const v1::ListGoodsMovementsRequest& request);

  // Office, presence and performance: presence_handlers.cc, performance_handlers.cc
  absl::StatusOr<v1::PresenceCheck> RecordPresenceCheck(rpc::Call& call, const v1::RecordPresenceRequest& request);
  absl::StatusOr<v1::PresenceCheck> GetPresenceCheck(rpc::Call& call, const v1::GetPresenceCheckRequest& request);
  absl::StatusOr<v1::ListPresenceChecksResponse> ListPresenceChecks(rpc::Call& call,
                                                                    const v1::ListPresenceChecksRequest& request);
  absl::StatusOr<v1::PerformancePlan> SetPerformanceTargets(rpc::Call& call,
                                                            const v1::SetPerformanceTargetsRequest& request);
  absl::StatusOr<v1::PerformancePlan> EvaluatePerformance(rpc::Call& call,
                                                          const v1::EvaluatePerformanceRequest& request);
  absl::StatusOr<v1::PerformancePlan> ConfirmPerformance(rpc::Call& call, const v1::ConfirmPerformanceRequest& request);
  absl::StatusOr<v1::PerformancePlan> GetPerformancePlan(rpc::Call& call, const v1::GetPerformancePlanRequest& request);
  absl::StatusOr<v1::ListPerformancePlansResponse> ListPerformancePlans(rpc::Call& call,
                                                                        const v1::ListPerformancePlansRequest& request);

  // Aid of other departments: department_handlers.cc
  absl::StatusOr<v1::EvaluateAidCapResponse> EvaluateAidCap(rpc::Call& call, const v1::EvaluateAidCapRequest& request);
  absl::StatusOr<v1::DepartmentAidList> CreateDepartmentAidList(rpc::Call& call,
                                                                const v1::CreateDepartmentAidListRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ImportDepartmentAidList(rpc::Call& call,
                                                                  const v1::ImportDepartmentAidListRequest& request);
  absl::StatusOr<v1::DepartmentAidList> WithdrawDepartmentAidList(rpc::Call& call,
                                                                  const v1::WithdrawDepartmentAidListRequest& request);
  absl::StatusOr<v1::DepartmentAidList> GetDepartmentAidList(rpc::Call& call,
                                                             const v1::GetDepartmentAidListRequest& request);
  absl::StatusOr<v1::ListDepartmentAidListsResponse> ListDepartmentAidLists(
      rpc::Call& call, const v1::ListDepartmentAidListsRequest& request);
  absl::StatusOr<v1::DepartmentAid> GetDepartmentAid(rpc::Call& call, const v1::GetDepartmentAidRequest& request);
  absl::StatusOr<v1::ListDepartmentAidsResponse> ListDepartmentAids(rpc::Call& call,
                                                                    const v1::ListDepartmentAidsRequest& request);
  // Reported and verified facts: fact_handlers.cc
  absl::StatusOr<v1::FactEnquiry> CreateFactEnquiry(rpc::Call& call, const v1::CreateFactEnquiryRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::reports::v1::ExportReportResponse>>> ExportFactEnquiry(
      rpc::Call& call, const v1::ExportFactEnquiryRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ImportFactAnswers(rpc::Call& call,
                                                            const v1::ImportFactAnswersRequest& request);
  absl::StatusOr<v1::FactEnquiry> GetFactEnquiry(rpc::Call& call, const v1::GetFactEnquiryRequest& request);
  absl::StatusOr<v1::ListFactEnquiriesResponse> ListFactEnquiries(rpc::Call& call,
                                                                  const v1::ListFactEnquiriesRequest& request);
  absl::StatusOr<v1::ListFactEnquiryEntriesResponse> ListFactEnquiryEntries(
      rpc::Call& call, const v1::ListFactEnquiryEntriesRequest& request);
  // Legal bases and consents: consent_handlers.cc
  absl::StatusOr<v1::ListLegalBasesResponse> ListLegalBases(rpc::Call& call, const v1::ListLegalBasesRequest& request);
  absl::StatusOr<v1::EvaluateConsentResponse> EvaluateConsent(rpc::Call& call,
                                                              const v1::EvaluateConsentRequest& request);
  absl::StatusOr<v1::BatchRecordConsentsResponse> BatchRecordConsents(rpc::Call& call,
                                                                      const v1::BatchRecordConsentsRequest& request);
  absl::StatusOr<v1::Consent> WithdrawConsent(rpc::Call& call, const v1::WithdrawConsentRequest& request);
  absl::StatusOr<v1::Consent> GetConsent(rpc::Call& call, const v1::GetConsentRequest& request);
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(rpc::Call& call, const v1::ListConsentsRequest& request);
  // Information asked of families: information_handlers.cc
  absl::StatusOr<v1::InformationRequest> CreateInformationRequest(rpc::Call& call,
                                                                  const v1::CreateInformationRequestRequest& request);
  absl::StatusOr<v1::InformationRequest> AnswerInformationRequest(rpc::Call& call,
                                                                  const v1::AnswerInformationRequestRequest& request);
  absl::StatusOr<v1::InformationRequest> DeclineInformationRequest(rpc::Call& call,
                                                                   const v1::DeclineInformationRequestRequest& request);
  absl::StatusOr<v1::InformationRequest> WithdrawInformationRequest(
      rpc::Call& call, const v1::WithdrawInformationRequestRequest& request);
  absl::StatusOr<v1::InformationRequest> GetInformationRequest(rpc::Call& call,
                                                               const v1::GetInformationRequestRequest& request);
  absl::StatusOr<v1::ListInformationRequestsResponse> ListInformationRequests(
      rpc::Call& call, const v1::ListInformationRequestsRequest& request);
  // Evidence, piece by piece: evidence_handlers.cc
  absl::StatusOr<v1::Identification> DecideIdentificationEvidence(rpc::Call& call,
                                                                  const v1::DecideEvidenceRequest& request);
  absl::StatusOr<v1::Identification> SupplyIdentificationEvidence(rpc::Call& call,
                                                                  const v1::SupplyEvidenceRequest& request);
  absl::StatusOr<v1::Application> DecideApplicationEvidence(rpc::Call& call, const v1::DecideEvidenceRequest& request);
  absl::StatusOr<v1::Application> SupplyApplicationEvidence(rpc::Call& call, const v1::SupplyEvidenceRequest& request);
  // Mirror of the national system: mirror_handlers.cc
  absl::StatusOr<v1::ListMirrorLayoutsResponse> ListMirrorLayouts(rpc::Call& call,
                                                                  const v1::ListMirrorLayoutsRequest& request);
  absl::StatusOr<v1::MirrorExport> CreateMirrorExport(rpc::Call& call, const v1::CreateMirrorExportRequest& request);
  absl::StatusOr<v1::MirrorExport> GetMirrorExport(rpc::Call& call, const v1::GetMirrorExportRequest& request);
  absl::StatusOr<v1::ListMirrorExportsResponse> ListMirrorExports(rpc::Call& call,
                                                                  const v1::ListMirrorExportsRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<ruraledu::reports::v1::ExportReportResponse>>> ExportMirrorFile(
      rpc::Call& call, const v1::ExportMirrorFileRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ImportMirrorFeedback(rpc::Call& call,
                                                               const v1::ImportMirrorFeedbackRequest& request);
  absl::StatusOr<v1::MirrorFeedback> GetMirrorFeedback(rpc::Call& call, const v1::GetMirrorFeedbackRequest& request);
  absl::StatusOr<v1::ListMirrorFeedbacksResponse> ListMirrorFeedbacks(rpc::Call& call,
                                                                      const v1::ListMirrorFeedbacksRequest& request);
  absl::StatusOr<v1::MirrorEntry> GetMirrorEntry(rpc::Call& call, const v1::GetMirrorEntryRequest& request);
  absl::StatusOr<v1::ListMirrorEntriesResponse> ListMirrorEntries(rpc::Call& call,
                                                                  const v1::ListMirrorEntriesRequest& request);
  absl::StatusOr<v1::MirrorEntry> ResolveMirrorEntry(rpc::Call& call, const v1::ResolveMirrorEntryRequest& request);

  // Verification after payment: verification_handlers.cc
  absl::StatusOr<v1::EvaluateVerificationResponse> EvaluateVerification(rpc::Call& call,
                                                                        const v1::EvaluateVerificationRequest& request);
  absl::StatusOr<v1::Verification> CreateVerification(rpc::Call& call, const v1::CreateVerificationRequest& request);
  absl::StatusOr<v1::Verification> GetVerification(rpc::Call& call, const v1::GetVerificationRequest& request);
  absl::StatusOr<v1::ListVerificationsResponse> ListVerifications(rpc::Call& call,
                                                                  const v1::ListVerificationsRequest& request);
  absl::StatusOr<v1::ReplayVerificationResponse> ReplayVerification(rpc::Call& call,
                                                                    const v1::ReplayVerificationRequest& request);
  absl::StatusOr<v1::Verification> CloseVerification(rpc::Call& call, const v1::CloseVerificationRequest& request);
  absl::StatusOr<v1::ListVerificationEntriesResponse> ListVerificationEntries(
      rpc::Call& call, const v1::ListVerificationEntriesRequest& request);
  absl::StatusOr<v1::VerificationEntry> RecordVerificationAnswer(rpc::Call& call,
                                                                 const v1::RecordVerificationAnswerRequest& request);

  // Payment: account_handlers.cc, payment_handlers.cc, payment_file_handlers.cc, recovery_handlers.cc
  absl::StatusOr<v1::EvaluateAccountResponse> EvaluateAccount(rpc::Call& call,
                                                              const v1::EvaluateAccountRequest& request);
  absl::StatusOr<v1::ListAccountProblemsResponse> ListAccountProblems(rpc::Call& call,
                                                                      const v1::ListAccountProblemsRequest& request);
  absl::StatusOr<v1::AccountCheck> CreateAccountCheck(rpc::Call& call, const v1::CreateAccountCheckRequest& request);
  absl::StatusOr<v1::AccountCheck> GetAccountCheck(rpc::Call& call, const v1::GetAccountCheckRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<v1::ExportPaymentFileResponse>>> ExportAccountCheck(
      rpc::Call& call, const v1::ExportAccountCheckRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ImportAccountCheck(rpc::Call& call,
                                                             const v1::ImportAccountCheckRequest& request);
  absl::StatusOr<v1::PaymentBatch> CreatePaymentBatch(rpc::Call& call, const v1::CreatePaymentBatchRequest& request);
  absl::StatusOr<v1::PaymentBatch> GetPaymentBatch(rpc::Call& call, const v1::GetPaymentBatchRequest& request);
  absl::StatusOr<v1::ListPaymentBatchesResponse> ListPaymentBatches(rpc::Call& call,
                                                                    const v1::ListPaymentBatchesRequest& request);
  absl::StatusOr<v1::ListLeftOutResponse> ListLeftOut(rpc::Call& call, const v1::ListLeftOutRequest& request);
  absl::StatusOr<v1::PaymentBatch> SendPaymentBatch(rpc::Call& call, const v1::SendPaymentBatchRequest& request);
  absl::StatusOr<v1::PaymentBatch> CancelPaymentBatch(rpc::Call& call, const v1::CancelPaymentBatchRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource<v1::ExportPaymentFileResponse>>> ExportPaymentFile(
      rpc::Call& call, const v1::ExportPaymentFileRequest& request);
  absl::StatusOr<v1::PaymentOrder> GetPaymentOrder(rpc::Call& call, const v1::GetPaymentOrderRequest& request);
  absl::StatusOr<v1::ListPaymentOrdersResponse> ListPaymentOrders(rpc::Call& call,
                                                                  const v1::ListPaymentOrdersRequest& request);
  absl::StatusOr<ruraledu::jobs::v1::Job> ImportPaymentReturn(rpc::Call& call,
                                                              const v1::ImportPaymentReturnRequest& request);
  absl::StatusOr<v1::PaymentReturn> GetPaymentReturn(rpc::Call& call, const v1::GetPaymentReturnRequest& request);
  absl::StatusOr<v1::ListPaymentReturnsResponse> ListPaymentReturns(rpc::Call& call,
                                                                    const v1::ListPaymentReturnsRequest& request);
  absl::StatusOr<v1::ListPaymentReturnLinesResponse> ListPaymentReturnLines(
      rpc::Call& call, const v1::ListPaymentReturnLinesRequest& request);
  // Overriding a reconciliation: payment_override_handlers.cc
  absl::StatusOr<v1::PaymentOverride> ProposePaymentOverride(rpc::Call& call,
                                                             const v1::ProposePaymentOverrideRequest& request);
  absl::StatusOr<v1::PaymentOverride> ConfirmPaymentOverride(rpc::Call& call,
                                                             const v1::ConfirmPaymentOverrideRequest& request);
  absl::StatusOr<v1::PaymentOverride> RefusePaymentOverride(rpc::Call& call,
                                                            const v1::RefusePaymentOverrideRequest& request);
  absl::StatusOr<v1::PaymentOverride> GetPaymentOverride(rpc::Call& call, const v1::GetPaymentOverrideRequest& request);
  absl::StatusOr<v1::ListPaymentOverridesResponse> ListPaymentOverrides(rpc::Call& call,
                                                                        const v1::ListPaymentOverridesRequest& request);
  absl::StatusOr<v1::StartRecoveryResponse> StartRecovery(rpc::Call& call, const v1::StartRecoveryRequest& request);
  absl::StatusOr<v1::Application> RecordRecovery(rpc::Call& call, const v1::RecordRecoveryRequest& request);
  absl::StatusOr<v1::Application> WriteOffRecovery(rpc::Call& call, const v1::WriteOffRecoveryRequest& request);

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
  absl::StatusOr<ruraledu::jobs::v1::Job> StartRun(rpc::Call& call, v1::RunKind kind, const std::string& parent,
                                                   const std::string& term,
                                                   const ruraledu::common::v1::Positions& after);
  absl::StatusOr<v1::Identification> ReviewBy(rpc::Call& call, bool by_class,
                                              const v1::ReviewIdentificationRequest& request);
  template <typename Record>
  absl::StatusOr<Record> ObjectTo(rpc::Call& call, const v1::CreateObjectionRequest& request);
  template <typename Record>
  absl::StatusOr<Record> AppealFor(rpc::Call& call, const v1::CreateAppealRequest& request);
  template <typename Record>
  absl::StatusOr<Record> DecideAppealOf(rpc::Call& call, v1::AppealStep step, const v1::DecideAppealRequest& request);
  absl::StatusOr<v1::BatchApplicationsResponse> ReviewApplications(rpc::Call& call, bool by_school,
                                                                   const v1::BatchReviewApplicationsRequest& request);
  absl::StatusOr<v1::FundStep> ProposeStep(rpc::Call& call, v1::FundStepKind kind,
                                           const v1::ProposeFundStepRequest& request);
  absl::StatusOr<v1::PaymentBatch> MoveBatch(rpc::Call& call, const std::string& name, const std::string& etag,
                                             bool send);
  absl::StatusOr<v1::PresenceCheck> PutPresence(rpc::Call& call, v1::PresenceCheck made, const std::string& etag);
  // Journals an unmasking in the caller's own access shard before the answer, after checking permission and purpose.
  absl::Status AllowUnmask(rpc::Call& call, std::string_view permission, std::string_view area, std::string_view name);

  const rpc::Host& host_;
  const PolicyBook& book_;
  const IdentificationBook& tables_;
  const ApplicationBook& applications_;
  const FundRules& fund_rules_;
  const PaymentBook& payments_;
  const OfficeBook& office_;
  const FollowUpBook& follow_up_;
  const rpc::DashboardMethods dashboards_;
  const rpc::SharedMethods shared_;
  const rpc::FileMethods files_;
  const MirrorBook& mirror_;
  const VerificationBook& verifications_;
  const DepartmentBook& departments_;
  const ComplianceBook& compliance_;
  const GoodsBook& goods_;
  const ConsentBook& consents_;
};

using rpc::NoOpenBatch;
using rpc::OfRegistry;
using rpc::WithinArea;

}  // namespace ruraledu::student_aid
