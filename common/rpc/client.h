// The only way to another service. No gRPC in here, so handlers may hold a Client; ConnectTo is in client.cc,
// FakeClient in fake_client.h.
//
//   rpc::Client& registry = ...;
//   ASSIGN_OR_RETURN(v1::Student student, registry.Call<v1::Student>("GetStudent", request, {.on_behalf = &call}));
//
// Deadline, retry and idempotency come from the method's own access option: deadline = option or the time left of the
// call on whose behalf it is; UNAVAILABLE is retried with backoff and jitter within the deadline for READ, NATURAL and
// REQUEST_ID methods; an empty `request_id` is filled with a new one before the first try, so that retries are the same
// request. Positions that answers reached are kept and passed on as `after` by themselves.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/call.h"
#include "common/rpc/config.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/message.h"

namespace ruraledu::rpc {

struct CallOptions {
  // The call in whose course this one is made: its person's token, call id, trace, purpose and deadline go along.
  const Call* on_behalf = nullptr;
  absl::Duration timeout = absl::ZeroDuration();  // 0: the method's own
  std::string purpose;                            // when there is no on_behalf
  std::string call_id;                            // likewise; "" = a new one
  std::string token;                              // overrides the token source
  bool pass_after = true;
  std::function<bool()> cancelled;  // asked between messages of a stream and between tries
};

// What an answer said beside its message.
struct AnswerFacts {
  bool replayed = false;
  std::string call_id;
  ruraledu::common::v1::Positions positions;
};

// Gives a valid token; called before each call, caches and renews by itself. "" = none (service identity by certificate
// only).
using TokenSource = std::function<absl::StatusOr<std::string>()>;

// A token source that keeps the token of `fetch` until a minute before it expires. Thread safe; one fetch at a time.
struct FetchedToken {
  std::string token;
  absl::Time expires_at;
};
TokenSource RenewingToken(std::function<absl::StatusOr<FetchedToken>()> fetch, const Clock& clock = Clock::System());

class Client {
 public:
  virtual ~Client() = default;

  // Calls a unary method by name, "GetStudent". Aborts on a method that the contract does not have or on another
  // message type: a programming error. Errors: those of the contract with their details; PEER_UNAVAILABLE,
  // DEADLINE_EXCEEDED, CANCELLED.
  template <typename Response>
  absl::StatusOr<Response> Call(std::string_view method, const google::protobuf::Message& request,
                                const CallOptions& options = {}, AnswerFacts* facts = nullptr) {
    Response response;
    if (absl::Status status = Invoke(method, request, &response, options, facts); !status.ok()) {
      return status;
    }
    return response;
  }
  // Reads a server stream until it ends, `each` returns an error, or it is cancelled.
  template <typename Response>
  absl::Status Stream(std::string_view method, const google::protobuf::Message& request,
                      const std::function<absl::Status(const Response&)>& each, const CallOptions& options = {}) {
    Response message;
    return InvokeStream(
        method, request, &message, [&] { return each(message); }, options);
  }
  // With types known only at run time (gateway, CLI).
  virtual absl::Status Invoke(std::string_view method, const google::protobuf::Message& request,
                              google::protobuf::Message* response, const CallOptions& options, AnswerFacts* facts) = 0;
  virtual absl::Status InvokeStream(std::string_view method, const google::protobuf::Message& request,
                                    google::protobuf::Message* message, const std::function<absl::Status()>& each,
                                    const CallOptions& options) = 0;

  // Positions that calls of this client reached, newest per service and shard: for a caller that goes on elsewhere.
  virtual ruraledu::common::v1::Positions after() const = 0;
  virtual void AddAfter(const ruraledu::common::v1::Positions& positions) = 0;
};

struct ClientParts {
  ClientConfig config;
  std::string contract;  // "ruraledu.registry.v1.RegistryService"
  TokenSource token;     // null: none
};

// Opens a channel (lazily: nobody need be there). FILE_UNREADABLE, FILE_MODE, METHOD_ACCESS.
absl::StatusOr<std::unique_ptr<Client>> ConnectTo(ClientParts parts);

}  // namespace ruraledu::rpc
