// What was true of a pupil on the census date of a term (DR-21), put together from the copies of the registry's roots.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ruraledu/student_aid/v1/comparison.pb.h"
#include "ruraledu/student_aid/v1/entitlement.pb.h"
#include "services/student_aid/policy_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

// The kind of whom the school identified (2.1, 2.6).
inline constexpr std::string_view kIdentifiedKind = "N1";

// The day, or the nearest one of the term.
absl::CivilDay NearestDay(const TermCalendar& calendar, const Term& term, absl::CivilDay day);

// A pupil's place on the census date. The effective date of a move alone decides whose day it is: the pupil is on the
// roll of this county when an enrolment span at one of its schools covers the date.
struct CensusPlace {
  const registry_v1::Enrolment* enrolment = nullptr;  // null: not on the roll of this county
  const v1::Study* study = nullptr;                   // of somebody not on the roll who studies beyond school
  std::string status;                                 // on the date; of somebody not on the roll: why not
  std::string area;                                   // "<school's area>/<class>", else the pupil's present one
  std::string stage;
};
CensusPlace PlaceOn(const PupilCopy& pupil, const std::map<std::string, registry_v1::School>& schools,
                    std::string_view county, absl::CivilDay census);

// Finds the place of somebody who left the county's schools among the studies, which outlive it. A pupil of the county,
// of another one, or a merged record stays as it is.
void PlaceAtUniversity(const std::vector<v1::Study>& studies, absl::CivilDay census, CensusPlace* place);
// Whether the pupil boards on a day.
bool BoardsOn(const registry_v1::Student& student, absl::CivilDay day);

// Hardship records of the pupil, and of the household while the pupil is a member on the day.
void ReadHardships(const PupilCopy& pupil, absl::CivilDay day,
                   google::protobuf::RepeatedPtrField<v1::HardshipFact>* facts);

// Facts of the rules, into new ones. `dates` are those of the term; household records count while the pupil is a
// member.
void ReadPupilFacts(const PolicyBook& book, const PupilCopy& pupil, const CensusPlace& place,
                    const registry_v1::School* school, std::string_view county, const TermDates& dates,
                    v1::PupilFacts* facts);
// Likewise of somebody who studies beyond school: the place has a study.
void ReadStudentFacts(const PolicyBook& book, const PupilCopy& pupil, const CensusPlace& place, std::string_view county,
                      const Term& term, v1::PupilFacts* facts);

// Adds what was received before a monitored kind was found after the first day (DR-10); otherwise nothing was received
// that the decision would have to know.
void AddReceived(const PolicyBook& book, const TermDates& dates, const std::vector<v1::AidRecord>& aid,
                 v1::PupilFacts* facts);

// Adds the kind N1 of a confirmed and undisputed identification, with its level, from the first day of the term on. One
// that a kind of the registers gave its level adds nothing: that kind is there with its own dates (DR-14).
void AddIdentified(const std::vector<v1::Identification>& identifications, std::string_view term,
                   const TermDates& dates, v1::PupilFacts* facts);

// Facts of the comparison (2.9), into new ones; the answer is taken out of the decision, on whose arena they lie.
// `aid` includes refused records: they are the evidence of aid given twice.
void ReadComparisonFacts(const PolicyBook& book, const PupilCopy& pupil, const CensusPlace& place,
                         const TermDates& dates, v1::Decision* decision, const std::vector<v1::AidRecord>& aid,
                         v1::ComparisonFacts* facts);

}  // namespace ruraledu::student_aid
