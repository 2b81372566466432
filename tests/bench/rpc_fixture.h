// The runtime behind the test contract as the product serves it, the bare peers of the same contract, and one client
// that keeps a number of calls in flight.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/cache/redis.h"
#include "common/dashboard/board.h"
#include "common/rpc/work_pool.h"
#include "ruraledu/testing/v1/echo.grpc.pb.h"

namespace ruraledu::bench {

namespace echo = ruraledu::testing::v1;

// Townships of county 411728.
inline constexpr std::string_view kTownships[] = {"411728001", "411728002", "411728003", "411728004", "411728005",
                                                  "411728102", "411728103", "411728104", "411728105", "411728106",
                                                  "411728107", "411728108", "411728109", "411728204", "411728209"};

// Folder of this run, removed at its end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

enum class Wire { kPlain, kTls, kMutualTls };

// An authority with the certificates "server" and "person" in a folder.
void MakeCertificates(const Folder& folder);
std::shared_ptr<grpc::Channel> ChannelTo(const Folder& folder, int port, Wire wire);

// Answers on the callback thread, or after one hop to a pool of as many workers as the product has.
class PeerServer {
 public:
  PeerServer(const Folder& folder, Wire wire, bool hop, std::string board = "");
  ~PeerServer();
  int port() const { return port_; }

 private:
  class Service;
  std::unique_ptr<rpc::WorkPool> workers_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// The product: TLS, tokens, grants, workers, metrics, log, and a board of student_aid over counters of one county.
class ProductServer {
 public:
  // `lru` false: every dashboard comes from Redis or the database.
  ProductServer(const Folder& folder, cache::RedisClient* redis, bool lru = true);
  ~ProductServer();
  int port() const;
  const std::string& token() const;
  std::string BoardBytes(const std::string& area);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct Caller {
  explicit Caller(const std::shared_ptr<grpc::Channel>& channel) : typed(channel), raw(channel) {}
  echo::EchoService::Stub typed;
  grpc::GenericStub raw;  // a dashboard is no message of this contract: its bytes are not parsed
};
// Starts one call; calls `done` at its end.
using Send = std::function<void(Caller&, grpc::ClientContext*, std::function<void(const grpc::Status&)> done)>;

// Answers per second with `in_flight` calls at a time for Seconds(). A call that fails aborts.
double Rate(const std::shared_ptr<grpc::Channel>& channel, const std::string& token, int in_flight, const Send& send);

Send EchoOf(const std::string& text);
// Dashboards of the areas in turn.
Send BoardOf(std::vector<std::string> areas);

}  // namespace ruraledu::bench
