// Claims make a thing unique across counties although no transaction spans two shards.
//
//   1. Claim(TENTATIVE) in the claim shard of the key, naming owner shard and operation;
//   2. the owner's write: CheckNotBarred(operation) ... its rows ... MarkDone(operation), one transaction;
//   3. Confirm(HELD) in the claim shard.
//
// Time never frees a claim. The sweeper takes a TENTATIVE claim older than the sweep age and asks the owner shard under
// its head lock: operation DONE -> HELD; else it writes BARRED for ever in the owner shard, and only then RELEASED. A
// late owner write finds the bar and fails with CLAIM_BARRED.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/db/db.h"

namespace ruraledu::db {

enum class ClaimState { kTentative, kHeld, kReleased };

struct ClaimRow {
  std::string space;   // what is claimed: "identity", "benefit"
  std::string key;     // unique within the space: blind index, or person/item/term
  std::string holder;  // who holds it: person id, or the application's name
  ClaimState state = ClaimState::kTentative;
  std::string owner_shard;
  std::string operation;  // UUIDv7 of the write that needs it
};

// In the claim shard (tx.shard()): takes the key for `holder` when it is free or RELEASED. Returns the row that holds
// the key afterwards: the given one when it was taken now; else the stored row, unchanged, whoever holds it. So
// repeating a claim is idempotent, and HELD is never turned back into TENTATIVE. The key is had when row.holder is the
// wanted holder. When that row is TENTATIVE under another operation of the same owner shard (a first attempt that was
// cut off), the owner's write must settle that one: CheckNotBarred and MarkDone of row.operation; otherwise the sweeper
// would free it.
absl::StatusOr<ClaimRow> Claim(Transaction& tx, const ClaimRow& wanted);
// Many keys of one claim shard in key order in one statement per page; result in input order.
absl::StatusOr<std::vector<ClaimRow>> ClaimMany(Transaction& tx, absl::Span<const ClaimRow> wanted);
// As ClaimMany; besides, a key that the wanted holder holds already (HELD) goes on under the wanted operation and
// owner. Who decided to release or move the claim as it stood before then finds another one and has to look again.
absl::StatusOr<std::vector<ClaimRow>> RenewMany(Transaction& tx, absl::Span<const ClaimRow> wanted);
absl::Status ConfirmClaims(Transaction& tx, std::string_view space, std::string_view operation);  // TENTATIVE -> HELD
// All that an operation holds TENTATIVE in a claim shard; for an operation that its owner has ended without doing it.
absl::Status ReleaseOperation(Transaction& tx, std::string_view space, std::string_view operation);
absl::Status ReleaseClaim(Transaction& tx, std::string_view space, std::string_view key, std::string_view holder);
absl::StatusOr<std::optional<ClaimRow>> FindClaim(Transaction& tx, std::string_view space, std::string_view key);
// Claims of one space whose key begins with `prefix`, by key; RELEASED ones left out.
absl::StatusOr<std::vector<ClaimRow>> FindClaims(Transaction& tx, std::string_view space, std::string_view prefix);
// Releases a claim, or gives it to another holder, when it still is as it was seen: same holder, operation and state.
absl::StatusOr<bool> ReleaseSeen(Transaction& tx, const ClaimRow& seen);
absl::StatusOr<bool> MoveSeen(Transaction& tx, const ClaimRow& seen, std::string_view holder);

// Writes once in each of many shards, a few at a time, so that waiting writes share commits. `body` runs in other
// threads, perhaps more than once for a shard, never twice at once for one. The first error is returned; shards before
// and after it may have been written.
absl::Status WriteEach(Database& database, absl::Span<const std::string> shards,
                       const std::function<absl::Status(size_t index, Transaction& tx)>& body);
// The shards of work that is kept by shard, in the map's order.
template <typename Work>
std::vector<std::string> ShardsOf(const std::map<std::string, Work>& by_shard) {
  std::vector<std::string> shards;
  for (const auto& [shard, work] : by_shard) {
    shards.push_back(shard);
  }
  return shards;
}

// In the owner's shard.
absl::Status CheckNotBarred(Transaction& tx, std::string_view operation);  // CLAIM_BARRED
absl::Status MarkDone(Transaction& tx, std::string_view operation);
// True: the operation is barred for ever, its write was not done and fails from now on with CLAIM_BARRED. False: the
// write was done.
absl::StatusOr<bool> Bar(Transaction& tx, std::string_view operation);

// One sweep over at most `limit` TENTATIVE claims older than `age`. Returns how many it settled.
struct SweepResult {
  int64_t held = 0, released = 0;
};
absl::StatusOr<SweepResult> SweepClaims(Database& database, absl::Duration age, int64_t limit);

// What was done is asked for as long as a claim is TENTATIVE and answers are replayed (72 h); operations that begin
// with kLasting for ever.
inline constexpr std::string_view kLasting = "lasting.";
// Deletes up to `limit` outcomes DONE older than `age`, unless a claim older than that is still TENTATIVE. Returns how
// many. What is barred stays barred.
absl::StatusOr<int64_t> PruneOperations(Database& database, absl::Duration age, int64_t limit);

}  // namespace ruraledu::db
