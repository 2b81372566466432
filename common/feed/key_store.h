// Wrapped data keys of the shards in the service's own database (table data_key).
#pragma once

#include "common/crypto/keys.h"
#include "common/db/db.h"

namespace ruraledu::feed {

// The store that crypto::KeyRing asks for wrapped keys. Called outside of transactions: a shard's key must be there
// before a write of the shard begins (KeyRing::SealerOf does that).
std::unique_ptr<crypto::WrappedKeyStore> DatabaseKeyStore(db::Database& database);

}  // namespace ruraledu::feed
