// The SQL of the report of problems: what had a code within two days. Rows of roots: id, body, sealed, version.
#pragma once

#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/db/db.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::vector<db::Row>> AllRestrictions(db::Transaction& tx, std::string_view shard,
                                                     std::string_view after, int64_t limit);
absl::StatusOr<std::vector<db::Row>> ChecksWithFindings(db::Transaction& tx, std::string_view shard,
                                                        std::string_view after, int64_t limit);
// Orders that failed or came back; the state of the application behind them.
absl::StatusOr<std::vector<db::Row>> EndedOrders(db::Transaction& tx, std::string_view shard, std::string_view after,
                                                 int64_t limit);
absl::StatusOr<std::vector<db::Row>> RefusedAid(db::Transaction& tx, std::string_view shard, std::string_view after,
                                                int64_t limit);
// Comparisons on a list that were written from one moment to another, behind an id.
absl::StatusOr<std::vector<db::Row>> ComparisonsWritten(db::Transaction& tx, std::string_view shard, int64_t from_us,
                                                        int64_t until_us, std::string_view after, int64_t limit);
// State of an application, "" when there is none.
absl::StatusOr<std::string> StateOfApplication(db::Transaction& tx, std::string_view shard, std::string_view id);
// id of the batch, body, sealed, version of it; then application, reason and the state of the application: what batches
// left out, behind (batch, application).
absl::StatusOr<std::vector<db::Row>> LeftOutOfBatches(db::Transaction& tx, std::string_view shard,
                                                      std::string_view batch, std::string_view application,
                                                      int64_t limit);
// id of the return, body, sealed, version of it; line, outcome, reason: lines that booked nothing, behind (return,
// line).
absl::StatusOr<std::vector<db::Row>> UnbookedLines(db::Transaction& tx, std::string_view shard,
                                                   std::string_view return_id, int64_t line, int64_t limit);
// Feedbacks of the national system that were refused; whether a later one of their export was booked.
absl::StatusOr<std::vector<db::Row>> RefusedFeedbacks(db::Transaction& tx, std::string_view shard,
                                                      std::string_view after, int64_t limit);
// Differences found from one day to another, both included.
absl::StatusOr<std::vector<db::Row>> DifferencesFound(db::Transaction& tx, std::string_view shard, absl::CivilDay from,
                                                      absl::CivilDay to, std::string_view after, int64_t limit);

}  // namespace ruraledu::student_aid
