// How a database shows in the metrics of its service.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"

namespace ruraledu::db {

// The same database; transactions are counted and measured. Durations run from the call to its answer; the wait is what
// passes before the body of the transaction begins. `metrics` outlives it.
std::unique_ptr<Database> Metered(std::unique_ptr<Database> database, const obs::RuntimeMetrics& metrics);

// Jobs that are not ended and how long the most overdue one waits; claims that are neither held nor released.
obs::Sampler::Probe BacklogProbe(Database& database, const obs::RuntimeMetrics& metrics);

// Free space below a SQLite file and the sizes of the file and its log; empty for PostgreSQL, which watches its own.
obs::Sampler::Probe DiskProbe(std::string_view url, const obs::RuntimeMetrics& metrics);

}  // namespace ruraledu::db
