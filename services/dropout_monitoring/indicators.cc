#include "services/dropout_monitoring/indicators.h"

#include <algorithm>
#include <map>

#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using dashboard::MeasureKind;

constexpr std::string_view kStepPrefix = "ABSENCE_STEP_";
constexpr std::string_view kKindPrefix = "COMPARISON_KIND_";

std::string FindingCode(v1::ComparisonKind kind) {
  return v1::ComparisonKind_Name(kind).substr(kKindPrefix.size());
}

std::string StepCode(v1::AbsenceStep step) {
  return v1::AbsenceStep_Name(step).substr(kStepPrefix.size());
}

void ContributeAbsence(const v1::Absence& absence, dashboard::Contributions& to) {
  const v1::AbsenceEvaluation& state = absence.evaluation();
  if (state.step() != v1::ABSENCE_STEP_UNSPECIFIED) {
    to.Add("absent_pupils", absence.area(), "", StepCode(state.step()));
  }
  if (state.step() == v1::ABSENCE_STEP_SUSPECTED) {
    to.Add("suspected_pupils", absence.area(), "");
  }
  if (state.reasons_size() > 0 && state.reasons().rbegin()->code() == "NO_RECORD") {
    to.Add("no_record_pupils", absence.area(), "");
  }
  if (state.has_returned_on() && !state.has_stable_on()) {
    to.Add("returning_pupils", absence.area(), "");
  }
}

void ContributeFinding(const v1::ComparisonFinding& finding, dashboard::Contributions& to) {
  if (finding.gone_by().empty()) {
    to.Add("compared_children", finding.area(), "", FindingCode(finding.kind()));
  }
}

std::string FindingLabel(std::string_view code) {
  static const auto* const labels = new std::map<std::string, std::string, std::less<>>{
      {FindingCode(v1::COMPARISON_KIND_NEVER_ENROLLED), "有户籍无学籍"},
      {FindingCode(v1::COMPARISON_KIND_NOT_ENROLLED), "本学年未注册"},
      {FindingCode(v1::COMPARISON_KIND_ON_ROLL_ABSENT), "有学籍未到校"},
      {FindingCode(v1::COMPARISON_KIND_ON_ROLL_UNMARKED), "有学籍无考勤"},
      {FindingCode(v1::COMPARISON_KIND_REGISTER_DROPOUT), "学籍标记疑似或辍学"},
      {FindingCode(v1::COMPARISON_KIND_TRANSFER_UNCONFIRMED), "转出未确认"},
      {FindingCode(v1::COMPARISON_KIND_SUPPORTED_DROPOUT), "脱贫监测户失学辍学"},
      {FindingCode(v1::COMPARISON_KIND_DOOR_TO_DOOR), "入户排查无学籍"}};
  const auto found = labels->find(code);
  return found == labels->end() ? "" : found->second;
}

std::string StepLabel(std::string_view code) {
  return code == "WARN" ? "预警" : code == "VISIT" ? "家访" : code == "SUSPECTED" ? "疑似辍学" : "";
}

}  // namespace

const dashboard::MeasureBook& Measures() {
  static const auto* const book = new dashboard::MeasureBook(
      {{.id = "absent_pupils", .kind = MeasureKind::kStock, .unit = "person", .dimension = "step"},
       {.id = "suspected_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "no_record_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "returning_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       // Comparisons.
       {.id = "compared_children", .kind = MeasureKind::kStock, .unit = "person", .dimension = "kind"}},
      {dashboard::ContributorOf<v1::Absence>(kAbsences, ContributeAbsence),
       dashboard::ContributorOf<v1::ComparisonFinding>(kComparisonFindings, ContributeFinding)});
  return *book;
}

std::vector<dashboard::IndicatorSpec> Indicators() {
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
          {.id = "dropout_monitoring.returning",
           .label = "Pupils who came back and are not yet stable",
           .label_zh = "已返校、尚未稳定的学生",
           .numerator = {{"returning_pupils"}},
           .sensitive = true,
           .source = "DR-29"},
          // Comparisons.
          {.id = "dropout_monitoring.compared",
           .label = "Open findings of the three comparisons by kind",
           .label_zh = "三比对发现问题（按类别）",
           .numerator = {{"compared_children"}},
           .parts = true,
           .sensitive = true,
           .source = "3.3, A2.6-A2.8",
           .part_label = FindingLabel}};
}

}  // namespace ruraledu::dropout_monitoring
