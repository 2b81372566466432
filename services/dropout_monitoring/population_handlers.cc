// Residents, comparisons and what they found.
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_adoption.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/population_run.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostResidents = 500;
constexpr std::string_view kUnmaskResidents = "dropout_monitoring.residents.unmask";

std::string AreaOf(const v1::Resident& resident) {
  return resident.area();
}

// The day of the list.
absl::StatusOr<absl::CivilDay> CheckList(const ComparisonBook& book, absl::CivilDay today,
                                         const v1::BatchRecordResidentsRequest& request) {
  Violations violations;
  const auto listed = DayOf(request.listed_on(), "listed_on", &violations);
  violations.Require(listed.has_value(), "listed_on");
  if (listed.has_value() && *listed > today) {
    violations.Add("listed_on", "DATE_AHEAD", {{"date", DayText(*listed)}});
  }
  if (book.codes().sources.Find(request.source(), today) == nullptr) {
    violations.Add("source", "CODE_UNKNOWN", {{"list", book.codes().sources.name()}});
  }
  violations.Require(request.residents_size() > 0, "residents");
  violations.MostElements("residents", request.residents_size(), kMostResidents);
  for (int i = 0; i < std::min(request.residents_size(), kMostResidents); ++i) {
    const v1::Resident& row = request.residents(i);
    const std::string at = absl::StrCat("residents[", i, "]");
    violations.MostBytes(at + ".display_name", row.display_name(), kMostCaseName);
    violations.MostBytes(at + ".address", row.address(), kMostCaseName);
    v1::ChildFile guardians;
    *guardians.mutable_guardians() = row.guardians();
    CheckChild(guardians, at, &violations);
  }
  RETURN_IF_ERROR(violations.status());
  return *listed;
}

// A row on its way: made good, or why not.
struct ResidentRow {
  std::string id, reason;
  v1::Resident row;
};

std::vector<ResidentRow> Prepare(const ComparisonBook& book, const crypto::KeyRing& keys, std::string_view county,
                                 absl::CivilDay today, const v1::BatchRecordResidentsRequest& request) {
  std::vector<ResidentRow> rows;
  for (const v1::Resident& given : request.residents()) {
    ResidentRow& row = rows.emplace_back(ResidentRow{"", "", given});
    const absl::Status good = Normalise(book, county, today, &row.row);
    if (!good.ok()) {
      row.reason = ReasonOf(good);
      continue;
    }
    row.id = ChildKey(keys, row.row.id_number(), row.row.display_name(), DayText(*DayOf(row.row.birth_date())),
                      row.row.village());
    for (const ResidentRow& other : rows) {
      if (&other != &row && other.id == row.id) {
        row.reason = "DUPLICATE_IN_BATCH";
      }
    }
  }
  return rows;
}

}  // namespace

absl::StatusOr<v1::BatchRecordResidentsResponse> Handlers::BatchRecordResidents(
    rpc::Call& call, const v1::BatchRecordResidentsRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  const ComparisonBook& book = standards_.comparisons;
  ASSIGN_OR_RETURN(const absl::CivilDay listed, CheckList(book, today, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto* policy, book.InForce(RegionOfShard(shard), today));
  const std::vector<ResidentRow> rows = Prepare(book, host_.keys, shard.substr(1), today, request);
  for (const ResidentRow& row : rows) {
    if (row.reason.empty()) {
      RETURN_IF_ERROR(call.CheckArea(row.row.area()));
    }
  }
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        std::vector<std::string> outcomes;
        for (const ResidentRow& row : rows) {
          if (!row.reason.empty()) {
            outcomes.push_back(row.reason);
            continue;
          }
          ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Resident>(tx, *sealer, kResidents, shard, row.id));
          if (before.has_value()) {
            RETURN_IF_ERROR(call.CheckArea(before->area()));
          }
          v1::Resident after = before.value_or(v1::Resident());
          after.set_name(absl::StrCat(request.parent(), "/residents/", row.id));
          TakeResident(row.row, request.source(), listed, &after);
          SetKeepUntil(book, *policy, &after);
          ASSIGN_OR_RETURN(const bool changed,
                           writer.Put(kResidents, before.has_value() ? &*before : nullptr, after, "RECORD"));
          outcomes.emplace_back(changed ? "RECORDED" : "UNCHANGED");
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrJoin(outcomes, " "), version};
      },
      [](db::Transaction&, const std::string& text) -> absl::StatusOr<v1::BatchRecordResidentsResponse> {
        v1::BatchRecordResidentsResponse answer;
        for (const std::string_view outcome : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
          answer.add_outcomes(std::string(outcome));
        }
        return answer;
      });
}

