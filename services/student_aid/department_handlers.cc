// Lists of aid that other departments give, and caps over all of it.
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "services/student_aid/department_run.h"
#include "services/student_aid/department_store.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnmaskDepartments = "student_aid.departments.unmask";

template <typename M>
std::string AreaOf(const M& root) {
  return root.area();
}

const rpc::RootKind<v1::DepartmentAidList> kList{kDepartmentAidLists, AreaOf<v1::DepartmentAidList>, nullptr};

absl::Status CheckNew(const DepartmentBook& departments, absl::CivilDay today,
                      const v1::CreateDepartmentAidListRequest& request) {
  Violations violations;
  violations.Require(!request.department().empty(), "department");
  if (!request.department().empty() && !departments.KnowsDepartment(request.department(), today)) {
    violations.Add("department", "CODE_UNKNOWN", {{"list", "aid_department"}});
  }
  violations.Require(request.has_from(), "from");
  violations.Require(request.has_until(), "until");
  const auto from = DayOf(request.from(), "from", &violations);
  const auto until = DayOf(request.until(), "until", &violations);
  if (from.has_value() && until.has_value() && *until < *from) {
    violations.Add("until", "SPAN_ORDER");
  }
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::EvaluateAidCapResponse> Handlers::EvaluateAidCap(rpc::Call&,
                                                                    const v1::EvaluateAidCapRequest& request) {
  return student_aid::EvaluateAidCap(departments_, request);
}

absl::StatusOr<v1::DepartmentAidList> Handlers::CreateDepartmentAidList(
    rpc::Call& call, const v1::CreateDepartmentAidListRequest& request) {
  RETURN_IF_ERROR(CheckNew(departments_, call.clock().Today(), request));
  const std::string name =
      absl::StrCat(request.parent(), "/", kDepartmentAidLists.collection, "/", NewId(call.clock()));
  return rpc::WriteRoot(call, host_, kList, name, true, "CREATE",
                        [&](db::Transaction&, const v1::DepartmentAidList*, v1::DepartmentAidList& after) {
                          after.set_area(std::string(rpc::CountyOfParent(request.parent())));
                          after.set_department(request.department());
                          *after.mutable_from() = request.from();
                          *after.mutable_until() = request.until();
                          after.set_slot(SlotOf(host_.keys, after));
                          after.set_state(v1::DEPARTMENT_AID_LIST_STATE_OPEN);
                          return absl::OkStatus();
                        });
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ImportDepartmentAidList(
    rpc::Call& call, const v1::ImportDepartmentAidListRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kDepartmentAidLists.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  // Settles the area, for replays too.
  RETURN_IF_ERROR(rpc::GetRoot<v1::DepartmentAidList>(call, host_, kDepartmentAidLists, request.name(),
                                                      AreaOf<v1::DepartmentAidList>)
                      .status());
  v1::DepartmentAidListPlan plan;
  plan.set_list(request.name());
  plan.set_file(request.file());
  plan.set_person(ActOf(call).person);
  return rpc::StartJob(shared_, call, absl::StrCat("counties/", shard.substr(1)), kDepartmentAidJob, plan,
                       [&](db::Transaction& tx) -> absl::Status {
                         ASSIGN_OR_RETURN(auto list,
                                          feed::Load<v1::DepartmentAidList>(tx, *sealer, kDepartmentAidLists, shard,
                                                                            feed::IdOfName(request.name())));
                         RETURN_IF_ERROR(StepList("read", &*list));
                         return CheckFileOf(tx, host_.keys, request.file(), request.name());
                       });
}

absl::StatusOr<v1::DepartmentAidList> Handlers::WithdrawDepartmentAidList(
    rpc::Call& call, const v1::WithdrawDepartmentAidListRequest& request) {
  Violations violations;
  violations.Require(!request.reason().empty(), "reason");
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(
      call, host_, kList, request.name(), false, "WITHDRAW",
      [&](db::Transaction&, const v1::DepartmentAidList* before, v1::DepartmentAidList& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(StepList("withdraw", &after));
        after.set_withdrawn_by(act.person);
        *after.mutable_withdrawn_on() = DateOf(act.on);
        after.set_reason(act.reason);
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::DepartmentAidList> Handlers::GetDepartmentAidList(rpc::Call& call,
                                                                     const v1::GetDepartmentAidListRequest& request) {
  ASSIGN_OR_RETURN(v1::DepartmentAidList list,
                   rpc::GetRoot<v1::DepartmentAidList>(call, host_, kDepartmentAidLists, request.name(),
                                                       AreaOf<v1::DepartmentAidList>));
  if (!request.unmask()) {
    rpc::MaskRoot(list);
    return list;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskDepartments, list.area(), list.name()));
  return list;
}

absl::StatusOr<v1::ListDepartmentAidListsResponse> Handlers::ListDepartmentAidLists(
    rpc::Call& call, const v1::ListDepartmentAidListsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {}};
  if (request.state() != v1::DEPARTMENT_AID_LIST_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::DepartmentAidListState_Name(request.state()));
  }
  return rpc::ListRoots<v1::DepartmentAidList, v1::ListDepartmentAidListsRequest, v1::ListDepartmentAidListsResponse>(
      call, host_, kDepartmentAidLists, spec, request, &v1::ListDepartmentAidListsResponse::mutable_lists);
}

absl::StatusOr<v1::DepartmentAid> Handlers::GetDepartmentAid(rpc::Call& call,
                                                             const v1::GetDepartmentAidRequest& request) {
  ASSIGN_OR_RETURN(v1::DepartmentAid aid, rpc::GetRoot<v1::DepartmentAid>(call, host_, kDepartmentAids, request.name(),
                                                                          AreaOf<v1::DepartmentAid>));
  if (!request.unmask()) {
    rpc::MaskRoot(aid);
    return aid;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskDepartments, aid.area(), aid.name()));
  return aid;
}

absl::StatusOr<v1::ListDepartmentAidsResponse> Handlers::ListDepartmentAids(
    rpc::Call& call, const v1::ListDepartmentAidsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.list().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.list(), kDepartmentAidLists.collection).status());
    spec.equal.emplace_back("list_id", std::string(feed::IdOfName(request.list())));
  }
  if (!request.person().empty()) {
    spec.equal.emplace_back("person", request.person());
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::DepartmentAid, v1::ListDepartmentAidsRequest, v1::ListDepartmentAidsResponse>(
      call, host_, kDepartmentAids, spec, request, &v1::ListDepartmentAidsResponse::mutable_aids);
}

}  // namespace ruraledu::student_aid
