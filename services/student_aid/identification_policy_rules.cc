#include "services/student_aid/identification_policy_rules.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kShortestNotice = 5;  // 2.6: at school level

using Policy = v1::IdentificationPolicy;

std::string NameOf(const DataTable& table, size_t row) {
  return absl::StrCat("identificationPolicies/", table.Get(row, "policy"), "@", table.Get(row, "version"));
}

// A whole number, `absent` when the cell is empty.
absl::StatusOr<int32_t> Number(const DataTable& table, size_t row, std::string_view column, int32_t absent) {
  const std::string_view cell = table.Get(row, column);
  int32_t value = absent;
  if (!cell.empty() && (!absl::SimpleAtoi(cell, &value) || value < 0)) {
    return table.Error(row, absl::StrCat(column, " is not a whole number"));
  }
  return value;
}

// The rows of one file behind their policies.
class Reader {
 public:
  Reader(const DataTable& table, std::vector<Policy>& policies) : table_(table), policies_(policies) {}

  // Calls `add(row, policy)` for every row.
  template <typename Add>
  absl::Status Each(Add add) {
    for (size_t row = 0; row < table_.size(); ++row) {
      const std::string name = NameOf(table_, row);
      const auto policy = std::find_if(policies_.begin(), policies_.end(),
                                       [&](const Policy& candidate) { return candidate.name() == name; });
      if (policy == policies_.end()) {
        return table_.Error(row, "there is no such policy and version");
      }
      if (table_.Get(row, "source").empty()) {
        return table_.Error(row, "a row needs its source");
      }
      RETURN_IF_ERROR(add(row, *policy));
    }
    return absl::OkStatus();
  }

 private:
  const DataTable& table_;
  std::vector<Policy>& policies_;
};

absl::Status ReadDays(const DataTable& table, size_t row, Policy* policy) {
  ASSIGN_OR_RETURN(const int32_t notice, Number(table, row, "notice_days", 0));
  ASSIGN_OR_RETURN(const int32_t objection, Number(table, row, "objection_days", 0));
  ASSIGN_OR_RETURN(const int32_t appeal, Number(table, row, "appeal_days", 0));
  ASSIGN_OR_RETURN(const int32_t answer, Number(table, row, "answer_days", 0));
  if (notice < kShortestNotice) {
    return table.Error(row, "a notice has at least 5 working days");
  }
  if (objection == 0 || appeal == 0 || answer == 0) {
    return table.Error(row, "a period has at least one working day");
  }
  policy->set_notice_days(notice);
  policy->set_objection_days(objection);
  policy->set_appeal_days(appeal);
  policy->set_answer_days(answer);
  return absl::OkStatus();
}

absl::Status CheckTerms(const DataTable& table, size_t row, const Policy& policy) {
  const auto from = ParseTerm(policy.from_term());
  const auto until = policy.until_term().empty() ? from : ParseTerm(policy.until_term());
  if (!from.ok() || !until.ok() || *until < *from) {
    return table.Error(row, "from_term and until_term are terms in order");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Policy>> ReadPolicies(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("identification_policies.csv", text,
                                    {"policy", "version", "region", "from_term", "until_term", "notice_days",
                                     "objection_days", "appeal_days", "answer_days", "label_zh", "source"}));
  std::vector<Policy> policies;
  for (size_t row = 0; row < table.size(); ++row) {
    Policy& policy = policies.emplace_back();
    policy.set_name(NameOf(table, row));
    policy.set_jurisdiction(std::string(table.Get(row, "policy")));
    ASSIGN_OR_RETURN(const int32_t version, Number(table, row, "version", 0));
    policy.set_version(version);
    policy.set_region_code(std::string(table.Get(row, "region")));
    policy.set_from_term(std::string(table.Get(row, "from_term")));
    policy.set_until_term(std::string(table.Get(row, "until_term")));
    policy.set_label_zh(std::string(table.Get(row, "label_zh")));
    policy.set_source(std::string(table.Get(row, "source")));
    if (policy.jurisdiction().empty() || version == 0 || policy.source().empty()) {
      return table.Error(row, "a policy needs a code, a version from 1 and a source");
    }
    if (!policy.region_code().empty() && policy.region_code().size() != 12) {
      return table.Error(row, "a region has 12 digits; empty is the nation");
    }
    RETURN_IF_ERROR(CheckTerms(table, row, policy));
    RETURN_IF_ERROR(ReadDays(table, row, &policy));
    if (std::any_of(policies.begin(), policies.end() - 1, [&](const Policy& p) { return p.name() == policy.name(); })) {
      return table.Error(row, "the policy and version stand twice");
    }
  }
  return policies;
}

// Versions of a jurisdiction follow each other; a region has one jurisdiction at most.
absl::Status CheckVersions(const std::vector<Policy>& policies) {
  const auto wrong = [](const Policy& policy, std::string_view problem) {
    return Fail("DATA_FILE", {{"file", "identification_policies.csv"}, {"line", policy.name()}, {"problem", problem}});
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

absl::Status ReadLevels(std::string_view text, std::vector<Policy>* policies) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse("identification_levels.csv", text,
                                                           {"policy", "version", "level", "label_zh", "label_en",
                                                            "at_least_points", "source"}));
  return Reader(table, *policies).Each([&](size_t row, Policy& policy) -> absl::Status {
    ASSIGN_OR_RETURN(const int32_t level, Number(table, row, "level", 0));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "at_least_points", 0));
    if (level != policy.levels_size() + 1) {
      return table.Error(row, "levels stand in order from 1, without gaps");
    }
    if (points == 0 || (level > 1 && points >= policy.levels().rbegin()->at_least_points())) {
      return table.Error(row, "a milder level needs fewer points, and one at least");
    }
    v1::IdentificationLevel* added = policy.add_levels();
    added->set_level(level);
    added->set_label_zh(std::string(table.Get(row, "label_zh")));
    added->set_label_en(std::string(table.Get(row, "label_en")));
    added->set_at_least_points(points);
    added->set_source(std::string(table.Get(row, "source")));
    return absl::OkStatus();
  });
}

