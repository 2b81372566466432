// What a service's service.h includes. One line per method:
//
//   class RegistryRpc final : public rpc::Bound<Handlers, v1::RegistryService::WithRawCallbackMethod_GetDashboard<
//                                                            v1::RegistryService::CallbackService>> {
//    public:
//     using Bound::Bound;                                  // RegistryRpc(rpc::Runtime&, Handlers&)
//     RURALEDU_UNARY(CreateStudent, v1::CreateStudentRequest, v1::Student)
//     RURALEDU_RAW(GetDashboard, dashboard::v1::GetDashboardRequest)
//     RURALEDU_STREAM(WatchDashboard, dashboard::v1::WatchDashboardRequest, dashboard::v1::Dashboard)
//   };
//
// and the handlers, which see no gRPC (call.h, stream.h):
//
//   absl::StatusOr<v1::Student> Handlers::CreateStudent(rpc::Call&, const v1::CreateStudentRequest&);
//   std::optional<rpc::Bytes> Handlers::CachedGetDashboard(rpc::Call&, const GetDashboardRequest&);      // must not
//   wait; nullopt = miss absl::StatusOr<rpc::Bytes> Handlers::GetDashboard(rpc::Call&, const GetDashboardRequest&); //
//   serialized Dashboard absl::StatusOr<std::unique_ptr<rpc::StreamSource<Dashboard>>>
//   Handlers::WatchDashboard(rpc::Call&, const WatchDashboardRequest&);
//
// A method that is declared in the proto but has no line here answers UNIMPLEMENTED.
#pragma once

#include "common/rpc/runtime.h"

namespace ruraledu::rpc {

// A generated CallbackService with the runtime and the handlers behind it.
template <typename Handlers, typename Service>
class Bound : public Service {
 public:
  Bound(Runtime& runtime, Handlers& handlers) : runtime_(runtime), handlers_(handlers) {}

 protected:
  Runtime& runtime_;
  Handlers& handlers_;
};

}  // namespace ruraledu::rpc

#define RURALEDU_UNARY(METHOD, REQUEST, RESPONSE)                                                                    \
  grpc::ServerUnaryReactor* METHOD(grpc::CallbackServerContext* context, const REQUEST* request, RESPONSE* response) \
      override {                                                                                                     \
    return this->runtime_.template Unary<REQUEST, RESPONSE>(                                                         \
        METHOD##Index_, context, request, response, [this](::ruraledu::rpc::Call& call, const REQUEST& message) {    \
          return this->handlers_.METHOD(call, message);                                                              \
        });                                                                                                          \
  }                                                                                                                  \
  const int METHOD##Index_ = this->runtime_.IndexOf(#METHOD);

#define RURALEDU_RAW(METHOD, REQUEST)                                                                     \
  grpc::ServerUnaryReactor* METHOD(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, \
                                   grpc::ByteBuffer* response) override {                                 \
    return this->runtime_.template Raw<REQUEST>(                                                          \
        METHOD##Index_, context, request, response,                                                       \
        [this](::ruraledu::rpc::Call& call, const REQUEST& message) {                                     \
          return this->handlers_.Cached##METHOD(call, message);                                           \
        },                                                                                                \
        [this](::ruraledu::rpc::Call& call, const REQUEST& message) {                                     \
          return this->handlers_.METHOD(call, message);                                                   \
        });                                                                                               \
  }                                                                                                       \
  const int METHOD##Index_ = this->runtime_.IndexOf(#METHOD);

#define RURALEDU_STREAM(METHOD, REQUEST, RESPONSE)                                                                    \
  grpc::ServerWriteReactor<RESPONSE>* METHOD(grpc::CallbackServerContext* context, const REQUEST* request) override { \
    return this->runtime_.template Stream<REQUEST, RESPONSE>(                                                         \
        METHOD##Index_, context, request, [this](::ruraledu::rpc::Call& call, const REQUEST& message) {               \
          return this->handlers_.METHOD(call, message);                                                               \
        });                                                                                                           \
  }                                                                                                                   \
  const int METHOD##Index_ = this->runtime_.IndexOf(#METHOD);
