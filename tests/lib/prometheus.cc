#include "tests/lib/prometheus.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <vector>

namespace ruraledu::testlib {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::minutes(1);
constexpr int kTries = 10;
constexpr int kPollMilliseconds = 20;

sockaddr_in Local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Local(0);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

std::string Encoded(const std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace

Prometheus::Prometheus(const std::string& config_file) {
  std::string folder = std::filesystem::temp_directory_path() / "ruraledu-prometheus-XXXXXX";
  data_ = mkdtemp(folder.data());
  for (int i = 0; i < kTries; ++i) {
    if (Start(config_file)) {
      return;
    }
    Stop();
  }
  std::cerr << "prometheus for the tests does not start with " << config_file << "\n";
  std::abort();
}

Prometheus::~Prometheus() {
  Stop();
  std::filesystem::remove_all(data_);
}

bool Prometheus::Start(const std::string& config_file) {
  port_ = FreePort();
  const std::vector<std::string> words = {"prometheus", "--config.file=" + config_file, "--storage.tsdb.path=" + data_,
                                          "--web.listen-address=127.0.0.1:" + std::to_string(port_),
                                          "--log.level=error"};
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp("prometheus", arguments.data());
    _exit(127);
  }
  const auto end = SteadyClock::now() + kPatience;
  while (SteadyClock::now() < end && waitpid(process_, nullptr, WNOHANG) == 0) {
    if (Get("/-/ready").find("Ready") != std::string::npos) {
      return true;
    }
    poll(nullptr, 0, kPollMilliseconds);
  }
  return false;
}

void Prometheus::Stop() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }
}

std::string Prometheus::Get(const std::string& path) const {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const sockaddr_in address = Local(port_);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 1 << 16> buffer;
    for (ssize_t got; (got = recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
      answer.append(buffer.data(), static_cast<size_t>(got));
    }
  }
  close(fd);
  const size_t head = answer.find("\r\n\r\n");
  return head == std::string::npos ? "" : answer.substr(head + 4);
}

std::string Prometheus::Query(const std::string& promql) const {
  return Get("/api/v1/query?query=" + Encoded(promql));
}

std::string Prometheus::Await(const std::string& promql, const std::string& text) const {
  const auto end = SteadyClock::now() + kPatience;
  std::string answer = Query(promql);
  while (answer.find(text) == std::string::npos && SteadyClock::now() < end) {
    poll(nullptr, 0, kPollMilliseconds);  // between two looks at the condition
    answer = Query(promql);
  }
  return answer;
}

}  // namespace ruraledu::testlib
