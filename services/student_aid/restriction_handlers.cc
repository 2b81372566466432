// Restrictions: put on, lifted, passed over, read.
#include "common/base/proto_day.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::Restriction& restriction) {
  return restriction.area();
}

const rpc::RootKind<v1::Restriction> kKind{kRestrictions, AreaOf, nullptr};

absl::Status CheckReason(const std::string& reason) {
  Violations violations;
  violations.MostBytes("reason", reason, kMostText);
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::ListRestrictionCodesResponse> Handlers::ListRestrictionCodes(
    rpc::Call&, const v1::ListRestrictionCodesRequest&) {
  v1::ListRestrictionCodesResponse response;
  response.mutable_codes()->Assign(applications_.codes().begin(), applications_.codes().end());
  return response;
}

absl::StatusOr<v1::ListRestrictionsResponse> Handlers::ListRestrictions(rpc::Call& call,
                                                                        const v1::ListRestrictionsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.student().empty()) {
    spec.equal.emplace_back("person", std::string(feed::IdOfName(request.student())));
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::Restriction, v1::ListRestrictionsRequest, v1::ListRestrictionsResponse>(
      call, host_, kRestrictions, spec, request, &v1::ListRestrictionsResponse::mutable_restrictions);
}

absl::StatusOr<v1::Restriction> Handlers::CreateRestriction(rpc::Call& call,
                                                            const v1::CreateRestrictionRequest& request) {
  const v1::RestrictionCode* code = applications_.FindCode(request.code());
  Violations violations;
  if (code == nullptr) {
    violations.Add("code", "CODE_UNKNOWN", {{"list", "restriction_codes"}});
  }
  violations.MostBytes("reason", request.reason(), kMostText);
  const auto from = DayOf(request.from(), "from", &violations);
  const auto until = DayOf(request.until(), "until", &violations);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  const std::string name = absl::StrCat(request.parent(), "/restrictions/", rpc::StableId(call));
  return rpc::WriteRoot(
      call, host_, kKind, name, true, "PUT_ON",
      [&](db::Transaction& tx, const v1::Restriction*, v1::Restriction& after) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string person,
                         WhoStays(tx, tx.shard(), std::string(feed::IdOfName(request.student()))));
        ASSIGN_OR_RETURN(const auto place, FindPupil(tx, tx.shard(), person));
        if (!place.has_value()) {
          const absl::Status missing = call.CheckMissing(request.student());
          return absl::IsNotFound(missing) ? Fail("PERSON_UNKNOWN", {{"parent", request.parent()}}) : missing;
        }
        after.set_person(person);
        after.set_area(place->area);
        if (from.has_value()) {
          *after.mutable_from() = DateOf(*from);
        }
        if (until.has_value()) {
          *after.mutable_until() = DateOf(*until);
        }
        return PutOn(act, *code, &after);
      });
}

absl::StatusOr<v1::Restriction> Handlers::LiftRestriction(rpc::Call& call, const v1::LiftRestrictionRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(call, host_, kKind, request.name(), false, "LIFT",
                        [&](db::Transaction&, const v1::Restriction* before, v1::Restriction& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          return Lift(act, &after);
                        });
}

absl::StatusOr<v1::Restriction> Handlers::BypassRestriction(rpc::Call& call,
                                                            const v1::BypassRestrictionRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(call, host_, kKind, request.name(), false, "BYPASS",
                        [&](db::Transaction&, const v1::Restriction* before, v1::Restriction& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          return Bypass(act, request.application(), &after);
                        });
}

}  // namespace ruraledu::student_aid
