// How the handlers of identification change records: one at a time, or many in one write with a result per row. For
// *_handlers.cc only.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/resources.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/identification_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// Who acts: the person behind the account, today.
Act ActOf(rpc::Call& call, std::string reason = "");

// The tables by which a record was scored: POLICY_SET_UNKNOWN.
absl::StatusOr<const v1::IdentificationPolicy*> PolicyOf(const IdentificationBook& tables,
                                                         const v1::Identification& record);

// Reasons in words and names of persons are short.
inline constexpr size_t kMostText = 2000;  // bytes: 500 characters
inline constexpr size_t kMostName = 800;
void CheckText(const std::string& text, std::string_view field, size_t limit, Violations* violations);

// ETAG_MISMATCH, MERGED: what every change of a record that is there checks.
absl::Status CheckPresent(const v1::Identification& before, const std::string& etag);

// STATE_TRANSITION for a record for which nothing was applied for yet.
absl::Status CheckBegun(const v1::Identification& record, std::string_view event);

// Changes one record and whatever the step puts beside it; answers it masked. Errors as rpc::WriteRoot, CheckPresent
// and those of the step.
using RecordStep =
    std::function<absl::Status(db::Transaction& tx, feed::RootWriter& writer, v1::Identification& after)>;
absl::StatusOr<v1::Identification> StepOn(rpc::Call& call, const rpc::Host& host, const std::string& name,
                                          const std::string& etag, std::string_view cause, const RecordStep& step);

// One row of a batch: the record, and why it is left as it is ("": it passes so far).
struct BatchRow {
  std::string name;
  std::string reason;
};
// A row per name, at most 2000: FIELD_TOO_MANY.
absl::StatusOr<std::vector<BatchRow>> RowsNamed(const google::protobuf::RepeatedPtrField<std::string>& names);
std::string RowsText(const std::vector<BatchRow>& rows);
void ReadRows(std::string_view text, google::protobuf::RepeatedPtrField<v1::IdentificationRow>* rows);

// Before the write: settles the caller's area row by row; a row that is not there, or stands twice, gets its reason.
// NAME_INVALID for a name of another shard or collection.
absl::Status SettleRows(rpc::Call& call, db::Transaction& tx, std::string_view shard, std::vector<BatchRow>* rows);

// Within the write: takes each row that passes one step on. A refusal of the rules becomes the reason of the row; other
// errors end the write. `step(tx, i, before, after)`: the record as it is (null: not there) and as it is to be.
using BatchStep = std::function<absl::Status(db::Transaction& tx, size_t row, const v1::Identification* before,
                                             v1::Identification& after)>;
absl::Status StepRows(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer,
                      std::string_view cause, std::vector<BatchRow>* rows, const BatchStep& step);

// SettleRows, StepRows and the answer of a batch of records that are there.
absl::StatusOr<v1::BatchIdentificationsResponse> StepOnRows(rpc::Call& call, const rpc::Host& host,
                                                            std::string_view shard, std::vector<BatchRow> rows,
                                                            std::string_view cause, const BatchStep& step);

}  // namespace ruraledu::student_aid
