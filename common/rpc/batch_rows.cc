#include "common/rpc/batch_rows.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace ruraledu::rpc {

absl::StatusOr<std::vector<BatchRow>> RowsNamed(const google::protobuf::RepeatedPtrField<std::string>& names,
                                                std::string_view field, int most) {
  Violations violations;
  violations.MostElements(field, names.size(), most);
  RETURN_IF_ERROR(violations.status());
  std::vector<BatchRow> rows;
  for (const std::string& name : names) {
    rows.push_back({name, ""});
  }
  return rows;
}

absl::Status SettleRows(Call& call, db::Transaction& tx, std::string_view shard, const feed::RootTable& table,
                        std::vector<BatchRow>* rows) {
  std::set<std::string> seen;
  for (BatchRow& row : *rows) {
    ASSIGN_OR_RETURN(const std::string of, ShardOf(row.name, table.collection));
    if (of != shard) {
      return Fail("NAME_INVALID", {{"field", table.collection}});
    }
    ASSIGN_OR_RETURN(const auto area, feed::AreaOfRoot(tx, table, shard, feed::IdOfName(row.name)));
    if (area.has_value()) {
      RETURN_IF_ERROR(call.CheckArea(*area));
    } else if (const absl::Status missing = call.CheckMissing(row.name); absl::IsNotFound(missing)) {
      row.reason = "NOT_FOUND";
    } else {
      return missing;
    }
    if (!seen.insert(row.name).second) {
      row.reason = "DUPLICATE_IN_BATCH";
    }
  }
  return absl::OkStatus();
}

bool RefusesRow(const absl::Status& status) {
  return !ReasonOf(status).empty() &&
         (absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
          absl::IsAlreadyExists(status) || ReasonOf(status) == "ETAG_MISMATCH");
}

std::string RowsText(const std::vector<BatchRow>& rows) {
  std::string text;
  for (const BatchRow& row : rows) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", row.name, " ", row.reason);
  }
  return text;
}

}  // namespace ruraledu::rpc
