#include "services/dropout_monitoring/daily_job.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/db/jobs.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int64_t kJobsLookedAt = 20;  // of a day and those before it

absl::StatusOr<bool> Had(db::Transaction& tx, std::string_view shard, std::string_view kind, const std::string& input) {
  ASSIGN_OR_RETURN(const auto jobs, db::ListJobs(tx, shard, kind, "", kJobsLookedAt));
  return std::any_of(jobs.begin(), jobs.end(), [&](const db::JobRow& job) { return job.input == input; });
}

}  // namespace

absl::Status EnsureDailyJob(const rpc::Host& host, const std::string& shard, std::string_view kind,
                            const google::protobuf::Message& plan) {
  const std::string input = plan.SerializeAsString();
  // Most looks find it there: nothing is written, nor a head locked, for them.
  ASSIGN_OR_RETURN(const bool had,
                   host.database.Read([&](db::Transaction& tx) { return Had(tx, shard, kind, input); }));
  if (had) {
    return absl::OkStatus();
  }
  return host.database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const bool there, Had(tx, shard, kind, input));
    if (there) {
      return absl::OkStatus();
    }
    return db::EnsureJob(tx, {.shard = shard,
                              .id = NewId(host.clock),
                              .kind = std::string(kind),
                              .input = input,
                              .subject = "service:dropout_monitoring",
                              .area = shard.substr(1)});
  });
}

}  // namespace ruraledu::dropout_monitoring
