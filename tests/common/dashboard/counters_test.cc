#include "common/dashboard/counters.h"

#include <thread>

#include "common/dashboard/rebuild.h"
#include "common/dashboard/terms.h"
#include "tests/common/dashboard/fixture.h"

namespace ruraledu::dashboard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CountersTest : public testing::TestWithParam<Backend> {
 protected:
  // The context of a job on c411728 as the engine gives it; `meddle` is called before each of its writes.
  class Context final : public db::JobContext {
   public:
    Context(World& world, std::string input, std::function<void()> meddle = nullptr)
        : world_(world), meddle_(std::move(meddle)) {
      job_.shard = "c411728";
      job_.id = "job";
      job_.input = std::move(input);
    }
    const db::JobRow& job() const override { return job_; }
    db::Database& database() override { return *world_.database; }
    absl::Status Chunk(const std::function<absl::Status(db::Transaction&)>& body, std::string, int64_t,
                       int64_t) override {
      if (meddle_) {
        meddle_();
      }
      return world_.database->Write(job_.shard, body);
    }
    absl::Status CheckGoOn() override { return absl::OkStatus(); }
    absl::Status Postpone(db::JobState, absl::Duration) override { return Fail("JOB_POSTPONED"); }

   private:
    World& world_;
    const std::function<void()> meddle_;
    db::JobRow job_;
  };

  absl::StatusOr<v1::RebuildDashboardResult> Rebuild(std::function<void()> meddle = nullptr, int attempts = 5) {
    Context context(world_, "", std::move(meddle));
    ASSIGN_OR_RETURN(const std::string bytes,
                     RebuildJob(Book(), *world_.keys, {.page = 3, .attempts = attempts})(context));
    v1::RebuildDashboardResult result;
    EXPECT_TRUE(result.ParseFromString(bytes));
    return result;
  }
  absl::Status Sql(const std::string& sql) {
    return world_.database->Write("c411728", [&](db::Transaction& tx) { return tx.Execute(sql).status(); });
  }
  World world_{GetParam()};
};

TEST_P(CountersTest, OneRootCountsAtEachLevelItHas) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1/c1", "ENROLLED", "411728200001").ok());
  EXPECT_THAT(
      world_.Stored("c411728"),
      ElementsAre("COUNTY 411728  present  = 1", "COUNTY 411728  pupils ENROLLED = 1", "COUNTY 411728  residents  = 1",
                  "COUNTY 411728 2024-1 seen ENROLLED = 1", "SCHOOL 411728103/s1  present  = 1",
                  "SCHOOL 411728103/s1  pupils ENROLLED = 1", "SCHOOL 411728103/s1 2024-1 seen ENROLLED = 1",
                  "TOWNSHIP 411728103  present  = 1", "TOWNSHIP 411728103  pupils ENROLLED = 1",
                  "TOWNSHIP 411728103 2024-1 seen ENROLLED = 1", "TOWNSHIP 411728200  residents  = 1"));
  ASSERT_TRUE(world_.Put("a", "411728103/s1/c1", "GONE").ok());
  EXPECT_THAT(world_.Stored("c411728"), IsEmpty()) << "minus what it counted before";
}

TEST_P(CountersTest, AnyHistoryLeavesTheCountersOfARebuild) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(world_.PutAny(random).ok());
  }
  const auto before = world_.Stored("c411728");
  const auto result = Rebuild();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->differences(), 0);
  EXPECT_GT(result->counters(), 10);
  EXPECT_EQ(world_.Stored("c411728"), before);
}

TEST_P(CountersTest, ARebuildSetsRightWhatRootsMakeAndMovesTheVersion) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  ASSERT_TRUE(world_.Put("b", "411728103/s2", "AWAY", "", "twice").ok());
  const auto sealer = world_.keys->SealerOf("c411728");
  ASSERT_TRUE(world_.database
                  ->Write("c411728",
                          [&](db::Transaction& tx) -> absl::Status {
                            RETURN_IF_ERROR(KeepStocks(tx, **sealer, "2023-2", "job:1").status());
                            Contributions paid(Book());
                            paid.Add("paid_fen", "411728103/s1", "2024-1", "LIV", 62500);
                            return AddDeltas(tx, paid);
                          })
                  .ok());
  const auto right = world_.Stored("c411728");
  const int64_t version = world_.Board("411728")->version();
  ASSERT_TRUE(
      Sql("UPDATE counter SET value = value + 1 WHERE measure = 'pupils' AND level = 'COUNTY' AND period = ''").ok());
  ASSERT_TRUE(Sql("DELETE FROM counter WHERE measure = 'seen' AND level = 'TOWNSHIP'").ok());
  ASSERT_TRUE(Sql("INSERT INTO counter (shard, level, area, period, measure, dimension, value) VALUES ('c411728', "
                  "'SCHOOL', '411728103/s7', '', 'pupils', 'AWAY', 4)")
                  .ok());
  const auto result = Rebuild();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->differences(), 2 + 2 + 1);
  EXPECT_EQ(world_.Stored("c411728"), right) << "kept levels and the results of runs are left alone";
  EXPECT_EQ(world_.Board("411728")->version(), version + 1) << "a correction is a change that caches must see";
  EXPECT_EQ(Rebuild()->differences(), 0);
  EXPECT_EQ(world_.Board("411728")->version(), version + 1) << "nothing to correct, nothing journalled";
}

