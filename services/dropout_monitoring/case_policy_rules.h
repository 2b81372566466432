// What a jurisdiction says about cases (digest 3.2, 3.5, 3.6; DR-29, DR-30): files case_policies.csv,
// case_action_terms.csv and case_ladder.csv in <policies>/dropout_monitoring, and the code lists of cases.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/code_list.h"
#include "common/domain/region_path.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"

namespace ruraledu::dropout_monitoring {

struct CaseFiles {
  std::string policies, terms, ladder;
};

// In order of name. DATA_FILE: a number that is none or out of order (the term of an order lies between its least and
// most days, 1 to 15), a row without a source, a policy without a term for each action or with a rung twice, a version
// or a region that stands twice on one day, no row of the nation.
absl::StatusOr<std::vector<v1::CasePolicy>> ParseCasePolicies(const CaseFiles& files);

// Code lists of deploy/data/codes: dropout_reason, contact_means, contact_outcome, dropout_placement, case_evidence.
struct CaseCodes {
  CodeList reasons, means, outcomes, placements, evidence;
};

// All that a deployment knows of cases. Immutable; safe for many threads.
class CaseBook {
 public:
  CaseBook(std::vector<v1::CasePolicy> policies, CaseCodes codes, RegionPath path);

  absl::Span<const v1::CasePolicy> policies() const { return policies_; }
  const CaseCodes& codes() const { return codes_; }
  // The newest row of the lowest region that has one on the day. CASE_POLICY_MISSING.
  absl::StatusOr<const v1::CasePolicy*> InForce(std::string_view region, absl::CivilDay on) const;
  // The one by which a case goes. CASE_POLICY_UNKNOWN.
  absl::StatusOr<const v1::CasePolicy*> Find(std::string_view name) const;

 private:
  std::vector<v1::CasePolicy> policies_;
  CaseCodes codes_;
  RegionPath path_;
};

// Whether a code of the list carries the mark ("1" in the column).
bool Marked(const CodeList& list, std::string_view code, std::string_view column);

}  // namespace ruraledu::dropout_monitoring
