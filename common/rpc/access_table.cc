#include "common/rpc/access_table.h"

#include <map>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "common/obs/log.h"

namespace ruraledu::rpc {
namespace {

using Key = std::pair<std::string, std::string>;  // issuer, subject
using Accounts = absl::flat_hash_map<Key, std::shared_ptr<const AccountAccess>>;

absl::Status Changed(db::Transaction& tx) {
  return tx
      .Execute(
          "INSERT INTO access_version (shard, version) VALUES ($1, 1) "
          "ON CONFLICT (shard) DO UPDATE SET version = access_version.version + 1",
          tx.shard())
      .status();
}

GrantRow ReadGrant(const db::Row& row) {
  GrantRow grant{
      .name = row.Text(0), .role = row.Text(2), .area = row.Text(3), .from = row.Day(4), .until = row.Day(5)};
  if (!row.Text(6).empty()) {
    grant.purposes = absl::StrSplit(row.Text(6), ',');
  }
  return grant;
}

// The accounts of one shard.
absl::StatusOr<Accounts> ReadShard(db::Transaction& tx, const std::string& shard) {
  absl::flat_hash_map<std::string, std::pair<Key, AccountAccess>> by_name;
  ASSIGN_OR_RETURN(const std::vector<db::Row> accounts,
                   tx.Query("SELECT name, issuer, subject, person, active, revoked_before FROM access_account "
                            "WHERE shard = $1 ORDER BY name",
                            shard));
  for (const db::Row& row : accounts) {
    AccountAccess access{
        .account = row.Text(0), .person = row.Text(3), .active = row.Bool(4), .revoked_before_s = row.Int(5)};
    by_name[row.Text(0)] = {Key(row.Text(1), row.Text(2)), std::move(access)};
  }
  ASSIGN_OR_RETURN(const std::vector<db::Row> grants,
                   tx.Query("SELECT name, account, role, area, valid_from, valid_until, purposes FROM access_grant "
                            "WHERE shard = $1 ORDER BY name",
                            shard));
  for (const db::Row& row : grants) {
    if (const auto found = by_name.find(row.Text(1)); found != by_name.end()) {
      found->second.second.grants.push_back(ReadGrant(row));
    }
  }
  ASSIGN_OR_RETURN(
      const std::vector<db::Row> sessions,
      tx.Query("SELECT account, session FROM access_session WHERE shard = $1 ORDER BY account, session", shard));
  for (const db::Row& row : sessions) {
    if (const auto found = by_name.find(row.Text(0)); found != by_name.end()) {
      found->second.second.revoked_sessions.insert(row.Text(1));
    }
  }
  Accounts read;
  for (auto& [name, account] : by_name) {
    read[account.first] = std::make_shared<const AccountAccess>(std::move(account.second));
  }
  return read;
}

}  // namespace

absl::StatusOr<std::string> AccessShard(std::string_view account) {
  constexpr std::string_view kCollection = "accounts/";
  const std::string_view id = absl::StartsWith(account, kCollection) ? account.substr(kCollection.size()) : "";
  const size_t dash = id.find('-');
  std::string shard = absl::StrCat("a", id.substr(0, dash == std::string_view::npos ? 0 : dash));
  return IsAccessShard(shard) ? absl::StatusOr<std::string>(std::move(shard))
                              : Fail("NAME_INVALID", {{"field", "account"}});
}

absl::Status PutAccount(db::Transaction& tx, const AccountRow& account) {
  RETURN_IF_ERROR(
      tx.Execute("INSERT INTO access_account (shard, name, issuer, subject, person, active, revoked_before) "
                 "VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (shard, name) DO UPDATE SET "
                 "issuer = excluded.issuer, subject = excluded.subject, person = excluded.person, "
                 "active = excluded.active",
                 tx.shard(), account.name, account.issuer, account.subject, account.person, account.active)
          .status());
  return Changed(tx);
}

absl::Status PutGrant(db::Transaction& tx, std::string_view account, const GrantRow& grant) {
  // Only days of four-digit years are days in the database.
  const absl::CivilDay until = std::min(grant.until, absl::CivilDay(9999, 12, 31));
  RETURN_IF_ERROR(
      tx.Execute(
            "INSERT INTO access_grant (shard, name, account, role, area, valid_from, valid_until, purposes) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shard, name) DO UPDATE SET "
            "account = excluded.account, role = excluded.role, area = excluded.area, valid_from = excluded.valid_from, "
            "valid_until = excluded.valid_until, purposes = excluded.purposes",
            tx.shard(), grant.name, account, grant.role, grant.area, grant.from, until,
            absl::StrJoin(grant.purposes, ","))
          .status());
  return Changed(tx);
}

absl::Status PutRevocation(db::Transaction& tx, std::string_view account, std::string_view session, int64_t before_s) {
  if (session.empty()) {
    RETURN_IF_ERROR(tx.Execute("UPDATE access_account SET revoked_before = $3 WHERE shard = $1 AND name = $2 "
                               "AND revoked_before < $3",
                               tx.shard(), account, before_s)
                        .status());
  } else {
    RETURN_IF_ERROR(tx.Execute("INSERT INTO access_session (shard, account, session) VALUES ($1, $2, $3) "
                               "ON CONFLICT (shard, account, session) DO NOTHING",
                               tx.shard(), account, session)
                        .status());
  }
  return Changed(tx);
}

absl::Status ClearAccess(db::Transaction& tx) {
  for (const std::string_view statement :
       {"DELETE FROM access_account WHERE shard = $1", "DELETE FROM access_grant WHERE shard = $1",
        "DELETE FROM access_session WHERE shard = $1"}) {
    RETURN_IF_ERROR(tx.Execute(statement, tx.shard()).status());
  }
  return Changed(tx);
}

class AccessTable::Impl {
 public:
  Impl(db::Database& database, absl::Duration poll) : database_(database), poll_(poll) {}

