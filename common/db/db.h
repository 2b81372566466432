// The database boundary. A store sees a Transaction and nothing else; two drivers stand behind it (SQLite, PostgreSQL),
// and in tests a decorator that fails any chosen statement.
//
// The unit of consistency is the shard (a county `c411728`, a province `p410000`, a person hash shard `h017` ...).
// Write(shard, fn) locks the head row of that shard as its first statement and is then alone in it, on every driver;
// so rules never race and no transaction spans two shards. Read(fn) is a snapshot.
//
// fn may run more than once (lost head race, serialization failure, a group commit re-run alone): it must have no
// effect outside the transaction and return its result by value. Work over 10 ms belongs outside.
//
// One SQL text serves both drivers; placeholders are $1, $2 ... and take their type from the bound C++ value. The
// subset (types TEXT, BIGINT, DOUBLE PRECISION, BYTEA; qualified columns in upserts; no LIKE, JSON, arrays, triggers;
// conflicts only by ON CONFLICT ...) is enforced by tests/tidy.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"

namespace ruraledu::db {

// Bytes, as opposed to UTF-8 text.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

// NULL, BIGINT, DOUBLE PRECISION, TEXT (UTF-8 without NUL), BYTEA.
using Value = std::variant<std::monostate, int64_t, double, std::string, Blob>;

// Conversions for the variadic calls below: integers and bool (0/1) bind as BIGINT, string types as TEXT, Blob as
// BYTEA, std::optional<T> as T or NULL, absl::CivilDay as TEXT "YYYY-MM-DD", absl::Time as BIGINT microseconds UTC.
Value ToValue(std::monostate);
Value ToValue(double value);
Value ToValue(std::string_view value);
Value ToValue(Blob value);
Value ToValue(absl::CivilDay value);
Value ToValue(absl::Time value);
template <typename T>
requires std::is_integral_v<T> Value ToValue(T value) {
  return static_cast<int64_t>(value);
}
template <typename T>
Value ToValue(const std::optional<T>& value) {
  return value.has_value() ? ToValue(*value) : Value();
}

// One result row. Reading a column as another type than it has, or a NULL by a non-optional getter, aborts: it is a
// mistake in the store, found by its first test.
class Row {
 public:
  explicit Row(std::vector<Value> cells) : cells_(std::move(cells)) {}
  size_t size() const { return cells_.size(); }
  bool IsNull(size_t column) const noexcept { return std::holds_alternative<std::monostate>(cells_.at(column)); }
  int64_t Int(size_t column) const noexcept { return std::get<int64_t>(cells_.at(column)); }
  bool Bool(size_t column) const noexcept { return Int(column) != 0; }
  // SQLite returns a whole number of a DOUBLE PRECISION column as an integer from RETURNING (measured, 3.40).
  double Double(size_t column) const noexcept {
    const auto* whole = std::get_if<int64_t>(&cells_.at(column));
    return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(cells_[column]);
  }
  const std::string& Text(size_t column) const noexcept { return std::get<std::string>(cells_.at(column)); }
  const std::string& Bytes(size_t column) const noexcept { return std::get<Blob>(cells_.at(column)).bytes; }
  absl::CivilDay Day(size_t column) const noexcept;
  absl::Time Time(size_t column) const noexcept { return absl::FromUnixMicros(Int(column)); }
  std::optional<int64_t> OptInt(size_t column) const noexcept;
  std::optional<std::string> OptText(size_t column) const noexcept;
  std::optional<absl::CivilDay> OptDay(size_t column) const noexcept;

 private:
  std::vector<Value> cells_;
};

// The last journal entry of a shard: read under the lock at the start of a Write, moved on by feed::Append.
struct Head {
  int64_t seq = 0;
  std::string hash;  // 32 bytes, empty before the first entry
  bool operator==(const Head&) const = default;
};

// What a driver implements, and what the fault decorator wraps. Not for stores.
class Connection {
 public:
  virtual ~Connection() = default;
  // Runs one statement; calls `each` per result row (it may stop with an error). Returns the number of changed rows.
  virtual absl::StatusOr<int64_t> Run(std::string_view sql, absl::Span<const Value> params,
                                      const std::function<absl::Status(Row)>& each) = 0;
  // Inserts many rows into `table` by the fastest way of the driver (COPY, a prepared loop). All rows or none.
  virtual absl::Status Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                            absl::Span<const std::vector<Value>> rows) = 0;
};

