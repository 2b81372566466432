#include "common/crypto/token.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/crypto/pem.h"
#include "common/crypto/signing.h"

namespace ruraledu::crypto {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

Claims ClaimsAt(absl::Time issued_at, absl::Duration lifetime = absl::Minutes(15)) {
  return {"zhang.registrar", "", "session-1", issued_at, issued_at + lifetime};
}

// A token with any header and payload, signed by an Ed25519 key.
std::string Forge(const std::string& private_pem, const std::string& header, const std::string& payload) {
  const std::string text = Base64Url(header) + "." + Base64Url(payload);
  return text + "." + Base64Url(SignBytes(private_pem, text).value());
}

class TokenTest : public testing::Test {
 protected:
  std::string Verify(const std::string& token, absl::Time now = kNow) {
    return ReasonOf(verifier_->Verify(token, now).status());
  }
  std::string ForgePayload(const std::string& payload) {
    return Forge(keys_.private_pem, R"({"alg":"EdDSA","kid":"k1"})", payload);
  }

  const KeyPairPem keys_ = GenerateEd25519();
  const KeyPairPem ec_keys_ = GenerateEs256();
  const TokenSigner signer_ = TokenSigner::Create("ruraledu", keys_.private_pem, "k1").value();
  const TokenSigner ec_signer_ = TokenSigner::Create("province", ec_keys_.private_pem).value();
  const std::unique_ptr<TokenVerifier> verifier_ =
      TokenVerifier::Create({signer_.trusted_key(), ec_signer_.trusted_key()}).value();
};

TEST_F(TokenTest, BothAlgorithmsRoundTripRepeatedly) {
  for (const TokenSigner* signer : {&signer_, &ec_signer_}) {
    for (int i = 0; i < 20; ++i) {  // ES256 halves with leading zeros come up now and then
      const std::string token = signer->Sign(ClaimsAt(kNow - absl::Seconds(i))).value();
      for (int use = 0; use < 2; ++use) {
        const auto claims = verifier_->Verify(token, kNow);
        ASSERT_TRUE(claims.ok()) << claims.status();
        EXPECT_EQ(claims->subject, "zhang.registrar");
        EXPECT_EQ(claims->issuer, signer->trusted_key().issuer);
        EXPECT_EQ(claims->session, "session-1");
        EXPECT_EQ(claims->issued_at, kNow - absl::Seconds(i));
        EXPECT_EQ(claims->expires_at, kNow - absl::Seconds(i) + absl::Minutes(15));
      }
    }
  }
  EXPECT_EQ(verifier_->cache_counts().hits, 40);
  EXPECT_EQ(verifier_->cache_counts().misses, 40);
}

TEST_F(TokenTest, ExampleOfRfc8037) {  // appendix A.1, A.4: the payload is no claims set, so only the signature counts
  const std::string public_pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n";
  const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature =
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  EXPECT_TRUE(VerifyBytes(public_pem, text, *FromBase64Url(signature)).ok());
  const auto verifier = TokenVerifier::Create({{"i", "", TokenAlgorithm::kEdDsa, public_pem, ""}}).value();
  EXPECT_EQ(ReasonOf(verifier->Verify(text + "." + signature, kNow).status()), "TOKEN_MALFORMED");
}

TEST_F(TokenTest, TimeIsCheckedOnEveryUse) {
  const std::string token = signer_.Sign(ClaimsAt(kNow)).value();
  const struct {
    absl::Duration at;
    std::string reason;
  } kRows[] = {
      {absl::Seconds(0), ""},
      {absl::Seconds(-60), ""},
      {absl::Seconds(-61), "TOKEN_TOO_LONG_LIVED"},  // expires later than 15 minutes and leeway from now
      {absl::Minutes(15), ""},
      {absl::Minutes(15) + absl::Seconds(60), ""},
      {absl::Minutes(15) + absl::Seconds(61), "TOKEN_EXPIRED"},
      {absl::Hours(1), "TOKEN_EXPIRED"},
  };
  for (int pass = 0; pass < 2; ++pass) {  // the second pass is answered by the cache
    for (const auto& row : kRows) {
      EXPECT_EQ(Verify(token, kNow + row.at), row.reason) << row.at << " pass " << pass;
    }
  }
  EXPECT_EQ(Verify(signer_.Sign(ClaimsAt(kNow + absl::Seconds(61), absl::Minutes(5))).value()), "TOKEN_EXPIRED");
  EXPECT_EQ(Verify(signer_.Sign(ClaimsAt(kNow + absl::Seconds(60), absl::Minutes(5))).value()), "");
}

TEST_F(TokenTest, LongLivedTokensAreNeitherMadeNorTaken) {
  EXPECT_EQ(ReasonOf(signer_.Sign(ClaimsAt(kNow, absl::Minutes(15) + absl::Seconds(1))).status()),
            "TOKEN_TOO_LONG_LIVED");
  EXPECT_EQ(Verify(ForgePayload(R"({"sub":"a","iss":"ruraledu","iat":1700000000,"exp":1700000901})")),
            "TOKEN_TOO_LONG_LIVED");
  EXPECT_EQ(Verify(ForgePayload(R"({"sub":"a","iss":"ruraledu","iat":1700000000,"exp":1700000900})")), "");
}

TEST_F(TokenTest, PayloadsAreReadStrictly) {
  const std::pair<const char*, const char*> kRows[] = {
      {R"({"sub":"a","iss":"other","iat":1700000000,"exp":1700000900})", "TOKEN_UNTRUSTED"},
      {R"({"sub":"a","iat":1700000000,"exp":1700000900})", "TOKEN_UNTRUSTED"},
      {R"({"sub":"a","iss":"ruraledu","aud":"other","iat":1700000000,"exp":1700000900})", "TOKEN_UNTRUSTED"},
      {R"({"sub":"","iss":"ruraledu","iat":1700000000,"exp":1700000900})", "TOKEN_MALFORMED"},
      {R"({"sub":7,"iss":"ruraledu","iat":1700000000,"exp":1700000900})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","exp":1700000900})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","iat":1700000000})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","iat":"1700000000","exp":1700000900})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","iat":1700000900,"exp":1700000000})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","iat":-5,"exp":1e300})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","nbf":"x","iat":1700000000,"exp":1700000900})", "TOKEN_MALFORMED"},
      {R"({"sub":"a","iss":"ruraledu","nbf":1700000300,"iat":1700000000,"exp":1700000900})", "TOKEN_EXPIRED"},
      {R"(["sub"])", "TOKEN_MALFORMED"},
      {"", "TOKEN_MALFORMED"},
      {"{", "TOKEN_MALFORMED"},
  };
  for (const auto& [payload, reason] : kRows) {
    EXPECT_EQ(Verify(ForgePayload(payload)), reason) << payload;
  }
}

