// Runs every handler the same way (README of common/rpc, "life of a request"). A service uses it through unary.h;
// nothing else of gRPC is needed.
//
// On gRPC's callback thread nothing waits: identity, permission, deadline and room in the queue are decided there,
// refusals answer at once. Handlers run on the runtime's own bounded workers. After Finish nothing of a call is
// touched.
#pragma once

#include <grpcpp/impl/codegen/byte_buffer.h>
#include <grpcpp/impl/codegen/server_callback.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/rpc/engine.h"
#include "common/rpc/reactors.h"
#include "common/rpc/stream.h"

namespace ruraledu::rpc {

class Runtime {
 public:
  // Errors of Engine::Create: a method without access conditions does not start.
  static absl::StatusOr<std::unique_ptr<Runtime>> Create(EngineParts parts);
  ~Runtime();  // after the gRPC server that uses it is gone

  // Index of a method, "GetStudent"; aborts when no contract has it.
  int IndexOf(std::string_view method) const;
  Engine& engine() { return *engine_; }

  // Answers a unary call with what `answers` says, on a worker, which also parses the request: not before it is known
  // that the caller may call.
  grpc::ServerUnaryReactor* Unary(int method, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response, const UnaryMethod& answers) {
    return Start(std::make_unique<MessageUnary>(*engine_, method, context, request, response, answers));
  }

  // Answers a unary call with bytes. `cached` runs on the callback thread after permission and
  // scope: it must not wait; bytes that it gives are the answer. Otherwise `handler` runs on a worker and gives the
  // serialized answer.
  template <typename Request>
  grpc::ServerUnaryReactor* Raw(int method, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                grpc::ByteBuffer* response, CachedBytes<Request> cached,
                                ComputedBytes<Request> handler) {
    return Start(std::make_unique<RawUnary<Request>>(*engine_, method, context, request, response, std::move(cached),
                                                     std::move(handler)));
  }

  // Answers a server stream. `open` runs on a worker after the checks and gives the source, whose Next runs on workers
  // until it ends.
  template <typename Request, typename Response>
  grpc::ServerWriteReactor<Response>* Stream(int method, grpc::CallbackServerContext* context, const Request* request,
                                             StreamOpener<Request, Response> open) {
    auto* reactor = new StreamReactor<Request, Response>(*engine_, method, context, request, std::move(open));
    reactor->Begin();
    return reactor;
  }

  // Answers each message of a bidirectional stream as a call of its own.
  ExchangeReactor* Exchange(int method, grpc::CallbackServerContext* context, const UnaryMethod& answers) {
    auto* reactor = new ExchangeReactor(*engine_, method, context, answers);
    reactor->Begin();
    return reactor;
  }

  // The drain (server.h drives it). Step 1: new calls are refused with DRAINING, streams end after their running batch.
  void StopAdmitting();
  // Step 2: true once no call is in flight, false at the deadline.
  bool WaitIdle(absl::Time deadline);

 private:
  explicit Runtime(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
  static grpc::ServerUnaryReactor* Start(std::unique_ptr<UnaryReactor> reactor);

  std::unique_ptr<Engine> engine_;
};

}  // namespace ruraledu::rpc
