// Reports of the enrolment drive: by school on a day, and the children of the lists.
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/crypto/masking.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/enrolment_facts.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/rate_rules.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kDailyFigures = 7;

// Of one school and level.
struct Daily {
  int64_t expected = 0, first_day = 0, on_day = 0, here = 0, known_elsewhere = 0, not_yet = 0, from_elsewhere = 0;

  std::vector<int64_t> figures() const {
    return {expected, first_day, on_day, here, known_elsewhere, not_yet, from_elsewhere};
  }
};
using DailyRows = std::map<std::pair<std::string, std::string>, Daily>;  // by school id and level

void Add(const ExpectedGroup& group, const std::string& day, const std::string& first_day, DailyRows* rows) {
  const bool settled = !group.settled_on.empty() && group.settled_on <= day;
  const bool here = settled && group.at_school == group.school && !group.school.empty();
  Daily& mine = (*rows)[{group.school, group.level}];
  mine.expected += group.children;
  mine.first_day += here && group.settled_on <= first_day ? group.children : 0;
  mine.on_day += here && group.settled_on == day ? group.children : 0;
  mine.here += here ? group.children : 0;
  mine.known_elsewhere += settled && !here ? group.children : 0;
  mine.not_yet += settled ? 0 : group.children;
  if (settled && !here && !group.at_school.empty()) {
    (*rows)[{group.at_school, group.level}].from_elsewhere += group.children;
  }
}

std::string LevelLabelOf(const std::string& level) {
  return level == EnumText(v1::SCHOOL_LEVEL_PRIMARY) ? "小学" : "初中";
}

void AddRow(const std::vector<ReportCell>& names, const std::string& level, const Daily& daily, ReportCursor* cursor,
            std::vector<ReportRow>* rows) {
  std::vector<ReportCell> cells = names;
  cells.push_back(TextCell(LevelLabelOf(level)));
  const auto figures = daily.figures();
  for (size_t i = 0; i < figures.size(); ++i) {
    cells.push_back(CountCell(figures[i]));
    cursor->sums[i] += figures[i];
  }
  rows->push_back(RowOf(cells));
}

absl::Status DailyReportRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                             std::vector<ReportRow>* rows, ReportRow* total) {
  absl::CivilDay day;
  ParseDay(query.period, &day);
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  const SchoolYear year = parts.standards.terms.SchoolYearOf(day);
  ASSIGN_OR_RETURN(const EnrolmentFacts facts,
                   EnrolmentFacts::Of(parts.host, parts.standards, shard, year, query.today));
  DailyRows daily;
  std::vector<registry_v1::School> schools;
  RETURN_IF_ERROR(parts.host.database.Read([&](db::Transaction& tx) -> absl::Status {
    daily.clear();
    ASSIGN_OR_RETURN(schools, rpc::SchoolsInOrder(tx, shard));
    ASSIGN_OR_RETURN(const auto groups, GroupsExpected(tx, shard, year.text()));
    for (const ExpectedGroup& group : groups) {
      const bool primary = group.level == EnumText(v1::SCHOOL_LEVEL_PRIMARY);
      const DriveDays days = facts.days(primary ? v1::SCHOOL_LEVEL_PRIMARY : v1::SCHOOL_LEVEL_JUNIOR);
      Add(group, query.period, DayText(days.from), &daily);
    }
    return absl::OkStatus();
  }));
  for (const registry_v1::School& school : schools) {
    for (const auto& [key, figures] : daily) {
      if (key.first == feed::IdOfName(school.name()) && RangeOf(query.area).Contains(school.area())) {
        AddRow({TextCell(TownshipOf(school.area())), TextCell(school.code()), TextCell(school.display_name())},
               key.second, figures, cursor, rows);
      }
    }
  }
  for (const auto& [key, figures] : daily) {
    if (key.first.empty() && query.area == CountyOf(query.area)) {
      AddRow({TextCell(query.area), TextCell(""), TextCell("未划定学校")}, key.second, figures, cursor, rows);
    }
  }
  std::vector<ReportCell> cells = {TextCell("合计"), {}, {}, {}};
  for (const int64_t sum : cursor->sums) {
    cells.push_back(CountCell(sum));
  }
  *total = RowOf(cells);
  cursor->done = true;
  return absl::OkStatus();
}

