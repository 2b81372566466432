// Leavers: the list, where they went, calls to their families, rates.
#include <set>

#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/enrolment_checks.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/leaver_run.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostRows = 500;
constexpr std::string_view kUnmaskLeavers = "dropout_monitoring.leavers.unmask";

std::string AreaOf(const v1::Leaver& leaver) {
  return leaver.area();
}
const rpc::RootKind<v1::Leaver> kKind{kLeavers, AreaOf, nullptr};

absl::Status CheckRows(const v1::BatchRecordLeaverDestinationsRequest& request) {
  Violations violations;
  violations.Require(!request.rows().empty(), "rows");
  violations.MostElements("rows", request.rows_size(), kMostRows);
  for (int i = 0; i < std::min(request.rows_size(), kMostRows); ++i) {
    const std::string at = absl::StrCat("rows[", i, "]");
    const v1::LeaverRow& row = request.rows(i);
    DayOf(row.known_on(), at + ".known_on", &violations);
    violations.MostBytes(at + ".place", row.place(), kMostCaseName);
    violations.MostBytes(at + ".proof", row.proof(), kMostCaseName);
    violations.MostBytes(at + ".correction_reason", row.correction_reason(), kMostCaseText);
  }
  return violations.status();
}

// The leaver that a row means: its id, "" nobody.
absl::StatusOr<std::string> FindLeaver(db::Transaction& tx, const crypto::KeyRing& keys, const std::string& school_year,
                                       const v1::LeaverRow& row) {
  if (rpc::ShardOf(row.person(), kLeavers.collection).value_or("") == tx.shard()) {
    return std::string(feed::IdOfName(row.person()));
  }
  std::vector<std::string> persons = {std::string(feed::IdOfName(row.person()))};
  if (row.person().empty()) {
    ASSIGN_OR_RETURN(persons, PersonsByNumber(tx, tx.shard(), NumberDigest(keys, row.student_number())));
  }
  std::set<std::string> ids;
  for (const std::string& person : persons) {
    ASSIGN_OR_RETURN(const std::string stays, WhoStays(tx, tx.shard(), person));
    ASSIGN_OR_RETURN(const auto found, LeaversOfPerson(tx, tx.shard(), school_year, stays));
    ids.insert(found.begin(), found.end());
  }
  return ids.size() == 1 ? *ids.begin() : std::string();
}

// What the rows of one call have in common.
struct RowsOfCall {
  rpc::Call& call;
  const LeaverBook& book;
  const LeaverDays& days;
  const crypto::KeyRing& keys;
  const crypto::Sealer& sealer;
  const CaseAct act;
  std::set<std::string> seen;
};

// One row; its outcome.
absl::StatusOr<std::string> TakeRow(db::Transaction& tx, const v1::LeaverRow& row, RowsOfCall* of,
                                    feed::RootWriter& writer) {
  const std::string year = of->days.year.year.text();
  ASSIGN_OR_RETURN(const std::string id, FindLeaver(tx, of->keys, year, row));
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Leaver>(tx, of->sealer, kLeavers, tx.shard(), id));
  if (!before.has_value() || before->school_year() != year) {
    return std::string("PERSON_UNKNOWN");
  }
  RETURN_IF_ERROR(of->call.CheckArea(before->area()));
  if (!of->seen.insert(id).second) {
    return std::string("DUPLICATE_IN_BATCH");
  }
  v1::Leaver after = *before;
  const absl::StatusOr<bool> taken =
      TakeDestination(of->book,
                      {row.code(), row.place(), row.proof_kind(), row.proof(), row.correction_reason(),
                       DayOf(row.known_on()).value_or(of->act.on)},
                      of->act.person, of->act.on, &after);
  if (!taken.ok()) {
    return ReasonOf(taken.status());
  }
  if (!*taken) {
    return std::string("UNCHANGED");
  }
  SetLeaver(of->book, *of->days.policy, of->days.year, &after);
  RETURN_IF_ERROR(writer.Put(kLeavers, &*before, after, "DESTINATION").status());
  return std::string("RECORDED");
}

}  // namespace

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartLeaverRun(rpc::Call& call,
                                                                 const v1::StartLeaverRunRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  RETURN_IF_ERROR(ParseYearOf(standards_.terms, today, request.school_year(), kLeaverYears).status());
  v1::LeaverPlan plan;
  *plan.mutable_on() = DateOf(today);
  plan.set_school_year(request.school_year());
  *plan.mutable_after() = rpc::OfRegistry(request.after());
  return rpc::StartJob(shared_, call, request.parent(), kLeaverJob, plan,
                       rpc::NoOpenBatch(shared_, request.parent(), plan.after()));
}

