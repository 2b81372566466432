// Runs jobs: leases a row, calls the function of its kind, stores how it ended.
//
// The row's lease_until means: when a RUNNING job may be taken over, and when a QUEUED or WAITING_FOR_FEED one may
// start. lease_epoch grows with each lease; every write of a turn checks it under the head lock.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/job_rows.h"
#include "common/db/jobs.h"
#include "google/rpc/status.pb.h"

namespace ruraledu::db {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(1);  // after an end of a turn that passes by itself

// A job that met this goes on at its cursor: applying only goes forward, so a full disk or a slow one must not leave a
// batch half applied for ever.
bool PassesByItself(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || reason == "HEAD_MOVED" ||
         reason == "DATABASE_RETRY" || reason == "READ_TOO_LONG" || reason == "DISK_FULL";
}

// Shared with the database's commit listener, which may outlive the engine.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
  int64_t rings = 0;
  bool stop = false;

  void Ring() {
    std::lock_guard lock(mutex);
    ++rings;
    rung.notify_all();
  }
};

std::string SerializeStatus(const absl::Status& status) {
  google::rpc::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    auto* detail = message.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  return message.SerializeAsString();
}

// One turn of one job.
class Turn final : public JobContext {
 public:
  Turn(Database& database, JobRow job, std::string owner, absl::Duration lease, const std::atomic<bool>& draining,
       obs::JobMetrics& metrics)
      : database_(database),
        job_(std::move(job)),
        owner_(std::move(owner)),
        lease_(lease),
        draining_(draining),
        metrics_(metrics) {}

  const JobRow& job() const override { return job_; }
  Database& database() override { return database_; }

  absl::Status Chunk(const std::function<absl::Status(Transaction&)>& body, std::string cursor, int64_t done_units,
                     int64_t total_units) override {
    RETURN_IF_ERROR(Write([&](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(body(tx));
      return tx
          .Execute(
              "UPDATE job SET cursor_value = $3, done_units = $4, total_units = $5, lease_until = $6, "
              "updated_at = $7, version = $8 WHERE shard = $1 AND id = $2",
              job_.shard, job_.id, Blob{cursor}, done_units, total_units, tx.clock().Now() + lease_, tx.clock().Now(),
              tx.head().seq)
          .status();
    }));
    job_.cursor = std::move(cursor);
    metrics_.items.Inc(static_cast<double>(std::max<int64_t>(0, done_units - job_.done_units)));
    job_.done_units = done_units;
    job_.total_units = total_units;
    return absl::OkStatus();
  }

  absl::Status CheckGoOn() override {
    if (lost_) {
      return Fail("JOB_LEASE_LOST");
    }
    ASSIGN_OR_RETURN(auto row, database_.Read([&](Transaction& tx) { return FindJob(tx, job_.shard, job_.id); }));
    if (!row.has_value() || row->lease_epoch != job_.lease_epoch) {
      return Fail("JOB_LEASE_LOST");
    }
    if (row->cancel_requested) {
      job_.cancel_requested = true;
      return Fail("JOB_CANCELLED");
    }
    return draining_ ? Fail("JOB_RELEASED") : absl::OkStatus();
  }

  absl::Status Postpone(JobState state, absl::Duration delay) override {
    RETURN_IF_ERROR(End(state, "", "", delay));
    ended_ = true;
    return Fail("JOB_POSTPONED");
  }

  // Keeps the lease of a long chunk; called by the engine's own thread.
  void Renew() {
    const absl::Status status = Write([&](Transaction& tx) {
      return tx
          .Execute("UPDATE job SET lease_until = $3 WHERE shard = $1 AND id = $2", job_.shard, job_.id,
                   tx.clock().Now() + lease_)
          .status();
    });
    lost_ = lost_ || ReasonOf(status) == "JOB_LEASE_LOST";
  }

