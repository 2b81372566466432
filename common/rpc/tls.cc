#include "common/rpc/tls.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "common/base/error.h"
#include "common/crypto/signing.h"

namespace ruraledu::rpc {
namespace {

// Before OpenSSL is used first, which would order its own end with `exit`.
[[maybe_unused]] const bool kept_until_the_end = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio Open(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all};
}

Certificate ReadCertificate(const std::string& pem) {
  return {PEM_read_bio_X509(Open(pem).get(), nullptr, nullptr, nullptr), &X509_free};
}

absl::Status CheckPair(const TlsPems& pems, const std::string& path) {
  const Certificate certificate = ReadCertificate(pems.certificate);
  const Key key(PEM_read_bio_PrivateKey(Open(pems.key).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  const bool fits =
      certificate != nullptr && key != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits ? absl::OkStatus() : Fail("TLS_FILES", {{"what", path}});
}

}  // namespace

absl::StatusOr<TlsPems> ReadTls(const std::string& authority, const std::string& certificate, const std::string& key) {
  TlsPems pems;
  if (!authority.empty()) {
    ASSIGN_OR_RETURN(pems.authority, crypto::ReadPemFile(authority));
    const bool valid = ReadCertificate(pems.authority) != nullptr;
    ERR_clear_error();
    if (!valid) {
      return Fail("TLS_FILES", {{"what", authority}});
    }
  }
  if (!certificate.empty() || !key.empty()) {
    ASSIGN_OR_RETURN(pems.certificate, crypto::ReadPemFile(certificate));
    ASSIGN_OR_RETURN(pems.key, crypto::ReadPemFile(key));
    RETURN_IF_ERROR(CheckPair(pems, certificate));
  }
  return pems;
}

}  // namespace ruraledu::rpc
