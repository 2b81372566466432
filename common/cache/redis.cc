#include "common/cache/redis.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/clock.h"
#include "common/base/error.h"

namespace ruraledu::cache {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(20);

absl::Time Now() {
  return Clock::System().Now();
}

bool HasPort(std::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  return colon != std::string_view::npos && colon > 0 && absl::SimpleAtoi(address.substr(colon + 1), &port) &&
         port > 0 && port < 65536;
}

// hiredis writes with write(): a broken connection would raise SIGPIPE.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void Read(const redisReply& from, RedisReply& to) {
  switch (from.type) {
    case REDIS_REPLY_NIL:
      to.result = RedisResult::kNil;
      return;
    case REDIS_REPLY_INTEGER:
      to = {RedisResult::kValue, absl::StrCat(from.integer)};
      return;
    case REDIS_REPLY_ERROR:
      to = {RedisResult::kError, std::string(from.str, from.len)};
      return;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      to = {RedisResult::kValue, std::string(from.str, from.len)};
      return;
    default:
      to = {RedisResult::kError, "array"};
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisClient>> RedisClient::Open(const RedisOptions& options) {
  if (!(absl::StartsWith(options.address, "unix:") && options.address.size() > 5) && !HasPort(options.address)) {
    return Fail("REDIS_ADDRESS", {{"address", options.address}});
  }
  return std::unique_ptr<RedisClient>(new RedisClient(options));
}

RedisClient::RedisClient(RedisOptions options) : options_(std::move(options)), thread_([this] { Run(); }) {}

RedisClient::~RedisClient() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

bool RedisClient::connected() const {
  absl::MutexLock lock(&mu_);
  return connected_;
}

bool RedisClient::AwaitConnected(absl::Time deadline) const {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithDeadline(absl::Condition(&connected_), deadline);
}

bool RedisClient::Enqueue(std::shared_ptr<Command> command) {
  absl::MutexLock lock(&mu_);
  if (!connected_ || stopping_ || queue_.size() >= options_.queue_limit) {
    return false;
  }
  queue_.push_back(std::move(command));
  return true;
}

RedisReply RedisClient::Call(std::vector<std::string> words, absl::Time deadline) {
  auto command = std::make_shared<Command>();
  command->words = std::move(words);
  if (!Enqueue(command) || !command->done.WaitForNotificationWithDeadline(deadline)) {
    return {};
  }
  return std::move(command->reply);
}

bool RedisClient::Post(std::vector<std::string> words) {
  auto command = std::make_shared<Command>();
  command->words = std::move(words);
  return Enqueue(std::move(command));
}

bool RedisClient::PostScript(std::string_view script, std::string_view key, absl::Span<const std::string> arguments) {
  auto command = std::make_shared<Command>();
  command->script = std::string(script);
  command->words = {"EVALSHA", "", "1", std::string(key)};
  command->words.insert(command->words.end(), arguments.begin(), arguments.end());
  return Enqueue(std::move(command));
}

RedisClient::Commands RedisClient::Take() {
  absl::MutexLock lock(&mu_);
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || !queue_.empty(); };
  mu_.AwaitWithDeadline(absl::Condition(&ready), connected_ ? absl::InfiniteFuture() : next_attempt_);
  Commands commands;
  while (!queue_.empty() && (stopping_ || commands.size() < options_.pipeline_limit)) {
    commands.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return commands;
}

bool RedisClient::Stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

void RedisClient::Run() {
  BlockSignals();
  for (;;) {
    const Commands commands = Take();
    const bool stopping = Stopping();
    if (context_ == nullptr && !stopping) {
      Connect();
    }
    if (context_ != nullptr && !commands.empty()) {
      Exchange(commands);
    }
    for (const auto& command : commands) {
      command->done.Notify();
    }
    if (stopping) {
      return Disconnect();
    }
  }
}

void RedisClient::Connect() {
  const timeval timeout = absl::ToTimeval(options_.connect_timeout);
  absl::string_view rest = options_.address;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    context_ = redisConnectUnixWithTimeout(std::string(rest).c_str(), timeout);
  } else {
    int port = 0;
    (void)absl::SimpleAtoi(rest.substr(rest.rfind(':') + 1), &port);
    context_ = redisConnectWithTimeout(std::string(rest.substr(0, rest.rfind(':'))).c_str(), port, timeout);
  }
  const bool good = context_ != nullptr && context_->err == 0 &&
                    redisSetTimeout(context_, absl::ToTimeval(options_.reply_timeout)) == REDIS_OK;
  if (!good) {
    Disconnect();
    return;
  }
  absl::MutexLock lock(&mu_);
  connected_ = true;
  pause_ = absl::ZeroDuration();
}

void RedisClient::Disconnect() {
  if (context_ != nullptr) {
    redisFree(context_);
    context_ = nullptr;
  }
  script_hashes_.clear();
  absl::MutexLock lock(&mu_);
  connected_ = false;
  pause_ = std::min(std::max(pause_ * 2, kFirstPause), options_.longest_pause);
  next_attempt_ = Now() + pause_;
  for (const auto& command : queue_) {
    command->done.Notify();
  }
  queue_.clear();
}

void RedisClient::Append(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(context_, static_cast<int>(words.size()), texts.data(), sizes.data());
}

// False when the connection is broken.
bool RedisClient::Receive(RedisReply& reply) {
  void* raw = nullptr;
  if (redisGetReply(context_, &raw) != REDIS_OK || raw == nullptr) {
    return false;
  }
  Read(*static_cast<redisReply*>(raw), reply);
  freeReplyObject(raw);
  return true;
}

bool RedisClient::LoadScript(Command& command) {
  std::string& hash = script_hashes_[command.script];
  if (hash.empty()) {
    Append({"SCRIPT", "LOAD", command.script});
    RedisReply reply;
    if (!Receive(reply)) {
      return false;
    }
    hash = reply.text;
  }
  command.words[1] = hash;
  return true;
}

void RedisClient::Exchange(const Commands& commands) {
  for (const auto& command : commands) {
    if (!command->script.empty() && !LoadScript(*command)) {
      return Disconnect();
    }
  }
  for (const auto& command : commands) {
    Append(command->words);
  }
  for (const auto& command : commands) {
    if (!Receive(command->reply)) {
      command->reply = {};
      return Disconnect();
    }
  }
  for (const auto& command : commands) {
    if (!command->script.empty() && absl::StartsWith(command->reply.text, "NOSCRIPT")) {
      command->words[0] = "EVAL";
      command->words[1] = command->script;
      Append(command->words);
      if (!Receive(command->reply)) {
        command->reply = {};
        return Disconnect();
      }
      script_hashes_.clear();
    }
  }
}

}  // namespace ruraledu::cache
