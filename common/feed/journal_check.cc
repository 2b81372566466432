// What proves that a journal was not changed afterwards: the hash chain and the signatures over its heads.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/signing.h"
#include "common/feed/journal.h"

namespace ruraledu::feed {
namespace {

using ruraledu::feed::v1::JournalEntry;

absl::Status Broken(std::string_view shard, int64_t seq) {
  return Fail("JOURNAL_BROKEN", {{"shard", shard}, {"seq", absl::StrCat(seq)}});
}

struct ChainPage {
  std::vector<JournalEntry> entries;
  db::Head head;  // of the same snapshot
};

absl::StatusOr<ChainPage> ReadChainPage(db::Database& database, std::string_view shard, int64_t after_seq) {
  return database.Read([&](db::Transaction& tx) -> absl::StatusOr<ChainPage> {
    ChainPage page;
    ASSIGN_OR_RETURN(page.entries, ReadSealedEntries(tx, shard, after_seq, kPageEntries));
    ASSIGN_OR_RETURN(page.head, HeadOf(tx, shard));
    return page;
  });
}

}  // namespace

absl::Status CheckChain(std::string_view shard, const db::Head& previous, absl::Span<const JournalEntry* const> entries,
                        size_t* good) {
  std::string_view hash = previous.hash;
  for (*good = 0; *good < entries.size(); ++*good) {
    const JournalEntry& entry = *entries[*good];
    const int64_t expected = previous.seq + static_cast<int64_t>(*good) + 1;
    if (entry.shard() != shard || entry.seq() != expected || entry.hash() != EntryHash(hash, entry)) {
      return Broken(shard, expected);
    }
    hash = entry.hash();
  }
  return absl::OkStatus();
}

absl::StatusOr<db::Head> VerifyChain(db::Database& database, std::string_view shard,
                                     const std::function<absl::Status()>& go_on) {
  db::Head at;
  while (true) {
    ASSIGN_OR_RETURN(const ChainPage page, ReadChainPage(database, shard, at.seq));
    if (page.entries.empty()) {
      if (at == page.head) {
        return at;
      }
      return Broken(shard, at.seq == page.head.seq ? at.seq : std::min(at.seq, page.head.seq) + 1);
    }
    std::vector<const JournalEntry*> entries;
    for (const JournalEntry& entry : page.entries) {
      entries.push_back(&entry);
    }
    size_t good = 0;
    RETURN_IF_ERROR(CheckChain(shard, at, entries, &good));
    at = {page.entries.back().seq(), page.entries.back().hash()};
    if (go_on) {
      RETURN_IF_ERROR(go_on());
    }
  }
}

std::string SignedText(std::string_view instance, const SignedHead& head) {
  // Lengths in front, so that no two heads have the same text; the first line keeps the signature out of other uses of
  // the key.
  std::string text = "ruraledu journal head v1\n";
  for (const std::string& part : {std::string(instance), head.shard, absl::StrCat(head.head.seq), head.head.hash,
                                  absl::StrCat(head.signed_at_us), head.key_id}) {
    absl::StrAppend(&text, part.size(), ":", part, "\n");
  }
  return text;
}

absl::StatusOr<SignedHead> SignHead(std::string_view instance, std::string_view shard, const db::Head& head,
                                    int64_t now_us, std::string_view private_pem) {
  SignedHead signed_head{.shard = std::string(shard),
                         .head = head,
                         .signed_at_us = now_us,
                         .key_id = "",
                         .signature = "",
                         .instance = std::string(instance)};
  ASSIGN_OR_RETURN(signed_head.key_id, crypto::PublicKeyId(private_pem));
  ASSIGN_OR_RETURN(signed_head.signature, crypto::SignBytes(private_pem, SignedText(instance, signed_head)));
  return signed_head;
}

absl::Status StoreSignedHead(db::Transaction& tx, const SignedHead& head) {
  return tx
      .Execute(
          "INSERT INTO signed_head (shard, seq, hash, signed_at, key_id, signature, instance) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (shard, seq) DO NOTHING",
          head.shard, head.head.seq, db::Blob{head.head.hash}, head.signed_at_us, head.key_id, db::Blob{head.signature},
          head.instance)
      .status();
}

absl::StatusOr<std::vector<SignedHead>> ReadSignedHeads(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT seq, hash, signed_at, key_id, signature, instance FROM signed_head "
                                       "WHERE shard = $1 ORDER BY seq",
                                       shard));
  std::vector<SignedHead> heads;
  heads.reserve(rows.size());
  for (const db::Row& row : rows) {
    heads.push_back({.shard = std::string(shard),
                     .head = {row.Int(0), row.Bytes(1)},
                     .signed_at_us = row.Int(2),
                     .key_id = row.Text(3),
                     .signature = row.Bytes(4),
                     .instance = row.Text(5)});
  }
  return heads;
}

absl::StatusOr<int64_t> VerifySignedHeads(
    db::Database& database, std::string_view shard,
    const std::function<absl::StatusOr<std::string>(std::string_view key_id)>& public_pem) {
  ASSIGN_OR_RETURN(const auto heads, database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<SignedHead>> {
    ASSIGN_OR_RETURN(auto heads, ReadSignedHeads(tx, shard));
    for (const SignedHead& head : heads) {
      ASSIGN_OR_RETURN(auto row,
                       tx.QueryOne("SELECT hash FROM journal WHERE shard = $1 AND seq = $2", shard, head.head.seq));
      if (!row.has_value() || row->Bytes(0) != head.head.hash) {
        return Broken(shard, head.head.seq);
      }
    }
    return heads;
  }));
  for (const SignedHead& head : heads) {
    ASSIGN_OR_RETURN(const std::string pem, public_pem(head.key_id));
    RETURN_IF_ERROR(crypto::VerifyBytes(pem, SignedText(head.instance, head), head.signature));
  }
  return static_cast<int64_t>(heads.size());
}

}  // namespace ruraledu::feed
