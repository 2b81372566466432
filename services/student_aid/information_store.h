// The SQL of information asked of families.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "ruraledu/student_aid/v1/information_request.pb.h"

namespace ruraledu::student_aid {

// Condition of a list: those that are in a state on a day. Appends its values to `args`.
std::string InStateText(v1::InformationRequestState state, std::string day, std::vector<db::Value>* args);

// The latest last day of the open requests of a record, by its id; nullopt: none is open.
absl::StatusOr<std::optional<absl::CivilDay>> InformationDue(db::Transaction& tx, std::string_view shard,
                                                             std::string_view record);

// Requests of a county that nobody answered, and those of them whose last day is before `today`.
struct InformationWaiting {
  int64_t open = 0, overdue = 0;
};
absl::StatusOr<InformationWaiting> WaitingInformation(db::Transaction& tx, std::string_view shard,
                                                      std::string_view today);

}  // namespace ruraledu::student_aid
