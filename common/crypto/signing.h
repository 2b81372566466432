// Ed25519 signatures over bytes: journal heads are signed daily by the audit administrator's key and verified offline.
// Private keys are PKCS#8 PEM, public keys SubjectPublicKeyInfo PEM.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ruraledu::crypto {

struct KeyPairPem {
  std::string private_pem;
  std::string public_pem;
};

KeyPairPem GenerateEd25519();
KeyPairPem GenerateEs256();  // NIST P-256, for tokens and certificates

// Reads a PEM file whole. KEY_FILE_UNREADABLE. A file that holds a private key must not be readable by others:
// FILE_MODE.
absl::StatusOr<std::string> ReadPemFile(const std::string& path);

// Writes atomically (new file, sync, rename): mode 0600 when `pem` holds a private key, else 0644. FILE_UNWRITABLE.
absl::Status WritePemFile(const std::string& path, std::string_view pem);

// 64 raw bytes. PEM_INVALID when the PEM is no Ed25519 private key.
absl::StatusOr<std::string> SignBytes(std::string_view private_pem, std::string_view bytes);

// OK, SIGNATURE_INVALID, or PEM_INVALID when the PEM is no Ed25519 public key.
absl::Status VerifyBytes(std::string_view public_pem, std::string_view bytes, std::string_view signature);

// Short name of a public key: first 16 hexadecimal characters of the SHA-256 of its DER form. PEM_INVALID. Takes the
// private PEM as well and gives the same name.
absl::StatusOr<std::string> PublicKeyId(std::string_view pem);

}  // namespace ruraledu::crypto
