#include "common/dashboard/board.h"

#include <map>
#include <set>
#include <thread>

#include "common/dashboard/refresher.h"
#include "tests/common/dashboard/fixture.h"
#include "tests/lib/redis.h"

namespace ruraledu::dashboard {
namespace {

using ruraledu::dashboard::v1::IndicatorState;
using testing::ElementsAre;

absl::Time Soon() {
  return Clock::System().Now() + absl::Seconds(60);
}

// False when it does not become true soon.
bool Await(const std::function<bool()>& condition) {
  for (const absl::Time end = Soon(); !condition();) {
    if (Clock::System().Now() > end) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

Dashboard Parse(const absl::StatusOr<cache::Bytes>& bytes) {
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  Dashboard board;
  EXPECT_TRUE(bytes.ok() && board.ParseFromString(**bytes));
  return board;
}

TEST(StateTest, ByDr03) {
  struct Case {
    Rate value;
    bool is_rate;
    std::optional<Rate> target;
    TargetDirection direction;
    RateKind kind;
    IndicatorState state;
  };
  constexpr auto kLeast = TargetDirection::kAtLeast, kMost = TargetDirection::kAtMost;
  for (const Case& c :
       std::vector<Case>{{{95, 100}, true, Rate{95, 100}, kLeast, RateKind::kShare, v1::INDICATOR_STATE_MET},
                         {{94999, 100000}, true, Rate{95, 100}, kLeast, RateKind::kShare, v1::INDICATOR_STATE_MISSED},
                         {{1, 1}, true, Rate{100, 100}, kLeast, RateKind::kShare, v1::INDICATOR_STATE_MET},
                         {{0, 0}, true, Rate{95, 100}, kLeast, RateKind::kShare, v1::INDICATOR_STATE_NOT_APPLICABLE},
                         {{0, 0}, true, std::nullopt, kLeast, RateKind::kShare, v1::INDICATOR_STATE_NOT_APPLICABLE},
                         {{101, 100}, true, Rate{95, 100}, kLeast, RateKind::kShare, v1::INDICATOR_STATE_DATA_ERROR},
                         {{101, 100}, true, std::nullopt, kLeast, RateKind::kShare, v1::INDICATOR_STATE_DATA_ERROR},
                         {{101, 100}, true, Rate{1, 1}, kLeast, RateKind::kGross, v1::INDICATOR_STATE_MET},
                         {{101, 100}, true, Rate{1, 1}, kLeast, RateKind::kRawRetention, v1::INDICATOR_STATE_MET},
                         {{5, 100}, true, std::nullopt, kLeast, RateKind::kShare, v1::INDICATOR_STATE_UNSPECIFIED},
                         {{1, 100}, true, Rate{1, 100}, kMost, RateKind::kShare, v1::INDICATOR_STATE_MET},
                         {{2, 100}, true, Rate{1, 100}, kMost, RateKind::kShare, v1::INDICATOR_STATE_MISSED},
                         {{0, 0}, false, Rate{0, 1}, kMost, RateKind::kShare, v1::INDICATOR_STATE_MET},
                         {{1, 0}, false, Rate{0, 1}, kMost, RateKind::kShare, v1::INDICATOR_STATE_MISSED},
                         {{7, 0}, false, std::nullopt, kMost, RateKind::kShare, v1::INDICATOR_STATE_UNSPECIFIED}}) {
    EXPECT_EQ(StateOf(c.value, c.is_rate, c.target, c.direction, c.kind), c.state)
        << c.value.numerator << "/" << c.value.denominator;
  }
}

class BoardTest : public testing::TestWithParam<Backend> {
 protected:
  void Fill() {
    for (int i = 0; i < 7; ++i) {
      ASSERT_TRUE(world_.Put(absl::StrCat("a", i), "411728103/s1/c1", i < 3 ? "AWAY" : "ENROLLED").ok());
    }
    ASSERT_TRUE(world_.Put("b", "411728200/s9", "ENROLLED", "411728200001").ok());
    ASSERT_TRUE(world_.Put("c", "411729100/s1", "ENROLLED").ok());
    ASSERT_TRUE(world_.Put("d", "419001100/s1", "ENROLLED").ok());
  }
  std::vector<std::string> Rows(const std::string& area) {
    const auto board = world_.Board(area);
    EXPECT_TRUE(board.ok()) << board.status();
    std::vector<std::string> lines = {
        absl::StrCat(board->area_name(), " ", Of(board->indicators(), "t.pupils").numerator().value())};
    for (const auto& row : board->breakdown()) {
      lines.push_back(
          absl::StrCat(row.area(), " ", row.area_name(), " ", Of(row.indicators(), "t.pupils").numerator().value()));
    }
    return lines;
  }
  World world_{GetParam()};
};

TEST_P(BoardTest, EachLevelShowsTheNextOne) {
  Fill();
  EXPECT_THAT(Rows("41"), ElementsAre("河南省 10", "areas/4117 驻马店市 9", "areas/419001 济源市 1"))
      << "the pseudo-prefecture 4190 is not shown, its county is";
  EXPECT_THAT(Rows("4117"), ElementsAre("驻马店市 9", "areas/411728 遂平县 8", "areas/411729 新蔡县 1"));
  EXPECT_THAT(Rows("411728"), ElementsAre("遂平县 8", "areas/411728103 玉山镇 7", "areas/411728200 花庄乡 1"));
  EXPECT_THAT(Rows("411728200"), ElementsAre("花庄乡 1", "areas/411728200/s2 第二小学 0",
                                             "areas/411728200/s1 第一小学 0", "areas/411728200/s9 s9 1"));
  EXPECT_THAT(Rows("411728103/s1"), ElementsAre("第一小学 7"));
  EXPECT_EQ(ReasonOf(world_.Board("4190").status()), "REGION_FOLDED");
  EXPECT_EQ(ReasonOf(world_.Board("99").status()), "REGION_UNKNOWN");
}

TEST_P(BoardTest, TheVersionIsTheSumOfTheHeadsBelow) {
  Fill();
  EXPECT_EQ(world_.Board("41")->version(), 10);
  EXPECT_EQ(world_.Board("4117")->version(), 9);
  EXPECT_EQ(world_.Board("411728")->version(), 8);
  EXPECT_EQ(world_.Board("411728103/s1")->version(), 8);
}

TEST_P(BoardTest, SmallGroupsAreHiddenBelowTheTownshipInThePublicView) {
  Fill();
  const auto school = world_.Board("411728103/s1", View::kPublic);
  EXPECT_TRUE(school->public_view());
  const auto& away = Of(school->indicators(), "t.away").numerator();
  EXPECT_TRUE(away.small());
  EXPECT_EQ(away.value(), 0);
  const auto& present = Of(school->indicators(), "t.present");
  EXPECT_TRUE(present.numerator().small()) << "4 of 7";
  EXPECT_FALSE(present.denominator().small());
  EXPECT_EQ(present.denominator().value(), 7);
  EXPECT_FALSE(Of(school->indicators(), "t.pupils").parts(0).numerator().small()) << "not sensitive";
  EXPECT_EQ(Of(world_.Board("411728103/s1")->indicators(), "t.away").numerator().value(), 3);
  const auto township = world_.Board("411728103", View::kPublic);
  EXPECT_EQ(Of(township->indicators(), "t.away").numerator().value(), 3) << "not below township level";
  bool hidden = false;
  for (const auto& row : township->breakdown()) {
    hidden = hidden || (row.area() == "areas/411728103/s1" && Of(row.indicators(), "t.away").numerator().small());
  }
  EXPECT_TRUE(hidden) << "the schools of a township are";
  ASSERT_TRUE(world_.Put("e", "411728103/s1", "AWAY").ok());
  ASSERT_TRUE(world_.Put("f", "411728103/s1", "AWAY").ok());
  EXPECT_EQ(Of(world_.Board("411728103/s1", View::kPublic)->indicators(), "t.away").numerator().value(), 5);
  EXPECT_FALSE(Of(world_.Board("411728103/s2", View::kPublic)->indicators(), "t.away").numerator().small()) << "0";
}

TEST_P(BoardTest, StocksOfEndedPeriodsStay) {
  Fill();
  const auto sealer = world_.keys->SealerOf("c411728");
  const auto keep = [&] {
    return world_.database->Write("c411728",
                                  [&](db::Transaction& tx) { return KeepStocks(tx, **sealer, "2023-2", "job:1"); });
  };
  EXPECT_THAT(keep(), testing::Truly([](const auto& kept) { return kept.ok() && *kept; }));
  const int64_t version = world_.Board("411728")->version();
  EXPECT_EQ(version, 9) << "journalled: the dashboards' version moves";
  ASSERT_TRUE(world_.Put("g", "411728103/s1", "AWAY").ok());
  EXPECT_FALSE(*keep()) << "once";
  const auto board = world_.Board("411728");
  EXPECT_EQ(Of(board->indicators(), "t.pupils").numerator().value(), 9);
  ASSERT_EQ(board->trend_size(), 1) << "nobody kept 2023-1: nothing rather than zeros";
  EXPECT_EQ(board->trend(0).period(), "2023-2");
  EXPECT_EQ(Of(board->trend(0).indicators(), "t.pupils").numerator().value(), 8);
  EXPECT_EQ(Of(board->trend(0).indicators(), "t.seen").numerator().value(), 0) << "a flow belongs to its period";
  EXPECT_EQ(Of(world_.Board("411728", View::kFull, "2023-2")->indicators(), "t.pupils").numerator().value(), 8);
  EXPECT_EQ(ReasonOf(world_.Board("411728", View::kFull, "2023-1").status()), "PERIOD_NOT_KEPT");
  EXPECT_EQ(world_.Board("4117")->trend_size(), 1) << "one county of the city kept it";
  EXPECT_EQ(world_.Board("411729")->trend_size(), 0);
}

TEST_P(BoardTest, ATrendOfFlowsBeginsWithTheFirstValues) {
  Fill();  // all of it in 2024-1
  static const auto& flows = *new MeasureBook({{"seen", MeasureKind::kFlow, Spine::kSchool, "item", "status"}}, {});
  BoardSpec spec = world_.Spec();
  spec.measures = &flows;
  spec.indicators = {{.id = "t.seen", .numerator = {{"seen"}}}};
  spec.current_period = [](absl::CivilDay) -> std::string { return "2025-2"; };
  spec.trend_periods = [](std::string_view) {
    return std::vector<std::string>{"2023-2", "2024-1", "2024-2", "2025-1"};
  };
  const auto trend = [&](const std::string& area) {
    const auto board = world_.database->Read([&](db::Transaction& tx) {
      return ComputeDashboard(tx, spec, {area, "2025-2", View::kPublic});
    });
    EXPECT_TRUE(board.ok()) << board.status();
    std::vector<std::string> lines;
    for (const auto& point : board->trend()) {
      lines.push_back(absl::StrCat(point.period(), " ", point.indicators(0).numerator().value()));
    }
    return lines;
  };
  EXPECT_THAT(trend("411728"), ElementsAre("2024-1 8", "2024-2 0", "2025-1 0"));
  EXPECT_THAT(trend("411728103/s2"), testing::IsEmpty()) << "never had any";
}

// What the township's breakdown hides of a school, the school's own dashboard hides as well; else one gives away the
// other.
TEST_P(BoardTest, TheBreakdownAndTheSchoolsHideTheSame) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto withheld_in = [&](const std::string& area) {
    int withheld = 0;
    const auto township = world_.Board(area, View::kPublic);
    EXPECT_TRUE(township.ok()) << township.status();
    for (const char* id : {"t.away", "t.present"}) {
      int hidden = 0, small = 0, shown = 0;
      for (const auto& row : township->breakdown()) {
        const auto& here = Of(row.indicators(), id);
        const auto own = world_.Board(row.area().substr(6), View::kPublic);
        EXPECT_TRUE(own.ok()) << own.status();
        EXPECT_EQ(here.numerator().SerializeAsString(), Of(own->indicators(), id).numerator().SerializeAsString());
        EXPECT_EQ(here.denominator().SerializeAsString(), Of(own->indicators(), id).denominator().SerializeAsString());
        hidden += here.numerator().small() || here.numerator().withheld() ? 1 : 0;
        small += here.numerator().small() ? 1 : 0;
        withheld += here.numerator().withheld() ? 1 : 0;
        shown += here.numerator().value() > 0 ? 1 : 0;
      }
      EXPECT_TRUE(hidden != 1 || shown == 0) << id << ": " << small << " small, " << shown << " shown";
    }
    return withheld;
  };
  for (int i = 0; i < 120; ++i) {
    const std::string area = absl::StrCat("411728103/s", random() % 5 * (random() % 2) + 1);
    ASSERT_TRUE(world_.Put(absl::StrCat("p", i), area, random() % 3 == 0 ? "AWAY" : "ENROLLED").ok());
    if (i % 10 == 9) {
      withheld_in("411728103");
    }
  }
  // One school's number is small: another one's is withheld, or the sum would give it away.
  for (int i = 0; i < 42; ++i) {
    const std::string area = absl::StrCat("411728200/s", i < 2 ? 1 : i < 20 ? 2 : 3);
    ASSERT_TRUE(world_.Put(absl::StrCat("q", i), area, "AWAY").ok());
  }
  EXPECT_EQ(withheld_in("411728200"), 1);
}

TEST_P(BoardTest, RequestsNameAnAreaWithADashboard) {
  const auto ask = [&](const std::string& area) {
    v1::GetDashboardRequest request;
    request.set_area(area);
    return AskOf(world_.Spec(), request, world_.clock, View::kFull);
  };
  for (const char* good : {"areas/41", "areas/4117", "areas/411728", "areas/411728103", "areas/411728103/s1"}) {
    ASSERT_TRUE(ask(good).ok()) << good;
    EXPECT_EQ(ask(good)->period, "2024-1");
  }
  for (const char* bad :
       {"", "areas/", "411728", "areas/4", "areas/411728103001", "areas/411728103/s1/c1", "areas/x"}) {
    EXPECT_EQ(ReasonOf(ask(bad).status()), "AREA_FORMAT") << bad;
  }
}

TEST_P(BoardTest, CachedNeverAsksTheDatabaseAndIsForgottenAfterASecond) {
  Fill();
  Board board(*world_.database, world_.Spec(), nullptr, nullptr, {}, {.clock = &world_.clock});
  const Ask ask{"411728", "2024-1", View::kFull};
  EXPECT_FALSE(board.Cached(ask).has_value());
  const auto first = board.Get(ask);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(board.Cached(ask), *first) << "the same bytes, not a copy";
  EXPECT_FALSE(board.Cached({"411728", "2024-1", View::kPublic}).has_value()) << "a view of its own";
  ASSERT_TRUE(world_.Put("h", "411728103/s1", "AWAY").ok());
  EXPECT_EQ(*board.Get(ask), *first) << "at most a second old";
  world_.clock.Advance(absl::Milliseconds(1001));
  EXPECT_FALSE(board.Cached(ask).has_value());
  EXPECT_EQ(Parse(board.Get(ask)).version(), 9);
}

TEST_P(BoardTest, FreshSeesWhatThisProcessKnows) {
  Fill();
  feed::HeadPoller heads(*world_.database, absl::Hours(1));
  heads.Start();
  Board board(*world_.database, world_.Spec(), &heads, nullptr, {}, {.clock = &world_.clock});
  const Ask ask{"4117", "2024-1", View::kFull};
  EXPECT_EQ(Parse(board.Get(ask)).version(), 9);
  BoardWatch watch(board, ask);
  EXPECT_EQ((*watch.Next())->version(), 9);
  ASSERT_TRUE(world_.Put("h", "411728103/s1", "AWAY").ok());
  ASSERT_TRUE(Await([&] { return heads.head("c411728").seq >= 9; }));
  EXPECT_EQ(Parse(board.Get(ask)).version(), 9) << "the LRU's, less than a second old";
  EXPECT_FALSE((*watch.Next()).has_value()) << "at most once per second";
  EXPECT_EQ(Parse(board.Get(ask, {.fresh = true})).version(), 10);
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_EQ((*watch.Next())->version(), 10);
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_FALSE((*watch.Next()).has_value()) << "nothing moved";
  EXPECT_THAT(watch.Shards(), ElementsAre("c411728", "c411729"));
  heads.Stop();
}

class RedisBoardTest : public BoardTest {
 protected:
  std::unique_ptr<cache::RedisClient> Connect() {
    auto client = cache::RedisClient::Open({.address = redis_.address(), .reply_timeout = absl::Minutes(1)});
    EXPECT_TRUE((*client)->AwaitConnected(Soon()));
    return *std::move(client);
  }
  Board::Options Options(absl::Duration lru = absl::Seconds(-1)) {
    return {.clock = &world_.clock, .lru = {.max_age = lru}, .redis_wait = absl::Seconds(60)};
  }
  testlib::Redis redis_;
  std::unique_ptr<cache::RedisClient> client_ = Connect();
};

TEST_P(RedisBoardTest, AnswersAreRightWhateverRedisHolds) {
  Fill();
  feed::HeadPoller heads(*world_.database, absl::Hours(1));
  heads.Start();
  ASSERT_TRUE(Await([&] { return heads.head("c411728").seq >= 8 && heads.head("c411729").seq >= 1; }));
  Board board(*world_.database, world_.Spec(), &heads, client_.get(), {}, Options());
  const Ask ask{"4117", "2024-1", View::kFull};
  const std::string right = Essence(Parse(board.Get(ask)));
  const std::string key = board.RedisKeyOf(ask);
  const std::string good = client_->Call({"GET", key}).text;
  ASSERT_GT(good.size(), 100u);
  EXPECT_EQ(Essence(Parse(board.Get(ask))), right);

  const auto schema = Fingerprint(Book(), Indicators());
  const auto wrong = std::make_shared<const std::string>("wrong");
  const std::string today = good;
  const std::vector<std::vector<std::string>> planted = {
      {"SET", key, good.substr(0, good.size() / 2)},
      {"SET", key, "no frame"},
      {"SET", key, cache::Frame({schema, world_.database->instance()}, {8, world_.clock.NowMicros(), wrong})},
      {"SET", key, cache::Frame({schema, "foreign"}, {99, world_.clock.NowMicros(), wrong})},
      {"SET", key, cache::Frame({"0", world_.database->instance()}, {99, world_.clock.NowMicros(), wrong})},
      {"SET", key, cache::Frame({schema, world_.database->instance()}, {99, 0, wrong})},  // of another day
      {"SADD", key, "a set"},
  };
  for (const auto& command : planted) {
    client_->Call({"DEL", key});
    client_->Call(command);
    EXPECT_EQ(Essence(Parse(board.Get(ask))), right) << testing::PrintToString(command);
  }
  redis_.Stop();
  EXPECT_EQ(Essence(Parse(board.Get(ask))), right) << "stopped";
  redis_.Start();
  ASSERT_TRUE(client_->AwaitConnected(Soon()));
  EXPECT_EQ(Essence(Parse(board.Get(ask))), right) << "cold";
  EXPECT_EQ(client_->Call({"EXISTS", key}).text, "1") << "filled again";
  heads.Stop();
}

// Two replicas on one Redis while others write: every answer equals the computation at its version.
TEST_P(RedisBoardTest, TwoReplicasUnderWritesAnswerAsOfTheirVersion) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const std::vector<std::string> areas = {"41", "4117", "411728", "411728103", "411728103/s1"};
  std::map<std::pair<std::string, int64_t>, std::string> history;
  const auto record = [&] {
    for (const std::string& area : areas) {
      const auto board = world_.Board(area, View::kPublic);
      ASSERT_TRUE(board.ok()) << board.status();
      history.emplace(std::pair(area, board->version()), Essence(*board));
    }
  };
  feed::HeadPoller heads(*world_.database, absl::Hours(1));
  heads.Start();
  const auto other = Connect();
  Board one(*world_.database, world_.Spec(), &heads, client_.get(), {}, Options());
  Board two(*world_.database, world_.Spec(), nullptr, other.get(), {}, Options(absl::Seconds(1)));
  Refresher refresher(one, heads, {.gather = absl::Milliseconds(1)});
  std::atomic<bool> writing = true;
  absl::Mutex mu;
  std::map<std::pair<std::string, int64_t>, std::set<std::string>> answers;  // by area and version
  std::vector<std::thread> readers;
  for (Board* board : {&one, &two, &one, &two}) {
    readers.emplace_back([&, board, n = readers.size()] {
      for (size_t i = n; writing || i < n + 20; ++i) {
        const std::string& area = areas[i % areas.size()];
        const Dashboard answer = Parse(board->Get({area, "2024-1", View::kPublic}));
        std::string essence = Essence(answer);
        absl::MutexLock lock(&mu);
        answers[{area, answer.version()}].insert(std::move(essence));
        std::this_thread::yield();  // to the one who writes
      }
    });
  }
  std::mt19937 random(seed);
  record();
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(world_.PutAny(random).ok());
    record();
    if (i % 10 == 5) {
      client_->Call({"FLUSHALL"});
    }
    if (i == 30) {
      redis_.Stop();
      redis_.Start();
    }
    world_.clock.Advance(absl::Milliseconds(300));
  }
  writing = false;
  for (auto& reader : readers) {
    reader.join();
  }
  heads.Stop();
  for (const auto& [asked, essences] : answers) {
    const auto found = history.find(asked);
    ASSERT_NE(found, history.end()) << asked.first << " at " << asked.second;
    ASSERT_THAT(essences, ElementsAre(found->second)) << asked.first << " at " << asked.second;
  }
}

TEST_P(RedisBoardTest, TheRefresherRewritesWhatWasAskedForLately) {
  Fill();
  feed::HeadPoller heads(*world_.database, absl::Hours(1));
  heads.Start();
  Board board(*world_.database, world_.Spec(), &heads, client_.get(), {}, Options(absl::Seconds(1)));
  Refresher refresher(board, heads, {.gather = absl::Milliseconds(1)});
  const Ask ask{"411728", "2024-1", View::kFull};
  EXPECT_EQ(Parse(board.Get(ask)).version(), 8);
  EXPECT_EQ(refresher.Refresh({"c411729"}), 0u) << "another county moved";
  ASSERT_TRUE(world_.Put("h", "411728103/s1", "AWAY").ok());
  const cache::FrameTag tag{Fingerprint(Book(), Indicators()), world_.database->instance()};
  const auto in_redis = [&] {
    const auto value = cache::Unframe(tag, client_->Call({"GET", board.RedisKeyOf(ask)}).text);
    return value.has_value() ? value->version : 0;
  };
  ASSERT_TRUE(Await([&] { return in_redis() >= 9; }));
  EXPECT_EQ(Parse(board.Get(ask)).version(), 9) << "in process too, though the clock stands still";
  world_.clock.Advance(absl::Minutes(2));
  EXPECT_EQ(refresher.Refresh({"c411728"}), 0u) << "nobody asked within the last minute";
  heads.Stop();
}

INSTANTIATE_TEST_SUITE_P(BothDatabases, BoardTest, testing::Values(Backend::kSqlite, Backend::kPostgres), BackendName);
INSTANTIATE_TEST_SUITE_P(BothDatabases, RedisBoardTest, testing::Values(Backend::kSqlite, Backend::kPostgres),
                         BackendName);

}  // namespace
}  // namespace ruraledu::dashboard
