// The store in the database: one row per piece.
#include "common/base/error.h"
#include "common/files/store.h"

namespace ruraledu::files {
namespace {

class RowStore final : public ContentStore {
 public:
  explicit RowStore(db::Database& database) : database_(database) {}

  // A reader asks for pieces of objects that a committed row refers to, and that row is written after the last piece:
  // what is missing of an object that was cut off is never missed. No head is locked: nobody else writes these rows but
  // a repetition of the same write, whose pieces say the same.
  absl::Status Put(std::string_view shard, std::string_view object, const Pieces& pieces) override {
    for (int64_t number = 0;; ++number) {
      ASSIGN_OR_RETURN(const auto piece, pieces());
      if (!piece.has_value()) {
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(database_.Write("", [&](db::Transaction& tx) {
        return tx
            .Execute(
                "INSERT INTO file_piece (shard, object, number, sealed) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (shard, object, number) DO NOTHING",
                shard, object, number, db::Blob{*piece})
            .status();
      }));
    }
  }

  absl::StatusOr<std::string> Get(std::string_view shard, std::string_view object, int64_t number) override {
    return database_.Read([&](db::Transaction& tx) -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(const auto row,
                       tx.QueryOne("SELECT sealed FROM file_piece WHERE shard = $1 AND object = $2 AND number = $3",
                                   shard, object, number));
      return row.has_value() ? absl::StatusOr<std::string>(row->Bytes(0)) : Fail("FILE_CONTENT_MISSING");
    });
  }

  absl::Status Remove(std::string_view shard, std::string_view object) override {
    return database_.Write("", [&](db::Transaction& tx) {
      return tx.Execute("DELETE FROM file_piece WHERE shard = $1 AND object = $2", shard, object).status();
    });
  }

  absl::StatusOr<std::vector<std::string>> List(std::string_view shard, std::string_view after, size_t limit) override {
    return database_.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query("SELECT DISTINCT object FROM file_piece WHERE shard = $1 AND object > $2 "
                                "ORDER BY object LIMIT $3",
                                shard, after, limit));
      std::vector<std::string> objects;
      for (const db::Row& row : rows) {
        objects.push_back(row.Text(0));
      }
      return objects;
    });
  }

 private:
  db::Database& database_;
};

}  // namespace

std::unique_ptr<ContentStore> OpenRowStore(db::Database& database) {
  return std::make_unique<RowStore>(database);
}

}  // namespace ruraledu::files
