// aid mirror: what is reported to the national aid system, what it says back, and what differs.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/reports/v1/reports.pb.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"
#include "services/cli/attachment.h"
#include "services/cli/calls.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
namespace reports_v1 = ruraledu::reports::v1;

struct Options {
  std::string county, term, layout, name, area, exported, state, reason, person, how, why, etag, file, purpose;
  bool paid = false, gb18030 = false, wait = false, unmask = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

constexpr char kExport[] = "counties/411728/mirrorExports/...";
constexpr std::string_view kHow[] = {"accepted", "corrected-here", "corrected-there"};

// A word of an enumeration, "other-amount"; CLI_ARGUMENT when there is none of it.
template <typename Enum>
absl::StatusOr<Enum> WordOf(std::string word, std::string_view argument) {
  std::replace(word.begin(), word.end(), '-', '_');
  const auto value = word.empty() ? Enum{} : EnumOf<Enum>(absl::AsciiStrToUpper(word));
  if (!value.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", argument}, {"problem", absl::StrCat("no such word: ", word)}});
  }
  return *value;
}

absl::Status ListLayouts(Session& session, const Options& options) {
  v1::ListMirrorLayoutsRequest request;
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto all,
                   session.Call<v1::ListMirrorLayoutsResponse>("student_aid", "ListMirrorLayouts", request));
  Table table({{"版式 layout"}, {"子系统 sub-system"}, {"列 columns", true}, {"未知列 unknown", true}});
  for (const v1::MirrorLayout& layout : all.layouts()) {
    const auto unknown = std::count_if(layout.columns().begin(), layout.columns().end(),
                                       [](const v1::MirrorColumn& column) { return column.fact() == "UNKNOWN"; });
    table.Add({layout.name(), layout.label_zh(), Grouped(layout.columns_size()), Grouped(unknown)});
  }
  return session.Print(all, table);
}

absl::Status ShowExports(Session& session, const google::protobuf::Message& answer,
                         const google::protobuf::RepeatedPtrField<v1::MirrorExport>& exports) {
  Table table({{"导出号 reference"},
               {"状态 state"},
               {"行 rows", true},
               {"人数 heads", true},
               {"金额(元) yuan", true},
               {"未列入 left-out", true},
               {"资源名 resource"}});
  for (const v1::MirrorExport& one : exports) {
    table.Add({one.reference(), EnumText(one.state()), Grouped(one.rows()), Grouped(one.heads()),
               FormatFenGrouped(one.total_fen()), Grouped(one.left_out()), one.name()});
  }
  return session.Print(answer, table);
}

absl::Status ShowExport(Session& session, const v1::MirrorExport& one) {
  google::protobuf::RepeatedPtrField<v1::MirrorExport> all;
  *all.Add() = one;
  return ShowExports(session, one, all);
}

absl::Status GetExport(Session& session, const Options& options) {
  v1::GetMirrorExportRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::MirrorExport>("student_aid", "GetMirrorExport", request));
  return ShowExport(session, one);
}

absl::Status MakeExport(Session& session, const Options& options) {
  v1::CreateMirrorExportRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_layout(absl::StartsWith(options.layout, "mirrorLayouts/")
                         ? options.layout
                         : absl::StrCat("mirrorLayouts/", options.layout));
  request.set_basis(options.paid ? v1::MIRROR_BASIS_PAID : v1::MIRROR_BASIS_GRANTED);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(const auto made, session.Call<v1::MirrorExport>("student_aid", "CreateMirrorExport", request));
  if (!options.wait) {
    return ShowExport(session, made);
  }
  RETURN_IF_ERROR(session.WaitForJob("student_aid", made.job()).status());
  Options again;
  again.name = made.name();
  return GetExport(session, again);
}

absl::Status ListExports(Session& session, const Options& options) {
  v1::ListMirrorExportsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListMirrorExportsResponse>("student_aid", "ListMirrorExports",
                                                                                  request, options.limit));
  return ShowExports(session, all, all.exports());
}

absl::Status SaveFile(Session& session, const Options& options) {
  v1::ExportMirrorFileRequest request;
  request.set_name(options.name);
  request.set_format(absl::EndsWithIgnoreCase(options.file, ".xlsx") ? reports_v1::REPORT_FORMAT_XLSX
                     : options.gb18030                               ? reports_v1::REPORT_FORMAT_CSV_GB18030
                                                                     : reports_v1::REPORT_FORMAT_CSV);
  return SavePrivate(session, "student_aid", "ExportMirrorFile", request, options.file, options.purpose,
                     &reports_v1::ExportReportResponse::content);
}

