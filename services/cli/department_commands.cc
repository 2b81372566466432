// aid departments, aid facts, aid evidence: what other departments give and verify, and evidence piece by piece.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/reports/v1/reports.pb.h"
#include "ruraledu/student_aid/v1/department_aid.pb.h"
#include "ruraledu/student_aid/v1/fact_enquiry.pb.h"
#include "services/cli/attachment.h"
#include "services/cli/calls.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
namespace reports_v1 = ruraledu::reports::v1;

struct Options {
  std::string county, department, from, until, name, file, why, etag, person, list, purpose, year, area, kind, decision;
  bool unmask = false, wait = false, gb18030 = false;
  int32_t number = 0;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

constexpr char kList[] = "counties/411728/departmentAidLists/...";
constexpr char kEnquiry[] = "counties/411728/factEnquiries/...";
constexpr std::string_view kDecisions[] = {"accepted", "refused", "asked-again"};

// --- Lists of aid ---------------------------------------------------------------------------------------------------

Table ListTable(const google::protobuf::RepeatedPtrField<v1::DepartmentAidList>& lists) {
  Table table({{"部门 department"},
               {"期间 period"},
               {"状态 state"},
               {"行 rows", true},
               {"金额(元) yuan", true},
               {"未匹配 unmatched", true},
               {"错误行 errors", true},
               {"资源名 resource"}});
  for (const v1::DepartmentAidList& one : lists) {
    table.Add({one.masked() ? "***" : one.department(), absl::StrCat(TextOf(one.from()), "..", TextOf(one.until())),
               EnumText(one.state()), Grouped(one.rows()), FormatFenGrouped(one.total_fen()), Grouped(one.unmatched()),
               Grouped(one.error_count()), one.name()});
  }
  return table;
}

absl::Status ShowList(Session& session, const v1::DepartmentAidList& list) {
  google::protobuf::RepeatedPtrField<v1::DepartmentAidList> one;
  *one.Add() = list;
  RETURN_IF_ERROR(session.Print(list, ListTable(one)));
  return ShowLineErrors(session, list);
}

absl::Status OpenList(Session& session, const Options& options) {
  v1::CreateDepartmentAidListRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_department(options.department);
  ASSIGN_OR_RETURN(*request.mutable_from(), DateOf("--from", options.from));
  ASSIGN_OR_RETURN(*request.mutable_until(), DateOf("--until", options.until));
  ASSIGN_OR_RETURN(const auto list,
                   session.Call<v1::DepartmentAidList>("student_aid", "CreateDepartmentAidList", request));
  return ShowList(session, list);
}

absl::Status ImportList(Session& session, const Options& options) {
  v1::ImportDepartmentAidListRequest request;
  request.set_name(options.name);
  return HandIn(session, "ImportDepartmentAidList", std::move(request), options.file, options.wait, ShowList);
}

absl::Status GetList(Session& session, const Options& options) {
  v1::GetDepartmentAidListRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto list, session.Call<v1::DepartmentAidList>("student_aid", "GetDepartmentAidList", request,
                                                                        {.purpose = options.purpose}));
  return ShowList(session, list);
}

absl::Status WithdrawList(Session& session, const Options& options) {
  v1::WithdrawDepartmentAidListRequest request;
  request.set_name(options.name);
  request.set_reason(options.why);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto list,
                   session.Call<v1::DepartmentAidList>("student_aid", "WithdrawDepartmentAidList", request));
  return ShowList(session, list);
}

absl::Status ListLists(Session& session, const Options& options) {
  v1::ListDepartmentAidListsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListDepartmentAidListsResponse>(
                                       "student_aid", "ListDepartmentAidLists", request, options.limit));
  return session.Print(all, ListTable(all.lists()));
}

Table RowTable(const google::protobuf::RepeatedPtrField<v1::DepartmentAid>& rows) {
  Table table(
      {{"学生 person"}, {"用途 purpose"}, {"项目 item"}, {"金额(元) yuan", true}, {"日期 on"}, {"资源名 resource"}});
  for (const v1::DepartmentAid& row : rows) {
    table.Add({row.person(), row.purpose(), row.item(), FormatFenGrouped(row.amount_fen()), TextOf(row.given_on()),
               row.name()});
  }
  return table;
}

