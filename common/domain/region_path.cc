#include "common/domain/region_path.h"

#include "common/base/clock.h"

namespace ruraledu {

std::vector<std::string> RegionPathByDigits(std::string_view region) {
  std::vector<std::string> path;
  for (const size_t digits : {6, 4, 2}) {
    std::string code = std::string(region.substr(0, digits)).append(12 - digits, '0');
    if (region.size() == 12 && (path.empty() || path.back() != code)) {
      path.push_back(std::move(code));
    }
  }
  return path;
}

RegionPath RegionPathOf(std::shared_ptr<const RegionTree> regions) {
  if (regions == nullptr) {
    return RegionPathByDigits;
  }
  return [regions = std::move(regions)](std::string_view region) {
    std::vector<std::string> codes;
    for (const Region* step : regions->PathOf(region, Clock::System().Today())) {
      codes.insert(codes.begin(), step->code);
    }
    return codes.empty() ? RegionPathByDigits(region) : codes;
  };
}

}  // namespace ruraledu
