// Uploads: opened, filled, committed, given up.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/erasure.h"
#include "common/crypto/hash.h"
#include "common/files/content.h"
#include "common/files/jobs.h"
#include "common/files/object.h"

namespace ruraledu::files {
namespace {

constexpr size_t kFileNameBytes = 255;
constexpr size_t kObjectBytes = 16;

std::string ChunkContext(std::string_view file_id, int64_t start) {
  return crypto::FieldContext("file_chunk", absl::StrCat(file_id, "/", start));
}

// The chunk that covers `offset`.
absl::StatusOr<std::optional<Chunk>> ChunkAt(db::Transaction& tx, std::string_view shard, std::string_view file_id,
                                             int64_t offset) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT start_offset, end_offset, digest, sealed FROM file_chunk WHERE shard = $1 AND "
                               "file_id = $2 AND start_offset <= $3 ORDER BY start_offset DESC LIMIT 1",
                               shard, file_id, offset));
  if (!row.has_value() || row->Int(1) <= offset) {
    return std::optional<Chunk>();
  }
  return std::optional(Chunk{row->Int(0), row->Int(1), row->Bytes(2), row->Bytes(3)});
}

// The bytes that have come in. Two decrypted chunks are in memory: an archive is read at its place and in its
// directory.
class UploadSource final : public ingest::ByteSource {
 public:
  UploadSource(db::Database& database, const crypto::Sealer& sealer, std::string shard, std::string file_id,
               int64_t size)
      : database_(database), sealer_(sealer), shard_(std::move(shard)), file_id_(std::move(file_id)), size_(size) {}

  int64_t size() const override { return size_; }

  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    size_t done = 0;
    while (done < n && offset + static_cast<int64_t>(done) < size_) {
      const int64_t at = offset + static_cast<int64_t>(done);
      RETURN_IF_ERROR(Load(at));
      const auto from = static_cast<size_t>(at - now_.start);
      const size_t part = std::min(n - done, now_.bytes.size() - from);
      now_.bytes.copy(out + done, part, from);
      done += part;
    }
    return done;
  }

 private:
  struct Plain {
    int64_t start = 0;
    std::string bytes;
    bool Covers(int64_t at) const { return at >= start && at < start + static_cast<int64_t>(bytes.size()); }
  };

  absl::Status Load(int64_t at) {
    if (now_.Covers(at)) {
      return absl::OkStatus();
    }
    std::swap(now_, before_);
    if (now_.Covers(at)) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto chunk,
                     database_.Read([&](db::Transaction& tx) { return ChunkAt(tx, shard_, file_id_, at); }));
    if (!chunk.has_value()) {
      return Fail("UPLOAD_CLOSED");  // ended by somebody else while it was read here
    }
    ASSIGN_OR_RETURN(now_.bytes, sealer_.Open(chunk->sealed, ChunkContext(file_id_, chunk->start)));
    now_.start = chunk->start;
    return absl::OkStatus();
  }

  db::Database& database_;
  const crypto::Sealer& sealer_;
  const std::string shard_, file_id_;
  const int64_t size_;
  Plain now_, before_;
};

// The object of an upload that has come in whole.
absl::StatusOr<HeldObject> WholeUpload(db::Transaction& tx, std::string_view shard, std::string_view file_id,
                                       int64_t total_bytes) {
  ASSIGN_OR_RETURN(const auto state,
                   tx.QueryOne("SELECT state FROM file WHERE shard = $1 AND id = $2", shard, file_id));
  ASSIGN_OR_RETURN(const auto held, FindHeld(tx, shard, file_id));
  if (!state.has_value() || state->Text(0) != "UPLOADING" || !held.has_value()) {
    return Fail("UPLOAD_CLOSED");
  }
  ASSIGN_OR_RETURN(const int64_t received, ReceivedBytes(tx, shard, file_id));
  if (received != total_bytes) {
    return Fail("UPLOAD_INCOMPLETE", {{"received", absl::StrCat(received)}, {"expected", absl::StrCat(total_bytes)}});
  }
  return *held;
}

absl::StatusOr<std::string> DigestOf(ingest::ByteSource& source) {
  crypto::Sha256Stream digest;
  std::string buffer(static_cast<size_t>(kChunkBytes), '\0');
  for (int64_t offset = 0; offset < source.size();) {
    ASSIGN_OR_RETURN(const size_t got, source.ReadAt(offset, buffer.data(), buffer.size()));
    digest.Update(std::string_view(buffer).substr(0, got));
    offset += static_cast<int64_t>(got);
  }
  return digest.Finish();
}