absl::StatusOr<v1::Leaver> Handlers::GetLeaver(rpc::Call& call, const v1::GetLeaverRequest& request) {
  ASSIGN_OR_RETURN(v1::Leaver leaver, rpc::GetRoot<v1::Leaver>(call, host_, kLeavers, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(leaver);
    return leaver;
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskLeavers, leaver.area(), request.name()));
  return leaver;
}

absl::StatusOr<v1::ListLeaversResponse> Handlers::ListLeavers(rpc::Call& call, const v1::ListLeaversRequest& request) {
  RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
  rpc::ListSpec spec{
      .area_column = "area", .order = {"call_due_on", "area"}, .equal = {{"school_year", request.school_year()}}};
  if (!request.grade().empty()) {
    spec.equal.emplace_back("grade", request.grade());
  }
  if (request.state() != v1::LEAVER_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::LeaverState_Name(request.state()));
  }
  if (request.to_call()) {
    spec.equal.emplace_back("to_call", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Leaver, v1::ListLeaversRequest, v1::ListLeaversResponse>(
      call, host_, kLeavers, spec, request, &v1::ListLeaversResponse::mutable_leavers);
}

absl::StatusOr<v1::BatchRecordLeaverDestinationsResponse> Handlers::BatchRecordLeaverDestinations(
    rpc::Call& call, const v1::BatchRecordLeaverDestinationsRequest& request) {
  RETURN_IF_ERROR(CheckRows(request));
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const LeaverDays days, LeaverDaysOf(standards_, shard, year));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RowsOfCall of{call, standards_.leavers, days, host_.keys, *sealer, CaseActOf(call), {}};
        std::vector<std::string> outcomes;
        for (const v1::LeaverRow& row : request.rows()) {
          ASSIGN_OR_RETURN(outcomes.emplace_back(), TakeRow(tx, row, &of, writer));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrJoin(outcomes, " "), version};
      },
      OutcomesOf<v1::BatchRecordLeaverDestinationsResponse>);
}

absl::StatusOr<v1::Leaver> Handlers::RecordLeaverCall(rpc::Call& call, const v1::RecordLeaverCallRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  if (on.has_value() && *on > act.on) {
    violations.Add("on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  if (standards_.leavers.calls.Find(request.outcome(), act.on) == nullptr) {
    violations.Add("outcome", "CODE_UNKNOWN", {{"list", standards_.leavers.calls.name()}});
  }
  violations.MostBytes("text", request.text(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "CALL",
      [&](db::Transaction& tx, const v1::Leaver* before, v1::Leaver& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(before->school_year()));
        ASSIGN_OR_RETURN(const LeaverDays days, LeaverDaysOf(standards_, tx.shard(), year));
        if (before->state() == v1::LEAVER_STATE_GONE) {
          return Fail("STATE_TRANSITION", {{"event", "call"}, {"from", "GONE"}, {"machine", "leaver"}});
        }
        v1::LeaverCall* added = after.add_calls();
        *added->mutable_on() = DateOf(on.value_or(act.on));
        added->set_outcome(request.outcome());
        added->set_text(request.text());
        added->set_called_by(act.person);
        SetLeaver(standards_.leavers, *days.policy, days.year, &after);
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::GetLeaverRatesResponse> Handlers::GetLeaverRates(rpc::Call& call,
                                                                    const v1::GetLeaverRatesRequest& request) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  const Scope mine(call.Ranges());
  ASSIGN_OR_RETURN(const auto ranges, rpc::WithinArea(request.area()));
  const Scope within(ranges.empty() ? call.Ranges() : ranges);
  ASSIGN_OR_RETURN(auto groups,
                   host_.database.Read([&](db::Transaction& tx) { return GroupsOfLeavers(tx, shard, year.text(), ""); },
                                       {.deadline = call.deadline()}));
  groups.erase(std::remove_if(groups.begin(), groups.end(),
                              [&](const LeaverGroup& group) {
                                return !mine.Contains(group.area) || !within.Contains(group.area);
                              }),
               groups.end());
  v1::GetLeaverRatesResponse response;
  for (const v1::LeaverFigures& figures : FiguresOf(standards_.leavers, groups)) {
    *response.add_rates() = RatesOf(figures);
  }
  return response;
}

}  // namespace ruraledu::dropout_monitoring
