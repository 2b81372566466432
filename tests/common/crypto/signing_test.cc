#include "common/crypto/signing.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/crypto/openssl.h"
#include "common/crypto/pem.h"
#include "common/crypto/pki.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::crypto {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(SigningTest, SignaturesFitOneTextAndOneKey) {
  const KeyPairPem keys = GenerateEd25519();
  const std::string signature = SignBytes(keys.private_pem, "head").value();
  EXPECT_EQ(signature.size(), 64U);
  EXPECT_TRUE(VerifyBytes(keys.public_pem, "head", signature).ok());
  EXPECT_EQ(ReasonOf(VerifyBytes(keys.public_pem, "heaD", signature)), "SIGNATURE_INVALID");
  EXPECT_EQ(ReasonOf(VerifyBytes(GenerateEd25519().public_pem, "head", signature)), "SIGNATURE_INVALID");
  EXPECT_EQ(ReasonOf(VerifyBytes(keys.public_pem, "head", signature.substr(1))), "SIGNATURE_INVALID");
  for (size_t at = 0; at < signature.size(); ++at) {
    std::string changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(ReasonOf(VerifyBytes(keys.public_pem, "head", changed)), "SIGNATURE_INVALID") << at;
  }
}

TEST(SigningTest, OtherKeysAreRefused) {
  const KeyPairPem ec = GenerateEs256();
  EXPECT_EQ(ReasonOf(SignBytes(ec.private_pem, "x").status()), "PEM_INVALID");
  EXPECT_EQ(ReasonOf(VerifyBytes(ec.public_pem, "x", "")), "PEM_INVALID");
  EXPECT_EQ(ReasonOf(SignBytes("", "x").status()), "PEM_INVALID");
  EXPECT_EQ(ReasonOf(PublicKeyId("nothing").status()), "PEM_INVALID");
}

TEST(SigningTest, KeyIdIsOfThePublicKey) {
  const KeyPairPem keys = GenerateEd25519();
  EXPECT_EQ(PublicKeyId(keys.private_pem).value(), PublicKeyId(keys.public_pem).value());
  EXPECT_NE(PublicKeyId(keys.public_pem).value(), PublicKeyId(GenerateEd25519().public_pem).value());
}

TEST(SigningTest, FilesOfPrivateKeysArePrivate) {
  const testlib::TempFolder folder;
  const KeyPairPem keys = GenerateEd25519();
  const auto mode = [](const std::string& path) {
    struct stat info = {};
    stat(path.c_str(), &info);
    return info.st_mode & 0777;
  };
  ASSERT_TRUE(WritePemFile(folder / "key", keys.private_pem).ok());
  ASSERT_TRUE(WritePemFile(folder / "pub", keys.public_pem).ok());
  EXPECT_EQ(mode(folder / "key"), 0600U);
  EXPECT_EQ(mode(folder / "pub"), 0644U);
  EXPECT_EQ(ReadPemFile(folder / "key").value(), keys.private_pem);
  EXPECT_EQ(ReadPemFile(folder / "pub").value(), keys.public_pem);
  chmod((folder / "key").c_str(), 0640);
  EXPECT_EQ(ReasonOf(ReadPemFile(folder / "key").status()), "FILE_MODE");
  EXPECT_EQ(ReasonOf(ReadPemFile(folder / "none").status()), "KEY_FILE_UNREADABLE");
  EXPECT_EQ(ReasonOf(WritePemFile(folder / "none/key", keys.private_pem)), "FILE_UNWRITABLE");
}

Certificate Parse(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(ReadingBio(pem).get(), nullptr, nullptr, nullptr));
}

// Whether OpenSSL's own chain check takes the certificate for a purpose at a moment.
bool Trusts(const CertificatePem& authority, const CertificatePem& leaf, int purpose, absl::Time now) {
  const std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>> store(X509_STORE_new());
  const Certificate root = Parse(authority.certificate), certificate = Parse(leaf.certificate);
  X509_STORE_add_cert(store.get(), root.get());
  const std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  return X509_verify_cert(context.get()) == 1;
}

