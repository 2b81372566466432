#include "services/student_aid/compliance_rules.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

using enum v1::ComplianceState;

constexpr std::string_view kFile = "compliance_rules.csv";
constexpr std::string_view kEnrolled = "ENROLLED";
constexpr int kMostItems = 100;

// What a code says of one item; UNSPECIFIED: it does not apply to it.
using Judge = v1::ComplianceState (*)(const v1::ComplianceFacts& facts, const v1::ComplianceItem& item);

v1::ComplianceState StateOf(v1::FactAnswer answer) {
  return answer == v1::FACT_ANSWER_YES  ? COMPLIANCE_STATE_MET
         : answer == v1::FACT_ANSWER_NO ? COMPLIANCE_STATE_UNMET
                                        : COMPLIANCE_STATE_UNKNOWN;
}

v1::ComplianceState JudgeAccount(const v1::ComplianceFacts& facts, const v1::ComplianceItem& item) {
  return item.cash() ? StateOf(facts.card_usable()) : COMPLIANCE_STATE_UNSPECIFIED;
}
v1::ComplianceState JudgeBoarding(const v1::ComplianceFacts& facts, const v1::ComplianceItem&) {
  return StateOf(facts.has_bed());
}
v1::ComplianceState JudgeEnrolled(const v1::ComplianceFacts& facts, const v1::ComplianceItem&) {
  return facts.status().empty()        ? COMPLIANCE_STATE_UNKNOWN
         : facts.status() == kEnrolled ? COMPLIANCE_STATE_MET
                                       : COMPLIANCE_STATE_UNMET;
}
v1::ComplianceState JudgeEvidence(const v1::ComplianceFacts&, const v1::ComplianceItem& item) {
  return StateOf(item.evidence_stands());
}
v1::ComplianceState JudgeIdentified(const v1::ComplianceFacts& facts, const v1::ComplianceItem& item) {
  return item.needs_identification() ? StateOf(facts.identified()) : COMPLIANCE_STATE_UNSPECIFIED;
}
v1::ComplianceState JudgeRestriction(const v1::ComplianceFacts&, const v1::ComplianceItem& item) {
  return item.restricted() == v1::FACT_ANSWER_YES  ? COMPLIANCE_STATE_UNMET
         : item.restricted() == v1::FACT_ANSWER_NO ? COMPLIANCE_STATE_MET
                                                   : COMPLIANCE_STATE_UNKNOWN;
}
v1::ComplianceState JudgePresent(const v1::ComplianceFacts& facts, const v1::ComplianceItem&) {
  return StateOf(facts.in_class());
}

constexpr ComplianceCode kCodes[] = {{"ACCOUNT", true},        {"BOARDING"}, {"ENROLLED"}, {"EVIDENCE"}, {"IDENTIFIED"},
                                     {"NO_RESTRICTION", true}, {"PRESENT"}};
constexpr Judge kJudges[] = {JudgeAccount,    JudgeBoarding,    JudgeEnrolled, JudgeEvidence,
                             JudgeIdentified, JudgeRestriction, JudgePresent};
static_assert(std::size(kCodes) == std::size(kJudges));

const ComplianceCode* FindCode(std::string_view code) {
  const auto* const found =
      std::find_if(std::begin(kCodes), std::end(kCodes), [&](const auto& one) { return one.code == code; });
  return found == std::end(kCodes) ? nullptr : found;
}

template <typename List>
bool EmptyOrHolds(const List& list, std::string_view word) {
  return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
}

