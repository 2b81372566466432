// Rates of a school year out of facts (digest 3.7, DR-03, DR-08).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/school_year.h"
#include "services/dropout_monitoring/rate_policy_rules.h"

namespace ruraledu::dropout_monitoring {

// Pupils on the census day who are alike.
struct PupilGroup {
  std::string stage, grade, status, birth_date;  // "2014-03-15"
  int64_t pupils = 0;
  bool on_roll = true;  // else they left before the day, and the grade is their last one
};
// Counts of every level. `year`: ages are those on 31 August of its first calendar year.
std::vector<v1::LevelFacts> CountLevels(absl::Span<const v1::OfficialAge> levels, const RateBook& book,
                                        const SchoolYear& year, absl::Span<const PupilGroup> groups);
// Pupils on the roll in a grade of a level.
int64_t PupilsIn(absl::Span<const v1::OfficialAge> levels, const RateBook& book, absl::Span<const PupilGroup> groups,
                 v1::SchoolLevel level, std::string_view grade);
// The register goes back to a day: it has pupils in every grade of the levels then.
bool Covers(absl::Span<const v1::OfficialAge> levels, const RateBook& book, absl::Span<const PupilGroup> groups,
            absl::Span<const v1::SchoolLevel> of);

// SCHOOL_YEAR_FORMAT; NUMBER_RANGE for a count below 0.
absl::Status CheckFacts(const v1::RateFacts& facts);
// Every indicator, in order. The facts passed CheckFacts.
std::vector<v1::RateResult> EvaluateRates(const RateBook& book, const TermCalendar& terms, const v1::RateFacts& facts);

// The rate of an area above counties: exact sums of both sides over the counties where it is applicable and no data
// error.
v1::RateResult SumRates(const RateBook& book, v1::RateIndicator indicator, std::string_view region, absl::CivilDay on,
                        absl::Span<const std::pair<std::string, v1::RateResult>> by_county);

// Prepared -> signed -> replaced. STATE_TRANSITION, ROLE_HELD (who prepared them).
absl::Status Sign(const std::string& person, absl::CivilDay on, v1::RateFigures* figures);
// Figures that a county enters: FIELD_REQUIRED, REPORT_FIGURES (below 0, a level twice or one that has none, more gone
// than came).
absl::Status CheckFigures(const v1::RateFigures& figures);

std::string IndicatorLabel(v1::RateIndicator indicator);  // "辍学率"
std::string LevelLabel(v1::SchoolLevel level);            // "初中"

}  // namespace ruraledu::dropout_monitoring
