#include "common/db/postgres_connection.h"

#include <endian.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/postgres_format.h"
#include "common/db/sql_text.h"

namespace ruraledu::db {
namespace {

constexpr size_t kMaxStatements = 500;
constexpr size_t kCopyBuffer = 256 * 1024;

absl::Status Misuse(std::string_view detail) {
  return Fail("DATABASE_INTERNAL", {{"detail", detail}});
}

std::string Field(const PGresult* result, int code) {
  const char* text = result == nullptr ? nullptr : PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

int64_t ChangedRows(const PGresult* result) {
  int64_t changed = 0;
  const char* text = PQcmdTuples(const_cast<PGresult*>(result));
  const std::string_view tag = PQcmdStatus(const_cast<PGresult*>(result));
  return !tag.starts_with("SELECT") && absl::SimpleAtoi(text, &changed) ? changed : 0;
}

}  // namespace

void PostgresConnection::Freer::operator()(pg_result* result) const {
  PQclear(result);
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const std::string& connection_string) {
  // Given before the connection string, so that it may say otherwise; client_encoding after it, since it may not.
  const char* names[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                         "dbname",          "client_encoding",  nullptr};
  const char* values[] = {"5", "10000", "ruraledu", connection_string.c_str(), "UTF8", nullptr};
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(PQconnectdbParams(names, values, /*expand_dbname=*/1)));
  if (connection->handle_ == nullptr || PQstatus(connection->handle_) != CONNECTION_OK) {
    return Fail("DATABASE_UNAVAILABLE", {{"detail", "no connection to the PostgreSQL server"}});
  }
  // An acknowledged write is on disk, whatever the server's default is.
  RETURN_IF_ERROR(
      connection
          ->RunSimple("SET client_min_messages = error; SELECT set_config('synchronous_commit', 'on', false) "
                      "WHERE current_setting('synchronous_commit') = 'off'")
          .status());
  return connection;
}

PostgresConnection::~PostgresConnection() {
  PQfinish(handle_);
}

bool PostgresConnection::broken() const {
  return PQstatus(handle_) != CONNECTION_OK;
}
bool PostgresConnection::in_transaction() const {
  return PQtransactionStatus(handle_) != PQTRANS_IDLE;
}

bool PostgresConnection::Rollback() {
  return !broken() && (!in_transaction() || RunSimple("ROLLBACK").ok()) && !in_transaction();
}

void PostgresConnection::SetLimits(absl::Time limit, absl::Time deadline) {
  limit_ = limit;
  deadline_ = deadline;
}

bool PostgresConnection::OverLimit() const {
  const absl::Time end = std::min(limit_, deadline_);
  return end != absl::InfiniteFuture() && Clock::System().Now() >= end;
}

absl::Status PostgresConnection::LimitError() const {
  // The server counts in whole milliseconds and may stop a moment before either: the earlier one was meant.
  return Fail(deadline_ <= limit_ ? "DEADLINE_EXCEEDED" : "READ_TOO_LONG");
}

absl::Status PostgresConnection::Error(const pg_result* result) const {
  const std::string state = Field(result, PG_DIAG_SQLSTATE);
  const std::string_view kind = std::string_view(state).substr(0, 2);
  if (broken() || state.empty() || kind == "08" || kind == "57" || kind == "58") {
    if (state == "57014") {
      return LimitError();
    }
    return Fail("DATABASE_UNAVAILABLE", {{"detail", absl::StrCat("the connection is lost ", state)}});
  }
  if (state == "53100") {
    return Fail("DISK_FULL");
  }
  if (state == "55P03") {
    return Fail("DEADLINE_EXCEEDED");
  }
  if (state == "40001" || state == "40P01") {
    return Fail("DATABASE_RETRY");
  }
  if (kind == "23") {
    return Fail("CONSTRAINT",
                {{"constraint", Field(result, PG_DIAG_TABLE_NAME) + " " + Field(result, PG_DIAG_CONSTRAINT_NAME) +
                                    Field(result, PG_DIAG_COLUMN_NAME)}});
  }
  if (kind == "53") {
    return Fail("DATABASE_UNAVAILABLE", {{"detail", absl::StrCat("the server lacks resources ", state)}});
  }
  if (kind == "XX") {
    return Fail("DATABASE_CORRUPT");
  }
  // Messages of class 42 speak of the statement's text only; those of others may quote values.
  return Misuse(kind == "42" ? absl::StrCat(state, " ", Field(result, PG_DIAG_MESSAGE_PRIMARY)) : state);
}

absl::StatusOr<std::string> PostgresConnection::Prepare(std::string_view sql, absl::Span<const Value> params) {
  const std::vector<unsigned> types = ParameterTypes(params);
  const auto [first, last] = prepared_.equal_range(sql);
  for (auto it = first; it != last; ++it) {
    // A NULL fits any type.
    if (std::equal(types.begin(), types.end(), it->second.types.begin(), it->second.types.end(),
                   [](unsigned wanted, unsigned had) { return wanted == 0 || wanted == had; })) {
      return it->second.name;
    }
  }
  if (const size_t wanted = HighestPlaceholder(sql); wanted != params.size()) {
    return Misuse(absl::StrCat(params.size(), " values for ", wanted, " placeholders"));
  }
  if (prepared_.size() >= kMaxStatements) {
    RETURN_IF_ERROR(RunSimple("DEALLOCATE ALL").status());
    prepared_.clear();
  }
  const std::string name = absl::StrCat("s", ++names_);
  const Result result(
      PQprepare(handle_, name.c_str(), std::string(sql).c_str(), static_cast<int>(types.size()), types.data()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    return Error(result.get());
  }
  prepared_.emplace(std::string(sql), Prepared{types, name});
  return name;
}

absl::StatusOr<int64_t> PostgresConnection::RunSimple(std::string_view sql) {
  const Result result(PQexec(handle_, std::string(sql).c_str()));
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    return Error(result.get());
  }
  // COMMIT of a failed transaction answers ROLLBACK, without an error.
  if (sql == "COMMIT" && std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    return Misuse("COMMIT of a failed transaction");
  }
  return ChangedRows(result.get());
}

absl::StatusOr<int64_t> PostgresConnection::Run(std::string_view sql, absl::Span<const Value> params,
                                                const std::function<absl::Status(Row)>& each) {
  if (OverLimit()) {
    return LimitError();
  }
  if (params.empty() && !each) {
    return RunSimple(sql);
  }
  ASSIGN_OR_RETURN(const std::string name, Prepare(sql, params));
  const BoundParameters bound(params);
  if (PQsendQueryPrepared(handle_, name.c_str(), bound.size(), bound.values(), bound.lengths(), bound.formats(),
                          /*resultFormat=*/1) == 0) {
    return Error(nullptr);
  }
  if (each) {
    PQsetSingleRowMode(handle_);
  }
  return ReadResults(each);
}

absl::StatusOr<int64_t> PostgresConnection::ReadResults(const std::function<absl::Status(Row)>& each) {
  int64_t changed = 0;
  absl::Status status;
  // Every result is fetched, also after `each` has stopped: cancelling would fail the transaction, and a reader that
  // has seen enough may go on with it.
  while (Result result{PQgetResult(handle_)}) {
    const auto kind = PQresultStatus(result.get());
    if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK) {
      changed = ChangedRows(result.get());
    } else if (kind == PGRES_SINGLE_TUPLE) {
      if (!status.ok()) {
        continue;
      }
      auto row = ReadRow(result.get());
      status = !row.ok() ? row.status() : OverLimit() ? LimitError() : each(*std::move(row));
    } else if (status.ok()) {
      status = Error(result.get());
    }
  }
  RETURN_IF_ERROR(status);
  return changed;
}

