#include "services/registry/access_rules.h"

#include <functional>

#include "tests/registry/rules_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::SizeIs;

constexpr char kGrant[] = "accounts/411728-a/grants/g";

v1::Account Account() {
  v1::Account account;
  account.set_name("accounts/411728-a");
  account.set_person("wang");
  return account;
}

v1::Grant Wanted(const std::string& role = "OFFICER", const std::string& area = "areas/411728") {
  v1::Grant grant;
  grant.set_role(role);
  grant.set_area(area);
  *grant.mutable_valid_from() = Day(2023, 9, 1);
  return grant;
}

// A and B may not be held by one person.
bool Incompatible(std::string_view role, std::string_view other) {
  return role != other && (role == "A" || role == "B") && (other == "A" || other == "B");
}

absl::Status Add(const v1::Grant& wanted, v1::Account* account, const std::string& giver = "admin") {
  return AddGrant(wanted, kGrant, giver, Incompatible, account);
}

TEST(AccessRules, Refusals) {
  struct Case {
    std::function<void(v1::Grant&)> spoil;
    std::vector<std::string> violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto&) {}, {}},
           {[](auto& g) { g.set_area("areas/"); }, {}},  // the whole country
           {[](auto& g) { g.set_area("areas/411728103/s1/c1"); }, {}},
           {[](auto& g) { g.clear_role(); }, {"grant.role FIELD_REQUIRED"}},
           {[](auto& g) { g.set_area("411728"); }, {"grant.area AREA_FORMAT"}},
           {[](auto& g) { g.set_area("areas/41x"); }, {"grant.area AREA_FORMAT"}},
           {[](auto& g) { g.set_area(""); }, {"grant.area AREA_FORMAT"}},
           {[](auto& g) { g.clear_valid_from(); }, {"grant.valid_from FIELD_REQUIRED"}},
           {[](auto& g) { *g.mutable_valid_from() = Day(2023, 2, 30); }, {"grant.valid_from DATE_INVALID"}},
           {[](auto& g) { *g.mutable_valid_to() = Day(2023, 8, 31); }, {"grant.valid_from SPAN_ORDER"}},
           {[](auto& g) { *g.mutable_valid_to() = Day(2023, 9, 1); }, {}},
           {[](auto& g) { *g.mutable_valid_to() = Day(2024, 2, 30); }, {"grant.valid_to DATE_INVALID"}},
       }) {
    v1::Account account = Account();
    v1::Grant grant = Wanted();
    c.spoil(grant);
    const absl::Status added = Add(grant, &account);
    EXPECT_EQ(testlib::Violated(added), c.violated) << grant.ShortDebugString();
    EXPECT_EQ(account.grants_size(), added.ok() ? 1 : 0);
  }
}

TEST(AccessRules, AGrantIsNamedGivenAndNotInForce) {
  v1::Account account = Account();
  v1::Grant smuggled = Wanted();
  smuggled.set_name("accounts/other/grants/x");
  smuggled.set_confirmed_by("admin2");
  smuggled.set_given_by("somebody");
  smuggled.set_revoked(true);
  ASSERT_TRUE(Add(smuggled, &account).ok());
  EXPECT_EQ(account.grants(0).name(), kGrant);
  EXPECT_EQ(account.grants(0).given_by(), "admin");
  EXPECT_EQ(account.grants(0).confirmed_by(), "");
  EXPECT_FALSE(account.grants(0).revoked());
  EXPECT_EQ(ReasonOf(Add(Wanted(), &account, "wang")), "SAME_PERSON");
}

TEST(AccessRules, TwoHalvesOfThreeAdministrators) {
  v1::Account account = Account();
  ASSERT_TRUE(Add(Wanted("A"), &account).ok());
  EXPECT_EQ(ReasonOf(Add(Wanted("B"), &account)), "ROLES_INCOMPATIBLE") << "though A is not confirmed";
  EXPECT_TRUE(Add(Wanted("A", "areas/41"), &account).ok());
  EXPECT_TRUE(Add(Wanted("OFFICER"), &account).ok());
  ASSERT_TRUE(RevokeGrantOf(kGrant, &account).ok());
  EXPECT_EQ(ReasonOf(Add(Wanted("B"), &account)), "ROLES_INCOMPATIBLE") << "the second A stands";
  account.mutable_grants(1)->set_revoked(true);
  EXPECT_TRUE(Add(Wanted("B"), &account).ok());
}

TEST(AccessRules, Confirmation) {
  v1::Account account = Account();
  ASSERT_TRUE(Add(Wanted(), &account).ok());
  EXPECT_EQ(ReasonOf(ConfirmGrantOf(kGrant, "admin", &account)), "SAME_PERSON") << "who gave it";
  EXPECT_EQ(ReasonOf(ConfirmGrantOf(kGrant, "wang", &account)), "SAME_PERSON") << "who gets it";
  EXPECT_EQ(ReasonOf(ConfirmGrantOf("accounts/411728-a/grants/x", "admin2", &account)), "GRANT_UNKNOWN");
  EXPECT_TRUE(ConfirmGrantOf(kGrant, "admin2", &account).ok());
  EXPECT_TRUE(ConfirmGrantOf(kGrant, "admin3", &account).ok());
  EXPECT_EQ(account.grants(0).confirmed_by(), "admin2") << "the first one";
  ASSERT_TRUE(RevokeGrantOf(kGrant, &account).ok());
  EXPECT_TRUE(account.grants(0).revoked());
  EXPECT_EQ(ReasonOf(ConfirmGrantOf(kGrant, "admin2", &account)), "GRANT_REVOKED");
  EXPECT_EQ(ReasonOf(RevokeGrantOf("accounts/411728-a/grants/x", &account)), "GRANT_UNKNOWN");
  EXPECT_THAT(account.grants(), SizeIs(1)) << "kept as evidence";
}

}  // namespace
}  // namespace ruraledu::registry
