#include "common/files/scanner.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/base/error.h"

namespace ruraledu::files {
namespace {

constexpr int kClean = 0, kNotClean = 1;

absl::Status Failed(std::string_view problem) {
  return Fail("SCAN_FAILED", {{"problem", problem}});
}

// A write to a scanner that has gone must not end this process: the signal is kept from the thread and taken back.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec none = {};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &none) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_, before_;
  bool was_pending_ = false;
};

// The running scanner; killed with its process group and reaped when it goes out of scope.
class Child {
 public:
  Child() = default;
  ~Child() {
    CloseInput();
    if (pid_ > 0) {
      kill(-pid_, SIGKILL);
      int ignored = 0;
      while (waitpid(pid_, &ignored, 0) < 0 && errno == EINTR) {
      }
    }
    if (pidfd_ >= 0) {
      close(pidfd_);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  absl::Status Start(const std::vector<std::string>& command) {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) != 0) {
      return Failed("no pipe");
    }
    input_ = pipe[1];
    const int error = Spawn(command, pipe[0]);
    close(pipe[0]);
    if (error != 0) {
      pid_ = 0;
      return Failed("cannot be started");
    }
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    fcntl(input_, F_SETFL, O_NONBLOCK);
    return pidfd_ >= 0 ? absl::OkStatus() : Failed("cannot be watched");
  }

  // Gives it `text`. False when it does not read on.
  absl::StatusOr<bool> Feed(std::string_view text, absl::Time until) {
    while (!text.empty()) {
      RETURN_IF_ERROR(Wait(input_, POLLOUT, until));
      const ssize_t written = write(input_, text.data(), text.size());
      if (written < 0 && errno == EPIPE) {
        return false;
      }
      if (written < 0 && errno != EAGAIN && errno != EINTR) {
        return Failed("cannot be written to");
      }
      text.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
  }

  void CloseInput() {
    if (input_ >= 0) {
      close(std::exchange(input_, -1));
    }
  }

  // Its exit code.
  absl::StatusOr<int> End(absl::Time until) {
    CloseInput();
    RETURN_IF_ERROR(Wait(pidfd_, POLLIN, until));
    kill(-pid_, SIGKILL);  // what it may have left running; the number is still its own
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFEXITED(status) ? absl::StatusOr<int>(WEXITSTATUS(status))
                             : Failed(absl::StrCat("ended by signal ", WTERMSIG(status)));
  }

 private:
  int Spawn(const std::vector<std::string>& command, int input) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments;
    for (const std::string& word : command) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
    char* environment[] = {path.data(), nullptr};
    const int error = posix_spawn(&pid_, command[0].c_str(), &actions, &attributes, arguments.data(), environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }

  static absl::Status Wait(int fd, short events, absl::Time until) {
    while (true) {
      const auto left = absl::ToInt64Milliseconds(until - Clock::System().Now());
      pollfd one = {fd, events, 0};
      const int ready = left <= 0 ? 0 : poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30)));
      if (ready > 0) {
        return absl::OkStatus();
      }
      if (ready == 0 && left <= 1 << 30) {
        return Failed("has not ended in time");
      }
      if (ready < 0 && errno != EINTR) {
        return Failed("cannot be watched");
      }
    }
  }

  pid_t pid_ = 0;
  int input_ = -1, pidfd_ = -1;
};

}  // namespace

absl::StatusOr<Scanner> Scanner::Create(std::string_view key, std::string_view command, absl::Duration limit) {
  std::vector<std::string> words = absl::StrSplit(command, ' ', absl::SkipEmpty());
  if (!words.empty() && (!words[0].starts_with('/') || access(words[0].c_str(), X_OK) != 0)) {
    return Fail("CONFIG_INVALID", {{"key", key}, {"problem", "begins with the absolute path of a program"}});
  }
  return Scanner(std::move(words), limit);
}

absl::StatusOr<bool> Scanner::IsClean(const Pieces& content) const {
  if (command_.empty()) {
    return true;
  }
  const absl::Time until = Clock::System().Now() + limit_;
  const NoPipeSignal guard;
  Child child;
  RETURN_IF_ERROR(child.Start(command_));
  bool reads = true;
  while (reads) {
    ASSIGN_OR_RETURN(const auto piece, content());
    if (!piece.has_value()) {
      break;
    }
    ASSIGN_OR_RETURN(reads, child.Feed(*piece, until));
  }
  ASSIGN_OR_RETURN(const int code, child.End(until));
  if (code == kClean && !reads) {
    return Failed("did not read to the end");
  }
  return code == kClean || code == kNotClean ? absl::StatusOr<bool>(code == kClean)
                                             : Failed(absl::StrCat("exit code ", code));
}

}  // namespace ruraledu::files
