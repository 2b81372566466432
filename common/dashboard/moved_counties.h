// Probes that look county by county.
#pragma once

#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/sampler.h"

namespace ruraledu::dashboard {

// Calls `look` for each county whose head moved since its last look that went well; with a clock, for all of them on
// another day, too: what is late depends on it. `database` and `clock` outlive the probe.
obs::Sampler::Probe MovedCounties(db::Database& database, std::function<absl::Status(const std::string& shard)> look,
                                  const Clock* clock = nullptr);

}  // namespace ruraledu::dashboard
