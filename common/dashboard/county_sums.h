// The counters of a county in one number per measure and period, for the gauges of its service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"

namespace ruraledu::dashboard {

struct CountySum {
  std::string period, measure;
  int64_t value = 0;  // over all dimensions
  friend bool operator==(const CountySum&, const CountySum&) = default;
};

// In order of period and measure; measures without a counter are left out.
absl::StatusOr<std::vector<CountySum>> CountySums(db::Transaction& tx, std::string_view shard,
                                                  absl::Span<const std::string_view> measures);

}  // namespace ruraledu::dashboard
