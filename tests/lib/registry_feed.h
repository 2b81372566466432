// For tests of services that follow the registry: a registry that is only a journal, in a database of its own, and
// turns of jobs without an engine.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/db/jobs.h"
#include "common/domain/shard.h"
#include "common/feed/follower.h"
#include "common/feed/key_store.h"
#include "common/feed/root.h"
#include "common/feed/serve.h"
#include "common/rpc/access_table.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "schema/feed.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::testlib {

template <typename... S>
std::vector<db::Migration> Joined(const S&... schemas) {
  std::vector<db::Migration> all;
  (all.insert(all.end(), schemas.begin(), schemas.end()), ...);
  return all;
}

// A database with its keys.
struct Place {
  Place(const TempFolder& folder, const std::string& name, std::vector<db::Migration> schema, db::Options given = {})
      : keys_path(folder / (name + ".keys")), migrations(std::move(schema)), options(std::move(given)) {
    if (options.url.empty()) {
      options.url = "sqlite:" + folder / (name + ".db");
    }
    options.read_limit = options.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    EXPECT_TRUE(crypto::CreateKeyFile(keys_path).ok());
    Open();
  }
  void Open() {
    keys.reset();
    store.reset();
    database.reset();
    auto opened = db::Database::Open(options, migrations);
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status();
      abort();
    }
    database = *std::move(opened);
    store = feed::DatabaseKeyStore(*database);
    keys = *crypto::KeyRing::Open(keys_path, store.get());
  }

  std::string keys_path;
  std::vector<db::Migration> migrations;
  db::Options options;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<crypto::WrappedKeyStore> store;
  std::unique_ptr<crypto::KeyRing> keys;
};

// The registry as its followers see it.
class Registry final : public feed::FeedSource {
 public:
  explicit Registry(const TempFolder& folder) : place_(folder, "registry", Joined(feed::Schema(), Tables())) {}

