#include "common/crypto/field_cipher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/crypto/aes_gcm.h"
#include "common/crypto/hash.h"

namespace ruraledu::crypto {
namespace {

constexpr size_t kHeaderBytes = 1 + 4;  // suite, key id

uint32_t KeyIdOf(std::string_view sealed) {
  uint32_t id = 0;
  for (int i = 1; i <= 4; ++i) {
    id = id << 8 | static_cast<uint8_t>(sealed[i]);
  }
  return id;
}

std::string Header(const DataKey& key) {
  return static_cast<char>(key.suite) + BigEndian32(key.key_id);
}

}  // namespace

class Sealer::Cipher {
 public:
  explicit Cipher(const DataKey& key)
      : key_id(key.key_id),
        header(Header(key)),
        gcm(key.key.bytes()),
        mac(HmacSha256(key.key.bytes(), {"ruraledu mac"})) {}

  const uint32_t key_id;
  const std::string header;
  const AesGcm gcm;
  const HmacKey mac;
};

struct Sealer::KeySet {
  std::vector<std::unique_ptr<const Cipher>> ciphers;  // key id ascending
};

std::string FieldContext(std::string_view field, std::string_view person_id) {
  return BigEndian32(static_cast<uint32_t>(field.size())).append(field).append(person_id);
}

Sealer::Sealer(std::vector<DataKey> keys, Reload reload) : reload_(std::move(reload)), current_(nullptr) {
  absl::MutexLock lock(&mu_);
  Use(std::move(keys));
}

Sealer::~Sealer() = default;

void Sealer::Use(std::vector<DataKey> keys) const {
  std::sort(keys.begin(), keys.end(), [](const DataKey& a, const DataKey& b) { return a.key_id < b.key_id; });
  auto set = std::make_unique<KeySet>();
  for (const DataKey& key : keys) {
    set->ciphers.push_back(std::make_unique<const Cipher>(key));
  }
  current_.store(set.get(), std::memory_order_release);
  sets_.push_back(std::move(set));
}

absl::StatusOr<const Sealer::Cipher*> Sealer::Find(uint32_t key_id) const {
  const auto find = [this, key_id]() -> const Cipher* {
    for (const auto& cipher : current_.load(std::memory_order_acquire)->ciphers) {
      if (cipher->key_id == key_id) {
        return cipher.get();
      }
    }
    return nullptr;
  };
  if (const Cipher* found = find()) {
    return found;
  }
  absl::MutexLock lock(&mu_);  // one thread asks the store, the others find the answer
  if (const Cipher* found = find()) {
    return found;
  }
  ASSIGN_OR_RETURN(std::vector<DataKey> keys, reload_());
  if (std::none_of(keys.begin(), keys.end(), [key_id](const DataKey& key) { return key.key_id == key_id; })) {
    return Fail("DATA_KEY_UNKNOWN", {{"key_id", std::to_string(key_id)}});
  }
  Use(std::move(keys));
  return find();
}

std::string Sealer::Seal(std::string_view plain, std::string_view context) const {
  const Cipher& cipher = *current_.load(std::memory_order_acquire)->ciphers.back();
  std::string sealed;
  sealed.reserve(kSealOverhead + plain.size());
  sealed = cipher.header;
  sealed.resize(kSealOverhead + plain.size());
  unsigned char* const iv = Bytes(sealed) + kHeaderBytes;
  NextIv(iv);
  cipher.gcm.Seal(iv, {cipher.header, context}, plain, Bytes(sealed) + kSealOverhead, iv + kIvBytes);
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(std::string_view sealed, std::string_view context) const {
  if (sealed.empty()) {
    return Fail("SEALED_VALUE_CORRUPT");
  }
  if (static_cast<Suite>(sealed[0]) == Suite::kNational) {
    return Fail("SUITE_UNAVAILABLE", {{"suite", "2"}});
  }
  if (static_cast<Suite>(sealed[0]) != Suite::kInternational || sealed.size() < kSealOverhead) {
    return Fail("SEALED_VALUE_CORRUPT");
  }
  ASSIGN_OR_RETURN(const Cipher* cipher, Find(KeyIdOf(sealed)));
  const unsigned char* const iv = Bytes(sealed) + kHeaderBytes;
  const std::string_view text = sealed.substr(kSealOverhead);
  std::string plain(text.size(), '\0');
  if (!cipher->gcm.Open(iv, {cipher->header, context}, text, iv + kIvBytes, Bytes(plain))) {
    Wipe(plain);
    return Fail("SEALED_VALUE_CORRUPT");
  }
  return plain;
}

bool Sealer::NeedsReseal(std::string_view sealed) const {
  return !sealed.starts_with(current_.load(std::memory_order_acquire)->ciphers.back()->header);
}

uint32_t Sealer::current_key_id() const {
  return current_.load(std::memory_order_acquire)->ciphers.back()->key_id;
}

absl::StatusOr<std::string> Sealer::Mac(uint32_t key_id, absl::Span<const std::string_view> parts) const {
  ASSIGN_OR_RETURN(const Cipher* cipher, Find(key_id));
  return cipher->mac.Mac(parts);
}

}  // namespace ruraledu::crypto
