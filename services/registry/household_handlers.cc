#include "services/registry/handlers.h"
#include "services/registry/household_rules.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

const rpc::RootKind<v1::Household> kHousehold{kHouseholds, [](const v1::Household& h) { return h.village(); }, nullptr};

}  // namespace

absl::StatusOr<v1::Household> Handlers::GetHousehold(rpc::Call& call, const v1::GetHouseholdRequest& request) {
  ASSIGN_OR_RETURN(v1::Household household,
                   rpc::GetRoot<v1::Household>(call, host_, kHouseholds, request.name(), kHousehold.area_of));
  if (!request.unmask()) {
    rpc::MaskRoot(household);
    return household;
  }
  RETURN_IF_ERROR(AllowUnmask(call, "registry.households.unmask", household.village(), household.name()));
  return household;
}

absl::StatusOr<v1::ListHouseholdsResponse> Handlers::ListHouseholds(rpc::Call& call,
                                                                    const v1::ListHouseholdsRequest& request) {
  rpc::ListSpec spec{.area_column = "village", .order = {"village"}};
  if (!request.village().empty()) {
    if (!IsAreaPrefix(request.village())) {
      return Fail("REGION_CODE", {{"code", request.village()}});
    }
    spec.within.push_back(RangeOf(request.village()));
  }
  return rpc::ListRoots<v1::Household, v1::ListHouseholdsRequest, v1::ListHouseholdsResponse>(
      call, host_, kHouseholds, spec, request, &v1::ListHouseholdsResponse::mutable_households);
}

absl::StatusOr<v1::Household> Handlers::CreateHousehold(rpc::Call& call, const v1::CreateHouseholdRequest& request) {
  const auto reference = reference_.Get();
  const std::string name = absl::StrCat(request.parent(), "/households/", rpc::StableId(call));
  return rpc::WriteRoot(call, host_, kHousehold, name, true, "CREATE",
                        [&](db::Transaction&, const v1::Household*, v1::Household& after) -> absl::Status {
                          RETURN_IF_ERROR(rpc::ApplyMask(request.household(), {}, &after));
                          Violations violations;
                          CheckHousehold(reference->ChecksOn(call.clock().Today()),
                                         rpc::CountyOfParent(request.parent()), "household", &after, &violations);
                          return violations.status();
                        });
}

absl::StatusOr<v1::Household> Handlers::UpdateHousehold(rpc::Call& call, const v1::UpdateHouseholdRequest& request) {
  const auto reference = reference_.Get();
  const std::string& name = request.household().name();
  return rpc::WriteRoot(call, host_, kHousehold, name, false, "UPDATE",
                        [&](db::Transaction&, const v1::Household* before, v1::Household& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.household().etag(), before->etag()));
                          RETURN_IF_ERROR(rpc::ApplyMask(request.household(), request.update_mask(), &after));
                          Violations violations;
                          CheckHousehold(reference->ChecksOn(call.clock().Today(), before->village()),
                                         rpc::CountyOfParent(name), "household", &after, &violations);
                          return violations.status();
                        });
}

}  // namespace ruraledu::registry
