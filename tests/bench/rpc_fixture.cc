#include "tests/bench/rpc_fixture.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "common/crypto/hash.h"
#include "common/crypto/keys.h"
#include "common/crypto/pem.h"
#include "common/crypto/pki.h"
#include "common/crypto/secret_file.h"
#include "common/crypto/signing.h"
#include "common/crypto/token.h"
#include "common/dashboard/counters.h"
#include "common/domain/region.h"
#include "common/feed/heads.h"
#include "common/feed/journal.h"
#include "common/feed/key_store.h"
#include "common/obs/log.h"
#include "common/rpc/access_table.h"
#include "common/rpc/server.h"
#include "common/rpc/unary.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/rpc.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/standards.h"
#include "tests/bench/bench.h"

namespace ruraledu::bench {
namespace {

constexpr char kContract[] = "ruraledu.testing.v1.EchoService";
constexpr char kCounty[] = "c411728";
constexpr char kPeriod[] = "2023-2024-1";

using RawService = echo::EchoService::WithRawCallbackMethod_GetBoard<echo::EchoService::CallbackService>;

std::string Pem(const Folder& folder, const std::string& name) {
  return Must(crypto::ReadPemFile(folder / name));
}

std::shared_ptr<grpc::ServerCredentials> ServerSide(const Folder& folder, Wire wire) {
  if (wire == Wire::kPlain) {
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions options(wire == Wire::kMutualTls
                                                ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = Pem(folder, "ca.crt");
  options.pem_key_cert_pairs.push_back({Pem(folder, "server.key"), Pem(folder, "server.crt")});
  return grpc::SslServerCredentials(options);
}

// What the board of the product shows: every measure of student_aid for 15 schools of each township.
dashboard::CounterRows CountersOfCounty(const student_aid::PolicyBook&) {
  dashboard::Contributions sums(student_aid::Measures());
  for (const dashboard::Measure& measure : student_aid::Measures().measures()) {
    for (const std::string_view township : kTownships) {
      for (int school = 1; school <= 15; ++school) {
        const std::string area = absl::StrCat(township, "/s", school);
        for (const char* code : {"A", "B", "C", "D"}) {
          sums.Add(measure.id, area, kPeriod, measure.dimension.empty() ? "" : code, school);
        }
      }
    }
  }
  return dashboard::Expand(sums);
}

class BenchHandlers {
 public:
  explicit BenchHandlers(dashboard::Board& board) : board_(board) {}
  absl::StatusOr<echo::EchoResponse> Echo(rpc::Call&, const echo::EchoRequest& request) {
    echo::EchoResponse response;
    response.set_text(request.text());
    return response;
  }
  std::optional<rpc::Bytes> CachedGetBoard(rpc::Call&, const echo::GetBoardRequest& request) {
    return board_.Cached(AskOf(request));
  }
  absl::StatusOr<rpc::Bytes> GetBoard(rpc::Call& call, const echo::GetBoardRequest& request) {
    return board_.Get(AskOf(request), {.deadline = call.deadline()});
  }

 private:
  static dashboard::Ask AskOf(const echo::GetBoardRequest& request) {
    return {request.area().substr(request.area().find('/') + 1), kPeriod, dashboard::View::kFull};
  }
  dashboard::Board& board_;
};

class BenchRpcService final : public rpc::Bound<BenchHandlers> {
 public:
  BenchRpcService(rpc::Runtime& runtime, BenchHandlers& handlers) : Bound(runtime, handlers, kContract) {
    Unary("Echo", &BenchHandlers::Echo);
    Raw("GetBoard", &BenchHandlers::CachedGetBoard, &BenchHandlers::GetBoard);
  }
};

}  // namespace

Folder::Folder()
    : path_(std::filesystem::temp_directory_path() /
            absl::StrCat("ruraledu-bench-", crypto::Hex(crypto::RandomBytes(6)))) {
  std::filesystem::create_directories(path_);
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void MakeCertificates(const Folder& folder) {
  const absl::Time now = absl::Now();
  const std::string path = folder / "";
  const auto authority = Must(crypto::CreateAuthority("bench", now, absl::Hours(24)));
  Must(crypto::WriteCertificate(path, "ca", authority));
  Must(crypto::WriteCertificate(
      path, "server",
      Must(crypto::IssueCertificate(authority, {.common_name = "server", .dns = {"localhost"}, .ip = {"127.0.0.1"}},
                                    crypto::CertificateUse::kServer, now, absl::Hours(24)))));
  Must(crypto::WriteCertificate(path, "person",
                                Must(crypto::IssueCertificate(authority, {.common_name = "person"},
                                                              crypto::CertificateUse::kClient, now, absl::Hours(24)))));
}

std::shared_ptr<grpc::Channel> ChannelTo(const Folder& folder, int port, Wire wire) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("bench.port", port);  // channels of two servers never share a connection
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (wire != Wire::kPlain) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Pem(folder, "ca.crt");
    if (wire == Wire::kMutualTls) {
      options.pem_private_key = Pem(folder, "person.key");
      options.pem_cert_chain = Pem(folder, "person.crt");
    }
    credentials = grpc::SslCredentials(options);
  }
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), credentials, arguments);
}