// The source cut into pieces, each encrypted under the object's key.
Pieces Sealed(ingest::ByteSource& source, const ObjectKey& key) {
  return [&source, &key, number = int64_t{0}]() mutable -> absl::StatusOr<std::optional<std::string>> {
    if (number * kPieceBytes >= source.size()) {
      return std::optional<std::string>();
    }
    std::string plain(static_cast<size_t>(std::min(kPieceBytes, source.size() - number * kPieceBytes)), '\0');
    RETURN_IF_ERROR(source.ReadAt(number * kPieceBytes, plain.data(), plain.size()).status());
    return std::optional(key.Seal(number++, plain));
  };
}

}  // namespace

absl::Status CheckNew(const Settings& settings, const v1::File& file) {
  Violations violations;
  violations.Require(!file.owner().empty(), "file.owner");
  violations.Require(file.kind() != v1::FILE_KIND_UNSPECIFIED, "file.kind");
  violations.Require(file.sha256().size() == crypto::kDigestBytes, "file.sha256");
  violations.Require(!file.file_name().empty(), "file.file_name");
  violations.MostBytes("file.file_name", file.file_name(), kFileNameBytes);
  if (!v1::FileKind_IsValid(file.kind())) {
    violations.Add("file.kind", "CODE_UNKNOWN", {{"list", "FileKind"}});
  }
  if (!ruraledu::common::v1::DataClass_IsValid(file.content_class())) {
    violations.Add("file.content_class", "CODE_UNKNOWN", {{"list", "DataClass"}});
  }
  if (file.total_bytes() < 1) {
    violations.Add("file.total_bytes", "NUMBER_RANGE", {{"low", "1"}, {"high", absl::StrCat(settings.max_bytes)}});
  } else if (file.total_bytes() > settings.max_bytes) {
    violations.Add("file.total_bytes", "FILE_TOO_LARGE", {{"limit", absl::StrCat(settings.max_bytes)}});
  }
  return violations.status();
}

absl::StatusOr<v1::File> Open(db::Transaction& tx, const crypto::Sealer& sealer, v1::File file) {
  const std::string id = IdOf(file);
  const std::string object = crypto::Hex(crypto::RandomBytes(kObjectBytes));
  RETURN_IF_ERROR(
      tx.Execute("INSERT INTO file_object (shard, object, address, sealed_key, dropped) VALUES ($1, $2, '', $3, 0)",
                 tx.shard(), object, db::Blob{NewObjectKey(sealer, object)})
          .status());
  RETURN_IF_ERROR(
      tx.Execute("INSERT INTO file_held (shard, file_id, object) VALUES ($1, $2, $3)", tx.shard(), id, object)
          .status());
  RETURN_IF_ERROR(Refer(tx, id, file.owner()));
  file.set_state(v1::FILE_STATE_UPLOADING);
  file.set_create_time_us(tx.clock().NowMicros());
  RETURN_IF_ERROR(EnsureJob(tx, kExpireJob, file));
  return file;
}

absl::StatusOr<Chunk> SealChunk(const crypto::Sealer& sealer, std::string_view file_id, int64_t offset,
                                std::string_view data, std::string_view sha256) {
  if (static_cast<int64_t>(data.size()) > kChunkBytes) {
    return Fail("CHUNK_TOO_LARGE", {{"limit", absl::StrCat(kChunkBytes)}});
  }
  if (crypto::Sha256({data}) != sha256) {
    return Fail("CHUNK_DIGEST");
  }
  const int64_t size = static_cast<int64_t>(data.size());
  if (offset < 0 || offset > std::numeric_limits<int64_t>::max() - size) {
    return Fail("CHUNK_OFFSET", {{"expected", "0"}});
  }
  return Chunk{offset, offset + size, std::string(sha256), sealer.Seal(data, ChunkContext(file_id, offset))};
}

absl::StatusOr<int64_t> ReceivedBytes(db::Transaction& tx, std::string_view shard, std::string_view file_id) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT end_offset FROM file_chunk WHERE shard = $1 AND file_id = $2 "
                                               "ORDER BY start_offset DESC LIMIT 1",
                                               shard, file_id));
  return row.has_value() ? row->Int(0) : 0;
}

