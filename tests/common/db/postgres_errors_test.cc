// Errors that only PostgreSQL has: a connection that breaks during COMMIT, a deadlock, a server that is too old.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/db/faults.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

class PostgresErrorsTest : public ::testing::Test {
 protected:
  PostgresErrorsTest() { options_.url = "postgres:" + testlib::Postgres::Get().NewSchema(); }

  std::unique_ptr<Database> Open(FaultPlan plan = nullptr) {
    Options options = options_;
    options.read_limit = options.lock_wait = absl::Minutes(1);
    if (plan) {
      options.decorate = WithFaults(std::move(plan));
    }
    auto opened = Database::Open(options, kTestSchema);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  static absl::Status Put(Transaction& tx, const std::string& id) {
    return tx
        .Execute(
            "INSERT INTO item (shard, id, number) VALUES ($1, $2, 1) ON CONFLICT (shard, id) DO UPDATE SET "
            "number = item.number + 1",
            tx.shard(), id)
        .status();
  }
  static int64_t Number(Database& database, const std::string& id) {
    const auto row = database.Read(
        [&](Transaction& tx) { return tx.QueryOne("SELECT CAST(sum(number) AS BIGINT) FROM item WHERE id = $1", id); });
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && row->has_value() && !(*row)->IsNull(0) ? (*row)->Int(0) : 0;
  }

  Options options_;
};

// The caller cannot know whether it was stored, so it is told so; running the body again could store it twice.
TEST_F(PostgresErrorsTest, AConnectionThatBreaksDuringCommit) {
  const auto other = Open();
  auto victim = std::make_shared<std::atomic<int64_t>>(0);
  const auto database = Open([&other, victim](int64_t, std::string_view sql) -> absl::Status {
    if (sql != "COMMIT" || *victim == 0) {
      return absl::OkStatus();
    }
    const int64_t pid = victim->exchange(0);
    EXPECT_TRUE(other
                    ->Read([&](Transaction& tx) {
                      return tx.Query("SELECT CAST(pg_terminate_backend(CAST($1 AS INTEGER)) AS TEXT)", pid);
                    })
                    .ok());
    const absl::Time until = absl::Now() + absl::Minutes(1);
    for (bool gone = false; !gone && absl::Now() < until;) {
      const auto left = other->Read(
          [&](Transaction& tx) { return tx.QueryOne("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid); });
      gone = left.ok() && (*left)->Int(0) == 0;
    }
    return absl::OkStatus();
  });
  int runs = 0;
  const absl::Status status = database->Write("c1", [&](Transaction& tx) -> absl::Status {
    ++runs;
    ASSIGN_OR_RETURN(const auto pid, tx.QueryOne("SELECT CAST(pg_backend_pid() AS BIGINT)"));
    *victim = pid->Int(0);
    return Put(tx, "a");
  });
  EXPECT_EQ(ReasonOf(status), "COMMIT_UNKNOWN") << status;
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(database->Write("c1", [&](Transaction& tx) { return Put(tx, "b"); }).ok()) << "the next one works";
  EXPECT_EQ(Number(*database, "b"), 1);
}

// Two writes that wait for each other: the server ends one, which runs again.
TEST_F(PostgresErrorsTest, ADeadlockIsTriedAgain) {
  const auto database = Open();
  for (const char* shard : {"c1", "c2"}) {
    ASSERT_TRUE(database->Write(shard, [&](Transaction& tx) { return Put(tx, shard); }).ok());
  }
  std::mutex mutex;
  std::condition_variable both;
  int waiting = 0, done = 0;
  std::atomic<int> runs = 0;
  const auto change = [&](const std::string& mine, const std::string& yours) {
    const absl::Status status = database->Write(mine, [&](Transaction& tx) -> absl::Status {
      const bool first = ++runs <= 2;
      if (!first) {  // after the other one, or the two could wait for each other once more
        std::unique_lock lock(mutex);
        both.wait_for(lock, std::chrono::minutes(1), [&] { return done == 1; });
      }
      RETURN_IF_ERROR(tx.Execute("UPDATE item SET number = number + 1 WHERE id = $1", mine).status());
      if (first) {
        std::unique_lock lock(mutex);
        ++waiting;
        both.notify_all();
        both.wait_for(lock, std::chrono::minutes(1), [&] { return waiting == 2; });
      }
      return tx.Execute("UPDATE item SET number = number + 1 WHERE id = $1", yours).status();
    });
    std::unique_lock lock(mutex);
    ++done;
    both.notify_all();
    return status;
  };
  absl::Status one;
  std::thread thread([&] { one = change("c1", "c2"); });
  const absl::Status two = change("c2", "c1");
  thread.join();
  EXPECT_TRUE(one.ok()) << one;
  EXPECT_TRUE(two.ok()) << two;
  EXPECT_EQ(runs, 3) << "one of them ran again";
  EXPECT_EQ(Number(*database, "c1"), 3);
  EXPECT_EQ(Number(*database, "c2"), 3);
}

// A collision that never ends reaches the caller under its name.
TEST_F(PostgresErrorsTest, ACollisionThatNeverEnds) {
  auto armed = std::make_shared<std::atomic<bool>>(false);
  const auto database = Open([armed](int64_t, std::string_view sql) {
    return *armed && sql == "COMMIT" ? Fail("DATABASE_RETRY") : absl::OkStatus();
  });
  int runs = 0;
  *armed = true;
  const absl::Status status = database->Write("c1", [&](Transaction& tx) {
    ++runs;
    return Put(tx, "a");
  });
  *armed = false;
  EXPECT_EQ(ReasonOf(status), "DATABASE_RETRY");
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_GT(runs, 1);
  EXPECT_EQ(Number(*database, "a"), 0);
}

// What a server of release 14 says when somebody connects: enough of the protocol to be told apart.
class OldServer {
 public:
  OldServer() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~OldServer() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  int port() const { return port_; }

 private:
  static std::string Message(char type, const std::string& body) {
    const uint32_t size = htonl(static_cast<uint32_t>(body.size() + 4));
    return std::string(1, type) + std::string(reinterpret_cast<const char*>(&size), 4) + body;
  }
  void Serve() {
    const int client = accept(socket_, nullptr, nullptr);
    if (client < 0) {
      return;
    }
    const std::string ready = Message('Z', "I");
    char buffer[4096];
    if (read(client, buffer, sizeof buffer) > 0) {  // the start
      Send(client, Message('R', std::string(4, '\0')) +
                       Message('S', std::string("server_version\0"
                                                "14.9\0",
                                                20)) +
                       Message('S', std::string("client_encoding\0"
                                                "UTF8\0",
                                                21)) +
                       ready);
    }
    while (read(client, buffer, sizeof buffer) > 0 && buffer[0] == 'Q') {
      Send(client, Message('C', std::string("SET\0", 4)) + ready);
    }
    close(client);
  }
  static void Send(int client, const std::string& bytes) {
    EXPECT_EQ(write(client, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  const int socket_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(PostgresErrorsTest, AServerThatIsTooOld) {
  OldServer server;
  Options options;
  options.url = absl::StrCat("postgres:host=127.0.0.1 port=", server.port(),
                             " user=x dbname=x sslmode=disable gssencmode=disable");
  const auto opened = Database::Open(options, kTestSchema);
  EXPECT_EQ(ReasonOf(opened.status()), "DATABASE_VERSION") << opened.status();
}

}  // namespace
}  // namespace ruraledu::db
