// aid: runs, decisions, comparison, coverage.
#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/domain/load_file.h"
#include "common/domain/money.h"
#include "common/domain/rate.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, province, term, name, list = "should-aid", item, area, facts, purpose, run;
  std::vector<std::string> policy_sets;
  bool wait = false, unmask = false;
  int64_t limit = 50;
};

// "provinces/410000" of --province 41, else the county.
absl::StatusOr<std::string> ParentOf(Session& session, const Options& options) {
  if (options.province.empty()) {
    return session.County(options.county);
  }
  if (options.province.size() != 2 && options.province.size() != 6) {
    return Fail("CLI_ARGUMENT", {{"argument", "--province"}, {"problem", "two or six digits"}});
  }
  return absl::StrCat("provinces/", options.province.substr(0, 2), "0000");
}

Table RunTable(const v1::ListRunsResponse& all) {
  Table table({{"学期 term"},
               {"类别 kind"},
               {"次 no.", true},
               {"状态 state"},
               {"人数 pupils", true},
               {"享受人数 entitled", true},
               {"差异 differences", true},
               {"资源名 resource"}});
  for (const v1::Run& run : all.runs()) {
    table.Add({run.term(), EnumText(run.kind()), absl::StrCat(run.number()), EnumText(run.state()),
               Grouped(run.persons()), Grouped(run.entitled_persons()), Grouped(run.differences()), run.name()});
  }
  return table;
}

// What a run that is over came to; of one that is under way, where to look.
template <typename Request>
absl::Status Start(Session& session, const Options& options, std::string_view method, v1::RunKind kind) {
  Request request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), ParentOf(session, options));
  request.set_term(options.term);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>("student_aid", method, request));
  if (options.wait) {
    ASSIGN_OR_RETURN(job, session.WaitForJob("student_aid", job.name()));
  }
  if (session.console().json || !options.province.empty()) {
    return session.PrintJson(job);
  }
  if (!options.wait) {
    session.console().out << "started; see: ruraledu jobs --service student_aid get " << job.name() << "\n";
    return absl::OkStatus();
  }
  v1::ListRunsRequest newest;
  newest.set_parent(request.parent());
  newest.set_term(options.term);
  newest.set_kind(kind);
  newest.set_page_size(1);
  ASSIGN_OR_RETURN(const auto runs, session.Call<v1::ListRunsResponse>("student_aid", "ListRuns", newest));
  session.console().out << RunTable(runs).Text();
  return absl::OkStatus();
}

absl::Status StartRun(Session& session, const Options& options) {
  return Start<v1::StartEntitlementRunRequest>(session, options, "StartEntitlementRun", v1::RUN_KIND_ENTITLEMENT);
}

absl::Status StartComparison(Session& session, const Options& options) {
  return Start<v1::StartComparisonRunRequest>(session, options, "StartComparisonRun", v1::RUN_KIND_COMPARISON);
}

absl::Status ListRuns(Session& session, const Options& options) {
  v1::ListRunsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListRunsResponse>("student_aid", "ListRuns", request, options.limit));
  return session.Print(all, RunTable(all));
}

absl::Status ListDifferences(Session& session, const Options& options) {
  v1::ListRunDifferencesRequest request;
  request.set_name(options.run);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListRunDifferencesResponse>("student_aid", "ListRunDifferences",
                                                                                   request, options.limit));
  Table table({{"学生 student"}, {"增加 added"}, {"取消 gone"}, {"变更 changed"}, {"金额变化 元", true}});
  for (const v1::PersonDifference& one : all.differences()) {
    table.Add({one.student(), absl::StrJoin(one.added(), " "), absl::StrJoin(one.gone(), " "),
               absl::StrJoin(one.changed(), " "), FormatFenGrouped(one.amount_change_fen())});
  }
  return session.Print(all, table);
}

