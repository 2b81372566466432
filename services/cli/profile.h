// Who calls, and where the services are. One TOML file per identity:
//
//   registry = "localhost:8443"      student_aid = "localhost:8443"     server_name = "" (expected in the certificate)
//   ca = "pki/ca.crt"  certificate = "pki/wang.crt"  key = "pki/wang.key"     relative to the file's own folder
//   county = "411728"                default of --county
//   data = "/usr/share/ruraledu/data"   column names of departments' files, for `aid record`
//
// Found as --profile, else RURALEDU_PROFILE, else ~/.config/ruraledu/profile.toml. Beside it, `<name>.state` keeps the
// journal positions that earlier commands reached, so that the next command sees what the last one wrote.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/config.h"
#include "ruraledu/common/v1/types.pb.h"

namespace ruraledu::cli {

struct Profile {
  std::string file;
  std::map<std::string, rpc::ClientConfig> services;  // "registry", "student_aid", "dropout_monitoring"
  std::string county;
  std::string data_folder = "deploy/data";
};

// CLI_PROFILE names the file and what is wrong with it: syntax, unknown keys, missing ones. `file` "" is not allowed.
absl::StatusOr<Profile> ParseProfile(const std::string& file, std::string_view toml);
// `wanted` is --profile, "" when it was not given. CLI_PROFILE when there is no such file.
absl::StatusOr<Profile> LoadProfile(const std::string& wanted);

// Positions of earlier commands; none when there is no state file or it is damaged: then nothing waits.
ruraledu::common::v1::Positions LoadPositions(const Profile& profile);
// Keeps the newest `kKeptPositions` (metadata of a call holds about 8 KiB). FILE_UNWRITABLE.
inline constexpr int kKeptPositions = 32;
absl::Status SavePositions(const Profile& profile, const ruraledu::common::v1::Positions& positions);

}  // namespace ruraledu::cli