TEST_F(TokenTest, AudienceIsAgreed) {
  TrustedKey key = signer_.trusted_key();
  key.audience = "county";
  const auto verifier = TokenVerifier::Create({key}).value();
  const auto reason = [&](const std::string& audience) {
    return ReasonOf(verifier
                        ->Verify(ForgePayload(R"({"sub":"a","iss":"ruraledu",)" + audience +
                                              R"("iat":1700000000,"exp":1700000900})"),
                                 kNow)
                        .status());
  };
  EXPECT_EQ(reason(R"("aud":"county",)"), "");
  EXPECT_EQ(reason(R"("aud":["x","county"],)"), "");
  EXPECT_EQ(reason(R"("aud":["x"],)"), "TOKEN_UNTRUSTED");
  EXPECT_EQ(reason(""), "TOKEN_UNTRUSTED");
}

TEST_F(TokenTest, AlgorithmIsPinnedToTheKey) {
  const std::string payload = R"({"sub":"a","iss":"ruraledu","iat":1700000000,"exp":1700000900})";
  for (const char* header :
       {R"({"alg":"none","kid":"k1"})", R"({"alg":"HS256","kid":"k1"})", R"({"alg":"ES256","kid":"k1"})",
        R"({"alg":"eddsa","kid":"k1"})", R"({"kid":"k1"})", R"({"alg":"EdDSA"})", R"({"alg":"EdDSA","kid":"k2"})",
        R"({"alg":["EdDSA"],"kid":"k1"})"}) {
    EXPECT_EQ(Verify(Forge(keys_.private_pem, header, payload)), "TOKEN_UNTRUSTED") << header;
  }
  EXPECT_EQ(Verify(Base64Url(R"({"alg":"none","kid":"k1"})") + "." + Base64Url(payload) + "."), "TOKEN_UNTRUSTED");
  EXPECT_EQ(Verify(Forge(keys_.private_pem, R"({"alg":"EdDSA","kid":"k1","crit":["x"]})", payload)), "TOKEN_MALFORMED");
  EXPECT_EQ(Verify(Forge(GenerateEd25519().private_pem, R"({"alg":"EdDSA","kid":"k1"})", payload)), "TOKEN_SIGNATURE");
}

