// The list of leavers as a job: who joins it, then every leaver once more: what the registry proves by itself, and
// whether the family is to be called. Pages, snapshots and writes are those of enrolment_run.h; a closed ledger is left
// alone.
#pragma once

#include <string>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kLeaverJob = "leaver_run";

struct LeaverParts {
  const rpc::Host& host;
  const Standards& standards;
  int64_t page = 500;  // leavers per write
};

// Policy and days of a school year that ends, in a county. REGION_POLICY_MISSING.
struct LeaverDays {
  const v1::LeaverPolicy* policy = nullptr;
  LeaverYear year;
};
absl::StatusOr<LeaverDays> LeaverDaysOf(const Standards& standards, const std::string& shard, const SchoolYear& year);

// Result: LeaverRunResult.
absl::StatusOr<std::string> RunLeavers(const LeaverParts& parts, db::JobContext& context);

}  // namespace ruraledu::dropout_monitoring