absl::Status ListRows(Session& session, const Options& options) {
  v1::ListDepartmentAidsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_list(options.list);
  request.set_person(options.person);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListDepartmentAidsResponse>("student_aid", "ListDepartmentAids",
                                                                                   request, options.limit));
  return session.Print(all, RowTable(all.aids()));
}

absl::Status GetRow(Session& session, const Options& options) {
  v1::GetDepartmentAidRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto row, session.Call<v1::DepartmentAid>("student_aid", "GetDepartmentAid", request,
                                                                   {.purpose = options.purpose}));
  google::protobuf::RepeatedPtrField<v1::DepartmentAid> one;
  *one.Add() = row;
  return session.Print(row, RowTable(one));
}

// --- Facts ----------------------------------------------------------------------------------------------------------

Table EnquiryTable(const google::protobuf::RepeatedPtrField<v1::FactEnquiry>& enquiries) {
  Table table({{"编号 reference"},
               {"部门 department"},
               {"状态 state"},
               {"项 entries", true},
               {"无依据未查 without basis", true},
               {"已答复 answered", true},
               {"不一致 differing", true},
               {"错误行 errors", true},
               {"资源名 resource"}});
  for (const v1::FactEnquiry& one : enquiries) {
    table.Add({one.reference(), one.department(), EnumText(one.state()), Grouped(one.entries()),
               Grouped(one.without_basis()), Grouped(one.answered()), Grouped(one.differing()),
               Grouped(one.error_count()), one.name()});
  }
  return table;
}

absl::Status ShowEnquiry(Session& session, const v1::FactEnquiry& enquiry) {
  google::protobuf::RepeatedPtrField<v1::FactEnquiry> one;
  *one.Add() = enquiry;
  RETURN_IF_ERROR(session.Print(enquiry, EnquiryTable(one)));
  return ShowLineErrors(session, enquiry);
}

absl::Status Ask(Session& session, const Options& options) {
  v1::CreateFactEnquiryRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_department(options.department);
  request.set_school_year(options.year);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto enquiry, session.Call<v1::FactEnquiry>("student_aid", "CreateFactEnquiry", request));
  return ShowEnquiry(session, enquiry);
}

absl::Status SaveEnquiry(Session& session, const Options& options) {
  v1::ExportFactEnquiryRequest request;
  request.set_name(options.name);
  request.set_format(absl::EndsWithIgnoreCase(options.file, ".xlsx") ? reports_v1::REPORT_FORMAT_XLSX
                     : options.gb18030                               ? reports_v1::REPORT_FORMAT_CSV_GB18030
                                                                     : reports_v1::REPORT_FORMAT_CSV);
  return SavePrivate(session, "student_aid", "ExportFactEnquiry", request, options.file, options.purpose,
                     &reports_v1::ExportReportResponse::content);
}

absl::Status TakeAnswers(Session& session, const Options& options) {
  v1::ImportFactAnswersRequest request;
  request.set_name(options.name);
  return HandIn(session, "ImportFactAnswers", std::move(request), options.file, options.wait, ShowEnquiry);
}

absl::Status GetEnquiry(Session& session, const Options& options) {
  v1::GetFactEnquiryRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto enquiry, session.Call<v1::FactEnquiry>("student_aid", "GetFactEnquiry", request));
  return ShowEnquiry(session, enquiry);
}

absl::Status ListEnquiries(Session& session, const Options& options) {
  v1::ListFactEnquiriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListFactEnquiriesResponse>("student_aid", "ListFactEnquiries",
                                                                                  request, options.limit));
  return session.Print(all, EnquiryTable(all.enquiries()));
}

