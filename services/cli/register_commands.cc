// register-checks: the monthly cleaning of a school's register.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "services/cli/calls.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, name, school, month, reason, kind, student, answer, passed_to, etag, purpose;
  int unknown = 0;
  bool zero = false, unmask = false, all = false;
  int64_t limit = 50;
};

// One row per finding, else one with how many there are and how many are open.
absl::Status ShowCheck(Session& session, const v1::RegisterCheck& check) {
  Table table({{"问题 finding"},
               {"学生 student"},
               {"涉及学校 other school"},
               {"办理 answer"},
               {"状态 state"},
               {"版本 etag"},
               {"资源名 resource"}});
  const std::string state = EnumText(check.state());
  const auto add = [&](const v1::RegisterFinding& finding) {
    const std::string answer = EnumText(finding.answer());
    table.Add({EnumText(finding.kind()), finding.student(), finding.other_school(),
               finding.has_gone_on() ? absl::StrCat(answer, " / GONE") : answer, state, check.etag(), check.name()});
  };
  for (const v1::RegisterFinding& finding : check.findings()) {
    add(finding);
  }
  if (check.findings().empty()) {
    const v1::RegisterFigures& figures = check.figures();
    const int all = figures.in_class_unregistered() + figures.registered_without_child() + figures.two_registers() +
                    figures.borrowed_places();
    table.Add({absl::StrCat(all), "", "", absl::StrCat("OPEN ", figures.open()), state, check.etag(), check.name()});
  }
  return session.Print(check, table);
}
template <typename Request>
absl::Status OnCheck(Session& session, std::string_view method, const Request& request,
                     const std::string& purpose = "") {
  ASSIGN_OR_RETURN(const auto check, session.Call<v1::RegisterCheck>(kService, method, request, {.purpose = purpose}));
  return ShowCheck(session, check);
}

absl::Status Prepare(Session& session, const Options& options) {
  v1::PrepareRegisterCheckRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_month(options.month);
  request.set_in_class_unknown(options.unknown);
  request.set_correction_reason(options.reason);
  return OnCheck(session, "PrepareRegisterCheck", request);
}

absl::Status Answer(Session& session, const Options& options) {
  v1::AnswerRegisterFindingRequest request;
  request.set_name(options.name);
  request.set_kind(ValueOf<v1::RegisterFindingKind>(options.kind));
  request.set_student(options.student);
  request.set_answer(ValueOf<v1::RegisterAnswer>(options.answer));
  request.set_reason(options.reason);
  request.set_passed_to(options.passed_to);
  request.set_etag(options.etag);
  return OnCheck(session, "AnswerRegisterFinding", request);
}

absl::Status Sign(Session& session, const Options& options) {
  v1::SignRegisterCheckRequest request;
  request.set_name(options.name);
  request.set_zero(options.zero);
  request.set_etag(options.etag);
  return OnCheck(session, "SignRegisterCheck", request);
}

absl::Status ShowOne(Session& session, const Options& options) {
  v1::GetRegisterCheckRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  return OnCheck(session, "GetRegisterCheck", request, options.purpose);
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListRegisterChecksRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_month(options.month);
  request.set_area(AreaOf(options.area));
  request.set_all_versions(options.all);
  ASSIGN_OR_RETURN(const auto listed, session.ListAll<v1::ListRegisterChecksResponse>(kService, "ListRegisterChecks",
                                                                                      request, options.limit));
  Table table({{"学校 school"},
               {"版本 number", true},
               {"状态 state"},
               {"在班无籍 unregistered", true},
               {"有籍无人 without child", true},
               {"双重学籍 two registers", true},
               {"借读空挂 borrowed", true},
               {"未销号 open", true},
               {"签字 signed"},
               {"版本 etag"},
               {"资源名 resource"}});
  for (const v1::RegisterCheck& one : listed.checks()) {
    const v1::RegisterFigures& figures = one.figures();
    table.Add({LastPart(one.school()), absl::StrCat(one.version_number()), EnumText(one.state()),
               absl::StrCat(figures.in_class_unregistered()), absl::StrCat(figures.registered_without_child()),
               absl::StrCat(figures.two_registers()), absl::StrCat(figures.borrowed_places()),
               absl::StrCat(figures.open()), TextOf(one.signed_on()), one.etag(), one.name()});
  }
  return session.Print(listed, table);
}

