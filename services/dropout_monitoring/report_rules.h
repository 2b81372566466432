// Monthly zero reports (digest 3.6) and what register cleaning shares with them, the cleared state (DR-31) and the
// periods of reviews (3.3, 6.3).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::dropout_monitoring {

// "2026-09". MONTH_FORMAT.
std::string MonthOf(absl::CivilDay day);
std::string MonthText(absl::CivilMonth month);
absl::StatusOr<absl::CivilMonth> ParseMonth(std::string_view text);
// Last day by which the report of a month is signed.
absl::CivilDay ReportDue(absl::CivilMonth month, int report_day);

// REPORT_FIGURES for a count below 0, new ones above their total, more present, on leave, suspended or home-taught than
// registered; ZERO_NOT_STATED.
absl::Status CheckFigures(const v1::ZeroFigures& figures, bool zero);
// Whether a school owes the report of a month: compulsory stages, open before the month ended and not closed before it
// began.
bool OwesReport(const ruraledu::registry::v1::School& school, absl::CivilMonth month);

// Prepared -> signed -> replaced. STATE_TRANSITION, ROLE_HELD (who prepared it).
absl::Status Sign(const std::string& person, absl::CivilDay on, v1::ZeroReport* report);
absl::Status Sign(const std::string& person, absl::CivilDay on, v1::RegisterCheck* check);

// Sum of the reports that exist; the schools that owe one and have none are `missing`.
v1::MonthRollUp RollUp(absl::CivilMonth month, absl::CivilDay due, absl::CivilDay today,
                       absl::Span<const ruraledu::registry::v1::School> schools,
                       absl::Span<const v1::ZeroReport> in_force);
v1::RegisterRollUp RollUp(absl::CivilMonth month, absl::CivilDay due, absl::CivilDay today,
                          absl::Span<const ruraledu::registry::v1::School> schools,
                          absl::Span<const v1::RegisterCheck> in_force);

// The state of a case on a day, out of its history; UNSPECIFIED before it was opened.
v1::CaseState StateOn(const v1::Case& file, absl::CivilDay on);
// A child on the day: state, and hardship kinds of that day.
struct ChildOn {
  v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
  std::vector<std::string> kinds;
};
v1::Clearance Clear(absl::CivilDay on, absl::Span<const ChildOn> children, int missing_reports);
// Months of the school year of a day whose last day of report is over, in order.
std::vector<absl::CivilMonth> MonthsDue(absl::CivilDay on, int report_day, const TermCalendar& terms);

// First and last month of a period, and the last day by which its review is due. REVIEW_PERIOD.
struct ReviewSpan {
  absl::CivilMonth first, last;
  absl::CivilDay due;
};
absl::StatusOr<ReviewSpan> SpanOf(v1::ReviewKind kind, const std::string& period, const TermCalendar& terms);
// Periods of a kind that were over before a day, at most a year ago, in order of time.
std::vector<std::string> PeriodsOver(v1::ReviewKind kind, absl::CivilDay on, const TermCalendar& terms);
// What a county has: kind and period of its approved reviews, and the first month of which a school reported anything.
struct ReviewsOfCounty {
  std::set<std::pair<v1::ReviewKind, std::string>> approved;
  std::optional<absl::CivilMonth> first_month;  // unset: none, there is nothing to review
};
// Reviews of PeriodsOver that are not approved, of periods that the county has a report of; in order of kind and time.
std::vector<v1::MissingReview> MissingReviews(const ReviewsOfCounty& has, absl::CivilDay on, const TermCalendar& terms);

}  // namespace ruraledu::dropout_monitoring
