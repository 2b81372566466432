// Reports of the monthly register cleaning: what was found child by child, and how the schools stand.
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/register_check_store.h"
#include "services/dropout_monitoring/report_facts.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using Columns = std::vector<rpc::ReportColumnSpec>;

std::string KindLabel(v1::RegisterFindingKind kind) {
  switch (kind) {
    case v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED:
      return "在班无籍";
    case v1::REGISTER_FINDING_KIND_REGISTERED_WITHOUT_CHILD:
      return "有籍无人";
    case v1::REGISTER_FINDING_KIND_TWO_REGISTERS:
      return "双重学籍";
    default:
      return "借读空挂";
  }
}

std::string AnswerLabel(const v1::RegisterFinding& finding) {
  switch (finding.answer()) {
    case v1::REGISTER_ANSWER_EXPLAINED:
      return "已说明";
    case v1::REGISTER_ANSWER_CORRECTED:
      return "已更正";
    case v1::REGISTER_ANSWER_PASSED:
      return "已移交";
    default:
      return finding.has_gone_on() ? "已消除" : "未办理";
  }
}

Columns WithSchool(Columns more) {
  Columns columns = {
      {"township", "乡镇代码", "Township"}, {"school_code", "学校代码", "School code"}, {"school", "学校", "School"}};
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

absl::StatusOr<std::string> NameOfSchool(db::Transaction& tx, const std::string& name) {
  if (name.empty()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(name));
  ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(name)));
  return school.has_value() ? school->display_name() : name;
}

absl::StatusOr<ReportRow> FindingRow(db::Transaction& tx, const ReportQuery& query, const registry_v1::School& school,
                                     const v1::RegisterFinding& finding) {
  ASSIGN_OR_RETURN(const auto pupil,
                   FindPupil(tx, absl::StrCat("c", CountyOf(school.area())), feed::IdOfName(finding.student())));
  ASSIGN_OR_RETURN(const std::string other, NameOfSchool(tx, finding.other_school()));
  ASSIGN_OR_RETURN(const std::string passed_to, NameOfSchool(tx, finding.passed_to()));
  const std::string name = pupil.has_value() ? pupil->display_name : "";
  std::vector<ReportCell> cells = SchoolCells(school);
  for (const std::string& text : {KindLabel(finding.kind()), std::string(feed::IdOfName(finding.student())),
                                  query.unmask ? name : crypto::MaskName(name), other}) {
    cells.push_back(TextCell(text));
  }
  cells.push_back(DayCell(finding.found_on()));
  cells.push_back(TextCell(AnswerLabel(finding)));
  cells.push_back(TextCell(passed_to));
  cells.push_back(TextCell(query.unmask ? finding.reason() : ""));
  cells.push_back(DayCell(finding.has_answered_on() ? finding.answered_on() : finding.gone_on()));
  return RowOf(cells);
}

// The second part of the key is how many findings of the school are done.
absl::Status FindingRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                         std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  const auto add = [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                       std::vector<ReportRow>* added) -> absl::StatusOr<size_t> {
    ASSIGN_OR_RETURN(const auto versions, VersionsOf<v1::RegisterCheck>(tx, kRegisterChecks, sealer.get(), shard,
                                                                        feed::IdOfName(school.name()), query.period));
    int done = 0;
    if (versions.empty() || (!at->key[1].empty() && !absl::SimpleAtoi(at->key[1], &done))) {
      return size_t{0};
    }
    const auto& findings = versions.back().findings();
    size_t taken = 0;
    for (; done < findings.size() && taken < static_cast<size_t>(most); ++done, ++taken) {
      ASSIGN_OR_RETURN(added->emplace_back(), FindingRow(tx, query, school, findings.Get(done)));
      at->sums[0] += 1;
    }
    at->key[1] = absl::StrCat(done);
    return taken;
  };
  RETURN_IF_ERROR(rpc::BySchool(parts.host, query, limit, cursor, rows, add));
  if (cursor->done) {
    std::vector<ReportCell> cells(RegisterFindingsReport().columns.size());
    cells[0] = TextCell(absl::StrCat("合计 ", cursor->sums[0]));
    *total = RowOf(cells);
  }
  return absl::OkStatus();
}

