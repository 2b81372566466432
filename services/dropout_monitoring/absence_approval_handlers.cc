// Approvals by which a child may stay away for a time.
#include <algorithm>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/absence_approval_rules.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/placement_rules.h"
#include "services/dropout_monitoring/population_facts.h"
#include "services/dropout_monitoring/population_tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string AreaOf(const v1::AbsenceApproval& approval) {
  return approval.area();
}
const rpc::RootKind<v1::AbsenceApproval> kKind{kAbsenceApprovals, AreaOf, nullptr};
constexpr std::string_view kOpinion = "COMMITTEE_OPINION";  // of the list case_evidence
constexpr std::string_view kUnmaskApprovals = "dropout_monitoring.absence_approvals.unmask";

// A student of the county, else a child of a list.
absl::Status FillChild(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, const std::string& child,
                       v1::AbsenceApproval* approval) {
  approval->set_child(child);
  const std::string id(feed::IdOfName(child));
  if (rpc::ShardOf(child, kResidents.collection).value_or("") == tx.shard()) {
    ASSIGN_OR_RETURN(const auto resident, feed::Load<v1::Resident>(tx, sealer, kResidents, tx.shard(), id));
    if (!resident.has_value()) {
      return call.CheckMissing(child);
    }
    approval->set_child_key(id);
    approval->set_area(resident->area());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const StudentPlace place, PlaceOfStudent(call, tx, child));
  approval->set_child_key(place.person);
  approval->set_area(place.area);
  return absl::OkStatus();
}

// A paper that is an opinion of the expert committee is one that the committee gave of this child.
absl::Status CheckCommittee(db::Transaction& tx, crypto::KeyRing& keys, const crypto::Sealer& sealer,
                            const Standards& standards, absl::CivilDay on, const v1::AbsenceApproval& approval) {
  const std::vector<std::string>& papers = standards.approvals.Of(approval.kind()).evidence;
  if (std::find(papers.begin(), papers.end(), kOpinion) == papers.end()) {
    return absl::OkStatus();
  }
  std::string id = approval.child_key();
  ASSIGN_OR_RETURN(const auto resident, feed::Load<v1::Resident>(tx, sealer, kResidents, tx.shard(), id));
  if (resident.has_value()) {  // the ledger of disabled children has its own key of a child that no register knows
    v1::ChildFile child;
    FillChildFile(*resident, &child);
    id = UnknownChildId(keys, child, resident->area());
  }
  ASSIGN_OR_RETURN(const auto child, feed::Load<v1::DisabledChild>(tx, sealer, kDisabledChildren, tx.shard(), id));
  return CheckOpinionFor(standards.care.placements, EnumText(approval.kind()), child.has_value() ? &*child : nullptr,
                         on);
}

}  // namespace

absl::StatusOr<v1::AbsenceApproval> Handlers::ProposeAbsenceApproval(rpc::Call& call,
                                                                     const v1::ProposeAbsenceApprovalRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  violations.Require(request.kind() != v1::APPROVAL_KIND_UNSPECIFIED, "kind");
  const auto from = DayOf(request.valid_from(), "valid_from", &violations);
  const auto until = DayOf(request.valid_until(), "valid_until", &violations);
  violations.Require(from.has_value(), "valid_from");
  violations.Require(until.has_value(), "valid_until");
  CheckEvidence(standards_.cases.codes(), act.on, request.evidence(), "evidence", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string collection = absl::StrCat(request.parent(), "/absenceApprovals/");
  return rpc::WriteRoot(
      call, host_, kKind, collection + rpc::StableId(call), true, "PROPOSE",
      [&](db::Transaction& tx, const v1::AbsenceApproval*, v1::AbsenceApproval& after) -> absl::Status {
        RETURN_IF_ERROR(FillChild(call, tx, *sealer, request.child(), &after));
        RETURN_IF_ERROR(call.CheckArea(after.area()));
        *after.mutable_valid_from() = request.valid_from();
        *after.mutable_valid_until() = request.valid_until();
        *after.mutable_evidence() = request.evidence();
        RETURN_IF_ERROR(ProposeApproval(standards_.approvals.Of(request.kind()), act, &after));
        RETURN_IF_ERROR(CheckCommittee(tx, host_.keys, *sealer, standards_, act.on, after));
        ASSIGN_OR_RETURN(const std::string there,
                         ApprovalWithin(tx, shard, after.child_key(), request.kind(), *from, *until));
        return there.empty() ? absl::OkStatus() : Fail("APPROVAL_THERE", {{"name", collection + there}});
      });
}

absl::StatusOr<v1::AbsenceApproval> Handlers::DecideAbsenceApproval(rpc::Call& call,
                                                                    const v1::DecideAbsenceApprovalRequest& request) {
  const CaseAct act = CaseActOf(call, request.reason());
  Violations violations;
  violations.Require(!request.approve() || !request.paper().empty(), "paper");
  violations.Require(request.approve() || !request.reason().empty(), "reason");
  violations.MostBytes("paper", request.paper(), kMostCaseName);
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, request.approve() ? "GRANT" : "REFUSE",
      [&](db::Transaction& tx, const v1::AbsenceApproval* before, v1::AbsenceApproval& after) -> absl::Status {
        const ApprovalTerm& term = standards_.approvals.Of(before->kind());
        RETURN_IF_ERROR(call.CheckArea(DecidedIn(term, before->area()), request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        if (request.approve()) {
          ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(tx.shard()));
          RETURN_IF_ERROR(CheckCommittee(tx, host_.keys, *sealer, standards_, act.on, *before));
        }
        return DecideApproval(term, act, request.approve(), request.paper(), &after);
      });
}

absl::StatusOr<v1::AbsenceApproval> Handlers::WithdrawAbsenceApproval(
    rpc::Call& call, const v1::WithdrawAbsenceApprovalRequest& request) {
  const CaseAct act = CaseActOf(call, request.reason());
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "WITHDRAW",
      [&](db::Transaction&, const v1::AbsenceApproval* before, v1::AbsenceApproval& after) -> absl::Status {
        const ApprovalTerm& term = standards_.approvals.Of(before->kind());
        RETURN_IF_ERROR(call.CheckArea(DecidedIn(term, before->area()), request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return WithdrawApproval(term, act, &after);
      });
}

absl::StatusOr<v1::AbsenceApproval> Handlers::GetAbsenceApproval(rpc::Call& call,
                                                                 const v1::GetAbsenceApprovalRequest& request) {
  ASSIGN_OR_RETURN(v1::AbsenceApproval approval,
                   rpc::GetRoot<v1::AbsenceApproval>(call, host_, kAbsenceApprovals, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(approval);
    return approval;
  }
  RETURN_IF_ERROR(
      rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskApprovals, approval.area(), request.name()));
  return approval;
}

absl::StatusOr<v1::ListAbsenceApprovalsResponse> Handlers::ListAbsenceApprovals(
    rpc::Call& call, const v1::ListAbsenceApprovalsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"valid_until"}};
  if (request.kind() != v1::APPROVAL_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::ApprovalKind_Name(request.kind()));
  }
  if (request.state() != v1::APPROVAL_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::ApprovalState_Name(request.state()));
  }
  if (!request.child().empty()) {
    spec.equal.emplace_back("child_key", std::string(feed::IdOfName(request.child())));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::AbsenceApproval, v1::ListAbsenceApprovalsRequest, v1::ListAbsenceApprovalsResponse>(
      call, host_, kAbsenceApprovals, spec, request, &v1::ListAbsenceApprovalsResponse::mutable_approvals);
}

}  // namespace ruraledu::dropout_monitoring
