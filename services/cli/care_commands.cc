// risks, placements, dossiers: where to look first, how disabled children are placed, whose dossier is due.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, name, etag, term;
  v1::CareGroup group = v1::CARE_GROUP_UNSPECIFIED;
  int32_t failed = 0;
  bool struggling = false;
  bool first = false, findings = false, by_township = false, stale = false;
  int64_t limit = 50;
};

absl::Status ListRisks(Session& session, const Options& options) {
  v1::ListRisksRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_level(options.first ? v1::RISK_LEVEL_FIRST : v1::RISK_LEVEL_UNSPECIFIED);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListRisksResponse>(kService, "ListRisks", request, options.limit));
  Table table({{"分数 points", true}, {"级别 level"}, {"区域 area"}, {"因素 reasons"}, {"资源名 resource"}});
  for (const v1::Risk& risk : all.risks()) {
    table.Add({absl::StrCat(risk.points()), EnumText(risk.level()), risk.area(),
               absl::StrJoin(risk.reasons(), " ",
                             [](std::string* out, const v1::RiskReason& reason) {
                               absl::StrAppend(out, reason.factor(), "=", reason.value());
                             }),
               risk.name()});
  }
  return session.Print(all, table);
}

absl::Status RecordLearning(Session& session, const Options& options) {
  v1::RecordLearningRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.mutable_learning()->set_term(options.term);
  request.mutable_learning()->set_subjects_failed(options.failed);
  request.mutable_learning()->set_struggling(options.struggling);
  ASSIGN_OR_RETURN(const auto risk, session.Call<v1::Risk>(kService, "RecordLearning", request));
  Table table({{"分数 points", true}, {"级别 level"}, {"区域 area"}, {"版本 etag"}, {"资源名 resource"}});
  table.Add({absl::StrCat(risk.points()), NameOf(risk.level()), risk.area(), risk.etag(), risk.name()});
  return session.Print(risk, table);
}

absl::Status ListRiskPolicies(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListRiskPoliciesResponse>(kService, "ListRiskPolicies",
                                                                              v1::ListRiskPoliciesRequest()));
  Table table({{"政策 policy"}, {"因素 factor"}, {"起点 from"}, {"分值 points", true}, {"依据 source"}});
  for (const v1::RiskPolicy& policy : all.policies()) {
    const std::string name = LastPart(policy.name());
    table.Add({name, "关注 WATCH", "", absl::StrCat(policy.watch_from()), policy.source()});
    table.Add({name, "优先 FIRST", "", absl::StrCat(policy.first_from()), policy.source()});
    table.Add({name, "最少点名天数 least marked", absl::StrCat(policy.least_marked()), "", policy.source()});
    for (const v1::RiskWeight& weight : policy.weights()) {
      table.Add({name, weight.factor(), weight.code().empty() ? absl::StrCat(weight.at_least()) : weight.code(),
                 absl::StrCat(weight.points()), weight.source()});
    }
  }
  return session.Print(all, table);
}

absl::Status ListPlacements(Session& session, const Options& options) {
  v1::ListDisabledChildrenRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_with_findings_only(options.findings);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListDisabledChildrenResponse>(kService, "ListDisabledChildren",
                                                                                     request, options.limit));
  Table table({{"区域 area"}, {"在籍 registered"}, {"问题 findings"}, {"版本 etag"}, {"资源名 resource"}});
  for (const v1::DisabledChild& child : all.children()) {
    table.Add({child.area(), child.registered() ? "是 yes" : "否 no",
               absl::StrJoin(child.findings(), " ",
                             [](std::string* out, const v1::PlacementFinding& finding) {
                               absl::StrAppend(out, finding.code(), "@", TextOf(finding.since()));
                             }),
               child.etag(), child.name()});
  }
  return session.Print(all, table);
}

absl::Status ShowRates(Session& session, const Options& options) {
  v1::GetPlacementRatesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto rates, session.Call<v1::PlacementRates>(kService, "GetPlacementRates", request));
  Table table({{"指标 rate"}, {"分子 of", true}, {"分母 all", true}, {"比率 percent", true}, {"目标 target", true}});
  const auto add = [&](const std::string& label, const v1::PlacementRate& rate) {
    table.Add({label, absl::StrCat(rate.rate().numerator()), absl::StrCat(rate.rate().denominator()), rate.percent(),
               absl::StrCat(rate.target(), "%")});
  };
  add("入学率 enrolment", rates.enrolment());
  add("安置率 placement", rates.placement());
  add("三类残疾入学率 three kinds", rates.three_kinds());
  return session.Print(rates, table);
}

