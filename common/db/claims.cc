#include "common/db/claims.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"

namespace ruraledu::db {
namespace {

constexpr size_t kPage = 128;
constexpr char kColumns[] = "space, claim_key, holder, state, owner_shard, operation";

std::string_view StateName(ClaimState state) {
  switch (state) {
    case ClaimState::kTentative:
      return "TENTATIVE";
    case ClaimState::kHeld:
      return "HELD";
    case ClaimState::kReleased:
      return "RELEASED";
  }
  return "";
}

ClaimRow ReadClaim(const Row& row) {
  const std::string& state = row.Text(3);
  return {row.Text(0),
          row.Text(1),
          row.Text(2),
          state == "HELD"        ? ClaimState::kHeld
          : state == "TENTATIVE" ? ClaimState::kTentative
                                 : ClaimState::kReleased,
          row.Text(4),
          row.Text(5)};
}

using Key = std::pair<std::string_view, std::string_view>;  // space, key
Key KeyOf(const ClaimRow& row) {
  return {row.space, row.key};
}

// A page of wanted claims in the order of their keys, and the row that stands for each of them.
struct Page {
  absl::Span<const ClaimRow* const> wanted;
  absl::Span<std::optional<ClaimRow>> found;

  std::optional<ClaimRow>& At(const Key& key) {
    const auto at = std::lower_bound(wanted.begin(), wanted.end(), key,
                                     [](const ClaimRow* row, const Key& sought) { return KeyOf(*row) < sought; });
    return found[static_cast<size_t>(at - wanted.begin())];
  }
};

// Placeholders "($4, $5, ...)" for `count` groups of `size`, counted from `first`.
std::string Groups(size_t count, size_t size, size_t first, const std::string& prefix) {
  std::vector<std::string> groups;
  for (size_t i = 0; i < count; ++i) {
    std::string group = prefix;
    for (size_t j = 0; j < size; ++j) {
      absl::StrAppend(&group, group.empty() ? "" : ", ", "$", first + i * size + j);
    }
    groups.push_back(absl::StrCat("(", group, ")"));
  }
  return absl::StrJoin(groups, ", ");
}

// Takes what is free or released of a page.
absl::Status TakePage(Transaction& tx, Page& page) {
  std::vector<Value> args = {ToValue(tx.shard()), ToValue(tx.clock().Now())};
  args.reserve(page.wanted.size() * 6 + 2);
  for (const ClaimRow* row : page.wanted) {
    for (std::string_view text :
         {std::string_view(row->space), std::string_view(row->key), std::string_view(row->holder),
          StateName(row->state), std::string_view(row->owner_shard), std::string_view(row->operation)}) {
      args.push_back(ToValue(text));
    }
  }
  const std::string sql = absl::StrCat(
      "INSERT INTO claim (shard, updated_at, ", kColumns, ") VALUES ", Groups(page.wanted.size(), 6, 3, "$1, $2"),
      " ON CONFLICT (shard, space, claim_key) DO UPDATE SET holder = excluded.holder, "
      "state = excluded.state, owner_shard = excluded.owner_shard, operation = excluded.operation, "
      "updated_at = excluded.updated_at WHERE claim.state = 'RELEASED' RETURNING ",
      kColumns);
  ASSIGN_OR_RETURN(auto taken, tx.QueryValues(sql, std::move(args)));
  for (const Row& row : taken) {
    page.At({row.Text(0), row.Text(1)}) = ReadClaim(row);
  }
  return absl::OkStatus();
}

absl::Status ReadOthers(Transaction& tx, Page& page) {
  for (size_t i = 0; i < page.wanted.size(); ++i) {
    if (page.found[i].has_value()) {
      continue;
    }
    ASSIGN_OR_RETURN(page.found[i], FindClaim(tx, page.wanted[i]->space, page.wanted[i]->key));
    if (!page.found[i].has_value()) {
      return Fail("DATABASE_INTERNAL", {{"detail", "a claim that is neither free nor there"}});
    }
  }
  return absl::OkStatus();
}

// What an operation claimed and nobody settled yet gets the state.
absl::Status SettleOperation(Transaction& tx, std::string_view space, std::string_view operation,
                             std::string_view state) {
  return tx
      .Execute(
          "UPDATE claim SET state = $5, updated_at = $4 "
          "WHERE shard = $1 AND operation = $2 AND space = $3 AND state = 'TENTATIVE'",
          tx.shard(), operation, space, tx.clock().Now(), state)
      .status();
}

}  // namespace

absl::StatusOr<ClaimRow> Claim(Transaction& tx, const ClaimRow& wanted) {
  ASSIGN_OR_RETURN(auto rows, ClaimMany(tx, {wanted}));
  return std::move(rows.front());
}

absl::StatusOr<std::vector<ClaimRow>> ClaimMany(Transaction& tx, absl::Span<const ClaimRow> wanted) {
  // Sorted, so that the index is walked once; one row per key, since one statement may touch a key only once.
  std::vector<const ClaimRow*> sorted;
  for (const ClaimRow& row : wanted) {
    sorted.push_back(&row);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return KeyOf(*a) < KeyOf(*b); });
  sorted.erase(std::unique(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return KeyOf(*a) == KeyOf(*b); }),
               sorted.end());
  std::vector<std::optional<ClaimRow>> found(sorted.size());
  for (size_t from = 0; from < sorted.size();) {
    // Page sizes are powers of two: few statement texts, all of them prepared once.
    const size_t size = std::min(kPage, std::bit_floor(sorted.size() - from));
    Page page{absl::MakeConstSpan(sorted).subspan(from, size), absl::MakeSpan(found).subspan(from, size)};
    RETURN_IF_ERROR(TakePage(tx, page));
    RETURN_IF_ERROR(ReadOthers(tx, page));
    from += size;
  }
  Page all{sorted, absl::MakeSpan(found)};
  std::vector<ClaimRow> result;
  result.reserve(wanted.size());
  for (const ClaimRow& row : wanted) {
    result.push_back(*all.At(KeyOf(row)));
  }
  return result;
}

