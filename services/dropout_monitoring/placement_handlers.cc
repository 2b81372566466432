// Disabled children: the ledger, placements of two persons, opinions of the committee, the rates.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/placement_checks.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kUnmaskPlacements = "dropout_monitoring.placements.unmask";
constexpr size_t kTownshipDigits = 9;
constexpr int kMostTeachers = 20;
constexpr int kMostLessonsPerWeek = 50;

std::string AreaOfChild(const v1::DisabledChild& child) {
  return child.area();
}
const rpc::RootKind<v1::DisabledChild> kKind{kDisabledChildren, AreaOfChild, nullptr};

PlacementAct ActOf(rpc::Call& call) {
  const CaseAct act = CaseActOf(call);
  return {act.person, act.on};
}

absl::Status CheckEntry(const CareStandards& care, absl::CivilDay today, const v1::PutDisabledChildRequest& request) {
  Violations violations;
  const auto code = [&](const CodeList& list, const std::string& value, const std::string& field) {
    violations.Require(!value.empty(), field);
    if (!value.empty() && list.Find(value, today) == nullptr) {
      violations.Add(field, "CODE_UNKNOWN", {{"list", list.name()}});
    }
  };
  code(care.placements.disabilities, request.disability().kind(), "disability.kind");
  code(care.disability_grades, request.disability().grade(), "disability.grade");
  violations.MostBytes("disability.certificate", request.disability().certificate(), kMostCaseName);
  if (request.student().empty()) {
    CheckChild(request.child(), "child", &violations);
    violations.Require(!request.child().display_name().empty(), "child.display_name");
    violations.Require(request.child().has_birth_date(), "child.birth_date");
    if (request.township().size() != kTownshipDigits || !ParseArea(request.township()).ok() ||
        ShardOfArea(request.township()).value_or("") != ShardOfName(request.parent()).value_or("?")) {
      violations.Add("township", "AREA_FORMAT", {{"area", request.township()}});
    }
  }
  return violations.status();
}

absl::Status CheckPlacement(const Standards& standards, absl::CivilDay today, const v1::Placement& asked) {
  Violations violations;
  violations.Require(!asked.kind().empty(), "placement.kind");
  if (!asked.kind().empty() && standards.care.placements.Kind(asked.kind()) == nullptr) {
    violations.Add("placement.kind", "CODE_UNKNOWN", {{"list", "placement_kind"}});
  }
  violations.Require(asked.has_from(), "placement.from");
  DayOf(asked.from(), "placement.from", &violations);
  DayOf(asked.until(), "placement.until", &violations);
  const v1::TeachingPlan& plan = asked.plan();
  if (plan.lessons_per_week() < 0 || plan.lessons_per_week() > kMostLessonsPerWeek) {
    violations.Add("placement.plan.lessons_per_week", "NUMBER_RANGE",
                   {{"low", "0"}, {"high", absl::StrCat(kMostLessonsPerWeek)}});
  }
  violations.MostBytes("placement.plan.content", plan.content(), kMostCaseText);
  violations.MostElements("placement.plan.teachers", plan.teachers_size(), kMostTeachers);
  for (const std::string& teacher : plan.teachers()) {
    violations.MostBytes("placement.plan.teachers", teacher, kMostCaseName);
  }
  CheckEvidence(standards.cases.codes(), today, asked.evidence(), "placement.evidence", &violations);
  return violations.status();
}

absl::Status CheckSchool(db::Transaction& tx, const std::string& school) {
  if (school.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto found, FindSchool(tx, tx.shard(), feed::IdOfName(school)));
  return found.has_value() && found->name() == school ? absl::OkStatus() : Fail("SCHOOL_UNKNOWN");
}

}  // namespace

absl::StatusOr<v1::ListPlacementPoliciesResponse> Handlers::ListPlacementPolicies(
    rpc::Call&, const v1::ListPlacementPoliciesRequest&) {
  v1::ListPlacementPoliciesResponse response;
  const PlacementBook& book = standards_.care.placements;
  response.mutable_policies()->Assign(book.policies.policies().begin(), book.policies.policies().end());
  response.mutable_kinds()->Assign(book.kinds.begin(), book.kinds.end());
  return response;
}

absl::StatusOr<v1::EvaluatePlacementResponse> Handlers::EvaluatePlacement(rpc::Call&,
                                                                          const v1::EvaluatePlacementRequest& request) {
  return dropout_monitoring::EvaluatePlacement(standards_.care.placements, standards_.terms, request);
}

