#include "services/student_aid/application_policy_rules.h"

#include <algorithm>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "services/student_aid/jurisdiction_rules.h"

namespace ruraledu::student_aid {
namespace {

using Policy = v1::ApplicationPolicy;
constexpr std::string_view kCollection = "applicationPolicies";
constexpr std::string_view kPoliciesFile = "application_policies.csv";
constexpr int64_t kMostApprovals = 10;

absl::StatusOr<std::vector<Policy>> Read(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kPoliciesFile, text,
                                                           {"policy", "version", "region", "from_term", "until_term",
                                                            "notice_level", "notice_days", "objection_days",
                                                            "appeal_days", "answer_days", "label_zh", "source"}));
  return ReadPolicies<Policy>(table, kCollection, [&](size_t row, Policy* policy) -> absl::Status {
    const auto level = EnumOf<v1::NoticeLevel>(table.Get(row, "notice_level")).value_or(v1::NOTICE_LEVEL_UNSPECIFIED);
    if (level == v1::NOTICE_LEVEL_UNSPECIFIED) {
      return table.Error(row, "the notice level is SCHOOL, COUNTY or BOTH");
    }
    policy->set_notice_level(level);
    return absl::OkStatus();
  });
}

absl::Status ReadSteps(std::string_view text, std::vector<Policy>* policies) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("application_approval_steps.csv", text,
                                    {"policy", "version", "from_amount_fen", "approvals", "source"}));
  return EachRow<Policy>(table, kCollection, policies, [&](size_t row, Policy& policy) -> absl::Status {
    ASSIGN_OR_RETURN(const int64_t from, NumberIn(table, row, "from_amount_fen", 0));
    ASSIGN_OR_RETURN(const int64_t approvals, NumberIn(table, row, "approvals", 0));
    const auto& steps = policy.approval_steps();
    if (steps.empty() ? from != 0 : from <= steps.rbegin()->from_amount_fen()) {
      return table.Error(row, "approvals stand in order of amount, the first ones from 0");
    }
    if (approvals < 1 || approvals > kMostApprovals || (!steps.empty() && approvals < steps.rbegin()->approvals())) {
      return table.Error(row, "a greater amount needs as many approvals or more, 1 to 10");
    }
    v1::ApprovalStep* step = policy.add_approval_steps();
    step->set_from_amount_fen(from);
    step->set_approvals(static_cast<int32_t>(approvals));
    step->set_source(std::string(table.Get(row, "source")));
    return absl::OkStatus();
  });
}

}  // namespace

absl::StatusOr<std::vector<Policy>> ParseApplicationPolicies(const ApplicationFiles& files) {
  ASSIGN_OR_RETURN(std::vector<Policy> policies, Read(files.policies));
  RETURN_IF_ERROR(ReadSteps(files.steps, &policies));
  for (const Policy& policy : policies) {
    if (policy.approval_steps().empty()) {
      return Fail("DATA_FILE",
                  {{"file", kPoliciesFile}, {"line", policy.name()}, {"problem", "a policy has its approvals"}});
    }
  }
  RETURN_IF_ERROR(CheckVersions(kPoliciesFile, policies));
  return policies;
}

ApplicationBook::ApplicationBook(std::vector<Policy> policies, std::vector<v1::RestrictionCode> codes, RegionPath path)
    : policies_(std::move(policies)), codes_(std::move(codes)), path_(std::move(path)) {}

const Policy* ApplicationBook::Find(std::string_view name) const {
  return PolicyNamed(policies(), name);
}

const v1::RestrictionCode* ApplicationBook::FindCode(std::string_view code) const {
  const auto found = std::find_if(codes_.begin(), codes_.end(), [&](const auto& one) { return one.code() == code; });
  return found == codes_.end() ? nullptr : &*found;
}

const Policy* ApplicationBook::InForce(std::string_view region, const Term& term) const {
  return PolicyInForce(policies(), path_, region, term);
}

absl::StatusOr<const v1::ApplicationPolicy*> PolicyOf(const ApplicationBook& tables,
                                                      const v1::Application& application) {
  const v1::ApplicationPolicy* policy = tables.Find(application.policy());
  return policy != nullptr ? absl::StatusOr<const v1::ApplicationPolicy*>(policy)
                           : Fail("POLICY_SET_UNKNOWN", {{"name", application.policy()}});
}

}  // namespace ruraledu::student_aid
