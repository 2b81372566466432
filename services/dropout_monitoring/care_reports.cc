// Disabled children with their placement, and dossiers of children left behind or in difficulty (PS-7a, XJ-7a).
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/area_pages.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/placement_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

// --- Disabled children ----------------------------------------------------------------------------------------------
absl::StatusOr<std::string> NameOf(const AreaPage& page, const v1::DisabledChild& child) {
  return child.person().empty() ? absl::StatusOr<std::string>(child.child().display_name())
                                : NameOfChild(page.tx, page.sealer, page.shard, child.person());
}

absl::StatusOr<std::optional<ReportRow>> ChildRow(const CareStandards& care, const ReportQuery& query,
                                                  absl::CivilDay on, const AreaPage& page,
                                                  const v1::DisabledChild& child) {
  if (child.gone()) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const std::string name, NameOf(page, child));
  std::vector<std::string> sources, findings;
  for (const int source : child.sources()) {
    sources.emplace_back(source == v1::DISABLED_SOURCE_FEDERATION ? "残联名册" : "学籍");
  }
  for (const v1::PlacementFinding& finding : child.findings()) {
    findings.push_back(PlacementFindingLabel(finding.code()));
  }
  const v1::Placement* held = PlacementInForce(child, on);
  const v1::Placement placement = held == nullptr ? v1::Placement() : *held;
  const v1::PlacementKind* kind = care.placements.Kind(placement.kind());
  std::vector<ReportCell> cells = page.places.CellsOf(child.area());
  cells.push_back(NameCell(query, name));
  cells.push_back(TextCell(child.stage()));
  cells.push_back(TextCell(child.grade()));
  cells.push_back(YesNoCell(child.registered()));
  cells.push_back(TextCell(absl::StrJoin(sources, "、")));
  cells.push_back(HiddenCell(query, LabelIn(care.placements.disabilities, child.disability().kind())));
  cells.push_back(HiddenCell(query, LabelIn(care.disability_grades, child.disability().grade())));
  cells.push_back(HiddenCell(query, kind == nullptr ? placement.kind() : kind->label_zh()));
  cells.push_back(HiddenCell(query, page.places.SchoolNamed(placement.school())));
  cells.push_back(query.unmask ? DayCell(placement.from()) : ReportCell());
  cells.push_back(query.unmask ? DayCell(placement.until()) : ReportCell());
  cells.push_back(TextCell(absl::StrJoin(findings, "、")));
  return RowOf(cells);
}

absl::Status ChildRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                       std::vector<ReportRow>* rows, ReportRow* total) {
  absl::CivilDay on;
  ParseDay(query.period, &on);
  return ByArea<v1::DisabledChild>(parts, query, kDisabledChildren, "", DisabledChildrenReport().columns.size(), limit,
                                   cursor, rows, total, [&](const AreaPage& page, const v1::DisabledChild& child) {
                                     return ChildRow(parts.standards.care, query, on, page, child);
                                   });
}

// --- Dossiers -------------------------------------------------------------------------------------------------------
std::string LeftBehindLabel(int left_behind) {
  constexpr std::string_view kLabels[] = {"否", "单亲外出", "双亲外出"};
  return left_behind < 0 || left_behind > 2 ? "" : std::string(kLabels[left_behind]);
}

