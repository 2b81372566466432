// Classes that were not marked as a whole on a school day of theirs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/calendar.h"
#include "common/domain/code_list.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/calendar_rules.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// Finds them in one snapshot.
class Unmarked {
 public:
  Unmarked(db::Transaction& tx, std::string shard, std::string parent, absl::CivilDay day, const WorkCalendar& work,
           const CodeList& statuses);
  // The sessions that the class lacks; nullopt: nothing.
  absl::StatusOr<std::optional<v1::UnmarkedClass>> Look(const ClassRow& row);

 private:
  absl::StatusOr<Sessions> Held(const std::string& school);

  db::Transaction& tx_;
  const std::string shard_, parent_;
  const absl::CivilDay day_;
  const WorkCalendar& work_;
  const CodeList& statuses_;
  const std::string year_;
  std::map<std::string, Sessions> held_;
};

// All of a county, in order of area, a few hundred classes per snapshot.
absl::StatusOr<std::vector<v1::UnmarkedClass>> AllUnmarked(const rpc::Host& host, const CodeList& statuses,
                                                           const std::string& shard, absl::CivilDay day);

std::string SessionLabel(v1::Session session);  // "上午"

}  // namespace ruraledu::dropout_monitoring
