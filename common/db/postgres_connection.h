// One PostgreSQL connection with its prepared statements. Internal to common/db.
//
// Parameters take their type from the C++ value (int8, float8, text, bytea), in binary form both ways. Statements
// without parameters and rows go by the simple protocol, several in one text allowed: "BEGIN; SET LOCAL ..." is one
// round trip.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"

struct pg_conn;
struct pg_result;

namespace ruraledu::db {

class PostgresConnection final : public Connection {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& connection_string);
  ~PostgresConnection() override;

  absl::StatusOr<int64_t> Run(std::string_view sql, absl::Span<const Value> params,
                              const std::function<absl::Status(Row)>& each) override;
  absl::Status Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                    absl::Span<const std::vector<Value>> rows) override;

  bool broken() const;
  bool in_transaction() const;
  // Ends an open transaction; false when the connection is of no use any more.
  bool Rollback();
  // A statement, and the rows of one, stop with READ_TOO_LONG or DEADLINE_EXCEEDED after these moments.
  void SetLimits(absl::Time limit, absl::Time deadline);
  // DATABASE_VERSION, DATABASE_COLLATION; creates the schema that search_path names when it is missing.
  absl::Status AnalyseNewTables();
  absl::Status CheckServer();

 private:
  struct Freer {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, Freer>;
  struct Prepared {
    std::vector<unsigned> types;
    std::string name;
  };

  explicit PostgresConnection(pg_conn* handle) : handle_(handle) {}
  absl::StatusOr<std::string> Prepare(std::string_view sql, absl::Span<const Value> params);
  absl::StatusOr<int64_t> RunSimple(std::string_view sql);
  absl::StatusOr<int64_t> ReadResults(const std::function<absl::Status(Row)>& each);
  absl::StatusOr<std::vector<std::vector<Value>>> Rows(std::string_view sql);
  absl::Status Error(const pg_result* result) const;
  absl::Status LimitError() const;
  bool OverLimit() const;

  pg_conn* handle_;
  std::multimap<std::string, Prepared, std::less<>> prepared_;
  int64_t names_ = 0;
  absl::Time limit_ = absl::InfiniteFuture();
  absl::Time deadline_ = absl::InfiniteFuture();
};

}  // namespace ruraledu::db
