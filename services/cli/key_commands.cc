// keys: the key file, and bringing data under newer keys.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/domain/shard.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

using ruraledu::jobs::v1::Job;
using ruraledu::jobs::v1::ResealRequest;
using ruraledu::jobs::v1::ResealResult;

struct Options {
  std::string file, purpose, service = "registry", county, parent;
  bool new_data_key = false, all = false;
};

absl::Status InitKeys(Session& session, const Options& options) {
  RETURN_IF_ERROR(crypto::CreateKeyFile(options.file));
  session.Say(absl::StrCat(options.file, ": keep a copy apart from the databases; without it they cannot be read"),
              {{"file", options.file}});
  return absl::OkStatus();
}

absl::Status AddKeyTo(Session& session, const Options& options) {
  const auto purpose = options.purpose == "index" ? crypto::KeyPurpose::kIndex : crypto::KeyPurpose::kMaster;
  ASSIGN_OR_RETURN(const uint32_t version, crypto::AddKey(options.file, purpose));
  session.Say(absl::StrCat(options.purpose, " key ", version,
                           ": copy the file to every machine, restart the services, then: ruraledu keys reseal"),
              {{"purpose", options.purpose}, {"version", absl::StrCat(version)}});
  return absl::OkStatus();
}

// The shards that the options mean: one, all, or those of a county.
absl::StatusOr<std::vector<std::string>> ParentsOf(Session& session, const Options& options) {
  if (!options.all || !options.parent.empty()) {
    return session.Parents(options.parent, options.county);
  }
  std::vector<std::string> parents;
  for (int i = 0; i < kHashShards; ++i) {  // claims and the directory; they have no journal that would list them
    parents.push_back(absl::StrCat("shards/", HashShard(i)));
  }
  ASSIGN_OR_RETURN(const auto shards, session.ListAll<ruraledu::feed::v1::ListShardsResponse>(
                                          options.service, "ListShards", ruraledu::feed::v1::ListShardsRequest(), 0));
  for (const auto& head : shards.heads()) {
    parents.push_back(absl::StrCat("shards/", head.shard()));
  }
  return parents;
}

// One shard after the other.
absl::Status Reseal(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> parents, ParentsOf(session, options));
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
  return session.Print(table);
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
  reseal->add_option("--service", options->service, "registry, student_aid or dropout_monitoring")
      ->capture_default_str()
      ->check(CLI::IsMember({"registry", "student_aid", "dropout_monitoring"}));
  reseal->add_option("--county", options->county, "six digits");
  reseal->add_option("--parent", options->parent, "one shard; left out: the county and its accounts");
  reseal->add_flag("--all", options->all, "every shard of the service; wants a grant for the whole country");
  reseal->add_flag("--new-data-key", options->new_data_key, "makes a new data key for each shard first");
  OnCommand(reseal, chosen, options, Reseal);
}

}  // namespace ruraledu::cli
