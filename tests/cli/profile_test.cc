#include "services/cli/profile.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "common/base/error.h"

namespace ruraledu::cli {
namespace {

constexpr char kFull[] = R"(registry = "r:1"
student_aid = "s:2"
server_name = "localhost"
ca = "ca.crt"
certificate = "a.crt"
key = "/keys/a.key"
county = "411728"
)";

TEST(ProfileTest, PathsAreRelativeToTheFile) {
  const auto profile = ParseProfile("/etc/p/wang.toml", kFull);
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->services.at("registry").address, "r:1");
  EXPECT_EQ(profile->services.at("student_aid").address, "s:2");
  EXPECT_EQ(profile->services.at("registry").ca, "/etc/p/ca.crt");
  EXPECT_EQ(profile->services.at("registry").key, "/keys/a.key");
  EXPECT_EQ(profile->services.at("registry").server_name, "localhost");
  EXPECT_EQ(profile->county, "411728");
}

TEST(ProfileTest, OneAddressServesBoth) {
  const auto profile = ParseProfile("/p.toml", "registry = \"r:1\"\nca = \"c\"\ncertificate = \"a\"\nkey = \"k\"\n");
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(profile->services.at("student_aid").address, "r:1");
  EXPECT_EQ(profile->services.at("dropout_monitoring").address, "r:1");
}

TEST(ProfileTest, WrongProfilesNameTheirFault) {
  const std::pair<const char*, const char*> wrong[] = {
      {"registry = ", "line 1"},
      {"registry = 1", "must be text"},
      {"regestry = \"r\"", "regestry is unknown"},
      {"registry = \"r\"", "ca is missing"},
      {"ca = \"c\"\ncertificate = \"a\"\nkey = \"k\"", "registry is missing"},
  };
  for (const auto& [toml, fault] : wrong) {
    const absl::Status status = ParseProfile("/p.toml", toml).status();
    EXPECT_EQ(ReasonOf(status), "CLI_PROFILE") << toml;
    EXPECT_NE(std::string(status.message()).find(fault), std::string::npos) << status.message();
  }
  EXPECT_EQ(ReasonOf(LoadProfile("/nowhere/p.toml").status()), "CLI_PROFILE");
}

TEST(ProfileTest, TheNewestPositionsAreKept) {
  std::string folder = std::filesystem::temp_directory_path() / "ruraledu-profile-XXXXXX";
  folder = mkdtemp(folder.data());
  const Profile profile{.file = folder + "/wang.toml", .services = {}, .county = ""};
  EXPECT_EQ(LoadPositions(profile).positions_size(), 0);
  ruraledu::common::v1::Positions positions;
  for (int i = 0; i < kKeptPositions + 5; ++i) {
    positions.add_positions()->set_seq(i);
  }
  ASSERT_TRUE(SavePositions(profile, positions).ok());
  const auto kept = LoadPositions(profile);
  ASSERT_EQ(kept.positions_size(), kKeptPositions);
  EXPECT_EQ(kept.positions(kKeptPositions - 1).seq(), kKeptPositions + 4);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ruraledu::cli