  void Finish(const absl::StatusOr<std::string>& result) {
    const std::string reason = ReasonOf(result.status());
    if (reason == "JOB_LEASE_LOST") {
      metrics_.lease_lost.Inc();
      return;
    }
    if (ended_) {
      return;
    }
    absl::Status status;
    obs::Counter ended;
    if (result.ok()) {
      ended = metrics_.succeeded;
      status = End(JobState::kSucceeded, *result, "", absl::ZeroDuration());
    } else if (reason == "JOB_CANCELLED" && job_.cancel_requested) {
      ended = metrics_.cancelled;
      status = End(JobState::kCancelled, "", "", absl::ZeroDuration());
    } else if (reason == "JOB_RELEASED" && draining_) {
      status = End(JobState::kQueued, "", "", absl::ZeroDuration());
    } else if (PassesByItself(result.status())) {
      status = End(JobState::kQueued, "", "", kRetry);  // goes on at its cursor
    } else {
      ended = metrics_.failed;
      status = End(JobState::kFailed, "", SerializeStatus(result.status()), absl::ZeroDuration());
    }
    if (status.ok()) {  // else the lease runs out and the job is taken up again at its cursor
      ended.Inc();
    }
  }

 private:
  // A write in the job's shard by the holder of the lease only.
  absl::Status Write(const std::function<absl::Status(Transaction&)>& body) {
    absl::Status status = database_.Write(job_.shard, [&](Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(auto mine, tx.QueryOne("SELECT id FROM job WHERE shard = $1 AND id = $2 AND state = 'RUNNING' "
                                              "AND lease_epoch = $3 AND lease_owner = $4",
                                              job_.shard, job_.id, job_.lease_epoch, owner_));
      return mine.has_value() ? body(tx) : Fail("JOB_LEASE_LOST");
    });
    return status;
  }

  absl::Status End(JobState state, std::string_view result, std::string_view error, absl::Duration delay) {
    return Write([&](Transaction& tx) {
      tx.WakeOnCommit();
      return tx
          .Execute(
              "UPDATE job SET state = $3, result = $4, error = $5, lease_owner = '', lease_until = $6, "
              "updated_at = $7, version = $8 WHERE shard = $1 AND id = $2",
              job_.shard, job_.id, JobStateName(state), Blob{std::string(result)}, Blob{std::string(error)},
              tx.clock().Now() + delay, tx.clock().Now(), tx.head().seq)
          .status();
    });
  }

  Database& database_;
  JobRow job_;
  const std::string owner_;
  const absl::Duration lease_;
  const std::atomic<bool>& draining_;
  obs::JobMetrics& metrics_;
  std::atomic<bool> lost_ = false;
  bool ended_ = false;
};

}  // namespace

class JobEngine::Impl {
  struct Kind {
    JobFunction function;
    obs::JobMetrics metrics;
  };

 public:
  Impl(Database& database, JobEngineOptions options) : database_(database), options_(std::move(options)) {
    if (options_.owner.empty()) {
      options_.owner = NewId();
    }
  }
  ~Impl() { Stop(); }

  void Register(std::string kind, JobFunction function) {
    obs::JobMetrics metrics = options_.metrics.ForJob(kind);
    kinds_.insert_or_assign(std::move(kind), Kind{std::move(function), metrics});
  }

  void Start() {
    database_.OnCommit([bell = bell_](std::string_view) { bell->Ring(); });
    for (int i = 0; i < options_.threads; ++i) {
      threads_.emplace_back([this] { Work(); });
    }
    threads_.emplace_back([this] { KeepLeases(); });
  }

  void Wake() { bell_->Ring(); }

