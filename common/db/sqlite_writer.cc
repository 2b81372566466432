#include "common/db/sqlite_writer.h"

#include <algorithm>

namespace ruraledu::db {

// Lives on the stack of the thread that waits for it; untouched by the writer once it is done.
struct SqliteWriter::Task {
  enum class State { kQueued, kRunning, kDone };

  std::string shard;
  const Body& body;
  std::optional<int64_t> expected_seq;
  State state = State::kQueued;
  MemberResult result;
  std::condition_variable done;
};

SqliteWriter::SqliteWriter(Wrapped<SqliteConnection> wrapped, const Options& options, const Listeners& listeners)
    : wrapped_(std::move(wrapped)),
      clock_(*options.clock),
      lock_wait_(options.lock_wait),
      group_limit_(std::max<size_t>(1, options.group_commit_limit)),
      listeners_(listeners),
      thread_([this] { Loop(); }) {}

SqliteWriter::~SqliteWriter() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

absl::Status SqliteWriter::Write(std::string_view shard, const Body& body, const WriteOptions& options) {
  RETURN_IF_ERROR(CheckNotNested());
  const absl::Time until = WaitUntil(options.deadline, lock_wait_);
  Task task{std::string(shard), body, options.expected_seq};
  std::unique_lock lock(mutex_);
  queue_.push_back(&task);
  queued_.notify_one();
  const auto wait = absl::ToChronoNanoseconds(until - Clock::System().Now());
  const bool started = task.done.wait_for(lock, wait, [&] { return task.state != Task::State::kQueued; });
  if (!started) {
    std::erase(queue_, &task);
    return DeadlineExceeded();
  }
  task.done.wait(lock, [&] { return task.state == Task::State::kDone; });
  return std::move(task.result.status);
}

void SqliteWriter::Loop() {
  for (;;) {
    const Group group = TakeGroup();
    if (group.empty()) {
      return;
    }
    RunGroup(group);
    Answer(group);
  }
}

SqliteWriter::Group SqliteWriter::TakeGroup() {
  std::unique_lock lock(mutex_);
  queued_.wait(lock, [&] { return stop_ || !queue_.empty(); });
  Group group;
  while (!queue_.empty() && group.size() < group_limit_) {
    group.push_back(queue_.front());
    queue_.pop_front();
    group.back()->state = Task::State::kRunning;
    // Not woken: a waiter whose deadline passes now sees that it runs and waits on.
  }
  return group;
}

void SqliteWriter::Answer(const Group& group) {
  std::vector<std::string> moved;
  {
    std::lock_guard lock(mutex_);
    for (Task* task : group) {
      if (task->result.status.ok() && task->result.announce) {
        moved.push_back(std::move(task->shard));
      }
      task->state = Task::State::kDone;
      task->done.notify_one();
    }
  }
  for (const std::string& shard : moved) {
    listeners_.Call(shard);
  }
}

void SqliteWriter::RunGroup(const Group& group) {
  if (group.size() > 1 && TryTogether(group)) {
    return;
  }
  wrapped_.driver->Rollback();
  for (Task* task : group) {
    RunAlone(*task);
  }
}

bool SqliteWriter::TryTogether(const Group& group) {
  if (!Statement("BEGIN IMMEDIATE").ok()) {
    return false;
  }
  for (Task* task : group) {
    if (!RunSavepoint(*task)) {
      return false;
    }
  }
  return Statement("COMMIT").ok();
}

bool SqliteWriter::RunSavepoint(Task& task) {
  if (!Statement("SAVEPOINT member").ok()) {
    return false;
  }
  task.result = RunMember(*wrapped_.connection, clock_, task.shard, task.body, task.expected_seq);
  if (!wrapped_.driver->in_transaction()) {
    return false;
  }
  if (!task.result.status.ok() && !Statement("ROLLBACK TO member").ok()) {
    return false;
  }
  return Statement("RELEASE member").ok();
}

void SqliteWriter::RunAlone(Task& task) {
  task.result = {Statement("BEGIN IMMEDIATE")};
  if (task.result.status.ok()) {
    task.result = RunMember(*wrapped_.connection, clock_, task.shard, task.body, task.expected_seq);
  }
  if (task.result.status.ok()) {
    absl::Status committed = Statement("COMMIT");
    if (!committed.ok() && !wrapped_.driver->in_transaction() && ReasonOf(committed) == "DATABASE_UNAVAILABLE") {
      committed = Fail("COMMIT_UNKNOWN");  // the log may or may not have reached the disk
    }
    task.result.status = std::move(committed);
  }
  wrapped_.driver->Rollback();
}

absl::Status SqliteWriter::Statement(std::string_view sql) {
  return wrapped_.connection->Run(sql, {}, nullptr).status();
}

}  // namespace ruraledu::db
