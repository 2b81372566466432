#include "common/crypto/token.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <openssl/ecdsa.h>

#include <cmath>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/crypto/pem.h"
#include "common/crypto/signing.h"

namespace ruraledu::crypto {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr double kMaxSeconds = 253402300799;  // end of the year 9999
constexpr int kEs256Half = 32;

constexpr std::string_view NameOf(TokenAlgorithm algorithm) {
  return algorithm == TokenAlgorithm::kEdDsa ? "EdDSA" : "ES256";
}

std::optional<Struct> ParseJson(std::string_view base64) {
  const std::optional<std::string> json = FromBase64Url(base64);
  Struct object;
  if (!json || !json->starts_with('{') || !google::protobuf::util::JsonStringToMessage(*json, &object).ok()) {
    return std::nullopt;
  }
  return object;
}

std::string ToJson(const Struct& object) {
  std::string json;
  static_cast<void>(google::protobuf::util::MessageToJsonString(object, &json));  // a Struct always has a JSON form
  return json;
}

const Value* Find(const Struct& object, const char* name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

std::string TextOr(const Struct& object, const char* name, std::string otherwise) {
  const Value* value = Find(object, name);
  return value != nullptr && value->kind_case() == Value::kStringValue ? value->string_value() : std::move(otherwise);
}

// Whole seconds since 1970; a fraction is cut off.
std::optional<absl::Time> TimeOf(const Struct& object, const char* name) {
  const Value* value = Find(object, name);
  if (value == nullptr || value->kind_case() != Value::kNumberValue || !(value->number_value() >= 0) ||
      value->number_value() > kMaxSeconds) {
    return std::nullopt;
  }
  return absl::FromUnixSeconds(static_cast<int64_t>(value->number_value()));
}

bool AudienceFits(const Struct& payload, const std::string& audience) {
  const Value* value = Find(payload, "aud");
  if (value == nullptr) {
    return audience.empty();
  }
  if (value->kind_case() == Value::kStringValue) {
    return !audience.empty() && value->string_value() == audience;
  }
  for (const Value& one : value->list_value().values()) {
    if (!audience.empty() && one.string_value() == audience) {
      return true;
    }
  }
  return false;
}

// JWS carries r and s side by side, OpenSSL speaks DER.
std::string RawFromDer(const std::string& der) {
  const unsigned char* at = Bytes(der);
  const std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>> signature(
      Must(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))));  // NOLINT(google-runtime-int)
  std::string raw(2 * kEs256Half, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), Bytes(raw), kEs256Half);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), Bytes(raw) + kEs256Half, kEs256Half);
  return raw;
}

std::string DerFromRaw(std::string_view raw) {
  const std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>> signature(Must(ECDSA_SIG_new()));
  BIGNUM* const r = Must(BN_bin2bn(Bytes(raw), kEs256Half, nullptr));
  BIGNUM* const s = Must(BN_bin2bn(Bytes(raw) + kEs256Half, kEs256Half, nullptr));
  Must(ECDSA_SIG_set0(signature.get(), r, s));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  std::string text(reinterpret_cast<char*>(der), size);
  OPENSSL_free(der);
  return text;
}

bool IsP256(const EVP_PKEY* key) {
  char group[32] = {};
  return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == "prime256v1";
}

std::optional<TokenAlgorithm> AlgorithmOf(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519")) {
    return TokenAlgorithm::kEdDsa;
  }
  return IsP256(key) ? std::optional(TokenAlgorithm::kEs256) : std::nullopt;
}

bool SignatureFits(EVP_PKEY* key, TokenAlgorithm algorithm, std::string_view signed_text, std::string_view signature) {
  if (signature.size() != 2 * kEs256Half) {  // both algorithms: 64 bytes
    return false;
  }
  return algorithm == TokenAlgorithm::kEdDsa ? VerifyWith(key, nullptr, signed_text, signature)
                                             : VerifyWith(key, "SHA256", signed_text, DerFromRaw(signature));
}

}  // namespace

struct TokenSigner::State {
  PKey key;
  TrustedKey trusted;
};

TokenSigner::TokenSigner(std::unique_ptr<State> state) : state_(std::move(state)) {}
TokenSigner::~TokenSigner() = default;
TokenSigner::TokenSigner(TokenSigner&&) noexcept = default;
TokenSigner& TokenSigner::operator=(TokenSigner&&) noexcept = default;

