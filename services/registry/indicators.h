// The measures and indicators of the registry: pupils, schools, classes, teachers, households and what waits for an
// officer, per term.
#pragma once

#include <memory>
#include <string_view>

#include "common/dashboard/indicators.h"
#include "common/dashboard/places.h"
#include "services/registry/reference.h"

namespace ruraledu::registry {

// What the roots contribute: their present state as recorded, whatever the day, so that a rebuild of tomorrow finds
// what today's changes counted. Classes count in both terms of their school year. Which statuses are on roll and which
// class sizes are oversized (4.7) is read from the code lists.
std::unique_ptr<const dashboard::MeasureBook> Measures(const CodeLists& codes);

// Targets of counties' own plans: a CSV with the columns indicator,region,numerator,denominator,source; the row with
// the longest region that the area lies in counts, an empty region is the whole country. DATA_FILE.
class Targets {
 public:
  static absl::StatusOr<Targets> Parse(std::string_view file, std::string_view text);
  dashboard::Target Of(std::string_view indicator) const;

 private:
  struct Row {
    std::string region;
    Rate rate;
  };
  std::map<std::string, std::vector<Row>, std::less<>> rows_;  // by indicator, longest region first
};

// Labels of parts come from the code lists of `reference`, which outlives the indicators.
std::vector<dashboard::IndicatorSpec> Indicators(const ReferenceBook& reference, const Targets& targets);

// Regions of the reference data, schools in the order of their codes (DR-11).
dashboard::Places PlacesOf(const ReferenceBook& reference);

}  // namespace ruraledu::registry
