#include "services/dropout_monitoring/case_tables.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/dropout_monitoring/escalation_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::vector<db::Value> CaseColumns(const v1::Case& file) {
  return {file.area(),
          file.child_key(),
          file.number(),
          int64_t{file.state() != v1::CASE_STATE_CLOSED},
          v1::CaseState_Name(file.state()),
          file.authority_area(),
          file.offered_to(),
          file.officer(),
          DayTextOf(file.due_on()),
          absl::StrCat(file.priority()),
          DayTextOf(file.clock_on()),
          DayTextOf(file.closed_on()),
          file.person().empty() ? DayText(DayOf(file.keep_until()).value_or(kLastDay)) : std::string(),
          EscalatedOn(file),
          int64_t{HighestLevel(file, false)},
          int64_t{HighestLevel(file, true)}};
}

}  // namespace

const feed::RootTable kCases{
    "dropout_case",
    "cases",
    {"area", "child_key", "number", "is_open", "state", "authority_area", "offered_to", "officer", "due_on", "priority",
     "clock_on", "closed_on", "keep_until", "escalated_on", "escalated_level", "waiting_level"},
    feed::ColumnsOf<v1::Case>(&CaseColumns)};

const feed::RootTable kResponsibilities{"responsibility",
                                        "responsibilities",
                                        {"area", "mechanism", "slot", "line", "subject", "until_on"},
                                        feed::ColumnsOf<v1::Responsibility>(+[](const v1::Responsibility& r) {
                                          return std::vector<db::Value>{r.area(),    r.mechanism(),
                                                                        r.slot(),    v1::ControlLine_Name(r.line()),
                                                                        r.subject(), DayTextOf(r.until())};
                                        })};

const feed::RootTable kMechanisms{
    "mechanism", "mechanisms", {"area"}, feed::ColumnsOf<v1::Mechanism>(+[](const v1::Mechanism& m) {
      return std::vector<db::Value>{m.area()};
    })};

const feed::RootTable kZeroReports{"zero_report",
                                   "zeroReports",
                                   {"area", "school", "month", "state", "is_replaced"},
                                   feed::ColumnsOf<v1::ZeroReport>(+[](const v1::ZeroReport& r) {
                                     return std::vector<db::Value>{
                                         r.area(), std::string(feed::IdOfName(r.school())), r.month(),
                                         v1::ZeroReportState_Name(r.state()),
                                         int64_t{r.state() == v1::ZERO_REPORT_STATE_REPLACED}};
                                   })};

const feed::RootTable kReviews{"review",
                               "reviews",
                               {"area", "kind", "period", "state", "first_month", "last_month"},
                               feed::ColumnsOf<v1::Review>(+[](const v1::Review& r) {
                                 return std::vector<db::Value>{r.area(),        v1::ReviewKind_Name(r.kind()),
                                                               r.period(),      v1::ReviewState_Name(r.state()),
                                                               r.first_month(), r.last_month()};
                               })};

}  // namespace ruraledu::dropout_monitoring
