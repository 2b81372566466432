#include "services/dropout_monitoring/area_store.h"

#include "absl/strings/str_cat.h"

namespace ruraledu::dropout_monitoring {

absl::StatusOr<std::vector<db::Row>> RowsBehind(db::Transaction& tx, const feed::RootTable& table,
                                                std::string_view shard, const AreaRange& range, std::string_view area,
                                                std::string_view id, std::string_view condition, int64_t limit) {
  return tx.Query(absl::StrCat("SELECT id, body, sealed, version, area FROM ", table.table,
                               " WHERE shard = $1 AND area >= $2 AND area < $3 AND (area, id) > ($4, $5)", condition,
                               " ORDER BY area, id LIMIT $6"),
                  shard, range.lo, range.hi, area, id, limit);
}

}  // namespace ruraledu::dropout_monitoring
