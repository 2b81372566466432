// The SQL of goods, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/db/db.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// Units that a person, or somebody who was merged into the person, was given anywhere in the county and did not give
// back, by item and period.
using GoodsByPeriod = std::map<std::pair<std::string, std::string>, int64_t>;
absl::StatusOr<GoodsByPeriod> GoodsOut(db::Transaction& tx, std::string_view shard, const std::string& person);
// Units that were given back of a movement.
absl::StatusOr<int64_t> ReturnedOf(db::Transaction& tx, std::string_view shard, std::string_view movement);
// Whether a movement takes it back, booked or waiting.
absl::StatusOr<bool> IsReversed(db::Transaction& tx, std::string_view shard, std::string_view movement);
// Movements of a county that wait for a second person.
absl::StatusOr<int64_t> WaitingGoods(db::Transaction& tx, std::string_view shard);
// Whether the school confirmed the person for the school year, and nobody disputes it.
absl::StatusOr<bool> IsIdentified(db::Transaction& tx, std::string_view shard, std::string_view person,
                                  std::string_view school_year);
// id, body, sealed, version of the stocks of a school (id), in order of item, behind one.
absl::StatusOr<std::vector<db::Row>> StocksOfSchool(db::Transaction& tx, std::string_view shard,
                                                    std::string_view school, std::string_view after, int64_t limit);

}  // namespace ruraledu::student_aid
