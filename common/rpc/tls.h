// The PEM files of TLS, read and checked before gRPC sees them, because it only logs what is wrong with them.
//
// A program that links this keeps OpenSSL until it ends. OpenSSL would take itself apart when `exit` begins, while the
// threads of gRPC may still shake hands: what they hold would be lost at best.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ruraledu::rpc {

struct TlsPems {
  std::string authority, certificate, key;
};

// Reads the files that are named ("" = none). FILE_UNREADABLE; FILE_MODE for a key that others may read;
// TLS_FILES{what} when the certificate is no certificate or does not belong to the key.
absl::StatusOr<TlsPems> ReadTls(const std::string& authority, const std::string& certificate, const std::string& key);

}  // namespace ruraledu::rpc
