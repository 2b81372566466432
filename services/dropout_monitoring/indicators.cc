#include "services/dropout_monitoring/indicators.h"

#include <algorithm>
#include <map>

#include "common/base/enum_text.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "services/dropout_monitoring/attendance_rules.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/placement_rules.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using dashboard::MeasureKind;

void ContributeAbsence(const v1::Absence& absence, dashboard::Contributions& to) {
  const v1::AbsenceEvaluation& state = absence.evaluation();
  if (state.step() != v1::ABSENCE_STEP_UNSPECIFIED) {
    to.Add("absent_pupils", absence.area(), "", EnumText(state.step()));
  }
  if (state.step() == v1::ABSENCE_STEP_SUSPECTED) {
    to.Add("suspected_pupils", absence.area(), "");
  }
  if (HasReason(state, "NO_RECORD")) {
    to.Add("no_record_pupils", absence.area(), "");
  }
  if (Disputed(state)) {
    to.Add("disputed_pupils", absence.area(), "");
  }
  if (state.has_returned_on() && !state.has_stable_on()) {
    to.Add("returning_pupils", absence.area(), "");
  }
}

void ContributeFinding(const v1::ComparisonFinding& finding, dashboard::Contributions& to) {
  if (finding.gone_by().empty()) {
    to.Add("compared_children", finding.area(), "", EnumText(finding.kind()));
  }
}

std::string FindingLabel(std::string_view code) {
  static const auto* const labels = new std::map<std::string, std::string, std::less<>>{
      {EnumText(v1::COMPARISON_KIND_NEVER_ENROLLED), "有户籍无学籍"},
      {EnumText(v1::COMPARISON_KIND_NOT_ENROLLED), "本学年未注册"},
      {EnumText(v1::COMPARISON_KIND_ON_ROLL_ABSENT), "有学籍未到校"},
      {EnumText(v1::COMPARISON_KIND_ON_ROLL_UNMARKED), "有学籍无考勤"},
      {EnumText(v1::COMPARISON_KIND_REGISTER_DROPOUT), "学籍标记疑似或辍学"},
      {EnumText(v1::COMPARISON_KIND_TRANSFER_UNCONFIRMED), "转出未确认"},
      {EnumText(v1::COMPARISON_KIND_SUPPORTED_DROPOUT), "脱贫监测户失学辍学"},
      {EnumText(v1::COMPARISON_KIND_DOOR_TO_DOOR), "入户排查无学籍"}};
  const auto found = labels->find(code);
  return found == labels->end() ? "" : found->second;
}

void ContributeRisk(const v1::Risk& risk, dashboard::Contributions& to) {
  if (risk.level() != v1::RISK_LEVEL_UNSPECIFIED) {
    to.Add("risk_pupils", risk.area(), "", EnumText(risk.level()));
  }
}

void ContributeDisabled(const v1::DisabledChild& child, dashboard::Contributions& to) {
  if (child.gone()) {
    return;
  }
  to.Add("disabled_children", child.area(), "");
  for (const v1::PlacementFinding& finding : child.findings()) {
    to.Add("placement_findings", child.area(), "", finding.code());
  }
}

void ContributeDossier(const v1::Dossier& dossier, dashboard::Contributions& to) {
  if (dossier.closed()) {
    return;
  }
  if (dossier.left_behind_education() > 0) {
    to.Add("left_behind_education", dossier.area(), "");
  }
  if (dossier.left_behind_civil()) {
    to.Add("left_behind_civil", dossier.area(), "");
  }
  if (dossier.in_difficulty()) {
    to.Add("in_difficulty_children", dossier.area(), "");
  }
}

std::string RiskLabel(std::string_view code) {
  return code == "WATCH" ? "关注" : code == "FIRST" ? "优先关注" : "";
}

// Cases: SUSPECTED, DROPOUT, TRIAL.
void ContributeCase(const v1::Case& file, dashboard::Contributions& to) {
  if (Unresolved(file.state())) {
    to.Add("open_cases", file.area(), "", "DROPOUT");
  } else if (file.state() == v1::CASE_STATE_RETURNED_TRIAL) {
    to.Add("open_cases", file.area(), "", "TRIAL");
  } else if (file.state() == v1::CASE_STATE_SUSPECTED || file.state() == v1::CASE_STATE_VERIFYING) {
    to.Add("open_cases", file.area(), "", "SUSPECTED");
  }
}

std::string CaseLabel(std::string_view code) {
  return code == "SUSPECTED" ? "疑似" : code == "DROPOUT" ? "辍学" : code == "TRIAL" ? "返校观察" : "";
}

std::string StepLabel(std::string_view code) {
  return code == "WARN" ? "预警" : code == "VISIT" ? "家访" : code == "SUSPECTED" ? "疑似辍学" : "";
}

