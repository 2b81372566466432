#include "common/feed/follower.h"

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/common/feed/fixture.h"

namespace ruraledu::feed {
namespace {

using ruraledu::feed::v1::ListJournalResponse;
using testing::ElementsAre;
using testing::HasSubstr;

class FollowerTest : public testing::TestWithParam<Backend> {
 protected:
  FollowerTest() { MakeFollower(); }

  // As after a crash: nothing but the database is left.
  void MakeFollower() {
    FollowerOptions options{.source_service = "things", .poll = absl::Milliseconds(1)};
    options.on_alarm = [this](std::string_view shard, const absl::Status& status) {
      alarms_.push_back(absl::StrCat(shard, " ", ReasonOf(status)));
    };
    follower_ = std::make_unique<Follower>(*copy_.database, feed_, applier_, options);
  }
  void CatchUp() {
    const absl::Status status = follower_->CatchUp();
    ASSERT_TRUE(status.ok()) << status;
  }
  std::string State(const std::string& shard) {
    const auto followed = copy_.Followed(shard);
    return followed.has_value() ? absl::StrCat(followed->state, " ", followed->position.seq()) : "none";
  }
  // The copy says what the source says, and what a follower says that begins now.
  void ExpectEqual() {
    EXPECT_EQ(copy_.Things(), source_.Things());
    feed_.calls_left = 1000;
    Place other{folder_, absl::StrCat("fresh", ++fresh_), GetParam()};
    Follower fresh(*other.database, feed_, applier_, {.source_service = "things"});
    const absl::Status status = fresh.CatchUp();
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(copy_.Things(), other.Things());
  }
  // How often an entry was applied at most.
  int64_t MostTimes() {
    auto row = copy_.database->Read([](db::Transaction& tx) { return tx.QueryOne("SELECT max(times) FROM applied"); });
    EXPECT_TRUE(row.ok()) << row.status();
    return (*row)->IsNull(0) ? 0 : (*row)->Int(0);
  }

