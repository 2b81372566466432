#include "common/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "common/crypto/context_pool.h"
#include "common/crypto/openssl.h"
#include "common/crypto/secret.h"

namespace ruraledu::crypto {
namespace {

// Fetched once: an implicit fetch per digest costs more than the digest of a short text.
const EVP_MD* Fetched(const char* name) {
  return Must(EVP_MD_fetch(nullptr, name, nullptr));
}
const EVP_MD* Sha256Md() {
  static const EVP_MD* const md = Fetched("SHA256");
  return md;
}
const EVP_MD* Sm3Md() {
  static const EVP_MD* const md = Fetched("SM3");
  return md;
}

std::string Digest(const EVP_MD* md, Parts parts) {
  thread_local const MdCtx context(Must(EVP_MD_CTX_new()));
  Must(EVP_DigestInit_ex2(context.get(), md, nullptr));
  for (const std::string_view part : parts) {
    Must(EVP_DigestUpdate(context.get(), part.data(), part.size()));
  }
  std::string digest(kDigestBytes, '\0');
  Must(EVP_DigestFinal_ex(context.get(), Bytes(digest), nullptr));
  return digest;
}

MacCtx NewHmac(const char* digest, std::string_view key) {
  static EVP_MAC* const mac = Must(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacCtx context(Must(EVP_MAC_CTX_new(mac)));
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(digest), 0),
                               OSSL_PARAM_construct_end()};
  // A null pointer would mean "the key of the last time".
  Must(EVP_MAC_init(context.get(), key.empty() ? Bytes("") : Bytes(key), key.size(), params));
  return context;
}

std::string MacOf(EVP_MAC_CTX* keyed, Parts parts) {
  for (const std::string_view part : parts) {
    Must(EVP_MAC_update(keyed, Bytes(part), part.size()));
  }
  std::string mac(kDigestBytes, '\0');
  size_t size = 0;
  Must(EVP_MAC_final(keyed, Bytes(mac), &size, mac.size()));
  return mac;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int8_t, 256> Inverse(std::string_view digits) {
  std::array<int8_t, 256> inverse{};
  inverse.fill(-1);
  for (size_t i = 0; i < digits.size(); ++i) {
    inverse[static_cast<uint8_t>(digits[i])] = static_cast<int8_t>(i);
  }
  return inverse;
}

constexpr std::array<int8_t, 256> HexValues() {
  std::array<int8_t, 256> values = Inverse(kHexDigits);
  for (int i = 0; i < 6; ++i) {
    values['A' + i] = static_cast<int8_t>(10 + i);
  }
  return values;
}

}  // namespace

std::string Sha256(Parts parts) {
  return Digest(Sha256Md(), parts);
}
std::string Sm3(Parts parts) {
  return Digest(Sm3Md(), parts);
}

std::string HmacSha256(std::string_view key, Parts parts) {
  return MacOf(NewHmac("SHA256", key).get(), parts);
}
std::string HmacSm3(std::string_view key, Parts parts) {
  return MacOf(NewHmac("SM3", key).get(), parts);
}

struct HmacKey::State {
  explicit State(std::string_view key)
      : contexts([secret = std::make_shared<const Secret>(key)] { return NewHmac("SHA256", secret->bytes()); }) {}
  ContextPool<MacCtx> contexts;
};

HmacKey::HmacKey(std::string_view key) : state_(std::make_unique<State>(key)) {}
HmacKey::~HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;

std::string HmacKey::Mac(Parts parts) const {
  const auto context = state_->contexts.Take();
  Must(EVP_MAC_init(context.get(), nullptr, 0, nullptr));  // the kept key, from the start
  return MacOf(context.get(), parts);
}

struct Sha256Stream::State {
  MdCtx context{Must(EVP_MD_CTX_new())};
  State() { Must(EVP_DigestInit_ex2(context.get(), Sha256Md(), nullptr)); }
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::Update(std::string_view bytes) {
  Must(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256Stream::Finish() {
  std::string digest(kDigestBytes, '\0');
  Must(EVP_DigestFinal_ex(state_->context.get(), Bytes(digest), nullptr));
  Must(EVP_DigestInit_ex2(state_->context.get(), Sha256Md(), nullptr));
  return digest;
}

std::string BigEndian32(uint32_t number) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) {
    bytes[i] = static_cast<char>(number >> (24 - 8 * i));
  }
  return bytes;
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    hex.push_back(kHexDigits[byte >> 4]);
    hex.push_back(kHexDigits[byte & 15]);
  }
  return hex;
}

std::optional<std::string> FromHex(std::string_view hex) {
  static constexpr std::array<int8_t, 256> kValues = HexValues();
  if (hex.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = kValues[static_cast<uint8_t>(hex[i])], low = kValues[static_cast<uint8_t>(hex[i + 1])];
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string Base64Url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  int have = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (have += 8; have >= 6; have -= 6) {
      text.push_back(kBase64Digits[bits >> (have - 6) & 63]);
    }
  }
  if (have > 0) {
    text.push_back(kBase64Digits[bits << (6 - have) & 63]);
  }
  return text;
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  static constexpr std::array<int8_t, 256> kValues = Inverse(kBase64Digits);
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int have = 0;
  for (const unsigned char digit : text) {
    if (kValues[digit] < 0) {
      return std::nullopt;
    }
    bits = bits << 6 | static_cast<uint32_t>(kValues[digit]);
    have += 6;
    if (have >= 8) {
      have -= 8;
      bytes.push_back(static_cast<char>(bits >> have & 255));
    }
  }
  const bool unused_bits_set = (bits & ((1U << have) - 1)) != 0;
  return unused_bits_set ? std::nullopt : std::optional(std::move(bytes));
}

bool EqualConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  Must(RAND_bytes(Bytes(bytes), static_cast<int>(count)));
  return bytes;
}

void Wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace ruraledu::crypto