absl::StatusOr<std::vector<ClaimRow>> RenewMany(Transaction& tx, absl::Span<const ClaimRow> wanted) {
  ASSIGN_OR_RETURN(auto rows, ClaimMany(tx, wanted));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].state == ClaimState::kHeld && rows[i].holder == wanted[i].holder) {
      rows[i].owner_shard = wanted[i].owner_shard;
      rows[i].operation = wanted[i].operation;
      RETURN_IF_ERROR(tx.Execute("UPDATE claim SET owner_shard = $4, operation = $5, updated_at = $6 "
                                 "WHERE shard = $1 AND space = $2 AND claim_key = $3 AND state = 'HELD'",
                                 tx.shard(), rows[i].space, rows[i].key, rows[i].owner_shard, rows[i].operation,
                                 tx.clock().Now())
                          .status());
    }
  }
  return rows;
}

absl::Status ConfirmClaims(Transaction& tx, std::string_view space, std::string_view operation) {
  return SettleOperation(tx, space, operation, "HELD");
}

absl::Status ReleaseOperation(Transaction& tx, std::string_view space, std::string_view operation) {
  return SettleOperation(tx, space, operation, "RELEASED");
}

absl::Status ReleaseClaim(Transaction& tx, std::string_view space, std::string_view key, std::string_view holder) {
  return tx
      .Execute(
          "UPDATE claim SET state = 'RELEASED', updated_at = $5 "
          "WHERE shard = $1 AND space = $2 AND claim_key = $3 AND holder = $4 AND state <> 'RELEASED'",
          tx.shard(), space, key, holder, tx.clock().Now())
      .status();
}

absl::StatusOr<std::optional<ClaimRow>> FindClaim(Transaction& tx, std::string_view space, std::string_view key) {
  ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT space, claim_key, holder, state, owner_shard, operation FROM claim "
                                         "WHERE shard = $1 AND space = $2 AND claim_key = $3",
                                         tx.shard(), space, key));
  return row.has_value() ? std::optional(ReadClaim(*row)) : std::nullopt;
}

