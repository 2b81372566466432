// The feed of another service as its follower reads it, over a Client.
#pragma once

#include "common/feed/follower.h"
#include "common/rpc/client.h"

namespace ruraledu::rpc {

class ClientFeedSource final : public feed::FeedSource {
 public:
  explicit ClientFeedSource(Client& client) : client_(client) {}

  absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(
      const ruraledu::feed::v1::ListShardsRequest& request) override {
    return client_.Call<ruraledu::feed::v1::ListShardsResponse>("ListShards", request, {.pass_after = false});
  }
  absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(
      const ruraledu::feed::v1::ListStateRequest& request) override {
    return client_.Call<ruraledu::feed::v1::ListStateResponse>("ListState", request, {.pass_after = false});
  }
  absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
      const ruraledu::feed::v1::ListJournalRequest& request) override {
    return client_.Call<ruraledu::feed::v1::ListJournalResponse>("ListJournal", request, {.pass_after = false});
  }

 private:
  Client& client_;
};

}  // namespace ruraledu::rpc
