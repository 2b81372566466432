// What is read before a write, on both databases: it holds, somebody was faster, somebody always is.
#include "services/dropout_monitoring/read_ahead.h"

#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

class ReadAheadTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ReadAheadTest() : CaseFixture(OptionsOf(GetParam())) {}

  db::Database& database() { return *monitoring.place.database; }
  // Tries of a write, "A" with what was read, "L" under the lock; `meanwhile` happens behind each reading.
  std::string Tried(const std::function<void()>& meanwhile, bool readable = true) {
    std::string tries;
    const auto read = [&](db::Transaction&) -> absl::StatusOr<int> {
      meanwhile();
      return readable ? absl::StatusOr<int>(7) : Fail("NOT_FOUND");
    };
    const auto write = [&](const ReadAhead<int>* ahead) -> absl::StatusOr<int> {
      tries += ahead == nullptr ? "L" : "A";
      return database().Write(kShard, [&](db::Transaction& tx) -> absl::StatusOr<int> {
        if (ahead == nullptr) return 8;
        RETURN_IF_ERROR(CheckStill(tx, *ahead));
        return ahead->value;
      });
    };
    const auto answer = ReadThenWrite<int>(database(), kShard, absl::InfiniteFuture(), read, write);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return absl::StrCat(tries, " ", *answer);
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ReadAheadTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ReadAheadTest, TheWriteLooksWhetherItStillHolds) {
  EXPECT_EQ(Tried([] {}), "A 7");
  // Somebody writes in the county.
  int writes = 1;
  const auto open = [&] { ASSERT_TRUE(OpenFor(absl::StrCat("p", writes)).ok()); };
  EXPECT_EQ(Tried([&] {
              if (writes == 1) open();
              ++writes;
            }),
            "AA 7")
      << "read again";
  EXPECT_EQ(writes, 3);
  // The copy of the registry goes on, which writes nothing into the county's journal.
  int moved = 0;
  const auto follow = [&] {
    registry_v1::Student student = Child(absl::StrCat("n", ++moved));
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  };
  EXPECT_EQ(Tried(follow), "AAAL 8") << "it ends all the same";
  EXPECT_EQ(moved, 3);
  EXPECT_EQ(Tried([] {}, false), "L 8") << "the write says why";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
