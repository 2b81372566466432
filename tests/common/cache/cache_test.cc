#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/cache/lru.h"
#include "common/cache/redis.h"
#include "common/cache/versioned_cache.h"
#include "gtest/gtest.h"
#include "tests/lib/redis.h"

namespace ruraledu::cache {
namespace {

absl::Time Soon() {
  return Clock::System().Now() + absl::Seconds(60);
}

Versioned Value(int64_t version, const std::string& text) {
  return {version, 1'700'000'000'000'000 + version, std::make_shared<const std::string>(text)};
}

// A busy machine is no failure: only the tests about silence wait for less than a minute.
std::unique_ptr<RedisClient> Connect(const testlib::Redis& redis,
                                     RedisOptions options = {.reply_timeout = absl::Minutes(1)}) {
  options.address = redis.address();
  auto client = RedisClient::Open(options);
  EXPECT_TRUE(client.ok()) << client.status();
  EXPECT_TRUE((*client)->AwaitConnected(Soon()));
  return *std::move(client);
}

TEST(RedisTest, RefusesAnAddressOfAnotherForm) {
  for (const char* address : {"", "unix:", "localhost", "localhost:0", "localhost:70000", ":6379", "a:b"}) {
    EXPECT_EQ(ReasonOf(RedisClient::Open({.address = address}).status()), "REDIS_ADDRESS") << address;
  }
}

TEST(RedisTest, AnswersByKindOfReply) {
  testlib::Redis redis;
  const auto client = Connect(redis);
  const std::string binary("a\0\r\nb", 5);
  EXPECT_EQ(client->Call({"GET", "k"}).result, RedisResult::kNil);
  EXPECT_EQ(client->Call({"SET", "k", binary}).text, "OK");
  EXPECT_EQ(client->Call({"GET", "k"}).text, binary);
  EXPECT_EQ(client->Call({"INCR", "n"}).text, "1");
  EXPECT_EQ(client->Call({"LPUSH", "k", "x"}).result, RedisResult::kError);
  EXPECT_EQ(client->Call({"NO-SUCH-COMMAND"}).result, RedisResult::kError);
}

TEST(RedisTest, ManyThreadsEachGetTheirOwnReply) {
  testlib::Redis redis;
  const auto client = Connect(redis);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const std::string key = absl::StrCat(t, "-", i);
        EXPECT_EQ(client->Call({"SET", key, key}).text, "OK");
        EXPECT_EQ(client->Call({"GET", key}).text, key);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
}

TEST(RedisTest, IsGoneWhileRedisIsAndComesBack) {
  testlib::Redis redis;
  const auto client = Connect(redis);
  EXPECT_EQ(client->Call({"SET", "k", "1"}).text, "OK");
  redis.Stop();
  EXPECT_EQ(client->Call({"GET", "k"}).result, RedisResult::kGone);
  EXPECT_EQ(client->Call({"GET", "k"}).result, RedisResult::kGone);
  EXPECT_FALSE(client->connected());
  redis.Start();
  ASSERT_TRUE(client->AwaitConnected(Soon()));
  EXPECT_EQ(client->Call({"GET", "k"}).result, RedisResult::kNil) << "a cold start keeps nothing";
}

TEST(RedisTest, ASilentServerCountsAsGone) {
  testlib::Redis redis;
  const auto client = Connect(redis, {.reply_timeout = absl::Milliseconds(50)});
  redis.Freeze();
  EXPECT_EQ(client->Call({"GET", "k"}).result, RedisResult::kGone);
  redis.Thaw();
  const absl::Time end = Soon();  // a busy machine may be silent once more
  RedisResult result = RedisResult::kGone;
  while (result == RedisResult::kGone && client->AwaitConnected(end)) {
    result = client->Call({"GET", "k"}).result;
  }
  EXPECT_EQ(result, RedisResult::kNil);
}

TEST(RedisTest, AFullQueueRefuses) {
  testlib::Redis redis;
  const auto client = Connect(redis, {.reply_timeout = absl::Seconds(60), .queue_limit = 3, .pipeline_limit = 1});
  redis.Freeze();
  int accepted = 0;
  while (client->Post({"INCR", "n"})) {
    ++accepted;
  }
  redis.Thaw();
  EXPECT_GE(accepted, 3);
  EXPECT_LE(accepted, 4) << "one may be on its way";
}

TEST(FrameTest, CrcIsTheOneOfZip) {
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(Crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
  EXPECT_EQ(Crc32(""), 0u);
}

TEST(FrameTest, EveryDamageIsSeen) {
  const FrameTag tag{"1-aa", "instance"};
  const std::string frame = Frame(tag, Value(42, "bytes\0of a board"));
  const auto value = Unframe(tag, frame);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->version, 42);
  EXPECT_EQ(*value->bytes, "bytes\0of a board");
  for (size_t i = 0; i < frame.size(); ++i) {
    EXPECT_FALSE(Unframe(tag, frame.substr(0, i)).has_value()) << "cut at " << i;
    std::string flipped = frame;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    EXPECT_FALSE(Unframe(tag, flipped).has_value()) << "flipped at " << i;
  }
  EXPECT_FALSE(Unframe(tag, frame + "x").has_value());
  EXPECT_FALSE(Unframe({"1-aa", "other"}, frame).has_value());
  EXPECT_FALSE(Unframe({"1-ab", "instance"}, frame).has_value());
}

class VersionedCacheTest : public testing::Test {
 protected:
  std::string Got() {
    const auto answer = cache_.Get("k", Soon());
    return answer.found == VersionedCache::Found::kHit
               ? absl::StrCat(answer.value.version, "=", *answer.value.bytes)
               : (answer.found == VersionedCache::Found::kMiss ? "miss" : "gone");
  }
  testlib::Redis redis_;
  std::unique_ptr<RedisClient> client_ = Connect(redis_);
  const FrameTag tag_{"1-aa", "instance"};
  VersionedCache cache_{client_.get(), tag_, "dash:aid:1-aa"};
};

TEST_F(VersionedCacheTest, KeyNamesInstanceServiceAndSchema) {
  EXPECT_EQ(cache_.KeyOf("full:411728:2024"), "ruraledu:{instance}:dash:aid:1-aa:full:411728:2024");
}

TEST_F(VersionedCacheTest, OnlyAGreaterVersionIsWritten) {
  EXPECT_EQ(Got(), "miss");
  for (const auto& [version, seen] : std::vector<std::pair<int64_t, std::string>>{
           {5, "5=v5"},
           {4, "5=v5"},
           {5, "5=v5"},
           {10, "10=v10"},
           {9, "10=v10"},
           {(int64_t{1} << 60) + 1, absl::StrCat((int64_t{1} << 60) + 1, "=v", (int64_t{1} << 60) + 1)},
           {int64_t{1} << 60, absl::StrCat((int64_t{1} << 60) + 1, "=v", (int64_t{1} << 60) + 1)}}) {
    ASSERT_TRUE(cache_.Put("k", Value(version, absl::StrCat("v", version))));
    EXPECT_EQ(Got(), seen) << version;
  }
  const auto left = client_->Call({"PTTL", cache_.KeyOf("k")});
  EXPECT_GT(std::stoll(left.text), 0) << "every value ends by itself";
  EXPECT_LE(std::stoll(left.text), 60'000);
}

TEST_F(VersionedCacheTest, BadValuesAreIgnoredAndReplaced) {
  const std::string good = Frame(tag_, Value(99, "future"));
  std::string flipped = good;
  flipped.back() ^= 1;
  const std::vector<std::vector<std::string>> bad = {
      {"SET", cache_.KeyOf("k"), "rubbish"},
      {"SET", cache_.KeyOf("k"), ""},
      {"SET", cache_.KeyOf("k"), good.substr(0, good.size() - 1)},
      {"SET", cache_.KeyOf("k"), flipped},
      {"SET", cache_.KeyOf("k"), Frame({"1-aa", "other instance"}, Value(99, "x"))},
      {"SET", cache_.KeyOf("k"), Frame({"2-bb", "instance"}, Value(99, "x"))},
      {"LPUSH", cache_.KeyOf("k"), "a list"},
      {"HSET", cache_.KeyOf("k"), "a", "hash"}};
  for (const auto& command : bad) {
    client_->Call({"DEL", cache_.KeyOf("k")});
    client_->Call(command);
    EXPECT_EQ(Got(), "miss") << command[2];
    ASSERT_TRUE(cache_.Put("k", Value(1, "right")));
    EXPECT_EQ(Got(), "1=right") << command[2];
  }
  for (const auto& command : bad) {
    if (command[2] == flipped) {
      continue;  // only a reader can tell
    }
    client_->Call({"DEL", cache_.KeyOf("k")});
    client_->Call(command);
    ASSERT_TRUE(cache_.Put("k", Value(1, "right")));
    EXPECT_EQ(Got(), "1=right") << "written without a read before: " << command[2];
  }
}

TEST_F(VersionedCacheTest, AForgottenScriptIsSentAgain) {
  ASSERT_TRUE(cache_.Put("k", Value(1, "one")));
  EXPECT_EQ(client_->Call({"SCRIPT", "FLUSH"}).text, "OK");
  ASSERT_TRUE(cache_.Put("k", Value(2, "two")));
  const absl::Time end = Soon();  // a read in the same pipeline comes before the second try
  while (Got() == "1=one" && Clock::System().Now() < end) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Got(), "2=two");
}

TEST_F(VersionedCacheTest, WithoutRedisItIsGone) {
  redis_.Stop();
  EXPECT_EQ(Got(), "gone");
  EXPECT_FALSE(cache_.Put("k", Value(1, "one")));
  VersionedCache none(nullptr, tag_, "dash");
  EXPECT_EQ(none.Get("k", Soon()).found, VersionedCache::Found::kGone);
  EXPECT_FALSE(none.Put("k", Value(1, "one")));
}

TEST(LruTest, ForgetsByAgeNumberAndBytes) {
  FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  Lru lru(clock, {.max_entries = 2, .max_bytes = 10});
  lru.Put("a", Value(1, "aa"), clock.Now());
  lru.Put("b", Value(1, "bb"), clock.Now());
  EXPECT_EQ(*lru.Get("a")->bytes, "aa");
  lru.Put("c", Value(1, "cc"), clock.Now());
  EXPECT_FALSE(lru.Get("b").has_value()) << "the one not used for longest";
  EXPECT_TRUE(lru.Get("a").has_value());
  lru.Put("d", Value(1, "nine byte"), clock.Now());
  EXPECT_EQ(lru.size(), 1u);
  EXPECT_EQ(lru.bytes(), 9u);
  lru.Put("e", Value(1, "larger than all"), clock.Now());
  EXPECT_FALSE(lru.Get("e").has_value());
  clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(lru.Get("d").has_value());
  clock.Advance(absl::Microseconds(1));
  EXPECT_FALSE(lru.Get("d").has_value());
  EXPECT_EQ(lru.bytes(), 0u);
}

TEST(LruTest, AgeCountsFromWhenTheValueWasKnownAndASmallerVersionDoesNotReplace) {
  FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  Lru lru(clock);
  lru.Put("a", Value(2, "new"), clock.Now());
  lru.Put("a", Value(1, "old"), clock.Now());
  EXPECT_EQ(*lru.Get("a")->bytes, "new");
  lru.Put("b", Value(1, "late"), clock.Now() - absl::Seconds(2));
  EXPECT_FALSE(lru.Get("b").has_value());
}

}  // namespace
}  // namespace ruraledu::cache