absl::StatusOr<v1::Resident> Handlers::GetResident(rpc::Call& call, const v1::GetResidentRequest& request) {
  ASSIGN_OR_RETURN(v1::Resident resident, rpc::GetRoot<v1::Resident>(call, host_, kResidents, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(resident);
    return resident;
  }
  RETURN_IF_ERROR(
      rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskResidents, resident.area(), request.name()));
  return resident;
}

absl::StatusOr<v1::ListResidentsResponse> Handlers::ListResidents(rpc::Call& call,
                                                                  const v1::ListResidentsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.match() != v1::RESIDENT_MATCH_UNSPECIFIED) {
    spec.equal.emplace_back("matched", v1::ResidentMatch_Name(request.match()));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Resident, v1::ListResidentsRequest, v1::ListResidentsResponse>(
      call, host_, kResidents, spec, request, &v1::ListResidentsResponse::mutable_residents);
}

// The open case of the child goes with the decision.
absl::StatusOr<v1::Resident> Handlers::DecideResident(rpc::Call& call, const v1::DecideResidentRequest& request) {
  const CaseAct act = CaseActOf(call);
  const CaseTools tools{standards_.cases, host_.keys};
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kResidents.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string key(feed::IdOfName(request.name()));
  const auto load = [&](db::Transaction& tx) -> absl::StatusOr<v1::Resident> {
    ASSIGN_OR_RETURN(auto resident, feed::Load<v1::Resident>(tx, *sealer, kResidents, shard, key));
    if (!resident.has_value()) {
      return call.CheckMissing(request.name());
    }
    RETURN_IF_ERROR(call.CheckArea(resident->area(), request.name()));
    return *std::move(resident);
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::Resident before, load(tx));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        v1::Resident after = before;
        RETURN_IF_ERROR(DecideMatch(request.student(), act.person, act.on, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kResidents, &before, after, "DECIDE").status());
        if (const std::string person = StudentOf(after, shard); !person.empty()) {
          RETURN_IF_ERROR(AdoptCase(tx, writer, {key, person, act.person, act.on, &tools}));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::Resident> {
        ASSIGN_OR_RETURN(v1::Resident resident, load(tx));
        rpc::MaskRoot(resident);
        return resident;
      });
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartComparison(rpc::Call& call,
                                                                  const v1::StartComparisonRequest& request) {
  v1::ComparisonPlan plan;
  *plan.mutable_on() = DateOf(call.clock().Today());
  *plan.mutable_after() = rpc::OfRegistry(request.after());
  return rpc::StartJob(shared_, call, request.parent(), kComparisonJob, plan,
                       rpc::NoOpenBatch(shared_, request.parent(), plan.after()));
}

absl::StatusOr<v1::ListComparisonRunsResponse> Handlers::ListComparisonRuns(
    rpc::Call& call, const v1::ListComparisonRunsRequest& request) {
  const rpc::ListSpec spec{.area_column = "area", .order = {"on_day"}};
  return rpc::ListRoots<v1::ComparisonRun, v1::ListComparisonRunsRequest, v1::ListComparisonRunsResponse>(
      call, host_, kComparisonRuns, spec, request, &v1::ListComparisonRunsResponse::mutable_runs);
}

absl::StatusOr<v1::ListComparisonFindingsResponse> Handlers::ListComparisonFindings(
    rpc::Call& call, const v1::ListComparisonFindingsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.kind() != v1::COMPARISON_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::ComparisonKind_Name(request.kind()));
  }
  if (request.open_only()) {
    spec.equal.emplace_back("is_open", int64_t{1});
  }
  const std::pair<const char*, const std::string*> texts[] = {{"found_by", &request.found_by()},
                                                              {"gone_by", &request.gone_by()}};
  for (const auto& [column, text] : texts) {
    if (!text->empty()) {
      spec.equal.emplace_back(column, *text);
    }
  }
  if (!request.child().empty()) {
    spec.equal.emplace_back("child_key", std::string(feed::IdOfName(request.child())));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::ComparisonFinding, v1::ListComparisonFindingsRequest, v1::ListComparisonFindingsResponse>(
      call, host_, kComparisonFindings, spec, request, &v1::ListComparisonFindingsResponse::mutable_findings);
}

}  // namespace ruraledu::dropout_monitoring
