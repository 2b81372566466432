// A small certificate authority for the quick start and for tests: one self-signed CA, server and client certificates.
// Larger installations bring their own; nothing else in the suite depends on this one. Keys are NIST P-256.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ruraledu::crypto {

struct CertificatePem {
  std::string certificate;  // X.509 v3
  std::string private_key;  // PKCS#8
};

struct CertificateNames {
  std::string common_name;       // 1–64 bytes UTF-8
  std::vector<std::string> dns;  // subject alternative names
  std::vector<std::string> ip;   // "127.0.0.1", "::1"
  std::vector<std::string> uri;  // "ruraledu://service/registry": who a service is in mutual TLS
};

enum class CertificateUse { kServer, kClient, kServerAndClient };

// Valid from one hour before `now` (clocks differ). CERTIFICATE_INVALID when a name is not well-formed.
absl::StatusOr<CertificatePem> CreateAuthority(std::string_view common_name, absl::Time now, absl::Duration validity);
absl::StatusOr<CertificatePem> IssueCertificate(const CertificatePem& authority, const CertificateNames& names,
                                                CertificateUse use, absl::Time now, absl::Duration validity);

// Writes <folder>/<name>.crt (0644) and <folder>/<name>.key (0600).
absl::Status WriteCertificate(const std::string& folder, std::string_view name, const CertificatePem& pem);

// Lower-case hexadecimal SHA-256 of the certificate's DER form: what an account is mapped to. Of the first certificate
// when the PEM holds several. CERTIFICATE_INVALID.
absl::StatusOr<std::string> CertificateFingerprint(std::string_view certificate_pem);

// The end of the first certificate's validity. CERTIFICATE_INVALID.
absl::StatusOr<absl::Time> CertificateExpiry(std::string_view certificate_pem);

}  // namespace ruraledu::crypto
