#include "services/registry/wiring.h"

#include "common/crypto/signing.h"
#include "common/dashboard/counter_audit.h"
#include "common/dashboard/rebuild.h"
#include "common/dashboard/refresher.h"
#include "common/dashboard/terms.h"
#include "common/db/claim_sweeper.h"
#include "common/domain/load_file.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "schema/registry.h"
#include "services/registry/accounts.h"
#include "services/registry/erasure.h"
#include "services/registry/gauges.h"
#include "services/registry/identity.h"
#include "services/registry/import_jobs.h"
#include "services/registry/indicators.h"
#include "services/registry/rekey.h"
#include "services/registry/reseal.h"
#include "services/registry/service.h"
#include "services/registry/transfers.h"

namespace ruraledu::registry {
namespace {

constexpr absl::Duration kSweepAge = absl::Hours(1);  // an import claims all its persons before its first row

std::string Setting(const rpc::Config& config, const std::string& key, std::string absent = "") {
  const auto found = config.extra.find(key);
  return found == config.extra.end() ? absent : found->second;
}

absl::StatusOr<crypto::TokenSigner> OpenSigner(const rpc::Config& config) {
  ASSIGN_OR_RETURN(const std::string pem, crypto::ReadPemFile(Setting(config, "token_key")));
  return crypto::TokenSigner::Create(Setting(config, "issuer", "ruraledu"), pem);
}

absl::Status BootstrapOnce(const rpc::Host& host, const rpc::Config& config) {
  const std::string file = Setting(config, "bootstrap");
  if (file.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string csv, LoadFile(file));
  const absl::Status status = BootstrapAccounts(host, csv, Setting(config, "issuer", "ruraledu"));
  return ReasonOf(status) == "BOOTSTRAP_DONE" ? absl::OkStatus() : status;
}

absl::StatusOr<dashboard::BoardSpec> SpecOf(const dashboard::MeasureBook& measures, const ReferenceBook& reference,
                                            const std::string& policies_folder) {
  const std::string file = absl::StrCat(policies_folder, "/registry/targets.csv");
  ASSIGN_OR_RETURN(const std::string text, LoadFile(file));
  ASSIGN_OR_RETURN(const Targets targets, Targets::Parse(file, text));
  dashboard::BoardSpec spec{.service = "registry", .measures = &measures, .indicators = Indicators(reference, targets)};
  spec.places = PlacesOf(reference);
  dashboard::ShowByTerm(reference.Get()->terms, &spec);
  return spec;
}

}  // namespace

// In order of construction; destroyed in reverse.
struct Wiring::Pieces {
  Pieces(rpc::Foundation& base, crypto::TokenSigner token_signer)
      : host{base.database(), base.keys(), Clock::System(), nullptr},
        signer(std::move(token_signer)),
        jobs(base.database(), {.metrics = base.metrics()}) {}

  void StartJobs() {
    RegisterImportJobs(jobs, host, *reference);
    jobs.Register(std::string(kSettleIdentityJob),
                  [this](db::JobContext& context) { return RunSettleIdentity(host, context); });
    jobs.Register(std::string(kEraseJob), [this](db::JobContext& context) { return RunErasure(host, context); });
    jobs.Register(std::string(kRekeyJob), [this](db::JobContext& context) { return RunRekey(host, context); });
    jobs.Register(std::string(kCloseTransferJob),
                  [this](db::JobContext& context) { return RunCloseTransfer(host, context); });
    jobs.Register(std::string(dashboard::kRebuildJob), dashboard::RebuildJob(*measures, host.keys));
    jobs.Register(std::string(dashboard::kOpenPeriodJob), dashboard::OpenPeriodJob(host.keys));
    jobs.Register(std::string(feed::kResealJob), feed::ResealJob(host.keys, ResealSteps(host, *reference)));
    jobs.Start();
  }

  // Once per term: keeps the levels of the one that ended.
  absl::Status OpenTerm() {
    const auto now = reference->Get();
    const TermCalendar& terms = now->terms;
    const std::string term = terms.TermOf(host.clock.Today()).text();
    if (term != opened_term) {
      RETURN_IF_ERROR(dashboard::QueueOpenTerm(host.database, terms, host.clock).status());
      opened_term = term;
    }
    return absl::OkStatus();
  }

