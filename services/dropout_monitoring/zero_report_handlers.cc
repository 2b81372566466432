// Monthly zero reports, the sum of a month, the cleared state.
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/report_facts.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string AreaOf(const v1::ZeroReport& report) {
  return report.area();
}
const rpc::RootKind<v1::ZeroReport> kKind{kZeroReports, AreaOf, nullptr};

absl::StatusOr<absl::CivilMonth> CheckPreparation(const v1::PrepareZeroReportRequest& request, absl::CivilDay today) {
  Violations violations;
  CheckText(request.correction_reason(), "correction_reason", kMostCaseText, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(request.month()));
  if (month > absl::CivilMonth(today)) {
    return Fail("MONTH_FUTURE", {{"month", request.month()}});
  }
  RETURN_IF_ERROR(CheckFigures(request.figures(), request.zero()));
  return month;
}

absl::Status CheckUnlocked(db::Transaction& tx, const std::string& month) {
  ASSIGN_OR_RETURN(const auto reviews, ReviewsThatLock(tx, tx.shard(), month));
  return reviews.empty() ? absl::OkStatus() : Fail("PERIOD_APPROVED", {{"review", reviews[0]}, {"period", month}});
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

}  // namespace

absl::StatusOr<v1::ZeroReport> Handlers::PrepareZeroReport(rpc::Call& call,
                                                           const v1::PrepareZeroReportRequest& request) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const absl::CivilMonth month, CheckPreparation(request, act.on));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto* policy, standards_.cases.InForce(absl::StrCat(shard.substr(1), "000000"), act.on));
  const std::string school_id(feed::IdOfName(request.school()));
  const auto find = [&](db::Transaction& tx) -> absl::StatusOr<registry_v1::School> {
    ASSIGN_OR_RETURN(auto school, FindSchool(tx, shard, school_id));
    if (!school.has_value() || school->name() != request.school()) {
      return call.CheckMissing(request.school());
    }
    RETURN_IF_ERROR(call.CheckArea(school->area()));
    return *std::move(school);
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const registry_v1::School school, find(tx));
        if (!OwesReport(school, month)) {
          return Fail("REPORT_NOT_OWED", {{"month", request.month()}});
        }
        RETURN_IF_ERROR(CheckUnlocked(tx, request.month()));
        ASSIGN_OR_RETURN(const auto versions, ReportsOf(tx, shard, school_id, request.month()));
        // A version that nobody signed is prepared again; a signed one is corrected by another.
        const bool again = !versions.empty() && versions.back().state() == v1::ZERO_REPORT_STATE_PREPARED;
        const bool correction = versions.size() > (again ? 1u : 0u);
        if (correction && request.correction_reason().empty()) {
          return Fail("FIELD_REQUIRED", {{"field", "correction_reason"}});
        }
        v1::ZeroReport after = again ? versions.back() : v1::ZeroReport();
        const int number = static_cast<int>(versions.size()) + (again ? 0 : 1);
        after.set_name(absl::StrCat(request.parent(), "/zeroReports/", school_id, ".", request.month(), ".", number));
        after.set_school(school.name());
        after.set_area(school.area());
        after.set_month(request.month());
        after.set_version_number(number);
        after.set_state(v1::ZERO_REPORT_STATE_PREPARED);
        *after.mutable_figures() = request.figures();
        after.set_zero(request.zero());
        after.set_correction_reason(request.correction_reason());
        after.set_prepared_by(act.person);
        *after.mutable_prepared_on() = DateOf(act.on);
        *after.mutable_due_on() = DateOf(ReportDue(month, policy->report_day()));
        RETURN_IF_ERROR(FillKnown(tx, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kZeroReports, again ? &versions.back() : nullptr, after, "PREPARE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::ZeroReport> {
        RETURN_IF_ERROR(find(tx).status());
        ASSIGN_OR_RETURN(auto report,
                         feed::Load<v1::ZeroReport>(tx, *sealer, kZeroReports, shard, feed::IdOfName(name)));
        return report.has_value() ? absl::StatusOr<v1::ZeroReport>(*std::move(report)) : call.CheckMissing(name);
      });
}

absl::StatusOr<v1::ZeroReport> Handlers::SignZeroReport(rpc::Call& call, const v1::SignZeroReportRequest& request) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kZeroReports.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before,
                         feed::Load<v1::ZeroReport>(tx, *sealer, kZeroReports, shard, feed::IdOfName(request.name())));
        if (!before.has_value()) {
          return call.CheckMissing(request.name());
        }
        RETURN_IF_ERROR(call.CheckArea(before->area(), request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(CheckUnlocked(tx, before->month()));
        v1::ZeroReport after = *before;
        RETURN_IF_ERROR(Sign(act.person, act.on, &after));
        RETURN_IF_ERROR(FillKnown(tx, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        ASSIGN_OR_RETURN(const auto versions, ReportsOf(tx, shard, feed::IdOfName(before->school()), before->month()));
        for (const v1::ZeroReport& version : versions) {
          if (version.state() == v1::ZERO_REPORT_STATE_SIGNED) {
            v1::ZeroReport replaced = version;
            replaced.set_state(v1::ZERO_REPORT_STATE_REPLACED);
            after.set_late(version.late());  // whether the school was in time does not change by a correction
            RETURN_IF_ERROR(writer.Put(kZeroReports, &version, replaced, "REPLACE").status());
          }
        }
        RETURN_IF_ERROR(writer.Put(kZeroReports, &*before, after, "SIGN").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::ZeroReport> {
        ASSIGN_OR_RETURN(auto report,
                         feed::Load<v1::ZeroReport>(tx, *sealer, kZeroReports, shard, feed::IdOfName(name)));
        if (!report.has_value()) {
          return call.CheckMissing(name);
        }
        RETURN_IF_ERROR(call.CheckArea(report->area(), name));
        return *std::move(report);
      });
}

absl::StatusOr<v1::ZeroReport> Handlers::GetZeroReport(rpc::Call& call, const v1::GetZeroReportRequest& request) {
  return rpc::GetRoot<v1::ZeroReport>(call, host_, kZeroReports, request.name(), AreaOf);
}

absl::StatusOr<v1::ListZeroReportsResponse> Handlers::ListZeroReports(rpc::Call& call,
                                                                      const v1::ListZeroReportsRequest& request) {
  RETURN_IF_ERROR(ParseMonth(request.month()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"month", request.month()}}};
  if (!request.all_versions()) {
    spec.equal.emplace_back("is_replaced", int64_t{0});
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
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
