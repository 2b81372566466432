#include "common/crypto/erasure.h"

#include <charconv>
#include <cstdint>

#include "common/base/error.h"
#include "common/crypto/hash.h"

namespace ruraledu::crypto {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kKeptBytes = 16;

absl::StatusOr<std::string> DigestUnder(const Sealer& sealer, uint32_t key_id, std::string_view salt,
                                        std::string_view field, std::string_view value) {
  const std::string salt_size = BigEndian32(static_cast<uint32_t>(salt.size()));
  const std::string field_size = BigEndian32(static_cast<uint32_t>(field.size()));
  ASSIGN_OR_RETURN(const std::string mac, sealer.Mac(key_id, {salt_size, salt, field_size, field, value}));
  return std::to_string(key_id) + ":" + Hex(std::string_view(mac).substr(0, kKeptBytes));
}

}  // namespace

std::string NewDigestSalt() {
  return RandomBytes(kSaltBytes);
}

std::string KeyedDigest(const Sealer& sealer, std::string_view salt, std::string_view field, std::string_view value) {
  return DigestUnder(sealer, sealer.current_key_id(), salt, field, value).value();  // the current key is known
}

absl::StatusOr<bool> DigestMatches(const Sealer& sealer, std::string_view digest, std::string_view salt,
                                   std::string_view field, std::string_view value) {
  uint32_t key_id = 0;
  if (std::from_chars(digest.data(), digest.data() + digest.size(), key_id).ec != std::errc()) {
    return false;
  }
  ASSIGN_OR_RETURN(const std::string expected, DigestUnder(sealer, key_id, salt, field, value));
  return EqualConstantTime(digest, expected);
}

}  // namespace ruraledu::crypto
