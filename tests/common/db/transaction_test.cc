// Types, placeholders, limits and the life of one transaction.
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

class TransactionTest : public DatabaseTest {
 protected:
  void SetUp() override { Open(); }
};

TEST_P(TransactionTest, EveryTypeComesBackAsItWent) {
  const std::string text = "遂平县 𠮷 \x01 '\"\\";
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
  }
  struct Case {
    std::optional<int64_t> number;
    std::optional<double> real;
    std::optional<std::string> note;
    std::optional<Blob> body;
  };
  const Case cases[] = {
      {std::nullopt, std::nullopt, std::nullopt, std::nullopt},
      {0, 0.0, "", Blob{}},
      {std::numeric_limits<int64_t>::min(), -1.5e-300, text, Blob{bytes}},
      {std::numeric_limits<int64_t>::max(), std::numeric_limits<double>::infinity(), "123", Blob{std::string(1, '\0')}},
      {1, 3.0, std::string(100'000, 'x'), Blob{std::string(100'000, '\0')}},
  };
  int id = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(id);
    const std::string name = absl::StrCat(id++);
    auto rows = database_->Write("c1", [&](Transaction& tx) {
      return tx.Query(
          "INSERT INTO item (shard, id, number, real, note, body) VALUES ($1, $2, $3, $4, $5, $6) "
          "RETURNING number, real, note, body, shard",
          tx.shard(), name, c.number, c.real, c.note, c.body);
    });
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), 1u);
    const Row& row = rows->front();
    EXPECT_EQ(row.OptInt(0), c.number);
    EXPECT_EQ(row.IsNull(1), !c.real.has_value());
    EXPECT_EQ(row.OptText(2), c.note);
    EXPECT_EQ(row.IsNull(3), !c.body.has_value());
    if (c.real.has_value()) {
      EXPECT_EQ(row.Double(1), *c.real);
      EXPECT_EQ(row.Bytes(3), c.body->bytes);
    }
    EXPECT_EQ(row.Text(4), "c1");
  }
}

