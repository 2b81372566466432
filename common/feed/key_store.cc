#include "common/feed/key_store.h"

#include "common/base/error.h"

namespace ruraledu::feed {
namespace {

class Store final : public crypto::WrappedKeyStore {
 public:
  explicit Store(db::Database& database) : database_(database) {}

  absl::StatusOr<std::vector<crypto::WrappedKey>> Load(std::string_view shard) override {
    return database_.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<crypto::WrappedKey>> {
      ASSIGN_OR_RETURN(auto rows,
                       tx.Query("SELECT key_id, suite, wrapped FROM data_key WHERE shard = $1 ORDER BY key_id", shard));
      std::vector<crypto::WrappedKey> keys;
      for (const db::Row& row : rows) {
        keys.push_back({static_cast<uint32_t>(row.Int(0)), static_cast<crypto::Suite>(row.Int(1)), row.Bytes(2)});
      }
      return keys;
    });
  }

  absl::Status Save(std::string_view shard, const crypto::WrappedKey& key, std::string_view replaces) override {
    return database_.Write(
        shard, [&](db::Transaction& tx) { return replaces.empty() ? Insert(tx, key) : Replace(tx, key, replaces); });
  }

 private:
  static absl::Status Insert(db::Transaction& tx, const crypto::WrappedKey& key) {
    return tx
        .Execute(
            "INSERT INTO data_key (shard, key_id, suite, wrapped, created_at) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (shard, key_id) DO NOTHING",
            tx.shard(), key.key_id, static_cast<int64_t>(key.suite), db::Blob{key.wrapped}, tx.clock().NowMicros())
        .status();
  }
  static absl::Status Replace(db::Transaction& tx, const crypto::WrappedKey& key, std::string_view replaces) {
    return tx
        .Execute("UPDATE data_key SET suite = $1, wrapped = $2 WHERE shard = $3 AND key_id = $4 AND wrapped = $5",
                 static_cast<int64_t>(key.suite), db::Blob{key.wrapped}, tx.shard(), key.key_id,
                 db::Blob{std::string(replaces)})
        .status();
  }

  db::Database& database_;
};

}  // namespace

std::unique_ptr<crypto::WrappedKeyStore> DatabaseKeyStore(db::Database& database) {
  return std::make_unique<Store>(database);
}

}  // namespace ruraledu::feed