absl::StatusOr<ComplianceRule> ReadRule(const DataTable& table, size_t row) {
  ComplianceRule rule;
  const auto text = [&](std::string_view column) { return std::string(table.Get(row, column)); };
  rule.code = text("code");
  const ComplianceCode* const code = FindCode(rule.code);
  if (code == nullptr) {
    return table.Error(row, "a code that no rule knows");
  }
  rule.effect = EnumOf<v1::ComplianceEffect>(table.Get(row, "effect")).value_or(v1::COMPLIANCE_EFFECT_UNSPECIFIED);
  if (rule.effect == v1::COMPLIANCE_EFFECT_UNSPECIFIED) {
    return table.Error(row, "effect is STOP_PAY or SHOW");
  }
  if (rule.effect == v1::COMPLIANCE_EFFECT_STOP_PAY && !code->payment_checks) {
    return table.Error(row, "payment does not check this code, so it can only be shown");
  }
  rule.items = absl::StrSplit(text("items"), '|', absl::SkipEmpty());
  rule.stages = absl::StrSplit(text("stages"), '|', absl::SkipEmpty());
  ASSIGN_OR_RETURN(rule.from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(rule.until, table.Day(row, "until", kLastDay));
  rule.label_zh = text("label_zh");
  rule.label_en = text("label_en");
  rule.todo_zh = text("todo_zh");
  rule.source = text("source");
  if (rule.label_zh.empty() || rule.label_en.empty() || rule.todo_zh.empty() || rule.source.empty() ||
      rule.until <= rule.from) {
    return table.Error(row, "a row needs both labels, what to do, a source, and days in order");
  }
  return rule;
}

// What was found instead of what a code asks for.
void AddReasons(const v1::ComplianceFacts& facts, v1::ComplianceFinding* finding) {
  if (finding->state() != COMPLIANCE_STATE_UNMET) {
    return;
  }
  if (finding->code() == kEnrolled) {
    finding->add_reasons(facts.status());
  } else if (finding->code() == "ACCOUNT") {
    *finding->mutable_reasons() = facts.card_reasons();
  }
}

// The code over all items: unmet when it is for one of them, else unknown when it is for one.
v1::ComplianceFinding Judged(const ComplianceRule& rule, const v1::ComplianceFacts& facts) {
  v1::ComplianceFinding finding;
  finding.set_code(rule.code);
  finding.set_effect(rule.effect);
  const Judge judge = kJudges[FindCode(rule.code) - std::begin(kCodes)];
  std::set<std::string> in_state[v1::ComplianceState_ARRAYSIZE];
  for (const v1::ComplianceItem& item : facts.items()) {
    if (EmptyOrHolds(rule.items, item.item())) {
      in_state[judge(facts, item)].insert(item.item());
    }
  }
  for (const v1::ComplianceState state : {COMPLIANCE_STATE_UNMET, COMPLIANCE_STATE_UNKNOWN, COMPLIANCE_STATE_MET}) {
    if (!in_state[state].empty()) {
      finding.set_state(state);
      finding.mutable_items()->Assign(in_state[state].begin(), in_state[state].end());
      break;
    }
  }
  AddReasons(facts, &finding);
  return finding;
}

}  // namespace

absl::Span<const ComplianceCode> ComplianceCodes() {
  return kCodes;
}

absl::StatusOr<ComplianceBook> ComplianceBook::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kFile, text,
                                                           {"code", "effect", "items", "stages", "from", "until",
                                                            "label_zh", "label_en", "todo_zh", "source"}));
  ComplianceBook book;
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(ComplianceRule rule, ReadRule(table, i));
    for (const ComplianceRule& other : book.rules_) {
      if (other.code == rule.code && other.from < rule.until && rule.from < other.until) {
        return table.Error(i, "another row of the code holds on one of its days");
      }
    }
    book.rules_.push_back(std::move(rule));
  }
  std::sort(book.rules_.begin(), book.rules_.end(), [](const ComplianceRule& a, const ComplianceRule& b) {
    return std::tie(a.code, a.from) < std::tie(b.code, b.from);
  });
  return book;
}

const ComplianceRule* ComplianceBook::Find(std::string_view code) const {
  const auto found = std::find_if(rules_.rbegin(), rules_.rend(), [&](const auto& rule) { return rule.code == code; });
  return found == rules_.rend() ? nullptr : &*found;
}

absl::Status CheckComplianceFacts(const v1::ComplianceFacts& facts) {
  Violations violations;
  DayOf(facts.on(), "facts.on", &violations);
  violations.Require(facts.has_on(), "facts.on");
  violations.MostElements("facts.items", facts.items_size(), kMostItems);
  std::set<std::string> seen;
  for (int i = 0; i < facts.items_size() && i < kMostItems; ++i) {
    const std::string at = absl::StrCat("facts.items[", i, "].item");
    violations.Require(!facts.items(i).item().empty(), at);
    if (!seen.insert(facts.items(i).item()).second) {
      violations.Add(at, "DUPLICATE_IN_BATCH");
    }
  }
  return violations.status();
}

v1::EvaluateComplianceResponse EvaluateCompliance(const ComplianceBook& book, const v1::ComplianceFacts& facts) {
  v1::EvaluateComplianceResponse response;
  if (facts.items().empty()) {
    response.set_status(facts.considered() ? v1::COMPLIANCE_STATUS_NOT_ELIGIBLE : v1::COMPLIANCE_STATUS_UNSPECIFIED);
    *response.mutable_not_granted() = facts.not_granted();
    return response;
  }
  const auto on = DayOf(facts.on());
  bool unmet = false;
  for (const ComplianceRule& rule : book.rules()) {
    const bool holds = on.has_value() && rule.from <= *on && *on < rule.until;
    if (!holds || !EmptyOrHolds(rule.stages, facts.stage())) {
      continue;
    }
    v1::ComplianceFinding finding = Judged(rule, facts);
    if (finding.state() == COMPLIANCE_STATE_UNSPECIFIED) {
      continue;  // applies to none of the items
    }
    const bool is_unmet = finding.state() == COMPLIANCE_STATE_UNMET;
    unmet |= is_unmet;
    response.set_stops_pay(response.stops_pay() || (is_unmet && finding.effect() == v1::COMPLIANCE_EFFECT_STOP_PAY));
    *response.add_findings() = std::move(finding);
  }
  response.set_status(unmet ? v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT : v1::COMPLIANCE_STATUS_ELIGIBLE_COMPLIANT);
  return response;
}

}  // namespace ruraledu::student_aid
