#include "common/dashboard/counter_audit.h"

#include <algorithm>
#include <memory>

#include "common/base/error.h"
#include "common/dashboard/rebuild.h"
#include "common/dashboard/terms.h"
#include "common/db/jobs.h"

namespace ruraledu::dashboard {
namespace {

constexpr std::string_view kAuditor = "service:audit";
constexpr absl::Duration kKept = absl::Hours(7 * 24);

class Audit {
 public:
  Audit(db::Database& database, const Clock& clock, const obs::RuntimeMetrics& metrics)
      : database_(database), clock_(clock), metrics_(metrics), seen_(clock.Now() - kKept) {}

  absl::Status Look() {
    RETURN_IF_ERROR(Show());
    ASSIGN_OR_RETURN(const std::string shard,
                     database_.Read([&](db::Transaction& tx) { return NextCounty(tx, FirstMoment(clock_.Today())); }));
    return shard.empty() ? absl::OkStatus() : Queue(shard);
  }

 private:
  // A county without a rebuild since the day began; "" when there is none, or other jobs have to be done: they move the
  // heads, and a rebuild begins again when its county's head moves.
  static absl::StatusOr<std::string> NextCounty(db::Transaction& tx, absl::Time since) {
    ASSIGN_OR_RETURN(const auto waiting,
                     tx.Query("SELECT id FROM job WHERE state = 'RUNNING' OR state = 'QUEUED' LIMIT 1"));
    if (!waiting.empty()) {
      return std::string();
    }
    ASSIGN_OR_RETURN(const auto next,
                     tx.QueryOne("SELECT h.shard FROM head h WHERE h.shard >= 'c' AND h.shard < 'd' AND h.seq > 0 AND "
                                 "NOT EXISTS (SELECT 1 FROM job j WHERE j.shard = h.shard AND j.kind = $1 AND "
                                 "j.created_at >= $2) ORDER BY h.shard LIMIT 1",
                                 kRebuildJob, since));
    return next.has_value() ? next->Text(0) : std::string();
  }

  absl::Status Queue(const std::string& shard) {
    const absl::Time today = FirstMoment(clock_.Today());
    return database_.Write(shard, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto newest, db::ListJobs(tx, shard, kRebuildJob, "", 1));
      if (!newest.empty() && newest[0].created_at >= today) {
        return absl::OkStatus();  // another process was faster
      }
      RETURN_IF_ERROR(tx.Execute("DELETE FROM job WHERE shard = $1 AND kind = $2 AND subject = $3 AND created_at < $4 "
                                 "AND state IN ('SUCCEEDED', 'FAILED', 'CANCELLED')",
                                 shard, kRebuildJob, kAuditor, today - kKept)
                          .status());
      return db::InsertJob(tx, {.shard = shard,
                                .id = NewId(clock_),
                                .kind = std::string(kRebuildJob),
                                .subject = std::string(kAuditor),
                                .area = shard.substr(1)});
    });
  }

  // What ended since the last look.
  absl::Status Show() {
    // Of an ended job lease_until is the time of its end; (state, lease_until) has an index.
    ASSIGN_OR_RETURN(const auto ended, database_.Read([&](db::Transaction& tx) {
      return tx.Query(
          "SELECT shard, result, lease_until FROM job WHERE state = 'SUCCEEDED' AND lease_until >= $1 AND "
          "kind = $2 ORDER BY lease_until, id",
          seen_, kRebuildJob);
    }));
    for (const db::Row& row : ended) {
      ruraledu::dashboard::v1::RebuildDashboardResult result;
      if (!result.ParseFromString(row.Bytes(1))) {
        return absl::DataLossError("the result of a rebuild does not parse");
      }
      metrics_.GaugeOf("ruraledu_integrity_findings", {"counters", row.Text(0)}).Set(result.differences());
      metrics_.GaugeOf("ruraledu_integrity_checked_timestamp_seconds", {"counters"})
          .Set(absl::ToDoubleSeconds(row.Time(2) - absl::UnixEpoch()));
      seen_ = std::max(seen_, row.Time(2));
    }
    return absl::OkStatus();
  }

  db::Database& database_;
  const Clock& clock_;
  const obs::RuntimeMetrics metrics_;
  absl::Time seen_;
};

}  // namespace

obs::Sampler::Probe CounterAudit(db::Database& database, const Clock& clock, const obs::RuntimeMetrics& metrics) {
  const auto audit = std::make_shared<Audit>(database, clock, metrics);
  return [audit] { return audit->Look(); };
}

}  // namespace ruraledu::dashboard
