// risks: where to look first.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area;
  bool first = false;
  int64_t limit = 50;
};

std::string AreaOf(const Options& options) {
  return options.area.empty() ? "" : absl::StrCat("areas/", options.area);
}

absl::Status ListRisks(Session& session, const Options& options) {
  v1::ListRisksRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options));
  request.set_level(options.first ? v1::RISK_LEVEL_FIRST : v1::RISK_LEVEL_UNSPECIFIED);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListRisksResponse>(kService, "ListRisks", request, options.limit));
  Table table({{"分数 points", true}, {"级别 level"}, {"区域 area"}, {"因素 reasons"}, {"资源名 resource"}});
  for (const v1::Risk& risk : all.risks()) {
    table.Add({absl::StrCat(risk.points()), WithoutPrefix(v1::RiskLevel_Name(risk.level()), "RISK_LEVEL_"), risk.area(),
               absl::StrJoin(risk.reasons(), " ",
                             [](std::string* out, const v1::RiskReason& reason) {
                               absl::StrAppend(out, reason.factor(), "=", reason.value());
                             }),
               risk.name()});
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

}  // namespace

void AddCareCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* risks = AddList(root, "risks", "children by early-warning score, a hint where to look first", options);
  risks->add_flag("--first", options->first, "only those to look at first");
  OnCommand(risks, chosen, options, ListRisks);
}

}  // namespace ruraledu::cli
