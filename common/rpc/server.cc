#include "common/rpc/server.h"

#include <dlfcn.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <thread>

#include "common/base/error.h"
#include "common/obs/log.h"
#include "common/rpc/tls.h"

namespace ruraledu::rpc {
namespace {

// Calls that were on their way when admission stopped meet a refusal with its reason; at the shutdown gRPC ends what no
// handler has seen as CANCELLED (grpc issue 41785), which no client may retry.
constexpr absl::Duration kLastRefusals = absl::Milliseconds(200);
// An open health Watch never ends by itself.
constexpr absl::Duration kWatchGrace = absl::Milliseconds(500);

std::shared_ptr<grpc::ServerCredentials> Credentials(const TlsPems& pems) {
  grpc::SslServerCredentialsOptions options(pems.authority.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                                   : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pems.authority;
  options.pem_key_cert_pairs.push_back({pems.key, pems.certificate});
  return grpc::SslServerCredentials(options);
}

// gRPC's reflection library puts itself into every server of a process that it is linked into. So it is loaded, and
// only when it is asked for.
absl::Status LoadReflection() {
  return dlopen(RURALEDU_REFLECTION_LIBRARY, RTLD_NOW | RTLD_GLOBAL) != nullptr
             ? absl::OkStatus()
             : Fail("CONFIG_INVALID", {{"key", "server.reflection"}, {"problem", dlerror()}});
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerConfig config, std::vector<Hosted> hosted) : config_(std::move(config)), hosted_(std::move(hosted)) {}

  absl::Status Start() {
    ASSIGN_OR_RETURN(const TlsPems pems, ReadTls(config_.client_ca, config_.tls_certificate, config_.tls_key));
    if (pems.certificate.empty()) {
      return Fail("TLS_FILES", {{"what", "server"}});
    }
    grpc::EnableDefaultHealthCheckService(true);
    if (config_.reflection) {
      RETURN_IF_ERROR(LoadReflection());
    }
    grpc::ServerBuilder builder;
    builder.AddListeningPort(config_.address, Credentials(pems), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // else two servers share a port silently
    builder.SetMaxReceiveMessageSize(config_.max_request_bytes);
    for (const Hosted& hosted : hosted_) {
      builder.RegisterService(hosted.service);
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return Fail("SERVER_ADDRESS", {{"address", config_.address}});
    }
    SetReady(false);
    return absl::OkStatus();
  }

  void SetReady(bool ready) {
    ready_ = ready;
    for (const Hosted& hosted : hosted_) {
      hosted.runtime->engine().runtime_metrics().ready.Set(ready ? 1 : 0);
    }
    grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
    if (health == nullptr) {
      return;
    }
    for (const Hosted& hosted : hosted_) {
      health->SetServingStatus(hosted.health_name, ready);
    }
    health->SetServingStatus("", ready);
  }

  void Drain() {
    if (server_ == nullptr || drained_.exchange(true)) {
      return;
    }
    const absl::Time limit = Clock::System().Now() + config_.drain_notice + config_.drain_limit;
    const bool was_ready = ready_;
    SetReady(false);
    if (config_.drain_notice > absl::ZeroDuration()) {
      absl::SleepFor(config_.drain_notice);
    }
    for (const Hosted& hosted : hosted_) {
      hosted.runtime->StopAdmitting();
    }
    bool idle = true;
    for (const Hosted& hosted : hosted_) {
      idle = hosted.runtime->WaitIdle(limit) && idle;
    }
    obs::Log(obs::Level::kInfo, "drained", {{"idle", idle}});
    if (was_ready) {
      absl::SleepFor(kLastRefusals);
    }
    // Calls that are left are cancelled; their transactions commit or roll back, and nobody was told otherwise.
    server_->Shutdown(absl::ToChronoTime(Clock::System().Now() + kWatchGrace));
    server_->Wait();
  }

  int port() const { return port_; }
  bool ready() const { return ready_; }

 private:
  const ServerConfig config_;
  const std::vector<Hosted> hosted_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::atomic<bool> ready_ = false, drained_ = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config, std::vector<Hosted> hosted) {
  auto impl = std::make_unique<Impl>(config, std::move(hosted));
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
  impl_->Drain();
}

int Server::port() const {
  return impl_->port();
}

void Server::SetReady(bool ready) {
  impl_->SetReady(ready);
}

absl::Status Server::ready() const {
  return impl_->ready() ? absl::OkStatus() : Fail("DRAINING");
}

void Server::Drain() {
  impl_->Drain();
}

}  // namespace ruraledu::rpc
