// Remembered answers of writes: key (shard, subject, method, request_id), kept 72 hours.
#pragma once

#include <optional>
#include <string>

#include "common/db/db.h"

namespace ruraledu::db {

struct RequestKey {
  std::string subject;      // who asked
  std::string method;       // "/ruraledu.registry.v1.RegistryService/CreateStudent"
  std::string request_id;   // chosen by the caller, 1..128 characters
  std::string fingerprint;  // keyed digest of the request without request_id
};

// What is remembered of an OK answer: enough to read it again for the present caller, never its content.
struct Remembered {
  std::string name;  // resource name, or several joined by '\n' for a batch
  int64_t version = 0;
};

// The answer remembered under `key` in the transaction's shard. Same id with another fingerprint: INVALID_ARGUMENT
// REQUEST_ID_REUSED.
absl::StatusOr<std::optional<Remembered>> FindRemembered(Transaction& tx, const RequestKey& key);
// Also forgets two answers of the shard that are too old.
absl::Status Remember(Transaction& tx, const RequestKey& key, const Remembered& answer);
// Deletes at most `limit` answers older than 72 hours of the shard; returns how many.
absl::StatusOr<int64_t> ForgetOld(Transaction& tx, int64_t limit);

}  // namespace ruraledu::db
