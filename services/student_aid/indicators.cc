#include "services/student_aid/indicators.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/student_aid/follow_up_indicators.h"
#include "services/student_aid/information_indicators.h"
#include "services/student_aid/mirror_indicators.h"
#include "services/student_aid/office_indicators.h"
#include "services/student_aid/payment_indicators.h"
#include "services/student_aid/step_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

using dashboard::Contributions;
using dashboard::MeasureKind;

dashboard::Measure Flow(std::string_view id, std::string_view unit, std::string_view dimension) {
  return {.id = id, .kind = MeasureKind::kFlow, .unit = unit, .dimension = dimension};
}

std::vector<dashboard::Measure> AllMeasures() {
  std::vector<dashboard::Measure> measures = {
      Flow("entitled", "person", "stage"),
      Flow("entitled_items", "item", "item"),
      Flow("entitled_fen", "fen", "item"),
      Flow("entitled_stage_fen", "fen", "stage"),
      Flow("entitled_kind_fen", "fen", "kind"),
      Flow("entitled_kinds", "person", "kind"),
      Flow("should", "person", "stage"),
      Flow("aided", "person", "stage"),
      Flow("should_items", "item", "item"),
      Flow("covered_items", "item", "item"),
      Flow("gap_items", "item", "item"),
      Flow("should_not_items", "item", "item"),
      Flow("aided_fen", "fen", "item"),
      Flow("classes", "person", "class"),
      Flow("compliance_checked", "person", "stage"),
      Flow("not_compliant", "person", "stage"),
      Flow("average_paid_fen", "fen", "item"),
      Flow("average_standard_fen", "fen", "item"),
      Flow("outside_range", "person", "item"),
      Flow("identified", "person", "level"),
      Flow("identified_kinds", "person", "kind"),
      Flow("open_objections", "objection", ""),
      Flow("open_appeals", "appeal", "step"),
      Flow("running_notices", "notice", ""),
      Flow("applications", "application", "state"),
      Flow("applications_fen", "fen", "item"),
      Flow("approved_fen", "fen", "item"),
      // Programmes.
      Flow("school_funds", "person", "item"),
      Flow("school_funds_fen", "fen", "item"),
  };
  // Studying elsewhere, graduates, publicity.
  for (dashboard::Measure& measure : FollowUpMeasures()) {
    measures.push_back(measure);
  }
  // Payment.
  for (dashboard::Measure& measure : PaymentMeasures()) {
    measures.push_back(measure);
  }
  // Mirror of the national system.
  for (dashboard::Measure& measure : MirrorMeasures()) {
    measures.push_back(measure);
  }
  // Office.
  for (dashboard::Measure& measure : OfficeMeasures()) {
    measures.push_back(measure);
  }
  // Information asked of families.
  for (dashboard::Measure& measure : InformationMeasures()) {
    measures.push_back(measure);
  }
  return measures;
}

void ContributeDecision(const v1::Decision& decision, Contributions& to) {
  if (!decision.in_force() || decision.area().empty()) {
    return;
  }
  const auto add = [&](std::string_view measure, std::string_view code, int64_t value) {
    to.Add(measure, decision.area(), decision.term(), code, value);
  };
  bool entitled = false;
  std::set<std::string> kinds;
  for (const v1::EntitledItem& item : decision.answer().items()) {
    if (item.pay_form() == v1::PAY_FORM_ALLOCATION) {
      add("school_funds", item.item(), 1);
      add("school_funds_fen", item.item(), item.amount_fen());
    }
    if (!item.counts_in_coverage()) {
      continue;
    }
    entitled = true;
    add("entitled_items", item.item(), 1);
    add("entitled_fen", item.item(), item.amount_fen());
    add("entitled_stage_fen", decision.stage(), item.amount_fen());
    if (item.kinds_size() > 0) {
      add("entitled_kind_fen", item.kinds(0), item.amount_fen());
      kinds.insert(item.kinds(0));
    }
  }
  for (const std::string& kind : kinds) {
    add("entitled_kinds", kind, 1);
  }
  if (entitled) {
    add("entitled", decision.stage(), 1);
  }
}

