#include "common/domain/region_span.h"

namespace ruraledu {

absl::StatusOr<RegionSpan> ReadRegionSpan(const DataTable& table, size_t row, std::string_view from,
                                          std::string_view until) {
  RegionSpan span;
  span.region = std::string(table.Get(row, "region"));
  if (!span.region.empty() && span.region.size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  ASSIGN_OR_RETURN(span.from, table.Day(row, from, kFirstDay));
  ASSIGN_OR_RETURN(span.until, table.Day(row, until, kLastDay));
  if (span.until <= span.from || table.Get(row, "source").empty()) {
    return table.Error(row, "a row needs a source, and days in order");
  }
  return span;
}

}  // namespace ruraledu
