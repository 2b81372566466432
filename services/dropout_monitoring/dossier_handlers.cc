// Care dossiers: opened, brought up to date, listed by school and by township.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kReadDossiers = "dropout_monitoring.dossiers.read";
constexpr std::string_view kWriteDossiers = "dropout_monitoring.dossiers.write";
constexpr std::string_view kUnmaskDossiers = "dropout_monitoring.dossiers.unmask";
constexpr std::string_view kWritable[] = {
    "kinds",           "parents",   "guardian", "living", "boarding_priority", "health", "responsible_teacher",
    "village_contact", "one_to_one"};
constexpr int kMostPairs = 20;
constexpr int kMostEvents = 500;

// The school owns a dossier, and so does the township where the household lives (XJ-7a).
std::string OwnedFrom(rpc::Call& call, std::string_view permission, const v1::Dossier& dossier) {
  return !dossier.township().empty() && call.Holds(permission, dossier.township()) ? dossier.township()
                                                                                   : dossier.area();
}

// What of the request is to be taken over; FIELD_UNKNOWN for what the server sets.
absl::StatusOr<google::protobuf::FieldMask> MaskOf(const v1::PutDossierRequest& request) {
  google::protobuf::FieldMask mask = request.update_mask();
  if (mask.paths().empty()) {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    request.dossier().GetReflection()->ListFields(request.dossier(), &fields);
    for (const auto* field : fields) {
      if (field->name() != "name" && field->name() != "etag") {
        mask.add_paths(field->name());
      }
    }
  }
  for (const std::string& path : mask.paths()) {
    if (std::find(std::begin(kWritable), std::end(kWritable), path) == std::end(kWritable)) {
      return Fail("FIELD_UNKNOWN", {{"field", path}});
    }
  }
  return mask;
}

void CheckCode(const CodeList& list, absl::CivilDay today, const std::string& code, const std::string& field,
               Violations* violations) {
  if (!code.empty() && list.Find(code, today) == nullptr) {
    violations->Add(field, "CODE_UNKNOWN", {{"list", list.name()}});
  }
}

absl::Status CheckDossier(const CareBook& book, absl::CivilDay today, const v1::Dossier& asked) {
  Violations violations;
  for (const std::string& kind : asked.kinds()) {
    CheckCode(book.kinds, today, kind, "dossier.kinds", &violations);
  }
  CheckParents(book, today, asked.parents(), "dossier.parents", &violations);
  CheckCode(book.relations, today, asked.guardian().relation(), "dossier.guardian.relation", &violations);
  violations.MostBytes("dossier.guardian.display_name", asked.guardian().display_name(), kMostCaseName);
  violations.MostBytes("dossier.guardian.phone", asked.guardian().phone(), kMostCaseName);
  CheckCode(book.living, today, asked.living(), "dossier.living", &violations);
  violations.MostBytes("dossier.health", asked.health(), kMostCaseText);
  violations.MostBytes("dossier.responsible_teacher", asked.responsible_teacher(), kMostCaseName);
  violations.MostBytes("dossier.village_contact", asked.village_contact(), kMostCaseName);
  violations.MostElements("dossier.one_to_one", asked.one_to_one_size(), kMostPairs);
  for (const v1::OneToOne& pair : asked.one_to_one()) {
    violations.Require(!pair.kind().empty(), "dossier.one_to_one.kind");
    CheckCode(book.one_to_one, today, pair.kind(), "dossier.one_to_one.kind", &violations);
    violations.MostBytes("dossier.one_to_one.display_name", pair.display_name(), kMostCaseName);
    violations.MostBytes("dossier.one_to_one.phone", pair.phone(), kMostCaseName);
    DayOf(pair.from(), "dossier.one_to_one.from", &violations);
    DayOf(pair.until(), "dossier.one_to_one.until", &violations);
  }
  return violations.status();
}

