// What needs no server: reasons, pki, tokens, completion.
#include <filesystem>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/crypto/pki.h"
#include "common/crypto/signing.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kDay = absl::Hours(24);

struct Options {
  std::string folder, file, name, reason;
  bool codes = false;
  std::vector<std::string> servers = {"registry", "student_aid", "dropout_monitoring", "all_in_one"}, clients,
                           hosts = {"localhost"};
  int days = 825;
};

std::string CodeName(const ReasonInfo& info) {
  return google::rpc::Code_Name(static_cast<google::rpc::Code>(info.code));
}

absl::Status ShowReasons(Session& session, const Options& options) {
  if (options.codes) {
    for (const ReasonInfo& info : Reasons()) {
      session.console().out << info.reason << " " << CodeName(info) << "\n";
    }
    return absl::OkStatus();
  }
  Table table({{"代码 reason"}, {"状态 status"}, {"说明"}, {"text"}});
  for (const ReasonInfo& info : Reasons()) {
    if (options.reason.empty() || info.reason == options.reason) {
      table.Add({std::string(info.reason), CodeName(info), std::string(info.chinese), std::string(info.english)});
    }
  }
  return session.Print(table);
}

absl::Status Issue(Session& session, const Options& options, const crypto::CertificatePem& authority,
                   const std::string& name, bool server) {
  if (fs::exists(fs::path(options.folder) / (name + ".crt"))) {
    return absl::OkStatus();
  }
  crypto::CertificateNames names{.common_name = name, .dns = {}, .ip = {}, .uri = {}};
  if (server) {
    names.dns = options.hosts;
    names.ip = {"127.0.0.1", "::1"};
    names.uri = {absl::StrCat("ruraledu://service/", name)};
  }
  const auto use = server ? crypto::CertificateUse::kServerAndClient : crypto::CertificateUse::kClient;
  ASSIGN_OR_RETURN(const auto pem,
                   crypto::IssueCertificate(authority, names, use, Clock::System().Now(), kDay * options.days));
  RETURN_IF_ERROR(crypto::WriteCertificate(options.folder, name, pem));
  session.Say(absl::StrCat(name, server ? ".crt  server and service" : ".crt  client"),
              {{"certificate", name + ".crt"}, {"use", server ? "server" : "client"}});
  return absl::OkStatus();
}

// What exists is left alone, so that the command can be repeated with more names.
absl::Status InitPki(Session& session, const Options& options) {
  std::error_code error;
  fs::create_directories(options.folder, error);
  fs::permissions(options.folder, fs::perms::owner_all, error);
  const fs::path folder = options.folder;
  crypto::CertificatePem authority;
  if (fs::exists(folder / "ca.crt")) {
    ASSIGN_OR_RETURN(authority.certificate, crypto::ReadPemFile(folder / "ca.crt"));
    ASSIGN_OR_RETURN(authority.private_key, crypto::ReadPemFile(folder / "ca.key"));
  } else {
    ASSIGN_OR_RETURN(authority, crypto::CreateAuthority("ruraledu local CA", Clock::System().Now(), kDay * 3650));
    RETURN_IF_ERROR(crypto::WriteCertificate(options.folder, "ca", authority));
    session.Say("ca.crt  authority", {{"certificate", "ca.crt"}, {"use", "authority"}});
  }
  for (const std::string& name : options.servers) {
    RETURN_IF_ERROR(Issue(session, options, authority, name, true));
  }
  for (const std::string& name : options.clients) {
    RETURN_IF_ERROR(Issue(session, options, authority, name, false));
  }
  return absl::OkStatus();
}