  rpc::Host host;
  crypto::TokenSigner signer;
  std::unique_ptr<ReferenceBook> reference;
  std::unique_ptr<const dashboard::MeasureBook> measures;
  std::unique_ptr<cache::RedisClient> redis;
  std::unique_ptr<dashboard::Board> board;
  db::JobEngine jobs;
  std::unique_ptr<Handlers> handlers;
  std::unique_ptr<RegistryRpc> service;
  rpc::Runtime* runtime = nullptr;
  std::unique_ptr<dashboard::Refresher> refresher;
  std::unique_ptr<db::ClaimSweeper> sweeper;
  std::string opened_term;
};

absl::StatusOr<std::unique_ptr<Wiring>> Wiring::Create(rpc::Process& process) {
  // The stubs do not refer to the file of the contract, so the linker would leave it out.
  google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
  ASSIGN_OR_RETURN(rpc::Foundation * base, process.Lay("registry", Schema(), {RegistryRpc::kContract}));
  ASSIGN_OR_RETURN(crypto::TokenSigner signer, OpenSigner(process.config()));
  auto pieces = std::make_unique<Pieces>(*base, std::move(signer));
  ASSIGN_OR_RETURN(pieces->reference, ReferenceBook::Open(pieces->host, process.config().data_folder));
  pieces->measures = Measures(pieces->reference->Get()->codes);
  pieces->host.counters = [&measures = *pieces->measures] {
    return std::make_unique<dashboard::CounterFold>(measures);
  };
  ASSIGN_OR_RETURN(auto spec, SpecOf(*pieces->measures, *pieces->reference, process.config().policies_folder));
  ASSIGN_OR_RETURN(pieces->redis, rpc::OpenRedis(process.config()));
  pieces->board = std::make_unique<dashboard::Board>(base->database(), std::move(spec), &base->heads(),
                                                     pieces->redis.get(), base->metrics());
  RETURN_IF_ERROR(BootstrapOnce(pieces->host, process.config()));
  RETURN_IF_ERROR(base->access().Refresh());
  pieces->handlers = std::make_unique<Handlers>(Parts{.host = pieces->host,
                                                      .reference = *pieces->reference,
                                                      .access = base->access(),
                                                      .roles = process.roles(),
                                                      .signer = pieces->signer,
                                                      .heads = base->heads(),
                                                      .jobs = pieces->jobs,
                                                      .board = *pieces->board});
  pieces->service = std::make_unique<RegistryRpc>(base->runtime(), *pieces->handlers);
  pieces->runtime = &base->runtime();
  pieces->StartJobs();
  pieces->refresher = std::make_unique<dashboard::Refresher>(*pieces->board, base->heads());
  pieces->sweeper =
      std::make_unique<db::ClaimSweeper>(base->database(), base->metrics(), db::ClaimSweeperOptions{.age = kSweepAge});
  obs::Sampler& sampler = process.sampler();
  sampler.Add("registry_work",
              OpenWorkProbe(base->database(), *pieces->reference, pieces->host.clock, process.metrics()));
  sampler.Add("registry_cache", rpc::CacheProbe(pieces->redis.get(), *pieces->refresher, base->metrics()));
  sampler.Add("registry_counters", dashboard::CounterAudit(base->database(), Clock::System(), base->metrics()));
  sampler.Add("registry_term", [&all = *pieces] { return all.OpenTerm(); });
  return std::unique_ptr<Wiring>(new Wiring(std::move(pieces)));
}

Wiring::Wiring(std::unique_ptr<Pieces> pieces) : pieces_(std::move(pieces)) {}
Wiring::~Wiring() {
  pieces_->jobs.Stop();
}

rpc::Hosted Wiring::hosted() {
  return {pieces_->service.get(), pieces_->runtime, RegistryRpc::kContract};
}

}  // namespace ruraledu::registry
