// cases and zero-reports: what is to be done for children out of school, and how a month stands.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/case_requests.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, name, officer, month, student, on, region, out;
  v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
  v1::AuthorityLevel level = v1::AUTHORITY_LEVEL_UNSPECIFIED;
  int32_t action_number = 0, rung = 0;
  bool open = false, led = false, offered = false;
  int64_t limit = 50;
};

absl::Status ListAll(Session& session, const Options& options) {
  v1::ListCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_open_only(options.open);
  request.set_state(options.state);
  request.set_student(options.student);
  request.set_led_by_caller(options.led);
  request.set_offered_to_caller(options.offered);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListCasesResponse>(kService, "ListCases", request, options.limit));
  Table table = CaseTable();
  for (const v1::Case& file : all.cases()) {
    AddCase(file, &table);
  }
  return session.Print(all, table);
}

absl::Status ListActions(Session& session, const Options& options) {
  v1::ListNextActionsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_officer(options.officer);
  RETURN_IF_ERROR(PutDay("--due-by", options.on, &request, &v1::ListNextActionsRequest::mutable_due_by));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListNextActionsResponse>(kService, "ListNextActions", request, options.limit));
  Table table({{"期限 due"},
               {"逾期天数 late", true},
               {"事项 action"},
               {"编号 number"},
               {"区域 area"},
               {"负责人 officer"},
               {"资源名 resource"}});
  for (const v1::NextAction& row : all.actions()) {
    table.Add({TextOf(row.due_on()), absl::StrCat(row.days_late()), EnumText(row.action()), row.number(), row.area(),
               row.officer(), row.case_name()});
  }
  return session.Print(all, table);
}

absl::Status ListEscalations(Session& session, const Options& options) {
  v1::ListEscalationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_level(options.level);
  RETURN_IF_ERROR(PutDay("--from", options.on, &request, &v1::ListEscalationsRequest::mutable_issued_from));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListEscalationsResponse>(kService, "ListEscalations", request, options.limit));
  Table table({{"发出 issued"},
               {"级别 level"},
               {"文书 paper"},
               {"事项 action"},
               {"逾期天数 late", true},
               {"已办 answered"},
               {"编号 number"},
               {"区域 area"},
               {"负责人 officer"},
               {"序号 action number", true},
               {"梯次 rung", true},
               {"资源名 resource"}});
  for (const v1::IssuedEscalation& row : all.escalations()) {
    const v1::Escalation& issued = row.escalation();
    table.Add({TextOf(issued.issued_on()), EnumText(issued.level()), issued.paper(), EnumText(issued.action()),
               absl::StrCat(row.days_late()), row.answered() ? "是 yes" : "否 no", row.number(), row.area(),
               row.officer(), absl::StrCat(issued.action_number()), absl::StrCat(issued.rung()), row.case_name()});
  }
  return session.Print(all, table);
}

absl::Status SaveEscalationPaper(Session& session, const Options& options) {
  v1::RenderEscalationPaperRequest request;
  request.set_name(options.name);
  request.set_action_number(options.action_number);
  request.set_rung(options.rung);
  return SaveLetter<v1::RenderEscalationPaperResponse>(session, kService, "RenderEscalationPaper", request, options.out,
                                                       "");
}

absl::Status ListSiblings(Session& session, const Options& options) {
  v1::ListSiblingsAtRiskRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto all,
                   session.Call<v1::ListSiblingsAtRiskResponse>(kService, "ListSiblingsAtRisk", request));
  Table table({{"区域 area"}, {"学生 student"}, {"在办个案 open case"}});
  for (const v1::SiblingAtRisk& one : all.siblings()) {
    table.Add({one.area(), one.student(), one.open_case()});
  }
  return session.Print(all, table);
}

