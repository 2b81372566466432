// Early warning: weights, the score of facts, what schools say of learning, the ranked list.
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/risk_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kUnmaskRisks = "dropout_monitoring.risks.unmask";
constexpr int kMostSubjects = 50;

std::string AreaOfRisk(const v1::Risk& risk) {
  return risk.area();
}

absl::Status CheckLearning(const v1::Learning& learning) {
  Violations violations;
  violations.Require(!learning.term().empty(), "learning.term");
  if (!learning.term().empty() && !ParseTerm(learning.term()).ok()) {
    violations.Add("learning.term", "TERM_FORMAT");
  }
  if (learning.subjects_failed() < 0 || learning.subjects_failed() > kMostSubjects) {
    violations.Add("learning.subjects_failed", "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(kMostSubjects)}});
  }
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::ListRiskPoliciesResponse> Handlers::ListRiskPolicies(rpc::Call&,
                                                                        const v1::ListRiskPoliciesRequest&) {
  v1::ListRiskPoliciesResponse response;
  const auto policies = standards_.care.risks.policies();
  response.mutable_policies()->Assign(policies.begin(), policies.end());
  return response;
}

absl::StatusOr<v1::EvaluateRiskResponse> Handlers::EvaluateRisk(rpc::Call&, const v1::EvaluateRiskRequest& request) {
  return dropout_monitoring::EvaluateRisk(standards_.care.risks, request);
}

absl::StatusOr<v1::Risk> Handlers::RecordLearning(rpc::Call& call, const v1::RecordLearningRequest& request) {
  RETURN_IF_ERROR(CheckLearning(request.learning()));
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kRisks.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string person(feed::IdOfName(request.name()));
  const CaseAct act = CaseActOf(call);
  const auto load = [&](db::Transaction& tx) -> absl::StatusOr<ScoredChild> {
    auto child = ScoredChildOf(tx, host_.keys, shard, person, act.on);
    if (!child.ok()) {  // whether the child is here is told to a settled caller only
      const absl::Status missing = call.CheckMissing(request.name());
      return absl::IsNotFound(missing) ? child.status() : missing;
    }
    RETURN_IF_ERROR(call.CheckArea(child->student.area(), request.name()));
    return child;
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(ScoredChild child, load(tx));
        const std::optional<v1::Risk> before = child.before;
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.has_value() ? before->etag() : ""));
        child.before = before.value_or(v1::Risk());
        *child.before->mutable_learning() = request.learning();
        child.before->mutable_learning()->set_recorded_by(act.person);
        *child.before->mutable_learning()->mutable_recorded_on() = DateOf(act.on);
        ASSIGN_OR_RETURN(const auto absence, feed::Load<v1::Absence>(tx, *sealer, kAbsences, shard, person));
        ASSIGN_OR_RETURN(const Suspicions earlier, SuspicionsOf(tx, shard, person));
        ASSIGN_OR_RETURN(const v1::RiskPolicy* const policy, RiskPolicyOf(standards_, shard, act.on));
        ASSIGN_OR_RETURN(const auto after,
                         Rescored(standards_, *policy, shard, child,
                                  absence.has_value() ? absence->evaluation() : v1::AbsenceEvaluation(),
                                  earlier.empty() ? 0 : earlier.begin()->second, act.on));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kRisks, before.has_value() ? &*before : nullptr, *after, "LEARNING").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::Risk> {
        ASSIGN_OR_RETURN(ScoredChild child, load(tx));
        rpc::MaskRoot(*child.before);
        return *std::move(child.before);
      });
}

absl::StatusOr<v1::Risk> Handlers::GetRisk(rpc::Call& call, const v1::GetRiskRequest& request) {
  ASSIGN_OR_RETURN(v1::Risk risk, rpc::GetRoot<v1::Risk>(call, host_, kRisks, request.name(), AreaOfRisk));
  if (!request.unmask()) {
    rpc::MaskRoot(risk);
    return risk;
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskRisks, risk.area(), request.name()));
  return risk;
}

absl::StatusOr<v1::ListRisksResponse> Handlers::ListRisks(rpc::Call& call, const v1::ListRisksRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"rank", "area"}};
  if (request.level() != v1::RISK_LEVEL_UNSPECIFIED) {
    spec.equal.emplace_back("level", v1::RiskLevel_Name(request.level()));
  } else {
    spec.also = [](std::vector<db::Value>* args) {
      args->push_back(v1::RiskLevel_Name(v1::RISK_LEVEL_UNSPECIFIED));
      return absl::StrCat("level <> $", args->size());
    };
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Risk, v1::ListRisksRequest, v1::ListRisksResponse>(call, host_, kRisks, spec, request,
                                                                               &v1::ListRisksResponse::mutable_risks);
}

}  // namespace ruraledu::dropout_monitoring