absl::Status ShowMonth(Session& session, const Options& options) {
  v1::GetRegisterRollUpRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_month(options.month);
  ASSIGN_OR_RETURN(const auto sum, session.Call<v1::RegisterRollUp>(kService, "GetRegisterRollUp", request));
  Table table({{"应签学校 schools", true},
               {"已签 signed", true},
               {"在班无籍 unregistered", true},
               {"有籍无人 without child", true},
               {"双重学籍 two registers", true},
               {"借读空挂 borrowed", true},
               {"未签 missing"}});
  const auto counts = [&](const std::string& missing) {
    const v1::RegisterFigures& figures = sum.figures();
    table.Add({absl::StrCat(sum.schools()), absl::StrCat(sum.reported()), absl::StrCat(figures.in_class_unregistered()),
               absl::StrCat(figures.registered_without_child()), absl::StrCat(figures.two_registers()),
               absl::StrCat(figures.borrowed_places()), missing});
  };
  for (const std::string& school : sum.missing()) {
    counts(school);
  }
  if (sum.missing().empty()) {
    counts("");
  }
  return session.Print(sum, table);
}

CLI::App* OnOne(CLI::App* checks, const char* name, const char* about, const std::shared_ptr<Options>& options) {
  CLI::App* command = checks->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/registerChecks/...")->required();
  return command;
}

}  // namespace

void AddRegisterCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* checks =
      root.add_subcommand("register-checks", "monthly cleaning of the register (学籍清理)")->require_subcommand(1);
  CLI::App* prepare = checks->add_subcommand("prepare", "draws up the check of a school and month");
  prepare->add_option("school", options->school, "counties/411728/schools/...")->required();
  prepare->add_option("--unknown", options->unknown, "children in class of whom no register knows anything");
  prepare->add_option("--reason", options->reason, "why a signed check is corrected");
  OnCommand(prepare, chosen, options, Prepare);
  CLI::App* answer = OnOne(checks, "answer", "works a finding off", options);
  answer->add_option("kind", options->kind)
      ->required()
      ->check(CLI::IsMember({"IN_CLASS_UNREGISTERED", "REGISTERED_WITHOUT_CHILD", "TWO_REGISTERS", "BORROWED_PLACE"}));
  answer->add_option("student", options->student, "counties/411728/students/...")->required();
  answer->add_option("answer", options->answer)->required()->check(CLI::IsMember({"EXPLAINED", "CORRECTED", "PASSED"}));
  answer->add_option("--reason", options->reason, "why")->required();
  answer->add_option("--to", options->passed_to, "school that it is passed to");
  answer->add_option("--etag", options->etag, "what was read");
  OnCommand(answer, chosen, options, Answer);
  CLI::App* sign = OnOne(checks, "sign", "signs it, by the head of the school", options);
  sign->add_flag("--zero", options->zero, "states that nothing is to be cleaned");
  sign->add_option("--etag", options->etag, "what was read")->required();
  OnCommand(sign, chosen, options, Sign);
  CLI::App* show = OnOne(checks, "show", "one check, with its findings in clear", options);
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, ShowOne);
  CLI::App* month = checks->add_subcommand("month", "sum of a month and the schools that have not signed");
  OnCommand(month, chosen, options, ShowMonth);
  CLI::App* list = checks->add_subcommand("list", "checks of a month, school by school");
  AddLimit(*list, &options->limit);
  list->add_option("--area", options->area, "only of this area: 411728103, 411728103/<school>");
  list->add_flag("--all", options->all, "every version");
  OnCommand(list, chosen, options, ListThem);
  for (CLI::App* command : {prepare, month, list}) {
    command->add_option("month", options->month, "2026-09")->required();
    command->add_option("--county", options->county, "six digits");
  }
}

}  // namespace ruraledu::cli
