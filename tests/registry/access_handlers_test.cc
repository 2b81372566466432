// Accounts, posts, grants confirmed by a second administrator, revocation that takes effect on the next call, tokens.
#include "absl/strings/str_replace.h"
#include "common/crypto/pki.h"
#include "services/registry/accounts.h"
#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kArea[] = "areas/411728";

class AccessHandlersTest : public RegistryTest {
 protected:
  v1::CreateAccountRequest Creating(const std::string& subject, const std::string& person) {
    v1::CreateAccountRequest request;
    request.set_parent(kArea);
    request.mutable_account()->set_subject(subject);
    request.mutable_account()->set_person(person);
    request.mutable_account()->set_display_name("王丽");
    v1::Post* post = request.mutable_account()->add_posts();
    post->set_title_zh("资助中心主任");
    post->set_area(kArea);
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::Account> Account(const std::string& subject, const std::string& person) {
    return CallAs(Admin("admin-1"), "CreateAccount", Creating(subject, person), &Handlers::CreateAccount);
  }
  // A security administrator of the county.
  static rpc::Caller Admin(const std::string& person, const std::string& area = "411728") {
    return Somebody("SECURITY_ADMIN", area, "", person);
  }
  v1::GiveGrantRequest Giving(const v1::Account& account, const std::string& role, const std::string& area = kArea) {
    v1::GiveGrantRequest request;
    request.set_name(account.name());
    request.mutable_grant()->set_role(role);
    request.mutable_grant()->set_area(area);
    *request.mutable_grant()->mutable_valid_from() = DateOf(absl::CivilDay(2023, 9, 1));
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::Account> Give(const v1::Account& account, const std::string& role,
                                   const std::string& giver = "admin-1") {
    return CallAs(Admin(giver), "GiveGrant", Giving(account, role), &Handlers::GiveGrant);
  }
  absl::StatusOr<v1::Account> Confirm(const std::string& grant, const rpc::Caller& by) {
    v1::ConfirmGrantRequest request;
    request.set_name(grant);
    request.set_request_id(NextRequest());
    return CallAs(by, "ConfirmGrant", request, &Handlers::ConfirmGrant);
  }
  absl::StatusOr<v1::Account> Revoke(const std::string& grant) {
    v1::RevokeGrantRequest request;
    request.set_name(grant);
    request.set_request_id(NextRequest());
    return CallAs(Admin("admin-1"), "RevokeGrant", request, &Handlers::RevokeGrant);
  }
  // The accounts of an installation: accounts.csv as deploy/README.md writes it, with certificates made here.
  void BootstrapByReadme() {
    const std::string readme = *LoadFile(RURALEDU_SOURCE_DIR "/deploy/README.md");
    const size_t from = readme.find("<<CSV\n") + 6;
    const auto authority = crypto::CreateAuthority("ca", clock_.Now(), absl::Hours(24));
    for (const char* who : {"system", "security", "audit"}) {
      const auto pem = crypto::IssueCertificate(*authority, {.common_name = who}, crypto::CertificateUse::kClient,
                                                clock_.Now(), absl::Hours(24));
      ASSERT_TRUE(crypto::WriteCertificate(folder_ / "", who, *pem).ok());
    }
    const std::string csv = absl::StrReplaceAll(readme.substr(from, readme.find("\nCSV\n", from) + 1 - from),
                                                {{"/etc/ruraledu/pki/", folder_ / ""}});
    const absl::Status done = BootstrapAccounts(*host_, csv, "test");
    ASSERT_TRUE(done.ok()) << done;
  }
  // What wang.li may do right now, by the registry's own tables.
  std::string ReasonFor(const std::string& subject) {
    v1::ListSchoolsRequest request;
    request.set_parent(kParent);
    return ReasonOf(CallAs(Known(subject), "ListSchools", request, &Handlers::ListSchools).status());
  }
};

TEST_F(AccessHandlersTest, AnAccountBelongsToAPersonAndHasNoRightsOfItsOwn) {
  v1::CreateAccountRequest request = Creating("wang.li", "person-1");
  v1::Grant* smuggled = request.mutable_account()->add_grants();
  smuggled->set_role("SECURITY_ADMIN");
  smuggled->set_confirmed_by("nobody");
  const v1::Account account = Must(CallAs(Admin("admin-1"), "CreateAccount", request, &Handlers::CreateAccount));
  EXPECT_THAT(account.name(), testing::StartsWith("accounts/411728-"));
  EXPECT_EQ(account.issuer(), "test");
  EXPECT_TRUE(account.active());
  EXPECT_THAT(account.grants(), IsEmpty());
  EXPECT_EQ(account.posts(0).title_zh(), "资助中心主任");
  EXPECT_EQ(ReasonFor("wang.li"), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Account("wang.li", "person-2").status()), "SUBJECT_TAKEN");
  for (const char* issuer : {"certificate", "job"}) {
    request = Creating("li.si", "person-2");
    request.mutable_account()->set_issuer(issuer);
    EXPECT_THAT(testlib::Violated(CallAs(Admin("a"), "CreateAccount", request, &Handlers::CreateAccount).status()),
                ElementsAre("account.issuer ISSUER_RESERVED"));
  }
  request = Creating("", "");
  EXPECT_THAT(testlib::Violated(CallAs(Admin("a"), "CreateAccount", request, &Handlers::CreateAccount).status()),
              ElementsAre("account.subject FIELD_REQUIRED", "account.person FIELD_REQUIRED"));
  request = Creating("zhang.san", "person-3");
  EXPECT_EQ(ReasonOf(CallAs(Admin("a", "411729"), "CreateAccount", request, &Handlers::CreateAccount).status()),
            "PERMISSION_DENIED");
  v1::GetAccountRequest get;
  get.set_name(account.name());
  EXPECT_EQ(Must(CallAs(Admin("a"), "GetAccount", get, &Handlers::GetAccount)).SerializeAsString(),
            account.SerializeAsString());
  get.set_name("accounts/411728-none");
  EXPECT_EQ(ReasonOf(CallAs(Admin("a"), "GetAccount", get, &Handlers::GetAccount).status()), "NOT_FOUND");
  v1::ListAccountsRequest list;
  list.set_parent(kArea);
  EXPECT_THAT(Must(CallAs(Admin("a"), "ListAccounts", list, &Handlers::ListAccounts)).accounts(), SizeIs(1));
}

TEST_F(AccessHandlersTest, AGrantIsInForceOnceASecondAdministratorConfirmedIt) {
  const v1::Account account = Must(Account("wang.li", "person-1"));
  const v1::Account given = Must(Give(account, "COUNTY_AID_OFFICER"));
  ASSERT_THAT(given.grants(), SizeIs(1));
  const std::string grant = given.grants(0).name();
  EXPECT_EQ(given.grants(0).given_by(), "admin-1");
  EXPECT_EQ(given.grants(0).confirmed_by(), "");
  EXPECT_EQ(ReasonFor("wang.li"), "PERMISSION_DENIED") << "only given";
  EXPECT_EQ(ReasonOf(Confirm(grant, Admin("admin-1")).status()), "SAME_PERSON") << "who gave it";
  EXPECT_EQ(ReasonOf(Confirm(grant, Admin("person-1")).status()), "SAME_PERSON") << "who gets it";
  EXPECT_EQ(ReasonOf(Confirm(grant, Admin("admin-3", "411729")).status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Confirm(grant + "x", Admin("admin-2")).status()), "GRANT_UNKNOWN");
  EXPECT_EQ(Must(Confirm(grant, Admin("admin-2"))).grants(0).confirmed_by(), "admin-2");
  EXPECT_EQ(ReasonFor("wang.li"), "");
  EXPECT_EQ(Must(Confirm(grant, Admin("admin-3"))).grants(0).confirmed_by(), "admin-2") << "the first one counts";

  ASSERT_TRUE(Revoke(grant).ok());
  EXPECT_EQ(ReasonFor("wang.li"), "PERMISSION_DENIED") << "on the next call";
  EXPECT_EQ(ReasonOf(Confirm(grant, Admin("admin-2")).status()), "GRANT_REVOKED");
  EXPECT_EQ(ReasonOf(Revoke(grant + "x").status()), "GRANT_UNKNOWN");
}

// One administrator of each kind, as the first start leaves them, is enough to let somebody in.
TEST_F(AccessHandlersTest, TheFirstThreeAdministratorsLetAnImporterIn) {
  BootstrapByReadme();
  const v1::Account account =
      Must(CallAs(Known("security"), "CreateAccount", Creating("wang.li", "P-4"), &Handlers::CreateAccount));
  const auto give = [&](const std::string& who) {
    return CallAs(Known(who), "GiveGrant", Giving(account, "IMPORT_OPERATOR"), &Handlers::GiveGrant);
  };
  EXPECT_EQ(ReasonOf(give("audit").status()), "PERMISSION_DENIED") << "who confirms does not give";
  EXPECT_EQ(ReasonOf(give("system").status()), "PERMISSION_DENIED");
  const std::string grant = Must(give("security")).grants(0).name();
  const auto import = [&] {
    v1::CreateImportRequest request;
    request.set_parent(kParent);
    request.mutable_import()->set_source(v1::IMPORT_SOURCE_SCHOOLS);
    request.mutable_import()->set_batch("base");
    request.mutable_import()->set_mode(v1::IMPORT_MODE_PARTIAL);
    request.mutable_import()->set_total_bytes(1);
    request.mutable_import()->set_sha256(crypto::Sha256({"x"}));
    request.set_request_id(NextRequest());
    return ReasonOf(CallAs(Known("wang.li"), "CreateImport", request, &Handlers::CreateImport).status());
  };
  EXPECT_EQ(import(), "PERMISSION_DENIED") << "only given";
  EXPECT_EQ(ReasonOf(Confirm(grant, Known("security")).status()), "SAME_PERSON");
  EXPECT_EQ(ReasonOf(Confirm(grant, Known("system")).status()), "PERMISSION_DENIED");
  EXPECT_EQ(Must(Confirm(grant, Known("audit"))).grants(0).confirmed_by(), "P-3");
  EXPECT_EQ(import(), "");
  EXPECT_EQ(ReasonOf(BootstrapAccounts(*host_, "", "test")), "BOOTSTRAP_DONE") << "there are accounts";
}

// Whose tokens come from an issuer that the deployment trusts by its key file is an account of its own.
TEST_F(AccessHandlersTest, AnAccountOfAnExternalIssuer) {
  v1::CreateAccountRequest request = Creating("wang.li", "person-9");
  request.mutable_account()->set_issuer("city-sso");
  const v1::Account external = Must(CallAs(Admin("admin-1"), "CreateAccount", request, &Handlers::CreateAccount));
  EXPECT_EQ(external.issuer(), "city-sso");
  ASSERT_TRUE(Account("wang.li", "person-1").ok()) << "the same subject of another issuer";
  const v1::Account given = Must(Give(external, "COUNTY_AID_OFFICER"));
  ASSERT_TRUE(Confirm(given.grants(0).name(), Admin("admin-2")).ok());
  v1::ListSchoolsRequest list;
  list.set_parent(kParent);
  EXPECT_TRUE(CallAs(Known("wang.li", "city-sso"), "ListSchools", list, &Handlers::ListSchools).ok());
  EXPECT_EQ(ReasonFor("wang.li"), "PERMISSION_DENIED") << "somebody else";
}

TEST_F(AccessHandlersTest, EachReasonOfARefusedGrant) {
  const v1::Account account = Must(Account("wang.li", "person-1"));
  const auto violated = [&](const std::function<void(v1::Grant&)>& spoil) {
    v1::GiveGrantRequest request = Giving(account, "COUNTY_AID_OFFICER");
    spoil(*request.mutable_grant());
    return testlib::Violated(CallAs(Admin("admin-1", "41"), "GiveGrant", request, &Handlers::GiveGrant).status());
  };
  EXPECT_THAT(violated([](auto& g) { g.clear_role(); }), ElementsAre("grant.role FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& g) { g.clear_valid_from(); }), ElementsAre("grant.valid_from FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& g) { *g.mutable_valid_to() = DateOf(absl::CivilDay(2023, 8, 1)); }),
              ElementsAre("grant.valid_from SPAN_ORDER"));
  EXPECT_THAT(violated([](auto& g) { g.mutable_valid_to()->set_year(2024); }),
              ElementsAre("grant.valid_to DATE_INVALID"));
  EXPECT_EQ(ReasonOf(Give(account, "COUNTY_AID_OFFICER", "person-1").status()), "SAME_PERSON")
      << "nobody grants to himself";
  EXPECT_EQ(
      ReasonOf(CallAs(Admin("admin-1"), "GiveGrant", Giving(account, "CITY_VIEWER", "areas/4117"), &Handlers::GiveGrant)
                   .status()),
      "PERMISSION_DENIED")
      << "beyond the giver's own area";
  ASSERT_TRUE(Give(account, "SYSTEM_ADMIN").ok());
  EXPECT_EQ(ReasonOf(Give(account, "AUDIT_ADMIN").status()), "ROLES_INCOMPATIBLE")
      << "unconfirmed ones count, else two halves are confirmed one after the other";
  v1::GiveGrantRequest request = Giving(account, "COUNTY_AID_OFFICER");
  request.set_name("accounts/411728-none");
  EXPECT_EQ(ReasonOf(CallAs(Admin("a"), "GiveGrant", request, &Handlers::GiveGrant).status()), "NOT_FOUND");
}

