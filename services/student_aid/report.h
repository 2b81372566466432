// One small mechanism for reports: a table of columns with headings in both languages, and where its rows come from.
// What joins adds a kind (report.proto) and a row to Reports(); RPC, CSV and workbook come with it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/fund_policy_rules.h"
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
};

struct ReportQuery {
  std::string area;    // prefix: "41", "4117", "411728", "411728103", "411728103/<school>"
  std::string period;  // of the form of the report
  bool unmask = false;
  absl::CivilDay today;
};

// How far a report has come: where its rows go on, and what they added up to. Travels in page tokens.
struct ReportCursor {
  std::vector<std::string> key;
  std::vector<int64_t> sums;
  bool done = false;
};

// About `limit` further rows in the order of DR-11, the cursor moved on. With the last ones `done` is set and the
// total, a cell per column.
using ReportRows =
    std::function<absl::Status(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                               std::vector<v1::ReportRow>* rows, v1::ReportRow* total)>;

struct ReportColumnSpec {
  std::string_view id, label_zh, label_en;
};

struct ReportSpec {
  v1::ReportKind kind;
  std::string_view id;        // for names of files
  std::string_view title_zh;  // "资助预算需求表"
  bool by_term = false;       // the period is a term; else a calendar year
  bool by_days = false;       // the period is two days
  bool below_county = false;  // made for townships and schools, too, and for nothing above the county
  size_t key_parts = 0;       // of the cursor; 0: given in one page
  size_t sums = 0;
  std::vector<ReportColumnSpec> columns;
  ReportRows rows;
};

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

// A report of one page, county by county within the area: `add(tx, shard, rows)`.
using AddCounty =
    std::function<absl::Status(db::Transaction& tx, const std::string& shard, std::vector<v1::ReportRow>* rows)>;
absl::Status ByCounty(const ReportParts& parts, const ReportQuery& query, ReportCursor* cursor,
                      std::vector<v1::ReportRow>* rows, const AddCounty& add);

// A page of a report by pupil, school by school in the order of DR-11. The first part of the key is the area of the
// school, the others are `add`'s: it takes up to `limit` further records of the school, moves the cursor on and answers
// how many it took.
using AddSchool =
    std::function<absl::StatusOr<size_t>(db::Transaction& tx, const ruraledu::registry::v1::School& school,
                                         int64_t limit, ReportCursor* cursor, std::vector<v1::ReportRow>* rows)>;
absl::Status BySchool(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                      std::vector<v1::ReportRow>* rows, const AddSchool& add);
// Schools of a county in the order of DR-11: township, then school code.
absl::StatusOr<std::vector<ruraledu::registry::v1::School>> SchoolsInOrder(db::Transaction& tx, std::string_view shard);

// Counties within the area, in order of code.
absl::StatusOr<std::vector<std::string>> CountyShards(db::Transaction& tx, std::string_view area);
// Chinese label of an item, its code when there is none.
std::string LabelOf(const PolicyBook& book, std::string_view item);

}  // namespace ruraledu::student_aid
