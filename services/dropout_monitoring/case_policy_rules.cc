#include "services/dropout_monitoring/case_policy_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostTermDays = 15;   // DR-30
constexpr int kLastReportDay = 28;  // a day of every month

std::string PolicyName(const DataTable& table, size_t row) {
  return absl::StrCat("casePolicies/", table.Get(row, "policy"), "@", table.Get(row, "version"));
}

absl::StatusOr<int32_t> Number(const DataTable& table, size_t row, std::string_view column, int32_t least) {
  int32_t number = 0;
  if (!absl::SimpleAtoi(table.Get(row, column), &number) || number < least) {
    return table.Error(row, absl::StrCat(column, " is a whole number of at least ", least));
  }
  return number;
}

absl::Status CheckPolicy(const DataTable& table, size_t row, const v1::CasePolicy& policy) {
  if (table.Get(row, "policy").empty() || policy.source().empty()) {
    return table.Error(row, "a policy needs a code and a source");
  }
  if (!policy.region_code().empty() && policy.region_code().size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  if (policy.term_days_least() > policy.term_days() || policy.term_days() > policy.term_days_most() ||
      policy.term_days_most() > kMostTermDays) {
    return table.Error(row, "the term of an order lies between its least and most days, 1 to 15 (DR-30)");
  }
  if (policy.report_day() > kLastReportDay) {
    return table.Error(row, "report_day is a day of every month");
  }
  const std::string_view penalty = table.Get(row, "penalty_step");
  return penalty == "0" || penalty == "1" ? absl::OkStatus() : table.Error(row, "penalty_step is 0 or 1");
}

absl::StatusOr<v1::CasePolicy> ReadPolicy(const DataTable& table, size_t row) {
  v1::CasePolicy policy;
  policy.set_name(PolicyName(table, row));
  policy.set_region_code(std::string(table.Get(row, "region")));
  policy.set_label_zh(std::string(table.Get(row, "label_zh")));
  policy.set_source(std::string(table.Get(row, "source")));
  policy.set_penalty_step(table.Get(row, "penalty_step") == "1");
  ASSIGN_OR_RETURN(const absl::CivilDay from, table.Day(row, "valid_from", kFirstDay));
  *policy.mutable_valid_from() = DateOf(from);
  using Set = void (v1::CasePolicy::*)(int32_t);
  const std::pair<const char*, Set> numbers[] = {{"confirm_run_days", &v1::CasePolicy::set_confirm_run_days},
                                                 {"confirm_persuasions", &v1::CasePolicy::set_confirm_persuasions},
                                                 {"legal_0_visits", &v1::CasePolicy::set_legal_0_visits},
                                                 {"legal_1_persuasions", &v1::CasePolicy::set_legal_1_persuasions},
                                                 {"term_days", &v1::CasePolicy::set_term_days},
                                                 {"term_days_least", &v1::CasePolicy::set_term_days_least},
                                                 {"term_days_most", &v1::CasePolicy::set_term_days_most},
                                                 {"stable_days", &v1::CasePolicy::set_stable_days},
                                                 {"report_day", &v1::CasePolicy::set_report_day},
                                                 {"unnamed_days", &v1::CasePolicy::set_unnamed_days}};
  for (const auto& [column, set] : numbers) {
    ASSIGN_OR_RETURN(const int32_t number, Number(table, row, column, 1));
    (policy.*set)(number);
  }
  ASSIGN_OR_RETURN(const int32_t version, Number(table, row, "version", 1));
  static_cast<void>(version);
  RETURN_IF_ERROR(CheckPolicy(table, row, policy));
  return policy;
}

absl::StatusOr<v1::CasePolicy*> PolicyOfRow(const DataTable& table, size_t row, std::vector<v1::CasePolicy>* policies) {
  const std::string name = PolicyName(table, row);
  const auto policy =
      std::find_if(policies->begin(), policies->end(), [&](const auto& candidate) { return candidate.name() == name; });
  if (policy == policies->end()) {
    return table.Error(row, "there is no such policy and version");
  }
  return table.Get(row, "source").empty() ? table.Error(row, "a row needs its source")
                                          : absl::StatusOr<v1::CasePolicy*>(&*policy);
}

absl::Status AddTerms(const DataTable& table, std::vector<v1::CasePolicy>* policies) {
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(v1::CasePolicy * policy, PolicyOfRow(table, row, policies));
    const auto action = EnumOf<v1::CaseAction>(table.Get(row, "action")).value_or(v1::CASE_ACTION_UNSPECIFIED);
    if (action == v1::CASE_ACTION_UNSPECIFIED) {
      return table.Error(row, "there is no such action");
    }
    v1::ActionTerm* term = policy->add_action_terms();
    term->set_action(action);
    ASSIGN_OR_RETURN(const int32_t days, Number(table, row, "days", 0));
    term->set_days(days);
    term->set_source(std::string(table.Get(row, "source")));
  }
  return absl::OkStatus();
}

