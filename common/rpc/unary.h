// What a service's service.h includes. One line per method:
//
//   class RegistryRpc final : public rpc::Bound<Handlers> {
//    public:
//     RegistryRpc(rpc::Runtime& runtime, Handlers& handlers)
//         : Bound(runtime, handlers, "ruraledu.registry.v1.RegistryService") {
//       Unary("CreateStudent", &Handlers::CreateStudent);
//       Raw("GetDashboard", &Handlers::CachedGetDashboard, &Handlers::GetDashboard);
//       Stream("WatchDashboard", &Handlers::WatchDashboard);
//       Exchange("StreamStudents", &Handlers::CreateStudent);  // each message of a bidirectional stream
//     }
//   };
//
// and the handlers, which see no gRPC (call.h, stream.h):
//
//   absl::StatusOr<v1::Student> Handlers::CreateStudent(rpc::Call&, const v1::CreateStudentRequest&);
//   // must not wait; nullopt: a miss
//   std::optional<rpc::Bytes> Handlers::CachedGetDashboard(rpc::Call&, const GetDashboardRequest&);
//   // the serialized Dashboard
//   absl::StatusOr<rpc::Bytes> Handlers::GetDashboard(rpc::Call&, const GetDashboardRequest&);
//   absl::StatusOr<std::unique_ptr<rpc::StreamSource<Dashboard>>> Handlers::WatchDashboard(
//       rpc::Call&, const WatchDashboardRequest&);
//
// A method that is declared in the proto but has no line here answers UNIMPLEMENTED.
//
// Methods are registered as the generated code does it (class Service of <contract>.grpc.pb.h), but one by one and as
// bytes: the generated CallbackService nests a template per method and has one of everything for each, which for 200
// methods is a minute of the compiler (common/decisions/0042-methods-one-by-one.md).
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/runtime.h"

namespace ruraledu::rpc {

// A gRPC service with the runtime and the handlers behind it.
template <typename Handlers>
class Bound : public grpc::Service {
 protected:
  // `contract`: full name of the proto service.
  Bound(Runtime& runtime, Handlers& handlers, std::string_view contract)
      : runtime_(runtime), handlers_(handlers), contract_(contract) {}

  // Owner: Handlers, or what it inherits the method from.
  template <typename Owner, typename Request, typename Response>
  void Unary(std::string_view method, absl::StatusOr<Response> (Owner::*handler)(Call&, const Request&)) {
    AddTyped(method, new Method<Owner, Request, Response>(handlers_, handler));
  }

  template <typename Owner, typename Request>
  void Raw(std::string_view method, std::optional<Bytes> (Owner::*cached)(Call&, const Request&),
           absl::StatusOr<Bytes> (Owner::*handler)(Call&, const Request&)) {
    AddUnary(method, [this, index = runtime_.IndexOf(method), cached, handler](auto* context, const auto* request,
                                                                               auto* response) {
      return runtime_.template Raw<Request>(index, context, request, response, Of(cached), Of(handler));
    });
  }

  template <typename Owner, typename Request, typename Response>
  void Stream(std::string_view method,
              absl::StatusOr<std::unique_ptr<StreamSource<Response>>> (Owner::*handler)(Call&, const Request&)) {
    MarkMethodCallback(Add(method, grpc::internal::RpcMethod::SERVER_STREAMING),
                       new grpc::internal::CallbackServerStreamingHandler<Request, Response>(
                           [this, index = runtime_.IndexOf(method), handler](auto* context, const Request* request) {
                             return runtime_.template Stream<Request, Response>(index, context, request, Of(handler));
                           }));
  }

  // A bidirectional stream, each message answered as a unary call would be.
  template <typename Owner, typename Request, typename Response>
  void Exchange(std::string_view method, absl::StatusOr<Response> (Owner::*handler)(Call&, const Request&)) {
    const UnaryMethod& answers = *methods_.emplace_back(new Method<Owner, Request, Response>(handlers_, handler));
    MarkMethodRawCallback(Add(method, grpc::internal::RpcMethod::BIDI_STREAMING),
                          new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                              [this, index = runtime_.IndexOf(method), &answers](auto* context) {
                                return runtime_.Exchange(index, context, answers);
                              }));
  }

