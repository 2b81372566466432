// Where the encrypted bytes of files rest: the one boundary between files and disks. Two stores stand behind it, a
// folder and the database itself; tests/common/files runs one conformance suite over all of them.
//
// An object is written once, piece by piece, and never changed. Its name is random: it tells nothing about the content,
// and rows alone say whose it is (content.h). Every piece is encrypted by the caller and all but the last have
// kSealedPiece bytes.
//
// Nothing here takes part in a transaction. An object is written before a row refers to it and removed after the last
// one has stopped to; what a crash leaves in between is found by `List` and removed by the job that asks the rows
// first.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/field_cipher.h"
#include "common/db/db.h"

namespace ruraledu::files {

inline constexpr int64_t kPieceBytes = 1 << 20;
inline constexpr int64_t kSealedPiece = kPieceBytes + static_cast<int64_t>(crypto::kSealOverhead);

// Pieces in their order; nullopt after the last one.
using Pieces = std::function<absl::StatusOr<std::optional<std::string>>()>;

// Thread safe. `shard` and `object` are lower-case letters and digits. Errors: FILE_STORE, and those of the database.
class ContentStore {
 public:
  virtual ~ContentStore() = default;

  // OK: the whole object is there and survives a crash of the machine. An error or a crash before leaves no object, or
  // all of it. Written again, as after a lost answer, it may replace the first one: the caller gives pieces under the
  // same key.
  virtual absl::Status Put(std::string_view shard, std::string_view object, const Pieces& pieces) = 0;
  // Piece `number`, from 0. FILE_CONTENT_MISSING when the object or the piece is not there.
  virtual absl::StatusOr<std::string> Get(std::string_view shard, std::string_view object, int64_t number) = 0;
  // The object and whatever unfinished writes left of it. OK when there is nothing.
  virtual absl::Status Remove(std::string_view shard, std::string_view object) = 0;

  // Names of a shard's objects, whole ones and unfinished ones, in order after `after`, each once.
  virtual absl::StatusOr<std::vector<std::string>> List(std::string_view shard, std::string_view after,
                                                        size_t limit) = 0;
};

// Objects as files below `path`, which is made when it is not there and belongs to one service: <path>/<shard>/<two
// characters>/<object>. Written under another name, synced, renamed, and the folder synced. For one machine, or a file
// system that several share. FILE_STORE when the folder cannot be written.
struct FolderOptions {
  std::string path;
  // Tests: asked before each step of a write ("open", "write", "sync", "rename", "sync_folder"); an error stops there,
  // as a crash would.
  std::function<absl::Status(std::string_view step)> before_step;
};
absl::StatusOr<std::unique_ptr<ContentStore>> OpenFolderStore(FolderOptions options);

// Objects as rows of the service's own database, one transaction per piece: for several machines without a shared file
// system. The database outlives it.
std::unique_ptr<ContentStore> OpenRowStore(db::Database& database);

}  // namespace ruraledu::files
