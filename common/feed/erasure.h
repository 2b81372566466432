// What the journal of a shard tells of a person, taken out of it when the person is erased (common/crypto/erasure.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/crypto/field_cipher.h"
#include "common/db/jobs.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::feed {

// Whether a change tells something of the person; `personal` is its classified part, not empty.
using Tells = std::function<bool(const ruraledu::feed::v1::RootChange& change, const std::string& personal)>;

// The body of an erasure job: `rows` erases the rows in the job's first chunk, then the journal is gone through page by
// page up to its head. The cursor is the last entry done.
absl::Status RunErasure(db::JobContext& context, const crypto::Sealer& sealer,
                        const std::function<absl::Status(db::Transaction& tx)>& rows, const Tells& tells);

}  // namespace ruraledu::feed
