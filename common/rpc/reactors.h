// gRPC reactors of the runtime. Included by runtime.h only.
#pragma once

#include <grpcpp/impl/codegen/byte_buffer.h>
#include <grpcpp/impl/codegen/server_callback.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/rpc/server_call.h"
#include "common/rpc/stream.h"

namespace ruraledu::rpc {

// Admission, status and trailing metadata between gRPC and a ServerCall.
absl::Status AdmitFrom(grpc::CallbackServerContext& context, ServerCall& call);
void AddTrailers(grpc::CallbackServerContext& context, const ServerCall& call);
bool ParseBytes(const grpc::ByteBuffer& buffer, google::protobuf::Message* message);
void ShareBytes(const Bytes& bytes, grpc::ByteBuffer* buffer);

// A unary call from admission to Finish; deletes itself in OnDone.
class UnaryReactor : public grpc::ServerUnaryReactor, public Task {
 public:
  UnaryReactor(Engine& engine, int method, grpc::CallbackServerContext* context)
      : engine_(engine), call_(engine, method), context_(context) {}

  void Begin();         // on the callback thread
  void Run() override;  // on a worker, or on a waiter for `after`
  void OnCancel() override { call_.Cancel(); }
  void OnDone() override;

 protected:
  // Answers on the callback thread when it can: nullopt = go on to the queue.
  virtual std::optional<absl::Status> Quick() { return std::nullopt; }
  // On a worker: the checks that Quick did not do, the handler, the response.
  virtual absl::Status Handle() = 0;

  Engine& engine_;
  ServerCall call_;

 private:
  enum class Stage { kQueued, kWaiting, kWaited };
  void Answer(absl::Status status);
  absl::Status Work();
  bool MustWait();

  grpc::CallbackServerContext* const context_;
  bool entered_ = false;
  Stage stage_ = Stage::kQueued;
  absl::Time queued_at_ = absl::InfinitePast();
  absl::Duration queued_ = absl::ZeroDuration();
};

// A method of a service. Not a template, so that a service with hundreds of methods has one reactor for all of them.
class UnaryMethod {
 public:
  UnaryMethod(const google::protobuf::Message& request, const google::protobuf::Message& response)
      : request_(request), response_(response) {}
  virtual ~UnaryMethod() = default;
  std::unique_ptr<google::protobuf::Message> NewRequest() const { return Fresh(request_); }
  std::unique_ptr<google::protobuf::Message> NewResponse() const { return Fresh(response_); }
  // Both are of the method's own types.
  virtual absl::Status Answer(Call& call, const google::protobuf::Message& request,
                              google::protobuf::Message* response) const = 0;

 private:
  static std::unique_ptr<google::protobuf::Message> Fresh(const google::protobuf::Message& one) {
    return std::unique_ptr<google::protobuf::Message>(one.New());
  }

  const google::protobuf::Message& request_;
  const google::protobuf::Message& response_;
};

class MessageUnary final : public UnaryReactor {
 public:
  MessageUnary(Engine& engine, int index, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
               grpc::ByteBuffer* response, const UnaryMethod& method)
      : UnaryReactor(engine, index, context), request_(request), response_(response), method_(method) {}

 private:
  absl::Status Handle() override;

  const grpc::ByteBuffer* const request_;
  grpc::ByteBuffer* const response_;
  const UnaryMethod& method_;
};

template <typename Request>
class RawUnary final : public UnaryReactor {
 public:
  RawUnary(Engine& engine, int method, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
           grpc::ByteBuffer* response, CachedBytes<Request> cached, ComputedBytes<Request> handler)
      : UnaryReactor(engine, method, context),
        bytes_(request),
        response_(response),
        cached_(std::move(cached)),
        handler_(std::move(handler)) {}

 private:
  std::optional<absl::Status> Quick() override {
    if (!ParseBytes(*bytes_, &request_)) {
      return Fail("REQUEST_MALFORMED");
    }
    if (absl::Status status = call_.Check(request_); !status.ok()) {
      return status;
    }
    if (call_.after().has_value()) {
      return std::nullopt;
    }
    const std::optional<Bytes> found = cached_(call_, request_);
    if (!found.has_value()) {
      return std::nullopt;
    }
    ShareBytes(*found, response_);
    return absl::OkStatus();
  }
  absl::Status Handle() override {
    ASSIGN_OR_RETURN(const Bytes bytes, handler_(call_, request_));
    ShareBytes(bytes, response_);
    return absl::OkStatus();
  }

