#include "common/rpc/status.h"

#include <map>

#include "common/base/error.h"
#include "google/protobuf/duration.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ruraledu::rpc {
namespace {

constexpr size_t kDetailsLimit = 4096;

std::string Details(const absl::Status& status) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  std::map<std::string, std::string> payloads;
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& value) { payloads[std::string(url)] = std::string(value); });
  for (const auto& [url, value] : payloads) {
    auto* any = details.add_details();
    any->set_type_url(url);
    any->set_value(value);
  }
  return details.SerializeAsString();
}

}  // namespace

absl::Status ForCaller(const absl::Status& status) {
  if (status.ok()) {
    return status;
  }
  const bool known = !ReasonOf(status).empty();
  if (absl::IsCancelled(status) && !known) {
    return Fail("CANCELLED");
  }
  if (absl::IsDeadlineExceeded(status) && !known) {
    return Fail("DEADLINE_EXCEEDED");
  }
  if (!known || absl::IsInternal(status) || absl::IsUnknown(status)) {
    return Fail("INTERNAL");
  }
  return Details(status).size() > kDetailsLimit ? Fail("DETAILS_TOO_LARGE") : status;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()), Details(status));
}

absl::Status FromGrpc(const grpc::Status& status, std::string_view peer) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) {
    absl::Status answer(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    for (const auto& any : details.details()) {
      answer.SetPayload(any.type_url(), absl::Cord(any.value()));
    }
    return answer;
  }
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:  // without details: not the peer's handler but its shutdown, before the call was
                                       // begun
      return Fail("PEER_UNAVAILABLE", {{"peer", peer}});
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Fail("DEADLINE_EXCEEDED");
    default:
      // Transport limits and the like; the text is gRPC's own.
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }
}

}  // namespace ruraledu::rpc
