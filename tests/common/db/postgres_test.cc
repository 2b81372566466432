// What PostgreSQL does with a statement.
#include "gmock/gmock.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

// What the planner is told of a few rows holds for many: shards are few, other keys are not.
TEST(PostgresPlanTest, AFirstLookAtFewRowsKeepsLookUpsOnTheirIndex) {
  Options options;
  options.url = "postgres:" + testlib::Postgres::Get().NewSchema();
  auto opened = Database::Open(options, kTestSchema);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto fill = [&](int64_t from, int64_t to) {
    return (*opened)->Write("c1", [&](Transaction& tx) -> absl::Status {
      std::vector<std::vector<Value>> rows;
      for (int64_t i = from; i < to; ++i) {
        rows.push_back({tx.shard(), absl::StrCat("s", i), "m", "r", Blob{std::string(32, 'f')}, "a", int64_t{1}, i});
      }
      const std::string_view columns[] = {"shard",       "subject",     "method",         "request_id",
                                          "fingerprint", "answer_name", "answer_version", "created_at"};
      return tx.Bulk("remembered", columns, rows);
    });
  };
  const auto plan = [&] {
    const auto rows = (*opened)->Read([](Transaction& tx) {
      return tx.Query("EXPLAIN SELECT subject FROM remembered WHERE shard = $1 AND created_at IN (1, 2, 3, 5, 7, 11)",
                      "c1");
    });
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::string text;
    for (const Row& row : *rows) {
      absl::StrAppend(&text, row.Text(0), "\n");
    }
    return text;
  };
  ASSERT_TRUE((*opened)
                  ->Write("c1",
                          [](Transaction& tx) {
                            return tx.Execute("ALTER TABLE remembered SET (autovacuum_enabled = false)").status();
                          })
                  .ok());
  ASSERT_TRUE(fill(0, 200).ok());
  ASSERT_TRUE((*opened)->AnalyseNewTables().ok());
  ASSERT_TRUE(fill(200, 5'000).ok());
  EXPECT_THAT(plan(), testing::HasSubstr("remembered_by_age"));
  EXPECT_THAT(plan(), testing::HasSubstr("created_at = ANY"));
  EXPECT_THAT(plan(), testing::Not(testing::HasSubstr("Filter")));
}

}  // namespace
}  // namespace ruraledu::db