absl::Status ListPolicies(Session& session, const Options& options) {
  v1::ListCasePoliciesRequest request;
  request.set_region_code(options.region);
  RETURN_IF_ERROR(PutDay("--on", options.on, &request, &v1::ListCasePoliciesRequest::mutable_on));
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListCasePoliciesResponse>(kService, "ListCasePolicies", request));
  Table table({{"政策 policy"}, {"规则 rule"}, {"值 value", true}, {"依据 source"}});
  for (const v1::CasePolicy& policy : all.policies()) {
    const std::string name = LastPart(policy.name());
    const auto add = [&](const std::string& rule, int32_t value, const std::string& source) {
      table.Add({name, rule, absl::StrCat(value), source});
    };
    add("连续缺勤 confirm run", policy.confirm_run_days(), policy.source());
    add("劝返次数 confirm persuasions", policy.confirm_persuasions(), policy.source());
    add("稳定天数 stable days", policy.stable_days(), policy.source());
    add("限期天数 term days", policy.term_days(), policy.source());
    add("月报截止日 report day", policy.report_day(), policy.source());
    for (const v1::ActionTerm& term : policy.action_terms()) {
      add(absl::StrCat("期限 due: ", EnumText(term.action())), term.days(), term.source());
    }
    for (const v1::LadderRung& rung : policy.ladder()) {
      add(absl::StrCat("第", rung.rung(), "级 rung: ", NameOf(rung.level()), " ", rung.paper()), rung.days(),
          rung.source());
    }
  }
  return session.Print(all, table);
}

absl::Status ShowMonth(Session& session, const Options& options) {
  v1::GetMonthRollUpRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_month(options.month);
  ASSIGN_OR_RETURN(const auto sum, session.Call<v1::MonthRollUp>(kService, "GetMonthRollUp", request));
  Table table({{"应报学校 schools", true},
               {"已报 reported", true},
               {"疑似 suspected", true},
               {"辍学 dropped", true},
               {"未报 missing"}});
  const auto counts = [&](const std::string& missing) {
    table.Add({absl::StrCat(sum.schools()), absl::StrCat(sum.reported()), absl::StrCat(sum.figures().suspected_total()),
               absl::StrCat(sum.figures().dropped_total()), missing});
  };
  for (const std::string& school : sum.missing()) {
    counts(school);
  }
  if (sum.missing().empty()) {
    counts("");
  }
  return session.Print(sum, table);
}

absl::Status ShowClearance(Session& session, const Options& options) {
  v1::GetClearanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  RETURN_IF_ERROR(PutDay("--on", options.on, &request, &v1::GetClearanceRequest::mutable_on));
  ASSIGN_OR_RETURN(const auto state, session.Call<v1::Clearance>(kService, "GetClearance", request));
  Table table(
      {{"范围 of"}, {"辍学 dropouts", true}, {"疑似 suspected", true}, {"试返 on trial", true}, {"清零 cleared"}});
  const auto add = [&](const std::string& of, const v1::ClearanceColumn& column) {
    table.Add({of, absl::StrCat(column.dropouts()), absl::StrCat(column.suspected()), absl::StrCat(column.on_trial()),
               column.cleared() ? "是 yes" : "否 no"});
  };
  add("全部 all", state.total());
  add("脱贫户 P1-P3", state.out_of_poverty());
  add("监测户 M1-M3", state.monitored());
  return session.Print(state, table);
}

using Shared = std::shared_ptr<Options>;

void AddCounty(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
}

void AddEscalations(CLI::App* cases, Action& chosen, const std::shared_ptr<Options>& options) {
  CLI::App* list = cases->add_subcommand("escalations", "reminders that were issued for what is late (逾期提醒督办)");
  AddCounty(list, options);
  AddLimit(*list, &options->limit);
  list->add_option("--area", options->area, "only of this area: 411728103, 411728103/<school>");
  AddEnum(list, "--level", &options->level, "only those of this level");
  list->add_option("--from", options->on, "only those issued on this day or later");
  OnCommand(list, chosen, options, ListEscalations);
  CLI::App* paper = cases->add_subcommand("escalation-paper", "saves the paper of one of them; it names no child");
  paper->add_option("name", options->name, "counties/411728/cases/...")->required();
  paper->add_option("--action-number", options->action_number, "as `cases escalations` shows it")->required();
  paper->add_option("--rung", options->rung, "as `cases escalations` shows it")->required();
  paper->add_option("--out", options->out, "new file to write, .docx")->required();
  OnCommand(paper, chosen, options, SaveEscalationPaper);
}

