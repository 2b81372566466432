// Profiles of absence, what they say, and the state of children.
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "services/dropout_monitoring/absence_run.h"
#include "services/dropout_monitoring/attendance_rules.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

absl::StatusOr<v1::ListAbsenceProfilesResponse> Handlers::ListAbsenceProfiles(
    rpc::Call& call, const v1::ListAbsenceProfilesRequest& request) {
  v1::ListAbsenceProfilesResponse response;
  const ProfileBook& book = standards_.profiles;
  response.mutable_profiles()->Assign(book.profiles().begin(), book.profiles().end());
  response.mutable_in_force()->Assign(book.in_force().begin(), book.in_force().end());
  return response;
}

absl::StatusOr<v1::EvaluateAttendanceResponse> Handlers::EvaluateAttendance(
    rpc::Call& call, const v1::EvaluateAttendanceRequest& request) {
  return dropout_monitoring::EvaluateAttendance(standards_.profiles, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartEvaluation(rpc::Call& call,
                                                                  const v1::StartEvaluationRequest& request) {
  Violations violations;
  violations.Require(request.has_on(), "on");
  const auto on = DayOf(request.on(), "on", &violations);
  if (on.has_value() && *on > call.clock().Today()) {
    violations.Add("on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  RETURN_IF_ERROR(violations.status());
  v1::EvaluationPlan plan;
  *plan.mutable_on() = request.on();
  *plan.mutable_after() = rpc::OfRegistry(request.after());
  return rpc::StartJob(shared_, call, request.parent(), kEvaluationJob, plan,
                       rpc::NoOpenBatch(shared_, request.parent(), plan.after()));
}

absl::StatusOr<v1::Absence> Handlers::GetAbsence(rpc::Call& call, const v1::GetAbsenceRequest& request) {
  return rpc::GetRoot<v1::Absence>(call, host_, kAbsences, request.name(),
                                   [](const v1::Absence& absence) { return absence.area(); });
}

absl::StatusOr<v1::ListAbsencesResponse> Handlers::ListAbsences(rpc::Call& call,
                                                                const v1::ListAbsencesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"shown", int64_t{1}}}};
  if (request.step() != v1::ABSENCE_STEP_UNSPECIFIED) {
    spec.equal.emplace_back("step", v1::AbsenceStep_Name(request.step()));
  }
  if (request.no_record_only()) {
    spec.equal.emplace_back("no_record", int64_t{1});
  }
  if (request.disputed_only()) {
    spec.equal.emplace_back("disputed", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Absence, v1::ListAbsencesRequest, v1::ListAbsencesResponse>(
      call, host_, kAbsences, spec, request, &v1::ListAbsencesResponse::mutable_absences);
}

}  // namespace ruraledu::dropout_monitoring
