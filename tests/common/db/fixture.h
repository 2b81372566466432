// Every conformance test runs on both databases: SQLite in a file of its own, PostgreSQL in a schema of its own on a
// real server that the test process starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/db/db.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/postgres.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::db {

enum class Backend { kSqlite, kPostgres };

using testlib::TempFolder;

inline constexpr Migration kTestSchema[] = {
    {"test", 1,
     "-- all types\n"
     "CREATE TABLE item (\n  shard TEXT NOT NULL,\n  id TEXT NOT NULL,\n  number BIGINT,\n  real DOUBLE PRECISION,\n"
     "  note TEXT,\n  body BYTEA,\n  PRIMARY KEY (shard, id)\n);\n"
     "CREATE INDEX item_by_number ON item (shard, number);\n"},
};

class DatabaseTest : public testing::TestWithParam<Backend> {
 protected:
  DatabaseTest() {
    options_.url = GetParam() == Backend::kSqlite ? "sqlite:" + folder_ / "test.db"
                                                  : "postgres:" + testlib::Postgres::Get().NewSchema();
    options_.max_connections = 8;
    options_.read_limit = options_.lock_wait = absl::Minutes(1);  // a busy machine is no failure
  }

  // Opens the database of this test (again, when it was closed by database_.reset()).
  void Open(absl::Span<const Migration> migrations = kTestSchema) {
    auto opened = Database::Open(options_, migrations);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
  }

  absl::Status Put(const std::string& shard, const std::string& id, int64_t number) {
    return database_->Write(shard, [&](Transaction& tx) {
      return tx
          .Execute(
              "INSERT INTO item (shard, id, number) VALUES ($1, $2, $3) "
              "ON CONFLICT (shard, id) DO UPDATE SET number = excluded.number",
              shard, id, number)
          .status();
    });
  }
  // -1 when there is no such row.
  int64_t Get(const std::string& shard, const std::string& id) {
    auto number = database_->Read([&](Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT number FROM item WHERE shard = $1 AND id = $2", shard, id));
      return row.has_value() ? row->Int(0) : -1;
    });
    EXPECT_TRUE(number.ok()) << number.status();
    return number.value_or(-2);
  }
  int64_t Count() {
    auto count = database_->Read([&](Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT count(*) FROM item"));
      return row->Int(0);
    });
    EXPECT_TRUE(count.ok()) << count.status();
    return count.value_or(-2);
  }

  TempFolder folder_;
  Options options_;
  std::unique_ptr<Database> database_;
};

#define INSTANTIATE_ON_BOTH_DATABASES(suite)                                               \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(Backend::kSqlite, Backend::kPostgres), \
                           [](const auto& info) { return info.param == Backend::kSqlite ? "Sqlite" : "Postgres"; })

}  // namespace ruraledu::db
