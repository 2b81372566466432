#include "tests/common/rpc/echo_server.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/security/credentials.h>
#include <stdlib.h>

#include <filesystem>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/crypto/signing.h"
#include "common/domain/shard.h"
#include "common/feed/heads.h"
#include "common/feed/journal.h"
#include "common/feed/key_store.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/unary.h"
#include "ruraledu/testing/v1/echo.pb.h"
#include "schema/feed.h"
#include "schema/rpc.h"

namespace ruraledu::rpc {
namespace {

constexpr std::string_view kContract = "ruraledu.testing.v1.EchoService";
constexpr std::string_view kIssuer = "registry";
constexpr std::string_view kRoles =
    "role,permission,label_zh,source\n"
    "OFFICER,testing.notes.read,,\nOFFICER,testing.notes.write,,\nOFFICER,testing.echo,,\n"
    "UNMASKER,testing.notes.unmask,,\n"
    "SERVICE_GATEWAY,testing.notes.read,,\nSERVICE_STUDENT_AID,testing.echo,,\n";
constexpr db::Migration kNotes = {"echo", 1,
                                  "CREATE TABLE note (shard TEXT NOT NULL, name TEXT NOT NULL, area TEXT NOT NULL, "
                                  "text TEXT NOT NULL, PRIMARY KEY (shard, name));\n"};

void Must(const absl::Status& status) {
  if (!status.ok()) {
    std::cerr << status << "\n";
    abort();
  }
}
template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

class EchoRpc final : public Bound<EchoHandlers> {
 public:
  EchoRpc(Runtime& runtime, EchoHandlers& handlers) : Bound(runtime, handlers, kContract) {
    Unary("GetNote", &EchoHandlers::GetNote);
    Unary("CreateNote", &EchoHandlers::CreateNote);
    Unary("BatchGetNotes", &EchoHandlers::BatchGetNotes);
    Unary("UnmaskNote", &EchoHandlers::UnmaskNote);
    Unary("Echo", &EchoHandlers::Echo);
    Unary("WhoAmI", &EchoHandlers::WhoAmI);
    Raw("GetBoard", &EchoHandlers::CachedGetBoard, &EchoHandlers::GetBoard);
    Exchange("StreamNotes", &EchoHandlers::CreateNote);
    Stream("WatchNotes", &EchoHandlers::WatchNotes);
  }
};

absl::StatusOr<std::optional<echo::Note>> FindNote(db::Transaction& tx, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(name));
  ASSIGN_OR_RETURN(const std::optional<db::Row> row,
                   tx.QueryOne("SELECT area, text FROM note WHERE shard = $1 AND name = $2", shard, name));
  if (!row.has_value()) {
    return std::nullopt;
  }
  echo::Note note;
  note.set_name(name);
  note.set_area(row->Text(0));
  note.set_text(row->Text(1));
  return note;
}

// Sends every note of the county once, oldest name first, then waits for more or ends.
class NoteStream final : public StreamSource<echo::Note> {
 public:
  NoteStream(db::Database& database, std::string shard, bool ends)
      : database_(database), shard_(std::move(shard)), ends_(ends) {}
  bool ended() const override { return ends_; }
  absl::StatusOr<std::optional<echo::Note>> Next(Call& call) override {
    const std::vector<AreaRange> ranges = call.Ranges();
    ASSIGN_OR_RETURN(const std::vector<db::Row> rows, database_.Read([&](db::Transaction& tx) {
      return tx.Query("SELECT name, area, text FROM note WHERE shard = $1 AND name > $2 ORDER BY name", shard_, last_);
    }));
    for (const db::Row& row : rows) {
      last_ = row.Text(0);
      for (const AreaRange& range : ranges) {
        if (range.Contains(row.Text(1))) {
          echo::Note note;
          note.set_name(last_);
          return note;
        }
      }
    }
    return std::nullopt;
  }
  std::vector<std::string> Shards() const override { return {shard_}; }

 private:
  db::Database& database_;
  const std::string shard_;
  const bool ends_;
  std::string last_;
};

}  // namespace

absl::StatusOr<echo::Note> EchoHandlers::GetNote(Call& call, const echo::GetNoteRequest& request) {
  ++ran;
  if (before) {
    RETURN_IF_ERROR(before(call));
  }
  ASSIGN_OR_RETURN(const std::optional<echo::Note> note,
                   database->Read([&](db::Transaction& tx) { return FindNote(tx, request.name()); }));
  if (!note.has_value()) {
    return call.CheckMissing(request.name());
  }
  if (check_area) {
    RETURN_IF_ERROR(call.CheckArea(note->area(), request.name()));
  }
  return *note;
}

