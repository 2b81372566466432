// Digests and text forms of bytes.
//
// Every digest is taken over the concatenation of `parts`. Concatenation is ambiguous ("ab"+"c" = "a"+"bc"): where two
// parts may change places or lengths, the caller puts lengths or separators in between (see FieldContext).
// Suite 1 uses SHA-256, suite 2 uses SM3 (GB/T 32905); both give 32 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace ruraledu::crypto {

inline constexpr size_t kDigestBytes = 32;

using Parts = absl::Span<const std::string_view>;

// 32 raw bytes.
std::string Sha256(Parts parts);
std::string Sm3(Parts parts);

// 32 raw bytes; `key` of any length. For a single use; else HmacKey.
std::string HmacSha256(std::string_view key, Parts parts);
std::string HmacSm3(std::string_view key, Parts parts);

// HMAC-SHA256 under one key that is used often: the key is set up once and wiped on destruction. Thread safe.
class HmacKey {
 public:
  explicit HmacKey(std::string_view key);
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;

  std::string Mac(Parts parts) const;  // 32 raw bytes

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// SHA-256 of a stream that is not in memory at once (uploads, files). Not thread safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;

  void Update(std::string_view bytes);
  // The 32 raw bytes of everything seen; the stream starts anew afterwards.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Four bytes, big endian: puts a part's length in front of it where parts must not run into each other.
std::string BigEndian32(uint32_t number);

// Lower-case hexadecimal. FromHex takes both cases; nothing on an odd length or another character.
std::string Hex(std::string_view bytes);
std::optional<std::string> FromHex(std::string_view hex);

// RFC 4648 section 5, without padding. Decoding is strict: no padding, no white space, unused bits zero, so that one
// byte string has exactly one text.
std::string Base64Url(std::string_view bytes);
std::optional<std::string> FromBase64Url(std::string_view text);

// Compares without telling by its duration where the first difference is.
bool EqualConstantTime(std::string_view a, std::string_view b);

// `count` bytes of the system's cryptographic generator. Aborts when it fails: nothing secret can be made then.
std::string RandomBytes(size_t count);

}  // namespace ruraledu::crypto
