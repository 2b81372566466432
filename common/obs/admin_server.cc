#include "common/obs/admin_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>  // before asio 1.74, which forgets it under C++20

#include "common/base/error.h"

namespace ruraledu::obs {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr auto kSilence = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(100);
constexpr uint32_t kMaxHeaderBytes = 8192;
constexpr int kMaxConnections = 64;

struct Pages {
  const Metrics* metrics;
  AdminServer::Ready ready;

  Response Answer(const Request& request) const {
    Response response(http::status::ok, request.version());
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.keep_alive(request.keep_alive());
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response.result(http::status::method_not_allowed);
    } else {
      Fill(response, std::string(request.target()));
    }
    response.content_length(response.body().size());
    if (request.method() == http::verb::head) {
      response.body().clear();
    }
    return response;
  }

 private:
  void Fill(Response& response, const std::string& target) const {
    const std::string path = target.substr(0, target.find('?'));
    if (path == "/metrics") {
      response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
      response.body() = metrics->Text();
    } else if (path == "/livez") {
      response.body() = "ok\n";
    } else if (path == "/readyz") {
      const absl::Status status = ready();
      response.result(status.ok() ? http::status::ok : http::status::service_unavailable);
      response.body() = status.ok() ? "ready\n" : std::string(status.message()) + "\n";
    } else {
      response.result(http::status::not_found);
    }
  }
};

// One connection; lives as long as its pending operation.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Pages& pages, std::shared_ptr<void> token)
      : stream_(std::move(socket)), pages_(pages), token_(std::move(token)) {}

  void Read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    stream_.expires_after(kSilence);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, size_t) { self->OnRead(error); });
  }

 private:
  void OnRead(beast::error_code error) {
    if (error) {
      return;
    }
    response_ = pages_.Answer(parser_->get());
    serializer_.emplace(response_);
    stream_.expires_after(kSilence);
    http::async_write(stream_, *serializer_,
                      [self = shared_from_this()](beast::error_code error, size_t) { self->OnWritten(error); });
  }

  void OnWritten(beast::error_code error) {
    if (!error && response_.keep_alive()) {
      Read();
    }
  }

  beast::tcp_stream stream_;
  const Pages& pages_;
  const std::shared_ptr<void> token_;  // counts open connections
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

class Server final : public AdminServer {
 public:
  Server(tcp::endpoint endpoint, Pages pages) : pages_(std::move(pages)), acceptor_(io_, endpoint) {
    port_ = acceptor_.local_endpoint().port();
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Server() override {
    io_.stop();
    thread_.join();
  }

  int port() const override { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error) {  // out of descriptors, most likely: try again soon, not at once
        pause_.expires_after(kPause);
        pause_.async_wait([this](beast::error_code) { Accept(); });
        return;
      }
      if (open_.use_count() <= kMaxConnections) {
        std::make_shared<Connection>(std::move(socket), pages_, open_)->Read();
      }
      Accept();
    });
  }

  const Pages pages_;
  const std::shared_ptr<void> open_ = std::make_shared<int>();
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_{io_};
  int port_ = 0;
  std::thread thread_;
};

bool ParseAddress(std::string_view address, tcp::endpoint* endpoint) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  uint16_t number = 0;
  const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), number);
  beast::error_code error;
  const asio::ip::address ip = asio::ip::make_address(std::string(host), error);
  if (wrong != std::errc() || end != port.data() + port.size() || error) {
    return false;
  }
  *endpoint = tcp::endpoint(ip, number);
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& address, const Metrics* metrics,
                                                                Ready ready) {
  tcp::endpoint endpoint;
  if (!ParseAddress(address, &endpoint)) {
    return Fail("ADMIN_ADDRESS", {{"address", address}});
  }
  try {
    return std::make_unique<Server>(endpoint, Pages{metrics, std::move(ready)});
  } catch (const std::exception&) {  // address in use, no such interface, no right to the port
    return Fail("ADMIN_ADDRESS", {{"address", address}});
  }
}

}  // namespace ruraledu::obs
