// Decisions about students. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"
#include "common/domain/region.h"
#include "common/domain/state_machine.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::registry {

// Status of 3.1: the event is the status that is asked for.
extern const StateMachine kStudentStatus;

// What a check needs besides the student.
struct StudentChecks {
  const CodeLists& codes;
  const ProvincePrefixes& provinces;
  const RegionTree& regions;
  absl::CivilDay today;
  std::string_view kept_village = {};  // what a root had before and keeps: not checked again, villages may come later
};

// The village of a residence, 12 digits (a register that knows the township only writes that). Its township must be
// known, and where villages of the township were loaded, the village too; withdrawn codes are known. REGION_CODE,
// REGION_UNKNOWN.
void CheckVillage(const StudentChecks& checks, std::string_view village, const std::string& field,
                  Violations* violations);

// Normalises names, numbers and codes in place and collects every violation: name, identity number (7.1), student
// numbers (7.2), codes (7.5), birth date equal to the number's, a known village, hardship records with known kinds and
// spans that do not end before they begin. `field` is the path of the student in the request. Warnings
// (ID_NORMALIZED, ID_SEX_MISMATCH, STUDENT_NUMBER_BODY_MISMATCH ...) do not refuse.
void CheckStudent(const StudentChecks& checks, std::string_view field, ruraledu::registry::v1::Student* student,
                  Violations* violations, std::vector<std::string>* warnings);

// The same for a dated hardship record (2.1); shared with households.
void CheckHardship(const StudentChecks& checks, const std::string& field,
                   const ruraledu::registry::v1::HardshipRecord& record, Violations* violations);

// Puts the student into a school, and a class if any: the present enrolment span ends at `from`, a new one begins, area
// follows. Two changes of one day replace each other. SCHOOL_CLOSED, STAGE_NOT_TAUGHT, CODE_UNKNOWN (grade),
// CLASS_OTHER_SCHOOL, SPAN_ORDER (from lies before the present span).
absl::Status Enrol(const CodeLists& codes, const ruraledu::registry::v1::School& school,
                   const ruraledu::registry::v1::SchoolClass* school_class, std::string_view stage,
                   std::string_view grade, absl::CivilDay from, std::string_view exit_type,
                   ruraledu::registry::v1::Student* student);

// An open span behind the present one is that of another school that lists the student too (2.9 class E). It ends as
// kConcurrent, on `on` or, when it began later, on no day.
inline constexpr std::string_view kConcurrent = "CONCURRENT";
void EndConcurrent(absl::CivilDay on, ruraledu::registry::v1::Student* student);

// Sets boarding from a day on; the span before ends there. SPAN_ORDER.
absl::Status SetBoarding(bool boarding, absl::CivilDay from, ruraledu::registry::v1::Student* student);

// Whether the student boards on a day; false when no span covers it.
bool BoardsOn(const ruraledu::registry::v1::Student& student, absl::CivilDay day);

}  // namespace ruraledu::registry
