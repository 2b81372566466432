// Versions of the tables of a jurisdiction: read out of files, checked against each other, found for a region and term.
// For IdentificationPolicy and ApplicationPolicy, which begin with the same fields.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "common/domain/school_year.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// A whole number of at least 0, `absent` when the cell is empty.
absl::StatusOr<int64_t> NumberIn(const DataTable& table, size_t row, std::string_view column, int64_t absent);

// "identificationPolicies/ID_CN@1".
std::string PolicyName(std::string_view collection, const DataTable& table, size_t row);

// The columns policy, version, region, from_term, until_term, notice_days, objection_days, appeal_days, answer_days,
// label_zh, source; `more` reads the others. Errors: DATA_FILE for a version below 1, a region that is none, terms out
// of order, a notice of fewer than 5 working days, a period of 0 days, a policy and version that stand twice.
template <typename Policy>
absl::StatusOr<std::vector<Policy>> ReadPolicies(const DataTable& table, std::string_view collection,
                                                 absl::FunctionRef<absl::Status(size_t row, Policy*)> more);

// Calls `add(row, policy)` for every row of a further file: DATA_FILE for a row without its policy or source.
template <typename Policy>
absl::Status EachRow(const DataTable& table, std::string_view collection, std::vector<Policy>* policies,
                     absl::FunctionRef<absl::Status(size_t row, Policy&)> add);

// Versions of a jurisdiction follow each other without a gap (DR-04) in one region; a region has one jurisdiction.
template <typename Policy>
absl::Status CheckVersions(std::string_view file, const std::vector<Policy>& policies);

// Null when there is none of that name.
template <typename Policy>
const Policy* PolicyNamed(absl::Span<const Policy> policies, std::string_view name);
// The one of the lowest region that has one in the term: the county's, else the city's, the province's, the nation's.
template <typename Policy>
const Policy* PolicyInForce(absl::Span<const Policy> policies, const RegionPath& path, std::string_view region,
                            const Term& term);

// --- Bodies ---------------------------------------------------------------------------------------------------------

