// Reports of what schools report and mark, and of children without a responsible name (digest 3.3, 3.6).
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/report_facts.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"
#include "services/dropout_monitoring/unmarked_classes.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kDone = "done";

ReportRow Total(size_t columns, std::string_view text, const std::vector<std::pair<size_t, int64_t>>& sums) {
  std::vector<ReportCell> cells(columns);
  cells[0] = TextCell(text);
  for (const auto& [column, sum] : sums) {
    cells[column] = CountCell(sum);
  }
  return RowOf(cells);
}

// --- Zero reports of a month ----------------------------------------------------------------------------------------
constexpr size_t kZeroFigures = 12;

absl::Status ZeroReportRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                            std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto reports, parts.host.database.Read([&](db::Transaction& tx) {
    return InForceOf<v1::ZeroReport>(tx, kZeroReports, shard, query.period);
  }));
  const auto add = [&](db::Transaction&, const registry_v1::School& school, int64_t, ReportCursor* at,
                       std::vector<ReportRow>* added) -> absl::StatusOr<size_t> {
    const auto found = std::find_if(reports.begin(), reports.end(),
                                    [&](const v1::ZeroReport& one) { return one.school() == school.name(); });
    if (found == reports.end() || !at->key[1].empty()) {
      return size_t{0};
    }
    at->key[1] = kDone;
    std::vector<ReportCell> cells = SchoolCells(school);
    const auto figures = ZeroFiguresOf(found->figures());
    for (size_t i = 0; i < figures.size(); ++i) {
      cells.push_back(CountCell(figures[i]));
      at->sums[i] += figures[i];
    }
    cells.push_back(DayCell(found->signed_on()));
    cells.push_back(TextCell(found->late() ? "逾期" : ""));
    cells.push_back(CountCell(found->version_number()));
    added->push_back(RowOf(cells));
    return size_t{1};
  };
  RETURN_IF_ERROR(rpc::BySchool(parts.host, query, limit, cursor, rows, add));
  if (cursor->done) {
    std::vector<std::pair<size_t, int64_t>> sums;
    for (size_t i = 0; i < kZeroFigures; ++i) {
      sums.emplace_back(i + 3, cursor->sums[i]);
    }
    *total = Total(kZeroFigures + 6, "合计", sums);
  }
  return absl::OkStatus();
}

// --- Missing reports of a month -------------------------------------------------------------------------------------
absl::Status MissingRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                         std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(query.period));
  const ReportFacts facts{parts.host, parts.standards, query.today};
  ASSIGN_OR_RETURN(*rows, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<ReportRow>> {
    ASSIGN_OR_RETURN(const v1::MonthRollUp sum, MonthSum(tx, facts, shard, month));
    ASSIGN_OR_RETURN(const auto schools, rpc::SchoolsInOrder(tx, shard));
    std::vector<ReportRow> read;
    for (const registry_v1::School& school : schools) {
      const bool missing = std::find(sum.missing().begin(), sum.missing().end(), school.name()) != sum.missing().end();
      if (missing && RangeOf(query.area).Contains(school.area())) {
        std::vector<ReportCell> cells = SchoolCells(school);
        cells.push_back(DayCell(sum.due_on()));
        cells.push_back(TextCell(sum.overdue() ? "MISSING_REPORT" : ""));
        read.push_back(RowOf(cells));
      }
    }
    return read;
  }));
  *total = Total(5, absl::StrCat("合计 ", rows->size()), {});
  cursor->done = true;
  return absl::OkStatus();
}

// --- Unmarked classes of a day --------------------------------------------------------------------------------------
absl::Status UnmarkedRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                          std::vector<ReportRow>* rows, ReportRow* total) {
  absl::CivilDay day;
  ParseDay(query.period, &day);
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto schools,
                   parts.host.database.Read([&](db::Transaction& tx) { return rpc::SchoolsInOrder(tx, shard); }));
  ASSIGN_OR_RETURN(const auto classes, AllUnmarked(parts.host, parts.standards.statuses, shard, day));
  for (const registry_v1::School& school : schools) {
    for (const v1::UnmarkedClass& one : classes) {
      if (SchoolOf(one.area()) == school.area() && RangeOf(query.area).Contains(one.area())) {
        std::vector<ReportCell> cells = SchoolCells(school);
        std::vector<std::string> sessions;
        for (const int session : one.sessions()) {
          sessions.push_back(SessionLabel(static_cast<v1::Session>(session)));
        }
        cells.push_back(TextCell(one.display_name()));
        cells.push_back(TextCell(absl::StrJoin(sessions, "、")));
        rows->push_back(RowOf(cells));
      }
    }
  }
  *total = Total(5, absl::StrCat("合计 ", rows->size()), {});
  cursor->done = true;
  return absl::OkStatus();
}

// --- Children without a responsible name ----------------------------------------------------------------------------
std::string LineLabel(int line) {
  return line == v1::CONTROL_LINE_ADMINISTRATION ? "行政线" : "教育线";
}

