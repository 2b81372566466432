// The two steps that every monthly report of a school goes through: prepared by one person, signed by the head; a
// signed one is corrected by another version. For *_handlers.cc only.
//
// `M` has name, school, area, month, version_number, state, correction_reason, prepared_by, prepared_on, signed_by,
// signed_on, due_on, late and etag, as a zero report has.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/report_rules.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// PERIOD_APPROVED: a review of the "four ones" that covers the month is approved and locks it.
inline absl::Status CheckUnlocked(db::Transaction& tx, const std::string& month) {
  ASSIGN_OR_RETURN(const auto reviews, ReviewsThatLock(tx, tx.shard(), month));
  return reviews.empty() ? absl::OkStatus() : Fail("PERIOD_APPROVED", {{"review", reviews[0]}, {"period", month}});
}

template <typename M>
struct MonthlyKind {
  const feed::RootTable& table;
  void (*show)(M& report) = [](M&) {};  // what answers show
};

// MONTH_FORMAT, MONTH_FUTURE, FIELD_TOO_LONG.
template <typename Request>
absl::StatusOr<absl::CivilMonth> CheckMonth(const Request& request, absl::CivilDay today) {
  Violations violations;
  violations.MostBytes("correction_reason", request.correction_reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(request.month()));
  return month > absl::CivilMonth(today) ? Fail("MONTH_FUTURE", {{"month", request.month()}})
                                         : absl::StatusOr<absl::CivilMonth>(month);
}

template <typename M>
absl::StatusOr<M> ShowMonthly(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                              const MonthlyKind<M>& kind, const std::string& name) {
  ASSIGN_OR_RETURN(auto report, feed::Load<M>(tx, sealer, kind.table, tx.shard(), feed::IdOfName(name)));
  if (!report.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(report->area(), name));
  kind.show(*report);
  return *std::move(report);
}

// The version to prepare: the last one when nobody signed it, else the next one. FIELD_REQUIRED (a correction without a
// reason).
template <typename M, typename Request>
absl::StatusOr<M> NextVersion(const Request& request, const feed::RootTable& table, const CaseAct& act,
                              absl::CivilDay due, const registry_v1::School& school, const std::vector<M>& versions) {
  const bool again = !versions.empty() && versions.back().state() == v1::ZERO_REPORT_STATE_PREPARED;
  if (versions.size() > (again ? 1u : 0u) && request.correction_reason().empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "correction_reason"}});
  }
  M after = again ? versions.back() : M();
  const int number = static_cast<int>(versions.size()) + (again ? 0 : 1);
  after.set_name(absl::StrCat(request.parent(), "/", table.collection, "/", feed::IdOfName(school.name()), ".",
                              request.month(), ".", number));
  after.set_school(school.name());
  after.set_area(school.area());
  after.set_month(request.month());
  after.set_version_number(number);
  after.set_state(v1::ZERO_REPORT_STATE_PREPARED);
  after.set_correction_reason(request.correction_reason());
  after.set_prepared_by(act.person);
  *after.mutable_prepared_on() = DateOf(act.on);
  *after.mutable_due_on() = DateOf(due);
  return after;
}

// `fill(tx, school, versions, after)` writes what the report says. SCHOOL_UNKNOWN as any missing resource,
// REPORT_NOT_OWED, those of NextVersion.
template <typename M, typename Request, typename Fill>
absl::StatusOr<M> PrepareMonthly(rpc::Call& call, const rpc::Host& host, const MonthlyKind<M>& kind,
                                 const Request& request, absl::CivilMonth month, absl::CivilDay due, Fill fill) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const std::string school_id(feed::IdOfName(request.school()));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, school_id));
        if (!school.has_value() || school->name() != request.school()) {
          return call.CheckMissing(request.school());
        }
        RETURN_IF_ERROR(call.CheckArea(school->area()));
        if (!OwesReport(*school, month)) {
          return Fail("REPORT_NOT_OWED", {{"month", request.month()}});
        }
        RETURN_IF_ERROR(CheckUnlocked(tx, request.month()));
        ASSIGN_OR_RETURN(const auto versions,
                         VersionsOf<M>(tx, kind.table, sealer.get(), shard, school_id, request.month()));
        ASSIGN_OR_RETURN(M after, NextVersion(request, kind.table, act, due, *school, versions));
        RETURN_IF_ERROR(fill(tx, *school, versions, &after));
        const bool again = !versions.empty() && versions.back().name() == after.name();
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        RETURN_IF_ERROR(writer.Put(kind.table, again ? &versions.back() : nullptr, after, "PREPARE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return ShowMonthly(call, tx, *sealer, kind, name); });
}

// `check(tx, after)` refuses or completes what is signed. ETAG_MISMATCH, STATE_TRANSITION, ROLE_HELD.
template <typename M, typename Request, typename Check>
absl::StatusOr<M> SignMonthly(rpc::Call& call, const rpc::Host& host, const MonthlyKind<M>& kind,
                              const Request& request, Check check) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kind.table.collection));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before,
                         feed::Load<M>(tx, *sealer, kind.table, shard, feed::IdOfName(request.name())));
        if (!before.has_value()) {
          return call.CheckMissing(request.name());
        }
        RETURN_IF_ERROR(call.CheckArea(before->area(), request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(CheckUnlocked(tx, before->month()));
        M after = *before;
        RETURN_IF_ERROR(Sign(act.person, act.on, &after));
        RETURN_IF_ERROR(check(tx, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        ASSIGN_OR_RETURN(const auto versions, VersionsOf<M>(tx, kind.table, sealer.get(), shard,
                                                            feed::IdOfName(before->school()), before->month()));
        for (const M& version : versions) {
          if (version.state() == v1::ZERO_REPORT_STATE_SIGNED) {
            M replaced = version;
            replaced.set_state(v1::ZERO_REPORT_STATE_REPLACED);
            after.set_late(version.late());  // whether the school was in time does not change by a correction
            RETURN_IF_ERROR(writer.Put(kind.table, &version, replaced, "REPLACE").status());
          }
        }
        RETURN_IF_ERROR(writer.Put(kind.table, &*before, after, "SIGN").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return ShowMonthly(call, tx, *sealer, kind, name); });
}

// Both list requests say the same.
template <typename Request>
absl::StatusOr<rpc::ListSpec> MonthSpec(const Request& request) {
  RETURN_IF_ERROR(ParseMonth(request.month()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"month", request.month()}}};
  if (!request.all_versions()) {
    spec.equal.emplace_back("is_replaced", int64_t{0});
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return spec;
}

}  // namespace ruraledu::dropout_monitoring
