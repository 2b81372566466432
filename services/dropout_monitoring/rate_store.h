// What rates read: the SQL of figures, groups of pupils, cohorts and dropouts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/cohort_rules.h"
#include "services/dropout_monitoring/rate_rules.h"
#include "services/dropout_monitoring/rate_tables.h"

namespace ruraledu::dropout_monitoring {

// Versions of an area and school year, in order.
absl::StatusOr<std::vector<v1::RateFigures>> FiguresOf(db::Transaction& tx, std::string_view shard,
                                                       std::string_view area, std::string_view school_year);
// The signed one in force.
absl::StatusOr<std::optional<v1::RateFigures>> FiguresInForce(db::Transaction& tx, std::string_view shard,
                                                              std::string_view area, std::string_view school_year);

// Pupils of a county on a day, alike ones together: of those of a school, or who live in a township, when it is named.
// Of several spans on one day the newest one counts. Those who had finished before the day come with their last grade.
struct PupilFilter {
  std::string school;    // id
  std::string township;  // 9 digits
};
absl::StatusOr<std::vector<PupilGroup>> GroupsOn(db::Transaction& tx, std::string_view shard, absl::CivilDay day,
                                                 const PupilFilter& filter);

// What cases say of a child, by person.
struct OutOfSchool {
  bool now = false;
  std::vector<absl::CivilDay> from;  // days on which a dropout began
  std::string area;
};
absl::StatusOr<std::map<std::string, OutOfSchool>> DropoutsByCases(db::Transaction& tx, std::string_view shard);
// Pupils whom the register calls DROPPED since a day within the span, ends included, below an area: person ids.
absl::StatusOr<std::vector<std::string>> DropoutsByRegister(db::Transaction& tx, std::string_view shard,
                                                            const AreaRange& area, absl::CivilDay from,
                                                            absl::CivilDay until);

// Pupils who ever were in one of the grades in the teaching year that goes with it, with all their spans.
struct GradeYear {
  std::string grade;
  SchoolYear year;
};
absl::StatusOr<std::map<std::string, CohortPupil>> PupilsOfCohort(db::Transaction& tx, std::string_view shard,
                                                                  absl::Span<const GradeYear> grades,
                                                                  absl::CivilDay today);
// Pupils who ever were at a school, with all their spans.
absl::StatusOr<std::map<std::string, CohortPupil>> PupilsOfSchool(db::Transaction& tx, std::string_view shard,
                                                                  std::string_view school, absl::CivilDay today);

}  // namespace ruraledu::dropout_monitoring
