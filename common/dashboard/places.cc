#include "common/dashboard/places.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/dashboard/counters.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "common/feed/copy.h"

namespace ruraledu::dashboard {
namespace {

constexpr size_t kCountyDigits = 6, kTownshipDigits = 9, kCodeDigits = 12;

RegionId RegionOf(std::string_view digits) {
  RegionId id{std::string(digits), RegionLevel::kProvince};
  id.code.resize(kCodeDigits, '0');
  for (const RegionLevel level : {RegionLevel::kCity, RegionLevel::kCounty, RegionLevel::kTownship}) {
    if (RegionDigits(level) <= digits.size()) {
      id.level = level;
    }
  }
  return id;
}

// The level at which a region is shown one step below `above`.
RegionLevel LevelBelow(const Region& region, RegionLevel above) {
  return region.level > above || !region.also.has_value() ? region.level : *region.also;
}

absl::Status AddChildren(const RegionTree& tree, const Region& region, RegionLevel level, absl::CivilDay today,
                         Place& place) {
  // A twin is its own child at its second level: Dongguan the city has one county, Dongguan.
  std::vector<const Region*> below;
  if (region.also.has_value() && *region.also > level) {
    below = {&region};
  } else {
    below = tree.ChildrenOf(region.code, today);
  }
  for (const Region* child : below) {
    const RegionId id{child->code, LevelBelow(*child, level)};
    ASSIGN_OR_RETURN(Scope scope, ResolveScope(tree, {id}, today));
    place.children.push_back({AreaPrefix(id), child->name, std::move(scope)});
  }
  return absl::OkStatus();
}

absl::Status AddSchools(db::Transaction& tx, const Places& places, std::string_view township, Place& place) {
  if (!places.schools) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto schools, places.schools(tx, township));
  for (const SchoolName& school : schools) {
    const std::string area = absl::StrCat(township, "/", school.id);
    place.children.push_back({area, school.name, Scope::OfPrefix(area)});
  }
  return absl::OkStatus();
}

absl::Status MakeSchool(db::Transaction& tx, const Places& places, Place& place) {
  const std::string_view township = TownshipOf(place.area);
  if (places.schools) {
    ASSIGN_OR_RETURN(const auto schools, places.schools(tx, township));
    for (const SchoolName& school : schools) {
      if (place.area.substr(township.size() + 1) == school.id) {
        place.name = school.name;
      }
    }
  }
  place.scope = Scope::OfPrefix(place.area);
  place.level = kSchoolLevel;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Place> FindPlace(db::Transaction& tx, const Places& places, std::string_view area,
                                absl::CivilDay today) {
  const std::shared_ptr<const RegionTree> tree = places.regions();
  Place place{.area = std::string(area)};
  if (area.size() >= kCountyDigits) {
    ASSIGN_OR_RETURN(place.shard, ShardOfArea(*tree, area));
  }
  const std::string_view township = TownshipOf(area);
  const RegionId id = RegionOf(township.empty() ? area : township);
  ASSIGN_OR_RETURN(place.scope, ResolveScope(*tree, {id}, today));
  if (area.size() > kTownshipDigits) {
    RETURN_IF_ERROR(MakeSchool(tx, places, place));
    return place;
  }
  const Region* region = tree->Find(id, today);
  place.name = region != nullptr ? region->name : "";
  if (area.size() == kTownshipDigits) {
    place.level = kTownshipLevel;
    place.child_level = kSchoolLevel;
    RETURN_IF_ERROR(AddSchools(tx, places, area, place));
    return place;
  }
  place.level = kCountyLevel;
  place.child_level = area.size() == kCountyDigits ? kTownshipLevel : kCountyLevel;
  if (region != nullptr) {
    RETURN_IF_ERROR(AddChildren(*tree, *region, id.level, today, place));
  }
  return place;
}

absl::StatusOr<std::vector<std::string>> CountyShards(const RegionTree& tree, std::string_view area,
                                                      absl::CivilDay today) {
  if (area.size() >= kCountyDigits) {
    ASSIGN_OR_RETURN(std::string shard, ShardOfArea(tree, area));
    return std::vector<std::string>{std::move(shard)};
  }
  const RegionId id = RegionOf(area);
  RETURN_IF_ERROR(ResolveScope(tree, {id}, today).status());
  std::set<std::string> shards;
  for (const Region& region : tree.regions()) {
    if (region.HasLevel(RegionLevel::kCounty) && tree.Within(region.code, id.code, today)) {
      ASSIGN_OR_RETURN(std::string shard, ShardOfArea(tree, region.code.substr(0, kCountyDigits)));
      shards.insert(std::move(shard));
    }
  }
  return std::vector<std::string>(shards.begin(), shards.end());
}

absl::StatusOr<std::vector<std::string>> KnownShards::Of(const std::shared_ptr<const RegionTree>& tree,
                                                         std::string_view area, absl::CivilDay today) {
  constexpr size_t kAreas = 4096;  // a caller may ask for any prefix
  {
    absl::MutexLock lock(&mu_);
    if (tree_ != tree || day_ != today || shards_.size() > kAreas) {
      shards_.clear();
      tree_ = tree;
      day_ = today;
    }
    if (const auto found = shards_.find(area); found != shards_.end()) {
      return found->second;
    }
  }
  ASSIGN_OR_RETURN(auto shards, CountyShards(*tree, area, today));
  absl::MutexLock lock(&mu_);
  if (tree_ == tree && day_ == today) {
    shards_.emplace(area, shards);
  }
  return shards;
}

absl::StatusOr<std::vector<SchoolName>> SchoolNames(db::Transaction& tx, std::string_view township) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfArea(township));
  ASSIGN_OR_RETURN(auto schools, feed::AllSchools(tx, shard));
  std::sort(schools.begin(), schools.end(), [](const auto& a, const auto& b) { return a.code() < b.code(); });
  std::vector<SchoolName> names;
  for (const auto& school : schools) {
    if (TownshipOf(school.area()) == township) {
      names.push_back({std::string(feed::IdOfName(school.name())), school.display_name()});
    }
  }
  return names;
}

}  // namespace ruraledu::dashboard