absl::StatusOr<std::vector<std::vector<Value>>> PostgresConnection::Rows(std::string_view sql) {
  std::vector<std::vector<Value>> rows;
  RETURN_IF_ERROR(Run(sql, {}, [&](Row row) {
                    std::vector<Value> cells;
                    for (size_t i = 0; i < row.size(); ++i) {
                      cells.push_back(row.IsNull(i) ? Value() : Value(row.Text(i)));
                    }
                    rows.push_back(std::move(cells));
                    return absl::OkStatus();
                  }).status());
  return rows;
}

absl::Status PostgresConnection::AnalyseNewTables() {
  ASSIGN_OR_RETURN(const auto rows,
                   Rows("SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' AND reltuples <= 0 AND "
                        "pg_relation_size(oid) > 0 AND "  // one that is still empty has nothing to tell
                        "relnamespace = CAST(current_schema() AS regnamespace) ORDER BY relname"));
  for (const auto& row : rows) {
    RETURN_IF_ERROR(RunSimple(absl::StrCat("ANALYZE ", std::get<std::string>(row.at(0)))).status());
  }
  return absl::OkStatus();
}

absl::Status PostgresConnection::CheckServer() {
  if (const int version = PQserverVersion(handle_); version < 150000) {
    return Fail("DATABASE_VERSION", {{"version", absl::StrCat(version / 10000)}});
  }
  ASSIGN_OR_RETURN(auto rows,
                   Rows("SELECT CAST(pg_encoding_to_char(encoding) AS TEXT), CAST(datcollate AS TEXT), "
                        "CAST(datlocprovider AS TEXT), CAST(current_schema() AS TEXT), "
                        "current_setting('search_path') FROM pg_database WHERE datname = current_database()"));
  const auto text = [&](size_t i) {
    const auto* value = std::get_if<std::string>(&rows.at(0).at(i));
    return value == nullptr ? std::string() : *value;
  };
  const std::string encoding = text(0), collation = text(1), provider = text(2);
  if (encoding != "UTF8" || provider != "c" || (collation != "C" && collation != "POSIX")) {
    return Fail("DATABASE_COLLATION", {{"encoding", encoding}, {"collation", collation}});
  }
  if (std::get_if<std::string>(&rows[0][3]) == nullptr) {
    const std::string first = text(4).substr(0, text(4).find(','));
    char* quoted = PQescapeIdentifier(handle_, first.data(), first.size());
    const std::string create = absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", quoted);
    PQfreemem(quoted);
    // Two processes that start at once may both try; the loser's error is harmless once the schema is there.
    RunSimple(create).status().IgnoreError();
  }
  return absl::OkStatus();
}

