#include "services/student_aid/mirror_indicators.h"

#include "common/base/enum_text.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

using dashboard::Contributions;
using dashboard::MeasureKind;

dashboard::Measure Flow(std::string_view id, std::string_view unit, std::string_view dimension) {
  return {.id = id, .kind = MeasureKind::kFlow, .unit = unit, .dimension = dimension};
}

void ContributeEntry(const v1::MirrorEntry& entry, Contributions& to) {
  if (!entry.has_found_on()) {
    return;
  }
  const std::string reason = EnumText(entry.reason());
  const bool open = entry.state() == v1::MIRROR_ENTRY_STATE_OPEN;
  to.Add("mirror_differences", entry.area(), entry.term(), reason, 1);
  to.Add("mirror_differences_open", entry.area(), entry.term(), reason, open ? 1 : 0);
  to.Add("mirror_differences_done", entry.area(), entry.term(), reason, open ? 0 : 1);
}

}  // namespace

std::vector<dashboard::Measure> MirrorMeasures() {
  return {Flow("mirror_differences", "item", "reason"), Flow("mirror_differences_open", "item", "reason"),
          Flow("mirror_differences_done", "item", "reason")};
}

std::vector<dashboard::Contributor> MirrorContributors() {
  return {dashboard::ContributorOf<v1::MirrorEntry>(kMirrorEntries, ContributeEntry)};
}

std::vector<dashboard::IndicatorSpec> MirrorIndicators() {
  return {
      {.id = "student_aid.mirror_differences_open",
       .label = "Open differences to the national system",
       .label_zh = "国家系统对账未处理差异",
       .numerator = {{"mirror_differences_open"}},
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.9, 2.10"},
      {.id = "student_aid.mirror_differences_done",
       .label = "Differences to the national system worked off",
       .label_zh = "国家系统对账差异处理率",
       .numerator = {{"mirror_differences_done"}},
       .denominator = {{"mirror_differences"}},
       .target = dashboard::Always({1, 1}),
       .sensitive = true,
       .source = "2.9, 2.10"},
  };
}

}  // namespace ruraledu::student_aid
