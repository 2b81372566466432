#include "common/crypto/pki.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cctype>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/crypto/pem.h"
#include "common/crypto/signing.h"

namespace ruraledu::crypto {
namespace {

constexpr int kSerialBytes = 16;

absl::Status Invalid(std::string_view what) {
  return Fail("CERTIFICATE_INVALID", {{"what", what}});
}

Certificate ReadCertificate(std::string_view pem) {
  Certificate certificate(PEM_read_bio_X509(ReadingBio(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate;
}

std::string CertificateText(X509* certificate) {
  const Bio memory(Must(BIO_new(BIO_s_mem())));
  Must(PEM_write_bio_X509(memory.get(), certificate));
  return TextOf(memory.get());
}

// Letters, digits and "-._*" for DNS names; no comma anywhere, since OpenSSL's extension text is separated by it.
bool IsDnsName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '-' || c == '.' || c == '*');
  });
}
bool IsIp(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}
bool IsUri(std::string_view text) {
  return text.find("://") != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127 && c != ','; });
}

absl::StatusOr<std::string> AlternativeNames(const CertificateNames& names) {
  std::string text;
  const auto add = [&text](std::string_view kind, std::string_view name) {
    text.append(text.empty() ? "" : ",").append(kind).append(":").append(name);
  };
  for (const std::string& name : names.dns) {
    if (!IsDnsName(name)) {
      return Invalid("DNS name");
    }
    add("DNS", name);
  }
  for (const std::string& name : names.ip) {
    if (!IsIp(name)) {
      return Invalid("IP address");
    }
    add("IP", name);
  }
  for (const std::string& name : names.uri) {
    if (!IsUri(name)) {
      return Invalid("URI");
    }
    add("URI", name);
  }
  return text;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      Must(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())));
  Must(X509_add_ext(certificate, extension.get(), -1));
}

void SetSerial(X509* certificate) {
  std::string serial = RandomBytes(kSerialBytes);
  serial[0] = static_cast<char>((serial[0] & 0x7f) | 0x40);  // positive, always 16 bytes
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(Must(BN_bin2bn(Bytes(serial), kSerialBytes, nullptr)));
  Must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

// A certificate with everything but extensions and signature.
absl::StatusOr<Certificate> Draft(std::string_view common_name, EVP_PKEY* key, absl::Time now,
                                  absl::Duration validity) {
  Certificate certificate(Must(X509_new()));
  Must(X509_set_version(certificate.get(), X509_VERSION_3));
  SetSerial(certificate.get());
  Must(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(now - absl::Hours(1))) != nullptr);
  Must(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(now + validity)) != nullptr);
  Must(X509_set_pubkey(certificate.get(), key));
  if (X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, MBSTRING_UTF8,
                                 Bytes(common_name), static_cast<int>(common_name.size()), -1, 0) != 1) {
    ERR_clear_error();
    return Invalid("common name");
  }
  return certificate;
}

void SignCertificate(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  Must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)));
  AddExtension(certificate, issuer, NID_subject_key_identifier, "hash");
  AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  Must(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

std::string ExtendedUse(CertificateUse use) {
  switch (use) {
    case CertificateUse::kServer:
      return "serverAuth";
    case CertificateUse::kClient:
      return "clientAuth";
    case CertificateUse::kServerAndClient:
      return "serverAuth,clientAuth";
  }
  return "";
}

}  // namespace

absl::StatusOr<CertificatePem> CreateAuthority(std::string_view common_name, absl::Time now, absl::Duration validity) {
  const KeyPairPem pair = GenerateEs256();
  const PKey key = ReadPrivateKey(pair.private_pem);
  ASSIGN_OR_RETURN(const Certificate certificate, Draft(common_name, key.get(), now, validity));
  AddExtension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  SignCertificate(certificate.get(), certificate.get(), key.get());
  return CertificatePem{CertificateText(certificate.get()), pair.private_pem};
}

absl::StatusOr<CertificatePem> IssueCertificate(const CertificatePem& authority, const CertificateNames& names,
                                                CertificateUse use, absl::Time now, absl::Duration validity) {
  const Certificate issuer = ReadCertificate(authority.certificate);
  const PKey issuer_key = ReadPrivateKey(authority.private_key);
  if (issuer == nullptr || issuer_key == nullptr || X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    ERR_clear_error();
    return Invalid("authority");
  }
  ASSIGN_OR_RETURN(const std::string alternative_names, AlternativeNames(names));
  const KeyPairPem pair = GenerateEs256();
  const PKey key = ReadPrivateKey(pair.private_pem);
  ASSIGN_OR_RETURN(const Certificate certificate, Draft(names.common_name, key.get(), now, validity));
  AddExtension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(certificate.get(), issuer.get(), NID_ext_key_usage, ExtendedUse(use));
  if (!alternative_names.empty()) {
    AddExtension(certificate.get(), issuer.get(), NID_subject_alt_name, alternative_names);
  }
  SignCertificate(certificate.get(), issuer.get(), issuer_key.get());
  return CertificatePem{CertificateText(certificate.get()), pair.private_pem};
}

absl::Status WriteCertificate(const std::string& folder, std::string_view name, const CertificatePem& pem) {
  const std::string stem = folder + "/" + std::string(name);
  RETURN_IF_ERROR(WritePemFile(stem + ".key", pem.private_key));
  return WritePemFile(stem + ".crt", pem.certificate);
}

absl::StatusOr<std::string> CertificateFingerprint(std::string_view certificate_pem) {
  const Certificate certificate = ReadCertificate(certificate_pem);
  if (certificate == nullptr) {
    return Invalid("PEM");
  }
  const Bio memory(Must(BIO_new(BIO_s_mem())));
  Must(i2d_X509_bio(memory.get(), certificate.get()));
  return Hex(Sha256({TextOf(memory.get())}));
}

absl::StatusOr<absl::Time> CertificateExpiry(std::string_view certificate_pem) {
  const Certificate certificate = ReadCertificate(certificate_pem);
  if (certificate == nullptr) {
    return Invalid("PEM");
  }
  tm end = {};
  Must(ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end));
  return absl::FromTM(end, absl::UTCTimeZone());
}

}  // namespace ruraledu::crypto
