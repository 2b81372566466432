#include "common/db/db.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/driver.h"
#include "common/db/sql_text.h"

namespace ruraledu::db {

Value ToValue(std::monostate) {
  return Value();
}
Value ToValue(double value) {
  return value;
}
Value ToValue(std::string_view value) {
  return std::string(value);
}
Value ToValue(Blob value) {
  return value;
}
Value ToValue(absl::CivilDay value) {
  return DayText(value);
}
Value ToValue(absl::Time value) {
  return absl::ToUnixMicros(value);
}

absl::CivilDay Row::Day(size_t column) const noexcept {
  absl::CivilDay day;
  if (!ParseDay(Text(column), &day)) {
    std::abort();
  }
  return day;
}

std::optional<int64_t> Row::OptInt(size_t column) const noexcept {
  return IsNull(column) ? std::nullopt : std::optional(Int(column));
}

std::optional<std::string> Row::OptText(size_t column) const noexcept {
  return IsNull(column) ? std::nullopt : std::optional(Text(column));
}

std::optional<absl::CivilDay> Row::OptDay(size_t column) const noexcept {
  return IsNull(column) ? std::nullopt : std::optional(Day(column));
}

absl::StatusOr<int64_t> Transaction::Run(std::string_view sql, absl::Span<const Value> params,
                                         const std::function<absl::Status(Row)>& each) {
  RETURN_IF_ERROR(failure_);
  RETURN_IF_ERROR(CheckValues(params));
  if (running_) {
    return Fail("DATABASE_INTERNAL", {{"detail", "a statement inside the rows of another"}});
  }
  absl::Status stopped;
  std::function<absl::Status(Row)> watched;
  if (each) {
    watched = [&](Row row) {
      stopped = each(std::move(row));
      return stopped;
    };
  }
  running_ = true;
  absl::StatusOr<int64_t> changed = connection_.Run(sql, params, watched);
  running_ = false;
  if (!changed.ok() && stopped.ok()) {
    failure_ = changed.status();
  }
  return changed;
}

absl::StatusOr<std::vector<Row>> Transaction::QueryValues(std::string_view sql, std::vector<Value> args) {
  std::vector<Row> rows;
  auto status = Run(sql, args, [&](Row row) -> absl::Status {
    if (rows.size() == kMaxRows) {
      return Fail("RESULT_TOO_LARGE", {{"limit", absl::StrCat(kMaxRows)}});
    }
    rows.push_back(std::move(row));
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status.status());
  return rows;
}

absl::StatusOr<std::optional<Row>> Transaction::QueryOneValues(std::string_view sql, std::vector<Value> args) {
  std::optional<Row> only;
  auto status = Run(sql, args, [&](Row row) -> absl::Status {
    if (only.has_value()) {
      return Fail("DATABASE_INTERNAL", {{"detail", "more than one row where one was expected"}});
    }
    only.emplace(std::move(row));
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status.status());
  return only;
}

absl::StatusOr<int64_t> Transaction::ExecuteValues(std::string_view sql, std::vector<Value> args) {
  if (!writable_) {
    return Fail("DATABASE_INTERNAL", {{"detail", "a change within a read"}});
  }
  return Run(sql, args, nullptr);
}

absl::Status Transaction::ForEach(std::string_view sql, std::vector<Value> args,
                                  const std::function<absl::Status(Row)>& each) {
  return Run(sql, args, each).status();
}

absl::Status Transaction::Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                               absl::Span<const std::vector<Value>> rows) {
  RETURN_IF_ERROR(failure_);
  if (!writable_ || running_) {
    return Fail("DATABASE_INTERNAL", {{"detail", "a bulk load within a read"}});
  }
  for (const auto& row : rows) {
    RETURN_IF_ERROR(CheckValues(row));
    if (row.size() != columns.size()) {
      return Fail("DATABASE_INTERNAL", {{"detail", "a bulk row with another number of columns"}});
    }
  }
  if (!rows.empty()) {
    failure_ = connection_.Bulk(table, columns, rows);
  }
  return failure_;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const Options& options,
                                                         absl::Span<const Migration> migrations) {
  const std::string_view url = options.url;
  if (url.starts_with("sqlite:") && url.size() > 7) {
    return OpenSqlite(options, url.substr(7), migrations);
  }
  if (url.starts_with("postgres:")) {
    return OpenPostgres(options, url.substr(9), migrations);
  }
  return Fail("DATABASE_URL");
}

absl::StatusOr<std::vector<Database::HeadMove>> Database::Heads() {
  return Read([](Transaction& tx) -> absl::StatusOr<std::vector<HeadMove>> {
    ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT shard, seq, hash FROM head WHERE seq > 0 ORDER BY shard"));
    std::vector<HeadMove> heads;
    heads.reserve(rows.size());
    for (const Row& row : rows) {
      heads.push_back({row.Text(0), {row.Int(1), row.Bytes(2)}});
    }
    return heads;
  });
}

}  // namespace ruraledu::db