absl::StatusOr<std::vector<ClaimRow>> FindClaims(Transaction& tx, std::string_view space, std::string_view prefix) {
  std::string beyond(prefix);
  ++beyond.back();
  ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT space, claim_key, holder, state, owner_shard, operation FROM claim "
                                       "WHERE shard = $1 AND space = $2 AND claim_key >= $3 AND claim_key < $4 "
                                       "AND state <> 'RELEASED' ORDER BY claim_key",
                                       tx.shard(), space, prefix, beyond));
  std::vector<ClaimRow> claims;
  for (const Row& row : rows) {
    claims.push_back(ReadClaim(row));
  }
  return claims;
}

absl::StatusOr<bool> ReleaseSeen(Transaction& tx, const ClaimRow& seen) {
  ASSIGN_OR_RETURN(const int64_t changed,
                   tx.Execute("UPDATE claim SET state = 'RELEASED', updated_at = $7 WHERE shard = $1 AND space = $2 "
                              "AND claim_key = $3 AND holder = $4 AND operation = $5 AND state = $6",
                              tx.shard(), seen.space, seen.key, seen.holder, seen.operation, StateName(seen.state),
                              tx.clock().Now()));
  return changed > 0;
}

absl::StatusOr<bool> MoveSeen(Transaction& tx, const ClaimRow& seen, std::string_view holder) {
  ASSIGN_OR_RETURN(const int64_t changed,
                   tx.Execute("UPDATE claim SET holder = $7, updated_at = $8 WHERE shard = $1 AND space = $2 "
                              "AND claim_key = $3 AND holder = $4 AND operation = $5 AND state = $6",
                              tx.shard(), seen.space, seen.key, seen.holder, seen.operation, StateName(seen.state),
                              holder, tx.clock().Now()));
  return changed > 0;
}

namespace {

// What stands for `operation` in the owner's shard after trying to write `outcome`: the first outcome stays for ever.
absl::StatusOr<std::string> Settle(Transaction& tx, std::string_view operation, std::string_view outcome) {
  RETURN_IF_ERROR(tx.Execute("INSERT INTO claim_operation (shard, operation, outcome, updated_at) "
                             "VALUES ($1, $2, $3, $4) ON CONFLICT (shard, operation) DO NOTHING",
                             tx.shard(), operation, outcome, tx.clock().Now())
                      .status());
  ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT outcome FROM claim_operation WHERE shard = $1 AND operation = $2",
                                         tx.shard(), operation));
  return row->Text(0);
}

struct Stale {
  std::string shard, space, key, owner_shard, operation;
};

absl::StatusOr<std::vector<Stale>> FindStale(Database& database, absl::Duration age, int64_t limit) {
  return database.Read([&](Transaction& tx) -> absl::StatusOr<std::vector<Stale>> {
    ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT shard, space, claim_key, owner_shard, operation FROM claim "
                                         "WHERE state = 'TENTATIVE' AND updated_at <= $1 "
                                         "ORDER BY shard, operation LIMIT $2",
                                         tx.clock().Now() - age, limit));
    std::vector<Stale> stale;
    for (const Row& row : rows) {
      stale.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4)});
    }
    return stale;
  });
}

}  // namespace

absl::Status CheckNotBarred(Transaction& tx, std::string_view operation) {
  ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT outcome FROM claim_operation WHERE shard = $1 AND operation = $2",
                                         tx.shard(), operation));
  return row.has_value() && row->Text(0) == "BARRED" ? Fail("CLAIM_BARRED") : absl::OkStatus();
}

absl::Status MarkDone(Transaction& tx, std::string_view operation) {
  ASSIGN_OR_RETURN(std::string outcome, Settle(tx, operation, "DONE"));
  return outcome == "DONE" ? absl::OkStatus() : Fail("CLAIM_BARRED");
}

absl::StatusOr<bool> Bar(Transaction& tx, std::string_view operation) {
  ASSIGN_OR_RETURN(std::string outcome, Settle(tx, operation, "BARRED"));
  return outcome == "BARRED";
}

