// Responsibilities: slots, names, gaps, mechanisms of the county.
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/responsibility_rules.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string AreaOf(const v1::Responsibility& responsibility) {
  return responsibility.area();
}
const rpc::RootKind<v1::Responsibility> kKind{kResponsibilities, AreaOf, nullptr};
const rpc::RootKind<v1::Mechanism> kMechanismKind{
    kMechanisms, [](const v1::Mechanism& mechanism) { return mechanism.area(); }, nullptr};

absl::Status CheckAssignment(const v1::Responsibility& asked, const v1::ResponsibilitySlot* slot) {
  Violations violations;
  violations.Require(!asked.display_name().empty(), "responsibility.display_name");
  violations.Require(!asked.subject().empty(), "responsibility.subject");
  if (slot == nullptr) {
    violations.Add("responsibility.slot", "CODE_UNKNOWN", {{"list", "responsibility_slots"}});
  }
  violations.MostBytes("responsibility.display_name", asked.display_name(), kMostCaseName);
  violations.MostBytes("responsibility.post", asked.post(), kMostCaseName);
  violations.MostBytes("responsibility.phone", asked.phone(), kMostCaseName);
  DayOf(asked.from(), "responsibility.from", &violations);
  return violations.status();
}

// Of a child by its rolls, else by what the subject is.
absl::StatusOr<std::string> PlaceOf(db::Transaction& tx, const v1::ResponsibilitySlot& slot,
                                    const std::string& subject) {
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, tx.shard(), subject));
  return pupil.has_value() ? absl::StatusOr<std::string>(pupil->area)
                           : AreaOfSubject(slot, tx.shard().substr(1), subject);
}

}  // namespace

absl::StatusOr<v1::ListResponsibilitySlotsResponse> Handlers::ListResponsibilitySlots(
    rpc::Call&, const v1::ListResponsibilitySlotsRequest&) {
  v1::ListResponsibilitySlotsResponse response;
  response.mutable_slots()->Assign(standards_.slots.begin(), standards_.slots.end());
  return response;
}

absl::StatusOr<v1::Responsibility> Handlers::AssignResponsibility(rpc::Call& call,
                                                                  const v1::AssignResponsibilityRequest& request) {
  const v1::Responsibility& asked = request.responsibility();
  const v1::ResponsibilitySlot* slot = FindSlot(standards_.slots, asked.mechanism(), asked.slot());
  RETURN_IF_ERROR(CheckAssignment(asked, slot));
  const absl::CivilDay from = DayOf(asked.from()).value_or(call.clock().Today());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string name = absl::StrCat(request.parent(), "/responsibilities/", rpc::StableId(call));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        v1::Responsibility after = asked;
        after.set_name(name);
        after.set_line(slot->line());
        ASSIGN_OR_RETURN(*after.mutable_area(), PlaceOf(tx, *slot, asked.subject()));
        RETURN_IF_ERROR(call.CheckArea(after.area()));
        *after.mutable_from() = DateOf(from);
        after.clear_until();
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        ASSIGN_OR_RETURN(const auto before,
                         FindResponsibility(tx, *sealer, asked.mechanism(), asked.slot(), asked.subject()));
        if (before.has_value()) {  // the name before it ends when this one begins
          v1::Responsibility ended = *before;
          *ended.mutable_until() = DateOf(std::max(from, *DayOf(before->from())));
          RETURN_IF_ERROR(writer.Put(kResponsibilities, &*before, ended, "SUCCEEDED").status());
        }
        RETURN_IF_ERROR(writer.Put(kResponsibilities, nullptr, after, "ASSIGN").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<v1::Responsibility> {
        ASSIGN_OR_RETURN(
            auto found, feed::Load<v1::Responsibility>(tx, *sealer, kResponsibilities, shard, feed::IdOfName(written)));
        if (!found.has_value()) {
          return call.CheckMissing(written);
        }
        RETURN_IF_ERROR(call.CheckArea(found->area()));
        rpc::MaskRoot(*found);
        return *std::move(found);
      });
}