absl::StatusOr<TokenSigner> TokenSigner::Create(std::string issuer, std::string_view private_pem, std::string kid) {
  PKey key = ReadPrivateKey(private_pem);
  const std::optional<TokenAlgorithm> algorithm = key == nullptr ? std::nullopt : AlgorithmOf(key.get());
  if (!algorithm) {
    return Fail("PEM_INVALID", {{"kind", "Ed25519 or P-256 private key"}});
  }
  const std::string public_pem = PublicPem(key.get());
  if (kid.empty()) {
    ASSIGN_OR_RETURN(kid, PublicKeyId(public_pem));
  }
  return TokenSigner(std::make_unique<State>(
      State{std::move(key), TrustedKey{std::move(issuer), std::move(kid), *algorithm, public_pem, ""}}));
}

const TrustedKey& TokenSigner::trusted_key() const {
  return state_->trusted;
}

absl::StatusOr<std::string> TokenSigner::Sign(const Claims& claims) const {
  if (claims.expires_at - claims.issued_at > kTokenMaxLifetime) {
    return Fail("TOKEN_TOO_LONG_LIVED");
  }
  const auto text = [](std::string_view value) {
    Value wrapped;
    wrapped.set_string_value(std::string(value));
    return wrapped;
  };
  const auto seconds = [](absl::Time time) {
    Value wrapped;
    wrapped.set_number_value(static_cast<double>(absl::ToUnixSeconds(time)));
    return wrapped;
  };
  Struct header, payload;
  (*header.mutable_fields())["alg"] = text(NameOf(state_->trusted.algorithm));
  (*header.mutable_fields())["kid"] = text(state_->trusted.kid);
  (*header.mutable_fields())["typ"] = text("JWT");
  (*payload.mutable_fields())["sub"] = text(claims.subject);
  (*payload.mutable_fields())["iss"] = text(state_->trusted.issuer);
  (*payload.mutable_fields())["sid"] = text(claims.session);
  (*payload.mutable_fields())["iat"] = seconds(claims.issued_at);
  (*payload.mutable_fields())["exp"] = seconds(claims.expires_at);
  const std::string signed_text = Base64Url(ToJson(header)) + "." + Base64Url(ToJson(payload));
  const std::string signature = state_->trusted.algorithm == TokenAlgorithm::kEdDsa
                                    ? SignWith(state_->key.get(), nullptr, signed_text)
                                    : RawFromDer(SignWith(state_->key.get(), "SHA256", signed_text));
  return signed_text + "." + Base64Url(signature);
}

struct TokenVerifier::Key {
  TrustedKey trusted;
  PKey key;
};

// What is worth remembering of a token whose signature fits.
struct TokenVerifier::Checked {
  Claims claims;
  absl::Time not_before;  // nbf, else iat

  absl::Status At(absl::Time now) const {
    if (claims.expires_at - claims.issued_at > kTokenMaxLifetime ||
        claims.expires_at - now > kTokenMaxLifetime + kTokenLeeway) {
      return Fail("TOKEN_TOO_LONG_LIVED");
    }
    if (now > claims.expires_at + kTokenLeeway || now < not_before - kTokenLeeway) {
      return Fail("TOKEN_EXPIRED");
    }
    return absl::OkStatus();
  }
};

// Least recently used tokens by SHA-256, in stripes so that threads seldom meet.
class TokenVerifier::Cache {
 public:
  explicit Cache(size_t entries) : entries_per_stripe_((entries + kStripes - 1) / kStripes) {}

  std::shared_ptr<const Checked> Find(const std::string& digest) {
    Stripe& stripe = StripeOf(digest);
    absl::MutexLock lock(&stripe.mu);
    const auto found = stripe.by_digest.find(digest);
    if (found == stripe.by_digest.end()) {
      ++stripe.counts.misses;
      return nullptr;
    }
    ++stripe.counts.hits;
    stripe.recent.splice(stripe.recent.begin(), stripe.recent, found->second);
    return found->second->checked;
  }

  void Put(const std::string& digest, std::shared_ptr<const Checked> checked) {
    Stripe& stripe = StripeOf(digest);
    absl::MutexLock lock(&stripe.mu);
    if (entries_per_stripe_ == 0 || stripe.by_digest.contains(digest)) {
      return;
    }
    stripe.recent.push_front({digest, std::move(checked)});
    stripe.by_digest.emplace(digest, stripe.recent.begin());
    if (stripe.recent.size() > entries_per_stripe_) {
      stripe.by_digest.erase(stripe.recent.back().digest);
      stripe.recent.pop_back();
    }
  }

  CacheCounts counts() {
    CacheCounts sum;
    for (Stripe& stripe : stripes_) {
      absl::MutexLock lock(&stripe.mu);
      sum.hits += stripe.counts.hits;
      sum.misses += stripe.counts.misses;
    }
    return sum;
  }