  // What every service has: feed, jobs, dashboards, resealing.
  void AddShared() {
    Unary("ListShards", &Handlers::ListShards);
    Unary("ListJournal", &Handlers::ListJournal);
    Stream("StreamJournal", &Handlers::StreamJournal);
    Unary("ListState", &Handlers::ListState);
    Unary("SignHead", &Handlers::SignHead);
    Unary("ListSignedHeads", &Handlers::ListSignedHeads);
    Unary("GetJob", &Handlers::GetJob);
    Unary("ListJobs", &Handlers::ListJobs);
    Unary("CancelJob", &Handlers::CancelJob);
    Raw("GetDashboard", &Handlers::CachedGetDashboard, &Handlers::GetDashboard);
    Stream("WatchDashboard", &Handlers::WatchDashboard);
    Unary("Reseal", &Handlers::Reseal);
    Unary("RebuildDashboard", &Handlers::RebuildDashboard);
  }
  // Of a service with attachments.
  void AddFiles() {
    Unary("CreateFile", &Handlers::CreateFile);
    Unary("UploadFileChunk", &Handlers::UploadFileChunk);
    Unary("CommitFile", &Handlers::CommitFile);
    Unary("GetFile", &Handlers::GetFile);
    Stream("ReadFile", &Handlers::ReadFile);
    Unary("ListFiles", &Handlers::ListFiles);
    Unary("EraseFile", &Handlers::EraseFile);
  }

 private:
  template <typename Owner, typename Request, typename Response>
  class Method final : public UnaryMethod {
   public:
    using Handler = absl::StatusOr<Response> (Owner::*)(Call&, const Request&);
    Method(Handlers& handlers, Handler handler)
        : UnaryMethod(Request::default_instance(), Response::default_instance()),
          handlers_(handlers),
          handler_(handler) {}
    absl::Status Answer(Call& call, const google::protobuf::Message& request,
                        google::protobuf::Message* response) const override {
      absl::StatusOr<Response> answer = (handlers_.*handler_)(call, static_cast<const Request&>(request));
      if (answer.ok()) {
        *static_cast<Response*>(response) = *std::move(answer);
      }
      return answer.status();
    }

   private:
    Handlers& handlers_;
    const Handler handler_;
  };

  template <typename Owner, typename Answer, typename Request>
  auto Of(Answer (Owner::*handler)(Call&, const Request&)) {
    return [this, handler](Call& call, const Request& request) { return (handlers_.*handler)(call, request); };
  }

  using OnBytes = std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*, const grpc::ByteBuffer*,
                                                          grpc::ByteBuffer*)>;
  void AddUnary(std::string_view method, OnBytes answer) {
    MarkMethodRawCallback(
        Add(method, grpc::internal::RpcMethod::NORMAL_RPC),
        new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(std::move(answer)));
  }
  void AddTyped(std::string_view method, UnaryMethod* answers) {  // which it owns from now on
    methods_.emplace_back(answers);
    AddUnary(method,
             [this, index = runtime_.IndexOf(method), answers](auto* context, const auto* request, auto* response) {
               return runtime_.Unary(index, context, request, response, *answers);
             });
  }
  // Its number among the methods. gRPC keeps a pointer to the path.
  int Add(std::string_view method, grpc::internal::RpcMethod::RpcType type) {
    const std::string& path = paths_.emplace_back(absl::StrCat("/", contract_, "/", method));
    AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type, nullptr));
    return static_cast<int>(paths_.size()) - 1;
  }

  Runtime& runtime_;
  Handlers& handlers_;
  const std::string contract_;
  std::list<std::string> paths_;
  std::vector<std::unique_ptr<UnaryMethod>> methods_;
};

}  // namespace ruraledu::rpc
