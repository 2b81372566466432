// How the work on cases goes, by school (办案质效; anchor table A2 row 24).
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_work_rules.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

ReportCell DaysCell(const std::optional<int>& days) {
  return days.has_value() ? CountCell(*days) : ReportCell();
}

void AddFigures(const CaseWork& work, std::vector<ReportCell>* cells) {
  for (const int64_t count : {work.opened, work.closed, work.returned, work.open, work.late, work.relapses,
                              work.contacts, work.visits, static_cast<int64_t>(work.officers.size())}) {
    cells->push_back(CountCell(count));
  }
  cells->push_back(DaysCell(MedianOf(work.days_to_find)));
  cells->push_back(DaysCell(MedianOf(work.days_to_close)));
}

// In the order of DR-11: township, school code, school; children whom no school has come first in their township.
using BySchool = std::map<std::tuple<std::string, std::string, std::string>, CaseWork>;

absl::StatusOr<BySchool> ReadWork(const ReportParts& parts, const ReportQuery& query, const WorkedDays& days) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  return parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<BySchool> {
    ASSIGN_OR_RETURN(const auto files, CasesOpenOn(tx, *sealer, shard, days.from - 1));
    ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
    std::map<std::string, const registry_v1::School*> by_name;
    for (const registry_v1::School& school : schools) {
      by_name[school.name()] = &school;
    }
    BySchool work;
    for (const v1::Case& file : files) {
      if (!RangeOf(query.area).Contains(file.area())) {
        continue;
      }
      const auto school = by_name.find(file.school());
      const bool known = school != by_name.end();
      CaseWork& of_school = work[{std::string(TownshipOf(file.area())), known ? school->second->code() : "",
                                  known ? school->second->display_name() : "无学校"}];
      AddCaseWork(parts.standards.cases.codes(), file, days, parts.host.clock.Today(), &of_school);
    }
    return work;
  });
}

absl::Status WorkRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                      std::vector<ReportRow>* rows, ReportRow* total) {
  const auto days = rpc::ParseDays(query.period);
  ASSIGN_OR_RETURN(const BySchool work, ReadWork(parts, query, {days->from, days->to}));
  CaseWork all;
  for (const auto& [school, of_school] : work) {
    const auto& [township, code, name] = school;
    std::vector<ReportCell> cells = {TextCell(township), TextCell(code), TextCell(name)};
    AddFigures(of_school, &cells);
    rows->push_back(RowOf(cells));
    AddCaseWork(of_school, &all);
  }
  std::vector<ReportCell> cells = {TextCell("合计"), ReportCell(), ReportCell()};
  AddFigures(all, &cells);
  *total = RowOf(cells);
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec CaseWorkReport() {
  return {
      .kind = v1::REPORT_KIND_CASE_WORK,
      .id = "case-work",
      .title_zh = "控辍保学办案质效表",
      .period = rpc::ReportPeriod::kDays,
      .below_county = true,
      .columns = {{"township", "乡镇", "Township"},
                  {"school_code", "学校代码", "School code"},
                  {"school", "学校", "School"},
                  {"opened", "新增个案", "Cases found"},
                  {"closed", "销号个案", "Cases closed"},
                  {"returned", "其中复学", "Of these, returned"},
                  {"open", "在办个案", "Cases open at the end"},
                  {"late", "其中当前逾期", "Of these, late today"},
                  {"relapses", "反复次数", "Absent again after a return"},
                  {"contacts", "劝返联系次数", "Contacts"},
                  {"visits", "其中入户走访", "Of these, visits"},
                  {"officers", "在办责任人数", "Officers with open cases"},
                  {"days_to_find", "发现用时中位数（天）", "Median days from the last day at school to the finding"},
                  {"days_to_close", "销号用时中位数（天）", "Median days from the finding to the closing"}},
      .rows = WorkRows};
}

}  // namespace ruraledu::dropout_monitoring
