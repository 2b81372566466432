#include "services/registry/wiring.h"

#include "common/crypto/signing.h"
#include "common/domain/load_file.h"
#include "schema/registry.h"
#include "services/registry/accounts.h"
#include "services/registry/import_jobs.h"
#include "services/registry/rekey.h"
#include "services/registry/service.h"
#include "services/registry/transfers.h"

namespace ruraledu::registry {
namespace {

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

}  // namespace

// In order of construction; destroyed in reverse.
struct Wiring::Pieces {
  Pieces(rpc::Foundation& base, crypto::TokenSigner token_signer)
      : host{base.database(), base.keys(), Clock::System(), nullptr},
        signer(std::move(token_signer)),
        jobs(base.database(), {}) {}

  rpc::Host host;
  crypto::TokenSigner signer;
  std::unique_ptr<ReferenceBook> reference;
  db::JobEngine jobs;
  std::unique_ptr<Handlers> handlers;
  std::unique_ptr<RegistryRpc> service;
  rpc::Runtime* runtime = nullptr;
};

absl::StatusOr<std::unique_ptr<Wiring>> Wiring::Create(rpc::Process& process) {
  // The stubs do not refer to the file of the contract, so the linker would leave it out.
  google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
  ASSIGN_OR_RETURN(rpc::Foundation * base, process.Lay("registry", Schema(), {kContract}));
  ASSIGN_OR_RETURN(crypto::TokenSigner signer, OpenSigner(process.config()));
  auto pieces = std::make_unique<Pieces>(*base, std::move(signer));
  ASSIGN_OR_RETURN(pieces->reference, ReferenceBook::Open(pieces->host, process.config().data_folder));
  RETURN_IF_ERROR(BootstrapOnce(pieces->host, process.config()));
  RETURN_IF_ERROR(base->access().Refresh());
  pieces->handlers = std::make_unique<Handlers>(Parts{.host = pieces->host,
                                                      .reference = *pieces->reference,
                                                      .access = base->access(),
                                                      .roles = process.roles(),
                                                      .signer = pieces->signer,
                                                      .heads = base->heads(),
                                                      .jobs = pieces->jobs});
  pieces->service = std::make_unique<RegistryRpc>(base->runtime(), *pieces->handlers);
  pieces->runtime = &base->runtime();
  RegisterImportJobs(pieces->jobs, pieces->host, *pieces->reference);
  const rpc::Host& host = pieces->host;
  pieces->jobs.Register(std::string(kRekeyJob), [&host](db::JobContext& context) { return RunRekey(host, context); });
  pieces->jobs.Register(std::string(kCloseTransferJob),
                        [&host](db::JobContext& context) { return RunCloseTransfer(host, context); });
  pieces->jobs.Start();
  return std::unique_ptr<Wiring>(new Wiring(std::move(pieces)));
}

Wiring::Wiring(std::unique_ptr<Pieces> pieces) : pieces_(std::move(pieces)) {}
Wiring::~Wiring() {
  pieces_->jobs.Stop();
}

rpc::Hosted Wiring::hosted() {
  return {pieces_->service.get(), pieces_->runtime, kContract};
}

}  // namespace ruraledu::registry
