// What rates and cohorts are worked out from. For *_handlers.cc and reports only.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "services/dropout_monitoring/rate_store.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

struct RateParts {
  const rpc::Host& host;
  const Standards& standards;
  absl::CivilDay today;
};

// SCHOOL_YEAR_FORMAT; DATE_AHEAD for one that has not begun.
absl::StatusOr<SchoolYear> ParseRateYear(const RateParts& parts, std::string_view text);

// Facts of a county, township or school. Retention and dropout follow the schools of the area, enrolment in a township
// those who live there.
absl::StatusOr<v1::RateFacts> RateFactsOf(const RateParts& parts, const std::string& area, const SchoolYear& year);
// Rates of each county of an area, in order of code; their sum.
using CountyRates = std::pair<std::string, std::vector<v1::RateResult>>;
absl::StatusOr<std::vector<CountyRates>> RatesByCounty(const RateParts& parts, const std::string& area,
                                                       const SchoolYear& year);
std::vector<v1::RateResult> SumOf(const RateParts& parts, std::string_view area, const SchoolYear& year,
                                  absl::Span<const CountyRates> counties);
// Rates of any area; above the county they are sums of counties.
absl::StatusOr<v1::Rates> RatesOf(const RateParts& parts, const std::string& area, const SchoolYear& year);

// Cohorts of a school that are there in the school year, by level and entry year. `out`: what cases say of its pupils.
absl::StatusOr<std::vector<v1::Cohort>> CohortsOf(const RateParts& parts, db::Transaction& tx,
                                                  const std::map<std::string, OutOfSchool>& out,
                                                  const ruraledu::registry::v1::School& school, const SchoolYear& year);

}  // namespace ruraledu::dropout_monitoring
