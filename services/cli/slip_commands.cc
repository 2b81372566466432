// slips: what other departments were asked about a child, and by when they answer.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/department_slip.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, department, name, about, matter, text, known, result, answer, etag, reason;
  bool open = false;
  int64_t limit = 50;
};

Table SlipTable() {
  return Table({{"期限 due"},
                {"部门 department"},
                {"事项 matter"},
                {"状态 state"},
                {"催办 reminders", true},
                {"结果 result"},
                {"区域 area"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddSlip(const v1::DepartmentSlip& slip, Table* table) {
  table->Add({TextOf(slip.due_on()), slip.department(), slip.matter(), EnumText(slip.state()),
              absl::StrCat(slip.reminders_size()), slip.result(), slip.area(), slip.etag(), slip.name()});
}
template <typename Request>
absl::Status OnSlip(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto slip, session.Call<v1::DepartmentSlip>(kService, method, request));
  Table table = SlipTable();
  AddSlip(slip, &table);
  return session.Print(slip, table);
}

absl::Status Send(Session& session, const Options& options) {
  v1::SendDepartmentSlipRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_about(options.about);
  request.set_matter(options.matter);
  request.set_text(options.text);
  if (!options.known.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_known_on(), DateOf("--known", options.known));
  }
  return OnSlip(session, "SendDepartmentSlip", request);
}

absl::Status Answer(Session& session, const Options& options) {
  v1::AnswerDepartmentSlipRequest request;
  request.set_name(options.name);
  request.set_result(options.result);
  request.set_answer(options.answer);
  request.set_etag(options.etag);
  return OnSlip(session, "AnswerDepartmentSlip", request);
}

absl::Status Withdraw(Session& session, const Options& options) {
  v1::WithdrawDepartmentSlipRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnSlip(session, "WithdrawDepartmentSlip", request);
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListDepartmentSlipsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_department(options.department);
  request.set_open_only(options.open);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListDepartmentSlipsResponse>(kService, "ListDepartmentSlips",
                                                                                    request, options.limit));
  Table table = SlipTable();
  for (const v1::DepartmentSlip& slip : all.slips()) {
    AddSlip(slip, &table);
  }
  return session.Print(all, table);
}

CLI::App* OnOne(CLI::App* slips, const char* name, const char* about, const std::shared_ptr<Options>& options) {
  CLI::App* command = slips->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/departmentSlips/...")->required();
  command->add_option("--etag", options->etag, "what was read");
  return command;
}

}  // namespace

void AddSlipCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* slips = root.add_subcommand("slips", "slips to other departments (移送函)")->require_subcommand(1);
  CLI::App* send = slips->add_subcommand("send", "asks the department that a matter belongs to");
  send->add_option("about", options->about, "case or student, resource name")->required();
  send->add_option("matter", options->matter, "CHILD_LABOUR, MISSING, HARM ...")->required();
  send->add_option("--text", options->text, "what is asked");
  send->add_option("--known", options->known, "day on which it became known; left out: today");
  OnCommand(send, chosen, options, Send);
  CLI::App* answer = OnOne(slips, "answer", "writes the answer down", options);
  answer->add_option("result", options->result, "SETTLED, FOUND, NOT_CONFIRMED ...")->required();
  answer->add_option("--text", options->answer, "answer in words");
  OnCommand(answer, chosen, options, Answer);
  CLI::App* withdraw = OnOne(slips, "withdraw", "takes a slip back", options);
  withdraw->add_option("--reason", options->reason, "why")->required();
  OnCommand(withdraw, chosen, options, Withdraw);
  AddShow<v1::GetDepartmentSlipRequest, v1::DepartmentSlip>(slips, chosen, kService, "GetDepartmentSlip",
                                                            "one slip in full", "counties/411728/departmentSlips/...");
  AddLetter<v1::RenderDepartmentSlipRequest, v1::RenderDepartmentSlipResponse>(
      slips, chosen, kService, "RenderDepartmentSlip", "saves a slip as a letter to sign and send",
      "counties/411728/departmentSlips/...");
  CLI::App* list = slips->add_subcommand("list", "slips, the first to be answered first");
  AddLimit(*list, &options->limit);
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_option("--department", options->department, "POLICE, LABOUR, CIVIL_AFFAIRS, JUSTICE or TOWNSHIP");
  list->add_flag("--open", options->open, "only those whose answer is waited for");
  for (CLI::App* command : {send, list}) {
    command->add_option("--county", options->county, "six digits");
  }
  OnCommand(list, chosen, options, ListThem);
}

}  // namespace ruraledu::cli
