// Rows of tables per jurisdiction that hold in a region between two days.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu {

// Where and when a row holds.
struct RegionSpan {
  std::string region;          // 12 digits; "" is the nation
  absl::CivilDay from, until;  // closed, open

  bool HoldsOn(absl::CivilDay day) const { return from <= day && day < until; }
  // Whether both hold in the same region on some day.
  bool Overlaps(const RegionSpan& other) const {
    return region == other.region && from < other.until && other.from < until;
  }
};

// The columns region, source and the two that are named. DATA_FILE for a region that is none, days out of order and a
// row without a source.
absl::StatusOr<RegionSpan> ReadRegionSpan(const DataTable& table, size_t row, std::string_view from,
                                          std::string_view until);

// DATA_FILE unless the nation has a row that does not end. `Row` has a `span`.
template <typename Row>
absl::Status CheckNation(std::string_view file, const std::vector<Row>& rows) {
  const bool open = std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return row.span.region.empty() && row.span.HoldsOn(kLastDay - 1);
  });
  return open ? absl::OkStatus()
              : Fail("DATA_FILE", {{"file", file}, {"line", "1"}, {"problem", "no open row of the nation"}});
}

}  // namespace ruraledu