TEST_F(AccessHandlersTest, RevokingAnAccountKillsItsTokensSessionsAndItself) {
  const v1::Account account = Must(Account("wang.li", "person-1"));
  ASSERT_TRUE(Confirm(Must(Give(account, "COUNTY_AID_OFFICER")).grants(0).name(), Admin("admin-2")).ok());
  v1::RevokeAccountRequest request;
  request.set_name(account.name());
  request.set_session("session-1");
  request.set_request_id(NextRequest());
  ASSERT_TRUE(CallAs(Admin("admin-1"), "RevokeAccount", request, &Handlers::RevokeAccount).ok());
  EXPECT_TRUE(Known("wang.li").access->revoked_sessions.contains("session-1"));
  EXPECT_TRUE(Known("wang.li").access->active);
  request.clear_session();
  request.set_request_id(NextRequest());
  ASSERT_TRUE(CallAs(Admin("admin-1"), "RevokeAccount", request, &Handlers::RevokeAccount).ok());
  EXPECT_EQ(Known("wang.li").access->revoked_before_s, absl::ToUnixSeconds(clock_.Now()) + 1)
      << "tokens of this very second are dead too";
  request.set_deactivate(true);
  request.set_request_id(NextRequest());
  EXPECT_FALSE(Must(CallAs(Admin("admin-1"), "RevokeAccount", request, &Handlers::RevokeAccount)).active());
  const rpc::Caller after = Known("wang.li");
  EXPECT_TRUE(after.access == nullptr || !after.access->active);
}

