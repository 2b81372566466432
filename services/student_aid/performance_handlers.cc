// Performance targets and self-evaluation: set, approved, evaluated out of the indicators, signed, read.
#include <set>

#include "absl/strings/str_cat.h"
#include "common/domain/school_year.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/performance_rules.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostTargets = 50;

std::string AreaOf(const v1::PerformancePlan& plan) {
  return plan.area();
}

const rpc::RootKind<v1::PerformancePlan> kKind{kPerformancePlans, AreaOf, nullptr};

std::map<std::string, KnownIndicator> KnownOf(const dashboard::BoardSpec& board) {
  std::map<std::string, KnownIndicator> known;
  for (const dashboard::IndicatorSpec& spec : board.indicators) {
    known[std::string(spec.id)] = {std::string(spec.label_zh), spec.direction};
  }
  return known;
}

// Both terms of the budget year (DR-02), added up.
absl::StatusOr<dashboard::Totals> TotalsOf(db::Transaction& tx, std::string_view shard, int32_t budget_year) {
  dashboard::Totals totals;
  for (const Term& term : TermsOfBudgetYear(budget_year)) {
    ASSIGN_OR_RETURN(const auto counters, CountyCounters(tx, shard, term.text()));
    for (const auto& [key, value] : counters) {
      totals[key.first][key.second] += value;
    }
  }
  return totals;
}

// What the indicators of a plan come to; a plain count is over 1.
std::map<std::string, Rate> ValuesOf(const dashboard::BoardSpec& board, const dashboard::Totals& totals,
                                     const v1::PerformancePlan& plan) {
  std::set<std::string> wanted;
  for (const v1::PerformanceTarget& target : plan.targets()) {
    wanted.insert(target.indicator());
  }
  std::map<std::string, Rate> values;
  for (const dashboard::IndicatorSpec& spec : board.indicators) {
    if (wanted.contains(std::string(spec.id))) {
      const auto value = dashboard::Compute(*board.measures, spec, totals, plan.area(), "", false);
      values[std::string(spec.id)] = {value.numerator().value(),
                                      value.has_denominator() ? value.denominator().value() : 1};
    }
  }
  return values;
}

absl::Status CheckSet(const v1::SetPerformanceTargetsRequest& request) {
  Violations violations;
  if (request.budget_year() < 2000 || request.budget_year() > 2200) {
    violations.Add("budget_year", "NUMBER_RANGE", {{"low", "2000"}, {"high", "2200"}});
  }
  violations.MostElements("targets", request.targets_size(), kMostTargets);
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::PerformancePlan> Handlers::SetPerformanceTargets(rpc::Call& call,
                                                                    const v1::SetPerformanceTargetsRequest& request) {
  RETURN_IF_ERROR(CheckSet(request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  const std::string name = absl::StrCat(request.parent(), "/performancePlans/", request.budget_year());
  const Act act = ActOf(call);
  const auto known = KnownOf(dashboards_.board.spec());
  const auto load = [&](db::Transaction& tx) {
    return feed::Load<v1::PerformancePlan>(tx, *sealer, kPerformancePlans, shard, feed::IdOfName(name));
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before, load(tx));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.has_value() ? before->etag() : ""));
        v1::PerformancePlan after = before.value_or(v1::PerformancePlan());
        after.set_name(name);
        after.set_area(shard.substr(1));
        after.set_budget_year(request.budget_year());
        RETURN_IF_ERROR(SetTargets(act, request.targets(), known, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kPerformancePlans, before.has_value() ? &*before : nullptr, after, "SET").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::PerformancePlan> {
        ASSIGN_OR_RETURN(auto plan, load(tx));
        return plan.has_value() ? absl::StatusOr<v1::PerformancePlan>(*std::move(plan)) : call.CheckMissing(name);
      });
}

absl::StatusOr<v1::PerformancePlan> Handlers::EvaluatePerformance(rpc::Call& call,
                                                                  const v1::EvaluatePerformanceRequest& request) {
  Violations violations;
  std::map<std::string, std::string> reasons;
  for (const v1::PerformanceDeviation& deviation : request.deviations()) {
    violations.MostBytes("deviations", deviation.reason(), kMostText);
    reasons[deviation.indicator()] = deviation.reason();
  }
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call);
  const dashboard::BoardSpec& board = dashboards_.board.spec();
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "EVALUATE",
      [&](db::Transaction& tx, const v1::PerformancePlan* before, v1::PerformancePlan& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        ASSIGN_OR_RETURN(const auto totals, TotalsOf(tx, tx.shard(), before->budget_year()));
        return EvaluatePlan(act, ValuesOf(board, totals, *before), reasons, &after);
      });
}

absl::StatusOr<v1::PerformancePlan> Handlers::ConfirmPerformance(rpc::Call& call,
                                                                 const v1::ConfirmPerformanceRequest& request) {
  const Act act = ActOf(call);
  return rpc::WriteRoot(call, host_, kKind, request.name(), false, "CONFIRM",
                        [&](db::Transaction&, const v1::PerformancePlan* before, v1::PerformancePlan& after) {
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          return ConfirmPlan(act, &after);
                        });
}

absl::StatusOr<v1::PerformancePlan> Handlers::GetPerformancePlan(rpc::Call& call,
                                                                 const v1::GetPerformancePlanRequest& request) {
  return rpc::GetRoot<v1::PerformancePlan>(call, host_, kPerformancePlans, request.name(), AreaOf);
}

absl::StatusOr<v1::ListPerformancePlansResponse> Handlers::ListPerformancePlans(
    rpc::Call& call, const v1::ListPerformancePlansRequest& request) {
  return rpc::ListRoots<v1::PerformancePlan, v1::ListPerformancePlansRequest, v1::ListPerformancePlansResponse>(
      call, host_, kPerformancePlans, {.area_column = "area", .order = {}}, request,
      &v1::ListPerformancePlansResponse::mutable_plans);
}

}  // namespace ruraledu::student_aid