absl::Status ReadGroups(std::string_view text, std::vector<Policy>* policies) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("identification_groups.csv", text,
                                    {"policy", "version", "group", "label_zh", "max_points", "source"}));
  return Reader(table, *policies).Each([&](size_t row, Policy& policy) -> absl::Status {
    const v1::FactorGroup group = FactorGroupOf(table.Get(row, "group"));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "max_points", 0));
    if (group == v1::FACTOR_GROUP_UNSPECIFIED || group != policy.groups_size() + 1) {
      return table.Error(row, "the six groups stand in their order, each once");
    }
    v1::IdentificationGroup* added = policy.add_groups();
    added->set_group(group);
    added->set_label_zh(std::string(table.Get(row, "label_zh")));
    added->set_max_points(points);
    added->set_source(std::string(table.Get(row, "source")));
    return absl::OkStatus();
  });
}

absl::Status ReadBound(const DataTable& table, size_t row, std::string_view column, std::optional<int64_t>* bound) {
  const std::string_view cell = table.Get(row, column);
  int64_t value = 0;
  if (cell.empty()) {
    return absl::OkStatus();
  }
  if (!absl::SimpleAtoi(cell, &value)) {
    return table.Error(row, absl::StrCat(column, " is not a whole number"));
  }
  *bound = value;
  return absl::OkStatus();
}

bool Overlap(const v1::FactorRow& a, const v1::FactorRow& b) {
  const bool a_first = a.has_below_value() && b.has_from_value() && a.below_value() <= b.from_value();
  const bool b_first = b.has_below_value() && a.has_from_value() && b.below_value() <= a.from_value();
  return !a_first && !b_first;
}

// A row against those of its factor that stand before it; "" when it fits.
std::string_view FactorProblem(const Policy& policy, const v1::FactorRow& row) {
  if (row.factor().empty() || row.answer().empty()) {
    return "a row needs a factor and an answer";
  }
  if (row.group() == v1::FACTOR_GROUP_UNSPECIFIED || row.group() == v1::FACTOR_GROUP_SPECIAL_GROUP) {
    return "no group of answers; kinds are in identification_kinds.csv";
  }
  if (row.unit().empty() && (row.has_from_value() || row.has_below_value())) {
    return "bounds need a unit";
  }
  if (row.has_from_value() && row.has_below_value() && row.from_value() >= row.below_value()) {
    return "the range is empty";
  }
  for (const v1::FactorRow& other : policy.factors()) {
    if (other.factor() != row.factor()) {
      continue;
    }
    if (other.group() != row.group() || other.unit() != row.unit()) {
      return "a factor has one group and one unit";
    }
    if (other.answer() == row.answer()) {
      return "the answer stands twice";
    }
    if (!row.unit().empty() && Overlap(other, row)) {
      return "two rows of the factor overlap";
    }
  }
  return "";
}

