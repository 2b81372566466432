// accounts, grants, token.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/crypto/pki.h"
#include "common/crypto/signing.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;

struct Options {
  std::string area, subject, person, display_name, certificate, issuer, name, role, from, to, session;
  std::vector<std::string> purposes;
  bool deactivate = false;
  int64_t limit = 0;
};

std::string GrantText(const v1::Grant& grant) {
  const char* state = grant.revoked() ? " (revoked)" : grant.confirmed_by().empty() ? " (unconfirmed)" : "";
  return absl::StrCat(grant.role(), "@", LastPart(grant.area()), state);
}

absl::Status PrintAccount(Session& session, const absl::StatusOr<v1::Account>& account) {
  RETURN_IF_ERROR(account.status());
  return session.PrintJson(*account);
}

absl::Status CreateAccount(Session& session, const Options& options) {
  v1::CreateAccountRequest request;
  request.set_parent(absl::StrCat("areas/", options.area));
  v1::Account* account = request.mutable_account();
  account->set_subject(options.subject);
  account->set_issuer(options.issuer);
  account->set_person(options.person);
  account->set_display_name(options.display_name);
  if (!options.certificate.empty()) {
    ASSIGN_OR_RETURN(const std::string pem, crypto::ReadPemFile(options.certificate));
    ASSIGN_OR_RETURN(*account->add_certificate_fingerprints(), crypto::CertificateFingerprint(pem));
  }
  return PrintAccount(session, session.Call<v1::Account>("registry", "CreateAccount", request));
}

absl::Status ListAccounts(Session& session, const Options& options) {
  v1::ListAccountsRequest request;
  request.set_parent(absl::StrCat("areas/", options.area));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListAccountsResponse>("registry", "ListAccounts", request, options.limit));
  Table table({{"账号 subject"}, {"启用"}, {"角色 grants"}, {"资源名 resource"}});
  for (const v1::Account& account : all.accounts()) {
    const auto each = [](std::string* out, const v1::Grant& grant) { absl::StrAppend(out, GrantText(grant)); };
    table.Add({account.subject(), account.active() ? "是" : "否", absl::StrJoin(account.grants(), " ", each),
               account.name()});
  }
  return session.Print(all, table);
}

absl::Status RevokeAccount(Session& session, const Options& options) {
  v1::RevokeAccountRequest request;
  request.set_name(options.name);
  request.set_session(options.session);
  request.set_deactivate(options.deactivate);
  return PrintAccount(session, session.Call<v1::Account>("registry", "RevokeAccount", request));
}

absl::Status GiveGrant(Session& session, const Options& options) {
  v1::GiveGrantRequest request;
  request.set_name(options.name);
  v1::Grant* grant = request.mutable_grant();
  grant->set_role(options.role);
  grant->set_area(absl::StrCat("areas/", options.area));
  const std::string from = options.from.empty() ? DayText(Clock::System().Today()) : options.from;
  ASSIGN_OR_RETURN(*grant->mutable_valid_from(), DateOf("--from", from));
  if (!options.to.empty()) {
    ASSIGN_OR_RETURN(*grant->mutable_valid_to(), DateOf("--to", options.to));
  }
  grant->mutable_purposes()->Assign(options.purposes.begin(), options.purposes.end());
  return PrintAccount(session, session.Call<v1::Account>("registry", "GiveGrant", request));
}

absl::Status ConfirmGrant(Session& session, const Options& options) {
  v1::ConfirmGrantRequest request;
  request.set_name(options.name);
  return PrintAccount(session, session.Call<v1::Account>("registry", "ConfirmGrant", request));
}

absl::Status RevokeGrant(Session& session, const Options& options) {
  v1::RevokeGrantRequest request;
  request.set_name(options.name);
  return PrintAccount(session, session.Call<v1::Account>("registry", "RevokeGrant", request));
}

absl::Status IssueToken(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto issued,
                   session.Call<v1::IssueTokenResponse>(kIssuer, "IssueToken", v1::IssueTokenRequest()));
  if (session.console().json) {
    return session.PrintJson(issued);
  }
  session.console().out << issued.token() << "\n";
  session.console().err << issued.account() << ", until "
                        << absl::FormatTime(absl::FromUnixSeconds(issued.expires_at()), absl::LocalTimeZone()) << "\n";
  return absl::OkStatus();
}

void AddAccounts(CLI::App& root, Action& chosen, const std::shared_ptr<Options>& options) {
  CLI::App* accounts = root.add_subcommand("accounts", "who may ask for tokens")->require_subcommand(1);
  CLI::App* create = accounts->add_subcommand("create", "creates an account");
  create->add_option("subject", options->subject, "account name: wang.li")->required();
  create->add_option("--area", options->area, "home region, 2 to 6 digits")->required();
  create->add_option("--person", options->person, "stable id of the person")->required();
  create->add_option("--name", options->display_name, "display name");
  create->add_option("--certificate", options->certificate, "client certificate that may ask for tokens (PEM file)");
  create->add_option("--issuer", options->issuer, "issuer of its tokens; left out: this registry");
  OnCommand(create, chosen, options, CreateAccount);
  CLI::App* list = accounts->add_subcommand("list", "accounts of a home region with their grants");
  list->add_option("--area", options->area, "home region, 2 to 6 digits")->required();
  list->add_option("--limit", options->limit, "at most so many")->check(CLI::NonNegativeNumber);
  OnCommand(list, chosen, options, ListAccounts);
  CLI::App* revoke = accounts->add_subcommand("revoke", "revokes all tokens of an account, or one session");
  revoke->add_option("name", options->name, "accounts/...")->required();
  revoke->add_option("--session", options->session, "only this session");
  revoke->add_flag("--deactivate", options->deactivate, "closes the account too");
  OnCommand(revoke, chosen, options, RevokeAccount);
}

}  // namespace

void AddAccessCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddAccounts(root, chosen, options);
  CLI::App* grants =
      root.add_subcommand("grants", "roles in areas, given by one and confirmed by another")->require_subcommand(1);
  CLI::App* give = grants->add_subcommand("give", "gives a role; in force once it is confirmed");
  give->add_option("account", options->name, "accounts/...")->required();
  give->add_option("--role", options->role, "role of roles.csv: COUNTY_AID_OFFICER")->required();
  give->add_option("--area", options->area, "411728, 41, or empty for the country")->required();
  give->add_option("--from", options->from, "first day; left out: today");
  give->add_option("--to", options->to, "first day no more");
  give->add_option("--purpose", options->purposes, "purposes covered")->allow_extra_args(false);
  OnCommand(give, chosen, options, GiveGrant);
  CLI::App* confirm = grants->add_subcommand("confirm", "confirms a grant that another administrator gave");
  confirm->add_option("grant", options->name, "accounts/.../grants/...")->required();
  OnCommand(confirm, chosen, options, ConfirmGrant);
  CLI::App* revoke = grants->add_subcommand("revoke", "revokes a grant; takes effect on the next call");
  revoke->add_option("grant", options->name, "accounts/.../grants/...")->required();
  OnCommand(revoke, chosen, options, RevokeGrant);
  OnCommand(root.add_subcommand("token", "prints an access token of this identity"), chosen, options, IssueToken);
}

}  // namespace ruraledu::cli
