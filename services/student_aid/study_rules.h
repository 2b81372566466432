// Who of the county studies at a university, as facts of a term (digest 2.3, 2.4): the registry knows pupils of the
// county's schools only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/entitlement.pb.h"
#include "ruraledu/student_aid/v1/programme.pb.h"

namespace ruraledu::student_aid {

// Every violation of a row of BatchRecordStudies: FIELD_REQUIRED, STAGE_UNKNOWN, REGION_CODE, NUMBER_RANGE,
// SCHOOL_YEAR_FORMAT, DATE_INVALID, AMOUNT_NEGATIVE, AMOUNT_TOO_LARGE, FIELD_TOO_LONG.
void CheckStudy(const v1::Study& row, const std::string& field, Violations* violations);
// Takes what a row states: school years by their year, states by their day, everything else whole.
void TakeStudy(const v1::Study& row, v1::Study* study);

// On a day; UNSPECIFIED before the first span.
v1::StudyState StateOn(const v1::Study& study, absl::CivilDay day);
// The newest admission that goes on or is suspended on the day; nullptr when there is none.
const v1::Study* StudyOn(const std::vector<v1::Study>& studies, absl::CivilDay day);
// Status of 3.1 of one that StudyOn finds.
std::string StatusOn(const v1::Study& study, absl::CivilDay day);

// nullptr when nothing is stated for the year.
const v1::StudyYear* YearOf(const v1::Study& study, const SchoolYear& year);
// Year of study, from 1: as stated, else counted from the admission.
int StudyYearIn(const v1::Study& study, const SchoolYear& year);
// School years that are left, this one included; at least 1.
int YearsLeft(const v1::Study& study, const SchoolYear& year);

// Stage, year, place, charges of the term, admission. `home_region`: 12 digits; its province is that of the study when
// the first two digits are the same (7.4).
void ReadStudy(const v1::Study& study, const Term& term, std::string_view home_region, v1::PupilFacts* facts);

// What a changed state means for aid that is not paid yet: "pause", "resume", "end" of the machine in
// tracked_aid_rules.h; "" for nothing. `from`: the day of the newest state.
std::string_view EventOf(const v1::Study& before, const v1::Study& after, absl::CivilDay* from);

}  // namespace ruraledu::student_aid
