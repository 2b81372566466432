#include "services/dropout_monitoring/absence_approval_store.h"

#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kProposed = "APPROVAL_STATE_PROPOSED";
constexpr std::string_view kInForce = "APPROVAL_STATE_IN_FORCE";

std::vector<db::Value> ApprovalColumns(const v1::AbsenceApproval& approval) {
  return {approval.area(),
          v1::ApprovalKind_Name(approval.kind()),
          approval.child_key(),
          v1::ApprovalState_Name(approval.state()),
          DayTextOf(approval.valid_from()),
          DayTextOf(approval.valid_until()),
          DayTextOf(approval.clock_on())};
}

std::string IdIn(const std::optional<db::Row>& row) {
  return row.has_value() ? row->Text(0) : std::string();
}

}  // namespace

const feed::RootTable kAbsenceApprovals{"absence_approval",
                                        "absenceApprovals",
                                        {"area", "kind", "child_key", "state", "valid_from", "valid_until", "clock_on"},
                                        feed::ColumnsOf<v1::AbsenceApproval>(&ApprovalColumns)};

absl::StatusOr<std::vector<std::string>> ApprovalsToLookAt(db::Transaction& tx, std::string_view shard,
                                                           absl::CivilDay on, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id FROM absence_approval WHERE shard = $1 AND clock_on <> '' AND "
                                             "clock_on <= $2 ORDER BY id LIMIT $3",
                                             shard, DayText(on), limit));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

absl::StatusOr<std::string> ApprovalWithin(db::Transaction& tx, std::string_view shard, std::string_view child_key,
                                           v1::ApprovalKind kind, absl::CivilDay from, absl::CivilDay until) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT id FROM absence_approval WHERE shard = $1 AND child_key = $2 AND kind = $3 AND "
                  "(state = $4 OR state = $5) AND valid_from <= $7 AND valid_until >= $6 ORDER BY id "
                  "LIMIT 1",
                  shard, child_key, v1::ApprovalKind_Name(kind), kProposed, kInForce, DayText(from), DayText(until)));
  return IdIn(row);
}

absl::StatusOr<std::string> ApprovedOn(db::Transaction& tx, std::string_view shard, std::string_view child_key,
                                       absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id FROM absence_approval WHERE shard = $1 AND child_key = $2 "
                                               "AND state = $3 AND valid_from <= $4 AND valid_until >= $4 ORDER BY id "
                                               "LIMIT 1",
                                               shard, child_key, kInForce, DayText(on)));
  return IdIn(row);
}

absl::StatusOr<bool> ExemptedOn(db::Transaction& tx, std::string_view shard, std::string_view child_key,
                                absl::CivilDay on) {
  if (child_key.empty()) {
    return false;
  }
  // A pupil may have been approved as a child of a list, before the register knew it.
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id FROM absence_approval WHERE shard = $1 AND (child_key = $2 "
                                               "OR child_key IN (SELECT r.id FROM resident r WHERE r.shard = $1 AND "
                                               "r.student = $2)) AND state = $3 AND (kind = $5 OR kind = $6) AND "
                                               "valid_from <= $4 AND valid_until >= $4 ORDER BY id LIMIT 1",
                                               shard, child_key, kInForce, DayText(on),
                                               v1::ApprovalKind_Name(v1::APPROVAL_KIND_EXEMPTION),
                                               v1::ApprovalKind_Name(v1::APPROVAL_KIND_HOME_TEACHING)));
  return row.has_value();
}

}  // namespace ruraledu::dropout_monitoring
