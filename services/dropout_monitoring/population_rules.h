// Four checks, three comparisons (digest 3.1, 3.3, DR-08, DR-28): what the registers, the attendance and the base of
// supported households say of one child, and the ledgers that a county signs. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"
#include "common/domain/region_path.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"

namespace ruraledu::dropout_monitoring {

// A row of comparison_policies.csv.
struct ComparisonPolicy {
  std::string region;  // 12 digits, "" the nation
  absl::CivilDay valid_from;
  int entry_age = 0, last_age = 0;  // full years on 31 August, both included
  std::string last_grade;           // of the compulsory grades
  int transfer_days = 0;            // for the answer of a destination
  int run_day = 0;                  // of the month, from which on a county is compared by itself (DR-27)
};

// A row of comparison_kinds.csv.
struct ComparisonKindRow {
  v1::ComparisonKind kind = v1::COMPARISON_KIND_UNSPECIFIED;
  bool is_out = false;      // the child is out of school
  bool opens_case = false;  // a case is opened, SUSPECTED
  v1::DiscoveryChannel channel = v1::DISCOVERY_CHANNEL_UNSPECIFIED;
  std::string label_zh;
};

// Code lists of a comparison: student_status, stage, hardship_kind, resident_source, resident_whereabouts,
// citizen_id_province.
struct ComparisonCodes {
  CodeList statuses, stages, hardships, sources, whereabouts, provinces;
};

// All that a deployment knows of comparisons. Immutable.
class ComparisonBook {
 public:
  // DATA_FILE: a number that is none, an age that ends before it begins, a region that stands twice on one day, no row
  // of the nation; a kind that is unknown, stands twice or is missing; a row without a source; a source of residents
  // without its retention.
  static absl::StatusOr<ComparisonBook> Parse(std::string_view policies, std::string_view kinds, ComparisonCodes codes,
                                              RegionPath path);

  // The newest row of the lowest region that has one on the day. CASE_POLICY_MISSING.
  absl::StatusOr<const ComparisonPolicy*> InForce(std::string_view region, absl::CivilDay on) const;
  const ComparisonKindRow& Row(v1::ComparisonKind kind) const;
  const ComparisonCodes& codes() const { return codes_; }
  const ProvincePrefixes& provinces() const { return provinces_; }
  // Kinds of hardship of the base of supported households among others: those of rural revitalisation.
  std::vector<std::string> Supported(absl::Span<const std::string> kinds) const;

 private:
  std::vector<ComparisonPolicy> policies_;
  std::vector<ComparisonKindRow> kinds_;  // in order of kind
  ComparisonCodes codes_;
  ProvincePrefixes provinces_;
  RegionPath path_;
};

// Whether the county is to be compared by itself: the day of the month has come, and no comparison was closed since.
bool ComparisonDue(const ComparisonPolicy& policy, absl::CivilDay today, std::optional<absl::CivilDay> compared_on);

// On which day and by what is compared.
struct ComparisonDay {
  const ComparisonBook& book;
  const ComparisonPolicy& policy;
  absl::CivilDay on;
  SchoolYear year;
  absl::CivilDay census;  // of the autumn of `year`: until then the youngest may still be registered
};

// What the copy of the registry and the attendance say of a pupil.
struct PupilFacts {
  std::string status, stage, grade;  // of the newest span
  std::optional<absl::CivilDay> birth_date, status_from;
  bool elsewhere = false;              // merged into another record, or moved to another county
  bool suspected = false;              // its absence reached the suspicion
  bool unmarked = false;               // nothing is known of its last school days
  bool out_by_case = false;            // an open case has it as a confirmed dropout
  std::vector<std::string> hardships;  // of the child and its household; read for who is out only
};

// Whether the child is of school age in the year of the comparison, and has not finished the compulsory grades.
bool OfSchoolAge(const ComparisonDay& day, absl::CivilDay birth_date);
bool OwesSchool(const ComparisonDay& day, const PupilFacts& pupil);
// Kinds of findings, in order; SUPPORTED_DROPOUT is added by AddSupported.
std::vector<v1::ComparisonKind> FindingsOf(const ComparisonDay& day, const PupilFacts& pupil);

// What a list says of a child, and the registers of students.
struct ResidentFacts {
  std::optional<absl::CivilDay> birth_date;
  bool in_register = false;  // another list than a round of visits names the child
  bool expected = true;      // by its whereabouts
  bool known = false;        // it is a student, or may be one and nobody decided yet
};
std::vector<v1::ComparisonKind> FindingsOf(const ComparisonDay& day, const ResidentFacts& resident);

// Adds SUPPORTED_DROPOUT where the child is out and its household is supported.
void AddSupported(const ComparisonDay& day, bool out_by_case, absl::Span<const std::string> hardships,
                  std::vector<v1::ComparisonKind>* kinds);
bool IsOut(const ComparisonBook& book, absl::Span<const v1::ComparisonKind> kinds);

// --- Residents -----------------------------------------------------------------------------------------------------
// The row of a list made good: name, number, birth date, township. VALUE_REQUIRED, NAME_FORMAT, DATE_INVALID,
// REGION_CODE (not a village of the county), CODE_UNKNOWN, and those of identity numbers (7.1).
absl::Status Normalise(const ComparisonBook& book, std::string_view county, absl::CivilDay today, v1::Resident* row);
// Takes what a row states; what it leaves empty stays.
void TakeResident(const v1::Resident& row, const std::string& source, absl::CivilDay listed_on, v1::Resident* resident);
// The day behind which a child that no register knows goes (7.7): the last school year of its school age is over, and
// so are the most `retention_days` of its sources. Without a birth date it stays as it is.
void SetKeepUntil(const ComparisonBook& book, const ComparisonPolicy& policy, v1::Resident* resident);
// What a comparison finds of the resident: students by number here (`exact`), elsewhere, and by name here (`weak`), as
// resource names. A decision stands.
void MatchResident(const std::string& exact, const std::string& elsewhere, std::vector<std::string> weak,
                   v1::Resident* resident);
// REVIEW_DECIDED (nothing waits), CANDIDATE_UNKNOWN.
absl::Status DecideMatch(const std::string& student, const std::string& person, absl::CivilDay on,
                         v1::Resident* resident);

}  // namespace ruraledu::dropout_monitoring
