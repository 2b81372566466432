// What a follower does with one shard: one page at a time. Internal to common/feed.
#pragma once

#include <string_view>

#include "common/feed/followed.h"
#include "common/feed/follower.h"

namespace ruraledu::feed {

struct Following {
  db::Database& database;
  FeedSource& source;
  Applier& applier;
  FollowerOptions& options;
};

enum class Step {
  kLevel,    // nothing left to apply
  kMore,     // one page was applied, or somebody else was faster: go on
  kStopped,  // the history of the source was replaced: the shard is STOPPED, the alarm is due, going on resyncs it
};

// Loads where the shard stands and does the next thing. Errors: of the source (nothing is changed), JOURNAL_BROKEN and
// those of the applier (what comes before the entry is applied, the shard is FAILED), of the database.
absl::StatusOr<Step> FollowShard(const Following& following, std::string_view shard);

// Not to be blamed on the shard's data: tried again without an alarm.
bool IsTransient(const absl::Status& status);

}  // namespace ruraledu::feed
