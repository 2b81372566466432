#include "common/crypto/pem.h"

#include <openssl/pem.h>

namespace ruraledu::crypto {
namespace {

int NoPassphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

Bio ReadingBio(std::string_view bytes) {
  return Bio(Must(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))));
}

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);  // NOLINT(google-runtime-int): OpenSSL's type
  return std::string(data, size);
}

bool HoldsPrivateKey(std::string_view pem) {
  return pem.find("PRIVATE KEY-----") != std::string_view::npos;
}

PKey ReadPrivateKey(std::string_view pem) {
  PKey key(PEM_read_bio_PrivateKey(ReadingBio(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return key;
}

PKey ReadPublicKey(std::string_view pem) {
  PKey key(PEM_read_bio_PUBKEY(ReadingBio(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return key;
}

std::string PrivatePem(EVP_PKEY* key) {
  const Bio memory(Must(BIO_new(BIO_s_secmem())));  // wipes its buffer
  Must(PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
  return TextOf(memory.get());
}

std::string PublicPem(EVP_PKEY* key) {
  const Bio memory(Must(BIO_new(BIO_s_mem())));
  Must(PEM_write_bio_PUBKEY(memory.get(), key));
  return TextOf(memory.get());
}

std::string PublicDer(EVP_PKEY* key) {
  const Bio memory(Must(BIO_new(BIO_s_mem())));
  Must(i2d_PUBKEY_bio(memory.get(), key));
  return TextOf(memory.get());
}

std::string SignWith(EVP_PKEY* key, const char* digest, std::string_view bytes) {
  const MdCtx context(Must(EVP_MD_CTX_new()));
  Must(EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr));
  size_t size = 0;
  Must(EVP_DigestSign(context.get(), nullptr, &size, Bytes(bytes), bytes.size()));
  std::string signature(size, '\0');
  Must(EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(bytes), bytes.size()));
  signature.resize(size);
  return signature;
}

bool VerifyWith(EVP_PKEY* key, const char* digest, std::string_view bytes, std::string_view signature) {
  const MdCtx context(Must(EVP_MD_CTX_new()));
  Must(EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr));
  const int result = EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(bytes), bytes.size());
  ERR_clear_error();
  return result == 1;
}

}  // namespace ruraledu::crypto
