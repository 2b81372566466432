// Cases: tables, opened, read, changed.
#include <algorithm>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_action_rules.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_step_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kRead = "dropout_monitoring.cases.read";

// Who leads a case, or is to take it over, sees it wherever the child is.
std::string SeenFrom(rpc::Call& call, const v1::Case& file) {
  for (const std::string& area : {file.authority_area(), file.offered_to()}) {
    if (!area.empty() && call.Holds(kRead, area)) {
      return area;
    }
  }
  return file.area();
}

// A child that no student register knows: keyed by what makes it one, so that the same child is found again.
void FillChildOf(const crypto::KeyRing& keys, const v1::OpenCaseRequest& request, v1::Case* file) {
  const v1::ChildFile& child = request.child();
  FillUnknown(
      ChildKey(keys, child.id_number(), child.display_name(), DayTextOf(child.birth_date()), child.household_village()),
      request.township(), child, file);
}

absl::Status CheckOpening(const v1::OpenCaseRequest& request) {
  Violations violations;
  violations.Require(
      request.channel() != v1::DISCOVERY_CHANNEL_UNSPECIFIED && request.channel() != v1::DISCOVERY_CHANNEL_ABSENCE,
      "channel");
  violations.Require(request.has_discovered_on(), "discovered_on");
  DayOf(request.discovered_on(), "discovered_on", &violations);
  DayOf(request.last_attended_on(), "last_attended_on", &violations);
  if (request.student().empty()) {
    violations.Require(!request.child().display_name().empty(), "child.display_name");
    CheckChild(request.child(), "child", &violations);
    if (request.township().size() != 9 || !ParseArea(request.township()).ok() ||
        ShardOfArea(request.township()).value_or("") != ShardOfName(request.parent()).value_or("?")) {
      violations.Add("township", "AREA_FORMAT", {{"area", request.township()}});
    }
  }
  return violations.status();
}

v1::Finding FindingOf(const v1::OpenCaseRequest& request) {
  v1::Finding finding;
  finding.set_channel(request.channel());
  *finding.mutable_on() = request.discovered_on();
  if (request.has_last_attended_on()) {
    *finding.mutable_last_attended_on() = request.last_attended_on();
  }
  return finding;
}

void ShowAction(const v1::Case& file, absl::CivilDay today, v1::NextAction* row) {
  row->set_case_name(file.name());
  row->set_number(file.number());
  row->set_area(file.area());
  row->set_officer(file.officer());
  row->set_action(file.action());
  *row->mutable_due_on() = file.due_on();
  row->set_days_late(static_cast<int32_t>(std::max<int64_t>(0, today - *DayOf(file.due_on()))));
  row->set_priority(file.priority());
  row->set_state(file.state());
}

}  // namespace

std::string Handlers::LedFrom(const v1::Case& file) {
  return file.authority_area();
}

absl::StatusOr<v1::Case> Handlers::ChangeCase(rpc::Call& call, const std::string& name, const std::string& etag,
                                              std::string_view cause, const CaseStepFunction& step,
                                              std::string (*area_of)(const v1::Case&)) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, kCases.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const auto load = [&](db::Transaction& tx) -> absl::StatusOr<v1::Case> {
    ASSIGN_OR_RETURN(auto file, feed::Load<v1::Case>(tx, *sealer, kCases, shard, feed::IdOfName(name)));
    return file.has_value() ? absl::StatusOr<v1::Case>(*std::move(file)) : call.CheckMissing(name);
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::Case before, load(tx));
        RETURN_IF_ERROR(call.CheckArea(area_of(before), name));
        RETURN_IF_ERROR(feed::CheckEtag(etag, before.etag()));
        ASSIGN_OR_RETURN(const auto* policy, PolicyOf(standards_.cases, before));
        v1::Case after = before;
        RETURN_IF_ERROR(step(tx, {*policy, standards_.cases.codes()}, after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kCases, &before, after, cause).status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::Case> {
        ASSIGN_OR_RETURN(v1::Case file, load(tx));
        // A replay by who gave the case away is answered too: it was theirs when they asked first.
        RETURN_IF_ERROR(call.CheckArea(SeenFrom(call, file), name));
        rpc::MaskRoot(file);
        return file;
      });
}

