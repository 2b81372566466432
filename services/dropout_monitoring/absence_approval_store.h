// How approvals rest (common/feed/root.h), and their SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/absence_approval.pb.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kAbsenceApprovals;

// Ids of approvals whose child is to be looked for up to a day, in order; at most `limit`.
absl::StatusOr<std::vector<std::string>> ApprovalsToLookAt(db::Transaction& tx, std::string_view shard,
                                                           absl::CivilDay on, int64_t limit);
// The id of an approval of the child and kind that is proposed or in force within the days, ends included; "" none.
absl::StatusOr<std::string> ApprovalWithin(db::Transaction& tx, std::string_view shard, std::string_view child_key,
                                           v1::ApprovalKind kind, absl::CivilDay from, absl::CivilDay until);
// The id of an approval by which the child may stay away on a day; "" none.
absl::StatusOr<std::string> ApprovedOn(db::Transaction& tx, std::string_view shard, std::string_view child_key,
                                       absl::CivilDay on);
// Whether one of them says that the child cannot attend (XJ-1a): exempt, or taught at home. Of a pupil also those that
// it got as a resident whom a comparison matched with it.
absl::StatusOr<bool> ExemptedOn(db::Transaction& tx, std::string_view shard, std::string_view child_key,
                                absl::CivilDay on);

}  // namespace ruraledu::dropout_monitoring
