#include "services/registry/accounts.h"

#include <map>

#include "common/crypto/pki.h"
#include "common/domain/data_table.h"
#include "common/domain/load_file.h"
#include "common/rpc/access_table.h"
#include "services/registry/store.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

constexpr std::string_view kTokenHolder = "TOKEN_HOLDER";  // roles.csv: may ask for a token

rpc::GrantRow RowOf(const v1::Grant& grant, absl::CivilDay today) {
  rpc::GrantRow row;
  row.name = grant.name();
  row.role = grant.role();
  row.area = grant.area().substr(grant.area().find('/') + 1);
  row.from = DayOf(grant.valid_from()).value_or(today);
  row.until = grant.revoked() ? row.from : DayOf(grant.valid_to()).value_or(absl::CivilDay::max());
  row.purposes.assign(grant.purposes().begin(), grant.purposes().end());
  return row;
}

}  // namespace

absl::Status PutAccess(db::Transaction& tx, const v1::Account& account, absl::CivilDay today) {
  RETURN_IF_ERROR(rpc::PutAccount(tx, {.name = account.name(),
                                       .issuer = account.issuer(),
                                       .subject = account.subject(),
                                       .person = account.person(),
                                       .active = account.active()}));
  for (const v1::Grant& grant : account.grants()) {
    if (!grant.confirmed_by().empty()) {
      RETURN_IF_ERROR(rpc::PutGrant(tx, account.name(), RowOf(grant, today)));
    }
  }
  if (account.revoked_before() > 0) {
    RETURN_IF_ERROR(rpc::PutRevocation(tx, account.name(), "", account.revoked_before()));
  }
  for (const std::string& session : account.revoked_sessions()) {
    RETURN_IF_ERROR(rpc::PutRevocation(tx, account.name(), session, 0));
  }
  for (const std::string& fingerprint : account.certificate_fingerprints()) {
    const std::string name = absl::StrCat(account.name(), "/certificates/", fingerprint);
    RETURN_IF_ERROR(rpc::PutAccount(tx, {.name = name,
                                         .issuer = "certificate",
                                         .subject = fingerprint,
                                         .person = account.person(),
                                         .active = account.active()}));
    rpc::GrantRow grant;
    grant.name = absl::StrCat(name, "/grants/token");
    grant.role = kTokenHolder;
    grant.from = absl::CivilDay(1970, 1, 1);
    RETURN_IF_ERROR(rpc::PutGrant(tx, name, grant));
  }
  return absl::OkStatus();
}

absl::Status BootstrapAccounts(const rpc::Host& host, std::string_view csv, const std::string& issuer) {
  ASSIGN_OR_RETURN(const bool any, host.database.Read([](db::Transaction& tx) { return AnyRoot(tx, kAccounts); }));
  if (any) {
    return Fail("BOOTSTRAP_DONE");
  }
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse("bootstrap", csv, {"subject", "person", "display_name", "role", "area", "certificate_file"}));
  const absl::CivilDay today = host.clock.Today();
  std::map<std::string, v1::Account> accounts;
  for (size_t row = 0; row < table.size(); ++row) {
    const auto cell = [&](std::string_view column) { return std::string(table.Get(row, column)); };
    v1::Account& account = accounts[cell("subject")];
    const std::string home = cell("area").empty() ? "00" : cell("area").substr(0, 6);
    if (account.name().empty()) {
      account.set_name(absl::StrCat("accounts/", home, "-", NewId(host.clock)));
      account.set_issuer(issuer);
      account.set_subject(cell("subject"));
      account.set_person(cell("person"));
      account.set_display_name(cell("display_name"));
      account.set_active(true);
      ASSIGN_OR_RETURN(const std::string pem, LoadFile(cell("certificate_file")));
      ASSIGN_OR_RETURN(*account.add_certificate_fingerprints(), crypto::CertificateFingerprint(pem));
    }
    v1::Grant* grant = account.add_grants();
    grant->set_name(absl::StrCat(account.name(), "/grants/", NewId(host.clock)));
    grant->set_role(cell("role"));
    grant->set_area(absl::StrCat("areas/", cell("area")));
    *grant->mutable_valid_from() = DateOf(today);
    grant->set_given_by("bootstrap");
    grant->set_confirmed_by("bootstrap");
  }
  for (const auto& [subject, account] : accounts) {
    ASSIGN_OR_RETURN(const std::string shard, rpc::AccessShard(account.name()));
    ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
    RETURN_IF_ERROR(host.database.Write(shard, [&, &one = account](db::Transaction& tx) -> absl::Status {
      if (!CheckSubjectFree(tx, one.issuer(), one.subject()).ok()) {
        return absl::OkStatus();  // another replica was faster
      }
      feed::RootWriter writer(tx, *sealer, {"service:registry", "bootstrap"});
      RETURN_IF_ERROR(writer.Put(kAccounts, nullptr, one, "BOOTSTRAP").status());
      RETURN_IF_ERROR(writer.Finish().status());
      return PutAccess(tx, one, today);
    }));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::registry