absl::Status AddLadder(const DataTable& table, std::vector<v1::CasePolicy>* policies) {
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(v1::CasePolicy * policy, PolicyOfRow(table, row, policies));
    v1::LadderRung* rung = policy->add_ladder();
    ASSIGN_OR_RETURN(const int32_t number, Number(table, row, "rung", 1));
    ASSIGN_OR_RETURN(const int32_t days, Number(table, row, "days", -kMostTermDays));
    const auto level = EnumOf<v1::AuthorityLevel>(table.Get(row, "level"));
    if (!level.has_value() || table.Get(row, "paper").empty()) {
      return table.Error(row, "a rung needs a level and a paper");
    }
    const int before = policy->ladder_size() - 1;
    if (number != before + 1 || (before > 0 && policy->ladder(before - 1).days() >= days)) {
      return table.Error(row, "rungs are numbered from 1 and follow each other in days");
    }
    rung->set_rung(number);
    rung->set_days(days);
    rung->set_level(*level);
    rung->set_paper(std::string(table.Get(row, "paper")));
    rung->set_source(std::string(table.Get(row, "source")));
  }
  return absl::OkStatus();
}

absl::Status CheckAll(const std::vector<v1::CasePolicy>& policies) {
  const auto wrong = [](const v1::CasePolicy& policy, std::string_view problem) {
    return Fail("DATA_FILE", {{"file", "case_policies.csv"}, {"line", policy.name()}, {"problem", problem}});
  };
  bool nation = false;
  for (size_t i = 0; i < policies.size(); ++i) {
    const v1::CasePolicy& policy = policies[i];
    nation |= policy.region_code().empty();
    for (int action = v1::CaseAction_MIN + 1; action <= v1::CaseAction_MAX; ++action) {
      if (std::count_if(policy.action_terms().begin(), policy.action_terms().end(),
                        [&](const auto& term) { return term.action() == action; }) != 1) {
        return wrong(policy, "each action has one term in case_action_terms.csv");
      }
    }
    for (size_t j = 0; j < i; ++j) {
      if (policies[j].name() == policy.name() || (policies[j].region_code() == policy.region_code() &&
                                                  DayOf(policies[j].valid_from()) == DayOf(policy.valid_from()))) {
        return wrong(policy, "a version, or a region on one day, stands twice");
      }
    }
  }
  return nation
             ? absl::OkStatus()
             : Fail("DATA_FILE", {{"file", "case_policies.csv"}, {"line", "0"}, {"problem", "no row of the nation"}});
}

}  // namespace

absl::StatusOr<std::vector<v1::CasePolicy>> ParseCasePolicies(const CaseFiles& files) {
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse("case_policies.csv", files.policies,
                       {"policy", "version", "region", "valid_from", "confirm_run_days", "confirm_persuasions",
                        "legal_0_visits", "legal_1_persuasions", "term_days", "term_days_least", "term_days_most",
                        "penalty_step", "stable_days", "report_day", "unnamed_days", "label_zh", "source"}));
  std::vector<v1::CasePolicy> policies;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(policies.emplace_back(), ReadPolicy(table, row));
  }
  ASSIGN_OR_RETURN(const DataTable terms, DataTable::Parse("case_action_terms.csv", files.terms,
                                                           {"policy", "version", "action", "days", "source"}));
  RETURN_IF_ERROR(AddTerms(terms, &policies));
  ASSIGN_OR_RETURN(const DataTable ladder,
                   DataTable::Parse("case_ladder.csv", files.ladder,
                                    {"policy", "version", "rung", "days", "level", "paper", "source"}));
  RETURN_IF_ERROR(AddLadder(ladder, &policies));
  RETURN_IF_ERROR(CheckAll(policies));
  std::sort(policies.begin(), policies.end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return policies;
}

CaseBook::CaseBook(std::vector<v1::CasePolicy> policies, CaseCodes codes, RegionPath path)
    : policies_(std::move(policies)), codes_(std::move(codes)), path_(std::move(path)) {}

absl::StatusOr<const v1::CasePolicy*> CaseBook::InForce(std::string_view region, absl::CivilDay on) const {
  const auto* found = NewestInForce<v1::CasePolicy>(
      policies_, path_, region, on, [](const auto& policy) { return std::string_view(policy.region_code()); },
      [](const auto& policy) { return std::optional(DayOf(policy.valid_from()).value_or(kFirstDay)); });
  return found == nullptr ? Fail("CASE_POLICY_MISSING", {{"region", region}})
                          : absl::StatusOr<const v1::CasePolicy*>(found);
}

absl::StatusOr<const v1::CasePolicy*> CaseBook::Find(std::string_view name) const {
  const auto found =
      std::find_if(policies_.begin(), policies_.end(), [&](const auto& policy) { return policy.name() == name; });
  return found == policies_.end() ? Fail("CASE_POLICY_UNKNOWN", {{"name", name}})
                                  : absl::StatusOr<const v1::CasePolicy*>(&*found);
}

bool Marked(const CodeList& list, std::string_view code, std::string_view column) {
  const CodeEntry* entry = list.Find(code);
  return entry != nullptr && entry->Attribute(column) == "1";
}

}  // namespace ruraledu::dropout_monitoring