TEST_F(AccessHandlersTest, ATokenIsIssuedAgainstACertificateOfAnActiveAccount) {
  v1::CreateAccountRequest create = Creating("wang.li", "person-1");
  create.mutable_account()->add_certificate_fingerprints("ab12");
  const v1::Account account = Must(CallAs(Admin("admin-1"), "CreateAccount", create, &Handlers::CreateAccount));
  create = Creating("li.si", "person-2");
  create.mutable_account()->add_certificate_fingerprints("ab12");
  EXPECT_EQ(ReasonOf(CallAs(Admin("admin-1"), "CreateAccount", create, &Handlers::CreateAccount).status()),
            "SUBJECT_TAKEN")
      << "a certificate is one account's";
  const auto token = [&](const rpc::Caller& caller) {
    return CallAs(caller, "IssueToken", v1::IssueTokenRequest(), &Handlers::IssueToken);
  };
  const v1::IssueTokenResponse issued = Must(token(Known("ab12", "certificate")));
  EXPECT_EQ(issued.account(), account.name());
  EXPECT_EQ(issued.expires_at(), absl::ToUnixSeconds(clock_.Now() + absl::Minutes(15)));
  EXPECT_THAT(issued.token(), testing::Not(testing::HasSubstr("COUNTY"))) << "says who, never roles";
  EXPECT_EQ(ReasonOf(token({.subject = "stranger", .issuer = "certificate"}).status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(token(Somebody("TOKEN_HOLDER", "411728", "", "nobody")).status()), "CERTIFICATE_UNKNOWN")
      << "of an account that is not there";
  v1::RevokeAccountRequest revoke;
  revoke.set_name(account.name());
  revoke.set_deactivate(true);
  revoke.set_request_id(NextRequest());
  ASSERT_TRUE(CallAs(Admin("admin-1"), "RevokeAccount", revoke, &Handlers::RevokeAccount).ok());
  EXPECT_FALSE(token(Known("ab12", "certificate")).ok());
}

TEST_F(AccessHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  const auto replays = [&](std::string_view method, auto request, auto handler, auto change) {
    request.set_request_id(NextRequest());
    const auto first = CallAs(Admin("admin-1"), method, request, handler);
    const auto again = CallAs(Admin("admin-1"), method, request, handler);
    ASSERT_TRUE(first.ok()) << method << first.status();
    ASSERT_TRUE(again.ok()) << method << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString()) << method;
    change(request);
    EXPECT_EQ(ReasonOf(CallAs(Admin("admin-1"), method, request, handler).status()), "REQUEST_ID_REUSED") << method;
  };
  replays("CreateAccount", Creating("wang.li", "person-1"), &Handlers::CreateAccount,
          [](auto& r) { r.mutable_account()->set_person("x"); });
  const v1::Account account = Must(Account("li.si", "person-2"));
  replays("GiveGrant", Giving(account, "COUNTY_AID_OFFICER"), &Handlers::GiveGrant,
          [](auto& r) { r.mutable_grant()->set_role("COUNTY_REGISTRAR"); });
  v1::GetAccountRequest get;
  get.set_name(account.name());
  const v1::Account given = Must(CallAs(Admin("a"), "GetAccount", get, &Handlers::GetAccount));
  ASSERT_THAT(given.grants(), SizeIs(1)) << "once";
  v1::RevokeGrantRequest revoke;
  revoke.set_name(given.grants(0).name());
  replays("RevokeGrant", revoke, &Handlers::RevokeGrant, [](auto& r) { r.set_name(r.name() + "x"); });
  v1::RevokeAccountRequest out;
  out.set_name(account.name());
  out.set_session("s");
  replays("RevokeAccount", out, &Handlers::RevokeAccount, [](auto& r) { r.set_session("t"); });
}

}  // namespace
}  // namespace ruraledu::registry
