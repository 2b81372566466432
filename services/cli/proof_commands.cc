// aid presence, aid performance: lists of beds and classes held against the register; targets and self-evaluation.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/base/enum_text.h"
#include "common/domain/rate.h"
#include "ruraledu/student_aid/v1/performance.pb.h"
#include "ruraledu/student_aid/v1/presence.pb.h"
#include "services/cli/commands.h"
#include "services/cli/row_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, name, school, kind, period, file, area, purpose, etag;
  std::vector<std::string> targets, reasons;
  bool findings = false, unmask = false;
  int beds = 0, year = 0;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

v1::PresenceKind KindOf(const std::string& name) {
  return name == "boarding"   ? v1::PRESENCE_KIND_BOARDING
         : name == "in-class" ? v1::PRESENCE_KIND_IN_CLASS
                              : v1::PRESENCE_KIND_UNSPECIFIED;
}

Table FindingsTable(const v1::PresenceCheck& check) {
  Table table({{"问题 finding"}, {"学生 pupil"}, {"位置 place"}, {"在助 aided"}});
  for (const v1::PresenceFinding& one : check.findings()) {
    table.Add({one.reason(), one.person(), one.place(), one.aided() ? "yes" : ""});
  }
  return table;
}

absl::Status RecordSeen(Session& session, const Options& options) {
  v1::RecordPresenceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_kind(KindOf(options.kind));
  request.set_period(options.period);
  request.set_beds(options.beds);
  request.set_etag(options.etag);
  RETURN_IF_ERROR(ReadRows(session, "presence", options.file, [&](const FileRow& row) {
    v1::PresenceRow* seen = request.add_rows();
    seen->set_person(row["person"]);
    seen->set_place(row["place"]);
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(const auto check, session.Call<v1::PresenceCheck>("student_aid", "RecordPresenceCheck", request));
  return session.Print(check, FindingsTable(check));
}

absl::Status ShowSeen(Session& session, const Options& options) {
  v1::GetPresenceCheckRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto check, session.Call<v1::PresenceCheck>("student_aid", "GetPresenceCheck", request,
                                                                     {.purpose = options.purpose}));
  return session.Print(check, FindingsTable(check));
}

absl::Status ListSeen(Session& session, const Options& options) {
  v1::ListPresenceChecksRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  if (!options.area.empty()) {
    request.set_area(absl::StrCat("areas/", options.area));
  }
  request.set_kind(KindOf(options.kind));
  request.set_period(options.period);
  request.set_findings_only(options.findings);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPresenceChecksResponse>("student_aid", "ListPresenceChecks",
                                                                                   request, options.limit));
  Table table({{"学校 school"},
               {"核查 kind"},
               {"期间 period"},
               {"在册 registered", true},
               {"实到 present", true},
               {"床位 beds", true},
               {"问题 findings", true},
               {"资源名 name"}});
  for (const v1::PresenceCheck& one : all.checks()) {
    table.Add({LastPart(one.school()), EnumText(one.kind()), one.period(), Grouped(one.registered()),
               Grouped(one.present()), Grouped(one.beds()), Grouped(one.findings_size()), one.name()});
  }
  return session.Print(all, table);
}

std::string RateText(const ruraledu::common::v1::Rate& rate) {
  return rate.denominator() == 1 ? Grouped(rate.numerator())
                                 : PercentText(Rate{rate.numerator(), rate.denominator()}).value_or("—");
}

absl::Status ShowPlan(Session& session, const v1::PerformancePlan& plan) {
  Table table({{"指标 indicator"},
               {"名称 label"},
               {"目标 target", true},
               {"完成 actual", true},
               {"达成 met"},
               {"偏差原因 deviation"}});
  for (const v1::PerformanceTarget& one : plan.targets()) {
    table.Add({one.indicator(), one.label_zh(), absl::StrCat(one.at_most() ? "≤ " : "≥ ", RateText(one.target())),
               one.has_actual() ? RateText(one.actual()) : "", one.has_actual() ? (one.met() ? "yes" : "no") : "",
               one.deviation()});
  }
  return session.Print(plan, table);
}

template <typename Request>
absl::Status OnPlan(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto plan, session.Call<v1::PerformancePlan>("student_aid", method, request));
  return ShowPlan(session, plan);
}

// "student_aid.coverage=1/1", "student_aid.complaints=5".
absl::Status ReadTarget(const std::string& text, v1::PerformanceTarget* target) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  const std::vector<std::string> rate = absl::StrSplit(parts.second, '/');
  int64_t numerator = 0, denominator = 1;
  if (rate.size() > 2 || !absl::SimpleAtoi(rate[0], &numerator) ||
      (rate.size() == 2 && !absl::SimpleAtoi(rate[1], &denominator))) {
    return Fail("CLI_ARGUMENT", {{"argument", text}, {"problem", "write indicator=number or indicator=number/number"}});
  }
  target->set_indicator(parts.first);
  target->mutable_target()->set_numerator(numerator);
  target->mutable_target()->set_denominator(denominator);
  return absl::OkStatus();
}

