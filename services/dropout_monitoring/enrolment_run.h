// A run of the enrolment drive as a job: who joins the lists of both levels, then every child of them once more: where
// it is, and whether the window is over. Page by page, each one snapshot, decisions outside of any transaction, and one
// write that stores what changed together with the cursor.
//
//   WAITING_FOR_FEED until the positions that the request named are reached, and while an import is partly applied
//   a child that did not change writes nothing; whoever was suspected once is not suspected again in the year
//   a case is opened in the write of the child (case_writes.h); an open one takes the finding
#pragma once

#include <string>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kEnrolmentJob = "enrolment_run";

struct EnrolmentParts {
  const rpc::Host& host;
  const Standards& standards;
  int64_t page = 500;  // children per write
};

// Result: EnrolmentRun, which is also kept as a root.
absl::StatusOr<std::string> RunEnrolment(const EnrolmentParts& parts, db::JobContext& context);

}  // namespace ruraledu::dropout_monitoring