// Attendance.
std::vector<dashboard::IndicatorSpec> AbsenceIndicators() {
  return {{.id = "dropout_monitoring.absent",
           .label = "Pupils absent without leave by step",
           .label_zh = "无故缺勤学生（按预警级别）",
           .numerator = {{"absent_pupils"}},
           .parts = true,
           .sensitive = true,
           .source = "3.2, DR-28",
           .part_label = StepLabel},
          {.id = "dropout_monitoring.suspected",
           .label = "Pupils whose absence reached the suspicion of a dropout",
           .label_zh = "缺勤达到疑似辍学的学生",
           .numerator = {{"suspected_pupils"}},
           .sensitive = true,
           .source = "3.1, 3.2"},
          {.id = "dropout_monitoring.no_record",
           .label = "Pupils without a record of attendance",
           .label_zh = "无考勤记录的学生",
           .numerator = {{"no_record_pupils"}},
           .sensitive = true,
           .source = "DR-28"},
          {.id = "dropout_monitoring.disputed",
           .label = "Pupils of whom class and list of meals say different things",
           .label_zh = "考勤与用餐名单不一致的学生",
           .numerator = {{"disputed_pupils"}},
           .sensitive = true,
           .source = "DR-28, 8"},
          {.id = "dropout_monitoring.returning",
           .label = "Pupils who came back and are not yet stable",
           .label_zh = "已返校、尚未稳定的学生",
           .numerator = {{"returning_pupils"}},
           .sensitive = true,
           .source = "DR-29"}};
}

// Cases and comparisons.
std::vector<dashboard::IndicatorSpec> CaseIndicators() {
  return {{.id = "dropout_monitoring.cases",
           .label = "Open cases by ledger: suspected, dropped out, on trial return",
           .label_zh = "未销号个案（疑似、辍学、返校观察）",
           .numerator = {{"open_cases"}},
           .parts = true,
           .sensitive = true,
           .source = "3.3, 3.5, DR-31",
           .part_label = CaseLabel},
          {.id = "dropout_monitoring.compared",
           .label = "Open findings of the three comparisons by kind",
           .label_zh = "三比对发现问题（按类别）",
           .numerator = {{"compared_children"}},
           .parts = true,
           .sensitive = true,
           .source = "3.3, A2.6-A2.8",
           .part_label = FindingLabel}};
}

// Early warning, placement, dossiers.
std::vector<dashboard::IndicatorSpec> CareIndicators() {
  return {{.id = "dropout_monitoring.risk",
           .label = "Pupils whom the early-warning score tells to look at",
           .label_zh = "预警评分提示关注的学生",
           .numerator = {{"risk_pupils"}},
           .parts = true,
           .sensitive = true,
           .source = "AL-1a, AL-10",
           .part_label = RiskLabel},
          {.id = "dropout_monitoring.disabled",
           .label = "Disabled children of the ledger",
           .label_zh = "残疾儿童台账人数",
           .numerator = {{"disabled_children"}},
           .sensitive = true,
           .source = "3.7, PS-7a"},
          {.id = "dropout_monitoring.placement_findings",
           .label = "Findings of placement by kind",
           .label_zh = "残疾儿童安置问题（按类型）",
           .numerator = {{"placement_findings"}},
           .parts = true,
           .sensitive = true,
           .source = "3.7, DR-32",
           .part_label = PlacementFindingLabel},
          {.id = "dropout_monitoring.left_behind_education",
           .label = "Left-behind children, education definition",
           .label_zh = "留守儿童（教育统计口径）",
           .numerator = {{"left_behind_education"}},
           .sensitive = true,
           .source = "3.8"},
          {.id = "dropout_monitoring.left_behind_civil",
           .label = "Left-behind children, civil-affairs definition",
           .label_zh = "留守儿童（民政口径）",
           .numerator = {{"left_behind_civil"}},
           .sensitive = true,
           .source = "3.8"},
          {.id = "dropout_monitoring.in_difficulty",
           .label = "Children in difficulty",
           .label_zh = "困境儿童",
           .numerator = {{"in_difficulty_children"}},
           .sensitive = true,
           .source = "3.8"}};
}

}  // namespace

const dashboard::MeasureBook& Measures() {
  static const auto* const book = new dashboard::MeasureBook(
      {{.id = "absent_pupils", .kind = MeasureKind::kStock, .unit = "person", .dimension = "step"},
       {.id = "suspected_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "no_record_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "disputed_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "returning_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       // Cases.
       {.id = "open_cases", .kind = MeasureKind::kStock, .unit = "person", .dimension = "ledger"},
       // Comparisons.
       {.id = "compared_children", .kind = MeasureKind::kStock, .unit = "person", .dimension = "kind"},
       // Early warning, placement, dossiers.
       {.id = "risk_pupils", .kind = MeasureKind::kStock, .unit = "person", .dimension = "risk_level"},
       {.id = "disabled_children", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "placement_findings", .kind = MeasureKind::kStock, .unit = "person", .dimension = "finding"},
       {.id = "left_behind_education", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "left_behind_civil", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "in_difficulty_children", .kind = MeasureKind::kStock, .unit = "person"}},
      {dashboard::ContributorOf<v1::Absence>(kAbsences, ContributeAbsence),
       dashboard::ContributorOf<v1::Case>(kCases, ContributeCase),
       dashboard::ContributorOf<v1::ComparisonFinding>(kComparisonFindings, ContributeFinding),
       dashboard::ContributorOf<v1::Risk>(kRisks, ContributeRisk),
       dashboard::ContributorOf<v1::DisabledChild>(kDisabledChildren, ContributeDisabled),
       dashboard::ContributorOf<v1::Dossier>(kDossiers, ContributeDossier)});
  return *book;
}

std::vector<dashboard::IndicatorSpec> Indicators() {
  std::vector<dashboard::IndicatorSpec> all = AbsenceIndicators();
  for (auto& some : {CaseIndicators(), CareIndicators()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace ruraledu::dropout_monitoring
