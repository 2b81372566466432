// SQL of the imports: uploaded chunks and staged rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/import_stage.pb.h"

namespace ruraledu::registry {

// True while an import of the transaction's county is partly applied: runs refuse BATCH_OPEN.
absl::StatusOr<bool> HasOpenBatch(db::Transaction& tx, std::string_view shard);

// Id of the import of a (source, batch).
absl::StatusOr<std::optional<std::string>> FindBatch(db::Transaction& tx, std::string_view shard,
                                                     ruraledu::registry::v1::ImportSource source,
                                                     std::string_view batch);
// (id, body, sealed, version) of a page of imports, the latest first; `before` "": from the latest on.
absl::StatusOr<std::vector<db::Row>> ImportRows(db::Transaction& tx, std::string_view shard, std::string_view before,
                                                int64_t limit);
// Closed imports of a source, oldest first, from the latest complete one on.
absl::StatusOr<std::vector<ruraledu::registry::v1::Import>> ClosedImports(db::Transaction& tx, std::string_view shard,
                                                                          ruraledu::registry::v1::ImportSource source);

// --- chunks: sealed under (import, offset)
struct ImportChunk {
  int64_t start = 0, end = 0;
  std::string digest, sealed;
};
std::string ChunkContext(std::string_view import_id, int64_t start);
absl::StatusOr<int64_t> ReceivedBytes(db::Transaction& tx, std::string_view shard, std::string_view import_id);
// The chunk that begins at `start`, or covers it.
absl::StatusOr<std::optional<ImportChunk>> ChunkAt(db::Transaction& tx, std::string_view shard,
                                                   std::string_view import_id, int64_t start);
absl::Status InsertChunk(db::Transaction& tx, std::string_view import_id, const ImportChunk& chunk);
absl::Status DeleteChunks(db::Transaction& tx, std::string_view import_id);

// --- rows
inline constexpr int64_t kHeaderLine = 0;
inline constexpr int64_t kMissingBase = int64_t{1} << 40;
// What the header line holds besides headers by field: headers that no field matches, the head of the county when the
// comparison began, why the import was withdrawn.
inline constexpr std::string_view kExtraHeaders = "_extra";
inline constexpr std::string_view kComparedFrom = "_compared_from";
inline constexpr std::string_view kWithdrawalReason = "_withdrawal_reason";

struct StagedLine {
  int64_t line = 0;
  std::string row_key, person_key, outcome, code, root;
  int64_t root_version = 0;
  ruraledu::registry::v1::StagedRow staged;
  // As it was read: what has not changed is neither sealed nor written again.
  struct Stored {
    std::string outcome, code, root, staged;
    int64_t root_version = 0;
  };
  Stored stored;
};
// New rows, sealed outside of the transaction that inserts them.
std::vector<std::vector<db::Value>> SealLines(const crypto::Sealer& sealer, std::string_view shard,
                                              std::string_view import_id, absl::Span<const StagedLine> lines);
absl::Status InsertLines(db::Transaction& tx, const std::vector<std::vector<db::Value>>& rows);
absl::Status UpdateLine(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view import_id,
                        const StagedLine& line);

// Changed rows, sealed outside of the transaction that writes them; as often as its body runs.
class LineUpdates {
 public:
  LineUpdates(const crypto::Sealer& sealer, std::string_view import_id, std::vector<StagedLine> lines);
  LineUpdates(LineUpdates&&) = default;
  absl::Status Write(db::Transaction& tx) const;

 private:
  struct Versions {  // rows of which nothing but the root's version changed, without a gap between them
    int64_t first, last, version;
  };
  struct Change {
    const StagedLine* line;
    std::string sealed;  // "" where it stays
  };
  absl::Status WritePage(db::Transaction& tx, absl::Span<const Change> page, bool sealed) const;

  std::string import_id_;
  std::vector<StagedLine> lines_;
  std::vector<Versions> versions_;
  std::vector<Change> plain_, sealed_;
};
absl::StatusOr<std::optional<StagedLine>> LoadLine(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   std::string_view shard, std::string_view import_id, int64_t line);
// All rows from one line to another.
absl::StatusOr<std::vector<StagedLine>> LinesBetween(db::Transaction& tx, const crypto::Sealer& sealer,
                                                     std::string_view shard, std::string_view import_id, int64_t first,
                                                     int64_t last);
// All rows with a key.
absl::StatusOr<std::vector<StagedLine>> LinesOfKey(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   std::string_view shard, std::string_view import_id,
                                                   std::string_view row_key);
// A page in order of line, after `after`. `outcome`: only this one; "" all but UNCHANGED; "*" all. Header line left
// out.
absl::StatusOr<std::vector<StagedLine>> ListLines(db::Transaction& tx, const crypto::Sealer& sealer,
                                                  std::string_view shard, std::string_view import_id,
                                                  std::string_view outcome, int64_t after, int64_t limit);
// The same without the sealed part: for scans.
absl::StatusOr<std::vector<StagedLine>> ScanLines(db::Transaction& tx, std::string_view shard,
                                                  std::string_view import_id, int64_t after, int64_t limit);
absl::Status DeleteLinesFrom(db::Transaction& tx, std::string_view import_id, int64_t line);
// Deletes up to `limit` rows; returns how many.
absl::StatusOr<int64_t> DeleteLines(db::Transaction& tx, std::string_view import_id, int64_t limit);

// --- for the reseal job (common/feed/reseal.h)
struct ImportPlace {
  std::string import_id;
  int64_t at = 0;  // line, or offset of a chunk
};
// The last line of a page of lines of all imports behind a place; none when there is no line behind it.
absl::StatusOr<std::optional<ImportPlace>> LastLine(db::Transaction& tx, std::string_view shard,
                                                    const ImportPlace& after, int64_t limit);
struct SealedLine {
  std::string import_id;
  StagedLine line;
  bool old = false;  // not under the present data key
};
absl::StatusOr<std::vector<SealedLine>> LinesUntil(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   const ImportPlace& after, const ImportPlace& until);
// Seals a line anew and writes its keys; its content stays.
absl::Status ResealLine(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view import_id,
                        const StagedLine& line);
// The first chunk behind a place.
absl::StatusOr<std::optional<ImportPlace>> NextChunk(db::Transaction& tx, std::string_view shard,
                                                     const ImportPlace& after);
// Seals a chunk anew; false when it is under the present key or gone.
absl::StatusOr<bool> ResealChunk(db::Transaction& tx, const crypto::Sealer& sealer, const ImportPlace& chunk);

}  // namespace ruraledu::registry
