// Reports of rates by county, and of cohorts by school (digest 3.7).
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/rate_facts.h"
#include "services/dropout_monitoring/reports.h"

namespace ruraledu::dropout_monitoring {
namespace {

// --- Rates ----------------------------------------------------------------------------------------------------------
ReportCell Known(bool known, int64_t value) {
  return known ? CountCell(value) : ReportCell();
}

std::string SourceText(v1::FigureSource source) {
  return source == v1::FIGURE_SOURCE_COUNTED ? "系统统计" : source == v1::FIGURE_SOURCE_REPORTED ? "县级上报" : "";
}

void AddRates(const std::string& region, const std::vector<v1::RateResult>& results, std::vector<ReportRow>* rows) {
  for (const v1::RateResult& one : results) {
    const v1::RateSide& below = one.denominator();
    rows->push_back(
        RowOf({TextCell(region), TextCell(EnumText(one.indicator())), TextCell(IndicatorLabel(one.indicator())),
               CountCell(one.rate().numerator()), CountCell(one.rate().denominator()), TextCell(one.percent()),
               Known(below.has_counted(), below.counted()), Known(below.has_reported(), below.reported()),
               TextCell(SourceText(below.counts())), TextCell(absl::StrJoin(one.flags(), " ")), TextCell(one.reason()),
               TextCell(absl::StrJoin(one.left_out(), " "))}));
  }
}

absl::Status RateRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                      std::vector<ReportRow>* rows, ReportRow*) {
  const RateParts rates{parts.host, parts.standards, query.today};
  ASSIGN_OR_RETURN(const SchoolYear year, ParseRateYear(rates, query.period));
  ASSIGN_OR_RETURN(const auto counties, RatesByCounty(rates, query.area, year));
  for (const auto& [county, results] : counties) {
    AddRates(county, results, rows);
  }
  if (CountyOf(query.area).empty()) {
    AddRates(query.area, SumOf(rates, query.area, year, counties), rows);
  }
  cursor->done = true;
  return absl::OkStatus();
}

// --- Cohorts --------------------------------------------------------------------------------------------------------
int64_t InClass(const v1::CohortCounts& counts) {
  int64_t sum = 0;
  for (const v1::GradeCount& now : counts.now()) {
    sum += now.pupils();
  }
  return sum;
}

// In the order of the columns.
std::vector<int64_t> FiguresIn(const v1::CohortCounts& counts) {
  return {counts.entrants(),   counts.transferred_in(), counts.cohort_in(), counts.transferred_out(),
          counts.cohort_out(), counts.deaths(),         counts.dropouts(),  counts.returned(),
          counts.suspended(),  InClass(counts),         counts.graduates(), counts.unexplained()};
}
constexpr size_t kFigures = 12;

std::string GradesText(const v1::CohortCounts& counts) {
  std::vector<std::string> grades;
  for (const v1::GradeCount& now : counts.now()) {
    grades.push_back(absl::StrCat(now.grade(), "年级:", now.pupils()));
  }
  return absl::StrJoin(grades, "、");
}

ReportRow CohortRow(const std::vector<ReportCell>& names, const std::vector<int64_t>& figures, std::string_view grades,
                    std::string_view reason) {
  std::vector<ReportCell> cells = names;
  for (const int64_t figure : figures) {
    cells.push_back(CountCell(figure));
  }
  cells.push_back(TextCell(grades));
  cells.push_back(TextCell(reason));
  return RowOf(cells);
}

// The second part of the key says that the school is done.
absl::Status CohortRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                        std::vector<ReportRow>* rows, ReportRow* total) {
  const RateParts rates{parts.host, parts.standards, query.today};
  ASSIGN_OR_RETURN(const SchoolYear year, ParseRateYear(rates, query.period));
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto out,
                   parts.host.database.Read([&](db::Transaction& tx) { return DropoutsByCases(tx, shard); }));
  RETURN_IF_ERROR(rpc::BySchool(
      parts.host, query, limit, cursor, rows,
      [&](db::Transaction& tx, const ruraledu::registry::v1::School& school, int64_t, ReportCursor* at,
          std::vector<ReportRow>* added) -> absl::StatusOr<size_t> {
        if (!at->key[1].empty()) {
          return size_t{0};
        }
        ASSIGN_OR_RETURN(const auto cohorts, CohortsOf(rates, tx, out, school, year));
        for (const v1::Cohort& cohort : cohorts) {
          const std::vector<int64_t> figures = FiguresIn(cohort.counts());
          added->push_back(CohortRow(
              {TextCell(TownshipOf(cohort.area())), TextCell(cohort.school_code()), TextCell(cohort.display_name()),
               TextCell(LevelLabel(cohort.level())), TextCell(cohort.entry_year())},
              figures, GradesText(cohort.counts()), cohort.reason()));
          for (size_t i = 0; i < kFigures; ++i) {
            at->sums[i] += figures[i];
          }
        }
        at->key[1] = "done";
        return cohorts.size();
      }));
  if (cursor->done) {
    *total = CohortRow({TextCell("合计"), {}, {}, {}, {}}, cursor->sums, "", "");
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec RatesReport() {
  return {.kind = v1::REPORT_KIND_RATES,
          .id = "rates",
          .title_zh = "义务教育巩固率、辍学率与入学率统计表",
          .period = rpc::ReportPeriod::kSchoolYear,
          .columns = {{"region", "区划代码", "Region"},
                      {"indicator", "指标代码", "Indicator"},
                      {"indicator_label", "指标", "Indicator in words"},
                      {"numerator", "分子", "Numerator"},
                      {"denominator", "分母", "Denominator"},
                      {"rate", "比率", "Rate"},
                      {"counted", "分母（系统统计）", "Denominator as counted"},
                      {"reported", "分母（县级上报）", "Denominator as reported"},
                      {"source", "采用口径", "Which one counts"},
                      {"flags", "标记", "Flags"},
                      {"reason", "不适用原因", "Why not applicable"},
                      {"left_out", "未计入县区", "Counties left out"}},
          .rows = RateRows};
}

ReportSpec CohortsReport() {
  return {.kind = v1::REPORT_KIND_COHORTS,
          .id = "cohorts",
          .title_zh = "学校学生入学年级变动情况表",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .key_parts = 2,
          .sums = kFigures,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"level", "学段", "Level"},
                      {"entry_year", "入学学年", "School year of entry"},
                      {"entrants", "入学人数", "Entrants"},
                      {"transferred_in", "转入", "Transferred in"},
                      {"cohort_in", "由其他年级转入", "From another cohort"},
                      {"transferred_out", "转出", "Transferred out"},
                      {"cohort_out", "转入其他年级", "To another cohort"},
                      {"deaths", "死亡", "Died"},
                      {"dropouts", "辍学", "Dropped out"},
                      {"returned", "复学", "Returned"},
                      {"suspended", "休学", "Suspended"},
                      {"now", "在校", "In class"},
                      {"graduates", "毕业、结业", "Graduated or completed"},
                      {"unexplained", "去向不明", "Left, not known where to"},
                      {"grades", "在校（按年级）", "In class by grade"},
                      {"reason", "说明", "Remark"}},
          .rows = CohortRows};
}

}  // namespace ruraledu::dropout_monitoring
