// A Client without a network, for handler tests of services that call others.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/rpc/client.h"

namespace ruraledu::rpc {

class FakeClient final : public Client {
 public:
  // Answers `method` from now on.
  template <typename Request, typename Response>
  void On(std::string method, std::function<absl::StatusOr<Response>(const Request&)> answer) {
    answers_[std::move(method)] = [answer = std::move(answer)](const google::protobuf::Message& request,
                                                               google::protobuf::Message* response) -> absl::Status {
      ASSIGN_OR_RETURN(Response made, answer(dynamic_cast<const Request&>(request)));
      *dynamic_cast<Response*>(response) = std::move(made);
      return absl::OkStatus();
    };
  }

  absl::Status Invoke(std::string_view method, const google::protobuf::Message& request,
                      google::protobuf::Message* response, const CallOptions&, AnswerFacts*) override {
    const auto found = answers_.find(method);
    return found == answers_.end() ? Fail("PEER_UNAVAILABLE", {{"peer", "fake"}}) : found->second(request, response);
  }
  // A stream of the one message that On gives.
  absl::Status InvokeStream(std::string_view method, const google::protobuf::Message& request,
                            google::protobuf::Message* message, const std::function<absl::Status()>& each,
                            const CallOptions& options) override {
    RETURN_IF_ERROR(Invoke(method, request, message, options, nullptr));
    return each();
  }
  ruraledu::common::v1::Positions after() const override { return after_; }
  void AddAfter(const ruraledu::common::v1::Positions& positions) override { after_.MergeFrom(positions); }

 private:
  using Answer = std::function<absl::Status(const google::protobuf::Message&, google::protobuf::Message*)>;
  absl::flat_hash_map<std::string, Answer> answers_;
  ruraledu::common::v1::Positions after_;
};

}  // namespace ruraledu::rpc