class PeerServer::Service final : public RawService {
 public:
  Service(rpc::WorkPool* workers, std::string board) : workers_(workers), board_(std::move(board)) {}

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const echo::EchoRequest* request,
                                 echo::EchoResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (workers_ == nullptr) {
      response->set_text(request->text());
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }
    workers_->Submit(new Hop(*request, response, reactor), /*always=*/true);
    return reactor;
  }
  grpc::ServerUnaryReactor* GetBoard(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                     grpc::ByteBuffer* response) override {
    grpc::Slice slice(board_.data(), board_.size(), grpc::Slice::STATIC_SLICE);
    *response = grpc::ByteBuffer(&slice, 1);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  class Hop final : public rpc::Task {
   public:
    Hop(const echo::EchoRequest& request, echo::EchoResponse* response, grpc::ServerUnaryReactor* reactor)
        : request_(request), response_(response), reactor_(reactor) {}
    void Run() override {
      response_->set_text(request_.text());
      reactor_->Finish(grpc::Status::OK);
      delete this;
    }

   private:
    const echo::EchoRequest& request_;
    echo::EchoResponse* const response_;
    grpc::ServerUnaryReactor* const reactor_;
  };

  rpc::WorkPool* const workers_;
  const std::string board_;
};

PeerServer::PeerServer(const Folder& folder, Wire wire, bool hop, std::string board)
    : workers_(hop ? std::make_unique<rpc::WorkPool>(4, 256) : nullptr),
      service_(std::make_unique<Service>(workers_.get(), std::move(board))) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", ServerSide(folder, wire), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    Must(absl::UnavailableError("the peer does not start"));
  }
}

PeerServer::~PeerServer() {
  server_->Shutdown();
}

