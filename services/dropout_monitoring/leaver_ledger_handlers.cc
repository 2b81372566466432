// The ledger of the leavers of a school: drawn up, signed for the school, closed for the county.
#include <algorithm>
#include <functional>

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/enrolment_checks.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/leaver_run.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int64_t kAllOfSchool = 20000;  // leavers of one school and year, far above any

std::string AreaOf(const v1::LeaverLedger& ledger) {
  return ledger.area();
}
rpc::RootKind<v1::LeaverLedger> Kind() {
  rpc::RootKind<v1::LeaverLedger> kind{kLeaverLedgers, AreaOf, nullptr};
  kind.show = [](v1::LeaverLedger&) {};
  return kind;
}

// Figures of the school now.
absl::Status FillFigures(db::Transaction& tx, const LeaverBook& book, v1::LeaverLedger* ledger) {
  ASSIGN_OR_RETURN(const auto groups,
                   GroupsOfLeavers(tx, tx.shard(), ledger->school_year(), feed::IdOfName(ledger->school())));
  const auto figures = FiguresOf(book, groups);
  ledger->mutable_figures()->Assign(figures.begin(), figures.end());
  return absl::OkStatus();
}

// LEDGER_STALE when they are not what the ledger has.
absl::Status CheckFresh(db::Transaction& tx, const LeaverBook& book, const v1::LeaverLedger& ledger) {
  v1::LeaverLedger now;
  now.set_school_year(ledger.school_year());
  now.set_school(ledger.school());
  RETURN_IF_ERROR(FillFigures(tx, book, &now));
  const bool same =
      std::equal(now.figures().begin(), now.figures().end(), ledger.figures().begin(), ledger.figures().end(),
                 [](const auto& a, const auto& b) { return google::protobuf::util::MessageDifferencer::Equals(a, b); });
  return same ? absl::OkStatus() : Fail("LEDGER_STALE");
}

// Its leavers change by corrections only from now on.
absl::Status LockLeavers(db::Transaction& tx, const crypto::Sealer& sealer, const LeaverBook& book,
                         const LeaverDays& days, const v1::LeaverLedger& ledger, feed::RootWriter& writer) {
  ASSIGN_OR_RETURN(const auto leavers, LeaversBehind(tx, sealer, tx.shard(), ledger.school_year(),
                                                     feed::IdOfName(ledger.school()), "", kAllOfSchool));
  for (const v1::Leaver& before : leavers) {
    v1::Leaver after = before;
    after.set_closed_by(ledger.name());
    SetLeaver(book, *days.policy, days.year, &after);
    RETURN_IF_ERROR(writer.Put(kLeavers, &before, after, "CLOSE").status());
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::LeaverLedger> LoadLedger(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                                            const std::string& name) {
  ASSIGN_OR_RETURN(auto ledger,
                   feed::Load<v1::LeaverLedger>(tx, sealer, kLeaverLedgers, tx.shard(), feed::IdOfName(name)));
  if (!ledger.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(ledger->area(), name));
  return *std::move(ledger);
}

}  // namespace

absl::StatusOr<v1::LeaverLedger> Handlers::PrepareLeaverLedger(rpc::Call& call,
                                                               const v1::PrepareLeaverLedgerRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  violations.MostBytes("correction_reason", request.correction_reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const LeaverDays days, LeaverDaysOf(standards_, shard, year));
  const std::string school_id(feed::IdOfName(request.school()));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const registry_v1::School school, FindOpenSchool(tx, request.school(), false));
        RETURN_IF_ERROR(call.CheckArea(school.area()));
        ASSIGN_OR_RETURN(const auto versions, LedgersOfSchool(tx, shard, year.text(), school_id));
        // A version that nobody signed for the county is drawn up again; a closed one is followed by another.
        const bool again = !versions.empty() && (versions[0].state() == v1::LEAVER_LEDGER_STATE_PREPARED ||
                                                 versions[0].state() == v1::LEAVER_LEDGER_STATE_SIGNED);
        const int number = (versions.empty() ? 0 : versions[0].version_number()) + (again ? 0 : 1);
        if (number > 1 && request.correction_reason().empty()) {
          return Fail("FIELD_REQUIRED", {{"field", "correction_reason"}});
        }
        v1::LeaverLedger after;
        after.set_name(absl::StrCat(request.parent(), "/", kLeaverLedgers.collection, "/", year.text(), ".", school_id,
                                    ".", number));
        after.set_school_year(year.text());
        after.set_school(school.name());
        after.set_area(school.area());
        after.set_version_number(number);
        after.set_state(v1::LEAVER_LEDGER_STATE_PREPARED);
        *after.mutable_due_on() = DateOf(days.year.due_on);
        after.set_correction_reason(request.correction_reason());
        after.set_prepared_by(act.person);
        *after.mutable_prepared_on() = DateOf(act.on);
        after.set_etag(again ? versions[0].etag() : "");
        RETURN_IF_ERROR(FillFigures(tx, standards_.leavers, &after));
        if (after.figures().empty()) {
          return Fail("LEAVERS_NONE", {{"year", year.text()}});
        }
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kLeaverLedgers, again ? &versions[0] : nullptr, after, "PREPARE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return LoadLedger(call, tx, *sealer, name); });
}

