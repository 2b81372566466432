// Tokens: who is calling, never what they may do (roles and areas come from the registry's grants).
//
// A token is a JWS in compact form (RFC 7515) with the claims
//   {"sub": subject, "iss": issuer, "sid": session, "iat": issued at, "exp": expires at}     times in seconds since
//   1970
// signed with EdDSA (Ed25519, RFC 8037) or ES256. The algorithm is pinned per key: a header that names another one is
// refused whatever it says, "none" included. `sid` may be missing in tokens of external issuers; `nbf` is honoured;
// `aud` must equal the audience agreed with the issuer; other claims are ignored; a `crit` header is refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ruraledu::crypto {

inline constexpr absl::Duration kTokenLeeway = absl::Seconds(60);       // clocks of two machines differ
inline constexpr absl::Duration kTokenMaxLifetime = absl::Minutes(15);  // expires_at - issued_at
inline constexpr size_t kTokenMaxBytes = 4096;                          // gRPC carries about 8 KiB of metadata

struct Claims {
  std::string subject;  // account name at the issuer
  std::string issuer;
  std::string session;   // what Revoke names; "" when the issuer has none
  absl::Time issued_at;  // whole seconds
  absl::Time expires_at;
};

enum class TokenAlgorithm { kEdDsa, kEs256 };

// A key whose tokens are believed.
struct TrustedKey {
  std::string issuer;  // must equal the claim `iss`
  std::string kid;     // must equal the header `kid`; several keys of an issuer overlap while it changes keys
  TokenAlgorithm algorithm = TokenAlgorithm::kEdDsa;
  std::string public_pem;
  std::string audience;  // must be (among) the claim `aud`; "" = tokens carry no `aud`
};

// Our own issuer. Thread safe.
class TokenSigner {
 public:
  // PEM_INVALID when the key is neither Ed25519 nor P-256. `kid` "" takes PublicKeyId.
  static absl::StatusOr<TokenSigner> Create(std::string issuer, std::string_view private_pem, std::string kid = "");
  ~TokenSigner();
  TokenSigner(TokenSigner&&) noexcept;
  TokenSigner& operator=(TokenSigner&&) noexcept;

  // claims.issuer is ignored: a signer speaks for its own issuer only. TOKEN_TOO_LONG_LIVED.
  absl::StatusOr<std::string> Sign(const Claims& claims) const;

  // What a verifier has to trust.
  const TrustedKey& trusted_key() const;

 private:
  struct State;
  explicit TokenSigner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Thread safe. A verified token is remembered by its SHA-256, so a repeated one costs a hash instead of a signature;
// time is checked on every use, and who holds grants is not remembered here.
class TokenVerifier {
 public:
  // PEM_INVALID when a key is not one of its algorithm. `cache_entries` bounds the memory: about 400 bytes each.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Create(const std::vector<TrustedKey>& keys,
                                                               size_t cache_entries = 16384);
  ~TokenVerifier();

  // TOKEN_MALFORMED      not three base64url parts of JSON with the claims, or longer than kTokenMaxBytes
  // TOKEN_UNTRUSTED      unknown kid, other algorithm than the key's, other issuer or audience than the key's
  // TOKEN_SIGNATURE      the signature does not fit
  // TOKEN_TOO_LONG_LIVED lives longer than 15 minutes, or expires later than that from now
  // TOKEN_EXPIRED        now is outside the token's time, 60 s of leeway at both ends
  absl::StatusOr<Claims> Verify(std::string_view token, absl::Time now);

  struct CacheCounts {
    int64_t hits = 0, misses = 0;
  };
  CacheCounts cache_counts() const;

 private:
  struct Key;
  struct Checked;
  class Cache;
  TokenVerifier(std::vector<Key> keys, size_t cache_entries);
  absl::StatusOr<Checked> VerifyFully(std::string_view token) const;
  static absl::StatusOr<Checked> ReadClaims(std::string_view base64, const Key& key);

  std::vector<Key> keys_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace ruraledu::crypto
