// The enrolment drive (3.1): days, who is expected, where a child is, who is suspected. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/enrolment.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "services/dropout_monitoring/population_rules.h"
#include "services/dropout_monitoring/rate_policy_rules.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {

// What a deployment knows of drives.
struct EnrolmentBook {
  RegionalBook<v1::EnrolmentPolicy> policies;
  CodeList destinations;  // with the columns `outcome` and `place`
};

// enrolment_policies.csv. DATA_FILE: a window that is none, and what RegionalBook refuses.
absl::StatusOr<RegionalBook<v1::EnrolmentPolicy>> ParseEnrolmentPolicies(std::string_view text, const RegionPath& path);
// DATA_FILE: an outcome that is none.
absl::Status CheckDestinations(const CodeList& destinations);

// The two levels whose first grade a drive fills, in order.
inline constexpr v1::SchoolLevel kDriveLevels[] = {v1::SCHOOL_LEVEL_PRIMARY, v1::SCHOOL_LEVEL_JUNIOR};

// One school year of a county: official ages, days of the terms.
struct EnrolmentYear {
  SchoolYear year;
  v1::OfficialAge primary, junior;
  absl::CivilDay begins;         // first day of the autumn term
  absl::CivilDay census_before;  // of the spring before: whoever is in the last primary grade then leaves it
  absl::CivilDay ends;           // the day before the next school year
};
// DATA_FILE when the region lacks one of the levels.
absl::StatusOr<EnrolmentYear> EnrolmentYearOf(const TermCalendar& terms, const RateBook& rates, std::string_view region,
                                              const SchoolYear& year);
// Birth dates of who may be expected at the primary level: of the age of entry, or a year older.
struct BirthSpan {
  absl::CivilDay from, until;
};
BirthSpan PrimaryBirths(const EnrolmentYear& year);

// Whether the age is that of entry; a year older: of who was excused the year before.
enum class EntryAge { kNo, kEntry, kYearOlder };
EntryAge EntryAgeOf(const EnrolmentYear& year, absl::CivilDay birth_date);

// A pupil of the copy.
// Expected at the level: not gone, not in a compulsory grade before; or in the last primary grade in the spring before.
bool ExpectedAt(const EnrolmentYear& year, const ComparisonCodes& codes, v1::SchoolLevel level,
                const ruraledu::registry::v1::Student& student);
// The span that says where it is this school year; null: none does.
const ruraledu::registry::v1::Enrolment* RegisteredSpan(const EnrolmentYear& year, const ComparisonCodes& codes,
                                                        v1::SchoolLevel level,
                                                        const ruraledu::registry::v1::Student& student);
// The school that it leaves; "" for PRIMARY.
std::string FormerSchool(const EnrolmentYear& year, v1::SchoolLevel level,
                         const ruraledu::registry::v1::Student& student);

// The newest span in which a pupil was in a grade after the census of spring and before the next autumn: whoever
// changes the school in early summer leaves the new one. Null: none.
const ruraledu::registry::v1::Enrolment* LeavingSpan(const ruraledu::registry::v1::Student& student,
                                                     std::string_view grade, absl::CivilDay census,
                                                     absl::CivilDay begins);

// Days of a drive: what the county says, else the policy.
struct DriveDays {
  absl::CivilDay from, until;
};
DriveDays DaysOf(const EnrolmentYear& year, const v1::EnrolmentPolicy& policy, const v1::EnrolmentDrive* drive);
// ENROLMENT_DAYS: not both, out of order, out of the school year; DUPLICATE_IN_BATCH for a place twice.
absl::Status CheckDrive(const EnrolmentYear& year, v1::EnrolmentDrive* drive);

// --- One child ------------------------------------------------------------------------------------------------------
// Adds what a school says; whether it says anything new. Of one school the first day counts.
bool TakeReport(const std::string& school, absl::CivilDay on, const std::string& person, v1::ExpectedChild* child);
// ENROLMENT_NO_REPORT.
absl::Status DropReport(const std::string& school, v1::ExpectedChild* child);

// FIELD_REQUIRED (place), STATE_TRANSITION (gone, or a claim waits).
struct DestinationClaim {
  std::string code, place, proof;
};
absl::Status ClaimDestination(const CodeList& destinations, const DestinationClaim& claim, const std::string& person,
                              absl::CivilDay today, v1::ExpectedChild* child);
// STATE_TRANSITION (none waits), SAME_PERSON (who claimed it).
absl::Status DecideDestination(bool confirm, const std::string& person, absl::CivilDay today, v1::ExpectedChild* child);

// State and day out of what is known; whoever was suspected stays so until it is known where the child is. A run alone
// suspects.
void SetState(const CodeList& destinations, v1::ExpectedChild* child);
// After SetState: suspects who is expected and the window is over. Whether it did.
bool Suspect(absl::CivilDay today, absl::CivilDay until, v1::ExpectedChild* child);

// "411728-2023-P-000123".
std::string NoticeNumber(std::string_view county, const SchoolYear& year, v1::SchoolLevel level, int64_t number);
// Values of the template.
struct NoticeNames {
  std::string guardian, school, authority;
};
std::map<std::string, std::string> NoticeValues(const v1::ExpectedChild& child, const DriveDays& days,
                                                const NoticeNames& names);

}  // namespace ruraledu::dropout_monitoring
