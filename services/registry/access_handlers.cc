#include "common/rpc/names.h"
#include "common/rpc/unmask.h"
#include "services/registry/access_rules.h"
#include "services/registry/accounts.h"
#include "services/registry/handlers.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

constexpr absl::Duration kTokenLife = absl::Minutes(15);

// Home region of an account as an area prefix: "accounts/411728-..." -> "411728", "accounts/00-..." -> the whole
// country.
std::string HomeOf(const v1::Account& account) {
  return rpc::PrefixOfName(account.name()).value_or("");
}

// "areas/411728" -> "accounts/411728-", "areas/" -> "accounts/00-". NAME_INVALID for places that are no home region.
absl::StatusOr<std::string> AccountsBelow(std::string_view parent) {
  const std::string_view home = parent.substr(parent.find('/') + 1);
  std::string names = absl::StrCat("accounts/", home.empty() ? "00" : home, "-");
  RETURN_IF_ERROR(rpc::AccessShard(names).status());
  return names;
}

// A subject, or a certificate, stands for one account: the newer one would take over who the older one is.
absl::Status CheckUnused(db::Transaction& tx, const v1::Account& account) {
  if (account.issuer() == "certificate" || account.issuer() == "job") {
    Violations violations;
    violations.Add("account.issuer", "ISSUER_RESERVED", {{"issuer", account.issuer()}});
    return violations.status();
  }
  for (const std::string& fingerprint : account.certificate_fingerprints()) {
    RETURN_IF_ERROR(CheckCertificateFree(tx, fingerprint));
  }
  return CheckSubjectFree(tx, account.issuer(), account.subject());
}

// Who acts: grants compare persons, not accounts.
std::string PersonOf(const rpc::Call& call) {
  const auto& access = call.caller().access;
  return access == nullptr || access->person.empty() ? call.caller().subject : access->person;
}

// "accounts/{account}/grants/{grant}" -> "accounts/{account}".
std::string AccountOfGrant(const std::string& name) {
  return name.substr(0, name.find("/grants/"));
}

}  // namespace

absl::Status Handlers::AllowUnmask(rpc::Call& call, std::string_view permission, std::string_view area,
                                   std::string_view name) {
  return rpc::JournalUnmask(call, host_.database, host_.keys, permission, area, name);
}

absl::StatusOr<v1::Account> Handlers::WriteAccount(
    rpc::Call& call, const std::string& name, bool create, std::string_view cause,
    const std::function<absl::Status(db::Transaction&, v1::Account&)>& decide) {
  const rpc::RootKind<v1::Account> kind{kAccounts, HomeOf, nullptr, [](v1::Account&) {}};
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(v1::Account account,
                   rpc::WriteRoot(call, host_, kind, name, create, cause,
                                  [&](db::Transaction& tx, const v1::Account*, v1::Account& after) -> absl::Status {
                                    RETURN_IF_ERROR(decide(tx, after));
                                    return PutAccess(tx, after, today);
                                  }));
  RETURN_IF_ERROR(parts_.access.Refresh());
  return account;
}

absl::StatusOr<v1::Account> Handlers::CreateAccount(rpc::Call& call, const v1::CreateAccountRequest& request) {
  ASSIGN_OR_RETURN(const std::string below, AccountsBelow(request.parent()));
  const std::string name = absl::StrCat(below, rpc::StableId(call));
  return WriteAccount(call, name, true, "CREATE", [&](db::Transaction& tx, v1::Account& after) -> absl::Status {
    RETURN_IF_ERROR(call.CheckArea(HomeOf(after)));
    RETURN_IF_ERROR(rpc::ApplyMask(request.account(), {}, &after));
    after.clear_grants();
    after.clear_revoked_sessions();
    after.set_revoked_before(0);
    after.set_active(true);
    Violations violations;
    violations.Require(!after.subject().empty(), "account.subject");
    violations.Require(!after.person().empty(), "account.person");
    RETURN_IF_ERROR(violations.status());
    if (after.issuer().empty()) {
      after.set_issuer(parts_.signer.trusted_key().issuer);
    }
    return CheckUnused(tx, after);
  });
}

absl::StatusOr<v1::Account> Handlers::GetAccount(rpc::Call& call, const v1::GetAccountRequest& request) {
  return rpc::GetRoot<v1::Account>(call, host_, kAccounts, request.name(), HomeOf);
}

