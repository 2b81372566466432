// The comparison of a county as a job (digest 3.3): pupils, then residents, then members of supported households whom
// no register knows, then findings about nobody; page by page, each one snapshot, decisions outside of any
// transaction, and one write that stores what changed together with the cursor.
//
//   WAITING_FOR_FEED until the positions that the request named are reached, and while an import is partly applied
//   a finding is written when it begins and when it is over; one that goes on writes nothing
//   a case is opened in the write of the finding that it follows from (case_writes.h), once per finding
#pragma once

#include <string>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kComparisonJob = "population_comparison";

struct ComparisonParts {
  const rpc::Host& host;
  const Standards& standards;
  int64_t page = 500;  // children per write
};

// Result: ComparisonRun, which is also kept as a root.
absl::StatusOr<std::string> RunComparison(const ComparisonParts& parts, db::JobContext& context);

}  // namespace ruraledu::dropout_monitoring
