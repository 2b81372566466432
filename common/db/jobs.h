// Long work as rows: one shape for imports, runs, rebuilds, re-keys, exports.
//
// A job belongs to one shard. A worker leases it (owner, epoch, until), runs its kind's function chunk by chunk, each
// chunk in its own short transactions through JobContext, which check the epoch under the head lock: a worker that lost
// its lease cannot write. The cursor is stored with the chunk's rows in one transaction, so that a restart goes on
// where it stopped.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/db/db.h"
#include "common/obs/metrics.h"

namespace ruraledu::db {

enum class JobState { kQueued, kRunning, kWaitingForFeed, kSucceeded, kFailed, kCancelled };
std::string_view JobStateName(JobState state);  // "QUEUED" ... as stored and shown

struct JobRow {
  std::string shard, id, kind, parent;  // parent: "<shard>/<id>" of the job that started it, or ""
  JobState state = JobState::kQueued;
  std::string input;   // message of the kind, serialized (encrypted by the service where personal)
  std::string cursor;  // opaque to the engine
  std::string result;  // message of the kind
  int64_t done_units = 0, total_units = 0;
  std::string error;    // google.rpc.Status serialized, when FAILED
  std::string subject;  // who started it
  std::string area;     // scope of the starter; the job runs as job:<id> with it
  int64_t lease_epoch = 0;
  bool cancel_requested = false;
  absl::Time created_at, updated_at;
  int64_t version = 0;  // seq of the shard's head when the row last changed
};

// Within a write of the job's shard.
absl::Status InsertJob(Transaction& tx, const JobRow& job);
// The same, unless a job of the kind waits in the shard already: for work that a job finds by itself. One that runs
// does not count, it may have looked before this write.
absl::Status EnsureJob(Transaction& tx, const JobRow& job);
absl::StatusOr<std::optional<JobRow>> FindJob(Transaction& tx, std::string_view shard, std::string_view id);
// Whether there is such a job and its work goes on: it is neither done, failed nor cancelled.
absl::StatusOr<bool> GoesOn(Transaction& tx, std::string_view shard, std::string_view id);
// Newest first; at most `limit` after `before_id` ("" = from the newest). kind "" = all.
absl::StatusOr<std::vector<JobRow>> ListJobs(Transaction& tx, std::string_view shard, std::string_view kind,
                                             std::string_view before_id, int64_t limit);
absl::StatusOr<std::vector<JobRow>> ChildJobs(Transaction& tx, std::string_view parent);
absl::Status RequestCancel(Transaction& tx, std::string_view id);

// What a running job may do.
class JobContext {
 public:
  virtual ~JobContext() = default;
  virtual const JobRow& job() const = 0;
  virtual Database& database() = 0;
  // A write in the job's own shard that also checks the lease and stores cursor and progress. JOB_LEASE_LOST stops the
  // job.
  virtual absl::Status Chunk(const std::function<absl::Status(Transaction&)>& body, std::string cursor,
                             int64_t done_units, int64_t total_units) = 0;
  // CANCELLED when somebody asked for it, or when the process drains (the job is then released, not cancelled). Between
  // chunks.
  virtual absl::Status CheckGoOn() = 0;
  // Ends this turn without ending the job; it is taken up again after `delay` (WAITING_FOR_FEED, waiting for children).
  virtual absl::Status Postpone(JobState state, absl::Duration delay) = 0;
};

// Returns the serialized result. A returned status from JobContext::Postpone or a drain is passed on unchanged.
using JobFunction = std::function<absl::StatusOr<std::string>(JobContext&)>;

struct JobEngineOptions {
  int threads = 2;                                // below the RPC workers
  absl::Duration lease = absl::Seconds(30);       // renewed at a third of it
  absl::Duration poll = absl::Milliseconds(200);  // besides being woken by InsertJob's commit in this process
  std::string owner;                              // name of this process, random when ""
  obs::RuntimeMetrics metrics;
};

// Runs jobs of the registered kinds until Stop. Unknown kinds are left to others.
class JobEngine {
 public:
  JobEngine(Database& database, JobEngineOptions options);
  ~JobEngine();
  void Register(std::string kind, JobFunction function);  // before Start
  void Start();
  void Wake();
  // Finishes running chunks, releases leases; jobs go on in the next process.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ruraledu::db
