// What the runtime and the cache of dashboards cost beside bare servers, and what TLS costs.
#include <iostream>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "common/cache/redis.h"
#include "common/obs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/rpc_fixture.h"
#include "tests/lib/redis.h"

namespace ruraledu::bench {
namespace {

constexpr int kInFlight = 64;

std::vector<std::string> Townships() {
  std::vector<std::string> areas = {"411728"};
  areas.insert(areas.end(), std::begin(kTownships), std::end(kTownships));
  return areas;
}

}  // namespace

void BenchRpc() {
  const Folder folder;
  MakeCertificates(folder);
  Must(obs::LogToFile(folder / "log.jsonl"));
  obs::SetLogLevel(obs::Level::kInfo);
  ProductServer product(folder, nullptr);
  PeerServer hop(folder, Wire::kTls, true), bare(folder, Wire::kTls, false), plain(folder, Wire::kPlain, false),
      mutual(folder, Wire::kMutualTls, false);
  const auto to_product = ChannelTo(folder, product.port(), Wire::kTls);
  const auto to_hop = ChannelTo(folder, hop.port(), Wire::kTls), to_bare = ChannelTo(folder, bare.port(), Wire::kTls);
  const auto to_plain = ChannelTo(folder, plain.port(), Wire::kPlain);
  const auto to_mutual = ChannelTo(folder, mutual.port(), Wire::kMutualTls);
  const Send send = EchoOf(std::string(256, 'x'));
  const auto rate = [&](const std::shared_ptr<grpc::Channel>& channel) {
    return [&] { return Rate(channel, product.token(), kInFlight, send); };
  };
  for (const auto& channel : {to_product, to_hop, to_bare, to_plain, to_mutual}) {
    rate(channel)();  // connections, caches
  }
  Report({.what = "full handler chain against echo with the worker hop, 64 in flight",
          .floor = 0.85,
          .goal = 0.95,
          .measured = Interleave(rate(to_product), rate(to_hop)),
          .unit = "calls/s"});
  Report({.what = "full handler chain against bare echo, 64 in flight",
          .floor = 0.6,
          .goal = 0.6,
          .measured = Interleave(rate(to_product), rate(to_bare)),
          .unit = "calls/s"});
  Report({.what = "mutual TLS against plaintext, bare echo, 64 in flight",
          .floor = 0.55,
          .goal = 0.68,
          .measured = Interleave(rate(to_mutual), rate(to_plain)),
          .unit = "calls/s"});
}

void BenchDashboardCache() {
  const Folder folder;
  MakeCertificates(folder);
  Must(obs::LogToFile(folder / "log.jsonl"));
  obs::SetLogLevel(obs::Level::kInfo);
  testlib::Redis redis;
  const auto client = Must(cache::RedisClient::Open({.address = redis.address()}));
  client->AwaitConnected(absl::Now() + absl::Seconds(30));
  ProductServer with_lru(folder, client.get()), without_lru(folder, client.get(), /*lru=*/false);
  const std::string bytes = with_lru.BoardBytes("411728");
  PeerServer bare(folder, Wire::kTls, false, bytes);
  const auto to_lru = ChannelTo(folder, with_lru.port(), Wire::kTls);
  const auto to_redis = ChannelTo(folder, without_lru.port(), Wire::kTls);
  const auto to_bare = ChannelTo(folder, bare.port(), Wire::kTls);
  const Send one = BoardOf({"411728"}), all = BoardOf(Townships());
  const auto rate = [&](const std::shared_ptr<grpc::Channel>& channel, const Send& send, const std::string& token) {
    return [&] { return Rate(channel, token, kInFlight, send); };
  };
  const std::string note = absl::StrCat(bytes.size(), " bytes");
  rate(to_lru, one, with_lru.token())();
  rate(to_redis, one, without_lru.token())();
  rate(to_bare, one, with_lru.token())();
  Report({.what = "cached dashboard in process against bare answer of the same bytes, 64 in flight",
          .floor = 0.85,
          .goal = 1,
          .measured = Interleave(rate(to_lru, one, with_lru.token()), rate(to_bare, one, with_lru.token())),
          .unit = "calls/s",
          .note = note});
  Report({.what = "dashboard from Redis against bare answer of the same bytes, 64 in flight",
          .floor = 0.45,
          .goal = 0.65,
          .measured = Interleave(rate(to_redis, one, without_lru.token()), rate(to_bare, one, with_lru.token())),
          .unit = "calls/s",
          .note = note});
  // As shipped: in process for a second, then Redis; 16 dashboards in turn.
  Comparison down;
  {
    std::vector<double> ours, peer, ratios;
    for (int round = 0; round < Rounds(); ++round) {
      client->AwaitConnected(absl::Now() + absl::Seconds(30));
      peer.push_back(rate(to_lru, all, with_lru.token())());
      redis.Stop();
      ours.push_back(rate(to_lru, all, with_lru.token())());
      redis.Start();
      ratios.push_back(ours.back() / peer.back());
    }
    down = {Median(ours), Median(peer), Median(ratios)};
  }
  Report({.what = "dashboards with Redis down against Redis up, 16 areas, 64 in flight",
          .floor = 0.5,
          .goal = 0.8,
          .measured = down,
          .unit = "calls/s"});
}

}  // namespace ruraledu::bench