absl::Status ShowFeedback(Session& session, const v1::MirrorFeedback& feedback) {
  Table table({{"状态 state"},
               {"行 lines", true},
               {"一致 agreed", true},
               {"差异 differences", true},
               {"错误行 errors", true},
               {"资源名 resource"}});
  table.Add({EnumText(feedback.state()), Grouped(feedback.lines()), Grouped(feedback.agreed()),
             Grouped(feedback.differences()), Grouped(feedback.error_count()), feedback.name()});
  RETURN_IF_ERROR(session.Print(feedback, table));
  return ShowLineErrors(session, feedback);
}

absl::Status GetFeedback(Session& session, const Options& options) {
  v1::GetMirrorFeedbackRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::MirrorFeedback>("student_aid", "GetMirrorFeedback", request));
  return ShowFeedback(session, one);
}

absl::Status ImportFeedback(Session& session, const Options& options) {
  v1::ImportMirrorFeedbackRequest request;
  request.set_name(options.name);
  return HandIn(session, "ImportMirrorFeedback", std::move(request), options.file, options.wait, ShowFeedback);
}

absl::Status ListFeedbacks(Session& session, const Options& options) {
  v1::ListMirrorFeedbacksRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_of_export(options.exported);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListMirrorFeedbacksResponse>(
                                       "student_aid", "ListMirrorFeedbacks", request, options.limit));
  Table table({{"日期 on"}, {"状态 state"}, {"一致 agreed", true}, {"差异 differences", true}, {"资源名 resource"}});
  for (const v1::MirrorFeedback& one : all.feedbacks()) {
    table.Add({TextOf(one.imported_on()), EnumText(one.state()), Grouped(one.agreed()), Grouped(one.differences()),
               one.name()});
  }
  return session.Print(all, table);
}

Table EntryTable(const google::protobuf::RepeatedPtrField<v1::MirrorEntry>& entries) {
  Table table({{"学生 pupil"},
               {"项目 project"},
               {"上报(元) reported", true},
               {"国家系统(元) there", true},
               {"实发(元) paid", true},
               {"发放依据 paid-value"},
               {"差异 reason"},
               {"状态 state"},
               {"资源名 resource"}});
  for (const v1::MirrorEntry& one : entries) {
    table.Add({one.person(), one.project(), FormatFenGrouped(one.reported_fen()), FormatFenGrouped(one.verified_fen()),
               FormatFenGrouped(one.paid_fen()), EnumText(one.paid_value()), EnumText(one.reason()),
               EnumText(one.state()), one.name()});
  }
  return table;
}

absl::Status ListEntries(Session& session, const Options& options) {
  v1::ListMirrorEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_of_export(options.exported);
  request.set_person(options.person);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const v1::MirrorEntryState state, WordOf<v1::MirrorEntryState>(options.state, "--state"));
  ASSIGN_OR_RETURN(const v1::MirrorReason reason, WordOf<v1::MirrorReason>(options.reason, "--reason"));
  request.set_state(state);
  request.set_reason(reason);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListMirrorEntriesResponse>("student_aid", "ListMirrorEntries",
                                                                                  request, options.limit));
  return session.Print(all, EntryTable(all.entries()));
}

absl::Status ShowEntry(Session& session, const v1::MirrorEntry& entry) {
  google::protobuf::RepeatedPtrField<v1::MirrorEntry> one;
  *one.Add() = entry;
  return session.Print(entry, EntryTable(one));
}

absl::Status GetEntry(Session& session, const Options& options) {
  v1::GetMirrorEntryRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto entry, session.Call<v1::MirrorEntry>("student_aid", "GetMirrorEntry", request,
                                                                   {.purpose = options.purpose}));
  return ShowEntry(session, entry);
}

absl::Status Resolve(Session& session, const Options& options) {
  v1::ResolveMirrorEntryRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const v1::MirrorResolution how, WordOf<v1::MirrorResolution>(options.how, "--as"));
  request.set_resolution(how);
  request.set_reason(options.why);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto entry, session.Call<v1::MirrorEntry>("student_aid", "ResolveMirrorEntry", request));
  return ShowEntry(session, entry);
}

