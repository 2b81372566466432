// A real PostgreSQL server for tests: one throw-away cluster per test process, started on first use, gone at its exit.
#pragma once

#include <string>

namespace ruraledu::testlib {

class Postgres {
 public:
  // Aborts when no server can be started: a missing server is a failure, never a skipped test.
  static Postgres& Get();

  // A libpq connection string whose search_path is a new schema of the database "test" (UTF8, collation C).
  std::string NewSchema();
  // The connection string of another database of the cluster, created with `options` ("LC_COLLATE 'C.UTF-8' ...").
  std::string NewDatabase(const std::string& options);
  // Ends the whole server at once, without a checkpoint, and starts it over the same files; connections break.
  void Crash();
  // kill -9 of the postmaster alone: its children end by themselves. Starts it again as soon as they let it.
  void KillPostmaster();
  void Stop();
  void Start();
  // pg_dump of the schema of a string of NewSchema into a file, and what is in the file in its place.
  void Dump(const std::string& connection, const std::string& file) const;
  void Restore(const std::string& connection, const std::string& file) const;
  void Empty(const std::string& connection) const;  // drops the schema
  // The folder of the server with everything written out: tables, indexes, its log of writes, its messages.
  std::string FlushedFolder() const;

 private:
  Postgres();
  std::string Connection(const std::string& database) const;
  void Sql(const std::string& database, const std::string& statement) const;
  std::string AsServer(const std::string& command) const;  // the shell command that runs it as the server's user
  void RunAsServer(const std::string& command) const;
  std::string StartCommand() const;
  void Drop();

  std::string folder_;
  int names_ = 0;
};

}  // namespace ruraledu::testlib
