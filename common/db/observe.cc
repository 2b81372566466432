#include "common/db/observe.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::db {
namespace {

// What the database itself refuses; everything else that ends a transaction is its body's answer.
constexpr std::array<std::string_view, 8> kOwnReasons = {"COMMIT_UNKNOWN",    "CONSTRAINT",     "DATABASE_CORRUPT",
                                                         "DATABASE_INTERNAL", "DATABASE_RETRY", "DATABASE_UNAVAILABLE",
                                                         "DISK_FULL",         "READ_TOO_LONG"};
constexpr std::string_view kLockWait = "LOCK_WAIT";  // the head or a connection was not had in time

class MeteredDatabase final : public Database {
 public:
  MeteredDatabase(std::unique_ptr<Database> real, const obs::RuntimeMetrics& metrics)
      : real_(std::move(real)),
        read_seconds_(metrics.db_read_seconds),
        write_seconds_(metrics.db_write_seconds),
        wait_seconds_(metrics.db_wait_seconds),
        committed_(metrics.db_committed),
        rolled_back_(metrics.db_rolled_back),
        retried_(metrics.db_retried),
        lock_wait_(metrics.CounterOf("ruraledu_db_failures_total", {kLockWait})) {
    for (size_t i = 0; i < kOwnReasons.size(); ++i) {
      failures_[i] = metrics.CounterOf("ruraledu_db_failures_total", {kOwnReasons[i]});
    }
  }

  std::string instance() const override { return real_->instance(); }
  absl::Status Reincarnate() override { return real_->Reincarnate(); }
  void OnCommit(std::function<void(std::string_view)> listener) override { real_->OnCommit(std::move(listener)); }
  bool is_sqlite() const override { return real_->is_sqlite(); }
  absl::Status AnalyseNewTables() override { return real_->AnalyseNewTables(); }
  absl::Status Backup(const std::string& path) override { return real_->Backup(path); }

 protected:
  absl::Status RunWrite(std::string_view shard, const Body& body, const WriteOptions& options) override {
    const Run run;
    absl::Status status = real_->Write(
        shard, [&](Transaction& tx) { return Enter(run, body, tx); }, options);
    (status.ok() ? committed_ : rolled_back_).Inc();
    retried_.Inc(std::max(0, run.entered - 1));
    Leave(run, status, write_seconds_);
    return status;
  }
  absl::Status RunRead(const Body& body, const ReadOptions& options) override {
    const Run run;
    absl::Status status = real_->Read([&](Transaction& tx) { return Enter(run, body, tx); }, options);
    Leave(run, status, read_seconds_);
    return status;
  }

 private:
  struct Run {
    absl::Time begun = Clock::System().Now();
    mutable int entered = 0;  // on SQLite by the writer's thread, before the answer
  };

  absl::Status Enter(const Run& run, const Body& body, Transaction& tx) {
    if (run.entered++ == 0) {
      wait_seconds_.Observe(absl::ToDoubleSeconds(Clock::System().Now() - run.begun));
    }
    return body(tx);
  }

  void Leave(const Run& run, const absl::Status& status, obs::Histogram& seconds) {
    seconds.Observe(absl::ToDoubleSeconds(Clock::System().Now() - run.begun));
    if (status.ok()) {
      return;
    }
    const std::string reason = ReasonOf(status);
    const auto own = std::find(kOwnReasons.begin(), kOwnReasons.end(), reason);
    if (own != kOwnReasons.end()) {
      failures_[own - kOwnReasons.begin()].Inc();
    } else if (run.entered == 0 && reason == "DEADLINE_EXCEEDED") {
      lock_wait_.Inc();
    }
  }

