// The reports of this service (common/rpc/reports.h). What joins adds a kind (report.proto) and a spec to FindReport.
#pragma once

#include <string>
#include <string_view>

#include "common/rpc/reports.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/compliance_rules.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/goods_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/office_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

struct ReportParts {
  const rpc::Host& host;
  const PolicyBook& book;
  const FundRules& rules;
  const IdentificationBook& tables;
  const PaymentBook& payments;
  const OfficeBook& office;
  const FollowUpBook& follow_up;
  const ApplicationBook& applications;
  const DepartmentBook& departments;
  const ComplianceBook& compliance;
  const GoodsBook& goods;
  const ConsentBook& consents;
};

using rpc::ByCounty;
using rpc::BySchool;
using rpc::CountiesOfReport;
using rpc::DayRange;
using rpc::ParseDays;
using rpc::ReportCursor;
using rpc::ReportQuery;
using rpc::SchoolsInOrder;
using ReportSpec = rpc::ReportSpec<v1::ReportKind, ReportParts>;

// All reports; nullptr for a kind that nobody makes.
const ReportSpec* FindReport(v1::ReportKind kind);

// The specs, each beside its rows.
ReportSpec BudgetNeedReport();
ReportSpec ExecutionReport();
ReportSpec FundArrivalsReport();
ReportSpec OverpaymentsReport();
ReportSpec AidLedgerReport();
// Studying elsewhere, publicity.
ReportSpec OutwardReport();
ReportSpec PublicityReport();
// Programmes.
ReportSpec LoansReport();
ReportSpec SchoolFundsReport();
// Office.
ReportSpec IdentificationReport();
ReportSpec CoverageReport();
ReportSpec GapsReport();
ReportSpec LatePaymentsReport();
ReportSpec SupplementsReport();
ReportSpec ComplaintsReport();
// Mirror of the national system.
ReportSpec MirrorReport();
ReportSpec MirrorDifferencesReport();
// Problems.
ReportSpec ProblemsReport();
// Aid of other departments.
ReportSpec DepartmentOverlapsReport();
// Consents.
ReportSpec ConsentsReport();
// Compliance, aid in kind.
ReportSpec ComplianceReport();
ReportSpec GoodsLedgerReport();
ReportSpec GoodsUnissuedReport();

// Chinese label of an item, its code when there is none.
std::string LabelOf(const PolicyBook& book, std::string_view item);

}  // namespace ruraledu::student_aid
