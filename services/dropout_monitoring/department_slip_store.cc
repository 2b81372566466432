#include "services/dropout_monitoring/department_slip_store.h"

#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "ruraledu/dropout_monitoring/v1/department_slip.pb.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::vector<db::Value> SlipColumns(const google::protobuf::Message& root) {
  const auto& slip = static_cast<const v1::DepartmentSlip&>(root);
  return {slip.area(),
          slip.department(),
          slip.child_key(),
          int64_t{slip.state() == v1::SLIP_STATE_SENT},
          DayTextOf(slip.due_on()),
          DayTextOf(slip.clock_on())};
}

}  // namespace

const feed::RootTable kDepartmentSlips{"department_slip",
                                       "departmentSlips",
                                       {"area", "department", "child_key", "is_open", "due_on", "clock_on"},
                                       SlipColumns};

absl::StatusOr<std::vector<std::string>> SlipsToRemind(db::Transaction& tx, std::string_view shard, absl::CivilDay on,
                                                       int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id FROM department_slip WHERE shard = $1 AND clock_on <> '' AND "
                                             "clock_on <= $2 ORDER BY id LIMIT $3",
                                             shard, DayText(on), limit));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

absl::StatusOr<int64_t> CountLateSlips(db::Transaction& tx, std::string_view shard, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT COUNT(*) FROM department_slip WHERE shard = $1 AND is_open = 1 "
                                               "AND due_on < $2",
                                               shard, DayText(on)));
  return row->Int(0);
}

}  // namespace ruraledu::dropout_monitoring
