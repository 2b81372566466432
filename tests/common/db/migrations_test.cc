#include "common/db/migrations.h"

#include <thread>

#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

class MigrationsTest : public DatabaseTest {
 protected:
  std::string OpenReason(absl::Span<const Migration> migrations) {
    auto opened = Database::Open(options_, migrations);
    return opened.ok() ? "" : ReasonOf(opened.status());
  }
  absl::Status Sql(const std::string& sql) {
    return database_->Write("c1", [&](Transaction& tx) { return tx.Execute(sql).status(); });
  }
};

constexpr Migration kFirst{"m", 1, "CREATE TABLE t1 (\n  a BIGINT PRIMARY KEY\n);\nINSERT INTO t1 (a) VALUES (1);\n"};
constexpr Migration kSecond{"m", 2, "ALTER TABLE t1 ADD COLUMN b BYTEA;\nUPDATE t1 SET a = t1.a + 1;\n"};

TEST_P(MigrationsTest, AreAppliedOnceAndInOrder) {
  Open({{kFirst}});
  database_.reset();
  Open({{kFirst, kSecond}});
  database_.reset();
  Open({{kFirst, kSecond}});
  auto row = database_->Read([](Transaction& tx) { return tx.QueryOne("SELECT a, b FROM t1"); });
  ASSERT_TRUE(row.ok() && row->has_value()) << row.status();
  EXPECT_EQ((*row)->Int(0), 2);
  EXPECT_TRUE((*row)->IsNull(1));
}

TEST_P(MigrationsTest, AChangedTextAndAGapAreRefused) {
  Open({{kFirst}});
  database_.reset();
  EXPECT_EQ(OpenReason({{{"m", 1, "CREATE TABLE t1 (\n  a BIGINT\n);\n"}}}), "MIGRATION_CHANGED");
  EXPECT_EQ(OpenReason({{kFirst, {"m", 3, "SELECT 1;"}}}), "MIGRATION_FAILED");
  EXPECT_EQ(OpenReason({{{"m", 2, "SELECT 1;"}}}), "MIGRATION_FAILED");
}

TEST_P(MigrationsTest, AFailingOneLeavesNothing) {
  EXPECT_EQ(
      OpenReason({{kFirst, {"m", 2, "CREATE TABLE t2 (\n  a BIGINT\n);\nINSERT INTO nowhere (a) VALUES (1);\n"}}}),
      "DATABASE_INTERNAL");
  Open({{kFirst, {"m", 2, "CREATE TABLE t2 (\n  a BIGINT\n);\n"}}});
  EXPECT_TRUE(Sql("INSERT INTO t2 (a) VALUES (1)").ok());
}

TEST_P(MigrationsTest, TheNextReleaseIsToleratedOneBeyondIsNot) {
  Open({{kFirst, kSecond}});
  ASSERT_TRUE(Sql("UPDATE migration SET release_number = 2 WHERE module = 'm' AND number = 2").ok());
  database_.reset();
  EXPECT_EQ(OpenReason({{kFirst}}), "");
  Open({{kFirst}});
  ASSERT_TRUE(Sql("UPDATE migration SET release_number = 3 WHERE module = 'm' AND number = 2").ok());
  database_.reset();
  EXPECT_EQ(OpenReason({{kFirst}}), "DATABASE_NEWER");
  EXPECT_EQ(OpenReason({{kFirst, kSecond}}), "") << "known migrations are not newer";
}

TEST_P(MigrationsTest, SeveralProcessesMayStartAtOnce) {
  std::vector<std::string> reasons(4);
  std::vector<std::thread> threads;
  for (std::string& reason : reasons) {
    threads.emplace_back([&] { reason = OpenReason({{kFirst, kSecond}}); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const std::string& reason : reasons) {
    EXPECT_TRUE(reason.empty() || (GetParam() == Backend::kSqlite && reason == "DATABASE_LOCKED")) << reason;
  }
  Open({{kFirst, kSecond}});
  auto row = database_->Read([](Transaction& tx) { return tx.QueryOne("SELECT a FROM t1"); });
  ASSERT_TRUE(row.ok() && row->has_value()) << row.status();
  EXPECT_EQ((*row)->Int(0), 2);
}

INSTANTIATE_ON_BOTH_DATABASES(MigrationsTest);

TEST(PostgresOpenTest, OtherCollationsAndEncodingsAreRefused) {
  for (const char* options : {"LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'", "ENCODING 'SQL_ASCII' LC_COLLATE 'C'"}) {
    Options open;
    open.url = "postgres:" + testlib::Postgres::Get().NewDatabase(options);
    EXPECT_EQ(ReasonOf(Database::Open(open, {}).status()), "DATABASE_COLLATION") << options;
  }
}

TEST(PostgresOpenTest, NoServerIsUnavailable) {
  Options open;
  open.url = "postgres:host=/nowhere dbname=x";
  EXPECT_EQ(ReasonOf(Database::Open(open, {}).status()), "DATABASE_UNAVAILABLE");
}

}  // namespace
}  // namespace ruraledu::db
