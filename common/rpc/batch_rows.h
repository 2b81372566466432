// Many roots that a request names, each taken one step on in one write, with a result for each: a row that the rules
// refuse keeps its reason and stays as it is, every other error ends the write.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/rpc/resources.h"
#include "google/protobuf/repeated_field.h"

namespace ruraledu::rpc {

// One row: the root, and why it is left as it is ("": it passes so far).
struct BatchRow {
  std::string name;
  std::string reason;
};
inline constexpr int kMostRows = 2000;

// A row per name, at most `most`: FIELD_TOO_MANY of `field`.
absl::StatusOr<std::vector<BatchRow>> RowsNamed(const google::protobuf::RepeatedPtrField<std::string>& names,
                                                std::string_view field, int most = kMostRows);

// Before the write: settles the caller's area row by row; a row that is not there (NOT_FOUND) or stands twice
// (DUPLICATE_IN_BATCH) gets its reason. NAME_INVALID for a name of another shard or collection.
absl::Status SettleRows(Call& call, db::Transaction& tx, std::string_view shard, const feed::RootTable& table,
                        std::vector<BatchRow>* rows);

// Whether an error is a fault of its row, whose reason it becomes: everything else ends the write.
bool RefusesRow(const absl::Status& status);

// Rows as a write remembers them, and as its answer shows them; `Row` is a message with name and reason.
std::string RowsText(const std::vector<BatchRow>& rows);
template <typename Row>
void ReadRows(std::string_view text, google::protobuf::RepeatedPtrField<Row>* rows) {
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    Row* row = rows->Add();
    row->set_name(parts.first);
    row->set_reason(parts.second);
  }
}

// `step(tx, i, before, after)` of row i: the root as it is (null: not there) and as it is to be.
template <typename M>
using BatchStep = std::function<absl::Status(db::Transaction& tx, size_t row, const M* before, M& after)>;

// Within a write: each row that passes so far.
template <typename M>
absl::Status StepRows(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer,
                      const feed::RootTable& table, std::string_view cause, std::vector<BatchRow>* rows,
                      const BatchStep<M>& step) {
  for (size_t i = 0; i < rows->size(); ++i) {
    BatchRow& row = (*rows)[i];
    if (!row.reason.empty()) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto before, feed::Load<M>(tx, sealer, table, tx.shard(), feed::IdOfName(row.name)));
    const M* const present = before.has_value() ? &*before : nullptr;
    M after = before.value_or(M());
    const absl::Status stepped = step(tx, i, present, after);
    if (RefusesRow(stepped)) {
      row.reason = ReasonOf(stepped);
      continue;
    }
    RETURN_IF_ERROR(stepped);
    RETURN_IF_ERROR(writer.Put(table, present, after, cause).status());
  }
  return absl::OkStatus();
}

// StepRows in a write of its own, and the rows as its answer.
template <typename M, typename Response>
absl::StatusOr<Response> StepOnRows(Call& call, const Host& host, std::string_view shard, const feed::RootTable& table,
                                    std::vector<BatchRow> rows, std::string_view cause, const BatchStep<M>& step) {
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        std::vector<BatchRow> settled = rows;
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        RETURN_IF_ERROR(StepRows<M>(tx, *sealer, writer, table, cause, &settled, step));
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return Written{RowsText(settled), version};
      },
      [](db::Transaction&, const std::string& text) -> absl::StatusOr<Response> {
        Response response;
        ReadRows(text, response.mutable_rows());
        return response;
      });
}

}  // namespace ruraledu::rpc
