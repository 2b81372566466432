// What GetMonthRollUp and GetClearance say of a county, by county of a city or province (digest 3.6, DR-31).
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/report_facts.h"
#include "services/dropout_monitoring/reports.h"

namespace ruraledu::dropout_monitoring {
namespace {

// Code and name of a county: the first columns.
constexpr size_t kNames = 2;
std::vector<ReportCell> CountyCells(const ReportParts& parts, const std::string& shard, absl::CivilDay on) {
  const Region* region = parts.standards.regions->Find(RegionOfShard(shard), on);
  return {TextCell(shard.substr(1)), TextCell(region == nullptr ? "" : region->name)};
}

// Sums of `counts` columns behind the names.
ReportRow SumOf(const std::vector<ReportRow>& rows, size_t counts, size_t columns) {
  std::vector<ReportCell> cells(columns);
  cells[0] = TextCell(absl::StrCat("合计 ", rows.size()));
  for (size_t i = kNames; i < kNames + counts; ++i) {
    int64_t sum = 0;
    for (const ReportRow& row : rows) {
      sum += row.cells(static_cast<int>(i)).count();
    }
    cells[i] = CountCell(sum);
  }
  return RowOf(cells);
}

// --- Zero reports of a month ----------------------------------------------------------------------------------------
absl::Status RollUpRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                        std::vector<ReportRow>* rows, ReportRow* total) {
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(query.period));
  const ReportFacts facts{parts.host, parts.standards, query.today};
  RETURN_IF_ERROR(rpc::ByCounty(
      parts.host, query, cursor, rows,
      [&](db::Transaction& tx, const std::string& shard, std::vector<ReportRow>* added) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::MonthRollUp sum, MonthSum(tx, facts, shard, month));
        std::vector<ReportCell> cells = CountyCells(parts, shard, query.today);
        for (const int64_t count :
             {int64_t{sum.schools()}, int64_t{sum.reported()}, int64_t{sum.late()}, int64_t{sum.missing_size()}}) {
          cells.push_back(CountCell(count));
        }
        for (const int64_t figure : ZeroFiguresOf(sum.figures())) {
          cells.push_back(CountCell(figure));
        }
        cells.push_back(DayCell(sum.due_on()));
        cells.push_back(TextCell(sum.missing().empty() ? "已报齐" : sum.overdue() ? "逾期未报" : "未报齐"));
        added->push_back(RowOf(cells));
        return absl::OkStatus();
      }));
  *total = SumOf(*rows, 4 + ZeroFigureColumns().size(), ZeroRollUpReport().columns.size());
  return absl::OkStatus();
}

// --- Cleared state of a day -----------------------------------------------------------------------------------------
std::string YesNo(const v1::ClearanceColumn& column) {
  return column.cleared() ? "是" : "否";
}

std::string WhyNot(const v1::Clearance& state) {
  std::vector<std::string> reasons;
  if (state.total().dropouts() > 0) {
    reasons.push_back(absl::StrCat("辍学 ", state.total().dropouts(), " 人"));
  }
  if (state.missing_reports() > 0) {
    reasons.push_back(absl::StrCat("缺报月报 ", state.missing_reports(), " 份"));
  }
  return absl::StrJoin(reasons, "；");
}

absl::Status ClearanceRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                           std::vector<ReportRow>* rows, ReportRow* total) {
  absl::CivilDay on;
  ParseDay(query.period, &on);
  if (on > query.today) {
    return Fail("DISCOVERED_IN_FUTURE", {{"today", DayText(query.today)}});
  }
  const ReportFacts facts{parts.host, parts.standards, query.today};
  RETURN_IF_ERROR(rpc::ByCounty(
      parts.host, query, cursor, rows,
      [&](db::Transaction& tx, const std::string& shard, std::vector<ReportRow>* added) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::Clearance state, ClearanceOn(tx, facts, shard, on));
        std::vector<ReportCell> cells = CountyCells(parts, shard, on);
        for (const int64_t count : {int64_t{state.total().dropouts()}, int64_t{state.out_of_poverty().dropouts()},
                                    int64_t{state.monitored().dropouts()}, int64_t{state.total().suspected()},
                                    int64_t{state.total().on_trial()}, int64_t{state.missing_reports()}}) {
          cells.push_back(CountCell(count));
        }
        cells.push_back(TextCell(YesNo(state.total())));
        cells.push_back(TextCell(YesNo(state.out_of_poverty())));
        cells.push_back(TextCell(YesNo(state.monitored())));
        cells.push_back(TextCell(WhyNot(state)));
        added->push_back(RowOf(cells));
        return absl::OkStatus();
      }));
  *total = SumOf(*rows, 6, ClearanceReport().columns.size());
  return absl::OkStatus();
}

}  // namespace

ReportSpec ZeroRollUpReport() {
  std::vector<rpc::ReportColumnSpec> columns = {{"region", "区划代码", "Region"},
                                                {"name", "县区", "County"},
                                                {"schools", "应报学校", "Schools"},
                                                {"reported", "已报", "Reported"},
                                                {"late_reports", "逾期已报", "Reported late"},
                                                {"missing", "未报", "Missing"}};
  const auto figures = ZeroFigureColumns();
  columns.insert(columns.end(), figures.begin(), figures.end());
  columns.insert(columns.end(), {{"due_on", "上报期限", "By"}, {"state", "报送情况", "State"}});
  return {.kind = v1::REPORT_KIND_ZERO_ROLL_UP,
          .id = "zero-roll-up",
          .title_zh = "控辍保学清零月报分县汇总表",
          .period = rpc::ReportPeriod::kMonth,
          .columns = std::move(columns),
          .rows = RollUpRows};
}

ReportSpec ClearanceReport() {
  return {.kind = v1::REPORT_KIND_CLEARANCE,
          .id = "clearance",
          .title_zh = "控辍保学清零情况分县统计表",
          .period = rpc::ReportPeriod::kDay,
          .columns = {{"region", "区划代码", "Region"},
                      {"name", "县区", "County"},
                      {"dropouts", "辍学", "Dropped out"},
                      {"out_of_poverty", "其中脱贫户", "Of out-of-poverty households"},
                      {"monitored", "其中监测户", "Of monitored households"},
                      {"suspected", "疑似", "Suspected"},
                      {"on_trial", "复学观察", "On trial return"},
                      {"missing_reports", "缺报月报", "Missing reports"},
                      {"cleared", "是否清零", "Cleared"},
                      {"cleared_out_of_poverty", "脱贫户是否清零", "Cleared, out of poverty"},
                      {"cleared_monitored", "监测户是否清零", "Cleared, monitored"},
                      {"why_not", "未清零原因", "Why not"}},
          .rows = ClearanceRows};
}

}  // namespace ruraledu::dropout_monitoring