TEST_F(TokenTest, AnyChangedCharacterIsRefused) {
  for (const TokenSigner* signer : {&signer_, &ec_signer_}) {
    const std::string token = signer->Sign(ClaimsAt(kNow)).value();
    for (size_t at = 0; at < token.size(); ++at) {
      std::string changed = token;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      EXPECT_NE(Verify(changed), "") << at;
    }
    const size_t last_dot = token.rfind('.');
    EXPECT_EQ(Verify(token.substr(0, last_dot + 1)), "TOKEN_SIGNATURE");
    EXPECT_EQ(Verify(token.substr(0, last_dot)), "TOKEN_MALFORMED");
    EXPECT_EQ(Verify(token.substr(0, last_dot + 1) + Base64Url(std::string(64, '\0'))), "TOKEN_SIGNATURE");
    EXPECT_EQ(Verify(token + "."), "TOKEN_MALFORMED");
    EXPECT_EQ(Verify(token + "=="), "TOKEN_MALFORMED");
    EXPECT_EQ(Verify(token), "");
  }
  for (const std::string& nonsense : {std::string(), std::string(".."), std::string("a.b.c"), std::string(5000, 'a')}) {
    EXPECT_EQ(Verify(nonsense), "TOKEN_MALFORMED");
  }
}

TEST_F(TokenTest, KeysMustBeOfTheirAlgorithm) {
  EXPECT_EQ(ReasonOf(TokenVerifier::Create({{"i", "k", TokenAlgorithm::kEs256, keys_.public_pem, ""}}).status()),
            "PEM_INVALID");
  EXPECT_EQ(ReasonOf(TokenVerifier::Create({{"i", "k", TokenAlgorithm::kEdDsa, "no pem", ""}}).status()),
            "PEM_INVALID");
  EXPECT_EQ(ReasonOf(TokenSigner::Create("i", keys_.public_pem).status()), "PEM_INVALID");
}

TEST_F(TokenTest, TwoIssuersMayUseOneKid) {
  const KeyPairPem other = GenerateEd25519();
  const TokenSigner other_signer = TokenSigner::Create("city", other.private_pem, "k1").value();
  const auto verifier = TokenVerifier::Create({signer_.trusted_key(), other_signer.trusted_key()}).value();
  EXPECT_EQ(verifier->Verify(other_signer.Sign(ClaimsAt(kNow)).value(), kNow)->issuer, "city");
  EXPECT_EQ(verifier->Verify(signer_.Sign(ClaimsAt(kNow)).value(), kNow)->issuer, "ruraledu");
  // The city may not speak for us.
  const std::string forged = Forge(other.private_pem, R"({"alg":"EdDSA","kid":"k1"})",
                                   R"({"sub":"a","iss":"ruraledu","iat":1700000000,"exp":1700000900})");
  EXPECT_EQ(ReasonOf(verifier->Verify(forged, kNow).status()), "TOKEN_UNTRUSTED");
}

TEST_F(TokenTest, CacheIsBounded) {
  const auto verifier = TokenVerifier::Create({signer_.trusted_key()}, 8).value();
  std::vector<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    tokens.push_back(signer_.Sign(ClaimsAt(kNow - absl::Seconds(i))).value());
    EXPECT_TRUE(verifier->Verify(tokens.back(), kNow).ok());
    EXPECT_TRUE(verifier->Verify(tokens.back(), kNow).ok());
  }
  EXPECT_EQ(verifier->cache_counts().hits, 100);
  for (const std::string& token : tokens) {
    EXPECT_TRUE(verifier->Verify(token, kNow).ok());
  }
  EXPECT_LE(verifier->cache_counts().hits, 108);
}

TEST_F(TokenTest, ManyThreads) {
  std::vector<std::thread> threads;
  const std::string good = signer_.Sign(ClaimsAt(kNow)).value();
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(Verify(good), "");
        EXPECT_EQ(Verify(signer_.Sign(ClaimsAt(kNow - absl::Seconds(t))).value()), "");
        EXPECT_EQ(Verify(good + "x"), "TOKEN_MALFORMED");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace ruraledu::crypto
