#include "common/rpc/config.h"

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace ruraledu::rpc {
namespace {

constexpr std::string_view kFull = R"(
[server]
address = "0.0.0.0:8443"
workers = 8
queue = 100
drain_notice = "2s"
reflection = true
[admin]
address = "127.0.0.1:9000"
[database]
url = "sqlite:data/{service}.db"
[tokens]
trusted = [{issuer = "registry", public_key_file = "token.pub"}, {issuer = "province", kid = "p1", algorithm = "ES256", public_key_file = "p.pub"}]
[peers.registry]
address = "registry:8443"
ca = "ca.crt"
[service]
threads = 3
label = "x"
)";

TEST(Config, ReadsEverySection) {
  const auto config = ParseConfig(kFull);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.address, "0.0.0.0:8443");
  EXPECT_EQ(config->server.limits.workers, 8);
  EXPECT_EQ(config->server.limits.queue, 100);
  EXPECT_EQ(config->server.drain_notice, absl::Seconds(2));
  EXPECT_TRUE(config->server.reflection);
  EXPECT_EQ(config->admin_address, "127.0.0.1:9000");
  EXPECT_EQ(config->database_url, "sqlite:data/{service}.db");
  ASSERT_EQ(config->tokens.size(), 2);
  EXPECT_EQ(config->tokens[1].algorithm, "ES256");
  EXPECT_EQ(config->peers.at("registry").address, "registry:8443");
  EXPECT_EQ(config->extra.at("threads"), "3");
  EXPECT_EQ(config->extra.at("label"), "x");
}

TEST(Config, OverridesWin) {
  const auto config =
      ParseConfig(kFull, {"server.workers=2", "database.url=sqlite:x.db", "peers.registry.address=other:1",
                          "peers.student_aid.address=aid:1", "log.level=\"debug\""});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.limits.workers, 2);
  EXPECT_EQ(config->database_url, "sqlite:x.db");
  EXPECT_EQ(config->peers.at("registry").address, "other:1");
  EXPECT_EQ(config->peers.at("registry").ca, "ca.crt");
  EXPECT_EQ(config->peers.at("student_aid").address, "aid:1");
  EXPECT_EQ(config->log_level, "debug");
}

TEST(Config, RefusesWhatItDoesNotKnow) {
  for (const std::string_view text :
       {"[server]\nworker = 1\n", "[servers]\nworkers = 1\n", "workers = 1\n", "[server]\nworkers = \"8\"\n",
        "[server]\nworkers = -1\n", "[server]\nqueue = 0\n", "[server]\ndrain_limit = \"-1s\"\n",
        "[server]\ndrain_limit = 5\n", "[server\n", "[server]\nreflection = 1\n",
        "[tokens]\ntrusted = [{issuers = \"x\"}]\n", "[tokens]\ntrusted = [{algorithm = \"none\"}]\n",
        "[peers.registry]\nport = 1\n", "[peers]\nregistry = 1\n", "[service]\nx = 1.5\n"}) {
    EXPECT_EQ(ReasonOf(ParseConfig(text).status()), "CONFIG_INVALID") << text;
  }
  EXPECT_EQ(ReasonOf(ParseConfig("", {"workers=1"}).status()), "CONFIG_INVALID");
  EXPECT_EQ(ReasonOf(ParseConfig("", {"server.workers"}).status()), "CONFIG_INVALID");
}

TEST(Config, CommandLine) {
  const char* const good[] = {"server", "--set", "server.workers=5"};
  const auto config = ConfigFromArgs(3, good);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.limits.workers, 5);
  const char* const dangling[] = {"server", "--config"};
  EXPECT_EQ(ReasonOf(ConfigFromArgs(2, dangling).status()), "CONFIG_INVALID");
  const char* const unknown[] = {"server", "--insecure", "true"};
  EXPECT_EQ(ReasonOf(ConfigFromArgs(3, unknown).status()), "CONFIG_INVALID");
  const char* const missing[] = {"server", "--config", "no/such/file.toml"};
  EXPECT_EQ(ReasonOf(ConfigFromArgs(3, missing).status()), "DATA_FILE_UNREADABLE");
}

}  // namespace
}  // namespace ruraledu::rpc
