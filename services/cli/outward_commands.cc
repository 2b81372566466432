// aid outward: pupils who study elsewhere, from the letter to the answer.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/domain/load_file.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/outward.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, name, file, letter, on, state, other, area, reason, etag, purpose;
  std::vector<std::string> names, items;
  int64_t limit = 50;
  bool overdue = false, unmask = false, refuse = false;
};
using Shared = std::shared_ptr<Options>;

Table CaseTable() {
  return Table({{"区域 area"},
                {"姓名 name"},
                {"方向 direction"},
                {"对方县 county"},
                {"学校 school"},
                {"状态 state"},
                {"函号 letter"},
                {"应复 due"},
                {"结果 result"},
                {"应助 entitled", true},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddCase(const v1::OutwardCase& one, Table* table) {
  int64_t entitled = 0;
  for (const v1::OutwardItem& item : one.entitled()) {
    entitled += item.amount_fen();
  }
  table->Add({one.area(), one.display_name(), EnumText(one.direction()), one.other_county(), one.school_name(),
              EnumText(one.state()), one.letter(), TextOf(one.answer_due_on()), EnumText(one.result()),
              FormatFenGrouped(entitled), one.etag(), one.name()});
}

absl::Status ShowCase(Session& session, const v1::OutwardCase& one) {
  Table table = CaseTable();
  AddCase(one, &table);
  return session.Print(one, table);
}

template <typename Request>
absl::Status OnOne(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::OutwardCase>("student_aid", method, request));
  return ShowCase(session, one);
}

template <typename Request>
absl::Status OnRows(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::BatchOutwardCasesResponse>("student_aid", method, request));
  return session.Print(answer, IdentificationRows(answer.rows()));
}

absl::Status Look(Session& session, const Options& options) {
  v1::OpenOutwardCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(const auto job, session.Call<ruraledu::jobs::v1::Job>("student_aid", "OpenOutwardCases", request));
  ASSIGN_OR_RETURN(const auto done, session.WaitForJob("student_aid", job.name()));
  v1::OutwardRunResult result;
  if (!done.result().UnpackTo(&result)) {
    return Fail("CLI_JOB_FAILED", {{"job", done.name()}, {"state", "SUCCEEDED"}});
  }
  Table table({{"核查 looked at", true}, {"新增 opened", true}, {"变动 moved", true}, {"办结 settled", true}});
  table.Add({absl::StrCat(result.looked_at()), absl::StrCat(result.opened()), absl::StrCat(result.moved()),
             absl::StrCat(result.settled())});
  return session.Print(result, table);
}

// The file holds the request: {"entries": [...]}.
absl::Status EnterFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::BatchEnterOutwardCasesRequest request;
  RETURN_IF_ERROR(FromJson("file", json, &request));
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  return OnRows(session, "BatchEnterOutwardCases", request);
}

absl::Status ListCases(Session& session, const Options& options) {
  v1::ListOutwardCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_other_county(options.other);
  request.set_overdue_only(options.overdue);
  request.set_area(AreaOf(options.area));
  const auto state = options.state.empty() ? v1::OUTWARD_STATE_UNSPECIFIED : EnumOf<v1::OutwardState>(options.state);
  if (!state.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--state"}, {"problem", "no such state"}});
  }
  request.set_state(*state);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListOutwardCasesResponse>("student_aid", "ListOutwardCases",
                                                                                 request, options.limit));
  Table table = CaseTable();
  for (const v1::OutwardCase& one : all.cases()) {
    AddCase(one, &table);
  }
  return session.Print(all, table);
}

absl::Status ShowOne(Session& session, const Options& options) {
  v1::GetOutwardCaseRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::OutwardCase>("student_aid", "GetOutwardCase", request,
                                                                 {.purpose = options.purpose}));
  return ShowCase(session, one);
}

absl::Status Ask(Session& session, const Options& options) {
  v1::BatchAskOutwardCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.mutable_cases()->Assign(options.names.begin(), options.names.end());
  request.set_letter(options.letter);
  if (!options.on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_asked_on(), DateOf("--on", options.on));
  }
  return OnRows(session, "BatchAskOutwardCases", request);
}

absl::Status ShowLetter(Session& session, const Options& options) {
  v1::RenderOutwardLetterRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_letter(options.letter);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto letter, session.Call<v1::OutwardLetter>("student_aid", "RenderOutwardLetter", request,
                                                                      {.purpose = options.purpose}));
  session.Say(letter.text(), {{"letter", letter.letter()}, {"text", letter.text()}});
  return absl::OkStatus();
}

