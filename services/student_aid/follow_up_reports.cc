// Reports of pupils who study elsewhere (2.10) and of publicity (PS-5b, AL-5c).
#include <algorithm>
#include <map>
#include <tuple>

#include "services/student_aid/outward_rules.h"
#include "services/student_aid/outward_store.h"
#include "services/student_aid/publicity_rules.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

// Rows of each county within the area, one snapshot per county.
template <typename AddRows>
absl::Status ByCounty(const ReportParts& parts, const ReportQuery& query, AddRows add) {
  ASSIGN_OR_RETURN(const auto shards,
                   parts.host.database.Read([&](db::Transaction& tx) { return CountiesOfReport(tx, query.area); }));
  for (const std::string& shard : shards) {
    RETURN_IF_ERROR(parts.host.database.Read([&](db::Transaction& tx) { return add(tx, shard); }));
  }
  return absl::OkStatus();
}

struct CaseSums {
  int64_t cases = 0, asked = 0, answered = 0, aided = 0, not_aided = 0, not_found = 0, backfilled = 0, settled = 0;

  void Add(const v1::OutwardCase& one) {
    ++cases;
    asked += one.letters() > 0 ? 1 : 0;
    answered += one.has_answered_on() ? 1 : 0;
    aided += one.result() == v1::OUTWARD_RESULT_AIDED_THERE ? 1 : 0;
    not_aided += one.result() == v1::OUTWARD_RESULT_NOT_AIDED_THERE ? 1 : 0;
    not_found += one.result() == v1::OUTWARD_RESULT_NOT_FOUND ? 1 : 0;
    backfilled += one.result() == v1::OUTWARD_RESULT_BACKFILLED_HOME ? 1 : 0;
    settled += Settled(one) ? 1 : 0;
  }
  reports_v1::ReportRow Row(const std::string& county, const std::string& other, const std::string& name) const {
    return RowOf({TextCell(county), TextCell(other), TextCell(name), CountCell(cases), CountCell(asked),
                  CountCell(answered), CountCell(aided), CountCell(not_aided), CountCell(not_found),
                  CountCell(backfilled), CountCell(settled), RateCell(settled, cases)});
  }
};

absl::Status OutwardRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                         std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  CaseSums all;
  RETURN_IF_ERROR(ByCounty(parts, query, [&](db::Transaction& tx, const std::string& shard) -> absl::Status {
    ASSIGN_OR_RETURN(const auto cases, CasesOfTerm(tx, shard, query.period));
    std::map<std::string, CaseSums> by_county;
    for (const v1::OutwardCase& one : cases) {
      if (Counted(one)) {
        by_county[one.other_county()].Add(one);
        all.Add(one);
      }
    }
    for (const auto& [other, sums] : by_county) {
      rows->push_back(sums.Row(shard.substr(1), other, parts.follow_up.NameOf(other)));
    }
    return absl::OkStatus();
  }));
  *total = all.Row("合计", "", "");
  cursor->done = true;
  return absl::OkStatus();
}

reports_v1::ReportRow ReachRow(const std::string& township, const std::string& code, const std::string& school,
                               const Reach& reach) {
  return RowOf({TextCell(township), TextCell(code), TextCell(school), CountCell(reach.activities),
                CountCell(reach.pupils), CountCell(reach.guardians), CountCell(reach.others), CountCell(reach.asked),
                CountCell(reach.aware), RateCell(reach.aware, reach.asked)});
}

// Every open school has a row: one that nothing reached shows zeros. Villages follow by township.
absl::Status PublicityRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                           std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  Reach all;
  RETURN_IF_ERROR(ByCounty(parts, query, [&](db::Transaction& tx, const std::string& shard) -> absl::Status {
    ASSIGN_OR_RETURN(const auto activities, ActivitiesOf(tx, shard, query.period));
    ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
    auto by_school = ReachBySchool(activities);
    using Key = std::tuple<std::string, std::string, std::string>;  // township, code, name
    std::map<Key, Reach> ordered;
    for (const registry_v1::School& school : schools) {
      if (school.state() != registry_v1::SCHOOL_STATE_CLOSED || by_school.contains(school.name())) {
        ordered[{std::string(TownshipOf(school.area())), school.code(), school.display_name()}] +=
            by_school[school.name()];
      }
    }
    for (const v1::PublicityActivity& activity : activities) {
      if (activity.school().empty()) {
        ordered[{std::string(TownshipOf(activity.area())), "", "（村）"}] += ReachOf(activity);
      }
    }
    for (const auto& [key, reach] : ordered) {
      rows->push_back(ReachRow(std::get<0>(key), std::get<1>(key), std::get<2>(key), reach));
      all += reach;
    }
    return absl::OkStatus();
  }));
  *total = ReachRow("合计", "", "", all);
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec OutwardReport() {
  return {.kind = v1::REPORT_KIND_OUTWARD,
          .id = "outward",
          .title_zh = "异地就读资助确认情况表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "户籍县区代码", "Home county"},
                      {"school_county", "就读县区代码", "School county"},
                      {"school_county_name", "就读县区", "School county in words"},
                      {"cases", "应确认人数", "Cases"},
                      {"asked", "已发函人数", "Asked for"},
                      {"answered", "已回函人数", "Answered"},
                      {"aided_there", "就读地已资助", "Aided there"},
                      {"not_aided_there", "就读地未资助", "Not aided there"},
                      {"not_found", "查无此人", "Not found"},
                      {"backfilled", "户籍地已补发", "Paid by the home county"},
                      {"settled", "已确认人数", "Confirmed"},
                      {"rate", "确认率", "Confirmation rate"}},
          .rows = OutwardRows};
}

ReportSpec PublicityReport() {
  return {.kind = v1::REPORT_KIND_PUBLICITY,
          .id = "publicity",
          .title_zh = "资助政策宣传覆盖情况表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"activities", "宣传次数", "Activities"},
                      {"pupils", "学生人次", "Pupils"},
                      {"guardians", "家长人次", "Guardians"},
                      {"others", "其他人次", "Others"},
                      {"asked", "问卷人数", "Asked"},
                      {"aware", "知晓人数", "Aware"},
                      {"awareness", "知晓率", "Awareness rate"}},
          .rows = PublicityRows};
}

}  // namespace ruraledu::student_aid