// One pupil, when a line has no name for it.
absl::Status AddGap(db::Transaction& tx, const ReportQuery& query, const NamedOf& named,
                    const registry_v1::School& school, const PupilRow& pupil, ReportCursor* at,
                    std::vector<ReportRow>* added) {
  const auto lines = LinesWithout(named, pupil.person, pupil.area, pupil.village);
  if (lines.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, absl::StrCat("c", CountyOf(school.area())), pupil.person));
  const std::string name = place.has_value() ? place->display_name : "";
  std::vector<std::string> labels;
  for (const v1::ControlLine line : lines) {
    labels.push_back(LineLabel(line));
  }
  std::vector<ReportCell> cells = SchoolCells(school);
  cells.push_back(TextCell(pupil.person));
  cells.push_back(TextCell(query.unmask ? name : crypto::MaskName(name)));
  cells.push_back(TextCell(absl::StrJoin(labels, "、")));
  added->push_back(RowOf(cells));
  at->sums[0] += 1;
  return absl::OkStatus();
}

// The second part of the key is the last pupil's area, the third its id.
absl::Status GapRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                     std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  absl::CivilDay day;
  ParseDay(query.period, &day);
  ASSIGN_OR_RETURN(const NamedOf named, parts.host.database.Read([&](db::Transaction& tx) {
    return SubjectsNamed(tx, shard, parts.standards.slots, day);
  }));
  const auto add = [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                       std::vector<ReportRow>* added) -> absl::StatusOr<size_t> {
    const AreaRange range = RangeOf(school.area());
    ASSIGN_OR_RETURN(const auto pupils, PupilsBehind(tx, shard, range.lo, range.hi, at->key[1], at->key[2], most));
    for (const PupilRow& pupil : pupils) {
      at->key[1] = pupil.area;
      at->key[2] = pupil.person;
      RETURN_IF_ERROR(AddGap(tx, query, named, school, pupil, at, added));
    }
    return pupils.size();
  };
  RETURN_IF_ERROR(rpc::BySchool(parts.host, query, limit, cursor, rows, add));
  if (cursor->done) {
    *total = Total(6, absl::StrCat("合计 ", cursor->sums[0]), {});
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<ReportCell> SchoolCells(const registry_v1::School& school) {
  return {TextCell(TownshipOf(school.area())), TextCell(school.code()), TextCell(school.display_name())};
}

std::vector<int64_t> ZeroFiguresOf(const v1::ZeroFigures& f) {
  return {f.registered(),    f.present(),       f.on_leave(),        f.suspended(),
          f.home_taught(),   f.suspected_new(), f.suspected_total(), f.dropped_new(),
          f.dropped_total(), f.returned(),      f.relapsed(),        f.transfer_unconfirmed()};
}

std::vector<rpc::ReportColumnSpec> ZeroFigureColumns() {
  return {{"registered", "在籍", "Registered"},
          {"present", "在校", "Present"},
          {"on_leave", "请假", "On leave"},
          {"suspended", "休学", "Suspended"},
          {"home_taught", "送教上门", "Taught at home"},
          {"suspected_new", "新增疑似", "Newly suspected"},
          {"suspected_total", "疑似", "Suspected"},
          {"dropped_new", "新增辍学", "Newly dropped out"},
          {"dropped_total", "辍学", "Dropped out"},
          {"returned", "复学", "Returned"},
          {"relapsed", "再次辍学", "Relapsed"},
          {"transfer_unconfirmed", "转学未确认", "Transfers not confirmed"}};
}

ReportSpec ZeroReportsReport() {
  std::vector<rpc::ReportColumnSpec> columns = {
      {"township", "乡镇代码", "Township"}, {"school_code", "学校代码", "School code"}, {"school", "学校", "School"}};
  const auto figures = ZeroFigureColumns();
  columns.insert(columns.end(), figures.begin(), figures.end());
  columns.insert(columns.end(),
                 {{"signed_on", "签报日期", "Signed on"}, {"late", "逾期", "Late"}, {"version", "版本", "Version"}});
  return {.kind = v1::REPORT_KIND_ZERO_REPORTS,
          .id = "zero-reports",
          .title_zh = "控辍保学清零月报汇总表",
          .period = rpc::ReportPeriod::kMonth,
          .below_county = true,
          .key_parts = 2,
          .sums = kZeroFigures,
          .columns = std::move(columns),
          .rows = ZeroReportRows};
}

ReportSpec MissingReportsReport() {
  return {.kind = v1::REPORT_KIND_MISSING_REPORTS,
          .id = "missing-reports",
          .title_zh = "未报清零月报学校名单",
          .period = rpc::ReportPeriod::kMonth,
          .below_county = true,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"due_on", "报送期限", "Due on"},
                      {"state", "状态", "State"}},
          .rows = MissingRows};
}

ReportSpec UnmarkedClassesReport() {
  return {.kind = v1::REPORT_KIND_UNMARKED_CLASSES,
          .id = "unmarked-classes",
          .title_zh = "未考勤班级名单",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"class", "班级", "Class"},
                      {"sessions", "未考勤时段", "Sessions"}},
          .rows = UnmarkedRows};
}

ReportSpec ResponsibilityGapsReport() {
  return {.kind = v1::REPORT_KIND_RESPONSIBILITY_GAPS,
          .id = "responsibility-gaps",
          .title_zh = "无责任人学生名单",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .key_parts = 3,
          .sums = 1,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"lines", "缺责任人", "Lines without a name"}},
          .rows = GapRows};
}

}  // namespace ruraledu::dropout_monitoring