void ContributeComparison(const v1::Comparison& comparison, Contributions& to) {
  if (comparison.area().empty()) {
    return;
  }
  const auto add = [&](std::string_view measure, std::string_view code, int64_t value) {
    to.Add(measure, comparison.area(), comparison.term(), code, value);
  };
  bool should = false, all = true;
  for (const v1::ComparisonRow& row : comparison.result().rows()) {
    add("aided_fen", row.item(), row.aided_fen());
    if (!row.average_item().empty()) {
      add("average_paid_fen", row.average_item(), row.aided_fen());
      add("average_standard_fen", row.average_item(), row.average_fen());
      add("outside_range", row.average_item(), row.outside_range() ? 1 : 0);
    }
    if (row.list() == v1::COMPARISON_LIST_SHOULD_NOT) {
      add("should_not_items", row.item(), 1);
    }
    if (!row.should_be_aided()) {
      continue;
    }
    should = true;
    all &= row.covered();
    add("should_items", row.item(), 1);
    add(row.covered() ? "covered_items" : "gap_items", row.item(), 1);
  }
  if (should) {
    add("should", comparison.stage(), 1);
    add("aided", comparison.stage(), all ? 1 : 0);
  }
  const v1::ComplianceStatus compliance = comparison.result().compliance();
  const bool fails = compliance == v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT;
  if (fails || compliance == v1::COMPLIANCE_STATUS_ELIGIBLE_COMPLIANT) {
    add("compliance_checked", comparison.stage(), 1);
    add("not_compliant", comparison.stage(), fails ? 1 : 0);
  }
  for (const int code : comparison.result().classes()) {
    add("classes", std::string(1, static_cast<char>('A' + code - v1::COMPARISON_CLASS_A)), 1);
  }
}

// The level holds per term, so a termly adjustment counts from its term on. What is open counts in the term of the
// record.
void ContributeIdentification(const v1::Identification& record, Contributions& to) {
  if (record.area().empty() || record.set_aside()) {
    return;
  }
  std::set<std::string> kinds;
  for (const v1::AppliedFactor& applied : record.answer().applied()) {
    if (applied.group() == v1::FACTOR_GROUP_SPECIAL_GROUP) {
      kinds.insert(applied.factor());
    }
  }
  for (const v1::TermLevel& given : record.term_levels()) {
    if (given.level() == 0) {
      continue;
    }
    to.Add("identified", record.area(), given.term(), absl::StrCat(given.level()));
    for (const std::string& kind : kinds) {
      to.Add("identified_kinds", record.area(), given.term(), kind);
    }
    if (kinds.empty()) {
      to.Add("identified_kinds", record.area(), given.term(), "N1");  // 2.1: other hardship, found by the school
    }
  }
  if (record.open_objections_size() > 0) {
    to.Add("open_objections", record.area(), record.term(), "", record.open_objections_size());
  }
  if (record.open_appeal() != v1::APPEAL_STEP_UNSPECIFIED) {
    to.Add("open_appeals", record.area(), record.term(),
           record.open_appeal() == v1::APPEAL_STEP_SCHOOL ? "SCHOOL" : "COUNTY");
  }
}

// Whether every review and notice is done, whatever became of the money.
bool Approved(v1::ApplicationState state) {
  return (state >= v1::APPLICATION_STATE_APPROVED && state <= v1::APPLICATION_STATE_WRITTEN_OFF);
}

void ContributeApplication(const v1::Application& application, Contributions& to) {
  const auto add = [&](std::string_view measure, std::string_view code, int64_t value) {
    to.Add(measure, application.area(), application.term(), code, value);
  };
  if (application.area().empty()) {
    return;
  }
  const v1::ApplicationState state = application.state();
  add("applications", EnumText(state), 1);
  if (state != v1::APPLICATION_STATE_REJECTED && state != v1::APPLICATION_STATE_WITHDRAWN) {
    add("applications_fen", application.item(), application.amount_fen());
    add("approved_fen", application.item(), Approved(state) ? application.amount_fen() : 0);
  }
  if (application.open_objections_size() > 0) {
    add("open_objections", "", application.open_objections_size());
  }
  if (application.open_appeal() != v1::APPEAL_STEP_UNSPECIFIED) {
    add("open_appeals", application.open_appeal() == v1::APPEAL_STEP_SCHOOL ? "SCHOOL" : "COUNTY", 1);
  }
}

