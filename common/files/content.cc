// References, reading, erasure.
#include "common/files/content.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/files/object.h"

namespace ruraledu::files {
namespace {

constexpr std::string_view kClean = "CLEAN";
constexpr std::string_view kQuarantined = "QUARANTINED";

// What is needed to read a file that is in `state`.
struct Readable {
  HeldObject held;
  int64_t total_bytes = 0;
};
absl::StatusOr<Readable> FindReadable(db::Transaction& tx, std::string_view shard, std::string_view file_id,
                                      std::string_view state) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT f.state, f.total_bytes, o.object, o.sealed_key FROM file f JOIN file_held h ON "
                               "h.shard = f.shard AND h.file_id = f.id JOIN file_object o ON o.shard = h.shard AND "
                               "o.object = h.object WHERE f.shard = $1 AND f.id = $2",
                               shard, file_id));
  if (!row.has_value() || row->Text(0) != state) {
    return Fail("FILE_NOT_CLEAN", {{"state", row.has_value() ? row->Text(0) : "REJECTED, ERASED"}});
  }
  return Readable{{row->Text(2), row->Bytes(3)}, row->Int(1)};
}

absl::StatusOr<std::string> ReadPiece(const Shelf& shelf, std::string_view shard, const Readable& file,
                                      int64_t number) {
  ASSIGN_OR_RETURN(const auto sealer, shelf.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto key, ObjectKey::Open(*sealer, file.held, file.total_bytes));
  ASSIGN_OR_RETURN(const std::string sealed, shelf.store.Get(shard, file.held.object, number));
  return key->Open(number, sealed);
}

}  // namespace

absl::Status Attach(db::Transaction& tx, std::string_view file_id, std::string_view owner) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT state FROM file WHERE shard = $1 AND id = $2", tx.shard(), file_id));
  if (!row.has_value()) {
    return Fail("FILE_UNKNOWN");
  }
  if (row->Text(0) == "REJECTED" || row->Text(0) == "ERASED") {
    return Fail("FILE_NOT_CLEAN", {{"state", row->Text(0)}});
  }
  return Refer(tx, file_id, owner);
}

absl::Status Detach(db::Transaction& tx, std::string_view file_id, std::string_view owner) {
  return tx
      .Execute("DELETE FROM file_reference WHERE shard = $1 AND owner = $2 AND file_id = $3", tx.shard(), owner,
               file_id)
      .status();
}

absl::StatusOr<int64_t> OtherReferences(db::Transaction& tx, std::string_view file_id, std::string_view owner) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT count(*) FROM file_reference WHERE shard = $1 AND file_id = $2 "
                                               "AND owner <> $3",
                                               tx.shard(), file_id, owner));
  return row->Int(0);
}

absl::StatusOr<std::vector<db::Row>> FilesOf(db::Transaction& tx, std::string_view shard, std::string_view owner,
                                             std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT f.id, f.body, f.sealed, f.version FROM file_reference r JOIN file f ON f.shard = r.shard AND f.id = "
      "r.file_id WHERE r.shard = $1 AND r.owner = $2 AND r.file_id > $3 ORDER BY r.file_id LIMIT $4",
      shard, owner, after, limit);
}

absl::StatusOr<v1::File> Erase(db::Transaction& tx, v1::File file) {
  const std::string id = IdOf(file);
  ASSIGN_OR_RETURN(const int64_t others, OtherReferences(tx, id, file.owner()));
  if (others > 0) {
    return Fail("FILE_REFERENCED", {{"count", absl::StrCat(others)}});
  }
  RETURN_IF_ERROR(Move(file, "erase"));
  RETURN_IF_ERROR(Release(tx, file));
  file.clear_file_name();
  file.clear_sha256();
  file.set_erase_time_us(tx.clock().NowMicros());
  return file;
}

absl::StatusOr<std::string> Read(const Shelf& shelf, std::string_view shard, std::string_view file_id, int64_t offset,
                                 int64_t limit) {
  ASSIGN_OR_RETURN(const Readable file,
                   shelf.database.Read([&](db::Transaction& tx) { return FindReadable(tx, shard, file_id, kClean); }));
  if (offset < 0 || offset > file.total_bytes) {
    return Fail("NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(file.total_bytes)}});
  }
  if (offset == file.total_bytes || limit <= 0) {
    return std::string();
  }
  ASSIGN_OR_RETURN(std::string piece, ReadPiece(shelf, shard, file, offset / kPieceBytes));
  piece.erase(0, static_cast<size_t>(offset % kPieceBytes));
  piece.resize(std::min<size_t>(piece.size(), static_cast<size_t>(limit)));
  return piece;
}

absl::StatusOr<Pieces> ReadQuarantined(const Shelf& shelf, std::string_view shard, std::string_view file_id) {
  ASSIGN_OR_RETURN(const Readable file, shelf.database.Read([&](db::Transaction& tx) {
    return FindReadable(tx, shard, file_id, kQuarantined);
  }));
  return Pieces([&shelf, shard = std::string(shard), file,
                 number = int64_t{0}]() mutable -> absl::StatusOr<std::optional<std::string>> {
    if (number * kPieceBytes >= file.total_bytes) {
      return std::optional<std::string>();
    }
    ASSIGN_OR_RETURN(std::string piece, ReadPiece(shelf, shard, file, number++));
    return std::optional(std::move(piece));
  });
}

absl::StatusOr<std::string> LastObject(db::Transaction& tx, std::string_view shard, std::string_view after,
                                       int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT object FROM file_object WHERE shard = $1 AND object > $2 AND "
                                             "dropped = 0 ORDER BY object LIMIT $3",
                                             shard, after, limit));
  return rows.empty() ? std::string() : rows.back().Text(0);
}

absl::StatusOr<int64_t> ResealKeys(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view after,
                                   std::string_view until) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT object, sealed_key FROM file_object WHERE shard = $1 AND object > "
                                             "$2 AND object <= $3 AND dropped = 0",
                                             tx.shard(), after, until));
  int64_t changed = 0;
  for (const db::Row& row : rows) {
    if (!sealer.NeedsReseal(row.Bytes(1))) {
      continue;
    }
    ASSIGN_OR_RETURN(const std::string sealed, SealKeyAnew(sealer, {row.Text(0), row.Bytes(1)}));
    RETURN_IF_ERROR(tx.Execute("UPDATE file_object SET sealed_key = $3 WHERE shard = $1 AND object = $2", tx.shard(),
                               row.Text(0), db::Blob{sealed})
                        .status());
    ++changed;
  }
  return changed;
}

}  // namespace ruraledu::files
