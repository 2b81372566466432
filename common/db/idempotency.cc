#include "common/db/idempotency.h"

#include "common/base/error.h"

namespace ruraledu::db {
namespace {

constexpr absl::Duration kKept = absl::Hours(72);

}  // namespace

absl::StatusOr<std::optional<Remembered>> FindRemembered(Transaction& tx, const RequestKey& key) {
  ASSIGN_OR_RETURN(auto row,
                   tx.QueryOne("SELECT fingerprint, answer_name, answer_version FROM remembered "
                               "WHERE shard = $1 AND subject = $2 AND method = $3 AND request_id = $4 "
                               "AND created_at > $5",
                               tx.shard(), key.subject, key.method, key.request_id, tx.clock().Now() - kKept));
  if (!row.has_value()) {
    return std::nullopt;
  }
  if (row->Bytes(0) != key.fingerprint) {
    return Fail("REQUEST_ID_REUSED");
  }
  return Remembered{row->Text(1), row->Int(2)};
}

absl::Status Remember(Transaction& tx, const RequestKey& key, const Remembered& answer) {
  // Two go for one that comes: the table stays bounded without anybody who tidies up.
  RETURN_IF_ERROR(ForgetOld(tx, 2).status());
  // The conflict is with an answer older than 72 hours that ForgetOld has not reached.
  return tx
      .Execute(
          "INSERT INTO remembered (shard, subject, method, request_id, fingerprint, answer_name, answer_version, "
          "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
          "ON CONFLICT (shard, subject, method, request_id) DO UPDATE SET fingerprint = excluded.fingerprint, "
          "answer_name = excluded.answer_name, answer_version = excluded.answer_version, "
          "created_at = excluded.created_at",
          tx.shard(), key.subject, key.method, key.request_id, Blob{key.fingerprint}, answer.name, answer.version,
          tx.clock().Now())
      .status();
}

absl::StatusOr<int64_t> ForgetOld(Transaction& tx, int64_t limit) {
  return tx.Execute(
      "DELETE FROM remembered WHERE shard = $1 AND (subject, method, request_id) IN "
      "(SELECT r.subject, r.method, r.request_id FROM remembered r WHERE r.shard = $1 AND r.created_at <= $2 "
      "ORDER BY r.created_at LIMIT $3)",
      tx.shard(), tx.clock().Now() - kKept, limit);
}

}  // namespace ruraledu::db
