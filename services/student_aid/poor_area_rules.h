// The 11 former contiguous poor areas (原集中连片特困地区): a vocational student of a rural home there has the grant,
// when the home lies outside of the county seat (digest 2.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace ruraledu::student_aid {

class PoorAreas {
 public:
  // CSV with the columns county (6 digits), area, seat (townships of 9 digits, "a|b"), source. DATA_FILE.
  static absl::StatusOr<PoorAreas> Parse(std::string_view file, std::string_view text);

  // Whether a village (12 digits) lies in one of the areas, outside of the seat of its county. False when not known.
  bool OutsideSeat(std::string_view village) const;

 private:
  absl::flat_hash_map<std::string, std::vector<std::string>> seats_;  // by county
};

}  // namespace ruraledu::student_aid
