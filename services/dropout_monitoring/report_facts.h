// What the sums of months, the cleared state and the reviews read. For *_handlers.cc and gauges only.
#pragma once

#include <string>

#include "common/rpc/resources.h"
#include "services/dropout_monitoring/report_rules.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

struct ReportFacts {
  const rpc::Host& host;
  const Standards& standards;
  absl::CivilDay today;
};

// Errors: CASE_POLICY_MISSING.
absl::StatusOr<v1::MonthRollUp> MonthSum(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                         absl::CivilMonth month);
// The same of register cleaning. REGION_POLICY_MISSING.
absl::StatusOr<v1::RegisterRollUp> RegisterSum(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                               absl::CivilMonth month);
// Pairs of school and month of the school year whose report, or check of the register, was due before a day and is
// missing.
absl::StatusOr<int> MissingReports(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                   absl::CivilDay on);
absl::StatusOr<int> MissingRegisterChecks(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                          absl::CivilDay on);
absl::StatusOr<v1::Clearance> ClearanceOn(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                          absl::CivilDay on);

}  // namespace ruraledu::dropout_monitoring