absl::Status ShowCoverage(Session& session, const Options& options) {
  v1::GetCoverageRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto coverage, session.Call<v1::GetCoverageResponse>("student_aid", "GetCoverage", request));
  Table table(
      {{"项目 item"}, {"应助 should", true}, {"已助 aided", true}, {"应助未助 gap", true}, {"应助尽助率", true}});
  const auto add = [&](const std::string& item, int64_t should, int64_t aided) {
    table.Add({item, Grouped(should), Grouped(aided), Grouped(should - aided),
               PercentText(Rate{aided, should}).value_or("—")});
  };
  for (const v1::AmountByItem& item : coverage.items()) {
    add(item.item(), item.coverage().denominator(), item.coverage().numerator());
  }
  add("合计 overall", coverage.overall().denominator(), coverage.overall().numerator());
  return session.Print(coverage, table);
}

absl::Status ListGaps(Session& session, const Options& options) {
  v1::ListComparisonRowsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_list(ListOfName(options.list));
  request.set_item(options.item);
  request.set_area(AreaOf(options.area));
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListComparisonRowsResponse>("student_aid", "ListComparisonRows", request,
                                                                   options.limit, {.purpose = options.purpose}));
  Table table({{"姓名 name"},
               {"区域 area"},
               {"类"},
               {"项目 item"},
               {"原因 reason"},
               {"条款 clause"},
               {"应发 元", true},
               {"已发 元", true},
               {"学生 student"},
               {"未享受 why not"}});
  for (const v1::ComparedPerson& person : all.persons()) {
    for (const v1::ComparisonRow& row : person.rows()) {
      table.Add({person.display_name(), person.area(), EnumText(person.comparison_class()), row.item(),
                 EnumText(row.reason()), row.clause(), FormatFenGrouped(row.entitled_fen()),
                 FormatFenGrouped(row.aided_fen()), person.student(), WhyNotText(person)});
    }
    if (person.rows().empty()) {  // --list all: in a source, and nothing is granted or recorded
      table.Add({person.display_name(), person.area(), EnumText(person.comparison_class()), "", "", "", "", "",
                 person.student(), WhyNotText(person)});
    }
  }
  return session.Print(all, table);
}

absl::Status ShowDecision(Session& session, const Options& options) {
  v1::GetDecisionRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto decision,
                   session.Call<v1::Decision>("student_aid", "GetDecision", request, {.purpose = options.purpose}));
  return session.PrintJson(decision);
}

absl::Status ListDecisions(Session& session, const Options& options) {
  v1::ListDecisionsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_area(AreaOf(options.area));
  request.set_entitled_only(true);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListDecisionsResponse>("student_aid", "ListDecisions", request, options.limit));
  Table table({{"区域 area"}, {"学段"}, {"项目 items"}, {"金额 元", true}, {"资源名 resource"}});
  for (const v1::Decision& decision : all.decisions()) {
    table.Add({decision.area(), decision.stage(), absl::StrJoin(decision.items(), " "),
               FormatFenGrouped(decision.amount_fen()), decision.name()});
  }
  return session.Print(all, table);
}

absl::Status Replay(Session& session, const Options& options) {
  v1::ReplayDecisionRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto replay,
                   session.Call<v1::ReplayDecisionResponse>("student_aid", "ReplayDecision", request));
  if (!replay.same()) {
    return Fail("CLI_REPLAY_DIFFERS", {{"items", absl::StrJoin(replay.differing_items(), ", ")}});
  }
  if (session.console().json) {
    return session.PrintJson(replay);
  }
  session.console().out << "same: the stored input gives the stored answer\n";
  return absl::OkStatus();
}

// The file holds PupilFacts, or a whole EvaluateEntitlementRequest (as `aid decision --unmask` shows it under "input").
absl::Status Evaluate(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.facts));
  v1::EvaluateEntitlementRequest request;
  if (!FromJson("--facts", json, &request).ok() || !request.has_facts()) {
    request.Clear();
    RETURN_IF_ERROR(FromJson("--facts", json, request.mutable_facts()));
  }
  if (!options.term.empty()) {
    request.set_term(options.term);
  }
  for (const std::string& set : options.policy_sets) {
    request.add_policy_sets(set);
  }
  ASSIGN_OR_RETURN(const auto answer,
                   session.Call<v1::EvaluateEntitlementResponse>("student_aid", "EvaluateEntitlement", request));
  return session.PrintJson(answer);
}

