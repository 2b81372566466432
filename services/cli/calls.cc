#include "services/cli/calls.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::cli {

CLI::Option* AddDecision(CLI::App* command, std::string* decision) {
  return command->add_option("--decision", *decision, "accept or reject")
      ->required()
      ->check(CLI::IsMember({"accept", "reject"}));
}

std::string AreaOf(std::string_view area) {
  return area.empty() ? "" : absl::StrCat("areas/", area);
}

absl::Status FromFile(std::string_view argument, const std::string& file, google::protobuf::Message* message) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(file));
  return FromJson(argument, json, message);
}

}  // namespace ruraledu::cli