  inline static const std::string kShard = "c411728";
  TempFolder folder_;
  Place source_{folder_, "source", GetParam()};
  Place copy_{folder_, "copy", GetParam()};
  LocalSource feed_{source_};
  ThingApplier applier_;
  std::vector<std::string> alarms_;
  std::unique_ptr<Follower> follower_;
  int fresh_ = 0;
};

TEST_P(FollowerTest, StartsFromStateThenFollows) {
  for (const char* id : {"a", "b", "c", "d"}) {
    source_.Set(kShard, id, 1);
    source_.Set("p410000", id, 2);
  }
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(State(kShard), "FOLLOWING 4");
  EXPECT_EQ(MostTimes(), 0) << "the state was enough";
  source_.Set(kShard, "a", 5);
  source_.Set(kShard, "b", -1);
  source_.Set("h017", "new", 1);  // a shard that is new
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(MostTimes(), 1);
  EXPECT_GT(copy_.Followed(kShard)->heard_at_us, 0);
  EXPECT_THAT(alarms_, ElementsAre());
}

TEST_P(FollowerTest, FollowsOnFromTheFirstPageOfState) {
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g"}) {
    source_.Set(kShard, id, 1);
  }
  // Between pages: behind the cursor, before it, new, and gone.
  int pages = 0;
  feed_.after_state = [&] {
    if (++pages == 1) {
      source_.Set(kShard, "a", 7);
      source_.Set(kShard, "g", 7);
      source_.Set(kShard, "aa", 7);
      source_.Set(kShard, "b", -1);
    }
  };
  CatchUp();
  ExpectEqual();
  EXPECT_GE(pages, 3);
}

TEST_P(FollowerTest, ADeadSourceChangesNothing) {
  source_.Set(kShard, "a", 1);
  CatchUp();
  const auto before = copy_.Things();
  source_.Set(kShard, "a", 2);
  for (int64_t calls : {0, 1}) {
    feed_.calls_left = calls;
    EXPECT_FALSE(follower_->CatchUp().ok());
    EXPECT_EQ(copy_.Things(), before);
    EXPECT_EQ(State(kShard), "FOLLOWING 1");
  }
  EXPECT_THAT(alarms_, ElementsAre());
  feed_.calls_left = 100;
  CatchUp();
  ExpectEqual();
}

TEST_P(FollowerTest, GoesOnAfterACrashAtEveryCall) {
  for (int i = 0; i < 10; ++i) {
    source_.Set(kShard, absl::StrCat("t", i), i);
  }
  int crashes = 0;
  for (bool done = false; !done; ++crashes) {
    ASSERT_LT(crashes, 50);
    feed_.calls_left = 2;  // ListShards and one page
    MakeFollower();
    done = follower_->CatchUp().ok();
    EXPECT_THAT(alarms_, ElementsAre());
  }
  EXPECT_GE(crashes, 4) << "four pages of state";
  ExpectEqual();
  feed_.calls_left = 100;
  source_.Set(kShard, "t1", -1);
  MakeFollower();
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(MostTimes(), 1);
}

TEST_P(FollowerTest, ARestoredSourceStopsAlarmsAndResyncs) {
  for (const char* id : {"a", "b", "c", "d"}) {
    source_.Set(kShard, id, 1);
  }
  source_.Set("p410000", "x", 1);
  CatchUp();
  const std::string backup = folder_ / "backup.db";
  source_.Backup(backup);
  source_.Set(kShard, "e", 2);  // these two are lost by the restore
  source_.Set(kShard, "a", -1);
  source_.Set("t411700", "only", 1);  // a shard that is lost as a whole
  CatchUp();
  source_.Restore(backup);
  source_.Set(kShard, "b", 9);

  // The follower notices, and its source goes away at once: it stays stopped over a crash.
  feed_.calls_left = 2;  // ListShards, ListJournal
  EXPECT_FALSE(follower_->CatchUp().ok());
  EXPECT_EQ(State(kShard), "STOPPED 6");
  EXPECT_THAT(alarms_, testing::Contains("c411728 FEED_REPLACED"));
  MakeFollower();
  feed_.calls_left = 1000;
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(State(kShard), "FOLLOWING 5");
  EXPECT_EQ(State("t411700"), "FOLLOWING 0");
  EXPECT_THAT(alarms_, testing::Contains("t411700 FEED_REPLACED"));
  EXPECT_EQ(copy_.Followed(kShard)->position.instance(), source_.database->instance());
}

TEST_P(FollowerTest, ARestoreBetweenPagesOfState) {
  for (int i = 0; i < 8; ++i) {
    source_.Set(kShard, absl::StrCat("t", i), i);
  }
  const std::string backup = folder_ / "backup.db";
  source_.Backup(backup);
  source_.Set(kShard, "t0", 100);
  feed_.calls_left = 2;
  EXPECT_FALSE(follower_->CatchUp().ok());
  EXPECT_EQ(State(kShard), "RESYNCING 9");
  source_.Restore(backup);
  feed_.calls_left = 1000;
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(State(kShard), "FOLLOWING 8");
}

TEST_P(FollowerTest, ASmallerHeadOrAnotherHashOfTheSameInstance) {
  source_.Set(kShard, "a", 1);
  source_.Set(kShard, "a", 2);
  CatchUp();
  // The same instance with another past: what a copied file does that was not told of its restore.
  ASSERT_TRUE(source_.Sql(kShard, "DELETE FROM journal WHERE seq = 2").ok());
  ASSERT_TRUE(source_.Sql(kShard, "UPDATE head SET seq = 1, hash = (SELECT hash FROM journal WHERE seq = 1)").ok());
  ASSERT_TRUE(source_.Sql(kShard, "UPDATE thing SET value = 1, version = 1").ok());
  CatchUp();
  ExpectEqual();
  EXPECT_THAT(alarms_, ElementsAre("c411728 FEED_REPLACED"));
  source_.Set(kShard, "a", 3);
  CatchUp();
  ExpectEqual();
}

TEST_P(FollowerTest, ARefusedEntryStopsOnlyItsShard) {
  source_.Set(kShard, "a", 1);
  source_.Set("p410000", "a", 1);
  CatchUp();
  applier_.refuse = "b=1";
  source_.Set(kShard, "a", 2);
  source_.Set(kShard, "b", 1);
  source_.Set(kShard, "c", 1);
  source_.Set("p410000", "a", 2);
  EXPECT_EQ(follower_->CatchUp().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(State(kShard), "FAILED 2") << "what is before it is applied";
  EXPECT_EQ(State("p410000"), "FOLLOWING 2");
  EXPECT_EQ(copy_.Followed(kShard)->source_head, 4);
  EXPECT_EQ(alarms_.size(), 1u);
  applier_.refuse = "none";
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(State(kShard), "FOLLOWING 4");
  EXPECT_EQ(MostTimes(), 1);
}

TEST_P(FollowerTest, EntriesThatDoNotFitTheChainAreNotApplied) {
  source_.Set(kShard, "a", 1);
  CatchUp();
  for (int i = 2; i <= 5; ++i) {
    source_.Set(kShard, "a", i);
  }
  const std::pair<std::function<void(ListJournalResponse&)>, int64_t> kCases[] = {
      {[](auto& page) { page.clear_entries(); }, 2},
      {[](auto& page) { page.mutable_entries()->DeleteSubrange(0, 1); }, 2},
      {[](auto& page) { page.mutable_entries(0)->set_shard("p410000"); }, 2},
      {[](auto& page) { page.mutable_head()->set_seq(3); }, 2},
      {[](auto& page) { page.mutable_head()->set_hash("another"); }, 2},
      {[](auto& page) { page.mutable_entries()->rbegin()->set_body("a=100"); }, 5},
  };
  for (const auto& [tamper, seq] : kCases) {
    feed_.tamper = tamper;
    const absl::Status status = follower_->CatchUp();
    EXPECT_EQ(ReasonOf(status), "JOURNAL_BROKEN");
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("entry ", seq)));
    EXPECT_EQ(State(kShard), absl::StrCat("FAILED ", seq - 1));
  }
  feed_.tamper = nullptr;
  CatchUp();
  ExpectEqual();
  EXPECT_EQ(MostTimes(), 1);
}

