// What a service answers on its feed methods; one line each in a service's handlers.
#pragma once

#include <functional>
#include <string>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::feed {

// "counties/411728" -> "c411728", "provinces/410000" -> "p410000", "persons/17" -> "h017"; any shard as "shards/<id>"
// too. PARENT_INVALID.
absl::StatusOr<std::string> ShardOfParent(std::string_view parent);

// A state page, written by the service: entries of the aggregate roots whose key is after `after_key` ("" = from the
// first) in the order of a key that never changes for a root, at most `limit` (fewer where they are large: a message
// holds 4 MiB). next_page_token is the key of the last entry, or "" on the last page; position is filled in here.
using StateReader = std::function<absl::StatusOr<ruraledu::feed::v1::ListStateResponse>(
    db::Transaction& tx, std::string_view shard, std::string_view after_key, int64_t limit, bool with_personal)>;

struct FeedServer {
  db::Database& database;
  crypto::KeyRing& keys;
  std::string service;
  StateReader state;
};

// Errors of all three: PAGE_TOKEN when a token is damaged or of another request, PAGE_SIZE when negative.
absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(const FeedServer& server,
                                                                  const ruraledu::feed::v1::ListShardsRequest& request);
// FEED_REPLACED (FAILED_PRECONDITION) when `after` is not of this history.
absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
    const FeedServer& server, const ruraledu::feed::v1::ListJournalRequest& request);
absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(const FeedServer& server,
                                                                const ruraledu::feed::v1::ListStateRequest& request);

}  // namespace ruraledu::feed