TEST(PkiTest, CertificatesServeTheirPurposeInTheirTime) {
  const CertificatePem authority = CreateAuthority("ruraledu 本地 CA", kNow, absl::Hours(24 * 365)).value();
  const CertificateNames names{
      "registry", {"localhost", "registry.local"}, {"127.0.0.1", "::1"}, {"ruraledu://service/registry"}};
  const absl::Duration day = absl::Hours(24);
  const CertificatePem server = IssueCertificate(authority, names, CertificateUse::kServer, kNow, day).value();
  const CertificatePem client = IssueCertificate(authority, names, CertificateUse::kClient, kNow, day).value();
  const CertificatePem both = IssueCertificate(authority, names, CertificateUse::kServerAndClient, kNow, day).value();
  for (const auto& [leaf, as_server, as_client] :
       {std::tuple(&server, true, false), std::tuple(&client, false, true), std::tuple(&both, true, true)}) {
    EXPECT_EQ(Trusts(authority, *leaf, X509_PURPOSE_SSL_SERVER, kNow), as_server);
    EXPECT_EQ(Trusts(authority, *leaf, X509_PURPOSE_SSL_CLIENT, kNow), as_client);
  }
  EXPECT_TRUE(Trusts(authority, server, X509_PURPOSE_SSL_SERVER, kNow - absl::Minutes(59)));
  EXPECT_FALSE(Trusts(authority, server, X509_PURPOSE_SSL_SERVER, kNow - absl::Minutes(61)));
  EXPECT_FALSE(Trusts(authority, server, X509_PURPOSE_SSL_SERVER, kNow + day + absl::Seconds(1)));
  const CertificatePem other = CreateAuthority("ruraledu 本地 CA", kNow, day).value();
  EXPECT_FALSE(Trusts(other, server, X509_PURPOSE_SSL_SERVER, kNow));
  // A leaf is no authority.
  const CertificatePem below = IssueCertificate(server, {"x"}, CertificateUse::kServer, kNow, day).value();
  EXPECT_FALSE(Trusts(authority, below, X509_PURPOSE_SSL_SERVER, kNow));
  EXPECT_EQ(CertificateExpiry(server.certificate).value(), kNow + day);
}

TEST(PkiTest, NamesAreInTheCertificate) {
  const CertificatePem authority = CreateAuthority("CA", kNow, absl::Hours(1)).value();
  const CertificatePem leaf =
      IssueCertificate(authority, {"registry", {"localhost"}, {"127.0.0.1", "::1"}, {"ruraledu://service/registry"}},
                       CertificateUse::kServer, kNow, absl::Hours(1))
          .value();
  const Certificate certificate = Parse(leaf.certificate);
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "other", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  const Bio text(BIO_new(BIO_s_mem()));
  X509_print(text.get(), certificate.get());
  EXPECT_NE(TextOf(text.get()).find("URI:ruraledu://service/registry"), std::string::npos);
  EXPECT_NE(TextOf(text.get()).find("CN=registry"), std::string::npos);
}

TEST(PkiTest, WrongNamesAreRefused) {
  const CertificatePem authority = CreateAuthority("CA", kNow, absl::Hours(1)).value();
  const std::vector<CertificateNames> wrong = {{""},
                                               {std::string(65, 'x')},
                                               {"a", {"a,DNS:b"}},
                                               {"a", {""}},
                                               {"a", {}, {"1.2.3"}},
                                               {"a", {}, {}, {"no uri"}},
                                               {"a", {}, {}, {"x://y,DNS:b"}}};
  for (const CertificateNames& names : wrong) {
    EXPECT_EQ(ReasonOf(IssueCertificate(authority, names, CertificateUse::kServer, kNow, absl::Hours(1)).status()),
              "CERTIFICATE_INVALID");
  }
  const CertificatePem mixed{authority.certificate, GenerateEs256().private_pem};
  EXPECT_EQ(ReasonOf(IssueCertificate(mixed, {"a"}, CertificateUse::kServer, kNow, absl::Hours(1)).status()),
            "CERTIFICATE_INVALID");
  EXPECT_EQ(ReasonOf(CreateAuthority("", kNow, absl::Hours(1)).status()), "CERTIFICATE_INVALID");
}

TEST(PkiTest, FilesAndFingerprint) {
  const testlib::TempFolder folder;
  const CertificatePem authority = CreateAuthority("CA", kNow, absl::Hours(1)).value();
  ASSERT_TRUE(WriteCertificate(folder.path(), "ca", authority).ok());
  EXPECT_EQ(ReadPemFile(folder / "ca.crt").value(), authority.certificate);
  EXPECT_EQ(ReadPemFile(folder / "ca.key").value(), authority.private_key);
  unsigned char digest[32];
  unsigned size = 0;
  X509_digest(Parse(authority.certificate).get(), EVP_sha256(), digest, &size);
  EXPECT_EQ(CertificateFingerprint(authority.certificate).value(), Hex(std::string(digest, digest + size)));
  EXPECT_EQ(ReasonOf(CertificateFingerprint("x").status()), "CERTIFICATE_INVALID");
  EXPECT_EQ(ReasonOf(CertificateExpiry("x").status()), "CERTIFICATE_INVALID");
}

}  // namespace
}  // namespace ruraledu::crypto