  ~Impl() {
    {
      absl::MutexLock lock(&mu_);
      stopping_ = true;
    }
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  void Start() {
    thread_ = std::thread([this] { Loop(); });
  }

  absl::Status Refresh() {
    absl::MutexLock turn(&refresh_mu_);  // an older reading must not overwrite a newer one
    struct News {
      std::map<std::string, int64_t> versions;
      std::map<std::string, Accounts> shards;
    };
    const auto read = [this](db::Transaction& tx) -> absl::StatusOr<News> {
      News news;
      ASSIGN_OR_RETURN(const std::vector<db::Row> rows,
                       tx.Query("SELECT shard, version FROM access_version ORDER BY shard"));
      for (const db::Row& row : rows) {
        news.versions[row.Text(0)] = row.Int(1);
        const auto known = versions_.find(row.Text(0));
        if (known == versions_.end() || known->second != row.Int(1)) {
          ASSIGN_OR_RETURN(news.shards[row.Text(0)], ReadShard(tx, row.Text(0)));
        }
      }
      return news;
    };
    ASSIGN_OR_RETURN(News news, database_.Read(read));
    versions_ = std::move(news.versions);
    absl::MutexLock lock(&mu_);
    for (auto& [shard, accounts] : news.shards) {
      for (const Key& gone : subjects_[shard]) {
        accounts_.erase(gone);
      }
      subjects_[shard].clear();
      for (auto& [key, access] : accounts) {
        subjects_[shard].push_back(key);
        accounts_[key] = std::move(access);
      }
    }
    return absl::OkStatus();
  }

  std::shared_ptr<const AccountAccess> Find(std::string_view issuer, std::string_view subject) const {
    const std::pair<std::string, std::string> key(issuer, subject);
    absl::ReaderMutexLock lock(&mu_);
    const auto found = accounts_.find(key);
    return found == accounts_.end() ? nullptr : found->second;
  }

 private:
  void Loop() {
    while (true) {
      {
        absl::MutexLock lock(&mu_);
        if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), poll_)) {
          return;
        }
      }
      if (const absl::Status status = Refresh(); !status.ok()) {
        obs::LogStatus(obs::Level::kWarning, "access_refresh_failed", status);
      }
    }
  }

  db::Database& database_;
  const absl::Duration poll_;
  std::thread thread_;
  absl::Mutex refresh_mu_;
  std::map<std::string, int64_t> versions_;  // as read; guarded by refresh_mu_
  mutable absl::Mutex mu_;
  Accounts accounts_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, std::vector<Key>> subjects_ ABSL_GUARDED_BY(mu_);  // by shard
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

AccessTable::AccessTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AccessTable::~AccessTable() = default;

absl::StatusOr<std::unique_ptr<AccessTable>> AccessTable::Open(db::Database& database, absl::Duration poll) {
  auto impl = std::make_unique<Impl>(database, poll);
  RETURN_IF_ERROR(impl->Refresh());
  impl->Start();
  return std::unique_ptr<AccessTable>(new AccessTable(std::move(impl)));
}

std::shared_ptr<const AccountAccess> AccessTable::Find(std::string_view issuer, std::string_view subject) const {
  return impl_->Find(issuer, subject);
}

absl::Status AccessTable::Refresh() {
  return impl_->Refresh();
}

class MemoryAccess::Impl {
 public:
  absl::Mutex mu;
  Accounts accounts ABSL_GUARDED_BY(mu);
};

MemoryAccess::MemoryAccess() : impl_(std::make_unique<Impl>()) {}
MemoryAccess::~MemoryAccess() = default;

void MemoryAccess::Put(std::string_view issuer, std::string_view subject, AccountAccess account) {
  absl::MutexLock lock(&impl_->mu);
  impl_->accounts[Key(issuer, subject)] = std::make_shared<const AccountAccess>(std::move(account));
}

std::shared_ptr<const AccountAccess> MemoryAccess::Find(std::string_view issuer, std::string_view subject) const {
  absl::MutexLock lock(&impl_->mu);
  const auto found = impl_->accounts.find(Key(issuer, subject));
  return found == impl_->accounts.end() ? nullptr : found->second;
}

}  // namespace ruraledu::rpc
