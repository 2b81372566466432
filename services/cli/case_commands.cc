// cases and zero-reports: what is to be done for children out of school, and how a month stands.
#include "absl/strings/str_cat.h"
#include "ruraledu/dropout_monitoring/v1/case_requests.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, name, officer, month;
  bool open = false;
  int64_t limit = 50;
};

std::string StateOf(v1::CaseState state) {
  return WithoutPrefix(v1::CaseState_Name(state), "CASE_STATE_");
}
std::string ActionOf(v1::CaseAction action) {
  return WithoutPrefix(v1::CaseAction_Name(action), "CASE_ACTION_");
}

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
  table->Add({file.number(), file.area(), StateOf(file.state()), TextOf(file.discovered_on()), ActionOf(file.action()),
              TextOf(file.due_on()), file.etag(), file.name()});
}

absl::Status ListAll(Session& session, const Options& options) {
  v1::ListCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(options.area.empty() ? "" : absl::StrCat("areas/", options.area));
  request.set_open_only(options.open);
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
    table.Add({TextOf(row.due_on()), absl::StrCat(row.days_late()), ActionOf(row.action()), row.number(), row.area(),
               row.officer(), row.case_name()});
  }
  return session.Print(all, table);
}

absl::Status ShowOne(Session& session, const Options& options) {
  v1::GetCaseRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto file, session.Call<v1::Case>(kService, "GetCase", request));
  Table table = CaseTable();
  AddCase(file, &table);
  return session.Print(file, table);
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

}  // namespace

void AddCaseCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* cases = root.add_subcommand("cases", "files of children out of school (一生一案)")->require_subcommand(1);
  CLI::App* list = cases->add_subcommand("list", "cases of a county");
  AddCounty(list, options);
  AddLimit(*list, &options->limit);
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_flag("--open", options->open, "only those that are not closed");
  OnCommand(list, chosen, options, ListAll);
  CLI::App* actions = cases->add_subcommand("actions", "what is to be done, the most urgent first (待办)");
  AddCounty(actions, options);
  AddLimit(*actions, &options->limit);
  actions->add_option("--officer", options->officer, "only of this officer");
  OnCommand(actions, chosen, options, ListActions);
  CLI::App* show = cases->add_subcommand("show", "one case");
  show->add_option("name", options->name, "counties/411728/cases/...")->required();
  OnCommand(show, chosen, options, ShowOne);
  CLI::App* reports = root.add_subcommand("zero-reports", "monthly zero reports (清零月报)")->require_subcommand(1);
  CLI::App* month = reports->add_subcommand("month", "sum of a month and the schools without a report");
  AddCounty(month, options);
  month->add_option("month", options->month, "2026-09")->required();
  OnCommand(month, chosen, options, ShowMonth);
  CLI::App* clearance = reports->add_subcommand("clearance", "whether the county is cleared (清零)");
  AddCounty(clearance, options);
  OnCommand(clearance, chosen, options, ShowClearance);
}

}  // namespace ruraledu::cli
