// PostgreSQL: a pool of connections; a write locks its shard's head row, so writes of one shard queue at the server.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/db/driver.h"
#include "common/db/migrations.h"
#include "common/db/postgres_connection.h"

namespace ruraledu::db {
namespace {

constexpr int kAttempts = 5;

int64_t MillisLeft(absl::Time until) {
  return std::max<int64_t>(1, absl::ToInt64Milliseconds(until - Clock::System().Now()));
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const Options& options, std::string connection_string)
      : options_(options),
        pool_(std::max(1, options.max_connections),
              [this, text = std::move(connection_string)]() -> absl::StatusOr<Wrapped<PostgresConnection>> {
                ASSIGN_OR_RETURN(auto connection, PostgresConnection::Open(text));
                return Wrap(std::move(connection), options_);
              }) {}

  absl::Status Start(absl::Span<const Migration> migrations) {
    {
      ASSIGN_OR_RETURN(auto lease, pool_.Acquire(WaitUntil(absl::InfiniteFuture(), options_.lock_wait)));
      RETURN_IF_ERROR(lease.driver().CheckServer());
      const absl::Status migrated = Migrate(lease.connection(), /*sqlite=*/false, migrations, *options_.clock);
      if (!migrated.ok()) {
        lease.Discard();
        return migrated;
      }
    }
    return Rename(EnsureInstance);
  }

  std::string instance() const override {
    std::lock_guard lock(instance_mutex_);
    return instance_;
  }
  absl::Status Reincarnate() override { return Rename(ReplaceInstance); }
  void OnCommit(std::function<void(std::string_view)> listener) override { listeners_.Add(std::move(listener)); }
  bool is_sqlite() const override { return false; }
  absl::Status AnalyseNewTables() override {
    ASSIGN_OR_RETURN(auto lease, pool_.Acquire(WaitUntil(absl::InfiniteFuture(), options_.lock_wait)));
    return lease.driver().AnalyseNewTables();
  }
  absl::Status Backup(const std::string&) override { return Fail("UNIMPLEMENTED_BY_DATABASE", {{"tool", "pg_dump"}}); }

 protected:
  absl::Status RunWrite(std::string_view shard, const Body& body, const WriteOptions& options) override;
  absl::Status RunRead(const Body& body, const ReadOptions& options) override;

 private:
  using Lease = Pool<PostgresConnection>::Lease;

  struct Attempt {
    absl::Status status;
    bool again = false;     // nothing was stored and another try may succeed
    bool announce = false;  // committed, and listeners want to know
  };
  Attempt TryWrite(Lease& lease, std::string_view shard, const Body& body, const WriteOptions& options,
                   absl::Time until);
  Attempt TryRead(Lease& lease, const Body& body, const ReadOptions& options);

  absl::Status Rename(absl::StatusOr<std::string> (*naming)(Transaction&)) {
    ASSIGN_OR_RETURN(std::string name, Write("", naming));
    std::lock_guard lock(instance_mutex_);
    instance_ = std::move(name);
    return absl::OkStatus();
  }

  const Options options_;
  Pool<PostgresConnection> pool_;
  Listeners listeners_;
  mutable std::mutex instance_mutex_;
  std::string instance_;
};

absl::Status PostgresDatabase::RunWrite(std::string_view shard, const Body& body, const WriteOptions& options) {
  RETURN_IF_ERROR(CheckNotNested());
  const absl::Time until = WaitUntil(options.deadline, options_.lock_wait);
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(auto lease, pool_.Acquire(until));
    const Attempt result = TryWrite(lease, shard, body, options, until);
    if (!lease.driver().Rollback()) {
      lease.Discard();
    }
    if (result.announce) {
      listeners_.Call(shard);
    }
    if (!result.again || attempt == kAttempts || Clock::System().Now() >= until) {
      return result.status;
    }
  }
}

PostgresDatabase::Attempt PostgresDatabase::TryWrite(Lease& lease, std::string_view shard, const Body& body,
                                                     const WriteOptions& options, absl::Time until) {
  const std::string begin =
      absl::StrCat("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ", MillisLeft(until));
  if (absl::Status status = lease.connection().Run(begin, {}, nullptr).status(); !status.ok()) {
    return {status, lease.driver().broken()};
  }
  MemberResult member = RunMember(lease.connection(), *options_.clock, shard, body, options.expected_seq);
  if (!member.status.ok()) {
    return {member.status, lease.driver().broken() || ReasonOf(member.failure) == "DATABASE_RETRY"};
  }
  absl::Status committed = lease.connection().Run("COMMIT", {}, nullptr).status();
  if (committed.ok()) {
    return {committed, false, member.announce};
  }
  if (lease.driver().broken()) {
    // It may have been stored: running the body again could store it twice. The caller's request_id tells.
    return {Fail("COMMIT_UNKNOWN")};
  }
  return {committed, ReasonOf(committed) == "DATABASE_RETRY"};
}

absl::Status PostgresDatabase::RunRead(const Body& body, const ReadOptions& options) {
  const absl::Time until = WaitUntil(options.deadline, options_.lock_wait);
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(auto lease, pool_.Acquire(until));
    const Attempt result = TryRead(lease, body, options);
    lease.driver().SetLimits(absl::InfiniteFuture(), absl::InfiniteFuture());
    if (!lease.driver().Rollback()) {
      lease.Discard();
    }
    if (!result.again || attempt == kAttempts || Clock::System().Now() >= until) {
      return result.status;
    }
  }
}

PostgresDatabase::Attempt PostgresDatabase::TryRead(Lease& lease, const Body& body, const ReadOptions& options) {
  const absl::Time limit = Clock::System().Now() + options_.read_limit;
  lease.driver().SetLimits(limit, options.deadline);
  const std::string begin =
      absl::StrCat("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ",
                   MillisLeft(std::min(limit, options.deadline)));
  if (absl::Status status = lease.connection().Run(begin, {}, nullptr).status(); !status.ok()) {
    return {status, lease.driver().broken()};
  }
  Transaction tx(lease.connection(), "", {}, *options_.clock, /*writable=*/false);
  absl::Status status = RunBody(body, tx);
  if (status.ok()) {
    status = tx.failure();
  }
  return {status, !status.ok() && (lease.driver().broken() || ReasonOf(tx.failure()) == "DATABASE_RETRY")};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const Options& options, std::string_view connection_string,
                                                       absl::Span<const Migration> migrations) {
  auto database = std::make_unique<PostgresDatabase>(options, std::string(connection_string));
  RETURN_IF_ERROR(database->Start(migrations));
  return database;
}

}  // namespace ruraledu::db