absl::StatusOr<echo::Note> EchoHandlers::CreateNote(Call& call, const echo::CreateNoteRequest& request) {
  ++ran;
  if (before) {
    RETURN_IF_ERROR(before(call));
  }
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, keys->SealerOf(shard));
  const auto apply = [&](db::Transaction& tx) -> absl::StatusOr<Written> {
    if (check_area) {
      RETURN_IF_ERROR(call.CheckArea(request.note().area()));
    }
    ++applied;
    const std::string name = absl::StrCat(request.parent(), "/notes/", NewId());
    RETURN_IF_ERROR(tx.Execute("INSERT INTO note (shard, name, area, text) VALUES ($1, $2, $3, $4)", shard, name,
                               request.note().area(), request.note().text())
                        .status());
    ASSIGN_OR_RETURN(
        const int64_t seq,
        feed::Append(tx, *sealer, {.entity = name, .actor = call.caller().subject, .call_id = call.call_id()}));
    return Written{name, seq};
  };
  const auto read = [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<echo::Note> {
    ASSIGN_OR_RETURN(std::optional<echo::Note> note, FindNote(tx, name));
    if (check_area) {
      RETURN_IF_ERROR(call.CheckArea(note->area()));
    }
    return *std::move(note);
  };
  return Write(call, *database, shard, apply, read);
}

absl::StatusOr<echo::BatchGetNotesResponse> EchoHandlers::BatchGetNotes(Call& call,
                                                                        const echo::BatchGetNotesRequest& request) {
  echo::BatchGetNotesResponse response;
  for (const echo::GetNoteRequest& one : request.requests()) {
    ASSIGN_OR_RETURN(*response.add_notes(), GetNote(call, one));
  }
  return response;
}

absl::StatusOr<echo::Note> EchoHandlers::UnmaskNote(Call& call, const echo::GetNoteRequest& request) {
  return GetNote(call, request);
}

absl::StatusOr<echo::EchoResponse> EchoHandlers::Echo(Call&, const echo::EchoRequest& request) {
  ++ran;
  echo::EchoResponse response;
  response.set_text(request.text());
  return response;
}

absl::StatusOr<echo::WhoAmIResponse> EchoHandlers::WhoAmI(Call& call, const echo::WhoAmIRequest&) {
  echo::WhoAmIResponse response;
  response.set_subject(call.caller().subject);
  response.set_certificate(call.caller().certificate);
  return response;
}

std::optional<Bytes> EchoHandlers::CachedGetBoard(Call&, const echo::GetBoardRequest&) {
  return cached ? cached() : std::nullopt;
}

absl::StatusOr<Bytes> EchoHandlers::GetBoard(Call& call, const echo::GetBoardRequest& request) {
  ++ran;
  if (before) {
    RETURN_IF_ERROR(before(call));
  }
  echo::Note board;
  board.set_name(request.area());
  board.set_text("computed");
  return std::make_shared<const std::string>(board.SerializeAsString());
}

absl::StatusOr<std::unique_ptr<StreamSource<echo::Note>>> EchoHandlers::WatchNotes(
    Call&, const echo::WatchNotesRequest& request) {
  ++ran;
  ASSIGN_OR_RETURN(std::string shard, ShardOfName(request.parent()));
  return std::make_unique<NoteStream>(*database, std::move(shard), notes_end);
}

