// jobs, journal.
#include <map>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/enum_text.h"
#include "common/crypto/hash.h"
#include "common/crypto/signing.h"
#include "common/feed/journal.h"
#include "schema/feed.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

using ruraledu::feed::v1::JournalEntry;
using ruraledu::jobs::v1::Job;

struct Options {
  std::string service = "registry", county, kind, name, parent, database;
  std::vector<std::string> key_files;
  int64_t limit = 50;
};

absl::Status ListJobs(Session& session, const Options& options) {
  ruraledu::jobs::v1::ListJobsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_kind(options.kind);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<ruraledu::jobs::v1::ListJobsResponse>(options.service, "ListJobs",
                                                                                         request, options.limit));
  Table table(
      {{"类别 kind"}, {"状态 state"}, {"完成 done", true}, {"总量 total", true}, {"发起 by"}, {"资源名 resource"}});
  for (const Job& job : all.jobs()) {
    table.Add({job.kind(), absl::AsciiStrToLower(EnumText(job.state())), Grouped(job.done_units()),
               Grouped(job.total_units()), job.started_by(), job.name()});
  }
  return session.Print(all, table);
}

absl::Status ShowJob(Session& session, const Options& options) {
  ruraledu::jobs::v1::GetJobRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto job, session.Call<Job>(options.service, "GetJob", request));
  return session.PrintJson(job);
}

absl::Status CancelJob(Session& session, const Options& options) {
  ruraledu::jobs::v1::CancelJobRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto job, session.Call<Job>(options.service, "CancelJob", request));
  return session.PrintJson(job);
}

// `signed_heads` is -1 where signatures were not looked at.
void ShowVerified(Session& session, std::string_view what, const db::Head& head, int64_t signed_heads) {
  session.Say(
      absl::StrCat(what, ": ", Grouped(head.seq), " entries, chain whole, head ", crypto::Hex(head.hash).substr(0, 16),
                   signed_heads < 0 ? "" : absl::StrCat(", ", signed_heads, " signed heads")),
      {{"verified", what},
       {"entries", absl::StrCat(head.seq)},
       {"hash", crypto::Hex(head.hash)},
       {"signed_heads", signed_heads < 0 ? "" : absl::StrCat(signed_heads)}});
}

// Follows the chain as the service gives it out; its end.
absl::StatusOr<ruraledu::common::v1::Position> FollowChain(Session& session, const std::string& service,
                                                           const std::string& parent) {
  ruraledu::feed::v1::ListJournalRequest request;
  request.set_parent(parent);
  request.set_page_size(static_cast<int32_t>(feed::kPageEntries));
  Progress progress = session.MakeProgress("journal");
  db::Head at;
  while (true) {
    ASSIGN_OR_RETURN(const auto page,
                     session.Call<ruraledu::feed::v1::ListJournalResponse>(service, "ListJournal", request));
    if (page.entries().empty()) {
      progress.End();
      if (page.head().seq() != at.seq || (at.seq > 0 && page.head().hash() != at.hash)) {
        return Fail("JOURNAL_BROKEN", {{"shard", page.head().shard()}, {"seq", absl::StrCat(at.seq + 1)}});
      }
      ShowVerified(session, absl::StrCat(service, " ", parent), at, -1);
      return page.head();
    }
    std::vector<const JournalEntry*> entries;
    for (const JournalEntry& entry : page.entries()) {
      entries.push_back(&entry);
    }
    size_t good = 0;
    RETURN_IF_ERROR(feed::CheckChain(page.entries(0).shard(), at, entries, &good));
    at = {page.entries().rbegin()->seq(), page.entries().rbegin()->hash()};
    *request.mutable_after() = page.head();
    request.mutable_after()->set_seq(at.seq);
    request.mutable_after()->set_hash(at.hash);
    progress.Show(at.seq, page.head().seq(), "verify");
  }
}

absl::Status VerifyService(Session& session, const Options& options) {
  std::string parent = options.parent;
  if (parent.empty()) {
    ASSIGN_OR_RETURN(parent, session.County(options.county));
  }
  return FollowChain(session, options.service, parent).status();
}

// Nobody signs what was not checked: the chain is followed first. The key stays on this machine.
absl::Status SignHeads(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string key, crypto::ReadPemFile(options.key_files.front()));
  ASSIGN_OR_RETURN(const std::vector<std::string> parents, session.Parents(options.parent, options.county));
  for (const std::string& parent : parents) {
    ASSIGN_OR_RETURN(const auto position, FollowChain(session, options.service, parent));
    if (position.seq() == 0) {
      continue;
    }
    ASSIGN_OR_RETURN(const feed::SignedHead signed_head,
                     feed::SignHead(position.instance(), position.shard(), {position.seq(), position.hash()},
                                    absl::ToUnixMicros(Clock::System().Now()), key));
    ruraledu::feed::v1::SignHeadRequest request;
    request.set_parent(parent);
    auto* head = request.mutable_head();
    *head->mutable_position() = position;
    head->set_signed_time_us(signed_head.signed_at_us);
    head->set_key_id(signed_head.key_id);
    head->set_signature(signed_head.signature);
    RETURN_IF_ERROR(session.Call<ruraledu::feed::v1::SignedHead>(options.service, "SignHead", request).status());
    session.Say(absl::StrCat(options.service, " ", parent, ": head ", Grouped(position.seq()), " signed by key ",
                             signed_head.key_id),
                {{"service", options.service},
                 {"parent", parent},
                 {"entries", absl::StrCat(position.seq())},
                 {"key_id", signed_head.key_id}});
  }
  return absl::OkStatus();
}

