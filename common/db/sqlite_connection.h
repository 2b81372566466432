// One SQLite connection with its prepared statements. Internal to common/db.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ruraledu::db {

class SqliteConnection final : public Connection {
 public:
  enum class Mode { kWriter, kReader };
  // Opens (the writer creates) the file, in WAL mode with synchronous = FULL: a COMMIT returns after fsync of the log.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path, const std::string& vfs,
                                                                Mode mode, absl::Duration busy_wait);
  ~SqliteConnection() override;

  absl::StatusOr<int64_t> Run(std::string_view sql, absl::Span<const Value> params,
                              const std::function<absl::Status(Row)>& each) override;
  absl::Status Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                    absl::Span<const std::vector<Value>> rows) override;

  // False when there is none, or when an error (disk full, I/O) has ended it.
  bool in_transaction() const;
  // Ends an open transaction; cannot fail in a way that leaves one open.
  void Rollback();
  // Reads stop with READ_TOO_LONG after `limit` and with DEADLINE_EXCEEDED after `deadline` (InfiniteFuture: never).
  void SetLimits(absl::Time limit, absl::Time deadline);
  absl::Status CopyTo(const std::string& path);
  // Tells the planner how the rows lie (sqlite_stat1). Its guess for a table that was never analysed is ten rows per
  // value of an index's first column; here that column is `shard`, so that it walked a whole county in the order of the
  // primary key to spare itself the sorting of one row. Stated and not measured: no ANALYZE has to run, and plans do
  // not change with the data. Writes nothing when the schema has not changed.
  absl::Status StateStatistics();

 private:
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    std::vector<size_t> numbers;  // of the placeholder at each SQLite parameter index
    size_t parameters = 0;
  };
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}

  absl::StatusOr<const Statement*> Prepare(std::string_view sql);
  absl::Status Bind(const Statement& statement, absl::Span<const Value> params);
  absl::Status Error(int code);
  absl::Status Exec(const char* sql);
  absl::Status LimitError() const;
  static int OnProgress(void* self);

  sqlite3* handle_;
  std::map<std::string, Statement, std::less<>> statements_;
  absl::Time limit_ = absl::InfiniteFuture();
  absl::Time deadline_ = absl::InfiniteFuture();
};

}  // namespace ruraledu::db
