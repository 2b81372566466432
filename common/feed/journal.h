// The journal: the append-only record of every change, written in the transaction that made it. Audit trail, change
// feed, outbox and version in one. Per shard, gap-free under the head lock, chained by hash.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::feed {

// A larger body and personal part would not pass the 4 MiB of one gRPC message: bulk loads split at 500 rows.
inline constexpr size_t kMaxEntryBytes = 3 << 20;
// Entries are read in pages of at most so many bytes (one entry at least).
inline constexpr int64_t kPageBytes = 2 << 20;
inline constexpr int64_t kPageEntries = 500;

// One change as a handler states it.
struct Change {
  std::string entity;    // resource name of the aggregate root
  std::string actor;     // subject, "job:<id>", "service:<name>"
  std::string call_id;   // id of the call or job
  std::string body;      // serialized event of the service, without personal values
  std::string personal;  // serialized personal part in clear, "" when there is none; sealed here
};

// Appends under the head lock of tx.shard() and moves tx's head on. Returns the new seq, which is the version of the
// aggregate root and, quoted, its etag. ENTRY_TOO_LARGE over kMaxEntryBytes.
absl::StatusOr<int64_t> Append(db::Transaction& tx, const crypto::Sealer& sealer, const Change& change);
// Many entries with one bulk insert; returns the seq of the last one.
absl::StatusOr<int64_t> AppendMany(db::Transaction& tx, const crypto::Sealer& sealer, absl::Span<const Change> changes);

// Hash of an entry given its predecessor's: SHA-256 over previous, shard, seq, time_us, actor, call_id, entity, body,
// each preceded by its length; lengths and integers as 8 bytes, big endian. Frozen: stored chains and signatures depend
// on it.
std::string EntryHash(std::string_view previous_hash, const ruraledu::feed::v1::JournalEntry& entry);

// Head of any shard in the snapshot of `tx`; {0, ""} when it has no entry.
absl::StatusOr<db::Head> HeadOf(db::Transaction& tx, std::string_view shard);

// Entries of `shard` with seq > after_seq in order, at most `limit` (≤ kPageEntries) and about kPageBytes. `sealer`
// opens `personal`; null leaves it empty.
absl::StatusOr<std::vector<ruraledu::feed::v1::JournalEntry>> ReadEntries(db::Transaction& tx, std::string_view shard,
                                                                          int64_t after_seq, int64_t limit,
                                                                          const crypto::Sealer* sealer);

// The two halves of it, for many entries: read within the snapshot, decrypt outside of it.
absl::StatusOr<std::vector<ruraledu::feed::v1::JournalEntry>> ReadSealedEntries(db::Transaction& tx,
                                                                                std::string_view shard,
                                                                                int64_t after_seq, int64_t limit);
absl::Status OpenPersonal(const crypto::Sealer& sealer, std::vector<ruraledu::feed::v1::JournalEntry>& entries);

// Overwrites `personal` of the entries of `entity` in tx.shard() (erasure): the chain stays valid. Returns how many had
// one.
absl::StatusOr<int64_t> ErasePersonal(db::Transaction& tx, std::string_view entity);
// Seals another personal part into one entry of tx.shard(): one person taken out of a bulk entry (which carries the
// name of its first row only), or the same text under a newer data key. An erased entry stays erased. False when there
// was nothing to replace.
absl::StatusOr<bool> ReplacePersonal(db::Transaction& tx, const crypto::Sealer& sealer, int64_t seq,
                                     std::string_view personal);

// The first entry of `entries` that does not follow `previous` (next seq, hash of the chain): JOURNAL_BROKEN names its
// shard and seq, `*good` is the number of entries before it.
absl::Status CheckChain(std::string_view shard, const db::Head& previous,
                        absl::Span<const ruraledu::feed::v1::JournalEntry* const> entries, size_t* good);

// Recomputes the chain of a shard page by page and compares its end with the head row, so that cut-off entries are
// noticed. Returns the head; JOURNAL_BROKEN names shard and seq of the first wrong entry. `go_on` is asked between two
// pages; what it says ends the walk.
absl::StatusOr<db::Head> VerifyChain(db::Database& database, std::string_view shard,
                                     const std::function<absl::Status()>& go_on = nullptr);

// Signed heads: (shard, seq, hash) signed daily by the audit administrator's key. Verification is offline too:
// `ruraledu journal verify`.
struct SignedHead {
  std::string shard;
  db::Head head;
  int64_t signed_at_us = 0;
  std::string key_id, signature;
  std::string instance;  // incarnation of the database when it was signed
};
std::string SignedText(std::string_view instance, const SignedHead& head);  // the bytes that are signed
absl::Status StoreSignedHead(db::Transaction& tx, const SignedHead& head);
// In order of seq.
absl::StatusOr<std::vector<SignedHead>> ReadSignedHeads(db::Transaction& tx, std::string_view shard);
// Signs `head` as of `now_us` with an Ed25519 key (PKCS#8 PEM). PEM_INVALID.
absl::StatusOr<SignedHead> SignHead(std::string_view instance, std::string_view shard, const db::Head& head,
                                    int64_t now_us, std::string_view private_pem);
// Checks that the journal still has every signed head of the shard, and the signatures with the keys of `public_pem`
// (by key id). JOURNAL_BROKEN names the seq of the first head that is gone or other; SIGNATURE_INVALID. Returns how
// many were checked.
absl::StatusOr<int64_t> VerifySignedHeads(
    db::Database& database, std::string_view shard,
    const std::function<absl::StatusOr<std::string>(std::string_view key_id)>& public_pem);

}  // namespace ruraledu::feed