absl::StatusOr<v1::LeaverLedger> Handlers::SignLeaverLedger(rpc::Call& call,
                                                            const v1::SignLeaverLedgerRequest& request) {
  const CaseAct act = CaseActOf(call);
  return rpc::WriteRoot(
      call, host_, Kind(), request.name(), false, "SIGN",
      [&](db::Transaction& tx, const v1::LeaverLedger* before, v1::LeaverLedger& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(dropout_monitoring::SignLeaverLedger(act.person, act.on, &after));
        return CheckFresh(tx, standards_.leavers, *before);
      });
}

absl::StatusOr<v1::LeaverLedger> Handlers::CloseLeaverLedger(rpc::Call& call,
                                                             const v1::CloseLeaverLedgerRequest& request) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kLeaverLedgers.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::LeaverLedger before, LoadLedger(call, tx, *sealer, request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        v1::LeaverLedger after = before;
        RETURN_IF_ERROR(dropout_monitoring::CloseLeaverLedger(act.person, act.on, &after));
        RETURN_IF_ERROR(CheckFresh(tx, standards_.leavers, before));
        ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(before.school_year()));
        ASSIGN_OR_RETURN(const LeaverDays days, LeaverDaysOf(standards_, shard, year));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        ASSIGN_OR_RETURN(const auto versions,
                         LedgersOfSchool(tx, shard, before.school_year(), feed::IdOfName(before.school())));
        for (const v1::LeaverLedger& version : versions) {
          if (version.state() == v1::LEAVER_LEDGER_STATE_CLOSED) {
            v1::LeaverLedger replaced = version;
            replaced.set_state(v1::LEAVER_LEDGER_STATE_REPLACED);
            after.set_late(version.late());  // whether the school was in time does not change by a correction
            RETURN_IF_ERROR(writer.Put(kLeaverLedgers, &version, replaced, "REPLACE").status());
          }
        }
        RETURN_IF_ERROR(LockLeavers(tx, *sealer, standards_.leavers, days, after, writer));
        RETURN_IF_ERROR(writer.Put(kLeaverLedgers, &before, after, "CLOSE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return LoadLedger(call, tx, *sealer, name); });
}

absl::StatusOr<v1::LeaverLedger> Handlers::GetLeaverLedger(rpc::Call& call, const v1::GetLeaverLedgerRequest& request) {
  return rpc::GetRoot<v1::LeaverLedger>(call, host_, kLeaverLedgers, request.name(), AreaOf);
}

absl::StatusOr<v1::ListLeaverLedgersResponse> Handlers::ListLeaverLedgers(rpc::Call& call,
                                                                          const v1::ListLeaverLedgersRequest& request) {
  RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"school_year", request.school_year()}}};
  if (request.state() != v1::LEAVER_LEDGER_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::LeaverLedgerState_Name(request.state()));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::LeaverLedger, v1::ListLeaverLedgersRequest, v1::ListLeaverLedgersResponse>(
      call, host_, kLeaverLedgers, spec, request, &v1::ListLeaverLedgersResponse::mutable_ledgers);
}

}  // namespace ruraledu::dropout_monitoring
