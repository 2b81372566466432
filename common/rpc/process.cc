#include "common/rpc/process.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <atomic>
#include <iostream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/crypto/pki.h"
#include "common/crypto/signing.h"
#include "common/db/observe.h"
#include "common/domain/load_file.h"
#include "common/domain/region.h"
#include "common/feed/journal_audit.h"
#include "common/feed/key_store.h"
#include "common/obs/admin_server.h"
#include "common/obs/log.h"
#include "schema/feed.h"
#include "schema/files.h"
#include "schema/rpc.h"
#if __has_include("schema/dashboard.h")
#include "schema/dashboard.h"
#endif

namespace ruraledu::rpc {
namespace {

constexpr absl::Duration kHeadPoll = absl::Milliseconds(100);
constexpr absl::Duration kSampleEvery = absl::Seconds(15);

template <typename T>
void Append(std::vector<db::Migration>& all, const T& some) {
  all.insert(all.end(), some.begin(), some.end());
}

// The tables of the common modules, then the service's own.
std::vector<db::Migration> Migrations(absl::Span<const db::Migration> own) {
  std::vector<db::Migration> all;
  Append(all, feed::Schema());
  Append(all, files::Schema());
  Append(all, rpc::Schema());
#if __has_include("schema/dashboard.h")
  Append(all, dashboard::Schema());
#endif
  Append(all, own);
  return all;
}

absl::StatusOr<std::unique_ptr<crypto::TokenVerifier>> OpenVerifier(const std::vector<TrustedTokenKey>& configured) {
  std::vector<crypto::TrustedKey> keys;
  for (const TrustedTokenKey& key : configured) {
    ASSIGN_OR_RETURN(std::string pem, crypto::ReadPemFile(key.public_key_file));
    ASSIGN_OR_RETURN(const std::string id, crypto::PublicKeyId(pem));
    keys.push_back(
        {.issuer = key.issuer,
         .kid = key.kid.empty() ? id : key.kid,
         .algorithm = key.algorithm == "ES256" ? crypto::TokenAlgorithm::kEs256 : crypto::TokenAlgorithm::kEdDsa,
         .public_pem = std::move(pem),
         .audience = key.audience});
  }
  return crypto::TokenVerifier::Create(keys);
}

absl::Status SetUpLog(const Config& config) {
  const std::map<std::string, obs::Level> levels = {{"debug", obs::Level::kDebug},
                                                    {"info", obs::Level::kInfo},
                                                    {"warning", obs::Level::kWarning},
                                                    {"error", obs::Level::kError}};
  const auto level = levels.find(config.log_level);
  if (level == levels.end()) {
    return Fail("CONFIG_INVALID", {{"key", "log.level"}, {"problem", "debug, info, warning or error"}});
  }
  obs::SetLogLevel(level->second);
  return obs::LogToFile(config.log_file);
}

class ServiceFoundation final : public Foundation {
 public:
  absl::Status Open(const Config& config, std::string service, absl::Span<const db::Migration> schema,
                    EngineParts parts) {
    const db::Options options{.url = absl::StrReplaceAll(config.database_url, {{"{service}", service}}),
                              .max_connections = config.database_connections};
    metrics_ = obs::RuntimeMetrics(parts.metrics, service);
    ASSIGN_OR_RETURN(database_, db::Database::Open(options, Migrations(schema)));
    database_ = db::Metered(std::move(database_), metrics_);
    key_store_ = feed::DatabaseKeyStore(*database_);
    ASSIGN_OR_RETURN(keys_, crypto::KeyRing::Open(config.key_file, key_store_.get()));
    heads_ = std::make_unique<feed::HeadPoller>(*database_, kHeadPoll);
    heads_->Start();
    ASSIGN_OR_RETURN(access_, AccessTable::Open(*database_));
    parts.access = access_.get();
    parts.heads = heads_.get();
    FillParts(parts, service);
    disk_ = db::DiskProbe(options.url, metrics_);
    audit_ = std::make_unique<feed::JournalAudit>(*database_, metrics_);
    parts.service = std::move(service);
    ASSIGN_OR_RETURN(runtime_, Runtime::Create(std::move(parts)));
    return absl::OkStatus();
  }