// What the newest comparison of the term found of AVERAGE standards (DR-19).
absl::Status ShowAverages(Session& session, const Options& options) {
  v1::ListRunsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_kind(v1::RUN_KIND_COMPARISON);
  ASSIGN_OR_RETURN(const auto runs, session.ListAll<v1::ListRunsResponse>("student_aid", "ListRuns", request, 0));
  const auto newest = std::find_if(runs.runs().begin(), runs.runs().end(),
                                   [](const v1::Run& run) { return run.state() == v1::RUN_STATE_CLOSED; });
  const v1::Run run = newest == runs.runs().end() ? v1::Run() : *newest;
  Table table({{"项目 item"},
               {"学校 school"},
               {"实发 元", true},
               {"标准 元", true},
               {"比率 mean", true},
               {"超幅 outside", true},
               {"结论 finding"}});
  const auto add = [&](const std::string& item, const std::string& school, const ruraledu::common::v1::Rate& mean,
                       const std::string& outside, const std::string& finding) {
    table.Add({item, school, FormatFenGrouped(mean.numerator()), FormatFenGrouped(mean.denominator()),
               PercentText(Rate{mean.numerator(), mean.denominator()}).value_or("—"), outside, finding});
  };
  for (const v1::AverageCheck& check : run.averages()) {
    const bool passes = check.mean_ok() || check.within_allocation();
    add(check.item(), "合计 county", check.mean(), Grouped(check.outside_range()), passes ? "" : "AVERAGE_OFF");
    for (const v1::SchoolMean& school : check.schools_off()) {
      add(check.item(), school.school(), school.mean(), "", "SCHOOL_MEAN_OFF");
    }
  }
  return session.Print(run, table);
}

void AddCounty(CLI::App* command, const std::shared_ptr<Options>& options, bool term_required) {
  command->add_option("--county", options->county, "six digits");
  command->add_option("--term", options->term, "2023-2024-1")->required(term_required);
}

void AddRuns(CLI::App* aid, Action& chosen, const std::shared_ptr<Options>& options) {
  const std::pair<const char*, const char*> starts[] = {{"run", "decides who is entitled to what in a term, as a job"},
                                                        {"compare", "compares registers and aid of a term, as a job"}};
  for (const auto& [name, about] : starts) {
    CLI::App* start = aid->add_subcommand(name, about);
    AddCounty(start, options, true);
    start->add_option("--province", options->province, "all counties of a province: 41");
    start->add_flag("--wait", options->wait, "until it is over");
    OnCommand(start, chosen, options, std::string_view(name) == "run" ? StartRun : StartComparison);
  }
  CLI::App* runs = aid->add_subcommand("runs", "runs of a county, newest first");
  AddCounty(runs, options, false);
  AddLimit(*runs, &options->limit);
  OnCommand(runs, chosen, options, ListRuns);
  AddShow<v1::GetRunRequest, v1::Run>(aid, chosen, "student_aid", "GetRun", "one run in full",
                                      "counties/411728/runs/...", "show-run");
  CLI::App* differences = aid->add_subcommand("differences", "what a run changed against the run before");
  differences->add_option("run", options->run, "counties/411728/runs/...")->required();
  AddLimit(*differences, &options->limit);
  OnCommand(differences, chosen, options, ListDifferences);
}

void AddDecisions(CLI::App* aid, Action& chosen, const std::shared_ptr<Options>& options) {
  CLI::App* decisions = aid->add_subcommand("decisions", "decisions in force that grant something");
  AddCounty(decisions, options, true);
  decisions->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*decisions, &options->limit);
  OnCommand(decisions, chosen, options, ListDecisions);
  CLI::App* decision = aid->add_subcommand("decision", "one decision with its complete input");
  decision->add_option("name", options->name, "counties/411728/decisions/...")->required();
  AddUnmask(*decision, &options->unmask, &options->purpose);
  OnCommand(decision, chosen, options, ShowDecision);
  CLI::App* replay = aid->add_subcommand("replay", "evaluates the stored input of a decision again");
  replay->add_option("name", options->name, "counties/411728/decisions/...")->required();
  OnCommand(replay, chosen, options, Replay);
  CLI::App* evaluate = aid->add_subcommand("evaluate", "decides from explicit facts; nothing is stored");
  evaluate->add_option("--facts", options->facts, "JSON file: PupilFacts or EvaluateEntitlementRequest")->required();
  evaluate->add_option("--term", options->term, "2023-2024-1");
  evaluate->add_option("--policy-set", options->policy_sets, "policySets/SP@1; left out: those in force")
      ->allow_extra_args(false);
  OnCommand(evaluate, chosen, options, Evaluate);
}

}  // namespace

