// What the rows of the departments' files mean (digest 2.1, 3.1, 7.1-7.5; county profile 13). Pure: values of a row and
// the present root in, the root after the import out. What a row does not say stays as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/region.h"
#include "common/domain/school_year.h"
#include "google/protobuf/map.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "services/registry/student_rules.h"

namespace ruraledu::registry {

using ImportValues = google::protobuf::Map<std::string, std::string>;

// The canonical values of one row by field of the source (common/ingest ParseRow).
class RowView {
 public:
  explicit RowView(const ImportValues& values) : values_(values) {}
  std::string_view Get(std::string_view field) const;  // "" when blank
  bool Has(std::string_view field) const { return !Get(field).empty(); }
  bool Is(std::string_view field) const { return Get(field) == "1"; }
  std::optional<absl::CivilDay> Day(std::string_view field) const;
  int Int(std::string_view field) const;  // 0 when blank

 private:
  const ImportValues& values_;
};

// One thing wrong, or worth saying, about a row.
struct RowIssue {
  std::string field;  // of the source, "" for the row as a whole
  std::string code;   // reason
};
using RowIssues = std::vector<RowIssue>;

// What holds for every row of an import.
struct ImportFacts {
  ruraledu::registry::v1::ImportSource source;
  std::string county;       // 6 digits
  absl::CivilDay facts_on;  // day on which the file holds
  std::string school_year;  // "2023-2024"
  std::string evidence;     // batch, for hardship records
  std::string import_id;
};

// What rows of one file must share to be about one root: identity number (else student number, else name, birth date
// and school) of a student or a person, household number, school code, village code, (school, year, class), year of a
// calendar.
std::string RowKey(const ImportFacts& facts, const RowView& row);
// Whether several different rows of one key are right: the members of a household, kinds of one person, days of a year.
// Otherwise they are DUPLICATE_IN_BATCH.
bool KeyHasManyRows(ruraledu::registry::v1::ImportSource source);

// Issues out of a status of Violations: its first reason, and the field of the source that its path means.
RowIssue IssueOf(const absl::Status& status);

// Roster (3.1, 7.1, 7.2): everything but school, class, status and spans. `warnings` do not refuse.
void RosterToStudent(const StudentChecks& checks, const ImportFacts& facts, const RowView& row,
                     ruraledu::registry::v1::Student* student, RowIssues* errors, std::vector<std::string>* warnings);
// Stage of a row: written, else that of the grade.
std::string StageOfRow(const StudentChecks& checks, const RowView& row);
// Places the student and sets boarding and status from the row's day on. SPAN_ORDER, STAGE_NOT_TAUGHT, SCHOOL_CLOSED,
// STATUS_TRANSITION. A student whom another file of the same day placed in another school stays there:
// DUPLICATE_ACROSS_SCHOOLS as a warning. The second school is kept as an open enrolment span behind the present one
// (2.9 class E), which ends as CONCURRENT on the day whose rosters do not repeat it.
absl::Status PlaceByRoster(const StudentChecks& checks, const ImportFacts& facts, const RowView& row,
                           const ruraledu::registry::v1::School& school,
                           const ruraledu::registry::v1::SchoolClass* school_class,
                           ruraledu::registry::v1::Student* student, std::vector<std::string>* warnings);

// Schools (7.3, 7.4), without name, centre and supporting school.
void RowToSchool(const StudentChecks& checks, const RegionTree& regions, const ImportFacts& facts, const RowView& row,
                 ruraledu::registry::v1::School* school, RowIssues* errors);
std::string SchoolCodeOf(const RowView& row);  // with the suffix of a teaching point
// The items of a cell that lists several: "小学、初中", "2141000002;2141000003".
std::vector<std::string> ItemsOf(std::string_view cell);
void RowToClass(const StudentChecks& checks, const RowView& row, ruraledu::registry::v1::SchoolClass* school_class);
void RowToTeacher(const StudentChecks& checks, const ImportFacts& facts, const RowView& row,
                  const ruraledu::registry::v1::School& school, ruraledu::registry::v1::Teacher* teacher,
                  RowIssues* errors, std::vector<std::string>* warnings);
// A village of the county; its township, and the successors of an ended one, must be known. REGION_CODE,
// REGION_UNKNOWN, REGION_SUCCESSOR.
void RowToVillage(const RegionTree& regions, const ImportFacts& facts, const RowView& row,
                  ruraledu::registry::v1::Region* village, RowIssues* errors);
// The day of a calendar that a row means: a kind of CalendarDay, or "" for a day as the plain week has it.
std::string CalendarKind(absl::CivilDay day, bool working, bool named);

// Rural revitalisation (P1-P3, M1-M3; DR-14).
std::optional<RowIssue> CheckHouseholdRow(const StudentChecks& checks, const RowView& row);
ruraledu::registry::v1::HouseholdMember RowToMember(const StudentChecks& checks, const ImportFacts& facts,
                                                    const RowView& row);
// Village of a row: its code, else found by the names of township and village.
std::string VillageOfRow(const RegionTree& regions, const ImportFacts& facts, const RowView& row);
// Records that a row brings to its household: an M1 household that still enjoys, or no longer enjoys, policy is P2 or
// P3 besides.
std::vector<ruraledu::registry::v1::HardshipRecord> HouseholdRecords(const ImportFacts& facts, const RowView& row);
// Civil affairs, disabled federation, veterans: the record of a person; empty when the row says that there is none (not
// insured).
std::optional<ruraledu::registry::v1::HardshipRecord> PersonRecord(const StudentChecks& checks,
                                                                   const ImportFacts& facts, const RowView& row);
// Identity number of a person's row; a disability certificate of 20 characters begins with it.
std::string PersonIdOfRow(const RowView& row);
// Birth date of a row: written, else that of a good identity number.
std::optional<absl::CivilDay> BirthOfRow(const StudentChecks& checks, const RowView& row);

// Kinds that one list of a department holds together: family of the kind, and whether it is monitored. A household or
// person has one open record per group and source.
std::string KindGroup(const CodeLists& codes, std::string_view kind);
// Puts a record among others: the same kind from the same source is corrected in place, others stay. With
// `replaces_group`, an open one of the same group and source ends where the new one begins; when the file gives no
// later day than the old one's, both happen on `facts_on`.
void PutHardship(const CodeLists& codes, ruraledu::registry::v1::HardshipRecord record, bool replaces_group,
                 absl::CivilDay facts_on,
                 google::protobuf::RepeatedPtrField<ruraledu::registry::v1::HardshipRecord>* records);
// Ends the open records of a source and group that a complete file no longer names. False when there is none.
bool EndHardships(const CodeLists& codes, std::string_view source, const std::vector<std::string>& groups,
                  absl::CivilDay on,
                  google::protobuf::RepeatedPtrField<ruraledu::registry::v1::HardshipRecord>* records);

// Limits of the guards (deploy/policies/registry/import_guards.csv).
struct ImportGuard {
  std::string source, guard;
  int64_t limit_permille = 0, floor_rows = 0;
};
absl::StatusOr<std::vector<ImportGuard>> ParseGuards(std::string_view file, std::string_view text);
// Guards that hold an import: MASS_DISAPPEARANCE when more than the limit of the present roots are missing,
// DUPLICATE_SHARE when more than the limit of the rows repeat a key. Counts up to the floor never hold.
std::vector<std::string> GuardsThatHold(const std::vector<ImportGuard>& guards,
                                        ruraledu::registry::v1::ImportSource source,
                                        const ruraledu::registry::v1::ImportPreview& preview, int64_t present);

// Takes a root that an import made out of use again: nothing counts it, nothing is deleted (DR-13), and a later file
// that names it takes it up again. A school is in no area and neither open nor closed, a village holds on no day, a
// calendar knows no days.
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::Student* student);
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::Household* household);
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::Teacher* teacher);
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::School* school);
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::SchoolClass* school_class);
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::Region* village);
void TakeOutOfUse(absl::CivilDay on, ruraledu::registry::v1::Calendar* calendar);

}  // namespace ruraledu::registry
