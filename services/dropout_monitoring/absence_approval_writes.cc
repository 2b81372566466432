#include "services/dropout_monitoring/absence_approval_writes.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/absence_approval_rules.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/population_facts.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

class Search {
 public:
  Search(db::Transaction& tx, const crypto::Sealer& sealer, const ApprovalTurn& turn)
      : tx_(tx), sealer_(sealer), turn_(turn) {}

  // What became of the child; who it is goes to `found`.
  absl::StatusOr<ApprovalEnd> For(const v1::AbsenceApproval& approval, FoundFacts* found) const {
    ASSIGN_OR_RETURN(const std::string person, WhoStays(tx_, tx_.shard(), approval.child_key()));
    ASSIGN_OR_RETURN(ApprovalEnd end, Follows({approval.child_key(), person}));
    if (!end.followed_by.empty()) {
      return end;
    }
    ASSIGN_OR_RETURN(const auto student, LoadPupil(tx_, sealer_, tx_.shard(), person));
    if (student.has_value()) {
      return OfStudent(person, *student, found);
    }
    ASSIGN_OR_RETURN(const auto resident,
                     feed::Load<v1::Resident>(tx_, sealer_, kResidents, tx_.shard(), approval.child_key()));
    if (!resident.has_value()) {
      end.left = true;  // nothing is known of it any more
      return end;
    }
    return OfResident(*resident, found);
  }

 private:
  // Another approval, or a placement for a time, that holds today.
  absl::StatusOr<ApprovalEnd> Follows(const std::set<std::string>& keys) const {
    ApprovalEnd end;
    ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(tx_.shard()));
    const PlacementBook& book = turn_.standards.care.placements;
    for (const std::string& key : keys) {
      ASSIGN_OR_RETURN(const std::string other, ApprovedOn(tx_, tx_.shard(), key, turn_.today));
      if (!other.empty()) {
        end.followed_by = absl::StrCat(parent, "/absenceApprovals/", other);
        return end;
      }
      ASSIGN_OR_RETURN(const auto child,
                       feed::Load<v1::DisabledChild>(tx_, sealer_, kDisabledChildren, tx_.shard(), key));
      const v1::Placement* placed = child.has_value() ? PlacementInForce(*child, turn_.today) : nullptr;
      const v1::PlacementKind* kind = placed == nullptr ? nullptr : book.Kind(placed->kind());
      if (kind != nullptr && kind->most_months() > 0) {
        end.followed_by = child->name();
        return end;
      }
    }
    return end;
  }

  ApprovalEnd OfStudent(const std::string& person, const registry_v1::Student& student, FoundFacts* found) const {
    found->person = person;
    const CodeList& statuses = turn_.standards.statuses;
    return {
        .left = !student.moved_to().empty() || student.has_erased_on() || OffTheRegister(statuses, student.status()),
        .back = IsBack(statuses, student.status())};
  }

  // By its number it may be a student whom no comparison has matched yet.
  absl::StatusOr<ApprovalEnd> OfResident(const v1::Resident& resident, FoundFacts* found) const {
    std::string shard = resident.student().empty() ? "" : ShardOfName(resident.student()).value_or("");
    std::string person(feed::IdOfName(resident.student()));
    if (shard.empty() && !resident.id_number().empty()) {
      ASSIGN_OR_RETURN(const auto owners, OwnersOfDigest(tx_, IdDigest(turn_.host.keys, resident.id_number())));
      for (const DigestOwner& owner : owners) {
        if (shard.empty() || owner.shard == tx_.shard()) {
          shard = owner.shard;
          person = owner.person;
        }
      }
    }
    const CodeEntry* where = turn_.standards.comparisons.codes().whereabouts.Find(resident.whereabouts());
    if ((!shard.empty() && shard != tx_.shard()) || (where != nullptr && where->Attribute("left") == "yes")) {
      return ApprovalEnd{.left = true};
    }
    if (!shard.empty()) {
      ASSIGN_OR_RETURN(person, WhoStays(tx_, shard, person));
      ASSIGN_OR_RETURN(const auto student, LoadPupil(tx_, sealer_, shard, person));
      if (student.has_value()) {
        return OfStudent(person, *student, found);
      }
    }
    found->child_key = std::string(feed::IdOfName(resident.name()));
    found->township = resident.area();
    FillChildFile(resident, &found->child);
    return ApprovalEnd();
  }

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  const ApprovalTurn& turn_;
};

}  // namespace

absl::Status LookAtApprovals(db::Transaction& tx, feed::RootWriter& writer, const ApprovalTurn& turn,
                             const std::vector<std::string>& ids) {
  ASSIGN_OR_RETURN(const auto sealer, turn.host.keys.SealerOf(tx.shard()));
  const CaseTools tools{turn.standards.cases, turn.host.keys};
  const Search search(tx, *sealer, turn);
  std::set<std::string> opened;  // the writer's rows are not read back: one case per child and write
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(const auto before,
                     feed::Load<v1::AbsenceApproval>(tx, *sealer, kAbsenceApprovals, tx.shard(), id));
    if (!before.has_value() || !before->has_clock_on()) {
      continue;  // somebody was faster
    }
    FoundFacts found{.actor = turn.actor, .today = turn.today, .tools = &tools};
    v1::Finding& finding = found.findings.emplace_back();
    finding.set_channel(v1::DISCOVERY_CHANNEL_COMPARISON);
    *finding.mutable_on() = DateOf(turn.today);
    finding.set_source(before->name());
    ASSIGN_OR_RETURN(const ApprovalEnd end, search.For(*before, &found));
    v1::AbsenceApproval after = *before;
    RETURN_IF_ERROR(EndApproval(turn.today, end, &after));
    if (after.state() == v1::APPROVAL_STATE_NOT_BACK) {
      ASSIGN_OR_RETURN(const auto open, OpenCaseOf(tx, tx.shard(), before->child_key()));
      if (open.has_value()) {  // from before the child was matched or merged
        found.person.clear();
        found.child_key = before->child_key();
      }
      if (!opened.insert(found.person.empty() ? found.child_key : found.person).second) {
        continue;  // the next page takes it, with the case there
      }
      ASSIGN_OR_RETURN(*after.mutable_case_name(), OpenFound(tx, writer, found));
    }
    RETURN_IF_ERROR(writer.Put(kAbsenceApprovals, &*before, after, "CLOCK").status());
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
