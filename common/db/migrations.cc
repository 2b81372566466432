#include "common/db/migrations.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/sql_text.h"
#include "schema/db.h"

namespace ruraledu::db {
namespace {

constexpr std::string_view kCreateTable =
    "CREATE TABLE IF NOT EXISTS migration (module TEXT NOT NULL, number BIGINT NOT NULL, checksum TEXT NOT NULL, "
    "release_number BIGINT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (module, number))";

class Migrator {
 public:
  Migrator(Connection& connection, bool sqlite, const Clock& clock, int64_t release)
      : connection_(connection), sqlite_(sqlite), clock_(clock), release_(release) {}

  // Begins, locks others out until COMMIT, runs `work`, commits.
  absl::Status InTransaction(const std::function<absl::Status()>& work) {
    RETURN_IF_ERROR(Run(sqlite_ ? "BEGIN IMMEDIATE"
                                : "BEGIN; SELECT pg_advisory_xact_lock(hashtext('ruraledu ' || current_schema()))"));
    absl::Status status = work();
    if (status.ok()) {
      status = Run("COMMIT");
    }
    if (!status.ok()) {
      Run("ROLLBACK").IgnoreError();
    }
    return status;
  }

  absl::Status CreateTable() { return Run(sqlite_ ? ForSqlite(kCreateTable) : std::string(kCreateTable)); }

  absl::Status CheckRelease(absl::Span<const Migration> known) {
    std::map<std::string, int64_t> newest;
    for (const Migration& migration : known) {
      newest[std::string(migration.module)] =
          std::max<int64_t>(newest[std::string(migration.module)], migration.number);
    }
    return connection_
        .Run("SELECT module, number, release_number FROM migration ORDER BY module, number", {},
             [&](Row row) -> absl::Status {
               const bool unknown = row.Int(1) > newest[row.Text(0)];
               if (unknown && row.Int(2) > release_ + 1) {
                 return Fail("DATABASE_NEWER", {{"module", row.Text(0)}, {"number", absl::StrCat(row.Int(1))}});
               }
               return absl::OkStatus();
             })
        .status();
  }

  absl::Status Apply(const Migration& migration) {
    const Value module = std::string(migration.module), number = int64_t{migration.number};
    std::optional<std::string> applied;
    RETURN_IF_ERROR(connection_
                        .Run("SELECT checksum FROM migration WHERE module = $1 AND number = $2", {module, number},
                             [&](Row row) {
                               applied = row.Text(0);
                               return absl::OkStatus();
                             })
                        .status());
    const std::string checksum = Checksum(migration.sql);
    if (applied.has_value()) {
      return *applied == checksum ? absl::OkStatus() : Refuse("MIGRATION_CHANGED", migration);
    }
    for (const std::string& statement : SplitStatements(migration.sql)) {
      RETURN_IF_ERROR(Run(sqlite_ ? ForSqlite(statement) : statement));
    }
    const std::vector<Value> row = {module, number, checksum, release_, clock_.NowMicros()};
    return connection_
        .Run("INSERT INTO migration (module, number, checksum, release_number, applied_at) VALUES ($1, $2, $3, $4, $5)",
             row, nullptr)
        .status();
  }

  static absl::Status Refuse(std::string_view reason, const Migration& migration) {
    return Fail(reason, {{"module", migration.module}, {"number", absl::StrCat(migration.number)}});
  }

 private:
  absl::Status Run(std::string_view sql) { return connection_.Run(sql, {}, nullptr).status(); }

  Connection& connection_;
  bool sqlite_;
  const Clock& clock_;
  int64_t release_;
};

absl::Status CheckNumbers(absl::Span<const Migration> migrations) {
  std::map<std::string_view, int> last;
  for (const Migration& migration : migrations) {
    if (migration.number != ++last[migration.module]) {
      return Migrator::Refuse("MIGRATION_FAILED", migration);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(Connection& connection, bool sqlite, absl::Span<const Migration> migrations, const Clock& clock,
                     int64_t release) {
  std::vector<Migration> all(Schema().begin(), Schema().end());
  all.insert(all.end(), migrations.begin(), migrations.end());
  RETURN_IF_ERROR(CheckNumbers(all));
  Migrator migrator(connection, sqlite, clock, release);
  RETURN_IF_ERROR(migrator.InTransaction([&] { return migrator.CreateTable(); }));
  RETURN_IF_ERROR(migrator.CheckRelease(all));
  for (const Migration& migration : all) {
    RETURN_IF_ERROR(migrator.InTransaction([&] { return migrator.Apply(migration); }));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::db