class ProductServer::Impl {
 public:
  Impl(const Folder& folder, cache::RedisClient* redis, bool lru)
      : signer_(Must(crypto::TokenSigner::Create("registry", crypto::GenerateEd25519().private_pem))),
        verifier_(Must(crypto::TokenVerifier::Create({signer_.trusted_key()}))) {
    const std::string name = crypto::Hex(crypto::RandomBytes(4));
    std::vector<db::Migration> schema;
    for (const auto& part : {feed::Schema(), rpc::Schema(), dashboard::Schema()}) {
      schema.insert(schema.end(), part.begin(), part.end());
    }
    database_ = Must(db::Database::Open({.url = absl::StrCat("sqlite:", folder / name, ".db")}, schema));
    Must(crypto::CreateKeyFile(folder / (name + ".keys")));
    store_ = feed::DatabaseKeyStore(*database_);
    keys_ = Must(crypto::KeyRing::Open(folder / (name + ".keys"), store_.get()));
    heads_ = std::make_unique<feed::HeadPoller>(*database_, absl::Milliseconds(200));
    heads_->Start();
    OpenBoard(redis, lru);
    roles_ =
        Must(rpc::RoleBook::Parse("role,permission,label_zh,source\nOFFICER,testing.notes.read,,\n"
                                  "OFFICER,testing.echo,,\n"));
    access_.Put("registry", "wang",
                {.account = "accounts/411728-wang",
                 .grants = {{.name = "g1", .role = "OFFICER", .area = "411728", .from = absl::CivilDay(2020, 1, 1)}}});
    const absl::Time now = absl::Now();
    token_ = Must(
        signer_.Sign({.subject = "wang", .session = "s1", .issued_at = now, .expires_at = now + absl::Minutes(14)}));
    handlers_ = std::make_unique<BenchHandlers>(*board_);
    runtime_ = Must(rpc::Runtime::Create(Parts()));
    service_ = std::make_unique<BenchRpcService>(*runtime_, *handlers_);
    rpc::ServerConfig config;
    config.address = "127.0.0.1:0";
    config.tls_certificate = folder / "server.crt";
    config.tls_key = folder / "server.key";
    config.client_ca = folder / "ca.crt";
    server_ = Must(rpc::Server::Start(config, {{service_.get(), runtime_.get(), kContract}}));
    server_->SetReady(true);
  }
  ~Impl() {
    server_.reset();
    runtime_.reset();
    heads_->Stop();
  }

  int port() const { return server_->port(); }
  const std::string& token() const { return token_; }
  std::string BoardBytes(const std::string& area) {
    return *Must(board_->Get({area, kPeriod, dashboard::View::kFull}, {}));
  }

 private:
  void OpenBoard(cache::RedisClient* redis, bool lru) {
    const std::string data = absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/data");
    const auto tree = std::make_shared<const RegionTree>(Must(LoadRegions(data)));
    const std::string policies = absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/policies");
    book_ = std::make_unique<student_aid::PolicyBook>(Must(student_aid::LoadStandards(policies, data, tree)));
    const auto tables = Must(student_aid::LoadIdentificationTables(policies, data, tree));
    follow_up_ = std::make_unique<student_aid::FollowUpBook>(Must(student_aid::LoadFollowUp(policies, data, tree)));
    const auto sealer = Must(keys_->SealerOf(kCounty));
    const dashboard::CounterRows rows = CountersOfCounty(*book_);
    Must(database_->Write(kCounty, [&](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(dashboard::SetCounters(tx, rows));
      return feed::Append(tx, *sealer, {.entity = "counties/411728", .actor = "bench", .call_id = "bench"}).status();
    }));
    dashboard::BoardSpec spec{.service = "student_aid",
                              .measures = &student_aid::Measures(),
                              .indicators = student_aid::Indicators(*book_, tables, *follow_up_)};
    spec.places.regions = [tree] { return tree; };
    spec.current_period = [](absl::CivilDay) { return std::string(kPeriod); };
    dashboard::Board::Options options;
    if (!lru) {
      options.lru.max_age = absl::ZeroDuration();
    }
    board_ = std::make_unique<dashboard::Board>(*database_, std::move(spec), heads_.get(), redis, obs::RuntimeMetrics(),
                                                options);
  }

  rpc::EngineParts Parts() {
    using Positions = ruraledu::common::v1::Positions;
    rpc::EngineParts parts;
    parts.service = "echo";
    parts.contracts = {kContract};
    parts.roles = &roles_;
    parts.access = &access_;
    parts.tokens = verifier_.get();
    parts.fingerprint = [this](std::string_view bytes) { return keys_->Fingerprint({bytes}); };
    parts.instance = [this] { return database_->instance(); };
    parts.reached = [](const Positions&) { return true; };
    parts.wait_for = [](const Positions&, absl::Time) { return absl::OkStatus(); };
    parts.heads = heads_.get();
    parts.metrics = &metrics_;
    return parts;
  }

