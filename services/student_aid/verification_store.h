// The SQL of verification after payment, beside what common/feed/root.h does for every root.
#pragma once

#include <string_view>
#include <vector>

#include "common/db/db.h"
#include "services/student_aid/verification_rules.h"

namespace ruraledu::student_aid {

// id, body, sealed, version of the orders of a term that were paid, those taken back afterwards included; with a batch
// only its own. In order of id.
absl::StatusOr<std::vector<db::Row>> PaidOrders(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                std::string_view batch);
absl::StatusOr<AnswerCounts> AnswersOf(db::Transaction& tx, std::string_view shard, std::string_view verification);
// Person ids of the sample, in order.
absl::StatusOr<std::vector<std::string>> SampleOf(db::Transaction& tx, std::string_view shard,
                                                  std::string_view verification);

}  // namespace ruraledu::student_aid
