// Shards: the unit of consistency. A shard id never changes.
//
//   c411728   a county       resource parent "counties/411728"
//   t411700   a city         "cities/411700" ("t" as in tier two: "c" is taken)
//   p410000   a province     "provinces/410000"
//   n000000   the country    no resource parent
//   a411728   accounts and grants whose home is 411728, no resource parent
//   h000..h255  persons by hash of their id: person directory, identity and benefit claims, without a place
//
// A twin like Dongguan has a shard per level: t441900 and c441900.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/domain/region.h"

namespace ruraledu {

inline constexpr std::string_view kNationShard = "n000000";
inline constexpr int kHashShards = 256;

bool IsShard(std::string_view shard);
bool IsHashShard(std::string_view shard);
// Accounts, grants and unmaskings of a home region of 2, 4 or 6 digits; "a00" for the whole country.
bool IsAccessShard(std::string_view shard);

// The shard that owns rows of a region by its digits: the own shard of provinces, cities and counties; townships and
// villages lie in their county's. Errors: SHARD_FORMAT when the code is malformed.
absl::StatusOr<std::string> ShardOfRegion(const RegionId& id);

// The county shard of an area or village text by its digits: "411728103/..." -> "c411728". Errors: AREA_FORMAT.
absl::StatusOr<std::string> ShardOfArea(std::string_view area);

// The same through the tree: a county re-coded while the suite was running keeps its shard (Region::shard_code).
// Errors: AREA_FORMAT, REGION_UNKNOWN when the county was never known.
absl::StatusOr<std::string> ShardOfArea(const RegionTree& tree, std::string_view area);

// "c411728" <-> "counties/411728". A name below the parent ("counties/411728/schools/1") gives the same shard.
// Errors: SHARD_FORMAT; hash shards and the country have no resource parent.
absl::StatusOr<std::string> ParentOfShard(std::string_view shard);
absl::StatusOr<std::string> ShardOfName(std::string_view name);

// The hash shard of a person id. The function is frozen: changing it would lose directory rows.
std::string PersonShard(std::string_view person_id);
// "h000" .. "h255".
std::string HashShard(int number);

// The 12 digits of the region of a place's shard: "c411728" -> "411728000000". For shards of six digits only.
std::string RegionOfShard(std::string_view shard);

// What the shard of a place covers as a prefix of area: "c411728" -> "411728", "t411700" -> "4117". nullopt for others.
std::optional<std::string> PrefixOfShard(std::string_view shard);

}  // namespace ruraledu
