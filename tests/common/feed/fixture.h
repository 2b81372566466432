// A service in small for the tests of the feed: things with a value and a personal note, journalled, in one database;
// and a copy of them in another, kept by a follower.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/feed/follower.h"
#include "common/feed/journal.h"
#include "common/feed/key_store.h"
#include "common/feed/serve.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schema/feed.h"
#include "tests/lib/postgres.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::feed {

enum class Backend { kSqlite, kPostgres };

inline std::string BackendName(const testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kSqlite ? "Sqlite" : "Postgres";
}

using testlib::TempFolder;

inline constexpr db::Migration kThings = {
    "things", 1,
    "CREATE TABLE thing (\n  shard TEXT NOT NULL,\n  id TEXT NOT NULL,\n  value BIGINT NOT NULL,\n  note TEXT NOT "
    "NULL,\n"
    "  version BIGINT NOT NULL,\n  mark BIGINT NOT NULL,\n  PRIMARY KEY (shard, id)\n);\n"
    "CREATE TABLE applied (\n  shard TEXT NOT NULL,\n  seq BIGINT NOT NULL,\n  times BIGINT NOT NULL,\n"
    "  PRIMARY KEY (shard, seq)\n);\n"};

// A database with the tables above, and its keys.
class Place {
 public:
  Place(const TempFolder& folder, const std::string& name, Backend backend = Backend::kSqlite)
      : keys_path_(folder / (name + ".keys")) {
    options_.url = backend == Backend::kSqlite ? "sqlite:" + folder / (name + ".db")
                                               : "postgres:" + testlib::Postgres::Get().NewSchema();
    options_.read_limit = options_.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    EXPECT_TRUE(crypto::CreateKeyFile(keys_path_).ok());
    Open();
  }

  void Open() {
    keys.reset();
    store.reset();
    database.reset();
    std::vector<db::Migration> migrations(Schema().begin(), Schema().end());
    migrations.push_back(kThings);
    auto opened = db::Database::Open(options_, migrations);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database = *std::move(opened);
    store = DatabaseKeyStore(*database);
    auto ring = crypto::KeyRing::Open(keys_path_, store.get());
    ASSERT_TRUE(ring.ok()) << ring.status();
    keys = *std::move(ring);
  }

  void Backup(const std::string& file) {
    if (database->is_sqlite()) {
      const absl::Status copied = database->Backup(file);
      ASSERT_TRUE(copied.ok()) << copied;
    } else {
      testlib::Postgres::Get().Dump(options_.url, file);
    }
  }
  // Goes on as the database in `backup`, as after a restore.
  void Restore(const std::string& backup) {
    if (database->is_sqlite()) {
      options_.url = "sqlite:" + backup;
    } else {
      keys.reset();
      store.reset();
      database.reset();
      testlib::Postgres::Get().Restore(options_.url, backup);
    }
    Open();
    ASSERT_TRUE(database->Reincarnate().ok());
  }

  std::shared_ptr<const crypto::Sealer> SealerOf(const std::string& shard) {
    auto sealer = keys->SealerOf(shard);
    EXPECT_TRUE(sealer.ok()) << sealer.status();
    return *sealer;
  }