absl::Status Append(db::Transaction& tx, const v1::File& file, const Chunk& chunk) {
  const std::string id = IdOf(file);
  if (file.state() != v1::FILE_STATE_UPLOADING) {
    return Fail("UPLOAD_CLOSED");
  }
  ASSIGN_OR_RETURN(const auto known, ChunkAt(tx, tx.shard(), id, chunk.start));
  if (known.has_value() && known->start == chunk.start && known->digest == chunk.digest) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t received, ReceivedBytes(tx, tx.shard(), id));
  if (chunk.start != received || chunk.end > file.total_bytes() || chunk.end == chunk.start) {
    return Fail("CHUNK_OFFSET", {{"expected", absl::StrCat(received)}});
  }
  return tx
      .Execute(
          "INSERT INTO file_chunk (shard, file_id, start_offset, end_offset, digest, sealed) VALUES ($1, $2, $3, "
          "$4, $5, $6)",
          tx.shard(), id, chunk.start, chunk.end, db::Blob{chunk.digest}, db::Blob{chunk.sealed})
      .status();
}

absl::StatusOr<Stored> Store(const Shelf& shelf, std::string_view shard, const v1::File& file) {
  const std::string id = IdOf(file);
  ASSIGN_OR_RETURN(const auto sealer, shelf.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const HeldObject held, shelf.database.Read([&](db::Transaction& tx) {
    return WholeUpload(tx, shard, id, file.total_bytes());
  }));
  const auto source =
      std::make_shared<UploadSource>(shelf.database, *sealer, std::string(shard), id, file.total_bytes());
  ASSIGN_OR_RETURN(const std::string sha256, DigestOf(*source));
  if (sha256 != file.sha256()) {
    return Fail("UPLOAD_DIGEST");
  }
  Stored stored{
      .object = held.object, .address = AddressOf(*sealer, sha256), .digest = FileDigest(*sealer, id, sha256)};
  ASSIGN_OR_RETURN(stored.type, DetectFileType(source, shelf.settings.types, shelf.settings.archive));
  ASSIGN_OR_RETURN(const auto key, ObjectKey::Open(*sealer, held, file.total_bytes()));
  RETURN_IF_ERROR(shelf.store.Put(shard, stored.object, Sealed(*source, *key)));
  return stored;
}

absl::StatusOr<v1::File> Commit(db::Transaction& tx, const Settings& settings, v1::File file, const Stored& stored) {
  const std::string id = IdOf(file);
  ASSIGN_OR_RETURN(const auto held, FindHeld(tx, tx.shard(), id));
  if (file.state() != v1::FILE_STATE_UPLOADING || !held.has_value() || held->object != stored.object) {
    return Fail("UPLOAD_CLOSED");
  }
  RETURN_IF_ERROR(Move(file, settings.clean_unscanned ? "accept" : "commit"));
  ASSIGN_OR_RETURN(const auto same, tx.QueryOne("SELECT object FROM file_object WHERE shard = $1 AND address = $2",
                                                tx.shard(), stored.address));
  if (same.has_value()) {
    RETURN_IF_ERROR(
        tx.Execute("UPDATE file_held SET object = $3 WHERE shard = $1 AND file_id = $2", tx.shard(), id, same->Text(0))
            .status());
    RETURN_IF_ERROR(DropObject(tx, stored.object));
  } else {
    RETURN_IF_ERROR(tx.Execute("UPDATE file_object SET address = $3 WHERE shard = $1 AND object = $2", tx.shard(),
                               stored.object, stored.address)
                        .status());
  }
  RETURN_IF_ERROR(tx.Execute("DELETE FROM file_chunk WHERE shard = $1 AND file_id = $2", tx.shard(), id).status());
  file.set_media_type(std::string(MediaType(stored.type)));
  file.set_digest(stored.digest);
  file.set_commit_time_us(tx.clock().NowMicros());
  if (settings.clean_unscanned) {
    file.set_verdict_time_us(file.commit_time_us());
  } else {
    RETURN_IF_ERROR(EnsureJob(tx, kScanJob, file));
  }
  return file;
}

absl::StatusOr<v1::File> Judge(db::Transaction& tx, v1::File file, bool clean) {
  RETURN_IF_ERROR(Move(file, clean ? "clean" : "reject"));
  file.set_verdict_time_us(tx.clock().NowMicros());
  if (!clean) {
    file.set_refusal("SCAN_REJECTED");
    RETURN_IF_ERROR(Release(tx, file));
  }
  return file;
}

absl::StatusOr<v1::File> Abandon(db::Transaction& tx, v1::File file) {
  RETURN_IF_ERROR(Move(file, "abandon"));
  file.set_verdict_time_us(tx.clock().NowMicros());
  file.set_refusal("UPLOAD_ABANDONED");
  RETURN_IF_ERROR(Release(tx, file));
  return file;
}

}  // namespace ruraledu::files
