// The enrolment drive: who reported, and who is somewhere else.
#include <set>

#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/names.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/enrolment_checks.h"
#include "services/dropout_monitoring/enrolment_facts.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostRows = 500;

std::string AreaOf(const v1::ExpectedChild& child) {
  return child.area();
}
const rpc::RootKind<v1::ExpectedChild> kKind{kExpectedChildren, AreaOf, nullptr};

absl::Status CheckReported(const v1::BatchRecordReportedRequest& request, absl::CivilDay today) {
  Violations violations;
  const auto on = DayOf(request.reported_on(), "reported_on", &violations);
  violations.Require(on.has_value(), "reported_on");
  if (on.has_value() && *on > today) {
    violations.Add("reported_on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  violations.Require(!request.rows().empty(), "rows");
  violations.MostElements("rows", request.rows_size(), kMostRows);
  return violations.status();
}

// A row on its way: whom it seeks and the day, or why not.
struct SoughtRow {
  ChildSought sought;
  absl::CivilDay on;
  std::string reason;
};

SoughtRow Prepare(const crypto::KeyRing& keys, const EnrolmentYear& year, absl::CivilDay today, absl::CivilDay on,
                  const v1::ReportedRow& given) {
  SoughtRow row;
  row.sought.notice_number = given.notice_number();
  row.sought.key = std::string(feed::IdOfName(given.child()));
  row.sought.digest = given.id_number().empty() ? "" : IdDigest(keys, given.id_number());
  const auto name = NormalizeName(given.display_name());
  const auto born = DayOf(given.birth_date());
  if (name.ok() && !name->empty() && born.has_value()) {
    row.sought.name_digest = NameDigest(keys, *name, DayText(*born));
  }
  const auto day = DayOf(given.reported_on());
  row.on = day.value_or(on);
  const bool named = !row.sought.notice_number.empty() || !row.sought.key.empty() || !row.sought.digest.empty() ||
                     !row.sought.name_digest.empty();
  row.reason = !named                                               ? "VALUE_REQUIRED"
               : row.on > today                                     ? "DATE_AHEAD"
               : row.on <= year.census_before || row.on > year.ends ? "RETURN_DATE"
                                                                    : "";
  return row;
}

// One row; its outcome.
absl::StatusOr<std::string> TakeRow(db::Transaction& tx, const EnrolmentFacts& facts, const CodeList& destinations,
                                    const registry_v1::School& school, const SoughtRow& row, const CaseAct& act,
                                    std::set<std::string>* seen, feed::RootWriter& writer) {
  if (!row.reason.empty()) {
    return row.reason;
  }
  ASSIGN_OR_RETURN(const auto ids, FindExpected(tx, tx.shard(), facts.year().year.text(), row.sought));
  if (ids.size() != 1) {
    return std::string(ids.empty() ? "ENROLMENT_NOT_EXPECTED" : "ENROLMENT_AMBIGUOUS");
  }
  if (!seen->insert(ids[0]).second) {
    return std::string("DUPLICATE_IN_BATCH");
  }
  ASSIGN_OR_RETURN(const auto before,
                   feed::Load<v1::ExpectedChild>(tx, *facts.sealer(), kExpectedChildren, tx.shard(), ids[0]));
  const bool primary = before->level() == v1::SCHOOL_LEVEL_PRIMARY;
  if (!Teaches(school, primary ? facts.year().primary : facts.year().junior)) {
    return std::string("STAGE_NOT_TAUGHT");
  }
  v1::ExpectedChild after = *before;
  if (!TakeReport(school.name(), row.on, act.person, &after)) {
    return std::string("UNCHANGED");
  }
  SetState(destinations, &after);
  after.set_area(facts.AreaOf(after));
  RETURN_IF_ERROR(writer.Put(kExpectedChildren, &*before, after, "REPORT").status());
  return std::string("RECORDED");
}

}  // namespace

absl::StatusOr<v1::BatchRecordReportedResponse> Handlers::BatchRecordReported(
    rpc::Call& call, const v1::BatchRecordReportedRequest& request) {
  const CaseAct act = CaseActOf(call);
  RETURN_IF_ERROR(CheckReported(request, act.on));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  ASSIGN_OR_RETURN(const EnrolmentFacts facts, EnrolmentFacts::Of(host_, standards_, shard, year, act.on));
  std::vector<SoughtRow> rows;
  for (const v1::ReportedRow& given : request.rows()) {
    rows.push_back(Prepare(host_.keys, facts.year(), act.on, *DayOf(request.reported_on()), given));
  }
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        // The school must be the caller's; the children it has before it may be expected elsewhere.
        ASSIGN_OR_RETURN(const registry_v1::School school, FindOpenSchool(tx, request.school(), true));
        RETURN_IF_ERROR(call.CheckArea(school.area()));
        RETURN_IF_ERROR(ParseYearOf(standards_.terms, act.on, request.school_year(), kDriveYears).status());
        feed::RootWriter writer(tx, *facts.sealer(), {call.caller().subject, call.call_id()}, host_.NewCounters());
        std::vector<std::string> outcomes;
        std::set<std::string> seen;
        for (const SoughtRow& row : rows) {
          ASSIGN_OR_RETURN(outcomes.emplace_back(),
                           TakeRow(tx, facts, standards_.enrolment.destinations, school, row, act, &seen, writer));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrJoin(outcomes, " "), version};
      },
      OutcomesOf<v1::BatchRecordReportedResponse>);
}

absl::StatusOr<v1::ExpectedChild> Handlers::WithdrawReported(rpc::Call& call,
                                                             const v1::WithdrawReportedRequest& request) {
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "WITHDRAW",
      [&](db::Transaction&, const v1::ExpectedChild* before, v1::ExpectedChild& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(DropReport(request.school(), &after));
        const bool gone = before->state() == v1::EXPECTED_STATE_GONE;
        SetState(standards_.enrolment.destinations, &after);
        after.set_state(gone ? v1::EXPECTED_STATE_GONE : after.state());
        // It stays with the school that said it until the next run, for that school to see what it did.
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::ExpectedChild> Handlers::ClaimEnrolmentDestination(
    rpc::Call& call, const v1::ClaimEnrolmentDestinationRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  violations.Require(!request.proof().empty(), "proof");
  violations.MostBytes("place", request.place(), kMostCaseName);
  violations.MostBytes("proof", request.proof(), kMostCaseName);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "CLAIM",
      [&](db::Transaction&, const v1::ExpectedChild* before, v1::ExpectedChild& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(ClaimDestination(standards_.enrolment.destinations,
                                         {request.code(), request.place(), request.proof()}, act.person, act.on,
                                         &after));
        SetState(standards_.enrolment.destinations, &after);  // an earlier one counts no more
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::ExpectedChild> Handlers::DecideEnrolmentDestination(
    rpc::Call& call, const v1::DecideEnrolmentDestinationRequest& request) {
  const CaseAct act = CaseActOf(call);
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "DECIDE",
      [&](db::Transaction&, const v1::ExpectedChild* before, v1::ExpectedChild& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(DecideDestination(request.confirm(), act.person, act.on, &after));
        SetState(standards_.enrolment.destinations, &after);
        return absl::OkStatus();
      });
}

}  // namespace ruraledu::dropout_monitoring
