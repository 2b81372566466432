#include "services/dropout_monitoring/unnamed_erasure.h"

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/dashboard/moved_counties.h"
#include "common/rpc/person_erasure.h"
#include "services/dropout_monitoring/daily_job.h"
#include "services/dropout_monitoring/population_store.h"
#include "services/dropout_monitoring/tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

// The day that a root carries is the last one on which it is kept.
int DaysBehind(const std::string&, absl::CivilDay) {
  return 1;
}

}  // namespace

absl::StatusOr<std::string> RunUnnamedErasure(const rpc::Host& host, db::JobContext& context) {
  return rpc::RunEraseUnnamed(host, OwnKinds(), DaysBehind, context);
}

obs::Sampler::Probe UnnamedErasureProbe(const rpc::Host& host) {
  return dashboard::MovedCounties(
      host.database,
      [&host](const std::string& shard) -> absl::Status {
        const absl::CivilDay today = host.clock.Today();
        ASSIGN_OR_RETURN(const bool ended,
                         host.database.Read([&](db::Transaction& tx) { return UnnamedEnded(tx, shard, today); }));
        if (!ended) {
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(const bool due,
                         rpc::IsUnnamedDue(host.database, OwnKinds(), shard, today - DaysBehind(shard, today)));
        return due ? EnsureDailyJob(host, shard, rpc::kEraseUnnamedJob, DateOf(today)) : absl::OkStatus();
      },
      &host.clock);
}

}  // namespace ruraledu::dropout_monitoring