void AddLists(CLI::App* cases, Action& chosen, const Shared& options) {
  CLI::App* list = cases->add_subcommand("list", "cases of a county");
  AddCounty(list, options);
  AddLimit(*list, &options->limit);
  list->add_option("--area", options->area, "only of this area: 411728103");
  AddEnum(list, "--state", &options->state, "only in this state");
  list->add_option("--student", options->student, "only of this student, resource name or person id");
  list->add_flag("--open", options->open, "only those that are not closed");
  list->add_flag("--led", options->led, "those that you lead, wherever the child is");
  list->add_flag("--offered", options->offered, "those that were offered to you");
  OnCommand(list, chosen, options, ListAll);
  CLI::App* actions = cases->add_subcommand("actions", "what is to be done, the most urgent first (待办)");
  AddCounty(actions, options);
  AddLimit(*actions, &options->limit);
  actions->add_option("--officer", options->officer, "only of this officer");
  actions->add_option("--due-by", options->on, "only what is due up to this day");
  OnCommand(actions, chosen, options, ListActions);
  AddEscalations(cases, chosen, options);
  CLI::App* siblings = cases->add_subcommand("siblings", "siblings of compulsory age of the child");
  siblings->add_option("name", options->name, "counties/411728/cases/...")->required();
  OnCommand(siblings, chosen, options, ListSiblings);
  CLI::App* policies = cases->add_subcommand("policies", "terms, thresholds and reminders of a jurisdiction");
  policies->add_option("--region", options->region, "only the one in force there, 12 digits");
  policies->add_option("--on", options->on, "with --region: on this day; left out: today");
  OnCommand(policies, chosen, options, ListPolicies);
}

}  // namespace

Table CaseTable() {
  return Table({{"编号 number"},
                {"区域 area"},
                {"状态 state"},
                {"发现 found"},
                {"事项 action"},
                {"期限 due"},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddCase(const v1::Case& file, Table* table) {
  table->Add({file.number(), file.area(), NameOf(file.state()), TextOf(file.discovered_on()), EnumText(file.action()),
              TextOf(file.due_on()), file.etag(), file.name()});
}

void AddCaseCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* cases = root.add_subcommand("cases", "files of children out of school (一生一案)")->require_subcommand(1);
  AddLists(cases, chosen, options);
  AddShow<v1::GetCaseRequest, v1::Case>(cases, chosen, kService, "GetCase", "one case in full",
                                        "counties/411728/cases/...");
  AddEvaluate<v1::EvaluateCaseRequest, v1::EvaluateCaseResponse>(cases, chosen, kService, "EvaluateCase",
                                                                 "what may be done with a case, from explicit facts");
  AddCaseStepCommands(cases, chosen);
  CLI::App* reports = root.add_subcommand("zero-reports", "monthly zero reports (清零月报)")->require_subcommand(1);
  CLI::App* month = reports->add_subcommand("month", "sum of a month and the schools without a report");
  AddCounty(month, options);
  month->add_option("month", options->month, "2026-09")->required();
  OnCommand(month, chosen, options, ShowMonth);
  CLI::App* clearance = reports->add_subcommand("clearance", "whether the county is cleared (清零)");
  AddCounty(clearance, options);
  clearance->add_option("--on", options->on, "on this day; left out: today");
  OnCommand(clearance, chosen, options, ShowClearance);
  AddZeroReportCommands(reports, chosen);
  AddResponsibilityCommands(root, chosen);
}

}  // namespace ruraledu::cli