absl::Status SetPlan(Session& session, const Options& options) {
  v1::SetPerformanceTargetsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_budget_year(options.year);
  for (const std::string& text : options.targets) {
    RETURN_IF_ERROR(ReadTarget(text, request.add_targets()));
  }
  request.set_etag(options.etag);
  return OnPlan(session, "SetPerformanceTargets", request);
}

absl::Status EvaluatePlan(Session& session, const Options& options) {
  v1::EvaluatePerformanceRequest request;
  request.set_name(options.name);
  for (const std::string& text : options.reasons) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    v1::PerformanceDeviation* deviation = request.add_deviations();
    deviation->set_indicator(parts.first);
    deviation->set_reason(parts.second);
  }
  request.set_etag(options.etag);
  return OnPlan(session, "EvaluatePerformance", request);
}

absl::Status ConfirmPlan(Session& session, const Options& options) {
  v1::ConfirmPerformanceRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return OnPlan(session, "ConfirmPerformance", request);
}

absl::Status ShowOnePlan(Session& session, const Options& options) {
  v1::GetPerformancePlanRequest request;
  request.set_name(options.name);
  return OnPlan(session, "GetPerformancePlan", request);
}

absl::Status ListPlans(Session& session, const Options& options) {
  v1::ListPerformancePlansRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPerformancePlansResponse>(
                                       "student_aid", "ListPerformancePlans", request, options.limit));
  Table table({{"年度 year"}, {"状态 state"}, {"指标数 targets", true}, {"资源名 name"}, {"版本 etag"}});
  for (const v1::PerformancePlan& one : all.plans()) {
    table.Add(
        {absl::StrCat(one.budget_year()), EnumText(one.state()), Grouped(one.targets_size()), one.name(), one.etag()});
  }
  return session.Print(all, table);
}

void AddKind(CLI::App* command, const Shared& options, bool required) {
  command->add_option("--kind", options->kind, "boarding or in-class")
      ->required(required)
      ->check(CLI::IsMember({"boarding", "in-class"}));
}

void AddPresence(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* presence = aid.add_subcommand("presence", "who sleeps at a school, who is in class")->require_subcommand(1);
  CLI::App* record = presence->add_subcommand("record", "holds a list of beds or classes against the register");
  record->add_option("--county", options->county, "six digits");
  record->add_option("--school", options->school, "counties/411728/schools/...")->required();
  AddKind(record, options, true);
  record->add_option("--period", options->period, "a term 2023-2024-1 of boarding, a month 2023-11 of in-class")
      ->required();
  record->add_option("--beds", options->beds, "beds of the school");
  record->add_option("--etag", options->etag, "only if the proof that is replaced is still this version");
  record->add_option("file", options->file, "table with 学生编号 and 宿舍床位 or 班级")->required();
  OnCommand(record, chosen, options, RecordSeen);
  CLI::App* show = presence->add_subcommand("show", "one proof and what does not fit");
  show->add_option("name", options->name, "counties/411728/presenceChecks/...")->required();
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, ShowSeen);
  CLI::App* list = presence->add_subcommand("list", "proofs of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--area", options->area, "411728103, 411728103/<school>");
  AddKind(list, options, false);
  list->add_option("--period", options->period, "only of this term or month");
  list->add_flag("--findings", options->findings, "only those with findings");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListSeen);
}

void AddPerformance(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* performance =
      aid.add_subcommand("performance", "yearly targets and self-evaluation (绩效)")->require_subcommand(1);
  CLI::App* set = performance->add_subcommand("set", "sets the targets of a budget year");
  set->add_option("--county", options->county, "six digits");
  set->add_option("--year", options->year, "budget year")->required();
  set->add_option("--etag", options->etag, "only if the plan is still this version");
  set->add_option("targets", options->targets, "student_aid.coverage=1/1 student_aid.complaints=5 ...")->required();
  OnCommand(set, chosen, options, SetPlan);
  const auto named = [&](const std::string& name, const std::string& about) {
    CLI::App* command = performance->add_subcommand(name, about);
    command->add_option("name", options->name, "counties/411728/performancePlans/2024")->required();
    return command;
  };
  CLI::App* evaluate = named("evaluate", "puts the values of the year beside the targets");
  evaluate->add_option("--reason", options->reasons, "student_aid.coverage=why it was not reached");
  evaluate->add_option("--etag", options->etag, "only if the plan is still this version");
  OnCommand(evaluate, chosen, options, EvaluatePlan);
  CLI::App* confirm = named("confirm", "approves the targets or signs the evaluation of another person");
  confirm->add_option("--etag", options->etag, "version that was read")->required();
  OnCommand(confirm, chosen, options, ConfirmPlan);
  OnCommand(named("show", "one plan"), chosen, options, ShowOnePlan);
  CLI::App* list = performance->add_subcommand("list", "plans of a county");
  list->add_option("--county", options->county, "six digits");
  OnCommand(list, chosen, options, ListPlans);
}

}  // namespace

void AddProofCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddPresence(aid, chosen, options);
  AddPerformance(aid, chosen, options);
}

}  // namespace ruraledu::cli