// Opens the database itself: a backup, or the file of a service that is stopped.
absl::Status VerifyDatabase(Session& session, const Options& options) {
  std::map<std::string, std::string, std::less<>> keys;
  for (const std::string& file : options.key_files) {
    ASSIGN_OR_RETURN(const std::string pem, crypto::ReadPemFile(file));
    ASSIGN_OR_RETURN(const std::string id, crypto::PublicKeyId(pem));
    keys[id] = pem;
  }
  const auto public_key = [&](std::string_view id) -> absl::StatusOr<std::string> {
    const auto found = keys.find(id);
    return found != keys.end()
               ? absl::StatusOr<std::string>(found->second)
               : Fail("CLI_ARGUMENT", {{"argument", "--key"}, {"problem", absl::StrCat("no key ", id)}});
  };
  ASSIGN_OR_RETURN(const auto database, db::Database::Open({.url = options.database}, feed::Schema()));
  ASSIGN_OR_RETURN(const auto heads, database->Heads());
  for (const auto& head : heads) {
    ASSIGN_OR_RETURN(const db::Head verified, feed::VerifyChain(*database, head.shard));
    ASSIGN_OR_RETURN(const int64_t checked, feed::VerifySignedHeads(*database, head.shard, public_key));
    ShowVerified(session, head.shard, verified, checked);
  }
  session.Say(absl::StrCat(heads.size(), " shards verified"), {{"shards", absl::StrCat(heads.size())}});
  return absl::OkStatus();
}

// Opens the database itself: of a service that is stopped and whose data came back from a backup. What the service told
// others since that backup is gone, so its history is another one from here on and has to say so.
absl::Status MarkRestored(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const auto database, db::Database::Open({.url = options.database}, feed::Schema()));
  const std::string before = database->instance();
  RETURN_IF_ERROR(database->Reincarnate());
  session.Say(absl::StrCat("instance ", before, " is now ", database->instance(),
                           ": followers stop, raise the alarm and copy the state again"),
              {{"before", before}, {"instance", database->instance()}});
  return absl::OkStatus();
}

absl::Status ListShards(Session& session, const Options& options) {
  ruraledu::feed::v1::ListShardsRequest request;
  ASSIGN_OR_RETURN(const auto all, session.ListAll<ruraledu::feed::v1::ListShardsResponse>(
                                       options.service, "ListShards", request, options.limit));
  Table table({{"分片 shard"}, {"条数 entries", true}, {"哈希 hash"}});
  for (const auto& head : all.heads()) {
    table.Add({head.shard(), Grouped(head.seq()), crypto::Hex(head.hash()).substr(0, 16)});
  }
  return session.Print(all, table);
}

void AddService(CLI::App* command, const std::shared_ptr<Options>& options) {
  command->add_option("--service", options->service, "registry, student_aid or dropout_monitoring")
      ->capture_default_str()
      ->check(CLI::IsMember({"registry", "student_aid", "dropout_monitoring"}));
}

}  // namespace

void AddWorkCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* jobs = root.add_subcommand("jobs", "long work of a county, newest first");
  AddService(jobs, options);
  jobs->add_option("--county", options->county, "six digits");
  jobs->add_option(
      "--kind", options->kind,
      "import_check, import_apply, import_withdraw, entitlement_run, comparison_run, rebuild_dashboard, reseal");
  AddLimit(*jobs, &options->limit);
  OnCommand(jobs, chosen, options, ListJobs);
  CLI::App* job = jobs->add_subcommand("get", "one job with its result or error");
  job->add_option("name", options->name, "counties/411728/jobs/...")->required();
  OnCommand(job, chosen, options, ShowJob);
  CLI::App* cancel = jobs->add_subcommand("cancel", "ends a job before its next chunk");
  cancel->add_option("name", options->name, "counties/411728/jobs/...")->required();
  OnCommand(cancel, chosen, options, CancelJob);

  CLI::App* journal = root.add_subcommand("journal", "the record of every change")->require_subcommand(1);
  CLI::App* verify =
      journal->add_subcommand("verify", "recomputes the hash chain: of a service, or offline of a database");
  AddService(verify, options);
  verify->add_option("--county", options->county, "six digits");
  verify->add_option("--parent", options->parent, "another shard: provinces/410000, persons/17, shards/...");
  verify->add_option("--database", options->database, "offline: sqlite:<path> of a backup or a stopped service");
  verify->add_option("--key", options->key_files, "offline: public key of the audit administrator (PEM file)")
      ->allow_extra_args(false);
  OnCommand(verify, chosen, options, [](Session& session, const Options& given) {
    return given.database.empty() ? VerifyService(session, given) : VerifyDatabase(session, given);
  });
  CLI::App* sign =
      journal->add_subcommand("sign", "checks the chain and signs its head: daily, by the audit administrator");
  AddService(sign, options);
  sign->add_option("--county", options->county, "six digits");
  sign->add_option("--parent", options->parent, "one shard; left out: the county and its accounts");
  sign->add_option("--key", options->key_files, "private key of the audit administrator (PEM file)")
      ->required()
      ->expected(1);
  OnCommand(sign, chosen, options, SignHeads);
  CLI::App* restored = journal->add_subcommand("restored", "offline, after a restore: followers must not go on");
  restored->add_option("--database", options->database, "sqlite:<path> or postgres:<...> of a stopped service")
      ->required();
  OnCommand(restored, chosen, options, MarkRestored);
  CLI::App* shards = journal->add_subcommand("shards", "shards of a service with their heads");
  AddService(shards, options);
  OnCommand(shards, chosen, options, ListShards);
}

}  // namespace ruraledu::cli