// A running transaction, bound to the thread that runs fn: on PostgreSQL the caller's, on SQLite the one writer thread
// of the database (fn of a Read: the caller's), so fn must not use thread-local state of its caller. The first
// statement that the database refuses ends the transaction: later ones answer the same error, and so does the Write
// even if fn ignores it (PostgreSQL could not go on, so SQLite does not either). No statement may run inside the
// callback of ForEach.
class Transaction {
 public:
  Transaction(Connection& connection, std::string shard, Head head, const Clock& clock, bool writable)
      : connection_(connection), shard_(std::move(shard)), head_(std::move(head)), clock_(clock), writable_(writable) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Rows of a SELECT or of INSERT/UPDATE/DELETE ... RETURNING. At most `kMaxRows`, else RESULT_TOO_LARGE: page by key.
  template <typename... Args>
  absl::StatusOr<std::vector<Row>> Query(std::string_view sql, const Args&... args) {
    return QueryValues(sql, {ToValue(args)...});
  }
  // The single row, nullopt when there is none; more than one is an internal error.
  template <typename... Args>
  absl::StatusOr<std::optional<Row>> QueryOne(std::string_view sql, const Args&... args) {
    return QueryOneValues(sql, {ToValue(args)...});
  }
  // Number of changed rows.
  template <typename... Args>
  absl::StatusOr<int64_t> Execute(std::string_view sql, const Args&... args) {
    return ExecuteValues(sql, {ToValue(args)...});
  }
  absl::StatusOr<std::vector<Row>> QueryValues(std::string_view sql, std::vector<Value> args);
  absl::StatusOr<std::optional<Row>> QueryOneValues(std::string_view sql, std::vector<Value> args);
  absl::StatusOr<int64_t> ExecuteValues(std::string_view sql, std::vector<Value> args);
  // Streams rows without keeping them; for jobs over a whole shard.
  absl::Status ForEach(std::string_view sql, std::vector<Value> args, const std::function<absl::Status(Row)>& each);
  absl::Status Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                    absl::Span<const std::vector<Value>> rows);

  // The locked shard of a Write; "" in a Read.
  const std::string& shard() const { return shard_; }
  bool writable() const { return writable_; }
  const Clock& clock() const { return clock_; }
  // Head of the locked shard. feed::Append moves it on; Write stores it once before COMMIT when it moved.
  const Head& head() const { return head_; }
  void set_head(Head head) { head_ = std::move(head); }
  // Asks for the listeners of OnCommit to be called although the head does not move (InsertJob).
  void WakeOnCommit() { wakes_ = true; }
  bool wakes() const { return wakes_; }
  // The first error of the database in this transaction, OK while there is none.
  const absl::Status& failure() const { return failure_; }

  static constexpr int64_t kMaxRows = 200'000;

 private:
  absl::StatusOr<int64_t> Run(std::string_view sql, absl::Span<const Value> params,
                              const std::function<absl::Status(Row)>& each);

  Connection& connection_;
  std::string shard_;
  Head head_;
  const Clock& clock_;
  bool writable_;
  bool wakes_ = false;
  bool running_ = false;  // a statement is delivering rows
  absl::Status failure_;
};

struct Migration {
  std::string_view module;  // "db", "feed", "registry": each module numbers its own
  int number;               // from 1, gap-free
  std::string_view sql;     // statements separated by ";" at a line end
};

struct Options {
  // "sqlite:<path>" or "postgres:<libpq connection string>" (the schema is chosen by its options=-csearch_path=...).
  std::string url;
  int max_connections = 8;                       // PostgreSQL pool; SQLite: readers beside its one writer
  absl::Duration read_limit = absl::Seconds(2);  // a Read longer than this is interrupted: READ_TOO_LONG
  absl::Duration lock_wait = absl::Seconds(5);   // default time to wait for a connection or a head lock
  size_t group_commit_limit = 64;                // SQLite: writes that share one commit
  // Tests: wraps every connection that the database opens.
  std::function<std::unique_ptr<Connection>(std::unique_ptr<Connection>)> decorate;
  const Clock* clock = &Clock::System();
  std::string sqlite_vfs;  // tests: a VFS that drops unsynced writes
};