TEST_P(FollowerTest, TwoFollowersApplyEachEntryOnce) {
  Follower other(*copy_.database, feed_, applier_, {.source_service = "things", .poll = absl::Milliseconds(1)});
  source_.Set(kShard, "a", 0);
  CatchUp();
  follower_->Start();
  other.Start();
  for (int i = 1; i <= 30; ++i) {
    source_.Set(kShard, "a", i);
    source_.Set("p410000", "b", i);
  }
  follower_->Stop();
  other.Stop();
  CatchUp();
  ExpectEqual();
  EXPECT_LE(MostTimes(), 1);
}

TEST_P(FollowerTest, RandomHistoriesEndEqual) {
  const char* given = std::getenv("RURALEDU_SEED");
  const uint32_t seed = given != nullptr ? static_cast<uint32_t>(std::atoi(given)) : std::random_device()();
  std::cout << "RURALEDU_SEED=" << seed << std::endl;
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % n); };
  const std::string shards[] = {"c411728", "p410000", "h017"};
  std::string backup;
  for (int step = 0, backups = 0; step < 150; ++step) {
    const int kind = below(20);
    if (kind < 14) {
      source_.Set(shards[below(3)], absl::StrCat("t", below(9)), below(5) == 0 ? -1 : step);
    } else if (kind < 17) {
      feed_.calls_left = below(8);
      (void)follower_->CatchUp();
    } else if (kind == 17) {
      MakeFollower();
    } else if (kind == 18) {
      backup = folder_ / absl::StrCat("backup", ++backups, ".db");
      source_.Backup(backup);
    } else if (!backup.empty()) {
      source_.Restore(std::exchange(backup, ""));
    }
  }
  feed_.calls_left = 100'000;
  CatchUp();
  ExpectEqual();
  for (const std::string& shard : shards) {
    EXPECT_TRUE(VerifyChain(*source_.database, shard).ok()) << shard;
  }
}

INSTANTIATE_TEST_SUITE_P(, FollowerTest, testing::Values(Backend::kSqlite, Backend::kPostgres), BackendName);

}  // namespace
}  // namespace ruraledu::feed