void ContributeNotice(const v1::Notice& notice, Contributions& to) {
  if (notice.state() == v1::NOTICE_STATE_RUNNING) {
    to.Add("running_notices", notice.area(), notice.term());
  }
}

std::string ClassLabel(std::string_view code) {
  static const std::map<std::string, std::string, std::less<>> kLabels = {{"A", "在库已助"},   {"B", "应助未助"},
                                                                          {"C", "不应助而助"}, {"D", "身份信息不一致"},
                                                                          {"E", "跨校重复"},   {"F", "死亡或不在籍"}};
  const auto found = kLabels.find(code);
  return found == kLabels.end() ? "" : found->second;
}

std::string StateLabel(std::string_view code) {
  static const std::map<std::string, std::string, std::less<>> kLabels = {{"DRAFT", "待提交"},
                                                                          {"SUBMITTED", "已提交"},
                                                                          {"SCHOOL_APPROVED", "学校已审核"},
                                                                          {"ON_SCHOOL_NOTICE", "学校公示中"},
                                                                          {"COUNTY_APPROVED", "县级已审批"},
                                                                          {"ON_COUNTY_NOTICE", "县级公示中"},
                                                                          {"SUSPENDED", "异议复核中"},
                                                                          {"APPROVED", "待发放"},
                                                                          {"ORDERED", "发放中"},
                                                                          {"PAID", "已发放"},
                                                                          {"PAY_FAILED", "发放失败"},
                                                                          {"RECOVERING", "追回中"},
                                                                          {"RECOVERED", "已追回"},
                                                                          {"WRITTEN_OFF", "已核销"},
                                                                          {"REJECTED", "未通过"},
                                                                          {"WITHDRAWN", "已撤回"}};
  const auto found = kLabels.find(code);
  return found == kLabels.end() ? "" : found->second;
}

using PartLabel = std::function<std::string(std::string_view code)>;

