// Roots of one kind by township, school and class: what lists by area read.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

// Rows id, body, sealed, version, area of a table behind (area, id) within a range, in that order.
// `condition`: " AND is_open = 1", or nothing.
absl::StatusOr<std::vector<db::Row>> RowsBehind(db::Transaction& tx, const feed::RootTable& table,
                                                std::string_view shard, const AreaRange& range, std::string_view area,
                                                std::string_view id, std::string_view condition, int64_t limit);

}  // namespace ruraledu::dropout_monitoring