 private:
  static constexpr size_t kStripes = 8;
  struct Entry {
    std::string digest;
    std::shared_ptr<const Checked> checked;
  };
  struct Stripe {
    absl::Mutex mu;
    std::list<Entry> recent ABSL_GUARDED_BY(mu);
    absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_digest ABSL_GUARDED_BY(mu);
    CacheCounts counts ABSL_GUARDED_BY(mu);
  };
  Stripe& StripeOf(const std::string& digest) { return stripes_[static_cast<uint8_t>(digest[0]) % kStripes]; }

  const size_t entries_per_stripe_;
  std::array<Stripe, kStripes> stripes_;
};

TokenVerifier::TokenVerifier(std::vector<Key> keys, size_t cache_entries)
    : keys_(std::move(keys)), cache_(std::make_unique<Cache>(cache_entries)) {}
TokenVerifier::~TokenVerifier() = default;

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Create(const std::vector<TrustedKey>& keys,
                                                                     size_t cache_entries) {
  std::vector<Key> parsed;
  for (const TrustedKey& trusted : keys) {
    PKey key = ReadPublicKey(trusted.public_pem);
    if (key == nullptr || AlgorithmOf(key.get()) != trusted.algorithm) {
      return Fail("PEM_INVALID", {{"kind", std::string(NameOf(trusted.algorithm)) + " public key"}});
    }
    parsed.push_back({trusted, std::move(key)});
  }
  return std::unique_ptr<TokenVerifier>(new TokenVerifier(std::move(parsed), cache_entries));
}

absl::StatusOr<Claims> TokenVerifier::Verify(std::string_view token, absl::Time now) {
  if (token.size() > kTokenMaxBytes) {
    return Fail("TOKEN_MALFORMED");
  }
  const std::string digest = Sha256({token});
  if (const std::shared_ptr<const Checked> known = cache_->Find(digest)) {
    RETURN_IF_ERROR(known->At(now));
    return known->claims;
  }
  ASSIGN_OR_RETURN(Checked checked, VerifyFully(token));
  RETURN_IF_ERROR(checked.At(now));
  const auto remembered = std::make_shared<const Checked>(std::move(checked));
  cache_->Put(digest, remembered);
  return remembered->claims;
}

// The payload is not looked at before the signature fits.
absl::StatusOr<TokenVerifier::Checked> TokenVerifier::VerifyFully(std::string_view token) const {
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) {
    return Fail("TOKEN_MALFORMED");
  }
  const std::optional<Struct> header = ParseJson(token.substr(0, first));
  const std::optional<std::string> signature = FromBase64Url(token.substr(second + 1));
  if (!header || !signature || Find(*header, "crit") != nullptr) {
    return Fail("TOKEN_MALFORMED");
  }
  const std::string kid = TextOr(*header, "kid", ""), algorithm = TextOr(*header, "alg", "");
  bool known = false;
  for (const Key& key : keys_) {  // two issuers may have chosen the same kid
    if (key.trusted.kid != kid || NameOf(key.trusted.algorithm) != algorithm) {
      continue;
    }
    known = true;
    if (SignatureFits(key.key.get(), key.trusted.algorithm, token.substr(0, second), *signature)) {
      return ReadClaims(token.substr(first + 1, second - first - 1), key);
    }
  }
  return Fail(known ? "TOKEN_SIGNATURE" : "TOKEN_UNTRUSTED");
}

absl::StatusOr<TokenVerifier::Checked> TokenVerifier::ReadClaims(std::string_view base64, const Key& key) {
  const std::optional<Struct> payload = ParseJson(base64);
  if (!payload) {
    return Fail("TOKEN_MALFORMED");
  }
  const std::optional<absl::Time> issued_at = TimeOf(*payload, "iat"), expires_at = TimeOf(*payload, "exp");
  const std::string subject = TextOr(*payload, "sub", "");
  const bool nbf_wrong = Find(*payload, "nbf") != nullptr && !TimeOf(*payload, "nbf");
  if (!issued_at || !expires_at || *expires_at < *issued_at || subject.empty() || nbf_wrong) {
    return Fail("TOKEN_MALFORMED");
  }
  const std::string issuer = TextOr(*payload, "iss", "");
  if (issuer != key.trusted.issuer || !AudienceFits(*payload, key.trusted.audience)) {
    return Fail("TOKEN_UNTRUSTED");
  }
  const std::string session = TextOr(*payload, "sid", "");
  return Checked{{subject, issuer, session, *issued_at, *expires_at}, TimeOf(*payload, "nbf").value_or(*issued_at)};
}

TokenVerifier::CacheCounts TokenVerifier::cache_counts() const {
  return cache_->counts();
}

}  // namespace ruraledu::crypto
