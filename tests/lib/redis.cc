#include "tests/lib/redis.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <thread>

namespace ruraledu::testlib {
namespace {

bool Listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const bool up = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return up;
}

}  // namespace

Redis::Redis() {
  std::string folder = std::filesystem::temp_directory_path() / "ruraledu-redis-XXXXXX";
  folder_ = mkdtemp(folder.data());
  Start();
}

Redis::~Redis() {
  Stop();
  std::filesystem::remove_all(folder_);
}

void Redis::Start() {
  const std::string path = folder_ + "/redis.sock";
  process_ = fork();
  if (process_ == 0) {
    const int log = open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, 1);
    dup2(log, 2);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path.c_str(), "--save", "", "--appendonly",
           "no", "--dir", folder_.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  while (!Listens(path)) {
    if (waitpid(process_, nullptr, WNOHANG) != 0) {
      std::cerr << "redis-server for the tests ended at its start, see " << folder_ << "/log\n";
      std::abort();
    }
    std::this_thread::yield();
  }
}

void Redis::Stop() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    std::filesystem::remove(folder_ + "/redis.sock");
    process_ = 0;
  }
}

void Redis::Freeze() {
  kill(process_, SIGSTOP);
}

void Redis::Thaw() {
  kill(process_, SIGCONT);
}

}  // namespace ruraledu::testlib
