#include "services/student_aid/follow_up_indicators.h"

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "services/student_aid/outward_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

using dashboard::Contributions;

dashboard::Measure Flow(std::string_view id, std::string_view unit, std::string_view dimension) {
  return {.id = id, .kind = dashboard::MeasureKind::kFlow, .unit = unit, .dimension = dimension};
}

void ContributeCase(const v1::OutwardCase& one, Contributions& to) {
  if (!Counted(one)) {
    return;
  }
  to.Add("outward_cases", one.area(), one.term());
  to.Add("outward_settled", one.area(), one.term(), "", Settled(one) ? 1 : 0);
  to.Add("outward_states", one.area(), one.term(), EnumText(one.state()));
}

void ContributeGraduate(const v1::Graduate& graduate, Contributions& to) {
  if (graduate.state() == v1::GRADUATE_STATE_WITHDRAWN) {
    return;
  }
  const std::string term = absl::StrCat(graduate.graduating_year() - 1, "-", graduate.graduating_year(), "-2");
  const bool placed = graduate.state() == v1::GRADUATE_STATE_PLACED;
  to.Add("graduates", graduate.area(), term, graduate.stage());
  to.Add("graduates_placed", graduate.area(), term, graduate.stage(), placed ? 1 : 0);
  to.Add("graduates_without_policy", graduate.area(), term, graduate.stage(), graduate.measure_count() == 0 ? 1 : 0);
  if (!graduate.outcome().empty()) {
    to.Add("graduate_outcomes", graduate.area(), term, graduate.outcome());
  }
}

void ContributeActivity(const v1::PublicityActivity& activity, Contributions& to) {
  if (!activity.withdrawn_by().empty()) {
    return;
  }
  const auto add = [&](std::string_view measure, int64_t value) {
    to.Add(measure, activity.area(), activity.term(), activity.channel(), value);
  };
  add("publicity_activities", 1);
  add("publicity_asked", activity.asked());
  add("publicity_aware", activity.aware());
}

std::string StateLabel(std::string_view code) {
  static const std::map<std::string, std::string, std::less<>> kLabels = {{"FOUND", "待发函"},
                                                                          {"ASKED", "待回函"},
                                                                          {"CONFIRMED", "就读地已资助"},
                                                                          {"QUESTIONED", "未资助待解决"},
                                                                          {"LOST", "查无此人"},
                                                                          {"BACKFILL_PROPOSED", "拟由户籍地补发"},
                                                                          {"BACKFILL_APPROVED", "补发办理中"},
                                                                          {"BACKFILLED", "户籍地已补发"},
                                                                          {"CLOSED", "无应助项目"}};
  const auto found = kLabels.find(code);
  return found == kLabels.end() ? "" : found->second;
}

std::function<std::string(std::string_view)> LabelsOf(const CodeList& list) {
  return [&list](std::string_view code) {
    const CodeEntry* entry = list.Find(code);
    return entry == nullptr ? std::string() : entry->label_zh;
  };
}

std::vector<dashboard::IndicatorSpec> OutwardIndicators() {
  return {
      {.id = "student_aid.outward_confirmation",
       .label = "Confirmed of pupils who study elsewhere",
       .label_zh = "异地就读资助确认率",
       .numerator = {{"outward_settled"}},
       .denominator = {{"outward_cases"}},
       .target = dashboard::Always({1, 1}),
       .sensitive = true,
       .source = "2.8, 2.10, PS-5e, DR-03"},
      {.id = "student_aid.outward_states",
       .label = "Pupils who study elsewhere by state",
       .label_zh = "异地就读学生（按办理状态）",
       .numerator = {{"outward_states"}},
       .parts = true,
       .sensitive = true,
       .source = "2.8",
       .part_label = StateLabel},
  };
}

std::vector<dashboard::IndicatorSpec> GraduateIndicators(const FollowUpBook& book) {
  return {
      {.id = "student_aid.graduate_employment",
       .label = "Hardship graduates who are placed",
       .label_zh = "困难毕业生就业率",
       .numerator = {{"graduates_placed"}},
       .denominator = {{"graduates"}},
       .parts = true,
       .sensitive = true,
       .source = "AL-7, XJ-8, DR-03"},
      {.id = "student_aid.graduates_without_policy",
       .label = "Hardship graduates without a policy of their own",
       .label_zh = "未落实“一人一策”毕业生",
       .numerator = {{"graduates_without_policy"}},
       .parts = true,
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "XJ-8, AL-7"},
      {.id = "student_aid.graduate_outcomes",
       .label = "Hardship graduates by outcome",
       .label_zh = "困难毕业生去向",
       .numerator = {{"graduate_outcomes"}},
       .parts = true,
       .sensitive = true,
       .source = "XJ-8",
       .part_label = LabelsOf(book.outcomes())},
  };
}

std::vector<dashboard::IndicatorSpec> PublicityIndicators(const FollowUpBook& book) {
  const auto channel = LabelsOf(book.channels());
  return {
      {.id = "student_aid.publicity",
       .label = "Publicity activities by channel",
       .label_zh = "资助政策宣传活动（按渠道）",
       .numerator = {{"publicity_activities"}},
       .parts = true,
       .source = "PS-5b, AL-5c, SP-4.2.3",
       .part_label = channel},
      {.id = "student_aid.awareness",
       .label = "Know the policies of those asked",
       .label_zh = "资助政策知晓率",
       .numerator = {{"publicity_aware"}},
       .denominator = {{"publicity_asked"}},
       .parts = true,
       .source = "AL-5c, DR-03",
       .part_label = channel},
  };
}

}  // namespace

std::vector<dashboard::Measure> FollowUpMeasures() {
  return {Flow("outward_cases", "person", ""),
          Flow("outward_settled", "person", ""),
          Flow("outward_states", "person", "state"),
          Flow("graduates", "person", "stage"),
          Flow("graduates_placed", "person", "stage"),
          Flow("graduates_without_policy", "person", "stage"),
          Flow("graduate_outcomes", "person", "outcome"),
          Flow("publicity_activities", "activity", "channel"),
          Flow("publicity_asked", "person", "channel"),
          Flow("publicity_aware", "person", "channel")};
}

std::vector<dashboard::Contributor> FollowUpContributors() {
  return {dashboard::ContributorOf<v1::OutwardCase>(kOutwardCases, ContributeCase),
          dashboard::ContributorOf<v1::Graduate>(kGraduates, ContributeGraduate),
          dashboard::ContributorOf<v1::PublicityActivity>(kPublicityActivities, ContributeActivity)};
}

std::vector<dashboard::IndicatorSpec> FollowUpIndicators(const FollowUpBook& book) {
  std::vector<dashboard::IndicatorSpec> all = OutwardIndicators();
  for (auto* specs : {&GraduateIndicators, &PublicityIndicators}) {
    for (dashboard::IndicatorSpec& spec : (*specs)(book)) {
      all.push_back(std::move(spec));
    }
  }
  return all;
}

}  // namespace ruraledu::student_aid
