// Reading classified fields in clear: a permission, a purpose, and a journal entry before the answer.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/rpc/call.h"

namespace ruraledu::rpc {

// Records in the caller's own access shard that the caller reads `name` in clear; OK means it is recorded.
//   PERMISSION_DENIED  the caller does not hold `permission` over `area`, or is a job or a service: those have no
//                      access shard and unmask nothing
//   PURPOSE_REQUIRED   the call states no purpose
absl::Status JournalUnmask(Call& call, db::Database& database, crypto::KeyRing& keys, std::string_view permission,
                           std::string_view area, std::string_view name);

}  // namespace ruraledu::rpc