absl::StatusOr<v1::ListCasePoliciesResponse> Handlers::ListCasePolicies(rpc::Call& call,
                                                                        const v1::ListCasePoliciesRequest& request) {
  v1::ListCasePoliciesResponse response;
  if (request.region_code().empty()) {
    response.mutable_policies()->Assign(standards_.cases.policies().begin(), standards_.cases.policies().end());
    return response;
  }
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const auto* policy,
                   standards_.cases.InForce(request.region_code(), on.value_or(call.clock().Today())));
  *response.add_policies() = *policy;
  return response;
}

absl::StatusOr<v1::EvaluateCaseResponse> Handlers::EvaluateCase(rpc::Call&, const v1::EvaluateCaseRequest& request) {
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  violations.Require(on.has_value(), "on");
  violations.Require(request.facts().state() != v1::CASE_STATE_UNSPECIFIED, "facts.state");
  CheckDates(request.facts(), &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const auto* policy, standards_.cases.InForce(request.region_code(), *on));
  const CaseRules rules{*policy, standards_.cases.codes()};
  v1::Case file = request.facts();
  file.clear_action();
  Settle(rules, *on, false, &file);
  v1::EvaluateCaseResponse response;
  for (v1::CaseEventRow& row : EventsOf(rules, *on, file)) {
    *response.add_events() = std::move(row);
  }
  response.set_action(file.action());
  *response.mutable_due_on() = file.due_on();
  response.set_policy(policy->name());
  return response;
}

absl::StatusOr<v1::Case> Handlers::OpenCase(rpc::Call& call, const v1::OpenCaseRequest& request) {
  RETURN_IF_ERROR(CheckOpening(request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const CaseAct act = CaseActOf(call);
  const auto fill = [&](db::Transaction& tx) -> absl::StatusOr<v1::Case> {
    v1::Case file;
    if (request.student().empty()) {
      FillChildOf(host_.keys, request, &file);
    } else {
      ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, shard, std::string(feed::IdOfName(request.student()))));
      const absl::Status filled = FillFromRegistry(tx, host_.keys, person, act.on, &file);
      if (!filled.ok()) {  // whether the child is here is told to a settled caller only
        const absl::Status missing = call.CheckMissing(request.student());
        return absl::IsNotFound(missing) ? filled : missing;
      }
    }
    RETURN_IF_ERROR(call.CheckArea(file.area()));
    return file;
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(v1::Case after, fill(tx));
        RETURN_IF_ERROR(CheckUnlocked(tx, *DayOf(request.discovered_on())));
        ASSIGN_OR_RETURN(const auto open, FindOpenCase(tx, *sealer, after.child_key()));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        if (open.has_value()) {
          after = *open;
          ASSIGN_OR_RETURN(const auto* policy, PolicyOf(standards_.cases, after));
          RETURN_IF_ERROR(AddFinding({*policy, standards_.cases.codes()}, act, FindingOf(request), &after));
        } else {
          ASSIGN_OR_RETURN(const auto* policy, standards_.cases.InForce(RegionOfShard(shard), act.on));
          ASSIGN_OR_RETURN(*after.mutable_number(), NextCaseNumber(tx, static_cast<int>(act.on.year())));
          after.set_name(absl::StrCat(request.parent(), "/cases/", after.number()));
          after.set_sibling_of(request.sibling_of());
          RETURN_IF_ERROR(Open({*policy, standards_.cases.codes()}, act, FindingOf(request), &after));
        }
        RETURN_IF_ERROR(writer.Put(kCases, open.has_value() ? &*open : nullptr, after, "OPEN").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::Case> {
        ASSIGN_OR_RETURN(auto file, feed::Load<v1::Case>(tx, *sealer, kCases, shard, feed::IdOfName(name)));
        if (!file.has_value()) {
          return call.CheckMissing(name);
        }
        RETURN_IF_ERROR(call.CheckArea(SeenFrom(call, *file)));
        rpc::MaskRoot(*file);
        return *std::move(file);
      });
}

absl::StatusOr<v1::Case> Handlers::GetCase(rpc::Call& call, const v1::GetCaseRequest& request) {
  ASSIGN_OR_RETURN(v1::Case file, rpc::GetRoot<v1::Case>(call, host_, kCases, request.name(),
                                                         [&](const v1::Case& found) { return SeenFrom(call, found); }));
  if (!request.unmask()) {
    rpc::MaskRoot(file);
    return file;
  }
  RETURN_IF_ERROR(
      rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskCases, SeenFrom(call, file), request.name()));
  if (const CodeEntry* reason = standards_.cases.codes().reasons.Find(file.reason_code()); reason != nullptr) {
    file.set_usual_measure(std::string(reason->Attribute("measure")));
    file.set_usual_matter(std::string(reason->Attribute("matter")));
  }
  return file;
}

