// The early-warning score: factors of a child weighted by data. It decides nothing; early-warning.md says how well it
// tells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {

using RiskBook = RegionalBook<v1::RiskPolicy>;

// Texts of risk_policies.csv and risk_weights.csv. DATA_FILE: an unknown factor, a number where a code belongs or the
// other way round, points outside of 1 to 100, a weight of no policy or without a source.
absl::StatusOr<RiskBook> ParseRiskBook(const std::string& policies, const std::string& weights,
                                       RegionPath path = RegionPathByDigits);

// Points, level and reasons.
v1::EvaluateRiskResponse Score(const v1::RiskPolicy& policy, const v1::RiskFacts& facts);

// The method. FIELD_REQUIRED, REGION_CODE, NUMBER_RANGE for facts that cannot be, REGION_POLICY_MISSING.
absl::StatusOr<v1::EvaluateRiskResponse> EvaluateRisk(const RiskBook& book, const v1::EvaluateRiskRequest& request);

// What is known of a child of the register on a day.
struct RiskSource {
  const registry::v1::Student& student;
  const std::vector<std::string>& kinds;  // hardship kinds that are open
  int marked_days = 0;                    // of the window of the evaluation
  int absent_days = 0;
  int64_t earlier_suspicions = 0;
  const v1::Learning* learning = nullptr;  // null: nobody recorded any
};
// Transfers are changes of school within a stage in the last two years; learning counts in its term and the next one.
v1::RiskFacts RiskFactsOf(const v1::RiskPolicy& policy, const RiskSource& source, const CodeList& grades,
                          const TermCalendar& terms, absl::CivilDay on);

// Puts a score into the stored one. The same points for the same factors are the same score: values and day stay.
void PutScore(const v1::EvaluateRiskResponse& score, absl::CivilDay on, v1::Risk* risk);

}  // namespace ruraledu::dropout_monitoring
