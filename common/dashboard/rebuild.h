// Jobs over the counters of one shard.
#pragma once

#include "common/crypto/keys.h"
#include "common/dashboard/counters.h"
#include "common/db/jobs.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"

namespace ruraledu::dashboard {

inline constexpr std::string_view kRebuildJob = "rebuild_dashboard";
inline constexpr std::string_view kOpenPeriodJob = "open_period";

struct RebuildOptions {
  int64_t page = 1000;  // roots per snapshot
  int attempts = 5;     // before the job is put back into the queue
  absl::Duration pause = absl::Seconds(5);
};

// Recomputes every counter of the job's shard that is derived from roots, and sets those right that differ, only if the
// head of the shard has not moved meanwhile; else it starts again. A correction is journalled: it moves the head, and
// with it the version of the dashboards. Kept STOCK levels of past periods are left alone. Result:
// RebuildDashboardResult. `book` and `keys` outlive the job engine.
db::JobFunction RebuildJob(const MeasureBook& book, crypto::KeyRing& keys, RebuildOptions options = {});

// KeepStocks for the period named by the job's input. Result empty.
db::JobFunction OpenPeriodJob(crypto::KeyRing& keys);

}  // namespace ruraledu::dashboard
