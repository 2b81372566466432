#include "services/student_aid/follower.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/rpc/access_table.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "services/student_aid/erasure.h"
#include "services/student_aid/identification_run.h"
#include "services/student_aid/merge_claims.h"
#include "services/student_aid/payment_writes.h"

namespace ruraledu::student_aid {
namespace {

template <typename M>
absl::StatusOr<M> Join(const google::protobuf::Any& published, const std::string& personal) {
  M root;
  if (!root.ParseFromString(published.value()) || !root.MergeFromString(personal)) {
    return absl::DataLossError("a root of the registry's journal does not parse");
  }
  return root;
}

rpc::GrantRow RowOf(const registry_v1::Grant& grant) {
  rpc::GrantRow row{
      .name = grant.name(), .role = grant.role(), .area = grant.area().substr(grant.area().find('/') + 1)};
  row.from = DayOf(grant.valid_from()).value_or(absl::CivilDay(1970, 1, 1));
  row.until = grant.revoked() ? row.from : DayOf(grant.valid_to()).value_or(absl::CivilDay::max());
  row.purposes.assign(grant.purposes().begin(), grant.purposes().end());
  return row;
}

// Certificates only get tokens of the registry: their accounts are not needed here.
absl::Status PutAccess(db::Transaction& tx, const registry_v1::Account& account) {
  RETURN_IF_ERROR(rpc::PutAccount(tx, {.name = account.name(),
                                       .issuer = account.issuer(),
                                       .subject = account.subject(),
                                       .person = account.person(),
                                       .active = account.active()}));
  for (const registry_v1::Grant& grant : account.grants()) {
    if (!grant.confirmed_by().empty()) {
      RETURN_IF_ERROR(rpc::PutGrant(tx, account.name(), RowOf(grant)));
    }
  }
  if (account.revoked_before() > 0) {
    RETURN_IF_ERROR(rpc::PutRevocation(tx, account.name(), "", account.revoked_before()));
  }
  for (const std::string& session : account.revoked_sessions()) {
    RETURN_IF_ERROR(rpc::PutRevocation(tx, account.name(), session, 0));
  }
  return absl::OkStatus();
}

// Before the first account of a resync everything of the shard goes: nobody is allowed by what is no longer there.
absl::Status BeginAccessResync(db::Transaction& tx, int64_t resync) {
  ASSIGN_OR_RETURN(const bool first, MarkAccessResync(tx, resync));
  return first ? rpc::ClearAccess(tx) : absl::OkStatus();
}

// A merge, and the end of one, concerns the claims of both persons (merge_claims.h) and their records of
// identification.
absl::Status FollowMerge(db::Transaction& tx, const registry_v1::Student& student) {
  const std::string_view alias = feed::IdOfName(student.name());
  const std::string_view now = feed::IdOfName(student.merged_into());
  ASSIGN_OR_RETURN(const std::string known, MergedInto(tx, alias));
  for (const std::string_view person : {std::string_view(known), now}) {
    if (known != now && !person.empty()) {
      RETURN_IF_ERROR(InsertMergeClaims(tx, alias, person));
      RETURN_IF_ERROR(InsertMergeRecords(tx, person));
    }
  }
  return known != now && now.empty() ? InsertMergeRecords(tx, alias) : absl::OkStatus();
}

// Once: afterwards the copy has no name any more.
absl::Status FollowErasure(db::Transaction& tx, const registry_v1::Student& student) {
  if (!student.has_erased_on()) {
    return absl::OkStatus();
  }
  const std::string_view person = feed::IdOfName(student.name());
  ASSIGN_OR_RETURN(const auto known, FindPupil(tx, tx.shard(), person));
  return known.has_value() && !known->display_name.empty() ? InsertErasePerson(tx, person) : absl::OkStatus();
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
  return IsAccessShard(shard) ? BeginAccessResync(tx, resync) : DropUnseen(tx, shard, resync);
}

absl::Status RegistryCopy::ApplyAll(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry,
                                    const Seen& seen) {
  ruraledu::feed::v1::RootEvent event;
  ruraledu::feed::v1::RootPersonal personal;
  if (!event.ParseFromString(entry.body()) || !personal.ParseFromString(entry.personal())) {
    return absl::DataLossError("an entry of the registry's journal does not parse");
  }
  for (int i = 0; i < event.changes_size(); ++i) {
    const bool there = i < personal.changes_size();
    RETURN_IF_ERROR(ApplyRoot(tx, event.changes(i).after(), there ? personal.changes(i) : std::string(), seen));
  }
  return absl::OkStatus();
}

void RegistryCopy::Digest(std::string* id_number) const {
  if (!id_number->empty()) {
    *id_number = absl::BytesToHexString(keys_.Fingerprint({"id_number", *id_number}));
  }
}

absl::Status RegistryCopy::ApplyRoot(db::Transaction& tx, const google::protobuf::Any& root,
                                     const std::string& personal, const Seen& seen) {
  if (root.Is<registry_v1::Student>()) {
    ASSIGN_OR_RETURN(auto student, Join<registry_v1::Student>(root, personal));
    Digest(student.mutable_id_number());
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    RETURN_IF_ERROR(FollowMerge(tx, student));
    RETURN_IF_ERROR(FollowErasure(tx, student));
    return PutPupil(tx, *sealer, student, CardDigest(keys_, student.contact().card_number()), seen);
  }
  if (root.Is<registry_v1::Household>()) {
    ASSIGN_OR_RETURN(auto household, Join<registry_v1::Household>(root, personal));
    for (auto& member : *household.mutable_members()) {
      Digest(member.mutable_id_number());
    }
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    return PutHousehold(tx, *sealer, household, seen);
  }
  if (root.Is<registry_v1::School>()) {
    ASSIGN_OR_RETURN(const auto school, Join<registry_v1::School>(root, personal));
    return PutSchool(tx, school, seen);
  }
  if (root.Is<registry_v1::Calendar>()) {
    ASSIGN_OR_RETURN(const auto calendar, Join<registry_v1::Calendar>(root, personal));
    return PutCalendar(tx, calendar, seen);
  }
  if (root.Is<registry_v1::Import>()) {
    ASSIGN_OR_RETURN(const auto import, Join<registry_v1::Import>(root, personal));
    return PutBatch(tx, feed::IdOfName(import.name()), import.state() == registry_v1::IMPORT_STATE_PARTLY_APPLIED,
                    seen);
  }
  if (root.Is<registry_v1::Account>()) {
    ASSIGN_OR_RETURN(const auto account, Join<registry_v1::Account>(root, personal));
    return PutAccess(tx, account);
  }
  return absl::OkStatus();  // teachers, classes, regions ...: not ours
}

}  // namespace ruraledu::student_aid