  db::Database& database() override { return *database_; }
  crypto::KeyRing& keys() override { return *keys_; }
  feed::HeadPoller& heads() override { return *heads_; }
  AccessTable& access() override { return *access_; }
  Runtime& runtime() override { return *runtime_; }
  const obs::RuntimeMetrics& metrics() const override { return metrics_; }

  void AddProbes(const std::string& service, obs::Sampler& sampler) {
    sampler.Add(absl::StrCat(service, "_backlog"), db::BacklogProbe(*database_, metrics_));
    if (disk_ != nullptr) {
      sampler.Add(absl::StrCat(service, "_disk"), std::move(disk_));
    }
  }

 private:
  void FillParts(EngineParts& parts, const std::string& service) {
    using Positions = ruraledu::common::v1::Positions;
    parts.fingerprint = [keys = keys_.get()](std::string_view bytes) { return keys->Fingerprint({bytes}); };
    parts.instance = [database = database_.get()] { return database->instance(); };
    parts.reached = [database = database_.get(), service](const Positions& positions) {
      const std::string instance = database->instance();
      return database->Read([&](db::Transaction& tx) { return feed::Reached(tx, service, instance, positions); });
    };
    parts.wait_for = [database = database_.get(), heads = heads_.get(), service](const Positions& positions,
                                                                                 absl::Time deadline) {
      return feed::WaitFor(*database, *heads, service, positions, deadline);
    };
  }

  obs::RuntimeMetrics metrics_;
  obs::Sampler::Probe disk_;
  // Destroyed from below: the runtime first.
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> key_store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<feed::HeadPoller> heads_;
  std::unique_ptr<AccessTable> access_;
  std::unique_ptr<feed::JournalAudit> audit_;
  std::unique_ptr<Runtime> runtime_;
};

// When a certificate ends and how old a key is: what nobody notices until it stops everything.
obs::Sampler::Probe FilesProbe(const Config& config, obs::Metrics& metrics) {
  std::vector<std::pair<std::string, std::string>> certificates = {{"server", config.server.tls_certificate},
                                                                   {"client_ca", config.server.client_ca}};
  for (const auto& [peer, client] : config.peers) {
    certificates.emplace_back(absl::StrCat("peer_", peer), client.certificate);
  }
  std::vector<std::pair<std::string, std::string>> keys = {{"data", config.key_file}};
  for (size_t i = 0; i < config.tokens.size(); ++i) {
    keys.emplace_back(absl::StrCat("token_", i + 1), config.tokens[i].public_key_file);
  }
  return [certificates, keys, &metrics]() -> absl::Status {
    for (const auto& [label, path] : certificates) {
      if (!path.empty()) {
        ASSIGN_OR_RETURN(const std::string pem, crypto::ReadPemFile(path));
        ASSIGN_OR_RETURN(const absl::Time end, crypto::CertificateExpiry(pem));
        metrics.GaugeOf("ruraledu_certificate_expiry_timestamp_seconds", {label})
            .Set(absl::ToDoubleSeconds(end - absl::UnixEpoch()));
      }
    }
    for (const auto& [label, path] : keys) {
      struct stat file {};
      if (stat(path.c_str(), &file) != 0) {
        return Fail("FILE_UNREADABLE");
      }
      metrics.GaugeOf("ruraledu_key_modified_timestamp_seconds", {label}).Set(static_cast<double>(file.st_mtime));
    }
    return absl::OkStatus();
  };
}

class RealProcess final : public Process {
 public:
  absl::Status Open(Config config) {
    config_ = std::move(config);
    RETURN_IF_ERROR(SetUpLog(config_));
    ASSIGN_OR_RETURN(verifier_, OpenVerifier(config_.tokens));
    ASSIGN_OR_RETURN(const std::string roles, LoadFile(config_.policies_folder + "/roles.csv"));
    ASSIGN_OR_RETURN(roles_, RoleBook::Parse(roles));
    ASSIGN_OR_RETURN(RegionTree regions, LoadRegions(config_.data_folder));
    regions_.emplace(std::move(regions));
    areas_.emplace(*regions_);
    const auto ready = [this] { return ready_ ? absl::OkStatus() : Fail("DRAINING"); };
    ASSIGN_OR_RETURN(admin_, obs::AdminServer::Start(config_.admin_address, &metrics_, ready));
    sampler_.Add("process", obs::ProcessProbe(metrics_));
    sampler_.Add("files", FilesProbe(config_, metrics_));
    return absl::OkStatus();
  }

