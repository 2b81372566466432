// Reports of the mirror of the national system: both sides by school and project, differences by pupil.
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/crypto/masking.h"
#include "services/student_aid/mirror_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"

namespace ruraledu::student_aid {
namespace {

// --- Both sides -----------------------------------------------------------------------------------------------------
std::vector<reports_v1::ReportCell> CellsOf(const MirrorSums& sums) {
  return {CountCell(sums.our_rows),
          AmountCell(sums.our_fen),
          CountCell(sums.their_rows),
          AmountCell(sums.their_fen),
          CountCell(sums.their_rows - sums.our_rows),
          AmountCell(sums.their_fen - sums.our_fen),
          CountCell(sums.agreed),
          CountCell(sums.open),
          CountCell(sums.worked_off)};
}

reports_v1::ReportRow RowWith(std::vector<reports_v1::ReportCell> names, const MirrorSums& sums) {
  const auto figures = CellsOf(sums);
  names.insert(names.end(), figures.begin(), figures.end());
  return RowOf(names);
}

void AddTo(const MirrorSums& one, MirrorSums* sum) {
  sum->our_rows += one.our_rows;
  sum->our_fen += one.our_fen;
  sum->their_rows += one.their_rows;
  sum->their_fen += one.their_fen;
  sum->agreed += one.agreed;
  sum->open += one.open;
  sum->worked_off += one.worked_off;
}

absl::Status MirrorRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                        std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  MirrorSums sum;
  RETURN_IF_ERROR(ByCounty(
      parts.host, query, cursor, rows, [&](db::Transaction& tx, const std::string& shard, auto* added) -> absl::Status {
        ASSIGN_OR_RETURN(auto sums, MirrorSumsOf(tx, shard, query.period));
        ASSIGN_OR_RETURN(const auto schools, SchoolsInOrder(tx, shard));
        const auto add = [&](const std::string& area, std::string_view code, std::string_view name) {
          for (auto one = sums.lower_bound({area, ""}); one != sums.end() && one->first.area == area;
               one = sums.erase(one)) {
            added->push_back(RowWith({TextCell(shard.substr(1)), TextCell(code), TextCell(name), TextCell(query.period),
                                      TextCell(one->first.project)},
                                     one->second));
            AddTo(one->second, &sum);
          }
        };
        for (const registry_v1::School& school : schools) {
          add(school.area(), school.code(), school.display_name());
        }
        while (!sums.empty()) {  // of schools that nobody knows any more
          add(std::string(sums.begin()->first.area), "", "");
        }
        return absl::OkStatus();
      }));
  *total = RowWith({TextCell("合计"), {}, {}, {}, {}}, sum);
  return absl::OkStatus();
}

// --- Differences ----------------------------------------------------------------------------------------------------
enum DifferenceSum { kRows, kOpen, kReported, kVerified, kDifferenceSums };

std::string_view ReasonLabel(v1::MirrorReason reason) {
  switch (reason) {
    case v1::MIRROR_REASON_MISSING_THERE:
      return "国家系统缺少";
    case v1::MIRROR_REASON_MISSING_HERE:
      return "本系统缺少";
    case v1::MIRROR_REASON_OTHER_AMOUNT:
      return "金额不一致";
    case v1::MIRROR_REASON_OTHER_LEVEL:
      return "困难等级不一致";
    case v1::MIRROR_REASON_DUPLICATE_THERE:
      return "国家系统重复";
    case v1::MIRROR_REASON_UNKNOWN_PERSON:
      return "查无此人";
    default:
      return "";
  }
}

std::string_view PaidLabel(v1::MirrorPaidValue value) {
  switch (value) {
    case v1::MIRROR_PAID_VALUE_BOTH:
      return "两者一致";
    case v1::MIRROR_PAID_VALUE_REPORTED:
      return "按上报";
    case v1::MIRROR_PAID_VALUE_VERIFIED:
      return "按国家系统";
    case v1::MIRROR_PAID_VALUE_NEITHER:
      return "均不一致";
    case v1::MIRROR_PAID_VALUE_NOTHING:
      return "未发放";
    default:
      return "";
  }
}

std::string_view StateLabel(const v1::MirrorEntry& entry) {
  if (entry.state() == v1::MIRROR_ENTRY_STATE_OPEN) {
    return "未处理";
  }
  return entry.resolution() == v1::MIRROR_RESOLUTION_CORRECTED_HERE    ? "本系统已更正"
         : entry.resolution() == v1::MIRROR_RESOLUTION_CORRECTED_THERE ? "国家系统已更正"
                                                                       : "已认可";
}

absl::Status AddDifferences(const ReportQuery& query, db::Transaction& tx, const std::vector<db::Row>& found,
                            std::string_view code, std::string_view school, ReportCursor* cursor,
                            std::vector<reports_v1::ReportRow>* rows) {
  for (const db::Row& row : found) {
    v1::MirrorEntry entry;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kMirrorEntries, row.Text(0), nullptr, &entry));
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, absl::StrCat("c", CountyOf(query.area)), entry.person()));
    const std::string name = place.has_value() ? place->display_name : "";
    rows->push_back(
        RowOf({TextCell(TownshipOf(entry.area())), TextCell(code), TextCell(school), TextCell(entry.person()),
               TextCell(query.unmask ? name : crypto::MaskName(name)), TextCell(entry.project()),
               TextCell(EnumText(entry.reason())), TextCell(ReasonLabel(entry.reason())),
               AmountCell(entry.reported_fen()), AmountCell(entry.verified_fen()), AmountCell(entry.paid_fen()),
               TextCell(PaidLabel(entry.paid_value())), DayCell(entry.found_on()), TextCell(StateLabel(entry)),
               TextCell(entry.resolved_by()), DayCell(entry.resolved_on())}));
    cursor->sums[kRows] += 1;
    cursor->sums[kOpen] += entry.state() == v1::MIRROR_ENTRY_STATE_OPEN ? 1 : 0;
    cursor->sums[kReported] += entry.reported_fen();
    cursor->sums[kVerified] += entry.verified_fen();
  }
  return absl::OkStatus();
}