absl::Status ReadFactors(std::string_view text, std::vector<Policy>* policies) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("identification_factors.csv", text,
                                    {"policy", "version", "group", "factor", "answer", "from_value", "below_value",
                                     "unit", "label_zh", "points", "source"}));
  return Reader(table, *policies).Each([&](size_t row, Policy& policy) -> absl::Status {
    v1::FactorRow added;
    std::optional<int64_t> from, below;
    RETURN_IF_ERROR(ReadBound(table, row, "from_value", &from));
    RETURN_IF_ERROR(ReadBound(table, row, "below_value", &below));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "points", 0));
    added.set_group(FactorGroupOf(table.Get(row, "group")));
    added.set_factor(std::string(table.Get(row, "factor")));
    added.set_answer(std::string(table.Get(row, "answer")));
    if (from.has_value()) {
      added.set_from_value(*from);
    }
    if (below.has_value()) {
      added.set_below_value(*below);
    }
    added.set_unit(std::string(table.Get(row, "unit")));
    added.set_label_zh(std::string(table.Get(row, "label_zh")));
    added.set_points(points);
    added.set_source(std::string(table.Get(row, "source")));
    if (const std::string_view problem = FactorProblem(policy, added); !problem.empty()) {
      return table.Error(row, problem);
    }
    *policy.add_factors() = std::move(added);
    return absl::OkStatus();
  });
}

absl::Status ReadKinds(std::string_view text, std::vector<Policy>* policies) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse("identification_kinds.csv", text,
                                                           {"policy", "version", "kind", "level", "points", "source"}));
  return Reader(table, *policies).Each([&](size_t row, Policy& policy) -> absl::Status {
    ASSIGN_OR_RETURN(const int32_t level, Number(table, row, "level", 0));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "points", 0));
    const std::string kind(table.Get(row, "kind"));
    const bool twice = std::any_of(policy.kinds().begin(), policy.kinds().end(),
                                   [&](const v1::KindRow& other) { return other.kind() == kind; });
    if (kind.empty() || twice) {
      return table.Error(row, "a kind stands once");
    }
    if (level > policy.levels_size()) {
      return table.Error(row, "the policy has no such level");
    }
    v1::KindRow* added = policy.add_kinds();
    added->set_kind(kind);
    added->set_level(level);
    added->set_points(points);
    added->set_source(std::string(table.Get(row, "source")));
    return absl::OkStatus();
  });
}

absl::Status CheckWhole(const std::vector<Policy>& policies) {
  for (const Policy& policy : policies) {
    if (policy.levels().empty() || policy.groups_size() != v1::FactorGroup_MAX) {
      return Fail("DATA_FILE", {{"file", "identification_groups.csv"},
                                {"line", policy.name()},
                                {"problem", "a policy has levels and the six groups"}});
    }
  }
  return CheckVersions(policies);
}

}  // namespace

v1::FactorGroup FactorGroupOf(std::string_view name) {
  v1::FactorGroup group = v1::FACTOR_GROUP_UNSPECIFIED;
  const bool known = v1::FactorGroup_Parse(absl::StrCat("FACTOR_GROUP_", name), &group);
  return known ? group : v1::FACTOR_GROUP_UNSPECIFIED;
}

absl::StatusOr<std::vector<Policy>> ParseIdentificationPolicies(const IdentificationFiles& files) {
  ASSIGN_OR_RETURN(std::vector<Policy> policies, ReadPolicies(files.policies));
  RETURN_IF_ERROR(ReadLevels(files.levels, &policies));
  RETURN_IF_ERROR(ReadGroups(files.groups, &policies));
  RETURN_IF_ERROR(ReadFactors(files.factors, &policies));
  RETURN_IF_ERROR(ReadKinds(files.kinds, &policies));
  RETURN_IF_ERROR(CheckWhole(policies));
  return policies;
}

IdentificationBook::IdentificationBook(std::vector<Policy> policies, CodeList evidence, RegionPath path)
    : policies_(std::move(policies)), evidence_(std::move(evidence)), path_(std::move(path)) {}

const Policy* IdentificationBook::Find(std::string_view name) const {
  const auto found =
      std::find_if(policies_.begin(), policies_.end(), [&](const Policy& policy) { return policy.name() == name; });
  return found == policies_.end() ? nullptr : &*found;
}

const Policy* IdentificationBook::InForce(std::string_view region, const Term& term) const {
  std::vector<std::string> path = path_(region);
  path.emplace_back();  // the nation
  for (const std::string& code : path) {
    for (const Policy& policy : policies_) {
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
