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
absl::Status ConfirmClaims(Transaction& tx, std::string_view space, std::string_view operation);  // TENTATIVE -> HELD
absl::Status ReleaseClaim(Transaction& tx, std::string_view space, std::string_view key, std::string_view holder);
absl::StatusOr<std::optional<ClaimRow>> FindClaim(Transaction& tx, std::string_view space, std::string_view key);

// In the owner's shard.
absl::Status CheckNotBarred(Transaction& tx, std::string_view operation);  // CLAIM_BARRED
absl::Status MarkDone(Transaction& tx, std::string_view operation);

// One sweep over at most `limit` TENTATIVE claims older than `age`. Returns how many it settled.
struct SweepResult {
  int64_t held = 0, released = 0;
};
absl::StatusOr<SweepResult> SweepClaims(Database& database, absl::Duration age, int64_t limit);

}  // namespace ruraledu::db
