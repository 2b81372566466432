// Reads the whole journal again, day after day, so that a changed or lost entry is noticed before somebody needs it.
#pragma once

#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/db/db.h"
#include "common/obs/metrics.h"

namespace ruraledu::feed {

struct JournalAuditOptions {
  absl::Duration first = absl::Minutes(10);      // after the start: not while the process warms up
  absl::Duration every = absl::Hours(24);        // from round to round
  absl::Duration pause = absl::Milliseconds(5);  // between pages of 500 entries: others want the disk, too
};

// Recomputes the hash chain of every shard. ruraledu_integrity_findings{check="journal_chain"} is 1 for a shard whose
// chain is broken and 0 for a whole one; a shard that cannot be read is left as it was and the round does not count.
class JournalAudit {
 public:
  JournalAudit(db::Database& database, const obs::RuntimeMetrics& metrics, JournalAuditOptions options = {});
  ~JournalAudit();
  JournalAudit(const JournalAudit&) = delete;
  JournalAudit& operator=(const JournalAudit&) = delete;

  // One round on the calling thread. Returns the number of broken shards; CANCELLED when it was stopped.
  absl::StatusOr<int> RunRound();

 private:
  void Loop();
  bool Stopped(absl::Duration wait);
  absl::Status CheckShard(const std::string& shard);

  db::Database& database_;
  const obs::RuntimeMetrics metrics_;
  const JournalAuditOptions options_;
  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace ruraledu::feed
