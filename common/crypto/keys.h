// Keys: where they live and who may see them.
//
//   key file (outside every database, mode 0600)   master keys, blind-index keys, fingerprint key
//   database, table of the caller (WrappedKeyStore) data keys per shard, wrapped by a master key
//   memory (KeyRing)                                unwrapped keys, wiped on destruction
//
// A copy of a database without the key file tells nothing. All services of one installation share one key file: a blind
// index made by one is found by the other.
//
// Key file: text, one key per line, `<purpose> <version> <base64url of 32 bytes>`; purposes are `master`, `index`,
// `fingerprint`; versions rise from 1; the highest version of a purpose is current, older ones stay readable. Lines
// that start with # are comments.
//
// Rotation. `master` and `index`: AddKey to the file, restart, the reseal job (common/feed/reseal.h) in each shard,
// drop the old line. Data key: the reseal job makes the next one when asked. `fingerprint`: never needed; a change
// makes requests repeated within 72 h look different.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/field_cipher.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

namespace ruraledu::crypto {

// One row of the caller's key table.
struct WrappedKey {
  uint32_t key_id = 0;  // 1, 2, … within the shard; the highest is current
  Suite suite = Suite::kInternational;
  std::string wrapped;  // master key version (4 bytes, big endian), IV (12), tag (16), 32 encrypted bytes
};

// Where wrapped data keys rest. Thread safe. Called only on the first use of a shard, on rotation, and when a value
// names a key id that is not known yet (another process rotated).
class WrappedKeyStore {
 public:
  virtual ~WrappedKeyStore() = default;
  // All keys of a shard, in any order; empty when it has none.
  virtual absl::StatusOr<std::vector<WrappedKey>> Load(std::string_view shard) = 0;
  // Compare and set: writes (shard, key.key_id) when the stored bytes equal `replaces` ("" = there is no such row),
  // else leaves the stored row alone. OK either way: the ring reads back what stands, so two processes that make the
  // first key of a shard at once end with the same key.
  virtual absl::Status Save(std::string_view shard, const WrappedKey& key, std::string_view replaces) = 0;
};

// The in-memory store of tests.
class MemoryKeyStore final : public WrappedKeyStore {
 public:
  absl::StatusOr<std::vector<WrappedKey>> Load(std::string_view shard) override;
  absl::Status Save(std::string_view shard, const WrappedKey& key, std::string_view replaces) override;

 private:
  absl::Mutex mu_;
  absl::flat_hash_map<std::string, std::vector<WrappedKey>> keys_ ABSL_GUARDED_BY(mu_);
};

enum class KeyPurpose { kMaster, kIndex, kFingerprint };

// Writes a new key file with version 1 of every purpose, mode 0600, synced to disk. FILE_EXISTS when there is one:
// overwriting it would lose all data.
absl::Status CreateKeyFile(const std::string& path);

// Appends the next version of a purpose (atomic: new file, sync, rename) and returns it.
absl::StatusOr<uint32_t> AddKey(const std::string& path, KeyPurpose purpose);

struct IndexKey {
  uint32_t version;
  HmacKey key;
};

// The unwrapped keys of one process. Thread safe. Outlives every Sealer made by it.
class KeyRing {
 public:
  // Reads the key file. KEY_FILE_UNREADABLE; FILE_MODE when group or others may read it or it is not a regular file;
  // KEY_FILE_INVALID with the line number. `store` outlives the ring.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Open(const std::string& path, WrappedKeyStore* store);
  ~KeyRing();

  // The sealer of a shard; makes the shard's first data key when it has none. The first call per shard reads and may
  // write the store: call it before opening a transaction. Later calls are a map lookup; keep the pointer in hot loops.
  // MASTER_KEY_UNKNOWN when a data key is wrapped by a version that is not in the key file, SEALED_VALUE_CORRUPT when a
  // wrapped key was changed or belongs to another shard.
  absl::StatusOr<std::shared_ptr<const Sealer>> SealerOf(std::string_view shard);

  // Makes the next data key of a shard current and returns its id. Values sealed before stay readable.
  absl::StatusOr<uint32_t> RotateDataKey(std::string_view shard);

  // Wraps all data keys of a shard by the current master key; returns how many were not yet.
  absl::StatusOr<int> Rewrap(std::string_view shard);

  // Blind-index keys, version ascending, never empty; the last is current.
  absl::Span<const IndexKey> index_keys() const { return index_; }

  // Keyed fingerprint of request content (32 raw bytes): equal content has an equal fingerprint, and nobody without the
  // key can tell by trying whether a stored one belongs to a given ID number.
  std::string Fingerprint(Parts parts) const;

 private:
  struct MasterKey;
  explicit KeyRing(WrappedKeyStore* store);
  absl::Status Parse(std::string_view text);
  absl::StatusOr<std::vector<DataKey>> LoadKeys(std::string_view shard);
  absl::Status AddDataKey(std::string_view shard, uint32_t key_id);
  WrappedKey Wrap(std::string_view shard, uint32_t key_id, std::string_view key) const;
  absl::StatusOr<DataKey> Unwrap(std::string_view shard, const WrappedKey& wrapped) const;

  WrappedKeyStore* const store_;
  std::vector<MasterKey> masters_;  // version ascending, as the others; constant after Open
  std::vector<IndexKey> index_;
  std::vector<HmacKey> fingerprints_;
  absl::Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Sealer>> sealers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ruraledu::crypto
