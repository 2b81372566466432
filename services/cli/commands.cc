#include "services/cli/commands.h"

#include <algorithm>
#include <ostream>

namespace ruraledu::cli {
namespace {

constexpr const char* kAbout =
    "ruraledu: registry and student aid of a county from the command line.\n"
    "Exit codes: 0 done, 1 internal error, 2 wrong command line, 3 invalid argument, 4 not found, 5 not allowed,\n"
    "6 the state of the data does not allow it, 7 unavailable, try again, 8 cancelled.";

void AddCommands(CLI::App& root, Action& chosen) {
  AddImportCommands(root, chosen);
  AddPlaceCommands(root, chosen);
  AddPersonCommands(root, chosen);
  AddIdentityCommands(root, chosen);
  AddAccessCommands(root, chosen);
  AddAidCommands(root, chosen);
  AddAttendanceCommands(root, chosen);
  AddCaseCommands(root, chosen);
  AddPopulationCommands(root, chosen);
  AddDropoutCommands(root, chosen);
  AddSlipCommands(root, chosen);
  AddApprovalCommands(root, chosen);
  AddRegisterCommands(root, chosen);
  AddEnrolmentCommands(root, chosen);
  AddLeaverCommands(root, chosen);
  AddCareCommands(root, chosen);
  AddDashboardCommands(root, chosen);
  AddWorkCommands(root, chosen);
  AddExportCommands(root, chosen);
  AddKeyCommands(root, chosen);
  AddFileCommands(root, chosen);
  AddLocalCommands(root, chosen);
}

}  // namespace

void AddLimit(CLI::App& command, int64_t* limit) {
  command.add_option("--limit", *limit, "at most so many, 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

void AddUnmask(CLI::App& command, bool* unmask, std::string* purpose) {
  CLI::Option* flag = command.add_flag("--unmask", *unmask, "in clear; is journalled and needs --purpose");
  flag->needs(command.add_option("--purpose", *purpose, "why"));
}

int RunCommandLine(const std::vector<std::string>& arguments, Console console, const Connector& connect,
                   const std::function<void(absl::Duration)>& pause) {
  CLI::App root{kAbout, "ruraledu"};
  Action chosen;
  std::string profile;
  bool json = false;
  root.add_option("--profile", profile, "profile file: addresses, certificate, default county");
  root.add_flag("--json", json, "answers and errors as JSON of protobuf");
  root.require_subcommand(1);
  root.fallthrough();  // --json and --profile may stand behind the command
  AddCommands(root, chosen);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    root.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == 0;
    root.exit(error, console.out, console.err);
    return asked_for_help ? 0 : 2;
  }
  console.json = json;
  Session session(console, connect, pause);
  session.set_profile_file(profile);
  const absl::Status done = chosen(session);
  const absl::Status kept = session.KeepPositions(done);
  if (!done.ok() || !kept.ok()) {
    return ShowError(session.console(), done.ok() ? kept : done);
  }
  return 0;
}

}  // namespace ruraledu::cli
