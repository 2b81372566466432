#include "common/db/sqlite_connection.h"

#include <sqlite3.h>

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::db {
namespace {

constexpr size_t kMaxStatements = 500;
// Table, index and statistics of every index that begins with `shard`: rows in all, rows of one shard, then rows of one
// value of each further column; a unique index ends at one row. A partial index holds the few rows that somebody looks
// for.
constexpr std::string_view kStatistics =
    "SELECT m.name, l.name, CASE l.partial WHEN 1 THEN '1000' ELSE '10000000' END || (SELECT group_concat("
    "CASE WHEN l.\"unique\" = 1 AND i.seqno = (SELECT max(k.seqno) FROM pragma_index_info(l.name) k) THEN ' 1' "
    "WHEN i.seqno = 0 AND l.partial = 1 THEN ' 100' WHEN i.seqno = 0 THEN ' 100000' WHEN i.seqno = 1 THEN ' 50' "
    "WHEN i.seqno = 2 THEN ' 10' ELSE ' 2' END, '') FROM (SELECT seqno FROM pragma_index_info(l.name) ORDER BY seqno) "
    "i) "
    "FROM sqlite_schema m, pragma_index_list(m.name) l WHERE m.type = 'table' "
    "AND (SELECT x.name FROM pragma_index_info(l.name) x WHERE x.seqno = 0) = 'shard' "
    "AND (SELECT count(*) FROM pragma_index_info(l.name)) > 1";
constexpr int kProgressSteps = 1000;  // virtual machine steps between two looks at the clock: some microseconds

int BindValue(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return sqlite3_bind_double(statement, index, *real);
  }
  return sqlite3_bind_null(statement, index);
}

Value ColumnValue(sqlite3_stmt* statement, int column) {
  const auto bytes = [&](const void* data) {
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
    return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, column));
    case SQLITE_BLOB:
      return Blob{bytes(sqlite3_column_blob(statement, column))};
    default:
      return Value();
  }
}

Row ReadRow(sqlite3_stmt* statement) {
  std::vector<Value> cells;
  const int columns = sqlite3_column_count(statement);
  cells.reserve(columns);
  for (int column = 0; column < columns; ++column) {
    cells.push_back(ColumnValue(statement, column));
  }
  return Row(std::move(cells));
}