  // Writes a thing with its journal entry; value < 0 deletes it. Returns the seq.
  int64_t Set(const std::string& shard, const std::string& id, int64_t value) {
    const auto sealer = SealerOf(shard);
    auto seq = database->Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      const Change change{.entity = "things/" + id,
                          .actor = "teller",
                          .call_id = "call",
                          .body = absl::StrCat(id, "=", value),
                          .personal = value < 0 ? "" : absl::StrCat("note of ", id)};
      ASSIGN_OR_RETURN(const int64_t seq, Append(tx, *sealer, change));
      RETURN_IF_ERROR(Put(tx, id, value, change.personal, seq, 0));
      return seq;
    });
    EXPECT_TRUE(seq.ok()) << seq.status();
    return seq.value_or(-1);
  }

  static absl::Status Put(db::Transaction& tx, const std::string& id, int64_t value, const std::string& note,
                          int64_t version, int64_t mark) {
    if (value < 0) {
      return tx.Execute("DELETE FROM thing WHERE shard = $1 AND id = $2", tx.shard(), id).status();
    }
    return tx
        .Execute(
            "INSERT INTO thing (shard, id, value, note, version, mark) VALUES ($1, $2, $3, $4, $5, $6) "
            "ON CONFLICT (shard, id) DO UPDATE SET value = excluded.value, note = excluded.note, "
            "version = excluded.version, mark = excluded.mark",
            tx.shard(), id, value, note, version, mark)
        .status();
  }

  absl::Status Sql(const std::string& shard, const std::string& sql) {
    return database->Write(shard, [&](db::Transaction& tx) { return tx.Execute(sql).status(); });
  }

  // "c411728/a=1 note of a v3" per thing.
  std::vector<std::string> Things() {
    auto things = database->Read([](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT shard, id, value, note, version FROM thing ORDER BY shard, id"));
      std::vector<std::string> lines;
      for (const db::Row& row : rows) {
        lines.push_back(
            absl::StrCat(row.Text(0), "/", row.Text(1), "=", row.Int(2), " ", row.Text(3), " v", row.Int(4)));
      }
      return lines;
    });
    EXPECT_TRUE(things.ok()) << things.status();
    return things.value_or(std::vector<std::string>());
  }

  std::optional<FollowedShard> Followed(const std::string& shard) {
    auto followed = database->Read([&](db::Transaction& tx) { return FindFollowed(tx, "things", shard); });
    EXPECT_TRUE(followed.ok()) << followed.status();
    return followed.value_or(std::nullopt);
  }

  FeedServer Server() {
    return {*database, *keys, "things",
            [](db::Transaction& tx, std::string_view shard, std::string_view after, int64_t limit, bool with_personal) {
              return State(tx, shard, after, limit, with_personal);
            }};
  }

  std::unique_ptr<db::Database> database;
  std::unique_ptr<crypto::WrappedKeyStore> store;
  std::unique_ptr<crypto::KeyRing> keys;

 private:
  static absl::StatusOr<ruraledu::feed::v1::ListStateResponse> State(db::Transaction& tx, std::string_view shard,
                                                                     std::string_view after, int64_t limit,
                                                                     bool with_personal) {
    ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT id, value, note, version FROM thing WHERE shard = $1 AND id > $2 "
                                         "ORDER BY id LIMIT $3",
                                         shard, after, limit + 1));
    ruraledu::feed::v1::ListStateResponse page;
    for (const db::Row& row : rows) {
      if (page.entries_size() == limit) {
        page.set_next_page_token(page.entries(page.entries_size() - 1).entity().substr(7));
        break;
      }
      auto* entry = page.add_entries();
      entry->set_shard(std::string(shard));
      entry->set_seq(row.Int(3));
      entry->set_entity("things/" + row.Text(0));
      entry->set_body(absl::StrCat(row.Text(0), "=", row.Int(1)));
      entry->set_personal(with_personal ? row.Text(2) : "");
    }
    return page;
  }

  db::Options options_;
  const std::string keys_path_;
};

// A source in the same process that can be away, run out, or lie.
class LocalSource final : public FeedSource {
 public:
  explicit LocalSource(Place& place) : place_(place) {}

  absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(
      const ruraledu::feed::v1::ListShardsRequest& request) override {
    RETURN_IF_ERROR(Call());
    auto small = request;
    small.set_page_size(2);
    return feed::ListShards(place_.Server(), small);
  }
  absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(
      const ruraledu::feed::v1::ListStateRequest& request) override {
    RETURN_IF_ERROR(Call());
    auto small = request;
    small.set_page_size(state_page);
    auto page = feed::ListState(place_.Server(), small);
    if (after_state) {
      after_state();
    }
    return page;
  }
  absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
      const ruraledu::feed::v1::ListJournalRequest& request) override {
    RETURN_IF_ERROR(Call());
    auto page = feed::ListJournal(place_.Server(), request);
    if (page.ok() && tamper) {
      tamper(*page);
    }
    return page;
  }

  int64_t calls_left = 1'000'000'000;  // then UNAVAILABLE
  int32_t state_page = 3;
  std::function<void()> after_state;
  std::function<void(ruraledu::feed::v1::ListJournalResponse&)> tamper;

 private:
  absl::Status Call() {
    return calls_left-- > 0 ? absl::OkStatus() : absl::UnavailableError("the source does not answer");
  }

  Place& place_;
};

// Keeps the copy.
class ThingApplier final : public Applier {
 public:
  absl::Status Apply(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry) override {
    if (entry.body() == refuse) {
      return absl::InternalError("refused");
    }
    RETURN_IF_ERROR(tx.Execute("INSERT INTO applied (shard, seq, times) VALUES ($1, $2, 1) ON CONFLICT (shard, seq) "
                               "DO UPDATE SET times = applied.times + 1",
                               tx.shard(), entry.seq())
                        .status());
    return Put(tx, entry, 0);
  }
  absl::Status ApplyState(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry, int64_t resync) override {
    return Put(tx, entry, resync);
  }
  absl::Status FinishResync(db::Transaction& tx, std::string_view shard, int64_t resync) override {
    return tx.Execute("DELETE FROM thing WHERE shard = $1 AND mark <> $2", shard, resync).status();
  }

  std::string refuse = "none";  // body of the entry that it cannot apply

 private:
  static absl::Status Put(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry, int64_t mark) {
    const std::vector<std::string> parts = absl::StrSplit(entry.body(), '=');
    int64_t value = 0;
    return absl::SimpleAtoi(parts[1], &value) ? Place::Put(tx, parts[0], value, entry.personal(), entry.seq(), mark)
                                              : absl::InternalError("body");
  }
};

}  // namespace ruraledu::feed
