// How the roots of student_aid and its copies of registry roots rest (common/feed/root.h).
#pragma once

#include "common/feed/own_root.h"
#include "common/feed/reseal.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/complaint.pb.h"
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
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "ruraledu/student_aid/v1/verification.pb.h"

namespace ruraledu::student_aid {

// Own roots.
extern const feed::RootTable kDecisions;
extern const feed::RootTable kRuns;
extern const feed::RootTable kAidRecords;  // extra: family
extern const feed::RootTable kComparisons;
// Programmes.
extern const feed::RootTable kStudies;
extern const feed::RootTable kTrackedAids;
extern const feed::RootTable kIdentifications;
extern const feed::RootTable kNotices;
// Studying elsewhere, graduates, publicity.
extern const feed::RootTable kOutwardCases;
extern const feed::RootTable kGraduates;
extern const feed::RootTable kPublicityActivities;
extern const feed::RootTable kApplications;
extern const feed::RootTable kRestrictions;
// Aid of other departments.
extern const feed::RootTable kDepartmentAidLists;
extern const feed::RootTable kDepartmentAids;
extern const feed::RootTable kFactEnquiries;
extern const feed::RootTable kFactEnquiryEntries;
// The ledger.
extern const feed::RootTable kFundSteps;
extern const feed::RootTable kLedgerEntries;
extern const feed::RootTable kSettlements;
// Payment.
extern const feed::RootTable kAccountChecks;
extern const feed::RootTable kPaymentBatches;
extern const feed::RootTable kPaymentOrders;
extern const feed::RootTable kPaymentReturns;
extern const feed::RootTable kPaymentOverrides;
// Office.
extern const feed::RootTable kComplaints;
extern const feed::RootTable kFamilyMessages;
extern const feed::RootTable kPerformancePlans;
extern const feed::RootTable kPresenceChecks;
// Aid in kind.
extern const feed::RootTable kGoodsMovements;
extern const feed::RootTable kGoodsStocks;
// Consents, information asked of families.
extern const feed::RootTable kConsents;
extern const feed::RootTable kInformationRequests;
// Mirror of the national system.
extern const feed::RootTable kMirrorEntries;
extern const feed::RootTable kMirrorExports;
extern const feed::RootTable kMirrorFeedbacks;
// Verification after payment.
extern const feed::RootTable kVerificationEntries;
extern const feed::RootTable kVerifications;

// Copies: for feed::ReadRoot only, the store writes them.
extern const feed::RootTable kPupils;
extern const feed::RootTable kSchools;
extern const feed::RootTable kHouseholds;
extern const feed::RootTable kPapers;

// All own roots in the order of ListState, and an empty message of each.
absl::Span<const feed::RootTable* const> OwnRoots();
google::protobuf::Message* NewRoot(const feed::RootTable& table);  // the caller owns it
// The same with where a person is in each: for an erasure.
absl::Span<const feed::OwnRoot> OwnKinds();

// The steps of the reseal job: own roots, copies, journal.
std::vector<feed::ResealStep> ResealSteps();

}  // namespace ruraledu::student_aid