void AddExports(CLI::App* mirror, Action& chosen, const Shared& options) {
  CLI::App* layouts = mirror->add_subcommand("layouts", "sub-systems and the columns of their files");
  layouts->add_option("--term", options->term, "only those in force, 2023-2024-1");
  OnCommand(layouts, chosen, options, ListLayouts);
  CLI::App* make = mirror->add_subcommand("export", "puts together what is reported of a term, and freezes it");
  make->add_option("--county", options->county, "six digits");
  make->add_option("--term", options->term, "2023-2024-1")->required();
  make->add_option("--layout", options->layout, "COMPULSORY@1; see layouts")->required();
  make->add_flag("--paid", options->paid, "what was paid; else what was granted");
  make->add_flag("--wait", options->wait, "until it is frozen");
  OnCommand(make, chosen, options, MakeExport);
  CLI::App* list = mirror->add_subcommand("exports", "exports of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--term", options->term, "only this term");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListExports);
  CLI::App* show = mirror->add_subcommand("show", "one export");
  show->add_option("name", options->name, kExport)->required();
  OnCommand(show, chosen, options, GetExport);
  CLI::App* file = mirror->add_subcommand("file", "saves the file of an export");
  file->add_option("name", options->name, kExport)->required();
  file->add_option("--out", options->file, "new file to write; .xlsx is a workbook")->required();
  file->add_flag("--gb18030", options->gb18030, "CSV in GB18030");
  file->add_option("--purpose", options->purpose, "why: it shows identity numbers, and is journalled")->required();
  OnCommand(file, chosen, options, SaveFile);
}

void AddFeedbacks(CLI::App* mirror, Action& chosen, const Shared& options) {
  CLI::App* feedback = mirror->add_subcommand("feedback", "holds a file of the national system against an export");
  feedback->add_option("name", options->name, kExport)->required();
  feedback->add_option("file", options->file, "CSV in UTF-8 or GB18030, or XLSX")->required()->check(CLI::ExistingFile);
  feedback->add_flag("--wait", options->wait, "until it is booked");
  OnCommand(feedback, chosen, options, ImportFeedback);
  CLI::App* list = mirror->add_subcommand("feedbacks", "feedbacks of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--export", options->exported, kExport);
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListFeedbacks);
  CLI::App* show = mirror->add_subcommand("show-feedback", "one feedback with its damaged lines");
  show->add_option("name", options->name, "counties/411728/mirrorFeedbacks/...")->required();
  OnCommand(show, chosen, options, GetFeedback);
}

void AddDifferences(CLI::App* mirror, Action& chosen, const Shared& options) {
  CLI::App* list = mirror->add_subcommand("entries", "rows of exports and what the national system says of them");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--export", options->exported, kExport);
  list->add_option("--state", options->state, "sent, agreed, open, accepted, corrected");
  list->add_option("--reason", options->reason,
                   "missing-there, missing-here, other-amount, other-level, duplicate-there, unknown-person");
  list->add_option("--person", options->person, "only this pupil");
  list->add_option("--area", options->area, "411728103, 411728103/<school>");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListEntries);
  constexpr char kEntry[] = "counties/411728/mirrorEntries/...";
  CLI::App* show = mirror->add_subcommand("entry", "one row, both sides of it");
  show->add_option("name", options->name, kEntry)->required();
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, GetEntry);
  CLI::App* resolve = mirror->add_subcommand("resolve", "works a difference off");
  resolve->add_option("name", options->name, kEntry)->required();
  resolve->add_option("--as", options->how, "accepted, corrected-here, corrected-there")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kHow), std::end(kHow))));
  resolve->add_option("--reason", options->why, "why, or what was corrected")->required();
  resolve->add_option("--etag", options->etag, "expected version");
  OnCommand(resolve, chosen, options, Resolve);
}

}  // namespace

void AddMirrorCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* mirror = aid.add_subcommand("mirror", "what the national aid system is told and says back (全国系统)")
                         ->require_subcommand(1);
  AddExports(mirror, chosen, options);
  AddFeedbacks(mirror, chosen, options);
  AddDifferences(mirror, chosen, options);
}

}  // namespace ruraledu::cli
