// What the access tables of every service keep of an account (common/rpc/access_table.h); also used by their followers
// through the journal.
#pragma once

#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "services/registry/reference.h"

namespace ruraledu::registry {

// Writes account, confirmed grants and revocations; idempotent.
absl::Status PutAccess(db::Transaction& tx, const ruraledu::registry::v1::Account& account, absl::CivilDay today);

// The first accounts, when there is none: the three administrators and whoever the operator names, with confirmed
// grants. CSV with the columns subject,person,display_name,role,area,certificate_file; one row per grant.
// BOOTSTRAP_DONE when accounts exist.
absl::Status BootstrapAccounts(const rpc::Host& host, std::string_view csv, const std::string& issuer);

}  // namespace ruraledu::registry
