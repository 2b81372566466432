// The SQL of studies and tracked aid (schema 0007_programme.sql).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/feed/root.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"

namespace ruraledu::student_aid {

// Studies of a county within an area, behind (area, id), in that order.
absl::StatusOr<std::vector<v1::Study>> PageOfStudies(db::Transaction& tx, std::string_view shard,
                                                     const AreaRange& within, std::string_view after_area,
                                                     std::string_view after_id, int64_t limit);
absl::StatusOr<std::optional<v1::Decision>> DecisionInForce(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            std::string_view shard, std::string_view person,
                                                            std::string_view term);

// Loans of a county under a term, by kind and state: how many, and the sum agreed.
struct LoanSum {
  std::string kind, state;
  int64_t loans = 0, agreed_fen = 0;
};
absl::StatusOr<std::vector<LoanSum>> LoanSums(db::Transaction& tx, std::string_view shard, std::string_view term);

// Allocations to schools in a term within an area: school's area and item -> heads and fen.
using SchoolFunds = std::map<std::pair<std::string, std::string>, std::pair<int64_t, int64_t>>;
absl::StatusOr<SchoolFunds> SchoolFundsOf(db::Transaction& tx, std::string_view shard, std::string_view term,
                                          const AreaRange& within);

}  // namespace ruraledu::student_aid
