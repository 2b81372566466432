// The rows of jobs; the engine is in job_engine.cc.
#include "common/db/jobs.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/job_rows.h"

namespace ruraledu::db {
namespace {

constexpr std::string_view kStateNames[] = {"QUEUED",    "RUNNING", "WAITING_FOR_FEED",
                                            "SUCCEEDED", "FAILED",  "CANCELLED"};

absl::StatusOr<std::vector<JobRow>> ReadJobs(absl::StatusOr<std::vector<Row>> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<JobRow> jobs;
  for (const Row& row : *rows) {
    jobs.push_back(ReadJob(row));
  }
  return jobs;
}

std::string Select(const char* where) {
  return absl::StrCat("SELECT ", kJobColumns, " FROM job ", where);
}

bool IsOpen(JobState state) {
  return state == JobState::kQueued || state == JobState::kRunning || state == JobState::kWaitingForFeed;
}

}  // namespace

std::string_view JobStateName(JobState state) {
  return kStateNames[static_cast<size_t>(state)];
}

JobRow ReadJob(const Row& row) {
  JobRow job;
  job.shard = row.Text(0);
  job.id = row.Text(1);
  job.kind = row.Text(2);
  job.parent = row.Text(3);
  for (size_t i = 0; i < std::size(kStateNames); ++i) {
    if (row.Text(4) == kStateNames[i]) {
      job.state = static_cast<JobState>(i);
    }
  }
  job.input = row.Bytes(5);
  job.cursor = row.Bytes(6);
  job.result = row.Bytes(7);
  job.done_units = row.Int(8);
  job.total_units = row.Int(9);
  job.error = row.Bytes(10);
  job.subject = row.Text(11);
  job.area = row.Text(12);
  job.lease_epoch = row.Int(13);
  job.cancel_requested = row.Bool(14);
  job.created_at = row.Time(15);
  job.updated_at = row.Time(16);
  job.version = row.Int(17);
  return job;
}

absl::Status InsertJob(Transaction& tx, const JobRow& job) {
  tx.WakeOnCommit();
  const absl::Time now = tx.clock().Now();
  return tx
      .Execute(
          "INSERT INTO job (shard, id, kind, parent, state, input, cursor_value, result, done_units, total_units, "
          "error, "
          "subject, area, lease_owner, lease_epoch, lease_until, cancel_requested, created_at, updated_at, version) "
          "VALUES ($1, $2, $3, $4, 'QUEUED', $5, $6, $7, $8, $9, $7, $10, $11, '', 0, $12, 0, $12, $12, $13)",
          tx.shard(), job.id, job.kind, job.parent, Blob{job.input}, Blob{job.cursor}, Blob{}, job.done_units,
          job.total_units, job.subject, job.area, now, tx.head().seq)
      .status();
}

absl::Status EnsureJob(Transaction& tx, const JobRow& job) {
  ASSIGN_OR_RETURN(const auto waiting, tx.QueryOne("SELECT id FROM job WHERE state = 'QUEUED' AND shard = $1 AND "
                                                   "kind = $2 LIMIT 1",
                                                   tx.shard(), job.kind));
  return waiting.has_value() ? absl::OkStatus() : InsertJob(tx, job);
}

absl::StatusOr<std::optional<JobRow>> FindJob(Transaction& tx, std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(auto row, tx.QueryOne(Select("WHERE shard = $1 AND id = $2"), shard, id));
  return row.has_value() ? std::optional(ReadJob(*row)) : std::nullopt;
}

absl::StatusOr<bool> GoesOn(Transaction& tx, std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(const auto job, FindJob(tx, shard, id));
  return job.has_value() && IsOpen(job->state);
}

absl::StatusOr<std::vector<JobRow>> ListJobs(Transaction& tx, std::string_view shard, std::string_view kind,
                                             std::string_view before_id, int64_t limit) {
  return ReadJobs(tx.Query(Select("WHERE shard = $1 AND ($2 = '' OR kind = $2) AND ($3 = '' OR id < $3) "
                                  "ORDER BY id DESC LIMIT $4"),
                           shard, kind, before_id, limit));
}

absl::StatusOr<std::vector<JobRow>> ChildJobs(Transaction& tx, std::string_view parent) {
  return ReadJobs(tx.Query(Select("WHERE parent = $1 AND parent <> '' ORDER BY shard, id"), parent));
}

absl::Status RequestCancel(Transaction& tx, std::string_view id) {
  tx.WakeOnCommit();
  // What nobody runs ends at once; a running job ends itself between two chunks; an ended one stays as it is.
  ASSIGN_OR_RETURN(
      int64_t changed,
      tx.Execute("UPDATE job SET cancel_requested = 1, updated_at = $3, version = $4, "
                 "state = CASE WHEN state IN ('QUEUED', 'WAITING_FOR_FEED') THEN 'CANCELLED' ELSE state END "
                 "WHERE shard = $1 AND id = $2 AND state IN ('QUEUED', 'WAITING_FOR_FEED', 'RUNNING')",
                 tx.shard(), id, tx.clock().Now(), tx.head().seq));
  if (changed == 0) {
    ASSIGN_OR_RETURN(auto job, FindJob(tx, tx.shard(), id));
    return job.has_value() ? absl::OkStatus() : Fail("JOB_NOT_FOUND");
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::db
