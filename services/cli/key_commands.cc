// keys: the key file, and bringing data under newer keys.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

using ruraledu::jobs::v1::Job;
using ruraledu::jobs::v1::ResealRequest;
using ruraledu::jobs::v1::ResealResult;

struct Options {
  std::string file, purpose, service = "registry", county, parent;
  bool new_data_key = false;
};

absl::Status InitKeys(Session& session, const Options& options) {
  RETURN_IF_ERROR(crypto::CreateKeyFile(options.file));
  session.console().out << options.file << ": keep a copy apart from the databases; without it they cannot be read\n";
  return absl::OkStatus();
}

absl::Status AddKeyTo(Session& session, const Options& options) {
  const auto purpose = options.purpose == "index" ? crypto::KeyPurpose::kIndex : crypto::KeyPurpose::kMaster;
  ASSIGN_OR_RETURN(const uint32_t version, crypto::AddKey(options.file, purpose));
  session.console().out << options.purpose << " key " << version
                        << ": copy the file to every machine, restart the services, then: ruraledu keys reseal\n";
  return absl::OkStatus();
}

// One shard after the other; the parts of a county unless one shard is named.
absl::Status Reseal(Session& session, const Options& options) {
  std::vector<std::string> parents = {options.parent};
  if (options.parent.empty()) {
    ASSIGN_OR_RETURN(const std::string county, session.County(options.county));
    parents = {county, absl::StrCat("shards/a", county.substr(county.find('/') + 1))};
  }
  Table table(
      {{"分片 shard"}, {"数据密钥 data keys", true}, {"行 rows", true}, {"日志 entries", true}, {"占用 claims", true}});
  for (const std::string& parent : parents) {
    ResealRequest request;
    request.set_parent(parent);
    request.set_new_data_key(options.new_data_key);
    ASSIGN_OR_RETURN(const Job job, session.Call<Job>(options.service, "Reseal", request));
    ASSIGN_OR_RETURN(const Job done, session.WaitForJob(options.service, job.name()));
    ResealResult result;
    done.result().UnpackTo(&result);
    table.Add({parent, Grouped(result.data_keys()), Grouped(result.rows()), Grouped(result.entries()),
               Grouped(result.claims())});
  }
  session.console().out << table.Text();
  return absl::OkStatus();
}

}  // namespace

void AddKeyCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* keys = root.add_subcommand("keys", "keys that encrypt personal data")->require_subcommand(1);
  CLI::App* create = keys->add_subcommand("init", "writes a new key file");
  create->add_option("file", options->file, "mode 0600; an existing one is never overwritten")->required();
  OnCommand(create, chosen, options, InitKeys);
  CLI::App* add = keys->add_subcommand("add", "appends the next version of a key to a key file");
  add->add_option("purpose", options->purpose, "master or index")
      ->required()
      ->check(CLI::IsMember({"master", "index"}));
  add->add_option("file", options->file, "the key file")->required();
  OnCommand(add, chosen, options, AddKeyTo);
  CLI::App* reseal = keys->add_subcommand("reseal", "brings what a service keeps under the newest keys, and waits");
  reseal->add_option("--service", options->service, "registry or student_aid")
      ->capture_default_str()
      ->check(CLI::IsMember({"registry", "student_aid"}));
  reseal->add_option("--county", options->county, "six digits");
  reseal->add_option("--parent", options->parent, "one shard; left out: the county and its accounts");
  reseal->add_flag("--new-data-key", options->new_data_key, "makes a new data key for each shard first");
  OnCommand(reseal, chosen, options, Reseal);
}

}  // namespace ruraledu::cli
