// Psychological notes: written by who may, read by fewer, each reading journalled first.
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kReadNotes = "dropout_monitoring.notes.read";
constexpr size_t kMostNote = 8000;  // bytes: 2,000 characters

absl::Status CheckNote(const v1::PsychologicalNote& note, absl::CivilDay today) {
  Violations violations;
  violations.Require(!note.dossier().empty(), "note.dossier");
  violations.Require(!note.text().empty(), "note.text");
  violations.MostBytes("note.text", note.text(), kMostNote);
  violations.Require(note.has_on(), "note.on");
  const auto on = DayOf(note.on(), "note.on", &violations);
  if (on.has_value() && *on > today) {
    violations.Add("note.on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  return violations.status();
}

std::string AreaOfNote(const v1::PsychologicalNote& note) {
  return note.area();
}

}  // namespace

absl::StatusOr<v1::PsychologicalNote> Handlers::RecordPsychologicalNote(
    rpc::Call& call, const v1::RecordPsychologicalNoteRequest& request) {
  const v1::PsychologicalNote& asked = request.note();
  const CaseAct act = CaseActOf(call);
  RETURN_IF_ERROR(CheckNote(asked, act.on));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string name = absl::StrCat(request.parent(), "/psychologicalNotes/", rpc::StableId(call));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto dossier,
                         feed::Load<v1::Dossier>(tx, *sealer, kDossiers, shard, feed::IdOfName(asked.dossier())));
        if (!dossier.has_value() || dossier->name() != asked.dossier()) {
          return call.CheckMissing(asked.dossier());
        }
        RETURN_IF_ERROR(call.CheckArea(dossier->area()));
        v1::PsychologicalNote after = asked;
        after.set_name(name);
        after.set_area(dossier->area());
        after.set_author(act.person);
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kPsychologicalNotes, nullptr, after, "NOTE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<v1::PsychologicalNote> {
        ASSIGN_OR_RETURN(auto note, feed::Load<v1::PsychologicalNote>(tx, *sealer, kPsychologicalNotes, shard,
                                                                      feed::IdOfName(written)));
        if (!note.has_value()) {
          return call.CheckMissing(written);
        }
        RETURN_IF_ERROR(call.CheckArea(note->area()));
        rpc::MaskRoot(*note);
        return *std::move(note);
      });
}

absl::StatusOr<v1::PsychologicalNote> Handlers::GetPsychologicalNote(rpc::Call& call,
                                                                     const v1::GetPsychologicalNoteRequest& request) {
  ASSIGN_OR_RETURN(v1::PsychologicalNote note,
                   rpc::GetRoot<v1::PsychologicalNote>(call, host_, kPsychologicalNotes, request.name(), AreaOfNote));
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kReadNotes, note.area(), request.name()));
  return note;
}

absl::StatusOr<v1::ListPsychologicalNotesResponse> Handlers::ListPsychologicalNotes(
    rpc::Call& call, const v1::ListPsychologicalNotesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"written_on"}};
  if (!request.dossier().empty()) {
    spec.equal.emplace_back("dossier", std::string(feed::IdOfName(request.dossier())));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::PsychologicalNote, v1::ListPsychologicalNotesRequest, v1::ListPsychologicalNotesResponse>(
      call, host_, kPsychologicalNotes, spec, request, &v1::ListPsychologicalNotesResponse::mutable_notes);
}

}  // namespace ruraledu::dropout_monitoring
