#include "common/dashboard/moved_counties.h"

#include <map>
#include <memory>
#include <utility>

#include "common/base/error.h"

namespace ruraledu::dashboard {

obs::Sampler::Probe MovedCounties(db::Database& database, std::function<absl::Status(const std::string& shard)> look,
                                  const Clock* clock) {
  using Seen = std::map<std::string, std::pair<int64_t, absl::CivilDay>>;
  return [&database, clock, look = std::move(look), seen = std::make_shared<Seen>()]() -> absl::Status {
    const absl::CivilDay today = clock == nullptr ? absl::CivilDay() : clock->Today();
    ASSIGN_OR_RETURN(const auto heads, database.Heads());
    for (const auto& [shard, head] : heads) {
      const std::pair now{head.seq, today};
      if (shard.starts_with('c') && (*seen)[shard] != now) {
        RETURN_IF_ERROR(look(shard));
        (*seen)[shard] = now;
      }
    }
    return absl::OkStatus();
  };
}

}  // namespace ruraledu::dashboard
