#include "services/student_aid/information_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {

std::string InStateText(v1::InformationRequestState state, std::string day, std::vector<db::Value>* args) {
  const bool open = state == v1::INFORMATION_REQUEST_STATE_OPEN, lapsed = state == v1::INFORMATION_REQUEST_STATE_LAPSED;
  args->push_back(v1::InformationRequestState_Name(lapsed ? v1::INFORMATION_REQUEST_STATE_OPEN : state));
  std::string text = absl::StrCat("state = $", args->size());
  if (open || lapsed) {
    args->push_back(std::move(day));
    absl::StrAppend(&text, " AND due_on ", open ? ">= $" : "< $", args->size());
  }
  return text;
}

absl::StatusOr<std::optional<absl::CivilDay>> InformationDue(db::Transaction& tx, std::string_view shard,
                                                             std::string_view record) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT due_on FROM information_request WHERE shard = $1 AND record = $2 "
                            "AND state = $3 ORDER BY due_on DESC LIMIT 1",
                            shard, record, v1::InformationRequestState_Name(v1::INFORMATION_REQUEST_STATE_OPEN)));
  absl::CivilDay due;
  return !rows.empty() && ParseDay(rows[0].Text(0), &due) ? std::optional(due) : std::nullopt;
}

absl::StatusOr<InformationWaiting> WaitingInformation(db::Transaction& tx, std::string_view shard,
                                                      std::string_view today) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT count(*), coalesce(CAST(sum(CASE WHEN due_on < $2 THEN 1 ELSE 0 END) AS BIGINT), "
                            "0) FROM information_request WHERE shard = $1 AND state = $3",
                            shard, today, v1::InformationRequestState_Name(v1::INFORMATION_REQUEST_STATE_OPEN)));
  return InformationWaiting{rows[0].Int(0), rows[0].Int(1)};
}

}  // namespace ruraledu::student_aid
