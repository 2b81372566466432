#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "services/cli/commands.h"

int main(int argc, char** argv) {
  using namespace ruraledu::cli;
  signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int code =
      RunCommandLine(arguments, {.out = std::cout, .err = std::cerr, .terminal = isatty(STDERR_FILENO) != 0},
                     ConnectWithTokens, absl::SleepFor);
  errno = 0;
  if (!std::cout.flush() && errno != EPIPE) {  // EPIPE: the reader, head for example, has had enough
    std::cerr << "error: standard output cannot be written\n";
    return code == 0 ? 1 : code;
  }
  return code;
}