struct WriteOptions {
  absl::Time deadline = absl::InfiniteFuture();  // DEADLINE_EXCEEDED when the head lock is not had by then
  // When set and the head of the shard is another one, the write is not run: ABORTED, HEAD_MOVED. For work that was
  // prepared outside of the transaction from a snapshot at this seq.
  std::optional<int64_t> expected_seq;
};

struct ReadOptions {
  absl::Time deadline = absl::InfiniteFuture();
};

class Database {
 public:
  virtual ~Database() = default;

  // Opens, checks (PostgreSQL: UTF8, collation C; SQLite: lock file, WAL, synchronous FULL) and applies the migrations
  // of the common tables and then `migrations` in order. A database of a newer release than this one + 1 is refused.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const Options& options, absl::Span<const Migration> migrations);

  // Runs fn(Transaction&) in a write transaction of `shard` and returns what it returns. fn's error rolls everything
  // back. F returns absl::Status or absl::StatusOr<T>. Errors besides fn's: DEADLINE_EXCEEDED, HEAD_MOVED, DISK_FULL,
  // CONSTRAINT, DATABASE_UNAVAILABLE, and COMMIT_UNKNOWN (UNAVAILABLE: the connection broke during COMMIT; repeat with
  // the same request_id, the remembered answer tells whether the first one was done). A Write within a Write is
  // refused.
  template <typename F>
  auto Write(std::string_view shard, F fn, const WriteOptions& options = {}) -> std::invoke_result_t<F, Transaction&> {
    return Capture(fn, [&](const Body& body) { return RunWrite(shard, body, options); });
  }
  // Runs fn(Transaction&) on a snapshot; nothing can be written. READ_TOO_LONG after Options::read_limit.
  template <typename F>
  auto Read(F fn, const ReadOptions& options = {}) -> std::invoke_result_t<F, Transaction&> {
    return Capture(fn, [&](const Body& body) { return RunRead(body, options); });
  }

  // Random per incarnation of the data; replaced by `Reincarnate` after a restore, so that followers notice.
  virtual std::string instance() const = 0;
  virtual absl::Status Reincarnate() = 0;
  // Every shard with a journal and its head, by shard: the head poller's question. Cheap: one small row per shard.
  struct HeadMove {
    std::string shard;
    Head head;
  };
  absl::StatusOr<std::vector<HeadMove>> Heads();
  // Adds a listener, called after each local commit that moved a head (or asked for it by WakeOnCommit), from the
  // thread that committed; must return at once and live as long as the database. For waking pollers.
  virtual void OnCommit(std::function<void(std::string_view shard)> listener) = 0;

  virtual bool is_sqlite() const = 0;
  // For whoever fills tables: tells PostgreSQL's planner of those that it knows nothing of. By itself it looks at them
  // a minute later, and prepared statements keep the plans for empty tables until then (decision 0013).
  virtual absl::Status AnalyseNewTables() = 0;
  // SQLite: an online copy into `path`. PostgreSQL: UNIMPLEMENTED, pg_dump is the way.
  virtual absl::Status Backup(const std::string& path) = 0;

 protected:
  using Body = std::function<absl::Status(Transaction&)>;
  virtual absl::Status RunWrite(std::string_view shard, const Body& body, const WriteOptions& options) = 0;
  virtual absl::Status RunRead(const Body& body, const ReadOptions& options) = 0;

 private:
  template <typename F, typename Runner>
  static auto Capture(F& fn, Runner run) -> std::invoke_result_t<F, Transaction&> {
    using Result = std::invoke_result_t<F, Transaction&>;
    if constexpr (std::is_same_v<Result, absl::Status>) {
      return run([&](Transaction& tx) { return fn(tx); });
    } else {
      std::optional<Result> result;
      absl::Status status = run([&](Transaction& tx) -> absl::Status {
        result.emplace(fn(tx));
        return result->status();
      });
      if (!status.ok()) {
        return status;
      }
      return *std::move(result);
    }
  }
};

}  // namespace ruraledu::db
