#include <map>

#include "common/rpc/access_table.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnmask = "student_aid.entitlement.unmask";

std::string AreaOf(const v1::Decision& decision) {
  return decision.area();
}

// Item code -> amount; items that a claim took away count as granted, since the rules do not know of claims.
std::map<std::string, int64_t> Amounts(const v1::EvaluateEntitlementResponse& answer) {
  std::map<std::string, int64_t> amounts;
  for (const v1::EntitledItem& item : answer.items()) {
    amounts[item.item()] = item.amount_fen();
  }
  return amounts;
}

}  // namespace

absl::Status Handlers::AllowUnmask(rpc::Call& call, std::string_view permission, std::string_view area,
                                   std::string_view name) {
  if (call.purpose().empty()) {
    return Fail("PURPOSE_REQUIRED", {{"purposes", "AID_REVIEW"}});
  }
  if (!call.Holds(permission, area) || call.caller().access == nullptr) {
    return Fail("PERMISSION_DENIED");
  }
  const auto shard = rpc::AccessShard(call.caller().access->account);
  if (!shard.ok()) {
    return Fail("PERMISSION_DENIED");  // jobs and services have no access shard of their own and unmask nothing
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(*shard));
  return host_.database.Write(*shard, [&](db::Transaction& tx) -> absl::Status {
    ruraledu::feed::v1::RootEvent event;
    auto* change = event.add_changes();
    change->set_name(std::string(name));
    change->set_cause(absl::StrCat("UNMASK ", call.purpose()));
    return feed::Append(tx, *sealer,
                        {.entity = std::string(name),
                         .actor = call.caller().subject,
                         .call_id = call.call_id(),
                         .body = event.SerializeAsString(),
                         .personal = ""})
        .status();
  });
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
  const auto again = Evaluate(book_, decision.input());
  v1::ReplayDecisionResponse response;
  if (!again.ok()) {
    // Facts that the rules refused are refused again; anything else is a loss of rules or standards.
    const auto& flags = decision.answer().flags();
    response.set_same(flags.size() == 2 && flags.Get(0) == "FACTS_INVALID" && flags.Get(1) == ReasonOf(again.status()));
    return response.same() ? absl::StatusOr<v1::ReplayDecisionResponse>(response) : again.status();
  }
  auto stored = Amounts(decision.answer()), fresh = Amounts(*again);
  for (const v1::RemovedItem& removed : decision.answer().removed()) {
    if (removed.reason() == "DUPLICATE_AID" && fresh.contains(removed.item())) {
      stored[removed.item()] = fresh[removed.item()];
    }
  }
  for (const auto& [item, fen] : stored) {
    if (const auto found = fresh.find(item); found == fresh.end() || found->second != fen) {
      response.add_differing_items(item);
    }
  }
  for (const auto& [item, fen] : fresh) {
    if (!stored.contains(item)) {
      response.add_differing_items(item);
    }
  }
  response.set_same(response.differing_items().empty());
  return response;
}

}  // namespace ruraledu::student_aid
