// SQLite: one file per service, one process per file (a lock beside it), one writer with group commit, readers on
// snapshots.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/db/driver.h"
#include "common/db/migrations.h"
#include "common/db/sqlite_connection.h"
#include "common/db/sqlite_writer.h"

namespace ruraledu::db {
namespace {

// flock on "<path>.lock": ends with the process, however that ends.
class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~FileLock() {
    if (file_ >= 0) {
      close(file_);
    }
  }
  static absl::StatusOr<FileLock> Take(const std::string& path) {
    FileLock lock;
    lock.file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock.file_ < 0) {
      return Fail("DATABASE_UNAVAILABLE", {{"detail", "the lock file cannot be opened"}});
    }
    if (flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
      return Fail("DATABASE_LOCKED");
    }
    return lock;
  }

 private:
  int file_ = -1;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const Options& options, std::string path, FileLock lock, Wrapped<SqliteConnection> writer)
      : options_(options),
        path_(std::move(path)),
        lock_(std::move(lock)),
        writer_(std::move(writer), options, listeners_),
        readers_(std::max(1, options.max_connections), [this] { return OpenReader(); }) {}

  absl::Status Start() { return Rename(EnsureInstance); }

  std::string instance() const override {
    std::lock_guard lock(instance_mutex_);
    return instance_;
  }
  absl::Status Reincarnate() override { return Rename(ReplaceInstance); }
  void OnCommit(std::function<void(std::string_view)> listener) override { listeners_.Add(std::move(listener)); }
  bool is_sqlite() const override { return true; }
  absl::Status AnalyseNewTables() override { return absl::OkStatus(); }
  absl::Status Backup(const std::string& path) override;

 protected:
  absl::Status RunWrite(std::string_view shard, const Body& body, const WriteOptions& options) override {
    return writer_.Write(shard, body, options);
  }
  absl::Status RunRead(const Body& body, const ReadOptions& options) override;

 private:
  absl::Status Rename(absl::StatusOr<std::string> (*naming)(Transaction&)) {
    ASSIGN_OR_RETURN(std::string name, Write("", naming));
    std::lock_guard lock(instance_mutex_);
    instance_ = std::move(name);
    return absl::OkStatus();
  }
  absl::StatusOr<Wrapped<SqliteConnection>> OpenReader() {
    ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(path_, options_.sqlite_vfs,
                                                             SqliteConnection::Mode::kReader, options_.lock_wait));
    return Wrap(std::move(connection), options_);
  }

  const Options options_;
  const std::string path_;
  FileLock lock_;
  Listeners listeners_;
  mutable std::mutex instance_mutex_;
  std::string instance_;
  SqliteWriter writer_;
  Pool<SqliteConnection> readers_;
};

absl::Status SqliteDatabase::RunRead(const Body& body, const ReadOptions& options) {
  ASSIGN_OR_RETURN(auto lease, readers_.Acquire(WaitUntil(options.deadline, options_.lock_wait)));
  lease.driver().SetLimits(Clock::System().Now() + options_.read_limit, options.deadline);
  absl::Status status = lease.connection().Run("BEGIN", {}, nullptr).status();
  if (status.ok()) {
    Transaction tx(lease.connection(), "", {}, *options_.clock, /*writable=*/false);
    status = RunBody(body, tx);
    if (status.ok()) {
      status = tx.failure();
    }
  }
  lease.driver().SetLimits(absl::InfiniteFuture(), absl::InfiniteFuture());
  lease.driver().Rollback();
  return status;
}

absl::Status SqliteDatabase::Backup(const std::string& path) {
  ASSIGN_OR_RETURN(auto lease, readers_.Acquire(WaitUntil(absl::InfiniteFuture(), options_.lock_wait)));
  const std::string part = absl::StrCat(path, ".part");
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  close(open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  RETURN_IF_ERROR(lease.driver().CopyTo(part));
  if (std::rename(part.c_str(), path.c_str()) != 0) {
    return Fail("DATABASE_UNAVAILABLE", {{"detail", "the backup cannot be put in its place"}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const Options& options, std::string_view path_view,
                                                     absl::Span<const Migration> migrations) {
  const std::string path(path_view);
  ASSIGN_OR_RETURN(FileLock lock, FileLock::Take(absl::StrCat(path, ".lock")));
  // Created for its owner only; the log takes over the mode of the file.
  if (const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); file >= 0) {
    close(file);
  }
  ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(path, options.sqlite_vfs, SqliteConnection::Mode::kWriter,
                                                           options.lock_wait));
  auto writer = Wrap(std::move(connection), options);
  RETURN_IF_ERROR(Migrate(*writer.connection, /*sqlite=*/true, migrations, *options.clock));
  RETURN_IF_ERROR(writer.driver->StateStatistics());
  auto database = std::make_unique<SqliteDatabase>(options, path, std::move(lock), std::move(writer));
  RETURN_IF_ERROR(database->Start());
  return database;
}

}  // namespace ruraledu::db