absl::Status MakeSigningKey(Session& session, const Options& options) {
  for (const char* extension : {".key", ".pub"}) {
    if (fs::exists(options.file + extension)) {
      return Fail("FILE_EXISTS", {{"file", options.file + extension}});
    }
  }
  const crypto::KeyPairPem pair = crypto::GenerateEd25519();
  RETURN_IF_ERROR(crypto::WritePemFile(options.file + ".key", pair.private_pem));
  RETURN_IF_ERROR(crypto::WritePemFile(options.file + ".pub", pair.public_pem));
  ASSIGN_OR_RETURN(const std::string id, crypto::PublicKeyId(pair.public_pem));
  session.Say(absl::StrCat(options.file, ".key, ", options.file, ".pub  key id ", id),
              {{"private_key", options.file + ".key"}, {"public_key", options.file + ".pub"}, {"key_id", id}});
  return absl::OkStatus();
}

absl::Status ShowFingerprint(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string pem, crypto::ReadPemFile(options.file));
  ASSIGN_OR_RETURN(const std::string fingerprint, crypto::CertificateFingerprint(pem));
  session.Say(fingerprint, {{"fingerprint", fingerprint}});
  return absl::OkStatus();
}

// One line "path=words" per command.
void CollectWords(const CLI::App& command, const std::string& path, std::string* out) {
  std::string words;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    absl::StrAppend(&words, sub->get_name(), " ");
    CollectWords(*sub, absl::StrCat(path, " ", sub->get_name()), out);
  }
  for (const CLI::Option* option : command.get_options([](const CLI::Option* one) { return !one->get_positional(); })) {
    for (const std::string& name : option->get_lnames()) {
      absl::StrAppend(&words, "--", name, " ");
    }
  }
  absl::StrAppend(out, "  ['", path, "']='", words, "'\n");
}

}  // namespace

std::string BashCompletion(const CLI::App& root) {
  std::string words;
  CollectWords(root, "ruraledu", &words);
  return absl::StrCat("declare -A _ruraledu_words=(\n", words, R"()
_ruraledu() {
  local path=ruraledu word i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    [[ -n ${_ruraledu_words["$path $word"]+set} ]] && path="$path $word"
  done
  COMPREPLY=($(compgen -W "${_ruraledu_words[$path]} --profile --json" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ruraledu ruraledu
)");
}

void AddLocalCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* reasons = root.add_subcommand("reasons", "every reason code with its texts");
  reasons->add_option("reason", options->reason, "only this one");
  reasons->add_flag("--codes", options->codes, "codes and statuses only, as tests/golden/reasons.txt pins them");
  OnCommand(reasons, chosen, options, ShowReasons);

  CLI::App* pki = root.add_subcommand("pki", "a small certificate authority of one's own")->require_subcommand(1);
  CLI::App* init = pki->add_subcommand("init", "makes the authority and certificates; what exists is left alone");
  init->add_option("folder", options->folder, "where they go")->required();
  init->add_option("--server", options->servers, "services")->capture_default_str()->allow_extra_args(false);
  init->add_option("--host", options->hosts, "names of the servers' machine")
      ->capture_default_str()
      ->allow_extra_args(false);
  init->add_option("--client", options->clients, "people and systems; may be repeated")->allow_extra_args(false);
  init->add_option("--days", options->days, "validity")->capture_default_str()->check(CLI::Range(1, 3650));
  OnCommand(init, chosen, options, InitPki);
  CLI::App* fingerprint = pki->add_subcommand("fingerprint", "what an account is mapped to");
  fingerprint->add_option("file", options->file, "certificate (PEM)")->required();
  OnCommand(fingerprint, chosen, options, ShowFingerprint);

  CLI::App* tokens = root.add_subcommand("tokens", "keys that sign access tokens")->require_subcommand(1);
  CLI::App* keygen = tokens->add_subcommand("keygen", "makes an Ed25519 pair <file>.key and <file>.pub");
  keygen->add_option("file", options->file, "path without extension")->required();
  OnCommand(keygen, chosen, options, MakeSigningKey);

  CLI::App* completion = root.add_subcommand("completion", "a completion script")->require_subcommand(1);
  CLI::App* bash = completion->add_subcommand("bash", "eval \"$(ruraledu completion bash)\"");
  bash->callback([&root, &chosen] {
    chosen = [&root](Session& session) {
      session.console().out << BashCompletion(root);
      return absl::OkStatus();
    };
  });
}

}  // namespace ruraledu::cli