absl::StatusOr<v1::Responsibility> Handlers::EndResponsibility(rpc::Call& call,
                                                               const v1::EndResponsibilityRequest& request) {
  Violations violations;
  const auto until = DayOf(request.until(), "until", &violations);
  RETURN_IF_ERROR(violations.status());
  const absl::CivilDay on = until.value_or(call.clock().Today());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "END",
      [&](db::Transaction&, const v1::Responsibility* before, v1::Responsibility& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        const absl::CivilDay from = *DayOf(before->from());
        if (on < from) {
          return Fail("RETURN_DATE", {{"from", DayText(from)}, {"to", DayText(call.clock().Today())}});
        }
        *after.mutable_until() = DateOf(on);
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::ListResponsibilitiesResponse> Handlers::ListResponsibilities(
    rpc::Call& call, const v1::ListResponsibilitiesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.mechanism().empty()) {
    spec.equal.emplace_back("mechanism", request.mechanism());
  }
  if (request.in_force_only()) {
    spec.equal.emplace_back("until_on", std::string());
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Responsibility, v1::ListResponsibilitiesRequest, v1::ListResponsibilitiesResponse>(
      call, host_, kResponsibilities, spec, request, &v1::ListResponsibilitiesResponse::mutable_responsibilities);
}

absl::StatusOr<v1::ListResponsibilityGapsResponse> Handlers::ListResponsibilityGaps(
    rpc::Call& call, const v1::ListResponsibilityGapsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto within, rpc::WithinArea(request.area()));
  std::vector<AreaRange> ranges = call.Ranges();
  if (!within.empty()) {
    const Scope asked = Scope(ranges).Intersection(Scope(within));
    ranges.assign(asked.ranges().begin(), asked.ranges().end());
  }
  const std::string filter = rpc::FilterOf(request);
  std::vector<std::string> after = {"", ""};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, rpc::PageKey(filter, request.page_token(), 2));
  }
  v1::ListResponsibilityGapsResponse response;
  const absl::CivilDay today = call.clock().Today();
  return host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<v1::ListResponsibilityGapsResponse> {
    response.Clear();
    ASSIGN_OR_RETURN(const NamedOf names, SubjectsNamed(tx, shard, standards_.slots, today));
    int64_t room = size;
    for (const AreaRange& range : ranges) {
      ASSIGN_OR_RETURN(const auto pupils, PupilsBehind(tx, shard, range.lo, range.hi, after[0], after[1], room + 1));
      for (const PupilRow& pupil : pupils) {
        if (room-- == 0) {
          response.set_next_page_token(rpc::PageToken(filter, after));
          return response;
        }
        after = {pupil.area, pupil.person};
        const auto lines = LinesWithout(names, pupil.person, pupil.area, pupil.village);
        if (!lines.empty()) {
          v1::ResponsibilityGap* gap = response.add_gaps();
          gap->set_student(absl::StrCat(request.parent(), "/students/", pupil.person));
          gap->set_area(pupil.area);
          gap->mutable_lines()->Assign(lines.begin(), lines.end());
        }
      }
    }
    return response;
  });
}

absl::StatusOr<v1::Mechanism> Handlers::PutMechanism(rpc::Call& call, const v1::PutMechanismRequest& request) {
  const v1::Mechanism& asked = request.mechanism();
  RETURN_IF_ERROR(CheckComponents(asked));
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(asked.name(), kMechanisms.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const bool there, host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const auto found,
                     feed::Load<v1::Mechanism>(tx, *sealer, kMechanisms, shard, feed::IdOfName(asked.name())));
    return found.has_value();
  }));
  return rpc::WriteRoot(call, host_, kMechanismKind, asked.name(), !there, "PUT",
                        [&](db::Transaction&, const v1::Mechanism* before, v1::Mechanism& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(asked.etag(), before == nullptr ? "" : before->etag()));
                          after.set_area(shard.substr(1));
                          *after.mutable_components() = asked.components();
                          after.set_source(asked.source());
                          return absl::OkStatus();
                        });
}

absl::StatusOr<v1::Mechanism> Handlers::GetMechanism(rpc::Call& call, const v1::GetMechanismRequest& request) {
  return rpc::GetRoot<v1::Mechanism>(call, host_, kMechanisms, request.name(),
                                     [](const v1::Mechanism& found) { return found.area(); });
}

}  // namespace ruraledu::dropout_monitoring
