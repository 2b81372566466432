// Monthly zero reports, the sum of a month, the cleared state.
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/monthly_handlers.h"
#include "services/dropout_monitoring/report_facts.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string AreaOf(const v1::ZeroReport& report) {
  return report.area();
}

// What the service knows of a school today.
absl::Status FillKnown(db::Transaction& tx, v1::ZeroReport* report) {
  const AreaRange range = RangeOf(report->area());
  ASSIGN_OR_RETURN(const auto counts, CountCasesIn(tx, tx.shard(), range.lo, range.hi));
  v1::ZeroFigures* known = report->mutable_known();
  known->Clear();
  for (const auto& [name, count] : counts) {
    v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
    v1::CaseState_Parse(name, &state);
    if (Unresolved(state)) {
      known->set_dropped_total(known->dropped_total() + static_cast<int32_t>(count));
    } else if (state == v1::CASE_STATE_SUSPECTED || state == v1::CASE_STATE_VERIFYING) {
      known->set_suspected_total(known->suspected_total() + static_cast<int32_t>(count));
    }
  }
  report->set_differs(known->dropped_total() != report->figures().dropped_total() ||
                      known->suspected_total() != report->figures().suspected_total());
  return absl::OkStatus();
}

const MonthlyKind<v1::ZeroReport> kKind{kZeroReports};

}  // namespace

absl::StatusOr<v1::ZeroReport> Handlers::PrepareZeroReport(rpc::Call& call,
                                                           const v1::PrepareZeroReportRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const absl::CivilMonth month, CheckMonth(request, today));
  RETURN_IF_ERROR(CheckFigures(request.figures(), request.zero()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto* policy, standards_.cases.InForce(RegionOfShard(shard), today));
  return PrepareMonthly(call, host_, kKind, request, month, ReportDue(month, policy->report_day()),
                        [&](db::Transaction& tx, const registry_v1::School&, const std::vector<v1::ZeroReport>&,
                            v1::ZeroReport* after) -> absl::Status {
                          *after->mutable_figures() = request.figures();
                          after->set_zero(request.zero());
                          return FillKnown(tx, after);
                        });
}

absl::StatusOr<v1::ZeroReport> Handlers::SignZeroReport(rpc::Call& call, const v1::SignZeroReportRequest& request) {
  return SignMonthly(call, host_, kKind, request, FillKnown);
}

absl::StatusOr<v1::ZeroReport> Handlers::GetZeroReport(rpc::Call& call, const v1::GetZeroReportRequest& request) {
  return rpc::GetRoot<v1::ZeroReport>(call, host_, kZeroReports, request.name(), AreaOf);
}

absl::StatusOr<v1::ListZeroReportsResponse> Handlers::ListZeroReports(rpc::Call& call,
                                                                      const v1::ListZeroReportsRequest& request) {
  ASSIGN_OR_RETURN(const rpc::ListSpec spec, MonthSpec(request));
  return rpc::ListRoots<v1::ZeroReport, v1::ListZeroReportsRequest, v1::ListZeroReportsResponse>(
      call, host_, kZeroReports, spec, request, &v1::ListZeroReportsResponse::mutable_reports);
}

absl::StatusOr<v1::MonthRollUp> Handlers::GetMonthRollUp(rpc::Call& call, const v1::GetMonthRollUpRequest& request) {
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(request.month()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(shard.substr(1), request.parent()));
  const ReportFacts facts{host_, standards_, call.clock().Today()};
  return host_.database.Read([&](db::Transaction& tx) { return MonthSum(tx, facts, shard, month); },
                             {.deadline = call.deadline()});
}

absl::StatusOr<v1::Clearance> Handlers::GetClearance(rpc::Call& call, const v1::GetClearanceRequest& request) {
  Violations violations;
  const auto asked = DayOf(request.on(), "on", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(shard.substr(1), request.parent()));
  const ReportFacts facts{host_, standards_, call.clock().Today()};
  if (asked.has_value() && *asked > facts.today) {
    return Fail("DISCOVERED_IN_FUTURE", {{"today", DayText(facts.today)}});
  }
  return host_.database.Read(
      [&](db::Transaction& tx) { return ClearanceOn(tx, facts, shard, asked.value_or(facts.today)); },
      {.deadline = call.deadline()});
}

}  // namespace ruraledu::dropout_monitoring