  const grpc::ByteBuffer* const bytes_;
  grpc::ByteBuffer* const response_;
  Request request_;
  const CachedBytes<Request> cached_;
  const ComputedBytes<Request> handler_;
};

// Requests over one call (bidirectional stream), each answered before the next one is read. Every message is a call of
// its own: identity, permission, area, idempotency, metrics. An error ends the stream; what was answered before stands,
// and whoever sends the rest again under the same request ids loses nothing and does nothing twice.
class ExchangeReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                              public Task,
                              public Sleeper {
 public:
  ExchangeReactor(Engine& engine, int index, grpc::CallbackServerContext* context, const UnaryMethod& method)
      : engine_(engine),
        index_(index),
        context_(context),
        method_(method),
        call_(std::make_unique<ServerCall>(engine, index)) {}

  void Begin();  // on the callback thread
  void Run() override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  // Ends a stream that waits for a message when nobody will read it any more.
  void Wake() override;
  bool Follows(std::string_view) const override { return false; }
  absl::Time next_beat() const override;

 private:
  enum class State { kReading, kWorking, kWriting, kEnding, kEnded };  // kEnding: by a worker
  absl::Status Step();
  void End(absl::Status status);           // with an error that counts
  void Close(const grpc::Status& status);  // with what was counted, or was nothing
  void Read();

  Engine& engine_;
  const int index_;
  grpc::CallbackServerContext* const context_;
  const UnaryMethod& method_;
  grpc::ByteBuffer request_, response_;
  bool entered_ = false;
  absl::Time queued_at_ = absl::InfinitePast();
  absl::Duration queued_ = absl::ZeroDuration();
  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kReading;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time waits_until_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();  // for a message
  std::unique_ptr<ServerCall> call_;  // of the newest message; replaced by workers, under mu_
};

// The state of a server stream: running on a worker, writing, or asleep. Wakes that come while it runs are remembered.
class StreamCore : public Task, public Sleeper {
 public:
  StreamCore(Engine& engine, int method, grpc::CallbackServerContext* context)
      : engine_(engine), call_(engine, method), context_(context) {}

  void Begin();  // on the callback thread
  void Run() override;
  void Wake() override;
  bool Follows(std::string_view shard) const override;
  absl::Time next_beat() const override;

 protected:
  void Written(bool ok);
  void Cancelled();
  bool Done();  // whether the engine counted this stream in

  virtual absl::Status Open() = 0;                   // checks and opens the source
  virtual absl::StatusOr<bool> Produce() = 0;        // true: a message is ready
  virtual void Write() = 0;                          // starts writing it
  virtual void End(const grpc::Status& status) = 0;  // Finish

  Engine& engine_;
  ServerCall call_;
  std::vector<std::string> shards_;
  absl::Duration heartbeat_ = absl::Seconds(1);
  bool ended_ = false;  // what Produce said last: nothing will ever come

 private:
  enum class State { kRunning, kWriting, kAsleep, kEnded };
  void Finish(absl::Status status);
  absl::StatusOr<bool> Step();

  grpc::CallbackServerContext* const context_;
  bool entered_ = false, opened_ = false;
  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kRunning;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool ready_ ABSL_GUARDED_BY(mu_) = false;  // opened: shards_ and heartbeat_ are constant
  absl::Time next_beat_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
};

template <typename Request, typename Response>
class StreamReactor final : public grpc::ServerWriteReactor<Response>, public StreamCore {
 public:
  StreamReactor(Engine& engine, int method, grpc::CallbackServerContext* context, const Request* request,
                StreamOpener<Request, Response> opener)
      : StreamCore(engine, method, context), request_(request), opener_(std::move(opener)) {}

  void OnWriteDone(bool ok) override { Written(ok); }
  void OnCancel() override { Cancelled(); }
  void OnDone() override {
    Engine& engine = engine_;
    const bool entered = Done();
    delete this;
    if (entered) {
      engine.Leave(/*stream=*/true);
    }
  }

 private:
  absl::Status Open() override {
    RETURN_IF_ERROR(call_.Check(*request_));
    ASSIGN_OR_RETURN(source_, opener_(call_, *request_));
    shards_ = source_->Shards();
    heartbeat_ = source_->heartbeat();
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Produce() override {
    ASSIGN_OR_RETURN(message_, source_->Next(call_));
    ended_ = !message_.has_value() && source_->ended();
    return message_.has_value();
  }
  void Write() override { this->StartWrite(&*message_); }
  void End(const grpc::Status& status) override { grpc::ServerWriteReactor<Response>::Finish(status); }

  const Request* const request_;
  const StreamOpener<Request, Response> opener_;
  std::unique_ptr<StreamSource<Response>> source_;
  std::optional<Response> message_;
};

}  // namespace ruraledu::rpc
