// The areas of dashboards: names, the next level, and the shards below.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/domain/region.h"

namespace ruraledu::dashboard {

struct SchoolName {
  std::string id, name;
};

// Shards of the counties of an area, sorted.
absl::StatusOr<std::vector<std::string>> CountyShards(const RegionTree& tree, std::string_view area,
                                                      absl::CivilDay today);

// Remembers them while the tree and the day are the same: finding them looks at every county of the country.
class KnownShards {
 public:
  absl::StatusOr<std::vector<std::string>> Of(const std::shared_ptr<const RegionTree>& tree, std::string_view area,
                                              absl::CivilDay today);

 private:
  absl::Mutex mu_;
  std::shared_ptr<const RegionTree> tree_ ABSL_GUARDED_BY(mu_);
  absl::CivilDay day_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, std::vector<std::string>> shards_ ABSL_GUARDED_BY(mu_);
};

// Where names come from.
struct Places {
  std::function<std::shared_ptr<const RegionTree>()> regions;
  // Schools of a township in the order of their codes (DR-11), within the snapshot of the dashboard; unset: schools are
  // shown by id.
  std::function<absl::StatusOr<std::vector<SchoolName>>(db::Transaction& tx, std::string_view township)> schools;
  std::shared_ptr<KnownShards> shards = std::make_shared<KnownShards>();
};

// A row of the breakdown.
struct Child {
  std::string area, name;
  Scope scope;
};

// An area that has a dashboard.
struct Place {
  std::string area, name;
  Scope scope;
  std::string_view level;        // of the counters that make its own figures
  std::string_view child_level;  // of those that make the breakdown; "" for a school
  std::string shard;             // "" above the county
  std::vector<Child> children;   // in the order they are shown
};

// REGION_UNKNOWN, REGION_FOLDED (pseudo-prefectures are not shown; their counties are children of the province).
// `area` is a prefix of 2, 4, 6 or 9 digits, or township/school.
absl::StatusOr<Place> FindPlace(db::Transaction& tx, const Places& places, std::string_view area, absl::CivilDay today);

// Schools of a township in the order of their codes (DR-11), out of a service's copy of the registry
// (common/feed/copy.h).
absl::StatusOr<std::vector<SchoolName>> SchoolNames(db::Transaction& tx, std::string_view township);

}  // namespace ruraledu::dashboard