TEST_P(CountersTest, ARebuildStartsAgainWhenTheHeadMoved) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  ASSERT_TRUE(Sql("UPDATE counter SET value = value + 1 WHERE measure = 'pupils'").ok());
  int writes = 0;
  const auto result = Rebuild([&] {
    if (++writes <= 2) {
      ASSERT_TRUE(world_.Put(absl::StrCat("late", writes), "411728103/s1", "AWAY").ok());
    }
  });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(writes, 3);
  EXPECT_EQ(result->differences(), 3) << "county, township and school of the tampered measure";
  EXPECT_EQ(Of(world_.Board("411728")->indicators(), "t.pupils").numerator().value(), 3);

  int more = 0;
  const auto busy =
      Rebuild([&] { ASSERT_TRUE(world_.Put(absl::StrCat("x", ++more), "411728103/s1", "AWAY").ok()); }, 2);
  EXPECT_EQ(ReasonOf(busy.status()), "JOB_POSTPONED") << "a busy county is tried again later";
}

TEST_P(CountersTest, TheJobOfANewTermKeepsTheLevelsOfTheOldOneOnce) {
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  const int64_t version = world_.Board("411728")->version();
  Context context(world_, "2023-2");
  ASSERT_TRUE(OpenPeriodJob(*world_.keys)(context).ok());
  EXPECT_EQ(world_.Board("411728")->version(), version + 1);
  ASSERT_TRUE(world_.Put("b", "411728103/s1", "ENROLLED").ok());
  ASSERT_TRUE(OpenPeriodJob(*world_.keys)(context).ok()) << "run again after a crash";
  EXPECT_EQ(world_.Board("411728")->version(), version + 2);
  const auto kept = world_.Board("411728", View::kFull, "2023-2");
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(Of(kept->indicators(), "t.pupils").numerator().value(), 1);
  EXPECT_EQ(Of(world_.Board("411728")->indicators(), "t.pupils").numerator().value(), 2);
  EXPECT_EQ(Rebuild()->differences(), 0);
}

TEST_P(CountersTest, EachCountyKeepsTheTermThatEndedOnce) {
  const auto terms = TermCalendar::Parse("terms",
                                         "term,first_day,census,cut_off,source\n"
                                         "autumn,09-01,09-30,11-30,DR-02\nspring,03-01,03-31,05-31,DR-02\n");
  ASSERT_TRUE(terms.ok()) << terms.status();
  const auto queue = [&] { return *QueueOpenTerm(*world_.database, *terms, world_.clock); };
  const auto inputs = [&] {
    std::vector<std::string> found;
    for (const char* shard : {"c411728", "c411729", "c419001"}) {
      const auto jobs =
          *world_.database->Read([&](db::Transaction& tx) { return db::ListJobs(tx, shard, kOpenPeriodJob, "", 9); });
      for (const db::JobRow& job : jobs) {
        found.push_back(absl::StrCat(shard, " ", job.input));
      }
    }
    return found;
  };
  EXPECT_EQ(queue(), 0) << "nobody is here";
  ASSERT_TRUE(world_.Put("a", "411728103/s1", "ENROLLED").ok());
  ASSERT_TRUE(world_.Put("b", "411729100/s1", "ENROLLED").ok());
  EXPECT_EQ(queue(), 0) << "both came in this term, of the one before nothing is known";
  world_.clock.Advance(absl::Hours(24 * 140));  // 2024-09-12
  ASSERT_TRUE(world_.Put("c", "419001100/s1", "ENROLLED").ok());
  EXPECT_EQ(queue(), 2);
  EXPECT_EQ(queue(), 0) << "they wait";
  EXPECT_THAT(inputs(), ElementsAre("c411728 2023-2024-2", "c411729 2023-2024-2"));
  Context context(world_, "2023-2024-2");
  ASSERT_TRUE(OpenPeriodJob(*world_.keys)(context).ok());
  EXPECT_EQ(queue(), 0);
  world_.clock.Advance(absl::Hours(24 * 180));  // 2025-03-11
  EXPECT_EQ(queue(), 3);
  EXPECT_THAT(inputs(), ElementsAre("c411728 2024-2025-1", "c411728 2023-2024-2", "c411729 2024-2025-1",
                                    "c411729 2023-2024-2", "c419001 2024-2025-1"));
}

TEST_P(CountersTest, AnAreaWithoutACountyStopsTheWrite) {
  Contributions bad(Book());
  bad.Add("pupils", "41", "");
  EXPECT_EQ(world_.database->Write("c411728", [&](db::Transaction& tx) { return AddDeltas(tx, bad); }).code(),
            absl::StatusCode::kInternal);
}

INSTANTIATE_TEST_SUITE_P(BothDatabases, CountersTest, testing::Values(Backend::kSqlite, Backend::kPostgres),
                         BackendName);

}  // namespace
}  // namespace ruraledu::dashboard