  obs::Metrics metrics_;
  rpc::MemoryAccess access_;
  crypto::TokenSigner signer_;
  std::unique_ptr<crypto::TokenVerifier> verifier_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<feed::HeadPoller> heads_;
  std::unique_ptr<student_aid::PolicyBook> book_;
  std::unique_ptr<student_aid::FollowUpBook> follow_up_;
  std::unique_ptr<dashboard::Board> board_;
  rpc::RoleBook roles_;
  std::string token_;
  std::unique_ptr<BenchHandlers> handlers_;
  std::unique_ptr<rpc::Runtime> runtime_;
  std::unique_ptr<BenchRpcService> service_;
  std::unique_ptr<rpc::Server> server_;
};

ProductServer::ProductServer(const Folder& folder, cache::RedisClient* redis, bool lru)
    : impl_(std::make_unique<Impl>(folder, redis, lru)) {}
ProductServer::~ProductServer() = default;
int ProductServer::port() const {
  return impl_->port();
}
const std::string& ProductServer::token() const {
  return impl_->token();
}
std::string ProductServer::BoardBytes(const std::string& area) {
  return impl_->BoardBytes(area);
}

namespace {

// Calls one after the other in one lane; `lanes` of them run at once.
class Load {
 public:
  Load(const std::shared_ptr<grpc::Channel>& channel, const std::string& token, int lanes, const Send& send)
      : caller_(channel), bearer_("Bearer " + token), send_(send), ended_(lanes) {
    deadline_ = absl::Now() + absl::Seconds(Seconds());
    for (int i = 0; i < lanes; ++i) {
      Next(std::make_unique<grpc::ClientContext>());
    }
    ended_.Wait();
  }
  int64_t answers() const { return answers_; }

 private:
  void Next(std::unique_ptr<grpc::ClientContext> context) {
    context->AddMetadata("authorization", bearer_);
    grpc::ClientContext* call = context.release();
    send_(caller_, call, [this, call](const grpc::Status& status) {
      delete call;
      if (!status.ok()) {
        std::cerr << "bench: " << status.error_code() << " " << status.error_message() << std::endl;
        std::abort();
      }
      answers_.fetch_add(1, std::memory_order_relaxed);
      if (absl::Now() < deadline_) {
        Next(std::make_unique<grpc::ClientContext>());
      } else {
        ended_.DecrementCount();
      }
    });
  }

  Caller caller_;
  const std::string bearer_;
  const Send& send_;
  absl::Time deadline_;
  std::atomic<int64_t> answers_ = 0;
  absl::BlockingCounter ended_;
};

}  // namespace

double Rate(const std::shared_ptr<grpc::Channel>& channel, const std::string& token, int in_flight, const Send& send) {
  int64_t answers = 0;
  const double seconds = Time([&] { answers = Load(channel, token, in_flight, send).answers(); });
  return static_cast<double>(answers) / seconds;
}

Send EchoOf(const std::string& text) {
  echo::EchoRequest request;
  request.set_text(text);
  return [request](Caller& caller, grpc::ClientContext* context, std::function<void(const grpc::Status&)> done) {
    auto response = std::make_shared<echo::EchoResponse>();
    caller.typed.async()->Echo(context, &request, response.get(),
                               [response, done = std::move(done)](const grpc::Status& status) { done(status); });
  };
}

Send BoardOf(std::vector<std::string> areas) {
  auto requests = std::make_shared<std::vector<grpc::ByteBuffer>>();
  for (const std::string& area : areas) {
    echo::GetBoardRequest request;
    request.set_area(absl::StrCat("areas/", area));
    const grpc::Slice slice(request.SerializeAsString());
    requests->emplace_back(&slice, 1);
  }
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return [requests, next](Caller& caller, grpc::ClientContext* context, std::function<void(const grpc::Status&)> done) {
    auto response = std::make_shared<grpc::ByteBuffer>();
    caller.raw.UnaryCall(context, "/ruraledu.testing.v1.EchoService/GetBoard", grpc::StubOptions(),
                         &(*requests)[next->fetch_add(1) % requests->size()], response.get(),
                         [response, done = std::move(done)](const grpc::Status& status) { done(status); });
  };
}

}  // namespace ruraledu::bench