namespace internal {

inline constexpr int kShortestNotice = 5;  // 2.6, 2.7

template <typename Policy>
absl::Status ReadDays(const DataTable& table, size_t row, Policy* policy) {
  ASSIGN_OR_RETURN(const int64_t notice, NumberIn(table, row, "notice_days", 0));
  ASSIGN_OR_RETURN(const int64_t objection, NumberIn(table, row, "objection_days", 0));
  ASSIGN_OR_RETURN(const int64_t appeal, NumberIn(table, row, "appeal_days", 0));
  ASSIGN_OR_RETURN(const int64_t answer, NumberIn(table, row, "answer_days", 0));
  if (notice < kShortestNotice) {
    return table.Error(row, "a notice has at least 5 working days");
  }
  if (objection == 0 || appeal == 0 || answer == 0) {
    return table.Error(row, "a period has at least one working day");
  }
  policy->set_notice_days(static_cast<int32_t>(notice));
  policy->set_objection_days(static_cast<int32_t>(objection));
  policy->set_appeal_days(static_cast<int32_t>(appeal));
  policy->set_answer_days(static_cast<int32_t>(answer));
  return absl::OkStatus();
}

template <typename Policy>
absl::Status CheckTerms(const DataTable& table, size_t row, const Policy& policy) {
  const auto from = ParseTerm(policy.from_term());
  const auto until = policy.until_term().empty() ? from : ParseTerm(policy.until_term());
  if (!from.ok() || !until.ok() || *until < *from) {
    return table.Error(row, "from_term and until_term are terms in order");
  }
  return absl::OkStatus();
}

template <typename Policy>
absl::Status ReadPolicy(const DataTable& table, std::string_view collection, size_t row, Policy* policy) {
  policy->set_name(PolicyName(collection, table, row));
  policy->set_jurisdiction(std::string(table.Get(row, "policy")));
  ASSIGN_OR_RETURN(const int64_t version, NumberIn(table, row, "version", 0));
  policy->set_version(static_cast<int32_t>(version));
  policy->set_region_code(std::string(table.Get(row, "region")));
  policy->set_from_term(std::string(table.Get(row, "from_term")));
  policy->set_until_term(std::string(table.Get(row, "until_term")));
  policy->set_label_zh(std::string(table.Get(row, "label_zh")));
  policy->set_source(std::string(table.Get(row, "source")));
  if (policy->jurisdiction().empty() || version == 0 || policy->source().empty()) {
    return table.Error(row, "a policy needs a code, a version from 1 and a source");
  }
  if (!policy->region_code().empty() && policy->region_code().size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  RETURN_IF_ERROR(CheckTerms(table, row, *policy));
  return ReadDays(table, row, policy);
}

}  // namespace internal

template <typename Policy>
absl::StatusOr<std::vector<Policy>> ReadPolicies(const DataTable& table, std::string_view collection,
                                                 absl::FunctionRef<absl::Status(size_t row, Policy*)> more) {
  std::vector<Policy> policies;
  for (size_t row = 0; row < table.size(); ++row) {
    Policy& policy = policies.emplace_back();
    RETURN_IF_ERROR(internal::ReadPolicy(table, collection, row, &policy));
    RETURN_IF_ERROR(more(row, &policy));
    if (std::any_of(policies.begin(), policies.end() - 1, [&](const Policy& p) { return p.name() == policy.name(); })) {
      return table.Error(row, "the policy and version stand twice");
    }
  }
  return policies;
}

template <typename Policy>
absl::Status EachRow(const DataTable& table, std::string_view collection, std::vector<Policy>* policies,
                     absl::FunctionRef<absl::Status(size_t row, Policy&)> add) {
  for (size_t row = 0; row < table.size(); ++row) {
    const std::string name = PolicyName(collection, table, row);
    const auto policy = std::find_if(policies->begin(), policies->end(),
                                     [&](const Policy& candidate) { return candidate.name() == name; });
    if (policy == policies->end()) {
      return table.Error(row, "there is no such policy and version");
    }
    if (table.Get(row, "source").empty()) {
      return table.Error(row, "a row needs its source");
    }
    RETURN_IF_ERROR(add(row, *policy));
  }
  return absl::OkStatus();
}

template <typename Policy>
absl::Status CheckVersions(std::string_view file, const std::vector<Policy>& policies) {
  const auto wrong = [&](const Policy& policy, std::string_view problem) {
    return Fail("DATA_FILE", {{"file", file}, {"line", policy.name()}, {"problem", problem}});
  };
  std::map<std::string, std::vector<const Policy*>> by_jurisdiction;
  std::map<std::string, std::string> by_region;
  for (const Policy& policy : policies) {
    by_jurisdiction[policy.jurisdiction()].push_back(&policy);
    if (by_region.emplace(policy.region_code(), policy.jurisdiction()).first->second != policy.jurisdiction()) {
      return wrong(policy, "another jurisdiction holds in the region");
    }
  }
  for (auto& [jurisdiction, versions] : by_jurisdiction) {
    std::sort(versions.begin(), versions.end(),
              [](const auto* a, const auto* b) { return a->version() < b->version(); });
    for (size_t i = 1; i < versions.size(); ++i) {
      const Policy& before = *versions[i - 1];
      if (before.region_code() != versions[i]->region_code()) {
        return wrong(*versions[i], "versions of one policy hold in one region");
      }
      if (before.until_term().empty() ||
          ParseTerm(before.until_term())->Next() != *ParseTerm(versions[i]->from_term())) {
        return wrong(*versions[i], "a version begins in the term after the last one of the version before (DR-04)");
      }
    }
  }
  return absl::OkStatus();
}

template <typename Policy>
const Policy* PolicyNamed(absl::Span<const Policy> policies, std::string_view name) {
  const auto found =
      std::find_if(policies.begin(), policies.end(), [&](const Policy& policy) { return policy.name() == name; });
  return found == policies.end() ? nullptr : &*found;
}

template <typename Policy>
const Policy* PolicyInForce(absl::Span<const Policy> policies, const RegionPath& path, std::string_view region,
                            const Term& term) {
  std::vector<std::string> codes = path(region);
  codes.emplace_back();  // the nation
  for (const std::string& code : codes) {
    for (const Policy& policy : policies) {
      const bool begun = *ParseTerm(policy.from_term()) <= term;
      const bool over = !policy.until_term().empty() && *ParseTerm(policy.until_term()) < term;
      if (policy.region_code() == code && begun && !over) {
        return &policy;
      }
    }
  }
  return nullptr;
}

}  // namespace ruraledu::student_aid