  const std::unique_ptr<Database> real_;
  obs::Histogram read_seconds_, write_seconds_, wait_seconds_;
  obs::Counter committed_, rolled_back_, retried_, lock_wait_;
  std::array<obs::Counter, kOwnReasons.size()> failures_;
};

constexpr std::array<std::string_view, 3> kOpenStates = {"QUEUED", "RUNNING", "WAITING_FOR_FEED"};

struct Backlog {
  std::array<int64_t, kOpenStates.size()> jobs{};
  absl::Duration overdue;  // of a job that may run and does not, or whose worker is gone
  int64_t claims = 0;
  absl::Duration oldest_claim;
};

absl::StatusOr<Backlog> ReadBacklog(Transaction& tx) {
  Backlog backlog;
  const absl::Time now = tx.clock().Now();
  for (size_t i = 0; i < kOpenStates.size(); ++i) {
    ASSIGN_OR_RETURN(const auto row,
                     tx.QueryOne("SELECT count(*), min(lease_until) FROM job WHERE state = $1", kOpenStates[i]));
    backlog.jobs[i] = row->Int(0);
    if (!row->IsNull(1)) {
      backlog.overdue = std::max(backlog.overdue, now - row->Time(1));
    }
  }
  ASSIGN_OR_RETURN(const auto claims,
                   tx.QueryOne("SELECT count(*), min(updated_at) FROM claim WHERE state = 'TENTATIVE'"));
  backlog.claims = claims->Int(0);
  if (!claims->IsNull(1)) {
    backlog.oldest_claim = std::max(absl::ZeroDuration(), now - claims->Time(1));
  }
  return backlog;
}

}  // namespace

std::unique_ptr<Database> Metered(std::unique_ptr<Database> database, const obs::RuntimeMetrics& metrics) {
  return std::make_unique<MeteredDatabase>(std::move(database), metrics);
}

obs::Sampler::Probe BacklogProbe(Database& database, const obs::RuntimeMetrics& metrics) {
  std::array<obs::Gauge, kOpenStates.size()> jobs;
  for (size_t i = 0; i < kOpenStates.size(); ++i) {
    jobs[i] = metrics.GaugeOf("ruraledu_jobs_open", {kOpenStates[i]});
  }
  return [&database, jobs, overdue = metrics.GaugeOf("ruraledu_jobs_overdue_seconds"),
          claims = metrics.GaugeOf("ruraledu_claims_tentative"),
          oldest = metrics.GaugeOf("ruraledu_claims_oldest_seconds")]() mutable -> absl::Status {
    ASSIGN_OR_RETURN(const Backlog backlog, database.Read(ReadBacklog));
    for (size_t i = 0; i < jobs.size(); ++i) {
      jobs[i].Set(static_cast<double>(backlog.jobs[i]));
    }
    overdue.Set(absl::ToDoubleSeconds(backlog.overdue));
    claims.Set(static_cast<double>(backlog.claims));
    oldest.Set(absl::ToDoubleSeconds(backlog.oldest_claim));
    return absl::OkStatus();
  };
}

obs::Sampler::Probe DiskProbe(std::string_view url, const obs::RuntimeMetrics& metrics) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) {
    return nullptr;
  }
  return
      [path = std::string(url.substr(kSqlite.size())), free = metrics.GaugeOf("ruraledu_disk_free_bytes"),
       ratio = metrics.GaugeOf("ruraledu_disk_free_ratio"), main = metrics.GaugeOf("ruraledu_database_bytes", {"main"}),
       log = metrics.GaugeOf("ruraledu_database_bytes", {"wal"})]() mutable -> absl::Status {
        std::error_code error;
        const auto space = std::filesystem::space(path, error);
        if (error) {
          return Fail("FILE_UNREADABLE");
        }
        free.Set(static_cast<double>(space.available));
        ratio.Set(static_cast<double>(space.available) / static_cast<double>(std::max<uintmax_t>(1, space.capacity)));
        const auto size = [&error](const std::string& file) {
          const auto bytes = std::filesystem::file_size(file, error);
          return error ? 0.0 : static_cast<double>(bytes);  // there is no log before the first write
        };
        main.Set(size(path));
        log.Set(size(absl::StrCat(path, "-wal")));
        return absl::OkStatus();
      };
}

}  // namespace ruraledu::db
