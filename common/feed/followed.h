// The table `followed`: where this service stands in the journals it follows. Internal to common/feed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"
#include "common/feed/follower.h"

namespace ruraledu::feed {

inline constexpr std::string_view kFollowing = "FOLLOWING";
inline constexpr std::string_view kFailed = "FAILED";
inline constexpr std::string_view kStopped = "STOPPED";
inline constexpr std::string_view kResyncing = "RESYNCING";

struct FollowedRow {
  FollowedShard followed;
  int64_t resync = 0;        // mark of the latest resync, grows
  std::string resync_token;  // RESYNCING: the next page of state
};

absl::StatusOr<std::optional<FollowedRow>> FindFollowedRow(db::Transaction& tx, std::string_view service,
                                                           std::string_view shard);
// All shards of a source service.
absl::StatusOr<std::vector<FollowedRow>> ListFollowedRows(db::Transaction& tx, std::string_view service);
// Stores the row of tx.shard() and wakes those who wait for a position.
absl::Status SaveFollowedRow(db::Transaction& tx, const FollowedRow& row);

// Whether the projection holds everything up to its position.
bool IsComplete(std::string_view state);

}  // namespace ruraledu::feed
