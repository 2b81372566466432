#include <map>
#include <set>

#include "common/rpc/unmask.h"
#include "services/student_aid/benefit_rules.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::Decision& decision) {
  return decision.area();
}

// Item code -> what was decided about it.
std::map<std::string, std::string> ByItem(const v1::EvaluateEntitlementResponse& answer) {
  std::map<std::string, std::string> decided;
  for (const v1::EntitledItem& item : answer.items()) {
    decided[item.item()] = item.SerializeAsString();
  }
  for (const v1::RemovedItem& removed : answer.removed()) {
    decided[removed.item()] = removed.SerializeAsString();
  }
  return decided;
}

// Families that a claim took away: the rules do not know of claims, so a replay takes them away again.
std::set<v1::BenefitFamily> TakenAway(const PolicyBook& book, const v1::EvaluateEntitlementResponse& answer) {
  std::set<v1::BenefitFamily> families;
  for (const v1::RemovedItem& removed : answer.removed()) {
    if (removed.reason() == kDuplicateAid) {
      families.insert(book.FamilyOf(removed.item()));
    }
  }
  return families;
}

}  // namespace

absl::Status Handlers::AllowUnmask(rpc::Call& call, std::string_view permission, std::string_view area,
                                   std::string_view name) {
  return rpc::JournalUnmask(call, host_.database, host_.keys, permission, area, name);
}

absl::StatusOr<v1::Decision> Handlers::GetDecision(rpc::Call& call, const v1::GetDecisionRequest& request) {
  ASSIGN_OR_RETURN(v1::Decision decision, rpc::GetRoot<v1::Decision>(call, host_, kDecisions, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(decision);
    return decision;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmask, decision.area(), decision.name()));
  return decision;
}

absl::StatusOr<v1::ListDecisionsResponse> Handlers::ListDecisions(rpc::Call& call,
                                                                  const v1::ListDecisionsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  spec.equal = {{"term", request.term()}, {"in_force", int64_t{1}}};
  if (request.entitled_only()) {
    spec.equal.emplace_back("entitled", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::Decision, v1::ListDecisionsRequest, v1::ListDecisionsResponse>(
      call, host_, kDecisions, spec, request, &v1::ListDecisionsResponse::mutable_decisions);
}

absl::StatusOr<v1::ReplayDecisionResponse> Handlers::ReplayDecision(rpc::Call& call,
                                                                    const v1::ReplayDecisionRequest& request) {
  ASSIGN_OR_RETURN(const v1::Decision decision,
                   rpc::GetRoot<v1::Decision>(call, host_, kDecisions, request.name(), AreaOf));
  if (!decision.has_input()) {
    return Fail("ERASED", {{"name", request.name()}});
  }
  auto again = Evaluate(book_, decision.input());
  v1::ReplayDecisionResponse response;
  if (!again.ok()) {
    // Facts that the rules refused are refused again; anything else is a loss of rules or standards.
    const auto& flags = decision.answer().flags();
    response.set_same(flags.size() == 2 && flags.Get(0) == "FACTS_INVALID" && flags.Get(1) == ReasonOf(again.status()));
    return response.same() ? absl::StatusOr<v1::ReplayDecisionResponse>(response) : again.status();
  }
  ForStorage(TakenAway(book_, decision.answer()), &*again);
  auto stored = ByItem(decision.answer());
  const auto fresh = ByItem(*again);
  for (const auto& [item, decided] : fresh) {
    const auto found = stored.find(item);
    if (found == stored.end() || found->second != decided) {
      response.add_differing_items(item);
    }
    stored.erase(item);
  }
  for (const auto& [item, decided] : stored) {
    response.add_differing_items(item);
  }
  response.set_same(again->SerializeAsString() == decision.answer().SerializeAsString());
  return response;
}

}  // namespace ruraledu::student_aid
