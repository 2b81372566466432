// Slips to other departments, and approvals by which children may stay away, as lists.
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/area_pages.h"
#include "services/dropout_monitoring/department_slip_rules.h"
#include "services/dropout_monitoring/department_slip_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string SlipStateLabel(v1::SlipState state) {
  constexpr std::string_view kLabels[] = {"", "待复函", "已复函", "已撤回"};
  return std::string(kLabels[state]);
}

std::string ApprovalKindLabel(v1::ApprovalKind kind) {
  constexpr std::string_view kLabels[] = {"", "休学", "延缓入学", "免学", "送教上门"};
  return std::string(kLabels[kind]);
}

std::string ApprovalStateLabel(v1::ApprovalState state) {
  constexpr std::string_view kLabels[] = {"",       "待审批", "已批准", "未批准",    "已撤销",
                                          "已续办", "已返校", "已离开", "到期未返校"};
  return std::string(kLabels[state]);
}

// --- Slips ----------------------------------------------------------------------------------------------------------
absl::StatusOr<std::optional<ReportRow>> SlipRow(const SlipBook& book, const ReportQuery& query,
                                                 const rpc::DayRange& days, const AreaPage& page,
                                                 const v1::DepartmentSlip& slip) {
  const auto sent = DayOf(slip.sent_on());
  if (!sent.has_value() || !days.Contains(*sent)) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const std::string name, NameOfChild(page.tx, page.sealer, page.shard, slip.child_key()));
  const SlipMatter* matter = book.Find(slip.matter());
  std::vector<ReportCell> cells = page.places.CellsOf(slip.area());
  cells.push_back(TextCell(feed::IdOfName(slip.name())));
  cells.push_back(NameCell(query, name));
  cells.push_back(TextCell(LabelIn(book.departments(), slip.department())));
  cells.push_back(TextCell(matter == nullptr ? slip.matter() : matter->label_zh));
  cells.push_back(YesNoCell(slip.mandatory()));
  cells.push_back(DayCell(slip.known_on()));
  cells.push_back(DayCell(slip.sent_on()));
  cells.push_back(TextCell(slip.sent_late() ? "逾期" : ""));
  cells.push_back(DayCell(slip.due_on()));
  cells.push_back(TextCell(SlipStateLabel(slip.state())));
  cells.push_back(TextCell(LabelIn(book.results(), slip.result())));
  cells.push_back(DayCell(slip.answered_on()));
  const bool waits = slip.state() == v1::SLIP_STATE_SENT && *DayOf(slip.due_on()) < query.today;
  cells.push_back(TextCell(slip.answered_late() || waits ? "逾期" : ""));
  cells.push_back(CountCell(slip.reminders_size()));
  cells.push_back(HiddenCell(query, slip.text()));
  cells.push_back(HiddenCell(query, slip.answer()));
  return RowOf(cells);
}

absl::Status SlipRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                      std::vector<ReportRow>* rows, ReportRow* total) {
  const rpc::DayRange days = *rpc::ParseDays(query.period);
  return ByArea<v1::DepartmentSlip>(parts, query, kDepartmentSlips, "", DepartmentSlipsReport().columns.size(), limit,
                                    cursor, rows, total, [&](const AreaPage& page, const v1::DepartmentSlip& slip) {
                                      return SlipRow(parts.standards.slips, query, days, page, slip);
                                    });
}

// --- Approvals ------------------------------------------------------------------------------------------------------
absl::StatusOr<std::optional<ReportRow>> ApprovalRow(const ReportQuery& query, const rpc::DayRange& days,
                                                     const AreaPage& page, const v1::AbsenceApproval& approval) {
  if (*DayOf(approval.valid_from()) > days.to || *DayOf(approval.valid_until()) < days.from) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const std::string name, NameOfChild(page.tx, page.sealer, page.shard, approval.child_key()));
  std::vector<ReportCell> cells = page.places.CellsOf(approval.area());
  cells.push_back(TextCell(feed::IdOfName(approval.name())));
  cells.push_back(NameCell(query, name));
  cells.push_back(TextCell(ApprovalKindLabel(approval.kind())));
  cells.push_back(DayCell(approval.valid_from()));
  cells.push_back(DayCell(approval.valid_until()));
  cells.push_back(TextCell(ApprovalStateLabel(approval.state())));
  cells.push_back(DayCell(approval.state_on()));
  cells.push_back(DayCell(approval.proposed_on()));
  cells.push_back(DayCell(approval.decided_on()));
  cells.push_back(HiddenCell(query, approval.paper()));
  cells.push_back(HiddenCell(query, approval.reason()));
  return RowOf(cells);
}

absl::Status ApprovalRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                          std::vector<ReportRow>* rows, ReportRow* total) {
  const rpc::DayRange days = *rpc::ParseDays(query.period);
  return ByArea<v1::AbsenceApproval>(parts, query, kAbsenceApprovals, "", AbsenceApprovalsReport().columns.size(),
                                     limit, cursor, rows, total,
                                     [&](const AreaPage& page, const v1::AbsenceApproval& approval) {
                                       return ApprovalRow(query, days, page, approval);
                                     });
}

}  // namespace

ReportSpec DepartmentSlipsReport() {
  return {.kind = v1::REPORT_KIND_DEPARTMENT_SLIPS,
          .id = "department-slips",
          .title_zh = "部门移送函台账",
          .period = rpc::ReportPeriod::kDays,
          .below_county = true,
          .key_parts = kAreaKeyParts,
          .sums = kAreaSums,
          .columns = BehindPlace({{"slip", "移送函编号", "Slip"},
                                  {"name", "姓名", "Name"},
                                  {"department", "移送部门", "Department"},
                                  {"matter", "移送事项", "Matter"},
                                  {"mandatory", "强制报告", "Mandatory"},
                                  {"known_on", "知悉日期", "Known on"},
                                  {"sent_on", "移送日期", "Sent on"},
                                  {"sent_late", "移送是否逾期", "Sent late"},
                                  {"due_on", "复函期限", "Answer by"},
                                  {"state", "状态", "State"},
                                  {"result", "办理结果", "Result"},
                                  {"answered_on", "复函日期", "Answered on"},
                                  {"late", "复函是否逾期", "Answer late"},
                                  {"reminders", "催办次数", "Reminders"},
                                  {"text", "移送内容", "What is asked"},
                                  {"answer", "复函内容", "Answer"}}),
          .rows = SlipRows};
}

ReportSpec AbsenceApprovalsReport() {
  return {.kind = v1::REPORT_KIND_ABSENCE_APPROVALS,
          .id = "absence-approvals",
          .title_zh = "休学缓学免学送教审批台账",
          .period = rpc::ReportPeriod::kDays,
          .below_county = true,
          .key_parts = kAreaKeyParts,
          .sums = kAreaSums,
          .columns = BehindPlace({{"approval", "审批编号", "Approval"},
                                  {"name", "姓名", "Name"},
                                  {"kind", "审批类别", "Kind"},
                                  {"valid_from", "起始日期", "From"},
                                  {"valid_until", "截止日期", "Until"},
                                  {"state", "状态", "State"},
                                  {"state_on", "状态日期", "State since"},
                                  {"proposed_on", "申请日期", "Proposed on"},
                                  {"decided_on", "审批日期", "Decided on"},
                                  {"paper", "批准文号", "Paper"},
                                  {"reason", "未批准或撤销原因", "Reason"}}),
          .rows = ApprovalRows};
}

}  // namespace ruraledu::dropout_monitoring