absl::Status PostgresConnection::Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                                      absl::Span<const std::vector<Value>> rows) {
  std::string copy = absl::StrCat("COPY ", std::string(table), " (");
  for (size_t i = 0; i < columns.size(); ++i) {
    copy += (i == 0 ? "" : ", ") + std::string(columns[i]);
  }
  copy += ") FROM STDIN (FORMAT binary)";
  const Result started(PQexec(handle_, copy.c_str()));
  if (PQresultStatus(started.get()) != PGRES_COPY_IN) {
    return Error(started.get());
  }
  std::string buffer = CopyHeader();
  bool sent = true;
  for (size_t i = 0; i <= rows.size() && sent; ++i) {
    if (i < rows.size()) {
      AppendCopyRow(rows[i], buffer);
    } else {
      AppendCopyEnd(buffer);
    }
    if (buffer.size() >= kCopyBuffer || i == rows.size()) {
      sent = PQputCopyData(handle_, buffer.data(), static_cast<int>(buffer.size())) == 1;
      buffer.clear();
    }
  }
  sent = PQputCopyEnd(handle_, sent ? nullptr : "the rows could not be sent") == 1 && sent;
  ASSIGN_OR_RETURN(int64_t copied, ReadResults(nullptr));
  return sent && copied == static_cast<int64_t>(rows.size()) ? absl::OkStatus() : Error(nullptr);
}

}  // namespace ruraledu::db
