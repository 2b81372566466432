// Reports of one page out of counters: identification by level and kind, coverage, late payments, complaints (2.10).
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"

namespace ruraledu::student_aid {
namespace {

using Counters = std::map<std::pair<std::string, std::string>, int64_t>;  // by measure and dimension

int64_t ValueOf(const Counters& counters, const std::string& measure, const std::string& dimension) {
  const auto found = counters.find({measure, dimension});
  return found == counters.end() ? 0 : found->second;
}

// The dimensions of which one of the measures is not 0, in order.
std::vector<std::string> DimensionsOf(const Counters& counters, const std::vector<std::string>& measures) {
  std::set<std::string> dimensions;
  for (const auto& [key, value] : counters) {
    if (value != 0 && std::find(measures.begin(), measures.end(), key.first) != measures.end()) {
      dimensions.insert(key.second);
    }
  }
  return {dimensions.begin(), dimensions.end()};
}

// Cells that name a row, and those of its figures.
reports_v1::ReportRow Joined(std::vector<reports_v1::ReportCell> names,
                             const std::vector<reports_v1::ReportCell>& figures) {
  names.insert(names.end(), figures.begin(), figures.end());
  return RowOf(names);
}

// Gives a report a county at a time out of its counters.
using AddCounters = std::function<absl::Status(const std::string& county, const Counters& counters,
                                               std::vector<reports_v1::ReportRow>* rows)>;
absl::Status ByCounters(const ReportParts& parts, const ReportQuery& query, ReportCursor* cursor,
                        std::vector<reports_v1::ReportRow>* rows, const AddCounters& add) {
  return ByCounty(parts.host, query, cursor, rows,
                  [&](db::Transaction& tx, const std::string& shard, auto* added) -> absl::Status {
                    ASSIGN_OR_RETURN(const Counters counters, CountyCounters(tx, shard, query.period));
                    return add(shard.substr(1), counters, added);
                  });
}

// --- Identification -------------------------------------------------------------------------------------------------
std::string LabelOfLevel(const IdentificationBook& tables, std::string_view county, const Term& term,
                         std::string_view level) {
  const v1::IdentificationPolicy* policy = tables.InForce(absl::StrCat(county, "000000"), term);
  if (policy != nullptr) {
    for (const v1::IdentificationLevel& one : policy->levels()) {
      if (absl::StrCat(one.level()) == level) {
        return one.label_zh();
      }
    }
  }
  return "";
}

std::string LabelOfKind(const CodeList& kinds, std::string_view kind) {
  const CodeEntry* entry = kinds.Find(kind);
  return entry == nullptr ? "" : entry->label_zh;
}

// A pupil of two kinds stands under both, so the total is that of the levels.
absl::Status IdentificationRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                                std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(query.period));
  int64_t pupils = 0;
  RETURN_IF_ERROR(ByCounters(
      parts, query, cursor, rows,
      [&](const std::string& county, const Counters& counters,
          std::vector<reports_v1::ReportRow>* added) -> absl::Status {
        for (const std::string& level : DimensionsOf(counters, {"identified"})) {
          const int64_t heads = ValueOf(counters, "identified", level);
          added->push_back(RowOf({TextCell(county), TextCell("认定等级"), TextCell(level),
                                  TextCell(LabelOfLevel(parts.tables, county, term, level)), CountCell(heads)}));
          pupils += heads;
        }
        for (const std::string& kind : DimensionsOf(counters, {"identified_kinds"})) {
          added->push_back(RowOf({TextCell(county), TextCell("困难类型"), TextCell(kind),
                                  TextCell(LabelOfKind(parts.office.kinds(), kind)),
                                  CountCell(ValueOf(counters, "identified_kinds", kind))}));
        }
        return absl::OkStatus();
      }));
  *total = RowOf({TextCell("合计（按等级）"), {}, {}, {}, CountCell(pupils)});
  return absl::OkStatus();
}

// --- Coverage -------------------------------------------------------------------------------------------------------
struct Covered {
  int64_t should = 0, covered = 0, gap = 0, should_not = 0;

  Covered& operator+=(const Covered& other) {
    should += other.should;
    covered += other.covered;
    gap += other.gap;
    should_not += other.should_not;
    return *this;
  }
  std::vector<reports_v1::ReportCell> Cells() const {
    return {CountCell(should), CountCell(covered), CountCell(gap), RateCell(covered, should), CountCell(should_not)};
  }
};

absl::Status CoverageRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                          std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  Covered sum;
  RETURN_IF_ERROR(ByCounters(
      parts, query, cursor, rows,
      [&](const std::string& county, const Counters& counters,
          std::vector<reports_v1::ReportRow>* added) -> absl::Status {
        for (const std::string& item : DimensionsOf(counters, {"should_items", "should_not_items"})) {
          const Covered one{ValueOf(counters, "should_items", item), ValueOf(counters, "covered_items", item),
                            ValueOf(counters, "gap_items", item), ValueOf(counters, "should_not_items", item)};
          added->push_back(
              Joined({TextCell(county), TextCell(item), TextCell(LabelOf(parts.book, item))}, one.Cells()));
          sum += one;
        }
        return absl::OkStatus();
      }));
  *total = Joined({TextCell("合计"), {}, {}}, sum.Cells());
  return absl::OkStatus();
}

// --- Late payments --------------------------------------------------------------------------------------------------
struct Paid {
  int64_t paid = 0, late = 0, unpaid = 0, overdue = 0;

