// From a region up: what tables per jurisdiction are looked up by.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/region.h"

namespace ruraledu {

// The codes of a region and those above it, lowest first: county, city, province.
using RegionPath = std::function<std::vector<std::string>(std::string_view region)>;

// By digits (7.4): "411728000000" -> county, "411700000000", "410000000000". For tests and what-if calls.
std::vector<std::string> RegionPathByDigits(std::string_view region);

// By the stored parents of today; by digits for a region that the tree does not have, and without a tree.
RegionPath RegionPathOf(std::shared_ptr<const RegionTree> regions);

}  // namespace ruraledu
