// Data comparison (digest 2.9): classes A-F of one person, the should-aid gap and the should-not list, coverage, and
// what differs between two runs of the same term.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/rate.h"
#include "ruraledu/student_aid/v1/comparison.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"

namespace ruraledu::student_aid {

// Works by benefit family, since rows of a family are alternatives (DR-59): aid of any item of the family counts
// against the item of the decision. Only items that count in coverage are compared. Aid recorded without an amount
// counts as in full. Somebody who is deceased or not enrolled should not be aided, whatever the decision says.
v1::ComparisonResult ComparePerson(const v1::ComparisonFacts& facts);

// Coverage 应助尽助率 of 2.9: `covered` is a part of `should_be_aided`, else COVERAGE_OVER_WHOLE (a data error, DR-03).
absl::StatusOr<Rate> CoverageRate(int64_t covered, int64_t should_be_aided);

// One line of a run, for comparing runs.
struct RunLine {
  std::string person;
  std::string item;
  int64_t amount_fen = 0;
  std::string mark;  // list and reason, or flags, joined by a comma

  friend bool operator==(const RunLine&, const RunLine&) = default;
};
// The lines of one decision: items granted, with flags.
std::vector<RunLine> LinesOf(const std::string& person, const v1::EvaluateEntitlementResponse& decision);
// The lines of one comparison: rows with list and reason.
std::vector<RunLine> LinesOf(const v1::ComparisonResult& result);
// Unmet codes of compliance, in order.
std::vector<std::string> UnmetOf(const v1::ComparisonResult& result);
// Tells of a person who was eligible or considered before and after how compliance changed. False: as it was, or one of
// the two says nothing.
bool AddComplianceChange(const v1::ComparisonResult& before, const v1::ComparisonResult& after,
                         v1::PersonDifference* difference);

// New, gone and changed lines in order of person, then item. The lines may come in any order; a (person, item) is
// unique.
std::vector<v1::RunDifference> CompareRuns(std::vector<RunLine> before, std::vector<RunLine> after);

}  // namespace ruraledu::student_aid
