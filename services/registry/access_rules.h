// Decisions about grants. Pure.
#pragma once

#include <functional>
#include <string>

#include "common/base/error.h"
#include "ruraledu/registry/v1/access.pb.h"

namespace ruraledu::registry {

// Whether two roles may not be held by one person.
using Incompatible = std::function<bool(std::string_view role, std::string_view other)>;

// Adds an unconfirmed grant: dates in order, an area prefix or "areas/" for the whole country. ROLES_INCOMPATIBLE with
// any grant that is not revoked, confirmed or not, so that two halves cannot be confirmed one after the other.
// SAME_PERSON: nobody grants to himself.
absl::Status AddGrant(const ruraledu::registry::v1::Grant& wanted, std::string_view grant_name, std::string_view giver,
                      const Incompatible& incompatible, ruraledu::registry::v1::Account* account);

// Confirms it. SAME_PERSON when the confirming person gave it or gets it; GRANT_UNKNOWN, GRANT_REVOKED.
absl::Status ConfirmGrantOf(std::string_view grant_name, std::string_view confirmer,
                            ruraledu::registry::v1::Account* account);

absl::Status RevokeGrantOf(std::string_view grant_name, ruraledu::registry::v1::Account* account);

}  // namespace ruraledu::registry
