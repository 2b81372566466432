// From a region up: what tables per jurisdiction are looked up by.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/region.h"

namespace ruraledu {

// The codes of a region and those above it, lowest first: county, city, province.
using RegionPath = std::function<std::vector<std::string>(std::string_view region)>;

// By digits (7.4): "411728000000" -> county, "411700000000", "410000000000". For tests and what-if calls.
std::vector<std::string> RegionPathByDigits(std::string_view region);

// By the stored parents of today; by digits for a region that the tree does not have, and without a tree.
RegionPath RegionPathOf(std::shared_ptr<const RegionTree> regions);

// The newest row that holds on a day, of the lowest region that has one; those of the nation have the region "". Null:
// none. `from_of`: the first day of a row; nullopt: the row is not meant.
template <typename Row, typename RegionOf, typename FromOf>
const Row* NewestInForce(absl::Span<const Row> rows, const RegionPath& path, std::string_view region, absl::CivilDay on,
                         RegionOf region_of, FromOf from_of) {
  std::vector<std::string> codes = path(region);
  codes.emplace_back();  // the nation
  for (const std::string& code : codes) {
    const Row* newest = nullptr;
    std::optional<absl::CivilDay> newest_from;
    for (const Row& row : rows) {
      const std::optional<absl::CivilDay> from = from_of(row);
      if (from.has_value() && *from <= on && region_of(row) == code && (newest == nullptr || *newest_from < *from)) {
        newest = &row;
        newest_from = from;
      }
    }
    if (newest != nullptr) {
      return newest;
    }
  }
  return nullptr;
}

}  // namespace ruraledu