ruraledu::common::v1::Positions WrittenOf(Session& session, const std::string& parent) {
  const std::string province = absl::StrCat("c", parent.substr(std::string_view("provinces/").size(), 2));
  const std::string county = absl::StrCat("c", LastPart(parent));
  ruraledu::common::v1::Positions written;
  const auto all = session.ListAll<ruraledu::feed::v1::ListShardsResponse>("registry", "ListShards",
                                                                           ruraledu::feed::v1::ListShardsRequest(), 0);
  if (!all.ok()) {
    session.console().err << "the run takes the facts as student_aid has them now: " << ReasonOf(all.status()) << "\n";
    return written;
  }
  for (const auto& head : all->heads()) {
    if (parent.starts_with("provinces/") ? head.shard().starts_with(province) : head.shard() == county) {
      *written.add_positions() = head;
    }
  }
  return written;
}

v1::ComparisonList ListOfName(std::string_view name) {
  return name == "all"          ? v1::COMPARISON_LIST_UNSPECIFIED
         : name == "should-not" ? v1::COMPARISON_LIST_SHOULD_NOT
                                : v1::COMPARISON_LIST_SHOULD_AID;
}

std::string WhyNotText(const v1::ComparedPerson& person) {
  return absl::StrJoin(person.why_not(), " ", [](std::string* out, const v1::WhyNot& why) {
    absl::StrAppend(out, why.item(), ":", why.reason());
  });
}

void AddAidCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* aid = root.add_subcommand("aid", "who must be aided, with what, and who is not")->require_subcommand(1);
  AddRuns(aid, chosen, options);
  AddDecisions(aid, chosen, options);
  CLI::App* coverage = aid->add_subcommand("coverage", "aided of those who should be aided, per item (应助尽助率)");
  AddCounty(coverage, options, true);
  OnCommand(coverage, chosen, options, ShowCoverage);
  CLI::App* averages = aid->add_subcommand("averages", "what was paid against average standards, over the school year");
  AddCounty(averages, options, true);
  OnCommand(averages, chosen, options, ShowAverages);
  CLI::App* gaps = aid->add_subcommand("gaps", "by named child: entitled and not aided, or aided and not entitled");
  AddCounty(gaps, options, true);
  gaps->add_option("--list", options->list, "should-aid, should-not or all")
      ->capture_default_str()
      ->check(CLI::IsMember({"should-aid", "should-not", "all"}));
  AddUnmask(*gaps, &options->unmask, &options->purpose);
  gaps->add_option("--item", options->item, "only this item: SP_LIV_B_JUN");
  gaps->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*gaps, &options->limit);
  OnCommand(gaps, chosen, options, ListGaps);
  AddIdentifyCommands(*aid, chosen);
  AddOutwardCommands(*aid, chosen);
  AddGraduateCommands(*aid, chosen);
  AddPublicityCommands(*aid, chosen);
  AddApplicationCommands(*aid, chosen);
  AddRestrictionCommands(*aid, chosen);
  AddAidRecordCommand(*aid, chosen);
  AddPolicyCommands(*aid, chosen);
  AddPaymentCommands(*aid, chosen);
  AddOverrideCommands(*aid, chosen);
  AddComplianceCommands(*aid, chosen);
  AddGoodsCommands(*aid, chosen);
  AddProgrammeCommands(*aid, chosen);
  AddFundCommands(*aid, chosen);
  AddLedgerCommands(*aid, chosen);
  AddOfficeCommands(*aid, chosen);
  AddProofCommands(*aid, chosen);
  AddMirrorCommands(*aid, chosen);
  AddDepartmentCommands(*aid, chosen);
  AddConsentCommands(*aid, chosen);
  AddVerificationCommands(*aid, chosen);
}

}  // namespace ruraledu::cli