absl::Status Misuse(std::string_view detail) {
  return Fail("DATABASE_INTERNAL", {{"detail", detail}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         const std::string& vfs, Mode mode,
                                                                         absl::Duration busy_wait) {
  sqlite3* handle = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::kWriter) {
    flags |= SQLITE_OPEN_CREATE;
  }
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  if (code != SQLITE_OK) {
    return connection->Error(code);
  }
  sqlite3_busy_timeout(handle, static_cast<int>(absl::ToInt64Milliseconds(busy_wait)));
  // A log larger than 64 MB is cut back after its checkpoint; temporary tables never reach the disk in clear.
  RETURN_IF_ERROR(connection->Exec("PRAGMA journal_mode = WAL"));
  RETURN_IF_ERROR(connection->Exec("PRAGMA synchronous = FULL"));
  RETURN_IF_ERROR(connection->Exec("PRAGMA journal_size_limit = 67108864"));
  RETURN_IF_ERROR(connection->Exec("PRAGMA temp_store = MEMORY"));
  if (mode == Mode::kReader) {
    RETURN_IF_ERROR(connection->Exec("PRAGMA query_only = ON"));
    return connection;
  }
  // A checkpoint per 32 MB of log and not per 4: a bulk load writes the same index pages in every commit.
  RETURN_IF_ERROR(connection->Exec("PRAGMA wal_autocheckpoint = 8192"));
  RETURN_IF_ERROR(connection->Exec("PRAGMA cache_size = -65536"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (auto& [sql, statement] : statements_) {
    sqlite3_finalize(statement.handle);
  }
  sqlite3_close(handle_);
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void SqliteConnection::Rollback() {
  if (in_transaction()) {
    Exec("ROLLBACK").IgnoreError();
  }
}

absl::Status SqliteConnection::Exec(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::Status SqliteConnection::LimitError() const {
  if (Clock::System().Now() >= deadline_) {
    return Fail("DEADLINE_EXCEEDED");
  }
  return Fail("READ_TOO_LONG");
}

int SqliteConnection::OnProgress(void* self) {
  const auto* connection = static_cast<SqliteConnection*>(self);
  return Clock::System().Now() >= std::min(connection->limit_, connection->deadline_);
}

void SqliteConnection::SetLimits(absl::Time limit, absl::Time deadline) {
  limit_ = limit;
  deadline_ = deadline;
  const bool limited = std::min(limit, deadline) != absl::InfiniteFuture();
  sqlite3_progress_handler(handle_, limited ? kProgressSteps : 0, limited ? &OnProgress : nullptr, this);
}

absl::Status SqliteConnection::Error(int code) {
  const char* text = handle_ == nullptr ? "" : sqlite3_errmsg(handle_);  // names tables and columns, never values
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Fail("DISK_FULL");
    case SQLITE_INTERRUPT:
      return LimitError();
    case SQLITE_CONSTRAINT:
      return Fail("CONSTRAINT", {{"constraint", text}});
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fail("DATABASE_CORRUPT");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
      return Fail("DATABASE_UNAVAILABLE", {{"detail", absl::StrCat(sqlite3_errstr(code), " (", code, ")")}});
    default:
      return Misuse(text);
  }
}

absl::StatusOr<const SqliteConnection::Statement*> SqliteConnection::Prepare(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    return &found->second;
  }
  if (statements_.size() >= kMaxStatements) {
    for (auto& [text, statement] : statements_) {
      sqlite3_finalize(statement.handle);
    }
    statements_.clear();
  }
  Statement statement;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement.handle, &rest);
  if (code != SQLITE_OK) {
    return Error(code);
  }
  absl::Cleanup finalize = [&] { sqlite3_finalize(statement.handle); };
  if (rest != sql.data() + sql.size()) {
    return Misuse("more than one statement in a text");
  }
  for (int index = 1; index <= sqlite3_bind_parameter_count(statement.handle); ++index) {
    const char* name = sqlite3_bind_parameter_name(statement.handle, index);
    size_t number = 0;
    if (name == nullptr || name[0] != '$' || !absl::SimpleAtoi(name + 1, &number) || number == 0) {
      return Misuse("a placeholder that is not $1, $2 ...");
    }
    statement.numbers.push_back(number);
    statement.parameters = std::max(statement.parameters, number);
  }
  std::move(finalize).Cancel();
  return &statements_.emplace(std::string(sql), std::move(statement)).first->second;
}

absl::Status SqliteConnection::Bind(const Statement& statement, absl::Span<const Value> params) {
  if (params.size() != statement.parameters) {
    return Misuse(absl::StrCat(params.size(), " values for ", statement.parameters, " placeholders"));
  }
  for (size_t i = 0; i < statement.numbers.size(); ++i) {
    const int code = BindValue(statement.handle, static_cast<int>(i + 1), params[statement.numbers[i] - 1]);
    if (code != SQLITE_OK) {
      return Error(code);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqliteConnection::Run(std::string_view sql, absl::Span<const Value> params,
                                              const std::function<absl::Status(Row)>& each) {
  if (OnProgress(this) != 0) {
    return LimitError();
  }
  ASSIGN_OR_RETURN(const Statement* statement, Prepare(sql));
  RETURN_IF_ERROR(Bind(*statement, params));
  absl::Cleanup reset = [&] { sqlite3_reset(statement->handle); };
  const int64_t before = sqlite3_total_changes64(handle_);
  int code;
  while ((code = sqlite3_step(statement->handle)) == SQLITE_ROW) {
    if (each) {
      RETURN_IF_ERROR(each(ReadRow(statement->handle)));
    }
  }
  if (code != SQLITE_DONE) {
    return Error(code);
  }
  return sqlite3_total_changes64(handle_) - before;
}

absl::Status SqliteConnection::Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                                    absl::Span<const std::vector<Value>> rows) {
  std::string names, places;
  for (size_t i = 0; i < columns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + std::string(columns[i]);
    places += absl::StrCat(i == 0 ? "$" : ", $", i + 1);
  }
  const std::string sql = absl::StrCat("INSERT INTO ", std::string(table), " (", names, ") VALUES (", places, ")");
  ASSIGN_OR_RETURN(const Statement* statement, Prepare(sql));
  for (const auto& row : rows) {
    RETURN_IF_ERROR(Bind(*statement, row));
    const int code = sqlite3_step(statement->handle);
    sqlite3_reset(statement->handle);
    if (code != SQLITE_DONE) {
      return Error(code);
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteConnection::StateStatistics() {
  int64_t stated = 0, other = 0;
  const auto count_into = [](int64_t* number) {
    return [number](const Row& row) {
      *number = row.Int(0);
      return absl::OkStatus();
    };
  };
  RETURN_IF_ERROR(
      Run("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'", {}, count_into(&stated)).status());
  if (stated > 0) {
    RETURN_IF_ERROR(
        Run(absl::StrCat("SELECT count(*) FROM (", kStatistics, " EXCEPT SELECT tbl, idx, stat FROM sqlite_stat1)"), {},
            count_into(&other))
            .status());
    if (other == 0) {
      return absl::OkStatus();
    }
  }
  RETURN_IF_ERROR(Exec("BEGIN IMMEDIATE"));
  absl::Cleanup rollback = [&] { Rollback(); };
  RETURN_IF_ERROR(Exec("ANALYZE head"));  // the only way to make the table sqlite_stat1
  RETURN_IF_ERROR(Exec("DELETE FROM sqlite_stat1"));
  RETURN_IF_ERROR(Exec(absl::StrCat("INSERT INTO sqlite_stat1 (tbl, idx, stat) ", kStatistics).c_str()));
  RETURN_IF_ERROR(Exec("COMMIT"));
  return Exec("ANALYZE sqlite_schema");  // reads them
}

absl::Status SqliteConnection::CopyTo(const std::string& path) {
  sqlite3* target = nullptr;
  absl::Cleanup close = [&] { sqlite3_close(target); };
  int code = sqlite3_open_v2(path.c_str(), &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_backup* backup = sqlite3_backup_init(target, "main", handle_, "main");
    // All pages in one step: one snapshot, while the writer goes on.
    if (backup != nullptr) {
      sqlite3_backup_step(backup, -1);
      code = sqlite3_backup_finish(backup);
    } else {
      code = sqlite3_errcode(target);
    }
  }
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

}  // namespace ruraledu::db