  // Writes a root with its journal entry, as the registry's handlers do. Returns the seq.
  template <typename M>
  int64_t Put(const M& root) {
    const feed::RootTable& table = TableOf(root);
    std::string shard = std::is_same_v<M, ruraledu::registry::v1::Account>    ? *rpc::AccessShard(root.name())
                        : std::is_same_v<M, ruraledu::registry::v1::Calendar> ? std::string(kNationShard)
                                                                              : *ShardOfName(root.name());
    const auto sealer = *place_.keys->SealerOf(shard);
    const auto seq = place_.database->Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const auto before, feed::Load<M>(tx, *sealer, table, shard, feed::IdOfName(root.name())));
      feed::RootWriter writer(tx, *sealer, {"teller", "call"});
      RETURN_IF_ERROR(writer.Put(table, before.has_value() ? &*before : nullptr, root, "TEST").status());
      return writer.Finish();
    });
    EXPECT_TRUE(seq.ok()) << seq.status();
    return seq.value_or(-1);
  }
  // A root disappears without a journal entry and history is replaced, as by a restore of an older backup.
  void Lose(const std::string& table, const std::string& shard, const std::string& id) {
    ASSERT_TRUE(
        place_.database
            ->Write(shard,
                    [&](db::Transaction& tx) {
                      return tx.Execute(absl::StrCat("DELETE FROM ", table, " WHERE shard = $1 AND id = $2"), shard, id)
                          .status();
                    })
            .ok());
    ASSERT_TRUE(place_.database->Reincarnate().ok());
  }
  std::string instance() const { return place_.database->instance(); }

  absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(
      const ruraledu::feed::v1::ListShardsRequest& request) override {
    return feed::ListShards(Server(""), request);
  }
  absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(
      const ruraledu::feed::v1::ListStateRequest& request) override {
    auto small = request;
    small.set_page_size(2);
    ASSIGN_OR_RETURN(const std::string shard, feed::ShardOfParent(request.parent()));
    return feed::ListState(Server(shard), small);
  }
  absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
      const ruraledu::feed::v1::ListJournalRequest& request) override {
    return feed::ListJournal(Server(""), request);
  }

 private:
  static const std::vector<const feed::RootTable*>& All() {
    const auto none = [](const google::protobuf::Message&) { return std::vector<db::Value>(); };
    static const feed::RootTable student{"student", "students", {}, none}, school{"school", "schools", {}, none},
        household{"household", "households", {}, none}, account{"account", "accounts", {}, none},
        import{"import", "imports", {}, none}, calendar{"calendar", "calendars", {}, none},
        school_class{"class", "classes", {}, none};
    static const std::vector<const feed::RootTable*> all = {&student, &school,   &household,   &account,
                                                            &import,  &calendar, &school_class};
    return all;
  }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::Student&) { return *All()[0]; }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::School&) { return *All()[1]; }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::Household&) { return *All()[2]; }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::Account&) { return *All()[3]; }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::Import&) { return *All()[4]; }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::Calendar&) { return *All()[5]; }
  static const feed::RootTable& TableOf(const ruraledu::registry::v1::SchoolClass&) { return *All()[6]; }
  static google::protobuf::Message* Make(const feed::RootTable& table) {
    if (&table == All()[0]) return new ruraledu::registry::v1::Student;
    if (&table == All()[1]) return new ruraledu::registry::v1::School;
    if (&table == All()[2]) return new ruraledu::registry::v1::Household;
    if (&table == All()[3]) return new ruraledu::registry::v1::Account;
    if (&table == All()[5]) return new ruraledu::registry::v1::Calendar;
    if (&table == All()[6]) return new ruraledu::registry::v1::SchoolClass;
    return new ruraledu::registry::v1::Import;
  }
  static std::vector<db::Migration> Tables() {
    static const std::string* sql = [] {
      auto* text = new std::string;
      for (const feed::RootTable* table : All()) {
        absl::StrAppend(text, "CREATE TABLE ", table->table,
                        " (\n shard TEXT NOT NULL,\n id TEXT NOT NULL,\n body BYTEA NOT NULL,\n sealed BYTEA NOT "
                        "NULL,\n version BIGINT "
                        "NOT NULL,\n PRIMARY KEY (shard, id)\n);\n");
      }
      return text;
    }();
    return {{"fake_registry", 1, *sql}};
  }
  feed::FeedServer Server(const std::string& shard) {
    std::shared_ptr<const crypto::Sealer> sealer = shard.empty() ? nullptr : *place_.keys->SealerOf(shard);
    return {*place_.database, *place_.keys, "registry",
            [sealer](db::Transaction& tx, std::string_view of, std::string_view after, int64_t limit, bool personal) {
              return feed::ListRootState(tx, All(), Make, *sealer, of, after, limit, personal);
            }};
  }

  Place place_;
};

// A turn of a job without an engine: the row's cursor is the only thing that survives it.
class OneTurn final : public db::JobContext {
 public:
  OneTurn(db::Database& database, db::JobRow job) : database_(database), job_(std::move(job)) {}
  const db::JobRow& job() const override { return job_; }
  db::Database& database() override { return database_; }
  absl::Status Chunk(const std::function<absl::Status(db::Transaction&)>& body, std::string cursor, int64_t done,
                     int64_t total) override {
    RETURN_IF_ERROR(database_.Write(job_.shard, [&](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(body(tx));
      return tx
          .Execute("UPDATE job SET cursor_value = $3, done_units = $4 WHERE shard = $1 AND id = $2", job_.shard,
                   job_.id, db::Blob{cursor}, done)
          .status();
    }));
    job_.cursor = std::move(cursor);
    return absl::OkStatus();
  }
  absl::Status CheckGoOn() override { return absl::OkStatus(); }
  absl::Status Postpone(db::JobState state, absl::Duration) override {
    postponed = state;
    return Fail("JOB_POSTPONED");
  }
  std::optional<db::JobState> postponed;

 private:
  db::Database& database_;
  db::JobRow job_;
};

}  // namespace ruraledu::testlib
