#include "common/crypto/signing.h"

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/crypto/pem.h"
#include "common/crypto/secret.h"
#include "common/crypto/secret_file.h"

namespace ruraledu::crypto {
namespace {

constexpr size_t kEd25519SignatureBytes = 64;
constexpr size_t kKeyIdCharacters = 16;

KeyPairPem PairOf(const PKey& key) {
  return {PrivatePem(key.get()), PublicPem(key.get())};
}

}  // namespace

KeyPairPem GenerateEd25519() {
  return PairOf(PKey(Must(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))));
}
KeyPairPem GenerateEs256() {
  return PairOf(PKey(Must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"))));
}

absl::StatusOr<std::string> ReadPemFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadSmallFile(path, /*private_only=*/false));
  if (HoldsPrivateKey(pem)) {
    Wipe(pem);
    return ReadSmallFile(path, /*private_only=*/true);
  }
  return pem;
}

absl::Status WritePemFile(const std::string& path, std::string_view pem) {
  return WriteSmallFile(path, pem, HoldsPrivateKey(pem) ? 0600 : 0644, /*must_be_new=*/false);
}

absl::StatusOr<std::string> SignBytes(std::string_view private_pem, std::string_view bytes) {
  const PKey key = ReadPrivateKey(private_pem);
  if (key == nullptr || !EVP_PKEY_is_a(key.get(), "ED25519")) {
    return Fail("PEM_INVALID", {{"kind", "Ed25519 private key"}});
  }
  return SignWith(key.get(), nullptr, bytes);
}

absl::Status VerifyBytes(std::string_view public_pem, std::string_view bytes, std::string_view signature) {
  const PKey key = ReadPublicKey(public_pem);
  if (key == nullptr || !EVP_PKEY_is_a(key.get(), "ED25519")) {
    return Fail("PEM_INVALID", {{"kind", "Ed25519 public key"}});
  }
  if (signature.size() != kEd25519SignatureBytes || !VerifyWith(key.get(), nullptr, bytes, signature)) {
    return Fail("SIGNATURE_INVALID");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PublicKeyId(std::string_view pem) {
  const PKey key = HoldsPrivateKey(pem) ? ReadPrivateKey(pem) : ReadPublicKey(pem);
  if (key == nullptr) {
    return Fail("PEM_INVALID", {{"kind", "key"}});
  }
  return Hex(Sha256({PublicDer(key.get())})).substr(0, kKeyIdCharacters);
}

}  // namespace ruraledu::crypto
