#include "common/rpc/registry_copy.h"

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "common/rpc/access_table.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/import.pb.h"

namespace ruraledu::rpc {
namespace {

namespace registry_v1 = ruraledu::registry::v1;

GrantRow RowOf(const registry_v1::Grant& grant) {
  GrantRow row{.name = grant.name(), .role = grant.role(), .area = grant.area().substr(grant.area().find('/') + 1)};
  row.from = DayOf(grant.valid_from()).value_or(absl::CivilDay(1970, 1, 1));
  row.until = grant.revoked() ? row.from : DayOf(grant.valid_to()).value_or(absl::CivilDay::max());
  row.purposes.assign(grant.purposes().begin(), grant.purposes().end());
  return row;
}

// Certificates only get tokens of the registry: their accounts are not needed here.
absl::Status PutAccess(db::Transaction& tx, const registry_v1::Account& account) {
  RETURN_IF_ERROR(PutAccount(tx, {.name = account.name(),
                                  .issuer = account.issuer(),
                                  .subject = account.subject(),
                                  .person = account.person(),
                                  .active = account.active()}));
  for (const registry_v1::Grant& grant : account.grants()) {
    if (!grant.confirmed_by().empty()) {
      RETURN_IF_ERROR(PutGrant(tx, account.name(), RowOf(grant)));
    }
  }
  if (account.revoked_before() > 0) {
    RETURN_IF_ERROR(PutRevocation(tx, account.name(), "", account.revoked_before()));
  }
  for (const std::string& session : account.revoked_sessions()) {
    RETURN_IF_ERROR(PutRevocation(tx, account.name(), session, 0));
  }
  return absl::OkStatus();
}

// Before the first account of a resync everything of the shard goes: nobody is allowed by what is no longer there.
absl::Status BeginAccessResync(db::Transaction& tx, int64_t resync) {
  ASSIGN_OR_RETURN(
      const int64_t changed,
      tx.Execute("INSERT INTO access_resync (shard, mark) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET "
                 "mark = excluded.mark WHERE access_resync.mark <> excluded.mark",
                 tx.shard(), resync));
  return changed > 0 ? ClearAccess(tx) : absl::OkStatus();
}

bool IsAccessShard(std::string_view shard) {
  return shard.starts_with('a');
}

}  // namespace

absl::Status RegistryCopy::Apply(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry) {
  return ApplyAll(tx, entry, {.version = entry.seq()});
}

absl::Status RegistryCopy::ApplyState(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry,
                                      int64_t resync) {
  if (IsAccessShard(tx.shard())) {
    RETURN_IF_ERROR(BeginAccessResync(tx, resync));
  }
  return ApplyAll(tx, entry, {.version = entry.seq(), .resync = resync});
}

absl::Status RegistryCopy::FinishResync(db::Transaction& tx, std::string_view shard, int64_t resync) {
  return IsAccessShard(shard) ? BeginAccessResync(tx, resync) : feed::DropUnseen(tx, tables_, shard, resync);
}

absl::Status RegistryCopy::ApplyAll(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry,
                                    const feed::Seen& seen) {
  ruraledu::feed::v1::RootEvent event;
  ruraledu::feed::v1::RootPersonal personal;
  if (!event.ParseFromString(entry.body()) || !personal.ParseFromString(entry.personal())) {
    return absl::DataLossError("an entry of the registry's journal does not parse");
  }
  for (int i = 0; i < event.changes_size(); ++i) {
    const bool there = i < personal.changes_size();
    RETURN_IF_ERROR(ApplyShared(tx, event.changes(i).after(), there ? personal.changes(i) : std::string(), seen));
  }
  return absl::OkStatus();
}

absl::Status RegistryCopy::ApplyShared(db::Transaction& tx, const google::protobuf::Any& root,
                                       const std::string& personal, const feed::Seen& seen) {
  if (root.Is<registry_v1::Import>()) {
    ASSIGN_OR_RETURN(const auto import, Join<registry_v1::Import>(root, personal));
    return feed::PutBatch(tx, feed::IdOfName(import.name()), import.state() == registry_v1::IMPORT_STATE_PARTLY_APPLIED,
                          seen);
  }
  if (root.Is<registry_v1::Account>()) {
    ASSIGN_OR_RETURN(const auto account, Join<registry_v1::Account>(root, personal));
    return PutAccess(tx, account);
  }
  return ApplyRoot(tx, root, personal, seen);
}

ruraledu::common::v1::Positions OfRegistry(const ruraledu::common::v1::Positions& after) {
  ruraledu::common::v1::Positions positions;
  for (const auto& position : after.positions()) {
    if (position.service() == "registry") {
      *positions.add_positions() = position;
    }
  }
  return positions;
}

std::function<absl::Status(db::Transaction&)> NoOpenBatch(const SharedMethods& shared, const std::string& parent,
                                                          const ruraledu::common::v1::Positions& after) {
  return [service = shared.service, instance = shared.host.database.instance(), parent,
          after](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, service, instance, after));
    if (!reached) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const bool open, tx.shard().starts_with('p') ? feed::BatchOpenWithin(tx, tx.shard().substr(1, 2))
                                                                  : feed::BatchOpen(tx, tx.shard()));
    return open ? Fail("BATCH_OPEN", {{"county", parent}}) : absl::OkStatus();
  };
}

}  // namespace ruraledu::rpc