absl::Status DifferencesRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                             std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  const std::string county(CountyOf(query.area)), shard = absl::StrCat("c", county);
  RETURN_IF_ERROR(BySchool(
      parts.host, query, limit, cursor, rows,
      [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
          std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
        ASSIGN_OR_RETURN(const auto found,
                         MirrorDifferencesWithin(tx, shard, query.period, RangeOf(school.area()), at->key[1], most));
        RETURN_IF_ERROR(AddDifferences(query, tx, found, school.code(), school.display_name(), at, added));
        at->key[1] = found.empty() ? at->key[1] : found.back().Text(0);
        return found.size();
      }));
  if (!cursor->done) {
    return absl::OkStatus();
  }
  if (query.area == county) {  // of nobody's school: they stand behind
    RETURN_IF_ERROR(parts.host.database.Read([&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto found, MirrorDifferencesWithin(tx, shard, query.period, {county, county + "0"}, "",
                                                                 std::numeric_limits<int64_t>::max()));
      return AddDifferences(query, tx, found, "", "", cursor, rows);
    }));
  }
  *total = RowOf({TextCell("合计"),
                  {},
                  {},
                  {},
                  {},
                  {},
                  {},
                  TextCell(absl::StrCat(cursor->sums[kRows], " 项，未处理 ", cursor->sums[kOpen], " 项")),
                  AmountCell(cursor->sums[kReported]),
                  AmountCell(cursor->sums[kVerified]),
                  {},
                  {},
                  {},
                  {},
                  {},
                  {}});
  return absl::OkStatus();
}

}  // namespace

ReportSpec MirrorReport() {
  return {.kind = v1::REPORT_KIND_MIRROR,
          .id = "mirror",
          .title_zh = "全国学生资助管理信息系统对账表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "县区代码", "County"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"term", "学期", "Term"},
                      {"project", "资助项目", "Project of the national system"},
                      {"our_rows", "本系统人次", "Reported"},
                      {"our_fen", "本系统金额（元）", "Reported amount"},
                      {"their_rows", "国家系统人次", "There"},
                      {"their_fen", "国家系统金额（元）", "Amount there"},
                      {"rows_differ", "人次差", "Difference"},
                      {"fen_differs", "金额差（元）", "Difference of amounts"},
                      {"agreed", "一致", "Agreed"},
                      {"open", "未处理差异", "Open differences"},
                      {"worked_off", "已处理差异", "Worked off"}},
          .rows = MirrorRows};
}

ReportSpec MirrorDifferencesReport() {
  return {.kind = v1::REPORT_KIND_MIRROR_DIFFERENCES,
          .id = "mirror-differences",
          .title_zh = "全国学生资助管理信息系统对账差异名单",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 2,
          .sums = kDifferenceSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"project", "资助项目", "Project of the national system"},
                      {"reason", "差异代码", "Reason"},
                      {"reason_label", "差异", "Reason in words"},
                      {"reported_fen", "上报金额（元）", "Reported"},
                      {"verified_fen", "国家系统金额（元）", "There"},
                      {"paid_fen", "实发金额（元）", "Paid"},
                      {"paid_value", "发放依据", "Which value was paid"},
                      {"found_on", "发现日期", "Found on"},
                      {"state", "处理情况", "What was done"},
                      {"resolved_by", "处理人", "By"},
                      {"resolved_on", "处理日期", "On"}},
          .rows = DifferencesRows};
}

}  // namespace ruraledu::student_aid
