#include "services/cli/profile.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/secret_file.h"
#include "common/domain/load_file.h"

namespace ruraledu::cli {
namespace {

namespace fs = std::filesystem;
using ruraledu::common::v1::Positions;

constexpr std::string_view kServices[] = {"registry", "student_aid", "dropout_monitoring"};

absl::Status Invalid(const std::string& file, std::string_view problem) {
  return Fail("CLI_PROFILE", {{"file", file}, {"problem", problem}});
}

std::string StateFile(const Profile& profile) {
  return fs::path(profile.file).replace_extension(".state");
}

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string DefaultFile() {
  const std::string named = FromEnvironment("RURALEDU_PROFILE");
  return named.empty() ? FromEnvironment("HOME") + "/.config/ruraledu/profile.toml" : named;
}

absl::StatusOr<std::map<std::string, std::string>> ReadValues(const std::string& file, std::string_view text) {
  std::map<std::string, std::string> values = {{"registry", ""},    {"student_aid", ""}, {"dropout_monitoring", ""},
                                               {"server_name", ""}, {"ca", ""},          {"certificate", ""},
                                               {"key", ""},         {"county", ""},      {"data", "deploy/data"}};
  try {
    const toml::table root = toml::parse(text);
    for (const auto& [name, node] : root) {
      const auto value = node.value_exact<std::string>();
      const auto known = values.find(std::string(name.str()));
      if (known == values.end() || !value.has_value()) {
        return Invalid(file, absl::StrCat(name.str(), known == values.end() ? " is unknown" : " must be text"));
      }
      known->second = *value;
    }
  } catch (const toml::parse_error& error) {
    return Invalid(file, absl::StrCat("line ", error.source().begin.line, ": ", error.description()));
  }
  return values;
}

}  // namespace

absl::StatusOr<Profile> ParseProfile(const std::string& file, std::string_view text) {
  ASSIGN_OR_RETURN(auto values, ReadValues(file, text));
  for (const char* needed : {"registry", "ca", "certificate", "key"}) {
    if (values[needed].empty()) {
      return Invalid(file, absl::StrCat(needed, " is missing"));
    }
  }
  const auto beside = [&](const std::string& path) { return (fs::path(file).parent_path() / path).string(); };
  Profile profile{.file = file, .services = {}, .county = values["county"], .data_folder = beside(values["data"])};
  for (const std::string_view service : kServices) {
    rpc::ClientConfig& config = profile.services[std::string(service)];
    config.address = values[std::string(service)].empty() ? values["registry"] : values[std::string(service)];
    config.server_name = values["server_name"];
    config.ca = beside(values["ca"]);
    config.certificate = beside(values["certificate"]);
    config.key = beside(values["key"]);
  }
  return profile;
}

absl::StatusOr<Profile> LoadProfile(const std::string& wanted) {
  const std::string file = wanted.empty() ? DefaultFile() : wanted;
  const absl::StatusOr<std::string> text = LoadFile(file);
  if (!text.ok()) {
    return Invalid(file, "cannot be read; name one by --profile or RURALEDU_PROFILE");
  }
  return ParseProfile(fs::absolute(file), *text);
}

Positions LoadPositions(const Profile& profile) {
  Positions positions;
  const auto bytes = crypto::ReadSmallFile(StateFile(profile), false);
  if (!bytes.ok() || !positions.ParseFromString(*bytes)) {
    positions.Clear();
  }
  return positions;
}

absl::Status SavePositions(const Profile& profile, const Positions& positions) {
  Positions kept = positions;
  if (kept.positions_size() > kKeptPositions) {
    kept.mutable_positions()->DeleteSubrange(0, kept.positions_size() - kKeptPositions);
  }
  return crypto::WriteSmallFile(StateFile(profile), kept.SerializeAsString(), 0600, false);
}

}  // namespace ruraledu::cli