  void Stop() {
    draining_ = true;
    {
      std::lock_guard lock(bell_->mutex);
      bell_->stop = true;
      bell_->rung.notify_all();
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

 private:
  void Work() {
    for (int64_t seen = 0; !draining_;) {
      {
        std::lock_guard lock(bell_->mutex);
        seen = bell_->rings;
      }
      auto job = LeaseNext();
      if (job.ok() && job->has_value()) {
        Run(**std::move(job));
        continue;
      }
      std::unique_lock lock(bell_->mutex);
      bell_->rung.wait_for(lock, absl::ToChronoNanoseconds(options_.poll),
                           [&] { return bell_->stop || bell_->rings != seen; });
    }
  }

  void Run(JobRow job) {
    Kind& kind = kinds_.at(job.kind);
    Turn turn(database_, std::move(job), options_.owner, options_.lease, draining_, kind.metrics);
    const absl::Time begun = Clock::System().Now();
    kind.metrics.running.Add(1);
    {
      std::lock_guard lock(turns_mutex_);
      turns_.push_back(&turn);
    }
    // A job that another thread released for the drain may have been leased again by one that had not seen it yet.
    absl::StatusOr<std::string> result = Fail("JOB_RELEASED");
    if (!draining_) {
      result = Call(kind.function, turn);
    }
    {
      std::lock_guard lock(turns_mutex_);
      std::erase(turns_, &turn);
    }
    turn.Finish(result);
    kind.metrics.running.Add(-1);
    kind.metrics.seconds.Observe(absl::ToDoubleSeconds(Clock::System().Now() - begun));
  }

  static absl::StatusOr<std::string> Call(const JobFunction& function, Turn& turn) {
    if (turn.job().cancel_requested) {
      return Fail("JOB_CANCELLED");
    }
    try {
      return function(turn);
    } catch (const std::exception&) {
      return Fail("DATABASE_INTERNAL", {{"detail", "an exception in a job"}});
    }
  }

  void KeepLeases() {
    std::unique_lock lock(bell_->mutex);
    while (!bell_->rung.wait_for(lock, absl::ToChronoNanoseconds(options_.lease / 3), [&] { return bell_->stop; })) {
      lock.unlock();
      {
        std::lock_guard turns_lock(turns_mutex_);
        for (Turn* turn : turns_) {
          turn->Renew();
        }
      }
      lock.lock();
    }
  }

  absl::StatusOr<std::optional<JobRow>> LeaseNext() {
    for (std::string_view state : {"QUEUED", "WAITING_FOR_FEED", "RUNNING"}) {
      ASSIGN_OR_RETURN(auto found, database_.Read([&](Transaction& tx) { return FindDue(tx, state); }));
      for (const auto& [shard, id] : found) {
        ASSIGN_OR_RETURN(auto job, database_.Write(shard, [&](Transaction& tx) { return Lease(tx, state, id); }));
        if (job.has_value()) {
          return job;
        }
      }
    }
    return std::nullopt;
  }

  // The oldest due jobs of the registered kinds: (shard, id). More than one, since others may be faster.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> FindDue(Transaction& tx, std::string_view state) {
    std::vector<std::pair<std::string, std::string>> found;
    std::vector<Value> args = {ToValue(state), ToValue(tx.clock().Now())};
    std::string kinds;
    for (const auto& [kind, registered] : kinds_) {
      args.push_back(ToValue(kind));
      absl::StrAppend(&kinds, kinds.empty() ? "$" : ", $", args.size());
    }
    if (kinds.empty()) {
      return found;
    }
    ASSIGN_OR_RETURN(auto rows, tx.QueryValues(absl::StrCat("SELECT shard, id FROM job WHERE state = $1 AND "
                                                            "lease_until <= $2 AND kind IN (",
                                                            kinds, ") ORDER BY lease_until, id LIMIT 4"),
                                               std::move(args)));
    for (const Row& row : rows) {
      found.emplace_back(row.Text(0), row.Text(1));
    }
    return found;
  }

  absl::StatusOr<std::optional<JobRow>> Lease(Transaction& tx, std::string_view state, std::string_view id) {
    ASSIGN_OR_RETURN(int64_t changed,
                     tx.Execute("UPDATE job SET state = 'RUNNING', lease_owner = $4, lease_epoch = lease_epoch + 1, "
                                "lease_until = $6, updated_at = $5, version = $7 "
                                "WHERE shard = $1 AND id = $2 AND state = $3 AND lease_until <= $5",
                                tx.shard(), id, state, options_.owner, tx.clock().Now(),
                                tx.clock().Now() + options_.lease, tx.head().seq));
    return changed == 0 ? absl::StatusOr<std::optional<JobRow>>(std::nullopt) : FindJob(tx, tx.shard(), id);
  }

  Database& database_;
  JobEngineOptions options_;
  std::map<std::string, Kind> kinds_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::atomic<bool> draining_ = false;
  std::mutex turns_mutex_;
  std::vector<Turn*> turns_;
  std::vector<std::thread> threads_;
};

JobEngine::JobEngine(Database& database, JobEngineOptions options)
    : impl_(std::make_unique<Impl>(database, std::move(options))) {}
JobEngine::~JobEngine() = default;
void JobEngine::Register(std::string kind, JobFunction function) {
  impl_->Register(std::move(kind), std::move(function));
}
void JobEngine::Start() {
  impl_->Start();
}
void JobEngine::Wake() {
  impl_->Wake();
}
void JobEngine::Stop() {
  impl_->Stop();
}

}  // namespace ruraledu::db