absl::StatusOr<v1::DisabledChild> Handlers::PutDisabledChild(rpc::Call& call,
                                                             const v1::PutDisabledChildRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  RETURN_IF_ERROR(CheckEntry(standards_.care, today, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const auto fill = [&](db::Transaction& tx, const std::string& person, v1::DisabledChild* child) -> absl::Status {
    if (person.empty()) {
      child->set_area(request.township());
      *child->mutable_child() = request.child();
      *child->mutable_birth_date() = request.child().birth_date();
      return absl::OkStatus();
    }
    const auto known = OneOfRegister(tx, host_.keys, shard, person, today);
    if (!known.ok()) {  // whether the child is here is told to a settled caller only
      const absl::Status missing = call.CheckMissing(request.student());
      return absl::IsNotFound(missing) ? known.status() : missing;
    }
    TakeFromRegister(standards_.statuses, known->student, child);
    return absl::OkStatus();
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        std::string person;
        if (!request.student().empty()) {
          ASSIGN_OR_RETURN(person, WhoStays(tx, shard, std::string(feed::IdOfName(request.student()))));
        }
        const std::string id =
            person.empty() ? UnknownChildId(host_.keys, request.child(), request.township()) : person;
        ASSIGN_OR_RETURN(const auto before, feed::Load<v1::DisabledChild>(tx, *sealer, kDisabledChildren, shard, id));
        v1::DisabledChild after = before.value_or(v1::DisabledChild());
        after.set_name(absl::StrCat(request.parent(), "/disabledChildren/", id));
        *after.mutable_disability() = request.disability();
        RETURN_IF_ERROR(fill(tx, person, &after));
        RETURN_IF_ERROR(call.CheckArea(after.area()));
        if (std::find(after.sources().begin(), after.sources().end(), v1::DISABLED_SOURCE_FEDERATION) ==
            after.sources().end()) {
          after.add_sources(v1::DISABLED_SOURCE_FEDERATION);
        }
        RETURN_IF_ERROR(SettleChild(tx, standards_, shard, today, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(
            writer.Put(kDisabledChildren, before.has_value() ? &*before : nullptr, after, "ENTER").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::DisabledChild> {
        ASSIGN_OR_RETURN(auto child,
                         feed::Load<v1::DisabledChild>(tx, *sealer, kDisabledChildren, shard, feed::IdOfName(name)));
        if (!child.has_value()) {
          return call.CheckMissing(name);
        }
        RETURN_IF_ERROR(call.CheckArea(child->area()));
        rpc::MaskRoot(*child);
        return *std::move(child);
      });
}

absl::StatusOr<v1::DisabledChild> Handlers::GetDisabledChild(rpc::Call& call,
                                                             const v1::GetDisabledChildRequest& request) {
  ASSIGN_OR_RETURN(v1::DisabledChild child,
                   rpc::GetRoot<v1::DisabledChild>(call, host_, kDisabledChildren, request.name(), AreaOfChild));
  if (!request.unmask()) {
    rpc::MaskRoot(child);
    return child;
  }
  RETURN_IF_ERROR(
      rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskPlacements, child.area(), request.name()));
  return child;
}

absl::StatusOr<v1::ListDisabledChildrenResponse> Handlers::ListDisabledChildren(
    rpc::Call& call, const v1::ListDisabledChildrenRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.with_findings_only()) {
    spec.equal.emplace_back("has_findings", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::DisabledChild, v1::ListDisabledChildrenRequest, v1::ListDisabledChildrenResponse>(
      call, host_, kDisabledChildren, spec, request, &v1::ListDisabledChildrenResponse::mutable_children);
}

absl::StatusOr<v1::DisabledChild> Handlers::ProposePlacement(rpc::Call& call,
                                                             const v1::ProposePlacementRequest& request) {
  const PlacementAct act = ActOf(call);
  RETURN_IF_ERROR(CheckPlacement(standards_, act.on, request.placement()));
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "PROPOSE",
      [&](db::Transaction& tx, const v1::DisabledChild* before, v1::DisabledChild& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(CheckSchool(tx, request.placement().school()));
        Violations violations;
        violations.MostElements("placements", before->placements_size() + 1, kMostPlacementHistory);
        RETURN_IF_ERROR(violations.status());
        return dropout_monitoring::ProposePlacement(standards_.care.placements, act, request.placement(), &after);
      });
}

absl::StatusOr<v1::DisabledChild> Handlers::DecidePlacement(rpc::Call& call,
                                                            const v1::DecidePlacementRequest& request) {
  const PlacementAct act = ActOf(call);
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "DECIDE",
      [&](db::Transaction& tx, const v1::DisabledChild* before, v1::DisabledChild& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(dropout_monitoring::DecidePlacement(standards_.care.placements, act, request.approve(),
                                                            request.reason(), &after));
        return SettleChild(tx, standards_, std::string(tx.shard()), act.on, &after);
      });
}

absl::StatusOr<v1::DisabledChild> Handlers::RecordCommitteeOpinion(rpc::Call& call,
                                                                   const v1::RecordCommitteeOpinionRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  RETURN_IF_ERROR(CheckOpinion(standards_.care.placements, today, request.opinion()));
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "OPINION",
      [&](db::Transaction& tx, const v1::DisabledChild* before, v1::DisabledChild& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        Violations violations;
        violations.MostElements("opinions", before->opinions_size() + 1, kMostPlacementHistory);
        RETURN_IF_ERROR(violations.status());
        *after.add_opinions() = request.opinion();
        after.mutable_opinions()->rbegin()->clear_review();
        return SettleChild(tx, standards_, std::string(tx.shard()), today, &after);
      });
}

absl::StatusOr<v1::PlacementRates> Handlers::GetPlacementRates(rpc::Call& call,
                                                               const v1::GetPlacementRatesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const absl::CivilDay today = call.clock().Today();
  const PlacementBook& book = standards_.care.placements;
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(RegionOfShard(shard), today));
  const auto ranges = call.Ranges();
  ASSIGN_OR_RETURN(const auto children, host_.database.Read([&](db::Transaction& tx) {
    return DisabledChildrenIn(tx, *sealer, shard, ranges);
  }));
  return RatesOf(book, *policy, standards_.terms, children, today);
}

}  // namespace ruraledu::dropout_monitoring
