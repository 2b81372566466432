// Accounts, confirmed grants and revocations in a service's own database, and the snapshot of them that every call is
// checked against.
//
// The registry writes with the functions below in its handlers and calls Refresh before it answers; the other services
// write in their follower's Apply. Everybody sees a change of another process within `poll`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/db.h"
#include "common/rpc/access.h"

namespace ruraledu::rpc {

// "accounts/411728-0190..." -> "a411728": the shard of an account and of everything about it. The home region has 2, 4
// or 6 digits; "00" is the whole country. NAME_INVALID.
absl::StatusOr<std::string> AccessShard(std::string_view account);

struct AccountRow {
  std::string name;    // "accounts/411728-<id>"
  std::string issuer;  // of its tokens; "certificate" for an account whose subject is a certificate fingerprint
  std::string subject;
  std::string person;  // registry person id, "" for an integration
  bool active = true;
};

// Within a write of AccessShard(account); idempotent.
absl::Status PutAccount(db::Transaction& tx, const AccountRow& account);
// `grant.name` is unique in the shard ("accounts/<id>/grants/<id>"). A withdrawn grant has until = the day on which it
// no longer holds.
absl::Status PutGrant(db::Transaction& tx, std::string_view account, const GrantRow& grant);
// session "": all tokens issued before `before_s` (seconds since the epoch) are dead; otherwise that one session.
absl::Status PutRevocation(db::Transaction& tx, std::string_view account, std::string_view session, int64_t before_s);
// Removes everything of a shard: first step of a resync.
absl::Status ClearAccess(db::Transaction& tx);

class AccessTable final : public AccessSource {
 public:
  // Reads everything, then polls. `database` outlives it.
  static absl::StatusOr<std::unique_ptr<AccessTable>> Open(db::Database& database,
                                                           absl::Duration poll = absl::Milliseconds(200));
  ~AccessTable() override;

  std::shared_ptr<const AccountAccess> Find(std::string_view issuer, std::string_view subject) const override;
  // Reads the shards that changed; on return this process's next call sees them.
  absl::Status Refresh() override;

 private:
  class Impl;
  explicit AccessTable(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Accounts in memory; for tests and tools.
class MemoryAccess final : public AccessSource {
 public:
  MemoryAccess();
  ~MemoryAccess() override;
  void Put(std::string_view issuer, std::string_view subject, AccountAccess account);
  std::shared_ptr<const AccountAccess> Find(std::string_view issuer, std::string_view subject) const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ruraledu::rpc
