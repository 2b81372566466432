// Rows and keys of objects. For common/files only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "ruraledu/files/v1/files.pb.h"

namespace ruraledu::files {

// The id in a file's name.
std::string IdOf(const v1::File& file);
// Takes an event of the states: STATE_TRANSITION.
absl::Status Move(v1::File& file, std::string_view event);

// Keyed digests of a content: what finds an equal one of the shard, and what a file shows.
std::string AddressOf(const crypto::Sealer& sealer, std::string_view sha256);
std::string FileDigest(const crypto::Sealer& sealer, std::string_view file_id, std::string_view sha256);

// The object of a file, and its key as it rests.
struct HeldObject {
  std::string object, sealed_key;
};
absl::StatusOr<std::optional<HeldObject>> FindHeld(db::Transaction& tx, std::string_view shard,
                                                   std::string_view file_id);

// A new key for an object, sealed by the shard's.
std::string NewObjectKey(const crypto::Sealer& sealer, std::string_view object);

// The same key, sealed under the shard's present data key.
absl::StatusOr<std::string> SealKeyAnew(const crypto::Sealer& sealer, const HeldObject& held);

// Encrypts the pieces of one object. Bound to object, number and size of the whole: pieces do not change places and
// none is missing at the end.
class ObjectKey {
 public:
  static absl::StatusOr<std::unique_ptr<ObjectKey>> Open(const crypto::Sealer& sealer, const HeldObject& held,
                                                         int64_t total_bytes);
  std::string Seal(int64_t number, std::string_view plain) const;
  absl::StatusOr<std::string> Open(int64_t number, std::string_view sealed) const;

 private:
  ObjectKey(std::string object, int64_t total_bytes, std::string_view key);
  std::string Context(int64_t number) const;

  const std::string object_;
  const int64_t total_bytes_;
  const crypto::Sealer cipher_;
};

absl::Status Refer(db::Transaction& tx, std::string_view file_id, std::string_view owner);

// Destroys the key of an object that no file holds any more; its bytes go with the next job (jobs.h).
absl::Status DropObject(db::Transaction& tx, std::string_view object);
// The file holds nothing any more: neither its object nor what was uploaded.
absl::Status Release(db::Transaction& tx, const v1::File& file);
// Work of a kind that finds by itself what there is to do (jobs.h).
absl::Status EnsureJob(db::Transaction& tx, std::string_view kind, const v1::File& file);

}  // namespace ruraledu::files
