// How messages to guardians rest (common/feed/root.h), and their SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kAbsenceMessages;

// A child of whose absence the family is to be told.
struct ChildToTell {
  v1::Absence absence;
  std::string display_name;
  bool again = false;  // there is a message of the run, and it did not arrive
};
// In order of area and person, at most `limit`: children on the roll on a day whom ToBeTold names and of whose run
// there is no message; with `again` also those whom it did not reach.
absl::StatusOr<std::vector<ChildToTell>> ChildrenToTell(db::Transaction& tx, std::string_view shard,
                                                        const AreaRange& range, absl::CivilDay day, bool again,
                                                        size_t limit);

}  // namespace ruraledu::dropout_monitoring
