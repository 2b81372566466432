// One connection to Redis, shared by all threads: callers queue commands, one thread sends what is queued as one
// pipeline and hands the replies out.
//
// Redis is a cache here and may be gone at any time: nothing waits for it longer than its timeouts. After a failure the
// thread reconnects by itself with growing pauses; until then every call is answered kGone at once.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

struct redisContext;

namespace ruraledu::cache {

struct RedisOptions {
  std::string address;  // "unix:<path>" or "host:port"; TLS is a local proxy's work, hiredis 0.14 has none
  absl::Duration connect_timeout = absl::Milliseconds(500);
  absl::Duration reply_timeout = absl::Milliseconds(500);  // of a pipeline without any byte received
  absl::Duration longest_pause = absl::Seconds(2);         // between attempts to connect
  size_t queue_limit = 4096;                               // commands; more are answered kGone
  size_t pipeline_limit = 128;                             // commands sent together
};

enum class RedisResult {
  kValue,  // `text`; integers are printed
  kNil,    // no such key
  kError,  // Redis refused: `text` is its error, e.g. "WRONGTYPE ..."
  kGone,   // no connection, full queue, timeout
};

struct RedisReply {
  RedisResult result = RedisResult::kGone;
  std::string text;
};

class RedisClient {
 public:
  // REDIS_ADDRESS when the address has neither form. Does not wait for the connection.
  static absl::StatusOr<std::unique_ptr<RedisClient>> Open(const RedisOptions& options);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // Sends one command and waits for its reply, until `deadline` at most.
  RedisReply Call(std::vector<std::string> command, absl::Time deadline = absl::InfiniteFuture());
  // Sends it without waiting; false when it could not be queued.
  bool Post(std::vector<std::string> command);
  // Runs a Lua script over one key without waiting for it; false when it could not be queued. It is sent once per
  // connection and then by its hash (EVALSHA); in full again when Redis has forgotten it (NOSCRIPT).
  bool PostScript(std::string_view script, std::string_view key, absl::Span<const std::string> arguments);

  bool connected() const;
  // For tests and start-up: waits until the connection stands (true) or until `deadline`.
  bool AwaitConnected(absl::Time deadline) const;

 private:
  struct Command {
    std::vector<std::string> words;
    std::string script;  // words[1] is set to its hash
    RedisReply reply;
    absl::Notification done;
  };
  using Commands = std::vector<std::shared_ptr<Command>>;

  explicit RedisClient(RedisOptions options);
  bool Enqueue(std::shared_ptr<Command> command);
  void Run();
  bool Stopping() const;
  Commands Take() ABSL_LOCKS_EXCLUDED(mu_);
  void Connect();
  void Disconnect();
  void Exchange(const Commands& commands);
  void Append(const std::vector<std::string>& words);
  bool Receive(RedisReply& reply);
  bool LoadScript(Command& command);

  const RedisOptions options_;
  // Of the thread alone.
  redisContext* context_ = nullptr;
  absl::flat_hash_map<std::string, std::string> script_hashes_;  // by text; known to this connection
  mutable absl::Mutex mu_;
  std::deque<std::shared_ptr<Command>> queue_ ABSL_GUARDED_BY(mu_);
  bool connected_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time next_attempt_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Duration pause_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
  std::thread thread_;
};

}  // namespace ruraledu::cache