TEST_P(TransactionTest, DaysTimesAndBooleans) {
  const absl::Time time = absl::FromUnixMicros(1'700'000'000'123'456);
  ASSERT_TRUE(database_
                  ->Write("c1",
                          [&](Transaction& tx) {
                            return tx
                                .Execute("INSERT INTO item (shard, id, number, note) VALUES ($1, $2, $3, $4)", "c1",
                                         "a", time, absl::CivilDay(2024, 2, 29))
                                .status();
                          })
                  .ok());
  auto row = database_->Read(
      [&](Transaction& tx) { return tx.QueryOne("SELECT number, note FROM item WHERE number = $1", time); });
  ASSERT_TRUE(row.ok() && row->has_value()) << row.status();
  EXPECT_EQ((*row)->Time(0), time);
  EXPECT_EQ((*row)->Day(1), absl::CivilDay(2024, 2, 29));
  EXPECT_EQ((*row)->OptDay(1), absl::CivilDay(2024, 2, 29));
  EXPECT_DEATH((*row)->Text(0), "");
  EXPECT_DEATH((*row)->Int(7), "");
}

TEST_P(TransactionTest, PlaceholdersTwiceAndInAnyOrder) {
  ASSERT_TRUE(Put("c1", "a", 5).ok());
  auto row = database_->Read([&](Transaction& tx) {
    return tx.QueryOne(
        "SELECT number, CAST($3 AS TEXT) FROM item WHERE number + $2 = $2 + 5 AND id = $1 AND shard <> $1", "a", 7,
        "third");
  });
  ASSERT_TRUE(row.ok() && row->has_value()) << row.status();
  EXPECT_EQ((*row)->Int(0), 5);
  EXPECT_EQ((*row)->Text(1), "third");
}

TEST_P(TransactionTest, MistakesOfTheStoreAreInternalErrors) {
  ASSERT_TRUE(Put("c1", "a", 5).ok());
  const std::pair<const char*, std::vector<Value>> cases[] = {
      {"SELECT nonsense FROM item", {}},
      {"SELECT id FROM item WHERE id = $1", {}},
      {"SELECT id FROM item WHERE id = $1", {std::string("a"), std::string("b")}},
      {"SELECT id FROM item WHERE id = $1", {std::string("a\0b", 3)}},
      {"SELECT id FROM item WHERE id = $1", {std::string("\xff")}},
      {"SELECT id FROM item WHERE id = $1", {std::string("\xed\xa0\x80")}},
      {"SELECT id FROM item WHERE real = $1", {std::numeric_limits<double>::quiet_NaN()}},
      {"SELECT id FROM item WHERE id = $1; SELECT id FROM item", {std::string("a")}},
  };
  for (const auto& [sql, args] : cases) {
    SCOPED_TRACE(sql);
    const auto result = database_->Read([&](Transaction& tx) { return tx.QueryValues(sql, args); });
    EXPECT_EQ(ReasonOf(result.status()), "DATABASE_INTERNAL") << result.status();
  }
  // The connection is as good as before.
  EXPECT_EQ(Get("c1", "a"), 5);
}

TEST_P(TransactionTest, AColumnHoldsItsTypeOnly) {
  const std::pair<const char*, Value> cases[] = {
      {"number", std::string("five")}, {"number", Blob{"5"}}, {"real", std::string("x")}, {"body", std::string("x")}};
  for (const auto& [column, value] : cases) {
    SCOPED_TRACE(column);
    const absl::Status status = database_->Write("c1", [&](Transaction& tx) {
      return tx
          .ExecuteValues(absl::StrCat("INSERT INTO item (shard, id, ", column, ") VALUES ('c1', 'x', $1)"), {value})
          .status();
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  }
  EXPECT_EQ(Count(), 0);
}

TEST_P(TransactionTest, AnUnexpectedConflictIsAConstraintError) {
  ASSERT_TRUE(Put("c1", "a", 1).ok());
  const auto status = database_->Write("c1", [&](Transaction& tx) {
    return tx.Execute("INSERT INTO item (shard, id) VALUES ($1, $2)", "c1", "a").status();
  });
  EXPECT_EQ(ReasonOf(status), "CONSTRAINT") << status;
}

TEST_P(TransactionTest, AnIgnoredErrorStillFailsTheWrite) {
  ASSERT_TRUE(Put("c1", "a", 1).ok());
  const auto status = database_->Write("c1", [&](Transaction& tx) {
    tx.Execute("UPDATE item SET number = 2 WHERE id = $1", "a").IgnoreError();
    tx.Execute("INSERT INTO item (shard, id) VALUES ($1, $2)", "c1", "a").IgnoreError();
    EXPECT_EQ(ReasonOf(tx.Query("SELECT id FROM item").status()), "CONSTRAINT");
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(status), "CONSTRAINT") << status;
  EXPECT_EQ(Get("c1", "a"), 1);
}

TEST_P(TransactionTest, CountsChangedRows) {
  auto counts = database_->Write("c1", [&](Transaction& tx) -> absl::StatusOr<std::vector<int64_t>> {
    std::vector<int64_t> result;
    for (const char* sql :
         {"INSERT INTO item (shard, id, number) VALUES ('c1', 'a', 1), ('c1', 'b', 2)",
          "INSERT INTO item (shard, id, number) VALUES ('c1', 'a', 9) ON CONFLICT (shard, id) DO NOTHING",
          "UPDATE item SET number = 3 WHERE number > 7", "DELETE FROM item"}) {
      ASSIGN_OR_RETURN(int64_t changed, tx.Execute(sql));
      result.push_back(changed);
    }
    return result;
  });
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(*counts, (std::vector<int64_t>{2, 0, 0, 2}));
}

TEST_P(TransactionTest, QueryOneRefusesTwoRows) {
  ASSERT_TRUE(Put("c1", "a", 1).ok());
  ASSERT_TRUE(Put("c1", "b", 1).ok());
  auto row = database_->Read([&](Transaction& tx) { return tx.QueryOne("SELECT id FROM item"); });
  EXPECT_EQ(ReasonOf(row.status()), "DATABASE_INTERNAL");
}

TEST_P(TransactionTest, ReadsCannotWrite) {
  const auto status = database_->Read([&](Transaction& tx) { return tx.Execute("DELETE FROM item").status(); });
  EXPECT_EQ(ReasonOf(status), "DATABASE_INTERNAL");
  // Nor by the back door.
  const auto query = database_->Read(
      [&](Transaction& tx) { return tx.Query("INSERT INTO item (shard, id) VALUES ('c1', 'x') RETURNING id"); });
  EXPECT_EQ(ReasonOf(query.status()), "DATABASE_INTERNAL") << query.status();
  EXPECT_EQ(Count(), 0);
}

TEST_P(TransactionTest, ForEachStreamsStopsAndDoesNotNest) {
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back({std::string("c1"), absl::StrCat(i + 1000), int64_t{i}});
  }
  ASSERT_TRUE(database_->Write("c1",
                               [&](Transaction& tx) {
                                 return tx.Bulk("item", {"shard", "id", "number"}, rows);
                               })
                  .ok());
  const auto status = database_->Read([&](Transaction& tx) -> absl::Status {
    int64_t sum = 0;
    RETURN_IF_ERROR(tx.ForEach("SELECT number FROM item ORDER BY id", {}, [&](Row row) {
      sum += row.Int(0);
      return absl::OkStatus();
    }));
    EXPECT_EQ(sum, 999 * 1000 / 2);
    int seen = 0;
    const auto stopped = tx.ForEach("SELECT number FROM item ORDER BY id", {}, [&](Row) {
      return ++seen < 5 ? absl::OkStatus() : absl::OutOfRangeError("enough");
    });
    EXPECT_TRUE(absl::IsOutOfRange(stopped)) << stopped;
    EXPECT_EQ(seen, 5);
    const auto nested = tx.ForEach("SELECT number FROM item ORDER BY id", {},
                                   [&](Row) { return tx.Query("SELECT id FROM item").status(); });
    EXPECT_EQ(ReasonOf(nested), "DATABASE_INTERNAL");
    // Stopping is no failure of the database: the transaction goes on.
    return tx.QueryOne("SELECT count(*) FROM item").status();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(TransactionTest, TooManyRowsAreRefused) {
  database_.reset();
  options_.read_limit = absl::Minutes(5);
  Open();
  const auto rows = database_->Read([&](Transaction& tx) {
    return tx.Query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT n.i + 1 FROM n WHERE n.i < 200001) SELECT i FROM n");
  });
  EXPECT_EQ(ReasonOf(rows.status()), "RESULT_TOO_LARGE") << rows.status();
}

TEST_P(TransactionTest, BulkIsAllOrNothing) {
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 20'000; ++i) {
    rows.push_back({std::string("c1"), absl::StrCat("id", i), i % 3 == 0 ? Value() : Value(int64_t{i}), i * 0.5,
                    absl::StrCat("文字\t\\N\n", i), Blob{std::string("\0\t\\", 3)}});
  }
  const auto load = [&] {
    return database_->Write("c1", [&](Transaction& tx) {
      return tx.Bulk("item", {"shard", "id", "number", "real", "note", "body"}, rows);
    });
  };
  ASSERT_TRUE(load().ok());
  EXPECT_EQ(Count(), 20'000);
  auto row = database_->Read(
      [&](Transaction& tx) { return tx.QueryOne("SELECT number, real, note, body FROM item WHERE id = 'id7'"); });
  ASSERT_TRUE(row.ok() && row->has_value());
  EXPECT_EQ((*row)->Int(0), 7);
  EXPECT_EQ((*row)->Double(1), 3.5);
  EXPECT_EQ((*row)->Text(2), "文字\t\\N\n7");
  EXPECT_EQ((*row)->Bytes(3), std::string("\0\t\\", 3));

  for (auto& r : rows) {
    r[0] = std::string("c2");
  }
  rows.push_back(rows[5]);
  EXPECT_EQ(ReasonOf(load()), "CONSTRAINT");
  rows.back().pop_back();
  EXPECT_EQ(ReasonOf(load()), "DATABASE_INTERNAL");
  EXPECT_EQ(Count(), 20'000);
}

TEST_P(TransactionTest, AReadIsASnapshot) {
  ASSERT_TRUE(Put("c1", "a", 1).ok());
  const auto status = database_->Read([&](Transaction& tx) -> absl::Status {
    for (int i = 0; i < 3; ++i) {
      ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT number FROM item WHERE id = 'a'"));
      EXPECT_EQ(row->Int(0), 1);
      RETURN_IF_ERROR(Put("c1", "a", 2 + i));
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Get("c1", "a"), 4);
}

TEST_P(TransactionTest, ALongReadIsInterrupted) {
  database_.reset();
  options_.read_limit = absl::Milliseconds(50);
  Open();
  constexpr char kEndless[] =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT n.i + 1 FROM n) SELECT count(*) FROM n";
  const auto endless = [&](const ReadOptions& options) {
    return database_->Read([&](Transaction& tx) { return tx.Query(kEndless).status(); }, options);
  };
  EXPECT_EQ(ReasonOf(endless({})), "READ_TOO_LONG");
  EXPECT_EQ(ReasonOf(endless({.deadline = Clock::System().Now() + absl::Milliseconds(20)})), "DEADLINE_EXCEEDED");
  // A consumer that takes too long holds the snapshot as well.
  const absl::Time until = Clock::System().Now() + absl::Milliseconds(80);
  const auto slow = database_->Read([&](Transaction& tx) -> absl::Status {
    while (Clock::System().Now() < until) {
    }
    return tx.Query("SELECT 1").status();
  });
  EXPECT_EQ(ReasonOf(slow), "READ_TOO_LONG");
  database_.reset();
  options_.read_limit = absl::Minutes(1);
  Open();
  EXPECT_EQ(Count(), 0);
}

TEST_P(TransactionTest, AnExceptionRollsBack) {
  const auto status = database_->Write("c1", [&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Execute("INSERT INTO item (shard, id) VALUES ('c1', 'a')").status());
    throw std::runtime_error("oops");
  });
  EXPECT_EQ(ReasonOf(status), "DATABASE_INTERNAL");
  EXPECT_EQ(Count(), 0);
}

TEST_P(TransactionTest, AWriteWithinAWriteIsRefused) {
  const auto status = database_->Write("c1", [&](Transaction&) { return Put("c2", "a", 1); });
  EXPECT_EQ(ReasonOf(status), "DATABASE_INTERNAL");
  EXPECT_TRUE(Put("c2", "a", 1).ok());
}

INSTANTIATE_ON_BOTH_DATABASES(TransactionTest);

TEST(OpenTest, TheUrlIsChecked) {
  for (const char* url : {"", "sqlite:", "mysql:x", "/some/file"}) {
    Options options;
    options.url = url;
    EXPECT_EQ(ReasonOf(Database::Open(options, {}).status()), "DATABASE_URL") << url;
  }
}

}  // namespace
}  // namespace ruraledu::db
