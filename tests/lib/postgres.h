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
  // kill -9 of the whole server and a start over the same files; connections break.
  void Crash();
  void Stop();
  void Start();

 private:
  Postgres();
  std::string Connection(const std::string& database) const;
  void Sql(const std::string& database, const std::string& statement) const;
  void RunAsServer(const std::string& command) const;

  std::string folder_;
  int names_ = 0;
};

}  // namespace ruraledu::testlib
