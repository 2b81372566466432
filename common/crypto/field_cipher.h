// Encryption of single values: ID numbers, phones, cards, addresses, hardship kinds … wherever they rest.
//
// A sealed value is  suite (1 byte) | key id (4, big endian) | IV (12) | tag (16) | encrypted text  — 33 bytes more
// than the text. Suite, key id and context are bound as additional data: a value that is moved to another column or
// another person does not open. Suite 1 is AES-256-GCM; suite 2 (SM4-CTR + HMAC-SM3, GB/T 32907 and 32905) has its id
// reserved and answers SUITE_UNAVAILABLE.
//
// IVs are random 96-bit values, drawn from the system's generator in blocks. With random IVs a key may seal at most
// 2^32 values (NIST SP 800-38D 8.3: chance of any repeat below 2^-32); a county seals some 10^7 in a year, so rotating
// a shard's key once in a school career keeps three decimal places of room. Blocks are dropped in a forked child.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "common/crypto/secret.h"

namespace ruraledu::crypto {

enum class Suite : uint8_t {
  kInternational = 1,  // AES-256-GCM, HMAC-SHA256
  kNational = 2,       // SM4, HMAC-SM3: reserved
};

inline constexpr size_t kSealOverhead = 1 + 4 + 12 + 16;

// The context of a personal value: field name and person id, joined so that no two pairs give the same bytes.
std::string FieldContext(std::string_view field, std::string_view person_id);

struct DataKey {
  uint32_t key_id;
  Suite suite;
  Secret key;  // 32 bytes
};

// Seals and opens values of one shard. Thread safe; made by KeyRing::SealerOf.
class Sealer {
 public:
  using Reload = std::function<absl::StatusOr<std::vector<DataKey>>()>;

  // `keys` is not empty; the highest key id is current. `reload` is called when a value names an unknown key id.
  Sealer(std::vector<DataKey> keys, Reload reload);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // Sealing the same text twice gives different bytes: compare by blind index, never by sealed value.
  std::string Seal(std::string_view plain, std::string_view context) const;

  // SEALED_VALUE_CORRUPT when the bytes were changed, cut or sealed under another context; DATA_KEY_UNKNOWN;
  // SUITE_UNAVAILABLE. The error never tells the text.
  absl::StatusOr<std::string> Open(std::string_view sealed, std::string_view context) const;

  // True when the value is not under the current key: the reseal job seals it anew.
  bool NeedsReseal(std::string_view sealed) const;

  uint32_t current_key_id() const;

  // HMAC-SHA256 under a key derived from a data key; see erasure.h. DATA_KEY_UNKNOWN.
  absl::StatusOr<std::string> Mac(uint32_t key_id, absl::Span<const std::string_view> parts) const;

 private:
  friend class KeyRing;
  class Cipher;  // one data key with its kept EVP contexts
  struct KeySet;

  absl::StatusOr<const Cipher*> Find(uint32_t key_id) const;
  void Use(std::vector<DataKey> keys) const;

  const Reload reload_;
  mutable absl::Mutex mu_;
  mutable std::vector<std::unique_ptr<const KeySet>> sets_ ABSL_GUARDED_BY(mu_);  // rotations are rare: all are kept
  mutable std::atomic<const KeySet*> current_;
};

}  // namespace ruraledu::crypto
