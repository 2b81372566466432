// Who is entitled to what in one term: entitle() of digest 2.5 with DR-10, DR-14 to DR-18, DR-20 to DR-22, DR-59.
//
// Order of the decision for one person:
//   1 status        not ENROLLED on the census date: nothing
//   2 kinds         held on the first day of the term; M1-M3 also when found up to the cut-off (DR-10, DR-14)
//   3 rows          every row of the sets in force: stage, boarding, age, year, conditions, kinds, pilots, charges
//   4 kindergarten  a waived fee comes first, a fee subsidy covers the rest (DR-18)
//   5 families      one amount per benefit family: the lowest local row against the national floor (DR-16, DR-59)
//   6 supplements   same-term entry: less what was received in the family this term (DR-10)
// Each row that is not granted keeps the first clause that was not met.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "ruraledu/student_aid/v1/entitlement.pb.h"
#include "services/student_aid/clause_rules.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// Version of the code of these rules. Raised by every change that can change an answer.
inline constexpr std::string_view kRulesVersion = "1";

// Decides for many persons in one term. Compiles the sets in force of a region at its first use and reuses its buffers:
// one object per thread. The book must outlive it.
class Evaluator {
 public:
  struct Options {
    std::vector<std::string> policy_sets;           // names; empty: the latest in force
    std::optional<absl::CivilDay> first_day;        // where the school's calendar differs
    std::optional<absl::CivilDay> evaluation_date;  // for POLICY_REVIEW_DUE; default: first day of the term (DR-04)
  };

  Evaluator(const PolicyBook& book, Term term, Options options = {});
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;

  // Replaces `response`; pass the same object again to reuse its memory.
  // Errors: all violations of the facts in one INVALID_ARGUMENT (FIELD_REQUIRED, STAGE_UNKNOWN, GRADE_UNKNOWN,
  // KIND_UNKNOWN, REGION_CODE, DATE_INVALID, HARDSHIP_INTERVAL, AMOUNT_NEGATIVE, ITEM_UNKNOWN); POLICY_MISSING,
  // POLICY_SET_UNKNOWN, POLICY_SET_ELSEWHERE.
  absl::Status Evaluate(const v1::PupilFacts& facts, v1::EvaluateEntitlementResponse* response);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The stateless method: the same decision from a request.
// Errors: as Evaluator; TERM_FORMAT, RULES_VERSION_UNKNOWN.
absl::StatusOr<v1::EvaluateEntitlementResponse> Evaluate(const PolicyBook& book,
                                                         const v1::EvaluateEntitlementRequest& request);

}  // namespace ruraledu::student_aid
