#include "common/files/object.h"

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/crypto/erasure.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"
#include "common/db/jobs.h"
#include "common/domain/record_state.h"
#include "common/domain/state_machine.h"
#include "common/files/content.h"
#include "common/files/jobs.h"

namespace ruraledu::files {
namespace {

constexpr Transition kRows[] = {
    {"UPLOADING", "commit", "QUARANTINED"}, {"UPLOADING", "accept", "CLEAN"},      {"UPLOADING", "abandon", "REJECTED"},
    {"QUARANTINED", "clean", "CLEAN"},      {"QUARANTINED", "reject", "REJECTED"}, {"UPLOADING", "erase", "ERASED"},
    {"QUARANTINED", "erase", "ERASED"},     {"CLEAN", "erase", "ERASED"},          {"REJECTED", "erase", "ERASED"},
};
constexpr StateMachine kStates("file", "UPLOADING", kRows);
static_assert(kStates.AllReachable() && kStates.Unambiguous());

constexpr size_t kObjectKeyBytes = 32;

std::string KeyContext(std::string_view object) {
  return crypto::FieldContext("file_object", object);
}

std::vector<crypto::DataKey> OneKey(std::string_view key) {
  std::vector<crypto::DataKey> keys;
  keys.push_back({1, crypto::Suite::kInternational, crypto::Secret(key)});
  return keys;
}

}  // namespace

std::string IdOf(const v1::File& file) {
  return file.name().substr(file.name().rfind('/') + 1);
}

absl::Status Move(v1::File& file, std::string_view event) {
  return MoveState(kStates, event, &file);
}

std::string AddressOf(const crypto::Sealer& sealer, std::string_view sha256) {
  return crypto::KeyedDigest(sealer, "", "file address", sha256);
}

std::string FileDigest(const crypto::Sealer& sealer, std::string_view file_id, std::string_view sha256) {
  return crypto::KeyedDigest(sealer, file_id, "file content", sha256);
}

absl::StatusOr<bool> DigestFits(const crypto::Sealer& sealer, const v1::File& file, std::string_view sha256) {
  return crypto::DigestMatches(sealer, file.digest(), IdOf(file), "file content", sha256);
}

absl::StatusOr<std::optional<HeldObject>> FindHeld(db::Transaction& tx, std::string_view shard,
                                                   std::string_view file_id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT o.object, o.sealed_key FROM file_held h JOIN file_object o ON o.shard = h.shard "
                               "AND o.object = h.object WHERE h.shard = $1 AND h.file_id = $2",
                               shard, file_id));
  return row.has_value() ? std::optional(HeldObject{row->Text(0), row->Bytes(1)}) : std::nullopt;
}

std::string NewObjectKey(const crypto::Sealer& sealer, std::string_view object) {
  std::string key = crypto::RandomBytes(kObjectKeyBytes);
  std::string sealed = sealer.Seal(key, KeyContext(object));
  crypto::Wipe(key);
  return sealed;
}

absl::StatusOr<std::string> SealKeyAnew(const crypto::Sealer& sealer, const HeldObject& held) {
  ASSIGN_OR_RETURN(std::string key, sealer.Open(held.sealed_key, KeyContext(held.object)));
  std::string sealed = sealer.Seal(key, KeyContext(held.object));
  crypto::Wipe(key);
  return sealed;
}

ObjectKey::ObjectKey(std::string object, int64_t total_bytes, std::string_view key)
    : object_(std::move(object)),
      total_bytes_(total_bytes),
      cipher_(OneKey(key), [] { return std::vector<crypto::DataKey>(); }) {}

absl::StatusOr<std::unique_ptr<ObjectKey>> ObjectKey::Open(const crypto::Sealer& sealer, const HeldObject& held,
                                                           int64_t total_bytes) {
  ASSIGN_OR_RETURN(std::string key, sealer.Open(held.sealed_key, KeyContext(held.object)));
  std::unique_ptr<ObjectKey> opened(new ObjectKey(held.object, total_bytes, key));
  crypto::Wipe(key);
  return opened;
}

std::string ObjectKey::Context(int64_t number) const {
  return crypto::FieldContext("file_piece", absl::StrCat(object_, "/", number, "/", total_bytes_));
}

std::string ObjectKey::Seal(int64_t number, std::string_view plain) const {
  return cipher_.Seal(plain, Context(number));
}

absl::StatusOr<std::string> ObjectKey::Open(int64_t number, std::string_view sealed) const {
  return cipher_.Open(sealed, Context(number));
}

absl::Status Refer(db::Transaction& tx, std::string_view file_id, std::string_view owner) {
  return tx
      .Execute(
          "INSERT INTO file_reference (shard, owner, file_id) VALUES ($1, $2, $3) ON CONFLICT (shard, owner, "
          "file_id) DO NOTHING",
          tx.shard(), owner, file_id)
      .status();
}

absl::Status DropObject(db::Transaction& tx, std::string_view object) {
  return tx
      .Execute("UPDATE file_object SET sealed_key = $3, address = '', dropped = 1 WHERE shard = $1 AND object = $2",
               tx.shard(), object, db::Blob{})
      .status();
}

absl::Status Release(db::Transaction& tx, const v1::File& file) {
  const std::string id = IdOf(file);
  RETURN_IF_ERROR(tx.Execute("DELETE FROM file_chunk WHERE shard = $1 AND file_id = $2", tx.shard(), id).status());
  ASSIGN_OR_RETURN(const auto held, FindHeld(tx, tx.shard(), id));
  if (!held.has_value()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(tx.Execute("DELETE FROM file_held WHERE shard = $1 AND file_id = $2", tx.shard(), id).status());
  ASSIGN_OR_RETURN(
      const auto other,
      tx.QueryOne("SELECT file_id FROM file_held WHERE shard = $1 AND object = $2 LIMIT 1", tx.shard(), held->object));
  if (!other.has_value()) {
    RETURN_IF_ERROR(DropObject(tx, held->object));
  }
  return EnsureJob(tx, kCollectJob, file);  // in either case: a job must not tell which
}

absl::Status EnsureJob(db::Transaction& tx, std::string_view kind, const v1::File& file) {
  db::JobRow job;
  job.shard = tx.shard();
  job.id = NewId(tx.clock());
  job.kind = std::string(kind);
  job.subject = file.uploaded_by();
  job.area = file.area().substr(0, file.area().find('/')).substr(0, 6);
  return db::EnsureJob(tx, job);
}

}  // namespace ruraledu::files