absl::Status ListEntries(Session& session, const Options& options) {
  v1::ListFactEnquiryEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_enquiry(options.list);
  request.set_person(options.person);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListFactEnquiryEntriesResponse>(
                                       "student_aid", "ListFactEnquiryEntries", request, options.limit));
  Table table(
      {{"行 row", true}, {"学生 person"}, {"项目 factor"}, {"结果 match"}, {"已采用 taken"}, {"认定 identification"}});
  for (const v1::FactEnquiryEntry& one : all.entries()) {
    table.Add(
        {Grouped(one.row()), one.person(), one.factor(), one.match(), one.taken() ? "是" : "", one.identification()});
  }
  return session.Print(all, table);
}

// --- Evidence -------------------------------------------------------------------------------------------------------

// A method of identifications or of applications, as the name says.
template <typename Request>
absl::Status OnRecord(Session& session, std::string_view verb, const Request& request) {
  return absl::StrContains(request.name(), "/identifications/")
             ? OnIdentification(session, absl::StrCat(verb, "IdentificationEvidence"), request)
             : OnApplication(session, absl::StrCat(verb, "ApplicationEvidence"), request);
}

absl::Status DecidePiece(Session& session, const Options& options) {
  v1::DecideEvidenceRequest request;
  request.set_name(options.name);
  request.set_number(options.number);
  std::string word = options.decision;
  std::replace(word.begin(), word.end(), '-', '_');
  request.set_decision(ValueOf<v1::EvidenceDecision>(absl::AsciiStrToUpper(word)));
  request.set_reason(options.why);
  request.set_etag(options.etag);
  return OnRecord(session, "Decide", request);
}

absl::Status SupplyPiece(Session& session, const Options& options) {
  v1::SupplyEvidenceRequest request;
  request.set_name(options.name);
  request.set_number(options.number);
  request.mutable_evidence()->set_kind(options.kind);
  request.mutable_evidence()->set_file(options.file);
  request.set_etag(options.etag);
  return OnRecord(session, "Supply", request);
}

void AddLists(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* group =
      aid.add_subcommand("departments", "aid that other departments give (部门资助名单)")->require_subcommand(1);
  CLI::App* open = group->add_subcommand("open", "opens a list of a department and period");
  open->add_option("--county", options->county, "six digits");
  open->add_option("--department", options->department, "CIVIL_AFFAIRS; code list aid_department")->required();
  open->add_option("--from", options->from, "first day, 2023-09-01")->required();
  open->add_option("--until", options->until, "last day, 2024-08-31")->required();
  OnCommand(open, chosen, options, OpenList);
  CLI::App* import = group->add_subcommand("import", "reads the file of a list");
  import->add_option("name", options->name, kList)->required();
  import->add_option("file", options->file, "CSV in UTF-8 or GB18030, or XLSX")->required()->check(CLI::ExistingFile);
  import->add_flag("--wait", options->wait, "until it is read");
  OnCommand(import, chosen, options, ImportList);
  CLI::App* show = group->add_subcommand("show", "one list with its damaged lines");
  show->add_option("name", options->name, kList)->required();
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, GetList);
  CLI::App* withdraw = group->add_subcommand("withdraw", "takes a list back: it does not count any more");
  withdraw->add_option("name", options->name, kList)->required();
  withdraw->add_option("--reason", options->why, "why")->required();
  withdraw->add_option("--etag", options->etag, "expected version");
  OnCommand(withdraw, chosen, options, WithdrawList);
  AddEvaluate<v1::EvaluateAidCapRequest, v1::EvaluateAidCapResponse>(
      group, chosen, "student_aid", "EvaluateAidCap", "what the caps leave of an amount beside other departments' aid");
  CLI::App* list = group->add_subcommand("list", "lists of a county");
  list->add_option("--county", options->county, "six digits");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListLists);
  CLI::App* rows = group->add_subcommand("rows", "rows of lists");
  rows->add_option("--county", options->county, "six digits");
  rows->add_option("--list", options->list, kList);
  rows->add_option("--person", options->person, "only this pupil");
  AddLimit(*rows, &options->limit);
  OnCommand(rows, chosen, options, ListRows);
  CLI::App* row = group->add_subcommand("row", "one row");
  row->add_option("name", options->name, "counties/411728/departmentAids/...")->required();
  AddUnmask(*row, &options->unmask, &options->purpose);
  OnCommand(row, chosen, options, GetRow);
}

