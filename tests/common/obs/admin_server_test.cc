#include "common/obs/admin_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/error.h"
#include "tests/lib/prometheus.h"

namespace ruraledu::obs {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

// Sends bytes and reads until the peer closes; "" when nobody listens.
std::string Exchange(int port, const std::string& request) {
  const int fd = Connect(port);
  if (fd < 0) {
    return "";
  }
  std::string answer;
  char buffer[4096];
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, got);
  }
  close(fd);
  return answer;
}

std::string Get(int port, const std::string& target, const std::string& method = "GET") {
  return Exchange(port, method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

class AdminServerTest : public testing::Test {
 protected:
  Metrics metrics_;
  std::atomic<bool> ready_{false};
  const std::unique_ptr<AdminServer> server_ =
      AdminServer::Start("127.0.0.1:0", &metrics_, [this] {
        return ready_ ? absl::OkStatus() : absl::UnavailableError("migrations are running");
      }).value();
};

TEST_F(AdminServerTest, Pages) {
  EXPECT_THAT(Get(server_->port(), "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get(server_->port(), "/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Get(server_->port(), "/readyz"), HasSubstr("migrations are running"));
  ready_ = true;
  EXPECT_THAT(Get(server_->port(), "/readyz?verbose"), StartsWith("HTTP/1.1 200"));
  RuntimeMetrics(&metrics_, "registry").ready.Set(1);
  const std::string page = Get(server_->port(), "/metrics");
  EXPECT_THAT(page, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(page, HasSubstr("ruraledu_ready{service=\"registry\"} 1"));
}

TEST_F(AdminServerTest, OtherRequests) {
  EXPECT_THAT(Get(server_->port(), "/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get(server_->port(), "/metrics/../etc"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get(server_->port(), "/metrics", "POST"), StartsWith("HTTP/1.1 405"));
  const std::string head = Get(server_->port(), "/livez", "HEAD");
  EXPECT_THAT(head, HasSubstr("Content-Length: 3"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  EXPECT_EQ(Exchange(server_->port(), "no http at all\r\n\r\n"), "");
  EXPECT_EQ(Get(server_->port(), "/" + std::string(20'000, 'x')), "") << "headers are bounded";
  EXPECT_THAT(Get(server_->port(), "/livez"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, SilentAndManyConnectionsDoNotBlockIt) {
  std::vector<int> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(Connect(server_->port()));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(Get(server_->port(), "/livez"), StartsWith("HTTP/1.1 200"));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const int fd : silent) {
    close(fd);
  }
}

TEST_F(AdminServerTest, AddressesInUseOrWrongAreRefused) {
  for (const std::string& address :
       {"127.0.0.1:" + std::to_string(server_->port()), std::string("127.0.0.1"), std::string("localhost:0"),
        std::string("127.0.0.1:70000"), std::string("127.0.0.1:"), std::string("192.0.2.1:0"), std::string()}) {
    EXPECT_EQ(ReasonOf(AdminServer::Start(address, &metrics_, [] { return absl::OkStatus(); }).status()),
              "ADMIN_ADDRESS")
        << address;
  }
}

TEST_F(AdminServerTest, PrometheusScrapesIt) {
  const RuntimeMetrics runtime(&metrics_, "registry");
  const auto method = runtime.ForMethod("GetStudent");
  method->Handled(0, 0.003);
  method->Handled(0, 0.02);
  std::string folder = std::filesystem::temp_directory_path() / "ruraledu-scrape-XXXXXX";
  const std::filesystem::path home = mkdtemp(folder.data());
  std::ofstream(home / "prometheus.yml")
      << "global: {scrape_interval: 100ms, scrape_timeout: 100ms}\n"
      << "scrape_configs: [{job_name: ruraledu, static_configs: [{targets: ['127.0.0.1:" << server_->port()
      << "']}]}]\n";
  const testlib::Prometheus prometheus(home / "prometheus.yml");
  const std::string answer = prometheus.Await(R"(ruraledu_rpc_handled_total{code="OK"})", "\"value\":[");
  EXPECT_THAT(answer, HasSubstr(R"("method":"GetStudent","service":"registry"},"value":[)"));
  EXPECT_THAT(answer, HasSubstr(R"(,"2"]})"));
  EXPECT_THAT(prometheus.Query("up"), HasSubstr(R"(,"1"]})"));
  EXPECT_THAT(prometheus.Query(R"(count(count by(__name__)({__name__=~"ruraledu_.*"})) > 10)"),
              HasSubstr("\"value\":["))
      << "the whole page was understood";
  std::filesystem::remove_all(home);
}

}  // namespace
}  // namespace ruraledu::obs
