#include "common/feed/heads.h"

#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/common/feed/fixture.h"

namespace ruraledu::feed {
namespace {

using ruraledu::common::v1::Positions;

constexpr absl::Duration kNever = absl::Hours(1);  // waits end by being woken, not by polling

class HeadsTest : public testing::TestWithParam<Backend> {
 protected:
  Positions At(const std::string& service, const std::string& instance, int64_t seq) {
    Positions positions;
    auto& position = *positions.add_positions();
    position.set_service(service);
    position.set_instance(instance);
    position.set_shard("c411728");
    position.set_seq(seq);
    return positions;
  }
  absl::Status Wait(const Positions& positions, absl::Duration time = absl::Minutes(2)) {
    return WaitFor(*own_.database, heads_, "aid", positions, Clock::System().Now() + time);
  }

  TempFolder folder_;
  Place source_{folder_, "source"};
  Place own_{folder_, "own", GetParam()};
  HeadPoller heads_{*own_.database, kNever};
  LocalSource feed_{source_};
  ThingApplier applier_;
};

TEST_P(HeadsTest, SubscribersSeeMoves) {
  absl::Notification moved;
  const int64_t id = heads_.Subscribe([&](std::string_view shard, const db::Head& head) {
    if (shard == "c411728" && head.seq == 2) {
      moved.Notify();
    }
  });
  heads_.Start();
  own_.Set("c411728", "a", 1);
  own_.Set("c411728", "a", 2);
  ASSERT_TRUE(moved.WaitForNotificationWithTimeout(absl::Minutes(2)));
  EXPECT_EQ(heads_.head("c411728").seq, 2);
  EXPECT_EQ(heads_.head("c500243").seq, 0);
  heads_.Unsubscribe(id);
  own_.Set("c411728", "a", 3);
  heads_.Stop();
}

TEST_P(HeadsTest, WaitsForTheOwnJournal) {
  heads_.Start();
  own_.Set("c411728", "a", 1);
  const std::string instance = own_.database->instance();
  EXPECT_TRUE(Wait(At("aid", instance, 1)).ok());
  std::thread writer([&] { own_.Set("c411728", "a", 2); });
  EXPECT_TRUE(Wait(At("aid", instance, 2)).ok());
  writer.join();
  EXPECT_TRUE(Wait(Positions()).ok());
  EXPECT_EQ(ReasonOf(Wait(At("aid", instance, 3), absl::Milliseconds(1))), "FEED_BEHIND");
  EXPECT_EQ(ReasonOf(Wait(At("aid", "another", 1))), "FEED_REPLACED");
}

TEST_P(HeadsTest, WaitsForTheProjection) {
  heads_.Start();
  source_.Set("c411728", "a", 1);
  const std::string instance = source_.database->instance();
  EXPECT_EQ(ReasonOf(Wait(At("things", instance, 1), absl::Milliseconds(1))), "FEED_BEHIND");
  Follower follower(*own_.database, feed_, applier_, {.source_service = "things"});
  std::thread catches_up([&] { EXPECT_TRUE(follower.CatchUp().ok()); });
  EXPECT_TRUE(Wait(At("things", instance, 1)).ok());
  catches_up.join();
  source_.Set("c411728", "a", 2);
  EXPECT_EQ(ReasonOf(Wait(At("things", instance, 2), absl::Milliseconds(1))), "FEED_BEHIND");
  EXPECT_EQ(ReasonOf(Wait(At("things", "another", 1))), "FEED_REPLACED");
  EXPECT_EQ(ReasonOf(Wait(At("nobody", instance, 1), absl::Milliseconds(1))), "FEED_BEHIND");
}

TEST_P(HeadsTest, AStoppedProjectionIsBehind) {
  heads_.Start();
  source_.Set("c411728", "a", 1);
  const std::string instance = source_.database->instance();
  Follower follower(*own_.database, feed_, applier_, {.source_service = "things"});
  ASSERT_TRUE(follower.CatchUp().ok());
  for (const char* state : {"STOPPED", "RESYNCING"}) {
    ASSERT_TRUE(own_.Sql("c411728", absl::StrCat("UPDATE followed SET state = '", state, "'")).ok());
    EXPECT_EQ(ReasonOf(Wait(At("things", instance, 1), absl::Milliseconds(1))), "FEED_BEHIND") << state;
  }
}

TEST_P(HeadsTest, JobsAskWithoutWaiting) {
  own_.Set("c411728", "a", 1);
  const auto ask = [&](const Positions& positions) {
    return own_.database->Read(
        [&](db::Transaction& tx) { return Reached(tx, "aid", own_.database->instance(), positions); });
  };
  EXPECT_TRUE(ask(At("aid", own_.database->instance(), 1)).value_or(false));
  EXPECT_FALSE(ask(At("aid", own_.database->instance(), 2)).value_or(true));
  EXPECT_EQ(ReasonOf(ask(At("aid", "another", 1)).status()), "FEED_REPLACED");
}

INSTANTIATE_TEST_SUITE_P(, HeadsTest, testing::Values(Backend::kSqlite, Backend::kPostgres), BackendName);

}  // namespace
}  // namespace ruraledu::feed
