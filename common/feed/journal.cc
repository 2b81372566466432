#include "common/feed/journal.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"

namespace ruraledu::feed {
namespace {

using ruraledu::feed::v1::JournalEntry;

constexpr std::array<std::string_view, 9> kColumns = {"shard",  "seq",  "time_us",  "actor", "call_id",
                                                      "entity", "body", "personal", "hash"};

std::string BigEndian(int64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((static_cast<uint64_t>(value) >> shift) & 0xff));
  }
  return bytes;
}

std::string PersonalContext(std::string_view shard, int64_t seq) {
  return absl::StrCat("journal/", shard, "/", seq);
}

JournalEntry EntryOf(const db::Row& row, std::string_view shard) {
  JournalEntry entry;
  entry.set_shard(std::string(shard));
  entry.set_seq(row.Int(0));
  entry.set_time_us(row.Int(1));
  entry.set_actor(row.Text(2));
  entry.set_call_id(row.Text(3));
  entry.set_entity(row.Text(4));
  entry.set_body(row.Bytes(5));
  entry.set_personal(row.Bytes(6));
  entry.set_hash(row.Bytes(7));
  return entry;
}

// The row that follows `head`, which moves on to it.
absl::StatusOr<std::vector<db::Value>> NextRow(db::Transaction& tx, const crypto::Sealer& sealer, const Change& change,
                                               db::Head& head) {
  if (const size_t bytes = change.body.size() + change.personal.size(); bytes > kMaxEntryBytes) {
    return Fail("ENTRY_TOO_LARGE", {{"bytes", absl::StrCat(bytes)}, {"limit", absl::StrCat(kMaxEntryBytes)}});
  }
  JournalEntry entry;
  entry.set_shard(tx.shard());
  entry.set_seq(head.seq + 1);
  entry.set_time_us(tx.clock().NowMicros());
  entry.set_actor(change.actor);
  entry.set_call_id(change.call_id);
  entry.set_entity(change.entity);
  entry.set_body(change.body);
  head = {entry.seq(), EntryHash(head.hash, entry)};
  std::string sealed;
  if (!change.personal.empty()) {
    sealed = sealer.Seal(change.personal, PersonalContext(tx.shard(), head.seq));
  }
  return std::vector<db::Value>{entry.shard(),      entry.seq(),   entry.time_us(),       change.actor,
                                change.call_id,     change.entity, db::Blob{change.body}, db::Blob{std::move(sealed)},
                                db::Blob{head.hash}};
}

