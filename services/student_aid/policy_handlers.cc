#include <algorithm>

#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/handlers.h"

namespace ruraledu::student_aid {

absl::StatusOr<v1::PolicySet> Handlers::GetPolicySet(rpc::Call&, const v1::GetPolicySetRequest& request) {
  const v1::PolicySet* set = book_.Find(request.name());
  return set == nullptr ? Fail("POLICY_SET_UNKNOWN", {{"name", request.name()}}) : absl::StatusOr<v1::PolicySet>(*set);
}

absl::StatusOr<v1::ListPolicySetsResponse> Handlers::ListPolicySets(rpc::Call&,
                                                                    const v1::ListPolicySetsRequest& request) {
  std::vector<const v1::PolicySet*> sets;
  if (request.region_code().empty() && request.term().empty()) {
    for (const v1::PolicySet& set : book_.sets()) {
      sets.push_back(&set);
    }
  } else if (!request.region_code().empty() && !request.term().empty()) {
    ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
    sets = book_.InForce(request.region_code(), term);
  } else {
    Violations violations;
    violations.Require(!request.term().empty(), "term");
    violations.Require(!request.region_code().empty(), "region_code");
    return violations.status();
  }
  std::sort(sets.begin(), sets.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
  v1::ListPolicySetsResponse response;
  for (const v1::PolicySet* set : sets) {
    v1::PolicySet* listed = response.add_policy_sets();
    *listed = *set;
    listed->clear_items();
  }
  return response;
}

absl::StatusOr<v1::EvaluateEntitlementResponse> Handlers::EvaluateEntitlement(
    rpc::Call&, const v1::EvaluateEntitlementRequest& request) {
  return Evaluate(book_, request);
}

}  // namespace ruraledu::student_aid
