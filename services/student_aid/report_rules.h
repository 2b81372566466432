// What reports of money are made of, without where it is read: the split of an amount by level of government, periods
// (digest 2.10).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/report_cells.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// An amount by level of government. `unsplit_fen`: of items whose standards state no shares.
struct LevelAmounts {
  std::array<int64_t, v1::FundingLevel_ARRAYSIZE> by_level = {};  // by FundingLevel
  int64_t unsplit_fen = 0;

  LevelAmounts& operator+=(const LevelAmounts& other);
};
// As SplitShares (share_rules.h).
absl::StatusOr<LevelAmounts> SplitByLevel(const v1::PolicyItem& item, int64_t fen);

// The row of an item that holds in the region and term; nullptr when there is none.
const v1::PolicyItem* ItemInForce(const PolicyBook& book, std::string_view region, const Term& term,
                                  std::string_view item);

std::string LevelText(v1::FundingLevel level);  // "中央"

// A calendar year "2024": 0 when it is none.
int32_t ParseBudgetYear(std::string_view text);

}  // namespace ruraledu::student_aid
