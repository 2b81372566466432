// What both drivers share. Internal to common/db.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/db/db.h"

namespace ruraledu::db {

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const Options& options, std::string_view path,
                                                     absl::Span<const Migration> migrations);
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const Options& options, std::string_view connection_string,
                                                       absl::Span<const Migration> migrations);

using Body = std::function<absl::Status(Transaction&)>;

// A connection as statements see it (decorated by tests) and the driver's own view of it (transaction state, limits).
template <typename Driver>
struct Wrapped {
  Driver* driver = nullptr;
  std::unique_ptr<Connection> connection;
};
template <typename Driver>
Wrapped<Driver> Wrap(std::unique_ptr<Driver> driver, const Options& options) {
  Driver* raw = driver.get();
  std::unique_ptr<Connection> connection = std::move(driver);
  return {raw, options.decorate ? options.decorate(std::move(connection)) : std::move(connection)};
}

// The part of a Write between BEGIN and COMMIT: locks the head, checks expected_seq, runs the body, stores a moved
// head. An empty shard locks nothing: own housekeeping only.
struct MemberResult {
  absl::Status status;
  absl::Status failure;   // the database's own first error, if any: decides about retries
  bool announce = false;  // listeners of OnCommit are to be called
};
MemberResult RunMember(Connection& connection, const Clock& clock, std::string_view shard, const Body& body,
                       const std::optional<int64_t>& expected_seq);

// Runs body(tx); an exception becomes DATABASE_INTERNAL, and Writes started within it are refused.
absl::Status RunBody(const Body& body, Transaction& tx);
// OK, or DATABASE_INTERNAL when the current thread is inside a Write.
absl::Status CheckNotNested();

// Creates the row of `instance` when there is none and returns its name; within a transaction.
absl::StatusOr<std::string> EnsureInstance(Transaction& tx);
absl::StatusOr<std::string> ReplaceInstance(Transaction& tx);

// Until when a caller waits: its deadline when it has one, else `wait` from now.
absl::Time WaitUntil(absl::Time deadline, absl::Duration wait);
absl::Status DeadlineExceeded();

// Listeners of OnCommit.
class Listeners {
 public:
  void Add(std::function<void(std::string_view)> listener);
  void Call(std::string_view shard) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<void(std::string_view)>> listeners_;
};

// At most `limit` connections, opened when needed; Acquire waits for a free one until its deadline.
template <typename Driver>
class Pool {
 public:
  using Opener = std::function<absl::StatusOr<Wrapped<Driver>>()>;
  Pool(int limit, Opener open) : free_slots_(limit), open_(std::move(open)) {}

  // Gives the connection back when it goes out of scope, or closes it after Discard.
  class Lease {
   public:
    Lease(Pool* pool, Wrapped<Driver> held) : pool_(pool), held_(std::move(held)) {}
    Lease(Lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), held_(std::move(other.held_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) {
        pool_->Return(std::move(held_));
      }
    }
    Driver& driver() { return *held_.driver; }
    Connection& connection() { return *held_.connection; }
    void Discard() { held_ = {}; }

   private:
    friend class Pool;
    Pool* pool_;
    Wrapped<Driver> held_;
  };

  absl::StatusOr<Lease> Acquire(absl::Time deadline) {
    Wrapped<Driver> taken;
    {
      std::unique_lock lock(mutex_);
      const auto wait = absl::ToChronoNanoseconds(deadline - Clock::System().Now());
      if (!returned_.wait_for(lock, wait, [&] { return free_slots_ > 0; })) {
        return DeadlineExceeded();
      }
      --free_slots_;
      if (!idle_.empty()) {
        taken = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    Lease lease(this, std::move(taken));
    if (lease.held_.connection == nullptr) {
      ASSIGN_OR_RETURN(lease.held_, open_());
    }
    return lease;
  }

 private:
  void Return(Wrapped<Driver> held) {
    std::lock_guard lock(mutex_);
    ++free_slots_;
    if (held.connection != nullptr) {
      idle_.push_back(std::move(held));
    }
    returned_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  int free_slots_;
  std::vector<Wrapped<Driver>> idle_;
  Opener open_;
};

}  // namespace ruraledu::db