// The file holds the request: {"answers": [...]}.
absl::Status AnswerFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::BatchAnswerOutwardCasesRequest request;
  RETURN_IF_ERROR(FromJson("file", json, &request));
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_answer_letter(options.letter);
  if (!options.on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_answered_on(), DateOf("--on", options.on));
  }
  return OnRows(session, "BatchAnswerOutwardCases", request);
}

absl::Status Propose(Session& session, const Options& options) {
  v1::ProposeOutwardBackfillRequest request;
  request.set_name(options.name);
  request.mutable_items()->Assign(options.items.begin(), options.items.end());
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnOne(session, "ProposeOutwardBackfill", request);
}

absl::Status Decide(Session& session, const Options& options) {
  v1::DecideOutwardBackfillRequest request;
  request.set_name(options.name);
  request.set_approved(!options.refuse);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnOne(session, "DecideOutwardBackfill", request);
}

absl::Status Withdraw(Session& session, const Options& options) {
  v1::WithdrawOutwardCaseRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnOne(session, "WithdrawOutwardCase", request);
}

CLI::App* OnTerm(CLI::App* outward, const char* name, const char* about, const Shared& options) {
  CLI::App* command = outward->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  command->add_option("--term", options->term, "2023-2024-1")->required();
  return command;
}

void AddReading(CLI::App* outward, Action& chosen, const Shared& options) {
  OnCommand(OnTerm(outward, "open", "looks for the pupils of a term and waits", options), chosen, options, Look);
  CLI::App* enter = OnTerm(outward, "enter", "enters what the registry does not tell", options);
  enter->add_option("file", options->file, "JSON file")->required();
  OnCommand(enter, chosen, options, EnterFile);
  CLI::App* list = OnTerm(outward, "list", "cases of a term", options);
  list->add_option("--state", options->state, "FOUND, ASKED, QUESTIONED ...");
  list->add_option("--other", options->other, "only with this county, six digits");
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_flag("--overdue", options->overdue, "only those whose answer is late");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListCases);
  CLI::App* show = outward->add_subcommand("show", "one case");
  show->add_option("name", options->name, "counties/411728/outwardCases/...")->required();
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, ShowOne);
  CLI::App* letter = OnTerm(outward, "letter", "the text of a letter", options);
  letter->add_option("letter", options->letter, "number")->required();
  AddUnmask(*letter, &options->unmask, &options->purpose);
  OnCommand(letter, chosen, options, ShowLetter);
  AddEvaluate<v1::EvaluateOutwardCaseRequest, v1::EvaluateOutwardCaseResponse>(
      outward, chosen, "student_aid", "EvaluateOutwardCase", "what the home county would pay of an answer");
}

void AddWriting(CLI::App* outward, Action& chosen, const Shared& options) {
  CLI::App* ask = outward->add_subcommand("ask", "puts cases of one county into a letter");
  ask->add_option("names", options->names, "counties/411728/outwardCases/...")->required();
  CLI::App* answer = outward->add_subcommand("answer", "records the answer about several pupils");
  answer->add_option("file", options->file, "JSON file")->required();
  for (CLI::App* command : {ask, answer}) {
    command->add_option("--county", options->county, "six digits");
    command->add_option("--letter", options->letter, "number")->required();
    command->add_option("--on", options->on, "day of the letter: 2023-10-09; left out: today");
  }
  OnCommand(ask, chosen, options, Ask);
  OnCommand(answer, chosen, options, AnswerFile);
  CLI::App* propose = outward->add_subcommand("propose", "proposes that the home county pays (补发)");
  propose->add_option("--item", options->items, "only these items");
  CLI::App* decide = outward->add_subcommand("decide", "a leader agrees, or refuses");
  decide->add_flag("--refuse", options->refuse, "refuses");
  CLI::App* withdraw = outward->add_subcommand("withdraw", "takes a case back");
  for (CLI::App* command : {propose, decide, withdraw}) {
    command->add_option("name", options->name, "counties/411728/outwardCases/...")->required();
    command->add_option("--reason", options->reason, "why, in words")->required();
    command->add_option("--etag", options->etag, "only if the case is still this version");
  }
  OnCommand(propose, chosen, options, Propose);
  OnCommand(decide, chosen, options, Decide);
  OnCommand(withdraw, chosen, options, Withdraw);
}

}  // namespace

void AddOutwardCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* outward = aid.add_subcommand("outward", "pupils who study elsewhere (异地就读)")->require_subcommand(1);
  AddReading(outward, chosen, options);
  AddWriting(outward, chosen, options);
}

}  // namespace ruraledu::cli