absl::StatusOr<v1::ListCasesResponse> Handlers::ListCases(rpc::Call& call, const v1::ListCasesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.offered_to_caller()) {
    spec.area_column = "offered_to";
  } else if (request.led_by_caller()) {
    spec.area_column = "authority_area";
  }
  if (request.state() != v1::CASE_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::CaseState_Name(request.state()));
  }
  if (request.open_only()) {
    spec.equal.emplace_back("is_open", int64_t{1});
  }
  if (!request.student().empty()) {
    spec.equal.emplace_back("child_key", std::string(feed::IdOfName(request.student())));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Case, v1::ListCasesRequest, v1::ListCasesResponse>(call, host_, kCases, spec, request,
                                                                               &v1::ListCasesResponse::mutable_cases);
}

absl::StatusOr<v1::ListNextActionsResponse> Handlers::ListNextActions(rpc::Call& call,
                                                                      const v1::ListNextActionsRequest& request) {
  Violations violations;
  const auto by = DayOf(request.due_by(), "due_by", &violations);
  RETURN_IF_ERROR(violations.status());
  rpc::ListSpec spec{
      .area_column = "authority_area", .order = {"due_on", "priority"}, .equal = {{"is_open", int64_t{1}}}};
  if (!request.officer().empty()) {
    spec.equal.emplace_back("officer", request.officer());
  }
  const absl::CivilDay today = call.clock().Today();
  v1::ListNextActionsResponse response;
  bool over = false;
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(call, host_, kCases, request.parent(), spec, request, request.page_size(), request.page_token(),
                     [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                       v1::Case file;
                       RETURN_IF_ERROR(feed::ReadRoot(row, column, kCases, id, nullptr, &file));
                       over |= by.has_value() && *DayOf(file.due_on()) > *by;
                       if (!over) {
                         ShowAction(file, today, response.add_actions());
                       }
                       return absl::OkStatus();
                     }));
  if (over) {  // in order of last day: nothing behind it is due either
    response.clear_next_page_token();
  }
  return response;
}

absl::StatusOr<v1::Case> Handlers::UpdateCase(rpc::Call& call, const v1::UpdateCaseRequest& request) {
  const v1::Case& asked = request.case_file();
  Violations violations;
  CheckCodes(standards_.cases.codes(), call.clock().Today(), asked, "case_file", &violations);
  RETURN_IF_ERROR(violations.status());
  v1::Case changes;
  RETURN_IF_ERROR(rpc::ApplyMask(asked, request.update_mask(), &changes));
  RETURN_IF_ERROR(CheckChangeable(changes));
  const CaseAct act = CaseActOf(call);
  return ChangeCase(call, asked.name(), asked.etag(), "UPDATE",
                    [&](db::Transaction&, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      v1::Case wanted = file;
                      RETURN_IF_ERROR(rpc::ApplyMask(asked, request.update_mask(), &wanted));
                      return Touch(
                          rules, act, [&](v1::Case& after) { TakeChangeable(wanted, &after); }, &file);
                    });
}

}  // namespace ruraledu::dropout_monitoring