absl::Status CheckEvent(const CareBook& book, absl::CivilDay today, const v1::CareEvent& event) {
  Violations violations;
  violations.Require(!event.kind().empty(), "event.kind");
  CheckCode(book.events, today, event.kind(), "event.kind", &violations);
  violations.Require(event.has_on(), "event.on");
  const auto on = DayOf(event.on(), "event.on", &violations);
  if (on.has_value() && *on > today) {
    violations.Add("event.on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  violations.Require(!event.by().empty(), "event.by");
  violations.MostBytes("event.by", event.by(), kMostCaseName);
  violations.MostBytes("event.result", event.result(), kMostCaseText);
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::CareEvaluation> Handlers::EvaluateCare(rpc::Call&, const v1::EvaluateCareRequest& request) {
  return dropout_monitoring::EvaluateCare(standards_.care.care, request);
}

absl::StatusOr<v1::Dossier> Handlers::PutDossier(rpc::Call& call, const v1::PutDossierRequest& request) {
  const v1::Dossier& asked = request.dossier();
  const CareBook& book = standards_.care.care;
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const auto mask, MaskOf(request));
  RETURN_IF_ERROR(CheckDossier(book, today, asked));
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(asked.name(), kDossiers.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(RegionOfShard(shard), today));
  const std::string person(feed::IdOfName(asked.name()));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        const auto known = OneOfRegister(tx, host_.keys, shard, person, today);
        if (!known.ok()) {  // whether the child is here is told to a settled caller only
          const absl::Status missing = call.CheckMissing(asked.name());
          return absl::IsNotFound(missing) ? known.status() : missing;
        }
        ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Dossier>(tx, *sealer, kDossiers, shard, person));
        v1::Dossier after = before.value_or(v1::Dossier());
        after.set_name(asked.name());
        after.set_person(person);
        const CareSource source{known->student, known->kinds, OnRoll(standards_.statuses, known->student)};
        if (!mask.paths().empty()) {
          RETURN_IF_ERROR(rpc::ApplyMask(asked, mask, &after));
        }
        SettleDossier(book, *policy, source, today, &after);
        RETURN_IF_ERROR(call.CheckArea(OwnedFrom(call, kWriteDossiers, after), asked.name()));
        RETURN_IF_ERROR(feed::CheckEtag(asked.etag(), before.has_value() ? before->etag() : ""));
        *after.mutable_reviewed_on() = DateOf(today);
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kDossiers, before.has_value() ? &*before : nullptr, after, "PUT").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{asked.name(), version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<v1::Dossier> {
        ASSIGN_OR_RETURN(auto dossier, feed::Load<v1::Dossier>(tx, *sealer, kDossiers, shard, feed::IdOfName(written)));
        if (!dossier.has_value()) {
          return call.CheckMissing(written);
        }
        RETURN_IF_ERROR(call.CheckArea(OwnedFrom(call, kWriteDossiers, *dossier), written));
        rpc::MaskRoot(*dossier);
        return *std::move(dossier);
      });
}

absl::StatusOr<v1::Dossier> Handlers::GetDossier(rpc::Call& call, const v1::GetDossierRequest& request) {
  const auto area_of = [&](const v1::Dossier& found) { return OwnedFrom(call, kReadDossiers, found); };
  ASSIGN_OR_RETURN(v1::Dossier dossier, rpc::GetRoot<v1::Dossier>(call, host_, kDossiers, request.name(), area_of));
  if (!request.unmask()) {
    rpc::MaskRoot(dossier);
    return dossier;
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskDossiers,
                                     OwnedFrom(call, kUnmaskDossiers, dossier), request.name()));
  return dossier;
}

absl::StatusOr<v1::ListDossiersResponse> Handlers::ListDossiers(rpc::Call& call,
                                                                const v1::ListDossiersRequest& request) {
  const std::string_view spine = request.by_township() ? "township" : "area";
  rpc::ListSpec spec{.area_column = spine, .order = {spine}, .equal = {{"is_open", int64_t{1}}}};
  if (request.group() == v1::CARE_GROUP_LEFT_BEHIND) {
    spec.equal.emplace_back("is_left_behind", int64_t{1});
  } else if (request.group() == v1::CARE_GROUP_IN_DIFFICULTY) {
    spec.equal.emplace_back("is_in_difficulty", int64_t{1});
  }
  if (request.stale_only()) {
    const absl::CivilDay began = standards_.terms.FirstDay(standards_.terms.TermOf(call.clock().Today()));
    spec.also = [began](std::vector<db::Value>* args) {
      args->push_back(DayText(began));
      return absl::StrCat("reviewed_on < $", args->size());
    };
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Dossier, v1::ListDossiersRequest, v1::ListDossiersResponse>(
      call, host_, kDossiers, spec, request, &v1::ListDossiersResponse::mutable_dossiers);
}

absl::StatusOr<v1::Dossier> Handlers::RecordCareEvent(rpc::Call& call, const v1::RecordCareEventRequest& request) {
  const CaseAct act = CaseActOf(call);
  RETURN_IF_ERROR(CheckEvent(standards_.care.care, act.on, request.event()));
  const rpc::RootKind<v1::Dossier> kind{
      kDossiers, [&](const v1::Dossier& dossier) { return OwnedFrom(call, kWriteDossiers, dossier); }, nullptr};
  return rpc::WriteRoot(call, host_, kind, request.name(), false, "EVENT",
                        [&](db::Transaction&, const v1::Dossier* before, v1::Dossier& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          if (before->events_size() >= kMostEvents) {
                            return Fail("FIELD_TOO_MANY", {{"field", "events"}, {"limit", absl::StrCat(kMostEvents)}});
                          }
                          v1::CareEvent* event = after.add_events();
                          *event = request.event();
                          event->set_recorded_by(act.person);
                          if (!after.has_last_event_on() || *DayOf(after.last_event_on()) < *DayOf(event->on())) {
                            *after.mutable_last_event_on() = event->on();
                          }
                          return absl::OkStatus();
                        });
}

}  // namespace ruraledu::dropout_monitoring
