// What became of a cohort: of those who entered the first grade of a level in a school year (digest 3.7).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/school_year.h"
#include "services/dropout_monitoring/rate_policy_rules.h"

namespace ruraledu::dropout_monitoring {

// A span of enrolment.
struct GradeSpan {
  std::string school, stage, grade;
  absl::CivilDay from;
  std::optional<absl::CivilDay> to;  // first day no more
};

// A pupil as register and cases say today.
struct CohortPupil {
  std::vector<GradeSpan> spans;  // the oldest first
  std::string status;
  bool out = false;      // a case says so: a confirmed dropout that is not resolved
  bool was_out = false;  // a case says so of any time
};

// Grades that follow each other, entered in one school year.
struct CohortSpec {
  std::vector<std::string> grades;  // in order
  std::vector<v1::SchoolLevel> levels;
  SchoolYear entry;
  absl::CivilDay census;  // of the entry year
};
// Of one level, or of primary and junior together (nine years, whatever their parts: 6-3 and 5-4).
CohortSpec CohortOf(absl::Span<const v1::OfficialAge> levels, absl::Span<const v1::SchoolLevel> of,
                    const SchoolYear& entry, const TermCalendar& terms);

// The entry year of whoever is in the grade of a span; nullopt: another level.
std::optional<SchoolYear> EntryYearOf(const CohortSpec& spec, absl::Span<const v1::OfficialAge> levels,
                                      const GradeSpan& span);

// Adds a pupil. `within` says which schools are the place. One that left and came back counts as gone and come.
void CountPupil(const CohortSpec& spec, absl::Span<const v1::OfficialAge> levels, const RateBook& book,
                const CohortPupil& pupil, const std::function<bool(std::string_view school)>& within,
                v1::CohortCounts* counts);

// Both sides of the balance that CohortCounts states.
int64_t CameIn(const v1::CohortCounts& counts);
int64_t AccountedFor(const v1::CohortCounts& counts);
// Who is in a grade now.
int64_t NowIn(const v1::CohortCounts& counts, std::string_view grade);

}  // namespace ruraledu::dropout_monitoring
