#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "services/cli/commands.h"

int main(int argc, char** argv) {
  using namespace ruraledu::cli;
  signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return RunCommandLine(arguments, {.out = std::cout, .err = std::cerr, .terminal = isatty(STDERR_FILENO) != 0},
                        ConnectWithTokens, absl::SleepFor);
}
