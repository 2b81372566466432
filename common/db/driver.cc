#include "common/db/driver.h"

#include <algorithm>
#include <exception>

namespace ruraledu::db {
namespace {

thread_local bool inside_write = false;

// Locks the row on every driver: SQLite has one writer anyway, PostgreSQL locks the row that the upsert touches.
constexpr std::string_view kLockHead =
    "INSERT INTO head (shard, seq, hash) VALUES ($1, 0, $2) "
    "ON CONFLICT (shard) DO UPDATE SET seq = head.seq RETURNING seq, hash";
constexpr std::string_view kStoreHead = "UPDATE head SET seq = $2, hash = $3 WHERE shard = $1";

absl::StatusOr<Head> LockHead(Connection& connection, std::string_view shard) {
  Head head;
  const std::vector<Value> params = {std::string(shard), Blob{}};
  auto changed = connection.Run(kLockHead, params, [&](Row row) {
    head = {row.Int(0), row.Bytes(1)};
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(changed.status());
  return head;
}

absl::Status StoreHead(Connection& connection, std::string_view shard, const Head& head) {
  const std::vector<Value> params = {std::string(shard), head.seq, Blob{head.hash}};
  return connection.Run(kStoreHead, params, nullptr).status();
}

}  // namespace

absl::Status CheckNotNested() {
  return inside_write ? Fail("DATABASE_INTERNAL", {{"detail", "a write within a write"}}) : absl::OkStatus();
}

absl::Status RunBody(const Body& body, Transaction& tx) {
  struct Mark {
    bool before;
    ~Mark() { inside_write = before; }
  } mark{std::exchange(inside_write, inside_write || tx.writable())};
  try {
    return body(tx);
  } catch (const std::exception&) {
    return Fail("DATABASE_INTERNAL", {{"detail", "an exception in the body of a transaction"}});
  }
}

MemberResult RunMember(Connection& connection, const Clock& clock, std::string_view shard, const Body& body,
                       const std::optional<int64_t>& expected_seq) {
  Head before;
  if (!shard.empty()) {
    auto head = LockHead(connection, shard);
    if (!head.ok()) {
      return {head.status(), head.status()};
    }
    before = *std::move(head);
  }
  if (expected_seq.has_value() && before.seq != *expected_seq) {
    return {Fail("HEAD_MOVED", {{"shard", shard}})};
  }
  Transaction tx(connection, std::string(shard), before, clock, /*writable=*/true);
  absl::Status status = RunBody(body, tx);
  if (!status.ok() || !tx.failure().ok()) {
    return {status.ok() ? tx.failure() : status, tx.failure()};
  }
  const bool moved = !(tx.head() == before);
  if (moved) {
    status = StoreHead(connection, shard, tx.head());
  }
  return {status, status, moved || tx.wakes()};
}

absl::StatusOr<std::string> EnsureInstance(Transaction& tx) {
  RETURN_IF_ERROR(
      tx.Execute("INSERT INTO instance (id, name) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", NewId(tx.clock()))
          .status());
  ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT name FROM instance WHERE id = 1"));
  return row->Text(0);
}

absl::StatusOr<std::string> ReplaceInstance(Transaction& tx) {
  std::string name = NewId(tx.clock());
  RETURN_IF_ERROR(tx.Execute("UPDATE instance SET name = $1 WHERE id = 1", name).status());
  return name;
}

absl::Time WaitUntil(absl::Time deadline, absl::Duration wait) {
  // Waiting is a matter of real time, whatever clock the rows are dated by.
  const absl::Time now = Clock::System().Now();
  return std::min(deadline == absl::InfiniteFuture() ? now + wait : deadline, now + absl::Hours(24));
}

absl::Status DeadlineExceeded() {
  return Fail("DEADLINE_EXCEEDED");
}

void Listeners::Add(std::function<void(std::string_view)> listener) {
  std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Listeners::Call(std::string_view shard) const {
  std::lock_guard lock(mutex_);
  for (const auto& listener : listeners_) {
    listener(shard);
  }
}

}  // namespace ruraledu::db