absl::StatusOr<SweepResult> SweepClaims(Database& database, absl::Duration age, int64_t limit) {
  ASSIGN_OR_RETURN(auto stale, FindStale(database, age, limit));
  std::map<std::pair<std::string, std::string>, std::string> outcomes;  // (owner shard, operation) -> outcome
  SweepResult result;
  for (const Stale& claim : stale) {
    std::string& outcome = outcomes[{claim.owner_shard, claim.operation}];
    if (outcome.empty()) {
      ASSIGN_OR_RETURN(outcome, database.Write(claim.owner_shard,
                                               [&](Transaction& tx) { return Settle(tx, claim.operation, "BARRED"); }));
    }
    const std::string_view state = outcome == "DONE" ? "HELD" : "RELEASED";
    // The operation's fate is final now; a row that names another operation meanwhile is none of this sweep's business.
    ASSIGN_OR_RETURN(int64_t changed, database.Write(claim.shard, [&](Transaction& tx) {
      return tx.Execute(
          "UPDATE claim SET state = $5, updated_at = $6 WHERE shard = $1 AND space = $2 "
          "AND claim_key = $3 AND operation = $4 AND state = 'TENTATIVE'",
          tx.shard(), claim.space, claim.key, claim.operation, state, tx.clock().Now());
    }));
    (outcome == "DONE" ? result.held : result.released) += changed;
  }
  return result;
}

absl::Status WriteEach(Database& database, absl::Span<const std::string> shards,
                       const std::function<absl::Status(size_t index, Transaction& tx)>& body) {
  constexpr size_t kAtOnce = 32;  // half of what shares a commit on SQLite
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  absl::Status first;
  const auto work = [&] {
    for (size_t i = next++; i < shards.size(); i = next++) {
      const absl::Status status = database.Write(shards[i], [&](Transaction& tx) { return body(i, tx); });
      if (!status.ok()) {
        std::lock_guard lock(mutex);
        first.Update(status);
        next = shards.size();
      }
    }
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < std::min(kAtOnce, shards.size()); ++i) {
    threads.emplace_back(work);
  }
  work();
  threads.clear();
  return first;
}

absl::StatusOr<int64_t> PruneOperations(Database& database, absl::Duration age, int64_t limit) {
  std::map<std::string, std::vector<std::string>> by_shard;
  RETURN_IF_ERROR(database.Read([&](Transaction& tx) -> absl::Status {
    by_shard.clear();
    const absl::Time before = tx.clock().Now() - age;
    ASSIGN_OR_RETURN(auto tentative,
                     tx.QueryOne("SELECT count(*) FROM claim WHERE state = 'TENTATIVE' AND updated_at <= $1", before));
    if (tentative->Int(0) > 0) {
      return absl::OkStatus();  // the sweeper is behind: it still has to ask
    }
    std::string beyond(kLasting);  // the least text that is greater than all that begin with it
    ++beyond.back();
    ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT shard, operation FROM claim_operation WHERE outcome = 'DONE' AND "
                                         "updated_at <= $1 AND (operation < $2 OR operation >= $3) LIMIT $4",
                                         before, kLasting, beyond, limit));
    for (const Row& row : rows) {
      by_shard[row.Text(0)].push_back(row.Text(1));
    }
    return absl::OkStatus();
  }));
  int64_t pruned = 0;
  for (const auto& [shard, operations] : by_shard) {
    ASSIGN_OR_RETURN(const int64_t here,
                     database.Write(shard, [&, &old = operations](Transaction& tx) -> absl::StatusOr<int64_t> {
                       int64_t count = 0;
                       for (const std::string& operation : old) {
                         ASSIGN_OR_RETURN(const int64_t deleted,
                                          tx.Execute("DELETE FROM claim_operation WHERE shard = $1 AND operation = $2 "
                                                     "AND outcome = 'DONE'",
                                                     tx.shard(), operation));
                         count += deleted;
                       }
                       return count;
                     }));
    pruned += here;
  }
  return pruned;
}

}  // namespace ruraledu::db
