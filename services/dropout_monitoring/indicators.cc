#include "services/dropout_monitoring/indicators.h"

#include <algorithm>

#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using dashboard::MeasureKind;

constexpr std::string_view kStepPrefix = "ABSENCE_STEP_";

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

}  // namespace

const dashboard::MeasureBook& Measures() {
  static const auto* const book = new dashboard::MeasureBook(
      {{.id = "absent_pupils", .kind = MeasureKind::kStock, .unit = "person", .dimension = "step"},
       {.id = "suspected_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "no_record_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "returning_pupils", .kind = MeasureKind::kStock, .unit = "person"},
       {.id = "open_cases", .kind = MeasureKind::kStock, .unit = "person", .dimension = "ledger"}},
      {dashboard::ContributorOf<v1::Absence>(kAbsences, ContributeAbsence),
       dashboard::ContributorOf<v1::Case>(kCases, ContributeCase)});
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
          {.id = "dropout_monitoring.cases",
           .label = "Open cases by ledger: suspected, dropped out, on trial return",
           .label_zh = "未销号个案（疑似、辍学、返校观察）",
           .numerator = {{"open_cases"}},
           .parts = true,
           .sensitive = true,
           .source = "3.3, 3.5, DR-31",
           .part_label = CaseLabel}};
}

}  // namespace ruraledu::dropout_monitoring
