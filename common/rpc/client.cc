#include "common/rpc/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/rpc/status.h"
#include "common/rpc/tls.h"

namespace ruraledu::rpc {
namespace {

namespace v1 = ruraledu::common::v1;
using google::protobuf::Message;
using google::protobuf::MessageLite;

constexpr absl::Duration kBackoffLimit = absl::Seconds(2);
// Pauses of the channel between two connections: as those between two tries. gRPC's own begin at 1 s and grow to 120 s.
constexpr int kFirstReconnectMilliseconds = 100, kLastReconnectMilliseconds = 2'000;
constexpr absl::Duration kRenewBefore = absl::Minutes(1);

// Positions by (service, shard): the newest wins. A replaced instance is newer whatever its seq: it was heard later.
class Reached {
 public:
  void Add(const v1::Positions& positions) {
    absl::MutexLock lock(&mu_);
    for (const v1::Position& position : positions.positions()) {
      v1::Position& known = newest_[{position.service(), position.shard()}];
      if (known.instance() != position.instance() || known.seq() < position.seq()) {
        known = position;
      }
    }
  }
  v1::Positions All() const {
    absl::MutexLock lock(&mu_);
    v1::Positions all;
    for (const auto& [key, position] : newest_) {
      *all.add_positions() = position;
    }
    return all;
  }

 private:
  mutable absl::Mutex mu_;
  std::map<std::pair<std::string, std::string>, v1::Position> newest_ ABSL_GUARDED_BY(mu_);
};

class GrpcClient final : public Client {
 public:
  GrpcClient(ClientParts parts, MethodTable methods, std::shared_ptr<grpc::Channel> channel)
      : parts_(std::move(parts)), methods_(std::move(methods)), channel_(std::move(channel)) {}

  absl::Status Invoke(std::string_view method, const Message& request, Message* response, const CallOptions& options,
                      AnswerFacts* facts) override {
    const MethodEntry& entry = Entry(method, request);
    std::unique_ptr<Message> filled = WithRequestId(entry, request);
    const Message& sent = filled != nullptr ? *filled : request;
    const absl::Time deadline = Deadline(entry, options);
    const std::string call_id = CallId(options);
    absl::Duration backoff = parts_.config.first_backoff;
    for (int tries = 1;; ++tries) {
      grpc::ClientContext context;
      RETURN_IF_ERROR(Prepare(entry, options, deadline, call_id, context));
      const grpc::internal::RpcMethod rpc(entry.method.full_name.c_str(), nullptr,
                                          grpc::internal::RpcMethod::NORMAL_RPC);
      const grpc::Status answered =
          grpc::internal::BlockingUnaryCall<MessageLite, MessageLite, MessageLite, MessageLite>(
              channel_.get(), rpc, &context, sent, response);
      Read(context, facts);
      absl::Status status = FromGrpc(answered, PeerName());
      if (tries >= parts_.config.max_tries || !MayRepeat(status) || !Pause(backoff, deadline, options)) {
        return status;
      }
      backoff = std::min(backoff * 2, kBackoffLimit);
      response->Clear();
    }
  }

  absl::Status InvokeStream(std::string_view method, const Message& request, Message* message,
                            const std::function<absl::Status()>& each, const CallOptions& options) override {
    const MethodEntry& entry = Entry(method, request);
    grpc::ClientContext context;
    RETURN_IF_ERROR(Prepare(entry, options, Deadline(entry, options), CallId(options), context));
    const grpc::internal::RpcMethod rpc(entry.method.full_name.c_str(), nullptr,
                                        grpc::internal::RpcMethod::SERVER_STREAMING);
    const std::unique_ptr<grpc::ClientReader<MessageLite>> reader(
        grpc::internal::ClientReaderFactory<MessageLite>::Create(channel_.get(), rpc, &context,
                                                                 static_cast<const MessageLite&>(request)));
    absl::Status stopped;
    MessageLite* const target = message;
    while (stopped.ok() && reader->Read(target)) {
      const bool cancelled = options.cancelled && options.cancelled();
      stopped = cancelled ? Fail("CANCELLED") : each();
    }
    if (!stopped.ok()) {
      context.TryCancel();
    }
    const grpc::Status ended = reader->Finish();
    Read(context, nullptr);
    return stopped.ok() ? FromGrpc(ended, PeerName()) : stopped;
  }

  v1::Positions after() const override { return reached_.All(); }
  void AddAfter(const v1::Positions& positions) override { reached_.Add(positions); }

 private:
  const MethodEntry& Entry(std::string_view method, const Message& request) const {
    const int index = methods_.Find(method);
    if (index < 0 || methods_[index].method.request != request.GetDescriptor()) {
      std::cerr << parts_.contract << " has no method " << method << " for " << request.GetTypeName() << "\n";
      std::abort();
    }
    return methods_[index];
  }

  const std::string& PeerName() const { return parts_.contract; }

  // A copy with a new request_id when the method takes one and the caller left it out; else null.
  static std::unique_ptr<Message> WithRequestId(const MethodEntry& entry, const Message& request) {
    if (entry.request_id == nullptr || !request.GetReflection()->GetString(request, entry.request_id).empty()) {
      return nullptr;
    }
    std::unique_ptr<Message> copy(request.New());
    copy->CopyFrom(request);
    copy->GetReflection()->SetString(copy.get(), entry.request_id, NewId());
    return copy;
  }