absl::StatusOr<v1::ListAccountsResponse> Handlers::ListAccounts(rpc::Call& call,
                                                                const v1::ListAccountsRequest& request) {
  ASSIGN_OR_RETURN(const std::string below, AccountsBelow(request.parent()));
  ASSIGN_OR_RETURN(const std::string shard, rpc::AccessShard(below));
  RETURN_IF_ERROR(call.CheckArea(rpc::PrefixOfName(absl::StrCat(below, "x")).value_or("")));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(const std::string after, rpc::PageAfter(filter, request.page_token()));
  ASSIGN_OR_RETURN(auto accounts,
                   host_.database.Read([&](db::Transaction& tx) { return AccountsAfter(tx, shard, after, size + 1); }));
  v1::ListAccountsResponse response;
  for (v1::Account& account : accounts) {
    if (response.accounts_size() == size) {
      response.set_next_page_token(
          rpc::PageToken(filter, {std::string(feed::IdOfName(response.accounts().rbegin()->name()))}));
      break;
    }
    *response.add_accounts() = std::move(account);
  }
  return response;
}

absl::StatusOr<v1::Account> Handlers::GiveGrant(rpc::Call& call, const v1::GiveGrantRequest& request) {
  const std::string grant_name = absl::StrCat(request.name(), "/grants/", rpc::StableId(call));
  // Nobody gives what reaches beyond the own area.
  const std::string area = request.grant().area().substr(request.grant().area().find('/') + 1);
  if (!call.Holds("registry.grants.give", area)) {
    return Fail("PERMISSION_DENIED");
  }
  return WriteAccount(call, request.name(), false, "GIVE_GRANT", [&](db::Transaction&, v1::Account& after) {
    return AddGrant(
        request.grant(), grant_name, PersonOf(call),
        [&](std::string_view role, std::string_view other) { return parts_.roles.Incompatible(role, other); }, &after);
  });
}

absl::StatusOr<v1::Account> Handlers::ConfirmGrant(rpc::Call& call, const v1::ConfirmGrantRequest& request) {
  return WriteAccount(call, AccountOfGrant(request.name()), false, "CONFIRM_GRANT",
                      [&](db::Transaction&, v1::Account& after) -> absl::Status {
                        // Nobody lets a grant reach beyond the own area, neither by giving nor by confirming it.
                        for (const v1::Grant& grant : after.grants()) {
                          const std::string area = grant.area().substr(grant.area().find('/') + 1);
                          if (grant.name() == request.name() && !call.Holds("registry.grants.confirm", area)) {
                            return Fail("PERMISSION_DENIED");
                          }
                        }
                        return ConfirmGrantOf(request.name(), PersonOf(call), &after);
                      });
}

absl::StatusOr<v1::Account> Handlers::RevokeGrant(rpc::Call& call, const v1::RevokeGrantRequest& request) {
  return WriteAccount(call, AccountOfGrant(request.name()), false, "REVOKE_GRANT",
                      [&](db::Transaction&, v1::Account& after) { return RevokeGrantOf(request.name(), &after); });
}

absl::StatusOr<v1::Account> Handlers::RevokeAccount(rpc::Call& call, const v1::RevokeAccountRequest& request) {
  const int64_t now = absl::ToUnixSeconds(call.clock().Now());
  return WriteAccount(call, request.name(), false, "REVOKE", [&](db::Transaction&, v1::Account& after) {
    if (request.session().empty()) {
      after.set_revoked_before(now + 1);  // tokens of this very second are dead too
    } else {
      after.add_revoked_sessions(request.session());
    }
    after.set_active(after.active() && !request.deactivate());
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::IssueTokenResponse> Handlers::IssueToken(rpc::Call& call, const v1::IssueTokenRequest&) {
  const auto& access = call.caller().access;
  if (access == nullptr) {
    return Fail("CERTIFICATE_UNKNOWN");
  }
  const std::string name = access->account.substr(0, access->account.find("/certificates/"));
  ASSIGN_OR_RETURN(const std::string shard, rpc::AccessShard(name));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto account, host_.database.Read([&](db::Transaction& tx) {
    return feed::Load<v1::Account>(tx, *sealer, kAccounts, shard, feed::IdOfName(name));
  }));
  if (!account.has_value() || !account->active()) {
    return Fail("CERTIFICATE_UNKNOWN");
  }
  crypto::Claims claims;
  claims.subject = account->subject();
  claims.session = NewId(call.clock());
  claims.issued_at = call.clock().Now();
  claims.expires_at = claims.issued_at + kTokenLife;
  v1::IssueTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_token(), parts_.signer.Sign(claims));
  response.set_expires_at(absl::ToUnixSeconds(claims.expires_at));
  response.set_account(name);
  return response;
}

}  // namespace ruraledu::registry
