// What the clock of cases does with approvals whose time is over (case_clock.h).
#pragma once

#include <string>
#include <vector>

#include "common/db/db.h"
#include "common/feed/root.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

struct ApprovalTurn {
  const rpc::Host& host;
  const Standards& standards;
  std::string actor;  // "job:<id>"
  absl::CivilDay today;
};

// Looks for the children of approvals by their ids: a child that is not back gets a case, unless it has one. Put with
// the job's writer.
absl::Status LookAtApprovals(db::Transaction& tx, feed::RootWriter& writer, const ApprovalTurn& turn,
                             const std::vector<std::string>& ids);

}  // namespace ruraledu::dropout_monitoring
