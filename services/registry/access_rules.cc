#include "services/registry/access_rules.h"

#include "common/base/proto_day.h"
#include "common/domain/area.h"

namespace ruraledu::registry {
namespace {

absl::StatusOr<v1::Grant*> Find(std::string_view name, v1::Account* account) {
  for (v1::Grant& grant : *account->mutable_grants()) {
    if (grant.name() == name) {
      return &grant;
    }
  }
  return Fail("GRANT_UNKNOWN");
}

}  // namespace

absl::Status AddGrant(const v1::Grant& wanted, std::string_view grant_name, std::string_view giver,
                      const Incompatible& incompatible, v1::Account* account) {
  Violations violations;
  violations.Require(!wanted.role().empty(), "grant.role");
  const bool area_ok =
      wanted.area() == "areas/" || (wanted.area().starts_with("areas/") && IsAreaPrefix(wanted.area().substr(6)));
  if (!area_ok) {
    violations.Add("grant.area", "AREA_FORMAT", {{"area", wanted.area()}});
  }
  violations.Require(wanted.has_valid_from(), "grant.valid_from");
  const auto from = DayOf(wanted.valid_from(), "grant.valid_from", &violations);
  const auto to = DayOf(wanted.valid_to(), "grant.valid_to", &violations);
  if (from.has_value() && to.has_value() && *to < *from) {
    violations.Add("grant.valid_from", "SPAN_ORDER");
  }
  RETURN_IF_ERROR(violations.status());
  if (giver == account->person()) {
    return Fail("SAME_PERSON");
  }
  for (const v1::Grant& held : account->grants()) {
    if (!held.revoked() && incompatible(held.role(), wanted.role())) {
      return Fail("ROLES_INCOMPATIBLE", {{"role", wanted.role()}, {"held", held.role()}});
    }
  }
  v1::Grant* grant = account->add_grants();
  *grant = wanted;
  grant->set_name(std::string(grant_name));
  grant->set_given_by(std::string(giver));
  grant->clear_confirmed_by();
  grant->set_revoked(false);
  return absl::OkStatus();
}

absl::Status ConfirmGrantOf(std::string_view grant_name, std::string_view confirmer, v1::Account* account) {
  ASSIGN_OR_RETURN(v1::Grant * grant, Find(grant_name, account));
  if (grant->revoked()) {
    return Fail("GRANT_REVOKED");
  }
  if (confirmer == grant->given_by() || confirmer == account->person()) {
    return Fail("SAME_PERSON");
  }
  if (grant->confirmed_by().empty()) {  // once; later ones change nothing
    grant->set_confirmed_by(std::string(confirmer));
  }
  return absl::OkStatus();
}

absl::Status RevokeGrantOf(std::string_view grant_name, v1::Account* account) {
  ASSIGN_OR_RETURN(v1::Grant * grant, Find(grant_name, account));
  grant->set_revoked(true);
  return absl::OkStatus();
}

}  // namespace ruraledu::registry
