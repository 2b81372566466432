#include "services/student_aid/identification_policy_rules.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "services/student_aid/jurisdiction_rules.h"

namespace ruraledu::student_aid {
namespace {

using Policy = v1::IdentificationPolicy;
constexpr std::string_view kCollection = "identificationPolicies";

// A count or number of points.
absl::StatusOr<int32_t> Number(const DataTable& table, size_t row, std::string_view column) {
  ASSIGN_OR_RETURN(const int64_t value, NumberIn(table, row, column, 0));
  return value <= std::numeric_limits<int32_t>::max()
             ? absl::StatusOr<int32_t>(static_cast<int32_t>(value))
             : table.Error(row, absl::StrCat(column, " is not a whole number"));
}

absl::Status ReadLevels(std::string_view text, std::vector<Policy>* policies) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse("identification_levels.csv", text,
                                                           {"policy", "version", "level", "label_zh", "label_en",
                                                            "at_least_points", "source"}));
  return EachRow<Policy>(table, kCollection, policies, [&](size_t row, Policy& policy) -> absl::Status {
    ASSIGN_OR_RETURN(const int32_t level, Number(table, row, "level"));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "at_least_points"));
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
  return EachRow<Policy>(table, kCollection, policies, [&](size_t row, Policy& policy) -> absl::Status {
    const v1::FactorGroup group = FactorGroupOf(table.Get(row, "group"));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "max_points"));
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
  return EachRow<Policy>(table, kCollection, policies, [&](size_t row, Policy& policy) -> absl::Status {
    v1::FactorRow added;
    std::optional<int64_t> from, below;
    RETURN_IF_ERROR(ReadBound(table, row, "from_value", &from));
    RETURN_IF_ERROR(ReadBound(table, row, "below_value", &below));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "points"));
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
  return EachRow<Policy>(table, kCollection, policies, [&](size_t row, Policy& policy) -> absl::Status {
    ASSIGN_OR_RETURN(const int32_t level, Number(table, row, "level"));
    ASSIGN_OR_RETURN(const int32_t points, Number(table, row, "points"));
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
  return CheckVersions("identification_policies.csv", policies);
}

}  // namespace

v1::FactorGroup FactorGroupOf(std::string_view name) {
  return EnumOf<v1::FactorGroup>(name).value_or(v1::FACTOR_GROUP_UNSPECIFIED);
}

absl::StatusOr<std::vector<Policy>> ParseIdentificationPolicies(const IdentificationFiles& files) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("identification_policies.csv", files.policies,
                                    {"policy", "version", "region", "from_term", "until_term", "notice_days",
                                     "objection_days", "appeal_days", "answer_days", "label_zh", "source"}));
  ASSIGN_OR_RETURN(std::vector<Policy> policies,
                   ReadPolicies<Policy>(table, kCollection, [](size_t, Policy*) { return absl::OkStatus(); }));
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
  return PolicyNamed(policies(), name);
}

const Policy* IdentificationBook::InForce(std::string_view region, const Term& term) const {
  return PolicyInForce(policies(), path_, region, term);
}

}  // namespace ruraledu::student_aid
