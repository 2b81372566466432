// dashboard <service> <area>.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "services/cli/commands.h"
#include "services/cli/dashboard.h"

namespace ruraledu::cli {
namespace {

using namespace ruraledu::dashboard::v1;

struct Options {
  std::string service, area, period;
  bool watch = false, rebuild = false;
};

void Show(Session& session, const Dashboard& dashboard, bool again) {
  if (again && session.console().terminal) {
    session.console().out << "\033[H\033[2J";
  }
  session.console().out << DashboardText(dashboard) << std::flush;
}

absl::Status Watch(Session& session, const Options& options, const std::string& area) {
  WatchDashboardRequest request;
  request.set_area(area);
  request.set_period(options.period);
  ASSIGN_OR_RETURN(rpc::Client* const client, session.Client(options.service));
  const auto each = [&](const Dashboard& dashboard) -> absl::Status {
    if (session.console().json) {
      return session.PrintJson(dashboard);
    }
    Show(session, dashboard, true);
    return absl::OkStatus();
  };
  return client->Stream<Dashboard>("WatchDashboard", request, each, {.timeout = absl::Hours(24)});
}

absl::Status ShowDashboard(Session& session, const Options& options) {
  const std::string area = absl::StrCat("areas/", options.area);
  if (options.watch) {
    return Watch(session, options, area);
  }
  GetDashboardRequest request;
  request.set_area(area);
  request.set_period(options.period);
  ASSIGN_OR_RETURN(const auto dashboard, session.Call<Dashboard>(options.service, "GetDashboard", request));
  if (session.console().json) {
    return session.PrintJson(dashboard);
  }
  Show(session, dashboard, false);
  return absl::OkStatus();
}

absl::Status Rebuild(Session& session, const Options& options) {
  RebuildDashboardRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.area));
  ASSIGN_OR_RETURN(const auto job, session.Call<ruraledu::jobs::v1::Job>(options.service, "RebuildDashboard", request));
  ASSIGN_OR_RETURN(const auto done, session.WaitForJob(options.service, job.name()));
  return session.PrintJson(done);
}

}  // namespace

void AddDashboardCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* dashboard = root.add_subcommand("dashboard", "indicators of an area, by the areas below, and their trend");
  dashboard->add_option("service", options->service, "student_aid, dropout_monitoring or registry")
      ->required()
      ->check(CLI::IsMember({"student_aid", "dropout_monitoring", "registry"}));
  dashboard->add_option("area", options->area, "41, 4117, 411728, 411728103 or 411728103/<school>")->required();
  CLI::Option* period =
      dashboard->add_option("--period", options->period, "term 2023-2024-1; left out: the present one");
  CLI::Option* watch = dashboard->add_flag("--watch", options->watch, "goes on, whenever it changes");
  dashboard->add_flag("--rebuild", options->rebuild, "recomputes the counters of the county from its rows first")
      ->excludes(watch)
      ->excludes(period);
  OnCommand(dashboard, chosen, options, [](Session& session, const Options& chosen_options) {
    return chosen_options.rebuild ? Rebuild(session, chosen_options) : ShowDashboard(session, chosen_options);
  });
}

}  // namespace ruraledu::cli