std::vector<int64_t> FiguresOf(const v1::RegisterFigures& f) {
  return {f.in_class_unregistered(), f.registered_without_child(), f.two_registers(),
          f.borrowed_places(),       f.in_class_unknown(),         f.open()};
}

absl::Status CheckRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                       std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(query.period));
  const ReportFacts facts{parts.host, parts.standards, query.today};
  std::vector<int64_t> sums(FiguresOf({}).size());
  ASSIGN_OR_RETURN(*rows, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<ReportRow>> {
    ASSIGN_OR_RETURN(const v1::RegisterRollUp sum, RegisterSum(tx, facts, shard, month));
    ASSIGN_OR_RETURN(const auto checks, InForceOf<v1::RegisterCheck>(tx, kRegisterChecks, shard, query.period));
    ASSIGN_OR_RETURN(const auto schools, rpc::SchoolsInOrder(tx, shard));
    std::fill(sums.begin(), sums.end(), 0);
    std::vector<ReportRow> read;
    for (const registry_v1::School& school : schools) {
      const auto check = std::find_if(checks.begin(), checks.end(),
                                      [&](const v1::RegisterCheck& one) { return one.school() == school.name(); });
      const bool is_signed = check != checks.end();
      const bool missing = std::find(sum.missing().begin(), sum.missing().end(), school.name()) != sum.missing().end();
      if ((!is_signed && !missing) || !RangeOf(query.area).Contains(school.area())) {
        continue;
      }
      std::vector<ReportCell> cells = SchoolCells(school);
      const auto figures = FiguresOf(is_signed ? check->figures() : v1::RegisterFigures());
      for (size_t i = 0; i < figures.size(); ++i) {
        cells.push_back(is_signed ? CountCell(figures[i]) : ReportCell());  // not signed is no zero
        sums[i] += figures[i];
      }
      cells.push_back(is_signed ? DayCell(check->signed_on()) : ReportCell());
      cells.push_back(TextCell(!is_signed ? (sum.overdue() ? "逾期未签" : "未签") : check->late() ? "逾期" : "已签"));
      read.push_back(RowOf(cells));
    }
    return read;
  }));
  std::vector<ReportCell> cells(RegisterChecksReport().columns.size());
  cells[0] = TextCell("合计");
  for (size_t i = 0; i < sums.size(); ++i) {
    cells[i + 3] = CountCell(sums[i]);
  }
  *total = RowOf(cells);
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec RegisterFindingsReport() {
  return {.kind = v1::REPORT_KIND_REGISTER_FINDINGS,
          .id = "register-findings",
          .title_zh = "学籍清理台账",
          .period = rpc::ReportPeriod::kMonth,
          .below_county = true,
          .key_parts = 2,
          .sums = 1,
          .columns = WithSchool({{"kind", "问题类别", "Finding"},
                                 {"person", "学生编号", "Pupil"},
                                 {"name", "姓名", "Name"},
                                 {"other_school", "涉及学校", "Other school"},
                                 {"found_on", "发现日期", "Found on"},
                                 {"answer", "办理情况", "Answer"},
                                 {"passed_to", "移交学校", "Passed to"},
                                 {"reason", "原因说明", "Reason"},
                                 {"answered_on", "办理日期", "Answered on"}}),
          .rows = FindingRows};
}

ReportSpec RegisterChecksReport() {
  return {.kind = v1::REPORT_KIND_REGISTER_CHECKS,
          .id = "register-checks",
          .title_zh = "学籍清理汇总表",
          .period = rpc::ReportPeriod::kMonth,
          .below_county = true,
          .columns = WithSchool({{"in_class_unregistered", "在班无籍", "In class without registration"},
                                 {"registered_without_child", "有籍无人", "Registered without child"},
                                 {"two_registers", "双重学籍", "Two registers"},
                                 {"borrowed_places", "借读空挂", "Borrowed places"},
                                 {"in_class_unknown", "在班未登记", "In class and unknown"},
                                 {"open", "未销号", "Open"},
                                 {"signed_on", "签字日期", "Signed on"},
                                 {"state", "状态", "State"}}),
          .rows = CheckRows};
}

}  // namespace ruraledu::dropout_monitoring
