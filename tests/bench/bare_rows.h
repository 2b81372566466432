// The peer of what the ledger books: two rows per order and nothing else, by the same driver with the same durability.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/db.h"
#include "tests/bench/bench.h"
#include "tests/bench/rpc_fixture.h"
#include "tests/lib/postgres.h"

namespace ruraledu::bench {

class BareRows {
 public:
  explicit BareRows(bool postgres) {
    const std::string url =
        postgres ? "postgres:" + testlib::Postgres::Get().NewSchema() : "sqlite:" + (folder_ / "bare.db");
    database_ =
        Must(db::Database::Open({.url = url}, {{"bench", 1,
                                                "CREATE TABLE bare (shard TEXT NOT NULL, id TEXT NOT NULL, side "
                                                "BIGINT NOT NULL, amount_fen BIGINT NOT NULL, PRIMARY KEY "
                                                "(shard, id, side))"}}));
  }
  // Orders per second, `per_write` in one transaction.
  double Rate(int64_t count, int64_t per_write) {
    static constexpr char kInsert[] = "INSERT INTO bare (shard, id, side, amount_fen) VALUES ($1, $2, $3, $4)";
    static constexpr char kShard[] = "c411728";
    ++round_;
    const double seconds = Time([&] {
      for (int64_t from = 0; from < count; from += per_write) {
        Must(database_->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
          for (int64_t i = from; i < std::min(count, from + per_write); ++i) {
            const std::string id = absl::StrCat("p", round_, "-", i);
            RETURN_IF_ERROR(tx.Execute(kInsert, kShard, id, 0, 62'500).status());
            RETURN_IF_ERROR(tx.Execute(kInsert, kShard, id, 1, -62'500).status());
          }
          return absl::OkStatus();
        }));
      }
    });
    return static_cast<double>(count) / seconds;
  }

 private:
  const Folder folder_;
  std::unique_ptr<db::Database> database_;
  int round_ = 0;
};

}  // namespace ruraledu::bench