// Who should be aided, who is, who is not (2.9).
std::vector<dashboard::IndicatorSpec> CoverageIndicators(const PartLabel& item) {
  return {
      {.id = "student_aid.should_be_aided",
       .label = "Pupils who should be aided",
       .label_zh = "应助学生",
       .numerator = {{"should"}},
       .parts = true,
       .sensitive = true,
       .source = "2.9"},
      {.id = "student_aid.entitled",
       .label = "Pupils entitled",
       .label_zh = "符合资助条件学生",
       .numerator = {{"entitled"}},
       .parts = true,
       .sensitive = true,
       .source = "2.5"},
      {.id = "student_aid.aided",
       .label = "Pupils aided in full",
       .label_zh = "足额受助学生",
       .numerator = {{"aided"}},
       .parts = true,
       .sensitive = true,
       .source = "2.9"},
      {.id = "student_aid.coverage",
       .label = "Coverage",
       .label_zh = "应助尽助率",
       .numerator = {{"covered_items"}},
       .denominator = {{"should_items"}},
       .parts = true,
       .target = dashboard::Always({1, 1}),
       .sensitive = true,
       .source = "2.9, DR-03",
       .part_label = item},
      {.id = "student_aid.gap",
       .label = "Should be aided and is not",
       .label_zh = "应助未助",
       .numerator = {{"gap_items"}},
       .parts = true,
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.9 class B",
       .part_label = item},
      {.id = "student_aid.should_not",
       .label = "Aided and should not be",
       .label_zh = "不应助而助",
       .numerator = {{"should_not_items"}},
       .parts = true,
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.9 class C",
       .part_label = item},
      {.id = "student_aid.not_compliant",
       .label = "Eligible and not compliant",
       .label_zh = "复核未通过率",
       .numerator = {{"not_compliant"}},
       .denominator = {{"compliance_checked"}},
       .parts = true,
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.7, DR-26, DR-27"},
  };
}

// Who is a hardship pupil, and what is disputed (2.6).
std::vector<dashboard::IndicatorSpec> IdentificationIndicators(const PartLabel& level) {
  return {
      {.id = "student_aid.identified",
       .label = "Hardship pupils by level",
       .label_zh = "家庭经济困难学生（按等级）",
       .numerator = {{"identified"}},
       .parts = true,
       .sensitive = true,
       .source = "2.6",
       .part_label = level},
      {.id = "student_aid.identified_kinds",
       .label = "Hardship pupils by kind",
       .label_zh = "家庭经济困难学生（按困难类型）",
       .numerator = {{"identified_kinds"}},
       .parts = true,
       .sensitive = true,
       .source = "2.1, 2.6"},
      {.id = "student_aid.open_objections",
       .label = "Objections open",
       .label_zh = "未办结异议",
       .numerator = {{"open_objections"}},
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.6"},
      {.id = "student_aid.open_appeals",
       .label = "Appeals open",
       .label_zh = "未办结申诉",
       .numerator = {{"open_appeals"}},
       .parts = true,
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.6, DR-58"},
      {.id = "student_aid.running_notices",
       .label = "Notices running",
       .label_zh = "公示中的名单",
       .numerator = {{"running_notices"}},
       .source = "2.6, DR-06"},
  };
}

// How far applications are (2.7).
std::vector<dashboard::IndicatorSpec> ApplicationIndicators(const PartLabel& item) {
  return {
      {.id = "student_aid.applications",
       .label = "Applications by state",
       .label_zh = "资助申请（按状态）",
       .numerator = {{"applications"}},
       .parts = true,
       .sensitive = true,
       .source = "2.7",
       .part_label = StateLabel},
      {.id = "student_aid.approved",
       .label = "Approved of what was applied for",
       .label_zh = "资助审批进度",
       .numerator = {{"approved_fen"}},
       .denominator = {{"applications_fen"}},
       .parts = true,
       .target = dashboard::Always({1, 1}),
       .sensitive = true,
       .source = "2.7",
       .part_label = item},
  };
}

// What it comes to, by item, stage and kind.
std::vector<dashboard::IndicatorSpec> AmountIndicators(const PartLabel& item) {
  return {
      {.id = "student_aid.entitled_fen",
       .label = "Amount entitled by item",
       .label_zh = "应发金额（按项目）",
       .numerator = {{"entitled_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "2.5, DR-01",
       .part_label = item},
      {.id = "student_aid.entitled_stage_fen",
       .label = "Amount entitled by stage",
       .label_zh = "应发金额（按学段）",
       .numerator = {{"entitled_stage_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "2.5"},
      {.id = "student_aid.entitled_kind_fen",
       .label = "Amount entitled by kind",
       .label_zh = "应发金额（按困难类型）",
       .numerator = {{"entitled_kind_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "2.5"},
      {.id = "student_aid.entitled_kinds",
       .label = "Pupils entitled by kind",
       .label_zh = "符合条件学生（按困难类型）",
       .numerator = {{"entitled_kinds"}},
       .parts = true,
       .sensitive = true,
       .source = "2.1, 2.5"},
      {.id = "student_aid.aided_fen",
       .label = "Amount recorded by item",
       .label_zh = "已发金额（按项目）",
       .numerator = {{"aided_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "2.9",
       .part_label = item},
      {.id = "student_aid.average",
       .label = "Paid by average standard",
       .label_zh = "平均资助标准执行率",
       .numerator = {{"average_paid_fen"}},
       .denominator = {{"average_standard_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "DR-19",
       .part_label = item},
      {.id = "student_aid.outside_range",
       .label = "Paid outside of the individual range",
       .label_zh = "超出分档幅度人数",
       .numerator = {{"outside_range"}},
       .parts = true,
       .target = dashboard::Always({0, 1}),
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "DR-19",
       .part_label = item},
      {.id = "student_aid.classes",
       .label = "Comparison classes",
       .label_zh = "比对结果分类",
       .numerator = {{"classes"}},
       .parts = true,
       .sensitive = true,
       .source = "2.9",
       .part_label = ClassLabel},
  };
}

}  // namespace

const dashboard::MeasureBook& Measures() {
  static const auto* book = [] {
    std::vector<dashboard::Contributor> all = {
        dashboard::ContributorOf<v1::Decision>(kDecisions, ContributeDecision),
        dashboard::ContributorOf<v1::Comparison>(kComparisons, ContributeComparison),
        dashboard::ContributorOf<v1::Identification>(kIdentifications, ContributeIdentification),
        dashboard::ContributorOf<v1::Notice>(kNotices, ContributeNotice),
        dashboard::ContributorOf<v1::Application>(kApplications, ContributeApplication)};
    // Studying elsewhere, graduates, publicity.
    for (dashboard::Contributor& contributor : FollowUpContributors()) {
      all.push_back(std::move(contributor));
    }
    // Payment.
    for (dashboard::Contributor& contributor : PaymentContributors()) {
      all.push_back(std::move(contributor));
    }
    // Mirror of the national system.
    for (dashboard::Contributor& contributor : MirrorContributors()) {
      all.push_back(std::move(contributor));
    }
    // Office.
    for (dashboard::Contributor& contributor : OfficeContributors()) {
      all.push_back(std::move(contributor));
    }
    // Information asked of families.
    for (dashboard::Contributor& contributor : InformationContributors()) {
      all.push_back(std::move(contributor));
    }
    return new dashboard::MeasureBook(AllMeasures(), std::move(all));
  }();
  return *book;
}

std::vector<dashboard::IndicatorSpec> Indicators(const PolicyBook& book, const IdentificationBook& tables,
                                                 const FollowUpBook& follow_up) {
  absl::flat_hash_map<std::string, std::string> labels;
  for (const v1::PolicySet& set : book.sets()) {
    for (const v1::PolicyItem& item : set.items()) {
      labels.emplace(item.code(), item.label_zh());
    }
  }
  const PartLabel item = [labels = std::move(labels)](std::string_view code) {
    const auto found = labels.find(code);
    return found == labels.end() ? "" : found->second;
  };
  std::vector<dashboard::IndicatorSpec> specs = CoverageIndicators(item);
  for (dashboard::IndicatorSpec& spec : AmountIndicators(item)) {
    specs.push_back(std::move(spec));
  }
  absl::flat_hash_map<std::string, std::string> levels;  // the nation's labels where jurisdictions differ
  for (const v1::IdentificationPolicy& policy : tables.policies()) {
    for (const v1::IdentificationLevel& level : policy.levels()) {
      std::string& label = levels[absl::StrCat(level.level())];
      label = label.empty() || policy.region_code().empty() ? level.label_zh() : label;
    }
  }
  const PartLabel level = [levels = std::move(levels)](std::string_view code) {
    const auto found = levels.find(code);
    return found == levels.end() ? "" : found->second;
  };
  for (dashboard::IndicatorSpec& spec : IdentificationIndicators(level)) {
    specs.push_back(std::move(spec));
  }
  for (dashboard::IndicatorSpec& spec : ApplicationIndicators(item)) {
    specs.push_back(std::move(spec));
  }
  // Studying elsewhere, graduates, publicity.
  for (dashboard::IndicatorSpec& spec : FollowUpIndicators(follow_up)) {
    specs.push_back(std::move(spec));
  }
  // Payment.
  for (dashboard::IndicatorSpec& spec : PaymentIndicators(item)) {
    specs.push_back(std::move(spec));
  }
  // Mirror of the national system.
  for (dashboard::IndicatorSpec& spec : MirrorIndicators()) {
    specs.push_back(std::move(spec));
  }
  // Office.
  for (dashboard::IndicatorSpec& spec : OfficeIndicators()) {
    specs.push_back(std::move(spec));
  }
  // Information asked of families.
  for (dashboard::IndicatorSpec& spec : InformationIndicators()) {
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace ruraledu::student_aid
