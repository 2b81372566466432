// Monthly register cleaning.
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/monthly_handlers.h"
#include "services/dropout_monitoring/register_check_facts.h"
#include "services/dropout_monitoring/register_check_store.h"
#include "services/dropout_monitoring/report_facts.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kUnmaskChecks = "dropout_monitoring.register_checks.unmask";
constexpr int32_t kMostUnknown = 100000;

std::string AreaOf(const v1::RegisterCheck& check) {
  return check.area();
}

const MonthlyKind<v1::RegisterCheck> kMonthly{kRegisterChecks, [](v1::RegisterCheck& check) { rpc::MaskRoot(check); }};
const rpc::RootKind<v1::RegisterCheck> kKind{kRegisterChecks, AreaOf, nullptr};

// What is found of the school that the request names.
absl::StatusOr<RegisterFound> OfSchool(rpc::Call& call, db::Transaction& tx, const RegisterFacts& facts,
                                       const std::string& shard, const v1::PrepareRegisterCheckRequest& request) {
  ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(request.school())));
  if (!school.has_value() || school->name() != request.school()) {
    return Fail("SCHOOL_UNKNOWN");
  }
  RETURN_IF_ERROR(call.CheckArea(school->area()));
  v1::RegisterCheck check;
  check.set_school(school->name());
  check.set_area(school->area());
  check.set_month(request.month());
  return ReadRegister(tx, facts, check);
}

}  // namespace

absl::StatusOr<v1::RegisterCheck> Handlers::PrepareRegisterCheck(rpc::Call& call,
                                                                 const v1::PrepareRegisterCheckRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  Violations violations;
  if (request.in_class_unknown() < 0 || request.in_class_unknown() > kMostUnknown) {
    violations.Add("in_class_unknown", "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(kMostUnknown)}});
  }
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const absl::CivilMonth month, CheckMonth(request, today));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto* policy, standards_.registers.InForce(RegionOfShard(shard), today));
  const RegisterFacts facts{host_, standards_, today};
  const auto fill = [&](db::Transaction& tx, const std::vector<v1::RegisterCheck>& versions,
                        const ReadAhead<RegisterFound>* ahead, v1::RegisterCheck* after) {
    if (!versions.empty()) {  // a correction starts from what was answered
      *after->mutable_findings() = versions.back().findings();
    }
    after->set_zero(false);
    after->mutable_figures()->set_in_class_unknown(request.in_class_unknown());
    return DrawUp(tx, facts, ahead, after);
  };
  return ReadThenWrite<RegisterFound>(
      host_.database, shard, call.deadline(),
      [&](db::Transaction& tx) { return OfSchool(call, tx, facts, shard, request); },
      [&](const ReadAhead<RegisterFound>* ahead) {
        return PrepareMonthly(
            call, host_, kMonthly, request, month, ReportDue(month, policy->due_day()),
            [&](db::Transaction& tx, const registry_v1::School&, const std::vector<v1::RegisterCheck>& versions,
                v1::RegisterCheck* after) { return fill(tx, versions, ahead, after); });
      });
}

absl::StatusOr<v1::RegisterCheck> Handlers::AnswerRegisterFinding(rpc::Call& call,
                                                                  const v1::AnswerRegisterFindingRequest& request) {
  const CaseAct act = CaseActOf(call, request.reason());
  Violations violations;
  violations.Require(request.kind() != v1::REGISTER_FINDING_KIND_UNSPECIFIED, "kind");
  violations.Require(request.answer() != v1::REGISTER_ANSWER_UNSPECIFIED, "answer");
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "ANSWER",
      [&](db::Transaction& tx, const v1::RegisterCheck* before, v1::RegisterCheck& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(CheckUnlocked(tx, before->month()));
        RETURN_IF_ERROR(AnswerFinding(act, request, &after));
        if (request.answer() != v1::REGISTER_ANSWER_PASSED) {
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.passed_to(), kSchools.collection));
        ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(request.passed_to())));
        return school.has_value() ? absl::OkStatus() : Fail("SCHOOL_UNKNOWN");
      });
}

absl::StatusOr<v1::RegisterCheck> Handlers::SignRegisterCheck(rpc::Call& call,
                                                              const v1::SignRegisterCheckRequest& request) {
  const RegisterFacts facts{host_, standards_, call.clock().Today()};
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kRegisterChecks.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return ReadThenWrite<RegisterFound>(
      host_.database, shard, call.deadline(),
      [&](db::Transaction& tx) -> absl::StatusOr<RegisterFound> {
        ASSIGN_OR_RETURN(const auto check, feed::Load<v1::RegisterCheck>(tx, *sealer, kRegisterChecks, shard,
                                                                         feed::IdOfName(request.name())));
        if (!check.has_value()) {
          return call.CheckMissing(request.name());
        }
        RETURN_IF_ERROR(call.CheckArea(check->area(), request.name()));
        return ReadRegister(tx, facts, *check);
      },
      [&](const ReadAhead<RegisterFound>* ahead) {
        return SignMonthly(call, host_, kMonthly, request,
                           [&](db::Transaction& tx, v1::RegisterCheck* after) -> absl::Status {
                             RETURN_IF_ERROR(DrawUp(tx, facts, ahead, after));
                             after->set_zero(request.zero());
                             return CheckCleaned(request.zero(), *after);
                           });
      });
}

absl::StatusOr<v1::RegisterCheck> Handlers::GetRegisterCheck(rpc::Call& call,
                                                             const v1::GetRegisterCheckRequest& request) {
  ASSIGN_OR_RETURN(v1::RegisterCheck check,
                   rpc::GetRoot<v1::RegisterCheck>(call, host_, kRegisterChecks, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(check);
    return check;
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskChecks, check.area(), request.name()));
  return check;
}

absl::StatusOr<v1::ListRegisterChecksResponse> Handlers::ListRegisterChecks(
    rpc::Call& call, const v1::ListRegisterChecksRequest& request) {
  ASSIGN_OR_RETURN(const rpc::ListSpec spec, MonthSpec(request));
  return rpc::ListRoots<v1::RegisterCheck, v1::ListRegisterChecksRequest, v1::ListRegisterChecksResponse>(
      call, host_, kRegisterChecks, spec, request, &v1::ListRegisterChecksResponse::mutable_checks);
}

absl::StatusOr<v1::RegisterRollUp> Handlers::GetRegisterRollUp(rpc::Call& call,
                                                               const v1::GetRegisterRollUpRequest& request) {
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(request.month()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(shard.substr(1), request.parent()));
  const ReportFacts facts{host_, standards_, call.clock().Today()};
  return host_.database.Read([&](db::Transaction& tx) { return RegisterSum(tx, facts, shard, month); },
                             {.deadline = call.deadline()});
}

}  // namespace ruraledu::dropout_monitoring