  Paid& operator+=(const Paid& other) {
    paid += other.paid;
    late += other.late;
    unpaid += other.unpaid;
    overdue += other.overdue;
    return *this;
  }
  std::vector<reports_v1::ReportCell> Cells() const {
    return {CountCell(paid), CountCell(late), RateCell(late, paid), CountCell(unpaid), CountCell(overdue)};
  }
};

absl::Status LatePaymentsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                              std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(query.period));
  Paid sum;
  RETURN_IF_ERROR(ByCounters(
      parts, query, cursor, rows,
      [&](const std::string& county, const Counters& counters,
          std::vector<reports_v1::ReportRow>* added) -> absl::Status {
        ASSIGN_OR_RETURN(const auto* rules, parts.payments.InForce(absl::StrCat(county, "000000"), term));
        const absl::CivilDay pay_by = PayBy(*rules, term);
        for (const std::string& item : DimensionsOf(counters, {"pay_paid_orders", "pay_unpaid_items"})) {
          Paid one{ValueOf(counters, "pay_paid_orders", item), ValueOf(counters, "pay_late_orders", item),
                   ValueOf(counters, "pay_unpaid_items", item)};
          one.overdue = query.today > pay_by ? one.unpaid : 0;
          added->push_back(
              Joined({TextCell(county), TextCell(item), TextCell(LabelOf(parts.book, item)), DayCell(DateOf(pay_by))},
                     one.Cells()));
          sum += one;
        }
        return absl::OkStatus();
      }));
  *total = Joined({TextCell("合计"), {}, {}, {}}, sum.Cells());
  return absl::OkStatus();
}

// --- Complaints -----------------------------------------------------------------------------------------------------
struct Complaints {
  int64_t received = 0, answered = 0, founded = 0, late = 0, open = 0;

  Complaints& operator+=(const Complaints& other) {
    received += other.received;
    answered += other.answered;
    founded += other.founded;
    late += other.late;
    open += other.open;
    return *this;
  }
  std::vector<reports_v1::ReportCell> Cells() const {
    return {CountCell(received), CountCell(answered),      CountCell(founded),
            CountCell(late),     RateCell(late, answered), CountCell(open)};
  }
};

absl::Status ComplaintsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                            std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  Complaints sum;
  RETURN_IF_ERROR(ByCounters(
      parts, query, cursor, rows,
      [&](const std::string& county, const Counters& counters,
          std::vector<reports_v1::ReportRow>* added) -> absl::Status {
        for (const std::string& category : DimensionsOf(counters, {"complaints"})) {
          const Complaints one{
              ValueOf(counters, "complaints", category), ValueOf(counters, "complaints_answered", category),
              ValueOf(counters, "complaints_founded", category), ValueOf(counters, "complaints_late", category),
              ValueOf(counters, "complaints_open", category)};
          added->push_back(Joined(
              {TextCell(county), TextCell(category), TextCell(parts.office.LabelOfCategory(category))}, one.Cells()));
          sum += one;
        }
        return absl::OkStatus();
      }));
  *total = Joined({TextCell("合计"), {}, {}}, sum.Cells());
  return absl::OkStatus();
}

}  // namespace

ReportSpec IdentificationReport() {
  return {.kind = v1::REPORT_KIND_IDENTIFICATION,
          .id = "identification",
          .title_zh = "家庭经济困难学生认定情况汇总表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "县区代码", "County"},
                      {"group", "分类", "By level or by kind"},
                      {"code", "代码", "Code"},
                      {"label", "名称", "In words"},
                      {"pupils", "人数", "Pupils"}},
          .rows = IdentificationRows};
}

ReportSpec CoverageReport() {
  return {.kind = v1::REPORT_KIND_COVERAGE,
          .id = "coverage",
          .title_zh = "应助尽助情况统计表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "县区代码", "County"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"should", "应助人次", "Should be aided"},
                      {"covered", "已足额资助人次", "Aided in full"},
                      {"gap", "应助未助人次", "Should be aided and is not"},
                      {"rate", "应助尽助率", "Coverage"},
                      {"should_not", "不应助而助人次", "Aided and should not be"}},
          .rows = CoverageRows};
}

ReportSpec LatePaymentsReport() {
  return {.kind = v1::REPORT_KIND_LATE_PAYMENTS,
          .id = "late-payments",
          .title_zh = "资助资金逾期发放情况表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "县区代码", "County"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"pay_by", "发放期限", "Last day"},
                      {"paid", "已发放笔数", "Payments"},
                      {"late", "逾期发放笔数", "Of them late"},
                      {"rate", "逾期发放率", "Late rate"},
                      {"unpaid", "已审批未发放项数", "Approved and not paid"},
                      {"overdue", "超期未发放项数", "Of them after the last day"}},
          .rows = LatePaymentsRows};
}

ReportSpec ComplaintsReport() {
  return {.kind = v1::REPORT_KIND_COMPLAINTS,
          .id = "complaints",
          .title_zh = "资助投诉求助办理情况表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "县区代码", "County"},
                      {"category", "类别代码", "Category"},
                      {"category_label", "类别", "Category in words"},
                      {"received", "受理件数", "Received"},
                      {"answered", "办结件数", "Answered"},
                      {"founded", "属实件数", "Founded"},
                      {"late", "逾期办结件数", "Answered late"},
                      {"rate", "逾期率", "Late rate"},
                      {"open", "未办结件数", "Open"}},
          .rows = ComplaintsRows};
}

}  // namespace ruraledu::student_aid