  static absl::Time Deadline(const MethodEntry& entry, const CallOptions& options) {
    const absl::Duration timeout = options.timeout > absl::ZeroDuration() ? options.timeout : entry.timeout;
    const absl::Time own = Clock::System().Now() + timeout;
    return options.on_behalf != nullptr ? std::min(own, options.on_behalf->deadline()) : own;
  }

  static std::string CallId(const CallOptions& options) {
    if (options.on_behalf != nullptr) {
      return options.on_behalf->call_id();
    }
    return options.call_id.empty() ? NewId() : options.call_id;
  }

  absl::StatusOr<std::string> Token(const CallOptions& options) const {
    if (options.on_behalf != nullptr) {
      return options.on_behalf->forwarded().token;
    }
    if (!options.token.empty() || !parts_.token) {
      return options.token;
    }
    return parts_.token();
  }

  absl::Status Prepare(const MethodEntry& entry, const CallOptions& options, absl::Time deadline,
                       const std::string& call_id, grpc::ClientContext& context) const {
    context.set_deadline(absl::ToChronoTime(deadline));
    context.AddMetadata("ruraledu-call-id", call_id);
    ASSIGN_OR_RETURN(const std::string token, Token(options));
    if (!token.empty()) {
      context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    }
    const rpc::Call* call = options.on_behalf;
    if (call != nullptr && !call->forwarded().traceparent.empty()) {
      context.AddMetadata("traceparent", call->forwarded().traceparent);
    }
    const std::string& purpose = call != nullptr ? call->purpose() : options.purpose;
    if (!purpose.empty()) {
      context.AddMetadata("ruraledu-purpose", purpose);
    }
    const v1::Positions after = options.pass_after ? reached_.All() : v1::Positions();
    if (after.positions_size() > 0) {
      context.AddMetadata("ruraledu-after-bin", after.SerializeAsString());
    }
    return absl::OkStatus();
  }

  void Read(const grpc::ClientContext& context, AnswerFacts* facts) {
    const auto& trailers = context.GetServerTrailingMetadata();
    v1::Positions positions;
    if (const auto found = trailers.find("ruraledu-positions-bin"); found != trailers.end()) {
      positions.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()));
      reached_.Add(positions);
    }
    if (facts == nullptr) {
      return;
    }
    facts->replayed = trailers.find("ruraledu-replayed") != trailers.end();
    if (const auto found = trailers.find("ruraledu-call-id"); found != trailers.end()) {
      facts->call_id = std::string(found->second.data(), found->second.size());
    }
    facts->positions = std::move(positions);
  }

  // Every method is a read, has a request_id or is idempotent by its keys: METHOD_ACCESS refuses others at start.
  // FEED_BEHIND has used up its time.
  static bool MayRepeat(const absl::Status& status) {
    return absl::IsUnavailable(status) && ReasonOf(status) != "FEED_BEHIND";
  }

  // Waits for the backoff with jitter; false when the deadline would pass or the caller gave up. gRPC moves a
  // connection forward only while somebody polls: callers that fail at once and only sleep would never reach a
  // restarted server.
  bool Pause(absl::Duration backoff, absl::Time deadline, const CallOptions& options) const {
    absl::BitGen random;
    const absl::Duration pause = backoff * absl::Uniform(random, 0.5, 1.5);
    const bool gave_up =
        (options.cancelled && options.cancelled()) || (options.on_behalf != nullptr && options.on_behalf->cancelled());
    const absl::Time until = Clock::System().Now() + pause;
    if (gave_up || until >= deadline) {
      return false;
    }
    channel_->WaitForConnected(absl::ToChronoTime(until));
    absl::SleepFor(until - Clock::System().Now());
    return true;
  }

  const ClientParts parts_;
  const MethodTable methods_;
  const std::shared_ptr<grpc::Channel> channel_;
  Reached reached_;
};

}  // namespace

TokenSource RenewingToken(std::function<absl::StatusOr<FetchedToken>()> fetch, const Clock& clock) {
  struct State {
    absl::Mutex mu;
    FetchedToken kept ABSL_GUARDED_BY(mu);
  };
  return [fetch = std::move(fetch), &clock, state = std::make_shared<State>()]() -> absl::StatusOr<std::string> {
    absl::MutexLock lock(&state->mu);
    if (state->kept.token.empty() || clock.Now() + kRenewBefore >= state->kept.expires_at) {
      ASSIGN_OR_RETURN(state->kept, fetch());
    }
    return state->kept.token;
  };
}

absl::StatusOr<std::unique_ptr<Client>> ConnectTo(ClientParts parts) {
  ASSIGN_OR_RETURN(MethodTable methods, MethodTable::Read("", {parts.contract}));
  ASSIGN_OR_RETURN(const TlsPems pems, ReadTls(parts.config.ca, parts.config.certificate, parts.config.key));
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = pems.authority;
  options.pem_cert_chain = pems.certificate;
  options.pem_private_key = pems.key;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMilliseconds);
  if (!parts.config.server_name.empty()) {
    arguments.SetSslTargetNameOverride(parts.config.server_name);
  }
  auto channel = grpc::CreateCustomChannel(parts.config.address, grpc::SslCredentials(options), arguments);
  return std::make_unique<GrpcClient>(std::move(parts), std::move(methods), std::move(channel));
}

}  // namespace ruraledu::rpc
