// The one writer of a SQLite database, with group commit. Internal to common/db.
//
// Writes queue; the writer thread takes those that wait (at most `group_limit`) and runs them as savepoints of one
// transaction: a member's error rolls back that member only; all are answered after the one COMMIT and its fsync. When
// an error ends the whole transaction (disk full, COMMIT refused), each member is run again alone, so that only the
// guilty fail.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/db/driver.h"
#include "common/db/sqlite_connection.h"

namespace ruraledu::db {

class SqliteWriter {
 public:
  SqliteWriter(Wrapped<SqliteConnection> wrapped, const Options& options, const Listeners& listeners);
  // Runs what is queued, then ends.
  ~SqliteWriter();

  absl::Status Write(std::string_view shard, const Body& body, const WriteOptions& options);

 private:
  struct Task;
  using Group = std::vector<Task*>;

  void Loop();
  Group TakeGroup();
  void Answer(const Group& group);
  void RunGroup(const Group& group);
  // False when the transaction is gone and the members have to run alone.
  bool TryTogether(const Group& group);
  bool RunSavepoint(Task& task);
  void RunAlone(Task& task);
  absl::Status Statement(std::string_view sql);

  Wrapped<SqliteConnection> wrapped_;
  const Clock& clock_;
  const absl::Duration lock_wait_;
  const size_t group_limit_;
  const Listeners& listeners_;

  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Task*> queue_;
  bool stop_ = false;
  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace ruraledu::db