absl::Status ListDossiers(Session& session, const Options& options) {
  v1::ListDossiersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_by_township(options.by_township);
  request.set_group(options.group);
  request.set_stale_only(options.stale);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListDossiersResponse>(kService, "ListDossiers", request, options.limit));
  Table table({{"区域 area"},
               {"乡镇 township"},
               {"留守 left behind", true},
               {"困境 in difficulty"},
               {"更新 reviewed"},
               {"最近关爱 last event"},
               {"资源名 resource"}});
  for (const v1::Dossier& dossier : all.dossiers()) {
    table.Add({dossier.area(), dossier.township(), absl::StrCat(dossier.left_behind_education()),
               dossier.in_difficulty() ? "是 yes" : "否 no", TextOf(dossier.reviewed_on()),
               TextOf(dossier.last_event_on()), dossier.name()});
  }
  return session.Print(all, table);
}

CLI::App* AddList(CLI::App& parent, const std::string& name, const std::string& about,
                  const std::shared_ptr<Options>& options) {
  CLI::App* list = parent.add_subcommand(name, about);
  list->add_option("--county", options->county, "six digits");
  list->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*list, &options->limit);
  return list;
}

void AddOfRisks(CLI::App* risks, Action& chosen, const std::shared_ptr<Options>& options) {
  constexpr char kRisk[] = "counties/411728/risks/...";
  AddShow<v1::GetRiskRequest, v1::Risk>(risks, chosen, kService, "GetRisk", "score of one child in full", kRisk);
  CLI::App* learning = risks->add_subcommand("learning", "records how a child learnt in a term; the score follows");
  learning->add_option("name", options->name, kRisk)->required();
  learning->add_option("term", options->term, "2023-2024-1")->required();
  learning->add_option("--failed", options->failed, "subjects failed")->required()->check(CLI::NonNegativeNumber);
  learning->add_flag("--struggling", options->struggling, "struggling learner (学习困难)");
  learning->add_option("--etag", options->etag, "only if the score is still this version");
  OnCommand(learning, chosen, options, RecordLearning);
  OnCommand(risks->add_subcommand("policies", "weights of the factors"), chosen, options, ListRiskPolicies);
  AddEvaluate<v1::EvaluateRiskRequest, v1::EvaluateRiskResponse>(risks, chosen, kService, "EvaluateRisk",
                                                                 "score of a child from explicit facts");
}

}  // namespace

void AddCareCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* risks = AddList(root, "risks", "children by early-warning score, a hint where to look first", options);
  risks->add_flag("--first", options->first, "only those to look at first");
  OnCommand(risks, chosen, options, ListRisks);
  AddOfRisks(risks, chosen, options);
  CLI::App* placements =
      root.add_subcommand("placements", "disabled children and how they are placed (安置)")->require_subcommand(1);
  CLI::App* list = AddList(*placements, "list", "ledger of a county", options);
  list->add_flag("--findings", options->findings, "only children with findings");
  OnCommand(list, chosen, options, ListPlacements);
  CLI::App* rates = placements->add_subcommand("rates", "enrolment, placement and three-kinds rate");
  rates->add_option("--county", options->county, "six digits");
  OnCommand(rates, chosen, options, ShowRates);
  AddPlacementCommands(placements, chosen);
  AddCommitteeCommands(placements, chosen);
  CLI::App* dossiers =
      AddList(root, "dossiers", "dossiers of left-behind and in-difficulty children (关爱档案)", options);
  dossiers->add_flag("--by-township", options->by_township, "by the township where they live, not by school");
  dossiers->add_flag("--stale", options->stale, "only those that are not up to date since the term began");
  AddEnum(dossiers, "--group", &options->group, "only these children");
  OnCommand(dossiers, chosen, options, ListDossiers);
  AddDossierCommands(dossiers, chosen);
}

}  // namespace ruraledu::cli
