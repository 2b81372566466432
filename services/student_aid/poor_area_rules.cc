#include "services/student_aid/poor_area_rules.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {

absl::StatusOr<PoorAreas> PoorAreas::Parse(std::string_view file, std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, {"county", "area", "seat", "source"}));
  PoorAreas areas;
  for (size_t row = 0; row < table.size(); ++row) {
    const std::string county(table.Get(row, "county"));
    const std::vector<std::string> seat = absl::StrSplit(table.Get(row, "seat"), '|');
    const bool within = std::all_of(seat.begin(), seat.end(), [&](const std::string& township) {
      return township.size() == 9 && absl::StartsWith(township, county);
    });
    if (county.size() != 6 || !within) {
      return table.Error(row, "a county has 6 digits, its seat is townships of 9 digits within it");
    }
    if (!areas.seats_.emplace(county, seat).second) {
      return table.Error(row, "the county stands twice");
    }
  }
  return areas;
}

bool PoorAreas::OutsideSeat(std::string_view village) const {
  const auto found = village.size() == 12 ? seats_.find(std::string(village.substr(0, 6))) : seats_.end();
  return found != seats_.end() &&
         std::find(found->second.begin(), found->second.end(), village.substr(0, 9)) == found->second.end();
}

}  // namespace ruraledu::student_aid