  const Config& config() const override { return config_; }
  obs::Metrics& metrics() override { return metrics_; }
  obs::Sampler& sampler() override { return sampler_; }
  const RoleBook& roles() const override { return roles_; }

  absl::StatusOr<Foundation*> Lay(std::string service, absl::Span<const db::Migration> schema,
                                  std::vector<std::string> contracts, std::vector<std::string> follows) override {
    auto foundation = std::make_unique<ServiceFoundation>();
    RETURN_IF_ERROR(foundation->Open(config_, service, schema,
                                     {.contracts = std::move(contracts),
                                      .roles = &roles_,
                                      .areas = &*areas_,
                                      .tokens = verifier_.get(),
                                      .follows = std::move(follows),
                                      .metrics = &metrics_,
                                      .limits = config_.server.limits}));
    foundation->AddProbes(service, sampler_);
    return foundations_.emplace_back(std::move(foundation)).get();
  }

  absl::StatusOr<std::unique_ptr<Client>> Peer(std::string_view service, std::string contract) override {
    const auto found = config_.peers.find(std::string(service));
    if (found == config_.peers.end()) {
      return Fail("CONFIG_INVALID", {{"key", absl::StrCat("peers.", service)}, {"problem", "missing"}});
    }
    return ConnectTo({.config = found->second, .contract = std::move(contract)});
  }

  absl::Status Serve(std::vector<Hosted> hosted) override {
    ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(config_.server, std::move(hosted)));
    server->SetReady(true);
    ready_ = true;
    sampler_.Start();
    obs::Log(obs::Level::kInfo, "serving", {{"port", server->port()}, {"admin_port", admin_->port()}});
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    int signal = 0;
    sigwait(&signals, &signal);
    ready_ = false;
    server->Drain();
    sampler_.Stop();
    return absl::OkStatus();
  }

 private:
  Config config_;
  obs::Metrics metrics_;
  obs::Sampler sampler_{&metrics_, kSampleEvery};
  RoleBook roles_;
  std::optional<RegionTree> regions_;
  std::optional<GrantAreas> areas_;
  std::atomic<bool> ready_ = false;
  std::unique_ptr<crypto::TokenVerifier> verifier_;
  std::unique_ptr<obs::AdminServer> admin_;
  std::vector<std::unique_ptr<ServiceFoundation>> foundations_;
};

// Every thread that is made later inherits the mask, so that only Serve sees the signals.
void BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

absl::Status Run(int argc, char** argv, const std::function<absl::Status(Process&)>& body) {
  ASSIGN_OR_RETURN(Config config, ConfigFromArgs(argc, argv));
  RealProcess process;
  RETURN_IF_ERROR(process.Open(std::move(config)));
  return body(process);
}

}  // namespace

void ForgetLockCycles() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

int RunProcess(int argc, char** argv, const std::function<absl::Status(Process&)>& body) {
  ForgetLockCycles();
  BlockSignals();
  const absl::Status status = Run(argc, argv, body);
  if (!status.ok()) {
    std::cerr << ReasonOf(status) << ": " << status.message() << "\n";
  }
  return status.ok() ? 0 : 1;
}

}  // namespace ruraledu::rpc
