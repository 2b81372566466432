// dossiers: one dossier, what was done with the child, and psychological notes that few may read.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/domain/load_file.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr char kDossier[] = "counties/411728/dossiers/...";

struct Options {
  std::string county, area, name, etag, file, kind, on, by, result, dossier, purpose;
  std::vector<std::string> fields;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

template <typename Request>
absl::Status OnDossier(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto dossier, session.Call<v1::Dossier>(kService, method, request));
  Table table({{"区域 area"},
               {"留守 left behind", true},
               {"困境 in difficulty"},
               {"更新 reviewed"},
               {"最近关爱 last event"},
               {"版本 etag"},
               {"资源名 resource"}});
  table.Add({dossier.area(), absl::StrCat(dossier.left_behind_education()),
             dossier.in_difficulty() ? "是 yes" : "否 no", TextOf(dossier.reviewed_on()),
             TextOf(dossier.last_event_on()), dossier.etag(), dossier.name()});
  return session.Print(dossier, table);
}

// The file holds the fields that change. Without one the dossier was looked at and is all still so.
absl::Status Put(Session& session, const Options& options) {
  v1::PutDossierRequest request;
  v1::Dossier& dossier = *request.mutable_dossier();
  if (!options.file.empty()) {
    RETURN_IF_ERROR(FromFile("--file", options.file, &dossier));
  }
  dossier.set_name(options.name);
  if (!options.etag.empty()) {
    dossier.set_etag(options.etag);
  }
  request.mutable_update_mask()->mutable_paths()->Assign(options.fields.begin(), options.fields.end());
  if (options.fields.empty()) {
    request.clear_update_mask();
  }
  return OnDossier(session, "PutDossier", request);
}

absl::Status RecordEvent(Session& session, const Options& options) {
  v1::RecordCareEventRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  v1::CareEvent& event = *request.mutable_event();
  event.set_kind(options.kind);
  RETURN_IF_ERROR(PutDay("--on", options.on, &event, &v1::CareEvent::mutable_on));
  event.set_by(options.by);
  event.set_result(options.result);
  return OnDossier(session, "RecordCareEvent", request);
}

Table NoteTable() {
  return Table({{"日期 on"}, {"区域 area"}, {"记录人 author"}, {"档案 dossier"}, {"资源名 resource"}});
}
void AddNote(const v1::PsychologicalNote& note, Table* table) {
  table->Add({TextOf(note.on()), note.area(), note.author(), note.dossier(), note.name()});
}

// The text comes from a file: a command line is seen by others of the machine and kept by the shell.
absl::Status RecordNote(Session& session, const Options& options) {
  v1::RecordPsychologicalNoteRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  v1::PsychologicalNote& note = *request.mutable_note();
  note.set_dossier(options.dossier);
  RETURN_IF_ERROR(PutDay("--on", options.on, &note, &v1::PsychologicalNote::mutable_on));
  ASSIGN_OR_RETURN(*note.mutable_text(), LoadFile(options.file));
  ASSIGN_OR_RETURN(const auto recorded,
                   session.Call<v1::PsychologicalNote>(kService, "RecordPsychologicalNote", request));
  Table table = NoteTable();
  AddNote(recorded, &table);
  return session.Print(recorded, table);
}

absl::Status ShowNote(Session& session, const Options& options) {
  v1::GetPsychologicalNoteRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto note, session.Call<v1::PsychologicalNote>(kService, "GetPsychologicalNote", request,
                                                                        {.purpose = options.purpose}));
  return session.PrintJson(note);
}

absl::Status ListNotes(Session& session, const Options& options) {
  v1::ListPsychologicalNotesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_dossier(options.dossier);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPsychologicalNotesResponse>(
                                       kService, "ListPsychologicalNotes", request, options.limit));
  Table table = NoteTable();
  for (const v1::PsychologicalNote& note : all.notes()) {
    AddNote(note, &table);
  }
  return session.Print(all, table);
}

void AddNotes(CLI::App* dossiers, Action& chosen, const Shared& options) {
  CLI::App* notes = dossiers->add_subcommand("notes", "psychological notes that few may read")->require_subcommand(1);
  CLI::App* record = notes->add_subcommand("record", "writes a note");
  record->add_option("dossier", options->dossier, kDossier)->required();
  record->add_option("file", options->file, "file with the text")->required();
  record->add_option("--on", options->on, "day")->required();
  OnCommand(record, chosen, options, RecordNote);
  CLI::App* show = notes->add_subcommand("show", "one note, in clear");
  show->add_option("name", options->name, "counties/411728/psychologicalNotes/...")->required();
  show->add_option("--purpose", options->purpose, "why; is journalled")->required();
  OnCommand(show, chosen, options, ShowNote);
  CLI::App* list = notes->add_subcommand("list", "which notes there are, without their texts");
  list->add_option("--dossier", options->dossier, "only of this dossier, resource name");
  list->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListNotes);
  for (CLI::App* command : {record, list}) {
    command->add_option("--county", options->county, "six digits");
  }
}

}  // namespace

void AddDossierCommands(CLI::App* dossiers, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* put = dossiers->add_subcommand("put", "opens a dossier, or brings it up to date");
  put->add_option("name", options->name, kDossier)->required();
  CLI::Option* file = put->add_option("--file", options->file, "JSON file: Dossier; left out: it is all still so");
  put->add_option("--field", options->fields, "only this field of the file: kinds, parents, guardian ...")
      ->allow_extra_args(false)
      ->needs(file);
  CLI::App* event = dossiers->add_subcommand("event", "records a visit, call or activity (关爱活动)");
  event->add_option("name", options->name, kDossier)->required();
  event->add_option("kind", options->kind, "code list care_event: HOME_VISIT, CALL ...")->required();
  event->add_option("--on", options->on, "day")->required();
  event->add_option("--by", options->by, "who did it")->required();
  event->add_option("--result", options->result, "what came of it");
  for (CLI::App* command : {put, event}) {
    command->add_option("--etag", options->etag, "only if the dossier is still this version");
  }
  OnCommand(put, chosen, options, Put);
  OnCommand(event, chosen, options, RecordEvent);
  AddShow<v1::GetDossierRequest, v1::Dossier>(dossiers, chosen, kService, "GetDossier", "one dossier in full",
                                              kDossier);
  AddEvaluate<v1::EvaluateCareRequest, v1::CareEvaluation>(dossiers, chosen, kService, "EvaluateCare",
                                                           "whether a child is left behind, from explicit facts");
  AddNotes(dossiers, chosen, options);
}

}  // namespace ruraledu::cli