// The seq up to which entries after `after_seq` fill one page; 0 when there are none.
absl::StatusOr<int64_t> PageEnd(db::Transaction& tx, std::string_view shard, int64_t after_seq, int64_t limit) {
  ASSIGN_OR_RETURN(auto sizes, tx.Query("SELECT seq, CAST(length(body) + length(personal) AS BIGINT) FROM journal "
                                        "WHERE shard = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                                        shard, after_seq, std::min(limit, kPageEntries)));
  int64_t end = 0, bytes = 0;
  for (const db::Row& row : sizes) {
    bytes += row.Int(1);
    if (end > 0 && bytes > kPageBytes) {
      break;
    }
    end = row.Int(0);
  }
  return end;
}

}  // namespace

std::string EntryHash(std::string_view previous_hash, const JournalEntry& entry) {
  const std::string seq = BigEndian(entry.seq()), time = BigEndian(entry.time_us());
  const std::array<std::string_view, 8> parts = {previous_hash,   entry.shard(),  seq,         time, entry.actor(),
                                                 entry.call_id(), entry.entity(), entry.body()};
  std::array<std::string, 8> lengths;
  std::array<std::string_view, 16> all;
  for (size_t i = 0; i < parts.size(); ++i) {
    lengths[i] = BigEndian(static_cast<int64_t>(parts[i].size()));
    all[2 * i] = lengths[i];
    all[2 * i + 1] = parts[i];
  }
  return crypto::Sha256(all);
}

absl::StatusOr<int64_t> Append(db::Transaction& tx, const crypto::Sealer& sealer, const Change& change) {
  db::Head head = tx.head();
  ASSIGN_OR_RETURN(auto row, NextRow(tx, sealer, change, head));
  RETURN_IF_ERROR(tx.ExecuteValues("INSERT INTO journal (shard, seq, time_us, actor, call_id, entity, body, personal, "
                                   "hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                                   std::move(row))
                      .status());
  tx.set_head(head);
  return head.seq;
}

absl::StatusOr<int64_t> AppendMany(db::Transaction& tx, const crypto::Sealer& sealer,
                                   absl::Span<const Change> changes) {
  db::Head head = tx.head();
  std::vector<std::vector<db::Value>> rows;
  rows.reserve(changes.size());
  for (const Change& change : changes) {
    ASSIGN_OR_RETURN(auto row, NextRow(tx, sealer, change, head));
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(tx.Bulk("journal", kColumns, rows));
  tx.set_head(head);
  return head.seq;
}

absl::StatusOr<db::Head> HeadOf(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT seq, hash FROM head WHERE shard = $1", shard));
  return row.has_value() ? db::Head{row->Int(0), row->Bytes(1)} : db::Head{};
}

absl::StatusOr<std::vector<JournalEntry>> ReadSealedEntries(db::Transaction& tx, std::string_view shard,
                                                            int64_t after_seq, int64_t limit) {
  ASSIGN_OR_RETURN(const int64_t end, PageEnd(tx, shard, after_seq, limit));
  std::vector<JournalEntry> entries;
  RETURN_IF_ERROR(
      tx.ForEach("SELECT seq, time_us, actor, call_id, entity, body, personal, hash FROM journal "
                 "WHERE shard = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
                 {db::ToValue(shard), db::ToValue(after_seq), db::ToValue(end)}, [&](const db::Row& row) {
                   entries.push_back(EntryOf(row, shard));
                   return absl::OkStatus();
                 }));
  return entries;
}

absl::Status OpenPersonal(const crypto::Sealer& sealer, std::vector<JournalEntry>& entries) {
  for (JournalEntry& entry : entries) {
    if (!entry.personal().empty()) {
      ASSIGN_OR_RETURN(*entry.mutable_personal(),
                       sealer.Open(entry.personal(), PersonalContext(entry.shard(), entry.seq())));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<JournalEntry>> ReadEntries(db::Transaction& tx, std::string_view shard, int64_t after_seq,
                                                      int64_t limit, const crypto::Sealer* sealer) {
  ASSIGN_OR_RETURN(auto entries, ReadSealedEntries(tx, shard, after_seq, limit));
  if (sealer != nullptr) {
    RETURN_IF_ERROR(OpenPersonal(*sealer, entries));
  } else {
    for (JournalEntry& entry : entries) {
      entry.clear_personal();
    }
  }
  return entries;
}

absl::StatusOr<int64_t> ErasePersonal(db::Transaction& tx, std::string_view entity) {
  return tx.Execute("UPDATE journal SET personal = $1 WHERE shard = $2 AND entity = $3 AND length(personal) > 0",
                    db::Blob{}, tx.shard(), entity);
}

absl::StatusOr<bool> ReplacePersonal(db::Transaction& tx, const crypto::Sealer& sealer, int64_t seq,
                                     std::string_view personal) {
  const std::string sealed = personal.empty() ? "" : sealer.Seal(personal, PersonalContext(tx.shard(), seq));
  ASSIGN_OR_RETURN(const int64_t changed,
                   tx.Execute("UPDATE journal SET personal = $1 WHERE shard = $2 AND seq = $3 AND length(personal) > 0",
                              db::Blob{sealed}, tx.shard(), seq));
  return changed > 0;
}

}  // namespace ruraledu::feed