absl::StatusOr<std::optional<ReportRow>> DossierRow(const CareBook& care, const ReportQuery& query,
                                                    absl::CivilDay term_began, const AreaPage& page,
                                                    const v1::Dossier& dossier) {
  ASSIGN_OR_RETURN(const std::string name, NameOfChild(page.tx, page.sealer, page.shard, dossier.person()));
  std::vector<std::string> kinds;
  for (const std::string& kind : dossier.kinds()) {
    kinds.push_back(LabelIn(care.kinds, kind));
  }
  const auto reviewed = DayOf(dossier.reviewed_on());
  std::vector<ReportCell> cells = page.places.CellsOf(dossier.area());
  cells.push_back(TextCell(dossier.township()));
  cells.push_back(NameCell(query, name));
  cells.push_back(TextCell(LeftBehindLabel(dossier.left_behind_education())));
  cells.push_back(YesNoCell(dossier.left_behind_civil()));
  cells.push_back(YesNoCell(dossier.in_difficulty()));
  cells.push_back(HiddenCell(query, absl::StrJoin(kinds, "、")));
  cells.push_back(TextCell(LabelIn(care.living, dossier.living())));
  cells.push_back(YesNoCell(dossier.boarding_priority()));
  cells.push_back(HiddenCell(query, dossier.guardian().display_name()));
  cells.push_back(HiddenCell(query, dossier.guardian().phone()));
  cells.push_back(NameCell(query, dossier.responsible_teacher()));
  cells.push_back(DayCell(dossier.last_event_on()));
  cells.push_back(DayCell(dossier.reviewed_on()));
  cells.push_back(TextCell(reviewed.has_value() && *reviewed >= term_began ? "已更新" : "待更新"));
  return RowOf(cells);
}

absl::Status DossierRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                         std::vector<ReportRow>* rows, ReportRow* total) {
  absl::CivilDay on;
  ParseDay(query.period, &on);
  const TermCalendar& terms = parts.standards.terms;
  const absl::CivilDay term_began = terms.FirstDay(terms.TermOf(on));
  return ByArea<v1::Dossier>(parts, query, kDossiers, " AND is_open = 1", DossiersReport().columns.size(), limit,
                             cursor, rows, total, [&](const AreaPage& page, const v1::Dossier& dossier) {
                               return DossierRow(parts.standards.care.care, query, term_began, page, dossier);
                             });
}

}  // namespace

ReportSpec DisabledChildrenReport() {
  return {.kind = v1::REPORT_KIND_DISABLED_CHILDREN,
          .id = "disabled-children",
          .title_zh = "残疾儿童少年入学安置台账",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .key_parts = kAreaKeyParts,
          .sums = kAreaSums,
          .columns = BehindPlace({{"name", "姓名", "Name"},
                                  {"stage", "学段", "Stage"},
                                  {"grade", "年级", "Grade"},
                                  {"registered", "是否有学籍", "Registered"},
                                  {"sources", "名册来源", "Lists"},
                                  {"disability_kind", "残疾类别", "Kind of disability"},
                                  {"disability_grade", "残疾等级", "Grade of disability"},
                                  {"placement", "安置方式", "Placement"},
                                  {"placement_school", "责任学校", "Responsible school"},
                                  {"from", "安置起始", "From"},
                                  {"until", "安置终止", "Until"},
                                  {"findings", "问题", "Findings"}}),
          .rows = ChildRows};
}

ReportSpec DossiersReport() {
  return {.kind = v1::REPORT_KIND_DOSSIERS,
          .id = "dossiers",
          .title_zh = "留守儿童和困境儿童关爱台账",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .key_parts = kAreaKeyParts,
          .sums = kAreaSums,
          .columns = BehindPlace({{"household_township", "家庭所在乡镇", "Township of the household"},
                                  {"name", "姓名", "Name"},
                                  {"left_behind_education", "留守（教育口径）", "Left behind, education"},
                                  {"left_behind_civil", "留守（民政口径）", "Left behind, civil affairs"},
                                  {"in_difficulty", "困境儿童", "In difficulty"},
                                  {"kinds", "困境类别", "Kinds"},
                                  {"living", "居住方式", "Lives with"},
                                  {"boarding_priority", "优先寄宿", "Boards first"},
                                  {"guardian", "受托监护人", "Entrusted guardian"},
                                  {"guardian_phone", "监护人电话", "Phone"},
                                  {"teacher", "责任教师", "Responsible teacher"},
                                  {"last_event_on", "最近关爱日期", "Last care on"},
                                  {"reviewed_on", "更新日期", "Brought up to date on"},
                                  {"state", "本学期更新", "In this term"}}),
          .rows = DossierRows};
}

}  // namespace ruraledu::dropout_monitoring
