// Every configuration that is shipped is one that a server takes.
#include "common/rpc/config.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace ruraledu {
namespace {

std::string Shipped(const std::string& path) {
  std::ifstream file(RURALEDU_SOURCE_DIR "/deploy/" + path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ShippedConfig, IsAccepted) {
  for (const char* path :
       {"config/all_in_one.toml", "config/registry.toml", "config/student_aid.toml", "config/dropout_monitoring.toml",
        "k8s/config/registry.toml", "k8s/config/student_aid.toml", "k8s/config/dropout_monitoring.toml"}) {
    std::string text = Shipped(path);
    const auto config = rpc::ParseConfig(text);
    ASSERT_TRUE(config.ok()) << path << ": " << config.status();
    EXPECT_FALSE(config->tokens.empty()) << path << ": nobody could call";
    EXPECT_FALSE(config->server.client_ca.empty()) << path << ": nobody could get a token";
    EXPECT_FALSE(config->key_file.empty()) << path;
    EXPECT_FALSE(config->server.reflection) << path;
  }
}

TEST(ShippedConfig, OfTheClusterListensForTheCluster) {
  for (const char* path :
       {"k8s/config/registry.toml", "k8s/config/student_aid.toml", "k8s/config/dropout_monitoring.toml"}) {
    const auto config = *rpc::ParseConfig(Shipped(path));
    EXPECT_TRUE(config.admin_address.starts_with("0.0.0.0:")) << path << ": probes come from the node";
    EXPECT_TRUE(absl::StrContains(config.database_url, "sslmode=verify-full")) << path;
    EXPECT_FALSE(absl::StrContains(config.database_url, "password")) << path << ": secrets are files";
  }
}

}  // namespace
}  // namespace ruraledu
