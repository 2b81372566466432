// PEM keys to OpenSSL and back, and one-shot signatures. Included by the .cc files of this folder only.
#pragma once

#include <string>
#include <string_view>

#include "common/crypto/openssl.h"

namespace ruraledu::crypto {

bool HoldsPrivateKey(std::string_view pem);

// Null when the PEM is no such key. Encrypted PEM is not read: nobody is there to type the passphrase.
PKey ReadPrivateKey(std::string_view pem);
PKey ReadPublicKey(std::string_view pem);

std::string PrivatePem(EVP_PKEY* key);  // PKCS#8
std::string PublicPem(EVP_PKEY* key);   // SubjectPublicKeyInfo
std::string PublicDer(EVP_PKEY* key);

// `digest` is "SHA256" for ECDSA (DER signature) and null for Ed25519 (64 bytes).
std::string SignWith(EVP_PKEY* key, const char* digest, std::string_view bytes);
bool VerifyWith(EVP_PKEY* key, const char* digest, std::string_view bytes, std::string_view signature);

Bio ReadingBio(std::string_view bytes);
std::string TextOf(BIO* memory);

}  // namespace ruraledu::crypto
