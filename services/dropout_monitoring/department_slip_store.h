// How slips to other departments rest (common/feed/root.h), and their SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kDepartmentSlips;

// Ids of the slips of which a reminder is due up to a day, in order; at most `limit`.
absl::StatusOr<std::vector<std::string>> SlipsToRemind(db::Transaction& tx, std::string_view shard, absl::CivilDay on,
                                                       int64_t limit);
// Slips whose answer is late on a day.
absl::StatusOr<int64_t> CountLateSlips(db::Transaction& tx, std::string_view shard, absl::CivilDay on);

}  // namespace ruraledu::dropout_monitoring