class EchoServer::Impl {
 public:
  std::shared_ptr<grpc::Channel> Channel() const;
  Impl(EchoServer& self, Limits limits, std::vector<std::string> follows) {
    folder_ = std::filesystem::temp_directory_path() / absl::StrCat("ruraledu-rpc-", NewId());
    std::filesystem::create_directories(folder_);
    MakeCertificates();
    signer_ = std::make_unique<crypto::TokenSigner>(
        Must(crypto::TokenSigner::Create(std::string(kIssuer), crypto::GenerateEd25519().private_pem)));
    verifier_ = Must(crypto::TokenVerifier::Create({signer_->trusted_key()}));
    std::vector<db::Migration> schema(feed::Schema().begin(), feed::Schema().end());
    schema.insert(schema.end(), rpc::Schema().begin(), rpc::Schema().end());
    schema.push_back(kNotes);
    database_ = Must(db::Database::Open({.url = absl::StrCat("sqlite:", Path("echo.db"))}, schema));
    Must(crypto::CreateKeyFile(Path("keys")));
    key_store_ = feed::DatabaseKeyStore(*database_);
    keys_ = Must(crypto::KeyRing::Open(Path("keys"), key_store_.get()));
    heads_ = std::make_unique<feed::HeadPoller>(*database_, absl::Milliseconds(20));
    heads_->Start();
    roles_ = Must(RoleBook::Parse(kRoles));
    self.handlers.database = database_.get();
    self.handlers.keys = keys_.get();
    runtime_ = Must(Runtime::Create(Parts(self, limits, std::move(follows))));
    service_ = std::make_unique<EchoRpc>(*runtime_, self.handlers);
    server_ = Must(Server::Start(Listen("127.0.0.1:0"), {{service_.get(), runtime_.get(), std::string(kContract)}}));
    server_->SetReady(true);
  }
  ~Impl() {
    server_.reset();
    runtime_.reset();
    heads_->Stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  ServerConfig Listen(std::string address) const {
    ServerConfig config;
    config.address = std::move(address);
    config.tls_certificate = Path("server.crt");
    config.tls_key = Path("server.key");
    config.client_ca = Path("ca.crt");
    return config;
  }

  EngineParts Parts(EchoServer& self, Limits limits, std::vector<std::string> follows) {
    using Positions = ruraledu::common::v1::Positions;
    EngineParts parts;
    parts.service = "echo";
    parts.contracts = {std::string(kContract)};
    parts.roles = &roles_;
    parts.access = &self.access;
    parts.tokens = verifier_.get();
    parts.fingerprint = [this](std::string_view bytes) { return keys_->Fingerprint({bytes}); };
    parts.instance = [this] { return database_->instance(); };
    parts.reached = [this](const Positions& positions) {
      const std::string instance = database_->instance();
      return database_->Read([&](db::Transaction& tx) { return feed::Reached(tx, "echo", instance, positions); });
    };
    parts.wait_for = [this](const Positions& positions, absl::Time deadline) {
      return feed::WaitFor(*database_, *heads_, "echo", positions, deadline);
    };
    parts.follows = std::move(follows);
    parts.heads = heads_.get();
    parts.metrics = &self.metrics;
    parts.clock = &self.clock;
    parts.limits = limits;
    return parts;
  }

  void MakeCertificates() {
    const absl::Time now = absl::Now();
    const auto authority = Must(crypto::CreateAuthority("test", now, absl::Hours(24)));
    Must(crypto::WriteCertificate(folder_, "ca", authority));
    const auto issue = [&](std::string_view name, const crypto::CertificateNames& names, crypto::CertificateUse use) {
      Must(crypto::WriteCertificate(folder_, name,
                                    Must(crypto::IssueCertificate(authority, names, use, now, absl::Hours(24)))));
    };
    issue("server", {.common_name = "server", .dns = {"localhost"}, .ip = {"127.0.0.1"}},
          crypto::CertificateUse::kServer);
    for (const std::string name : {"gateway", "student_aid"}) {
      issue(name, {.common_name = name, .uri = {"ruraledu://service/" + name}}, crypto::CertificateUse::kClient);
    }
    issue("person", {.common_name = "person"}, crypto::CertificateUse::kClient);
  }

  std::string Path(std::string_view name) const { return folder_ / std::string(name); }

  std::filesystem::path folder_;
  std::unique_ptr<crypto::TokenSigner> signer_;
  std::unique_ptr<crypto::TokenVerifier> verifier_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> key_store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<feed::HeadPoller> heads_;
  RoleBook roles_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<EchoRpc> service_;
  std::unique_ptr<Server> server_;
};

EchoServer::EchoServer(Limits limits, std::vector<std::string> follows)
    : clock(absl::FromUnixSeconds(1'788'220'800)), impl_(std::make_unique<Impl>(*this, limits, std::move(follows))) {
  const absl::CivilDay from(2020, 1, 1);
  Grant("wang", {{.name = "g1", .role = "OFFICER", .area = "411728", .from = from}});
  Grant("zhao", {{.name = "g2", .role = "OFFICER", .area = "500243", .from = from}});
  Grant("li", {{.name = "g3", .role = "OFFICER", .area = "411728103", .from = from}});
  Grant("xu", {{.name = "g4", .role = "UNMASKER", .area = "411728", .from = from, .purposes = {"CASE_WORK"}}});
  Grant("nobody", {});
}

EchoServer::~EchoServer() = default;

void EchoServer::Grant(std::string_view subject, std::vector<GrantRow> grants, bool active, int64_t revoked_before_s) {
  access.Put(kIssuer, subject,
             {.account = absl::StrCat("accounts/411728-", subject),
              .active = active,
              .revoked_before_s = revoked_before_s,
              .grants = std::move(grants)});
}

std::string EchoServer::Token(std::string_view subject, std::string_view session) const {
  return Must(impl_->signer_->Sign({.subject = std::string(subject),
                                    .session = std::string(session),
                                    .issued_at = clock.Now(),
                                    .expires_at = clock.Now() + absl::Minutes(10)}));
}

std::string EchoServer::Fingerprint(std::string_view certificate) const {
  return Must(
      crypto::CertificateFingerprint(Must(crypto::ReadPemFile(impl_->Path(absl::StrCat(certificate, ".crt"))))));
}

std::unique_ptr<Client> EchoServer::Connect(std::string token, std::string_view certificate, int max_tries) {
  ClientConfig config{.address = absl::StrCat("127.0.0.1:", impl_->server_->port()),
                      .ca = impl_->Path("ca.crt"),
                      .max_tries = max_tries};
  if (!certificate.empty()) {
    config.certificate = impl_->Path(absl::StrCat(certificate, ".crt"));
    config.key = impl_->Path(absl::StrCat(certificate, ".key"));
  }
  return Must(
      ConnectTo({.config = std::move(config), .contract = std::string(kContract), .token = [token] { return token; }}));
}

namespace {

class Talking final : public Conversation {
 public:
  Talking(std::shared_ptr<grpc::Channel> channel, const std::string& token)
      : channel_(std::move(channel)), path_(absl::StrCat("/", kContract, "/StreamNotes")) {
    context_.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    const grpc::internal::RpcMethod rpc(path_.c_str(), nullptr, grpc::internal::RpcMethod::BIDI_STREAMING);
    stream_.reset(grpc::internal::ClientReaderWriterFactory<echo::CreateNoteRequest, echo::Note>::Create(
        channel_.get(), rpc, &context_));
  }
  std::optional<echo::Note> Say(const echo::CreateNoteRequest& request) override {
    echo::Note note;
    return stream_->Write(request) && stream_->Read(&note) ? std::optional(note) : std::nullopt;
  }
  void Write(const echo::CreateNoteRequest& request) override { stream_->Write(request); }
  void Cancel() override { context_.TryCancel(); }
  absl::Status End(bool hang_up) override {
    if (hang_up) {
      stream_->WritesDone();
    }
    for (echo::Note note; stream_->Read(&note);) {
    }
    return FromGrpc(stream_->Finish(), kContract);
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string path_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<echo::CreateNoteRequest, echo::Note>> stream_;
};

}  // namespace

std::shared_ptr<grpc::Channel> EchoServer::Impl::Channel() const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = Must(crypto::ReadPemFile(Path("ca.crt")));
  return grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::SslCredentials(options));
}

std::unique_ptr<Conversation> EchoServer::Talk(const std::string& token) {
  return std::make_unique<Talking>(impl_->Channel(), token);
}

int EchoServer::Health(const std::string& service) {
  const auto channel = impl_->Channel();
  const std::string field =
      service.empty() ? "" : absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
  grpc::Slice slice(field);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  const grpc::internal::RpcMethod rpc("/grpc.health.v1.Health/Check", nullptr, grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      channel.get(), rpc, &context, request, &response);
  grpc::Slice answer;
  if (!status.ok() || !response.DumpToSingleSlice(&answer).ok() || answer.size() != 2) {
    return -1;
  }
  return answer.begin()[1];
}

absl::Status EchoServer::StartSecond() {
  const std::string address = absl::StrCat("127.0.0.1:", impl_->server_->port());
  return Server::Start(impl_->Listen(address), {}).status();
}

void EchoServer::Drain() {
  impl_->server_->Drain();
}
void EchoServer::StopAdmitting() {
  impl_->runtime_->StopAdmitting();
}
bool EchoServer::WaitIdle() {
  return impl_->runtime_->WaitIdle(absl::Now() + absl::Seconds(60));
}
int EchoServer::QueuedCalls() {
  return impl_->runtime_->engine().workers().queued();
}
int EchoServer::port() const {
  return impl_->server_->port();
}
db::Database& EchoServer::database() {
  return *impl_->database_;
}

}  // namespace ruraledu::rpc