// --- Children -------------------------------------------------------------------------------------------------------
std::string StateLabelOf(v1::ExpectedState state) {
  constexpr std::string_view kLabels[] = {"",           "应到未到",           "已报到",  "已注册学籍", "县外就读",
                                          "延缓或免学", "逾期未报到（疑似）", "不再列入"};
  return std::string(kLabels[state]);
}

ReportRow ChildRow(const v1::ExpectedChild& child, const std::map<std::string, std::string>& schools, bool unmask) {
  const auto name_of = [&](const std::string& school) {
    const auto found = schools.find(school);
    return found == schools.end() ? std::string() : found->second;
  };
  const std::string& at = child.reported_school().empty() ? child.registered_school() : child.reported_school();
  return RowOf({TextCell(child.area()), TextCell(LevelLabelOf(EnumText(child.level()))), TextCell(child.village()),
                TextCell(name_of(child.former_school())), TextCell(name_of(child.school())),
                TextCell(unmask ? child.display_name() : crypto::MaskName(child.display_name())),
                TextCell(child.notice().number()), DayCell(child.notice().issued_on()),
                TextCell(StateLabelOf(child.state())), TextCell(name_of(at)), DayCell(child.settled_on()),
                DayCell(child.suspected_on()), TextCell(feed::IdOfName(child.case_name()))});
}

absl::StatusOr<std::vector<v1::ExpectedChild>> ReadChildren(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            const std::string& shard, const std::string& school_year,
                                                            const std::string& after, int64_t limit,
                                                            std::map<std::string, std::string>* schools) {
  ASSIGN_OR_RETURN(const auto all, AllSchools(tx, shard));
  for (const registry_v1::School& school : all) {
    (*schools)[school.name()] = school.display_name();
  }
  return ExpectedBehind(tx, sealer, shard, school_year, after, limit);
}

// The only part of the key is the id of the child.
absl::Status ChildRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                       std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  std::map<std::string, std::string> schools;
  ASSIGN_OR_RETURN(const auto children, parts.host.database.Read([&](db::Transaction& tx) {
    return ReadChildren(tx, *sealer, shard, query.period, cursor->key[0], limit, &schools);
  }));
  for (const v1::ExpectedChild& child : children) {
    cursor->key[0] = std::string(feed::IdOfName(child.name()));
    if (RangeOf(query.area).Contains(child.area())) {
      rows->push_back(ChildRow(child, schools, query.unmask));
      cursor->sums[0] += 1;
    }
  }
  cursor->done = children.empty();
  if (cursor->done) {
    std::vector<ReportCell> cells(13);
    cells[0] = TextCell(absl::StrCat("合计 ", cursor->sums[0]));
    *total = RowOf(cells);
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec EnrolmentDailyReport() {
  return {.kind = v1::REPORT_KIND_ENROLMENT_DAILY,
          .id = "enrolment-daily",
          .title_zh = "新生报到情况日报表",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .sums = kDailyFigures,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"level", "学段", "Level"},
                      {"expected", "应报到", "Expected"},
                      {"first_day", "首日报到", "Reported by the first day"},
                      {"on_day", "当日报到", "Reported on the day"},
                      {"reported", "累计报到", "Reported"},
                      {"elsewhere", "已知去向", "Destination known"},
                      {"not_yet", "未报到", "Not yet"},
                      {"from_elsewhere", "他校对口生", "Expected elsewhere"}},
          .rows = DailyReportRows};
}

ReportSpec ExpectedChildrenReport() {
  return {.kind = v1::REPORT_KIND_EXPECTED_CHILDREN,
          .id = "expected-children",
          .title_zh = "应入学儿童少年名册",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .key_parts = 1,
          .sums = 1,
          .columns = {{"area", "区域", "Area"},
                      {"level", "学段", "Level"},
                      {"village", "村代码", "Village"},
                      {"former_school", "毕业小学", "School that is left"},
                      {"school", "对口学校", "School"},
                      {"name", "姓名", "Name"},
                      {"notice", "通知书编号", "Number of the notice"},
                      {"issued_on", "签发日期", "Issued on"},
                      {"state", "状态", "State"},
                      {"at_school", "就读学校", "Where it is"},
                      {"settled_on", "报到或落实日期", "Known since"},
                      {"suspected_on", "列为疑似日期", "Suspected on"},
                      {"case", "个案编号", "Case"}},
          .rows = ChildRows};
}

}  // namespace ruraledu::dropout_monitoring
