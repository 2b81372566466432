// Attachments: from the opened upload to erasure. README.md of this folder has the states, the tables and who does
// what.
//
// A file is a root of the service that has it (ruraledu.files.v1.File, table `file`), and this module lies below the
// journal: functions that change a file are called within the write of its shard, take the file as it is, change what
// they keep themselves and return the file as it has to become. The caller writes that with its journal entry in the
// same transaction, by feed::RootWriter as for every root; a transaction that does not is wrong. common/rpc's
// file_methods.h does so for the methods that services share.
//
// Content is kept once per shard: `address`, a digest keyed by the shard, finds an equal one. It is in no answer and in
// no journal entry, a file's own digest is bound to the file, and a second upload of the same content takes the same
// steps as the first, up to its own quarantine: nobody learns whether another one exists.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/files/file_type.h"
#include "common/files/store.h"
#include "ruraledu/files/v1/files.pb.h"

namespace ruraledu::files {

struct Settings {
  int64_t max_bytes = 20 << 20;
  std::vector<FileType> types = {AllFileTypes().begin(), AllFileTypes().end()};
  ArchiveLimits archive;
  // There is no scanner and files are CLEAN as soon as they are committed. False: they wait in QUARANTINED for one.
  bool clean_unscanned = false;
  absl::Duration upload_age = absl::Hours(48);  // an upload that is older is given up
};

// What the functions below stand on; all of it outlives them.
struct Shelf {
  db::Database& database;
  crypto::KeyRing& keys;
  ContentStore& store;
  const Settings& settings;
};

// --- upload ---------------------------------------------------------------------------------------------------------

inline constexpr int64_t kChunkBytes = 1 << 20;

// What whoever uploads states about the file, all violations at once: FIELD_REQUIRED, FIELD_TOO_LONG, NUMBER_RANGE,
// FILE_TOO_LARGE, CODE_UNKNOWN.
absl::Status CheckNew(const Settings& settings, const v1::File& file);
// Opens the upload of a new file, whose name, owner and what was announced are set; the owner refers to it.
absl::StatusOr<v1::File> Open(db::Transaction& tx, const crypto::Sealer& sealer, v1::File file);

struct Chunk {
  int64_t start = 0, end = 0;
  std::string digest, sealed;
};
// CHUNK_TOO_LARGE, CHUNK_DIGEST. Outside of the transaction.
absl::StatusOr<Chunk> SealChunk(const crypto::Sealer& sealer, std::string_view file_id, int64_t offset,
                                std::string_view data, std::string_view sha256);
// Repeating a chunk changes nothing. CHUNK_OFFSET, UPLOAD_CLOSED. Changes no root.
absl::Status Append(db::Transaction& tx, const v1::File& file, const Chunk& chunk);
absl::StatusOr<int64_t> ReceivedBytes(db::Transaction& tx, std::string_view shard, std::string_view file_id);

// The first half of a commit, outside of the transaction: checks the upload whole and puts its content into the store.
// UPLOAD_INCOMPLETE, UPLOAD_DIGEST, UPLOAD_CLOSED, the errors of DetectFileType and of the store.
struct Stored {
  std::string object, address, digest;
  FileType type = FileType::kText;
};
absl::StatusOr<Stored> Store(const Shelf& shelf, std::string_view shard, const v1::File& file);
// The second half. UPLOAD_CLOSED when the upload was ended meanwhile.
absl::StatusOr<v1::File> Commit(db::Transaction& tx, const Settings& settings, v1::File file, const Stored& stored);
// QUARANTINED -> CLEAN, or REJECTED with its content gone. STATE_TRANSITION.
absl::StatusOr<v1::File> Judge(db::Transaction& tx, v1::File file, bool clean);
// UPLOADING -> REJECTED, what had come in is gone. STATE_TRANSITION.
absl::StatusOr<v1::File> Abandon(db::Transaction& tx, v1::File file);

// --- references -----------------------------------------------------------------------------------------------------

// A root of the transaction's shard refers to a file, or stops to. Repeating either changes nothing. FILE_UNKNOWN,
// FILE_NOT_CLEAN for one that is REJECTED or ERASED. Detaching erases nothing. Changes no root.
absl::Status Attach(db::Transaction& tx, std::string_view file_id, std::string_view owner);
absl::Status Detach(db::Transaction& tx, std::string_view file_id, std::string_view owner);
// Roots that refer to a file besides `owner`.
absl::StatusOr<int64_t> OtherReferences(db::Transaction& tx, std::string_view file_id, std::string_view owner);
// (id, body, sealed, version) of the files that an owner refers to, by id, behind `after`: for feed::ReadRoot.
absl::StatusOr<std::vector<db::Row>> FilesOf(db::Transaction& tx, std::string_view shard, std::string_view owner,
                                             std::string_view after, int64_t limit);

// Destroys the key of the content, when no other file holds the same, and what is sealed of the file; its row, digest
// and times stay. The caller also erases the journal's personal parts about the file (feed::ErasePersonal).
// FILE_REFERENCED while a root besides the file's owner refers to it; STATE_TRANSITION when it is erased already.
absl::StatusOr<v1::File> Erase(db::Transaction& tx, v1::File file);

// --- content --------------------------------------------------------------------------------------------------------

// Up to `limit` bytes of a CLEAN file from `offset` on, at most a piece; "" at its end. Asks for the state each time,
// so that a reading ends when the file is erased. FILE_NOT_CLEAN, NUMBER_RANGE, FILE_CONTENT_MISSING,
// SEALED_VALUE_CORRUPT.
absl::StatusOr<std::string> Read(const Shelf& shelf, std::string_view shard, std::string_view file_id, int64_t offset,
                                 int64_t limit);
// The content of a file in quarantine, for the scanner.
absl::StatusOr<Pieces> ReadQuarantined(const Shelf& shelf, std::string_view shard, std::string_view file_id);

// Whether a file's digest was made of content with this SHA-256.
absl::StatusOr<bool> DigestFits(const crypto::Sealer& sealer, const v1::File& file, std::string_view sha256);

// --- for the reseal job (common/feed/reseal.h): keys of objects -----------------------------------------------------

// The last of a page of objects behind `after`, "" when there is none.
absl::StatusOr<std::string> LastObject(db::Transaction& tx, std::string_view shard, std::string_view after,
                                       int64_t limit);
// Seals the keys behind `after` up to `until` anew where they are not under the present data key; how many were not.
absl::StatusOr<int64_t> ResealKeys(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view after,
                                   std::string_view until);

}  // namespace ruraledu::files
