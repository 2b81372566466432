#include "tests/lib/postgres.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace ruraledu::testlib {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin/";
int owner_process = 0;  // a child that a test forks must not stop the server

void RunOrDie(const std::string& command) {
  if (std::system(command.c_str()) != 0) {
    std::cerr << "PostgreSQL for the tests: this failed: " << command << "\n";
    std::abort();
  }
}

std::string SchemaOf(const std::string& connection) {
  const std::string key = "csearch_path=";
  const size_t from = connection.find(key) + key.size();
  return connection.substr(from, connection.find('\'', from) - from);
}

}  // namespace

Postgres& Postgres::Get() {
  static Postgres* server = [] {
    auto* started = new Postgres;
    owner_process = getpid();
    std::atexit([] {
      if (getpid() == owner_process) {
        Get().Drop();
        std::filesystem::remove_all(Get().folder_);
      }
    });
    return started;
  }();
  return *server;
}

Postgres::Postgres() {
  std::string folder = std::filesystem::temp_directory_path() / "ruraledu-pg-XXXXXX";
  folder_ = mkdtemp(folder.data());
  if (geteuid() == 0) {  // the server refuses to run as root
    RunOrDie("chown postgres " + folder_);
  }
  RunAsServer(std::string(kBin) + "initdb -D " + folder_ + "/data -U test -A trust -E UTF8 --locale=C");
  Start();
  Sql("postgres", "CREATE DATABASE test");
}

std::string Postgres::AsServer(const std::string& command) const {
  // In its own folder: the caller's may be closed to the server's user.
  const std::string quiet = "cd " + folder_ + " && " + command + " >> " + folder_ + "/log 2>&1";
  return geteuid() == 0 ? "runuser -u postgres -- sh -c '" + quiet + "'" : quiet;
}

void Postgres::RunAsServer(const std::string& command) const {
  RunOrDie(AsServer(command));
}

// Processes die in tests, machines do not: what the server wrote is with the system. A measurement wants the disk, too.
std::string Postgres::StartCommand() const {
  const char* fsync = std::getenv("RURALEDU_POSTGRES_FSYNC");
  return std::string(kBin) + "pg_ctl -D " + folder_ + "/data -w -t 120 -l " + folder_ +
         "/server.log -o \"-c listen_addresses= -c unix_socket_directories=" + folder_ +
         " -c fsync=" + (fsync != nullptr ? fsync : "off") + " -c max_connections=100\" start";
}

void Postgres::Start() {
  // No TCP port at all: a socket in a folder of its own cannot meet another server.
  RunAsServer(StartCommand());
}

void Postgres::Stop() {
  RunAsServer(std::string(kBin) + "pg_ctl -D " + folder_ + "/data -w -t 120 -m fast stop");
}

// Without a last checkpoint, which takes its time on a busy disk: the folder goes anyway.
void Postgres::Drop() {
  RunAsServer(std::string(kBin) + "pg_ctl -D " + folder_ + "/data -w -t 120 -m immediate stop");
}

void Postgres::Crash() {
  Drop();
  Start();
}

void Postgres::KillPostmaster() {
  std::ifstream file(folder_ + "/data/postmaster.pid");
  pid_t postmaster = 0;
  file >> postmaster;
  if (postmaster <= 0 || kill(postmaster, SIGKILL) != 0) {
    RunOrDie("false # the postmaster cannot be found");
  }
  // A start is refused while a child of the old one still uses the shared memory.
  int tries = 0;
  while (std::system(AsServer(StartCommand()).c_str()) != 0) {
    if (++tries == 60) {
      RunOrDie("false # the server does not start again, see " + folder_ + "/server.log");
    }
    poll(nullptr, 0, 200);
  }
}

std::string Postgres::Connection(const std::string& database) const {
  return "host=" + folder_ + " user=test dbname=" + database;
}

void Postgres::Sql(const std::string& database, const std::string& statement) const {
  RunOrDie(std::string(kBin) + "psql -q -v ON_ERROR_STOP=1 \"" + Connection(database) + "\" -c \"" + statement + "\"");
}

std::string Postgres::FlushedFolder() const {
  Sql("test", "CHECKPOINT");
  return folder_;
}

void Postgres::Dump(const std::string& connection, const std::string& file) const {
  RunOrDie(std::string(kBin) + "pg_dump -n " + SchemaOf(connection) + " -f " + file + " \"" + Connection("test") +
           "\"");
}

void Postgres::Restore(const std::string& connection, const std::string& file) const {
  Empty(connection);
  RunOrDie(std::string(kBin) + "psql -q -v ON_ERROR_STOP=1 -o /dev/null \"" + Connection("test") + "\" -f " + file);
}

void Postgres::Empty(const std::string& connection) const {
  Sql("test", "SET client_min_messages = warning; DROP SCHEMA " + SchemaOf(connection) + " CASCADE");
}

std::string Postgres::NewSchema() {
  const std::string name = "t" + std::to_string(++names_);
  return Connection("test") + " options='-csearch_path=" + name + "'";
}

std::string Postgres::NewDatabase(const std::string& options) {
  const std::string name = "d" + std::to_string(++names_);
  Sql("postgres", "CREATE DATABASE " + name + " TEMPLATE template0 " + options);
  return Connection(name);
}

}  // namespace ruraledu::testlib