void AddFacts(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* group = aid.add_subcommand("facts", "what families report held against departments (申报信息核查)")
                        ->require_subcommand(1);
  CLI::App* ask = group->add_subcommand("ask", "asks a department about what families reported");
  ask->add_option("--county", options->county, "six digits");
  ask->add_option("--department", options->department, "CIVIL_AFFAIRS; code list aid_department")->required();
  ask->add_option("--year", options->year, "2023-2024")->required();
  ask->add_option("--area", options->area, "411728103, 411728103/<school>");
  OnCommand(ask, chosen, options, Ask);
  CLI::App* file = group->add_subcommand("file", "saves the file of an enquiry");
  file->add_option("name", options->name, kEnquiry)->required();
  file->add_option("--out", options->file, "new file to write; .xlsx is a workbook")->required();
  file->add_flag("--gb18030", options->gb18030, "CSV in GB18030");
  file->add_option("--purpose", options->purpose, "why: it shows identity numbers, and is journalled")->required();
  OnCommand(file, chosen, options, SaveEnquiry);
  CLI::App* answers = group->add_subcommand("answers", "takes the answer of a department over");
  answers->add_option("name", options->name, kEnquiry)->required();
  answers->add_option("file", options->file, "CSV in UTF-8 or GB18030, or XLSX")->required()->check(CLI::ExistingFile);
  answers->add_flag("--wait", options->wait, "until it is taken over");
  OnCommand(answers, chosen, options, TakeAnswers);
  CLI::App* show = group->add_subcommand("show", "one enquiry with the damaged lines of its answer");
  show->add_option("name", options->name, kEnquiry)->required();
  OnCommand(show, chosen, options, GetEnquiry);
  CLI::App* list = group->add_subcommand("list", "enquiries of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--year", options->year, "only this school year");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListEnquiries);
  CLI::App* entries = group->add_subcommand("entries", "who was asked about what, and how it was found");
  entries->add_option("--county", options->county, "six digits");
  entries->add_option("--enquiry", options->list, kEnquiry);
  entries->add_option("--person", options->person, "only this pupil");
  AddLimit(*entries, &options->limit);
  OnCommand(entries, chosen, options, ListEntries);
}

void AddEvidence(CLI::App& aid, Action& chosen, const Shared& options) {
  constexpr char kRecord[] = "counties/411728/identifications/... or .../applications/...";
  CLI::App* group = aid.add_subcommand("evidence", "evidence piece by piece (佐证材料)")->require_subcommand(1);
  CLI::App* decide = group->add_subcommand("decide", "accepts a piece, refuses it, or asks for it again");
  decide->add_option("name", options->name, kRecord)->required();
  decide->add_option("number", options->number, "place of the piece, from 1")->required();
  decide->add_option("--as", options->decision, "accepted, refused, asked-again")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kDecisions), std::end(kDecisions))));
  decide->add_option("--reason", options->why, "why; needed unless it is accepted");
  decide->add_option("--etag", options->etag, "expected version");
  OnCommand(decide, chosen, options, DecidePiece);
  CLI::App* supply = group->add_subcommand("supply", "hands a piece in instead of one that was refused");
  supply->add_option("name", options->name, kRecord)->required();
  supply->add_option("number", options->number, "place of the piece that it replaces, from 1")->required();
  supply->add_option("--kind", options->kind, "the same kind: PROMISE")->required();
  supply->add_option("--file", options->file, "attachment, counties/411728/files/...");
  supply->add_option("--etag", options->etag, "expected version");
  OnCommand(supply, chosen, options, SupplyPiece);
}

}  // namespace

void AddDepartmentCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddLists(aid, chosen, options);
  AddFacts(aid, chosen, options);
  AddEvidence(aid, chosen, options);
}

}  // namespace ruraledu::cli
