// What the layers over OpenSSL cost: sealing of fields beside bare EVP, a repeated token beside a first one.
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "absl/strings/str_cat.h"
#include "common/crypto/field_cipher.h"
#include "common/crypto/hash.h"
#include "common/crypto/keys.h"
#include "common/crypto/pem.h"
#include "common/crypto/signing.h"
#include "common/crypto/token.h"
#include "tests/bench/bench.h"
#include "tests/bench/rpc_fixture.h"

namespace ruraledu::bench {
namespace {

constexpr int kFields = 200'000;
constexpr int kTokens = 5'000;
constexpr std::string_view kNumber = "411700201403050017";

// One context that is kept, IVs out of a block of random bytes, the tag taken: what a sealed field needs at least.
double BareSeconds() {
  const std::string key = crypto::RandomBytes(32);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, reinterpret_cast<const unsigned char*>(key.data()), nullptr);
  unsigned char ivs[12 * 1024], out[64], tag[16];
  size_t bytes = 0;
  const double seconds = Time([&] {
    for (int i = 0; i < kFields; ++i) {
      if (i % 1024 == 0) {
        RAND_bytes(ivs, sizeof(ivs));
      }
      int n = 0, last = 0;
      EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, ivs + 12 * (i % 1024));
      EVP_EncryptUpdate(context, out, &n, reinterpret_cast<const unsigned char*>(kNumber.data()),
                        static_cast<int>(kNumber.size()));
      EVP_EncryptFinal_ex(context, out + n, &last);
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, tag);
      bytes += static_cast<size_t>(n + last) + tag[0] % 2;
    }
  });
  EVP_CIPHER_CTX_free(context);
  return bytes == 0 ? 0 : seconds / kFields * 1e9;
}

void BenchFields() {
  const Folder folder;
  Must(crypto::CreateKeyFile(folder / "keys"));
  crypto::MemoryKeyStore store;
  const auto ring = Must(crypto::KeyRing::Open(folder / "keys", &store));
  const auto sealer = Must(ring->SealerOf("c411728"));
  const auto ours = [&] {
    size_t bytes = 0;
    const double seconds = Time([&] {
      for (int i = 0; i < kFields; ++i) {
        bytes += sealer->Seal(kNumber, "students/0190c0de-0000-7000-8000-000000000001").size();
      }
    });
    return bytes == 0 ? 0 : seconds / kFields * 1e9;
  };
  ours();
  Report({.what = "sealing an ID number against bare EVP AES-256-GCM",
          .at_least = false,
          .floor = 3,
          .goal = 1.5,
          .measured = Interleave(ours, BareSeconds),
          .unit = "ns",
          .note = "ours binds field and person as associated data"});
}

void BenchTokens() {
  const absl::Time now = absl::Now();
  const auto signer = Must(crypto::TokenSigner::Create("registry", crypto::GenerateEd25519().private_pem));
  std::vector<std::string> tokens;
  for (int i = 0; i < kTokens; ++i) {
    tokens.push_back(Must(signer.Sign({.subject = absl::StrCat("account-", i),
                                       .session = "s",
                                       .issued_at = now,
                                       .expires_at = now + absl::Minutes(14)})));
  }
  std::unique_ptr<crypto::TokenVerifier> verifier;
  const auto verify = [&] {
    return kTokens / Time([&] {
             for (const std::string& token : tokens) {
               Must(verifier->Verify(token, now).status());
             }
           });
  };
  std::vector<double> first, repeated, ratios;
  for (int round = 0; round < Rounds(); ++round) {
    verifier = Must(crypto::TokenVerifier::Create({signer.trusted_key()}));
    first.push_back(verify());
    repeated.push_back(verify());
    ratios.push_back(repeated.back() / first.back());
  }
  Report({.what = "a repeated token against its first use",
          .floor = 10,
          .goal = 30,
          .measured = {Median(repeated), Median(first), Median(ratios)},
          .unit = "tokens/s"});
}

}  // namespace

void BenchCrypto() {
  BenchFields();
  BenchTokens();
}

}  // namespace ruraledu::bench
