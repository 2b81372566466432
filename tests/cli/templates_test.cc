// The templates in deploy/config are read by the programs that they are for.
#include <gtest/gtest.h>

#include "common/domain/load_file.h"
#include "common/rpc/config.h"
#include "services/cli/profile.h"

namespace ruraledu::cli {
namespace {

std::string Template(const std::string& name) {
  const auto text = LoadFile(std::string(RURALEDU_SOURCE_DIR) + "/deploy/config/" + name);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

TEST(TemplatesTest, ServersReadTheirs) {
  for (const char* name : {"all_in_one.toml", "registry.toml", "student_aid.toml"}) {
    const auto config = rpc::ParseConfig(Template(name));
    ASSERT_TRUE(config.ok()) << name << ": " << config.status();
    EXPECT_FALSE(config->server.tls_certificate.empty()) << name;
    EXPECT_FALSE(config->server.client_ca.empty()) << name;
    EXPECT_EQ(config->tokens.size(), 1u) << name;
    EXPECT_FALSE(config->key_file.empty()) << name;
  }
}

TEST(TemplatesTest, WhoFollowsTheRegistryKnowsIt) {
  for (const char* name : {"all_in_one.toml", "student_aid.toml"}) {
    const auto config = rpc::ParseConfig(Template(name));
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->peers.count("registry"), 1u) << name;
  }
}

TEST(TemplatesTest, TheClientReadsItsProfile) {
  const auto profile = ParseProfile("/p/officer.toml", Template("profile.toml"));
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->county, "411728");
}

}  // namespace
}  // namespace ruraledu::cli
