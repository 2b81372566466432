// One call as the runtime sees it: who, where, until when. No gRPC. Lives from admission to the answer.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/rpc/engine.h"
#include "common/rpc/names.h"

namespace ruraledu::rpc {

// What the transport knows of a call. The texts live as long as Admit runs.
struct Incoming {
  std::string_view authorization;                    // metadata `authorization`: "Bearer <token>"
  std::string_view certificate_uri, certificate_cn;  // of a verified client certificate
  std::string_view certificate_pem;
  std::string_view purpose, after, traceparent, call_id;
  absl::Time deadline = absl::InfiniteFuture();
};

class ServerCall final : public Call {
 public:
  ServerCall(Engine& engine, int method);

  // Identity, permission, deadline. Never waits.
  //   UNAUTHENTICATED    TOKEN_REQUIRED, TOKEN_REVOKED and the reasons of crypto::TokenVerifier
  //   PERMISSION_DENIED  one constant status
  //   INVALID_ARGUMENT   PURPOSE_REQUIRED, METADATA_INVALID
  absl::Status Admit(const Incoming& incoming);
  // The same for a caller inside of this process (jobs, tests of handlers).
  absl::Status AdmitCaller(Caller caller, std::string purpose, absl::Time deadline);
  // Area scope of the request, then its fields. `request` outlives the call.
  absl::Status Check(const google::protobuf::Message& request);
  // Whether the caller still may: token time, account, grants not narrower than at Check. For streams, before each
  // batch.
  absl::Status CheckAgain();
  // The handler's status; PERMISSION_DENIED for the OK of a call that was never settled, and for what an error would
  // tell of a resource that was not.
  absl::Status Conclude(absl::Status handled) const;
  // One metric update and one log line.
  void Record(const absl::Status& status, absl::Duration queued) const;

  void Cancel() { cancelled_ = true; }
  const std::optional<ruraledu::common::v1::Positions>& after() const { return after_; }
  const ruraledu::common::v1::Positions& positions() const { return positions_; }
  bool replayed() const { return replayed_; }
  const MethodEntry& entry() const { return entry_; }
  obs::MethodMetrics& metrics() const { return metrics_; }

  const Method& method() const override { return entry_.method; }
  const Caller& caller() const override { return caller_; }
  const std::string& call_id() const override { return call_id_; }
  const std::string& purpose() const override { return purpose_; }
  absl::Time deadline() const override { return deadline_; }
  const Clock& clock() const override { return *engine_.parts().clock; }
  bool cancelled() const override { return cancelled_; }
  const Forwarded& forwarded() const override { return forwarded_; }
  bool fresh() const override { return after_.has_value(); }
  absl::Status CheckArea(std::string_view area, std::string_view name) override;
  absl::Status CheckMissing(std::string_view name) override;
  std::vector<AreaRange> Ranges() override;
  bool Holds(std::string_view permission, std::string_view area) override;
  std::optional<db::RequestKey> request_key() const override;
  bool validate_only() const override;
  absl::Status Settled() const override;
  void Reached(std::string_view shard, const db::Head& head) override;
  void MarkReplayed() override { replayed_ = true; }

 private:
  absl::Status ReadAfter(std::string_view bytes);
  absl::Status Identify(const Incoming& incoming);
  absl::Status IdentifyByToken(std::string_view token);
  absl::Status IdentifyByCertificate(std::string_view pem);
  absl::Status CheckPermission();
  absl::Status CheckScope(const google::protobuf::Message& request);
  Scope AreasFor(std::string_view permission, std::string_view purpose) const;

  Engine& engine_;
  const MethodEntry& entry_;
  obs::MethodMetrics& metrics_;
  const absl::Time begun_;
  Caller caller_;
  Forwarded forwarded_;
  std::string call_id_, purpose_, trace_id_;
  std::string service_role_;  // "SERVICE_GATEWAY" when a suite's service is at the other end
  absl::Time deadline_;
  std::optional<ruraledu::common::v1::Positions> after_;
  std::atomic<bool> cancelled_ = false;

  const google::protobuf::Message* request_ = nullptr;
  Scope scope_;  // where the caller holds the method's permission
  bool checked_ = false;
  std::vector<NamedArea> named_;        // what the request names
  std::vector<std::string> unsettled_;  // those names that the handler has yet to settle
  ruraledu::common::v1::Positions positions_;
  bool replayed_ = false;
};

// Runs one handler for a caller inside of this process with all checks of a call, without gRPC and without a queue:
// tests of handlers.
template <typename Request, typename Handler>
auto RunLocally(Engine& engine, std::string_view method, Caller caller, const Request& request, Handler handler,
                std::string purpose = "") -> std::invoke_result_t<Handler, Call&, const Request&> {
  ServerCall call(engine, engine.methods().Find(method));
  RETURN_IF_ERROR(call.AdmitCaller(std::move(caller), std::move(purpose), absl::InfiniteFuture()));
  RETURN_IF_ERROR(call.Check(request));
  auto answer = handler(call, request);
  RETURN_IF_ERROR(call.Conclude(answer.status()));
  return answer;
}

}  // namespace ruraledu::rpc
