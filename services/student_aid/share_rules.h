// Who bears the cost of an item: its shares by level of government (digest 2.10). The one split that orders and reports
// have in common.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/policy.pb.h"

namespace ruraledu::student_aid {

struct LevelAmount {
  v1::FundingLevel level = v1::FUNDING_LEVEL_UNSPECIFIED;
  int64_t fen = 0;
};

// From the highest level that bears something, which has the remainder of fen, to the lowest, in whatever order the
// standards list them. Empty when the item states no shares. SHARES_NOT_WHOLE, POLICY_ROW (see SharesProblem).
absl::StatusOr<std::vector<LevelAmount>> SplitShares(const v1::PolicyItem& item, int64_t fen);

// A level that there is not, or one that stands twice; "" when neither.
std::string_view SharesProblem(const v1::PolicyItem& item);

}  // namespace ruraledu::student_aid
