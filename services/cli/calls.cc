#include "services/cli/calls.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::Message;

constexpr std::string_view kUnset = "UNSPECIFIED";

// "ABSENCE_STEP_" of ABSENCE_STEP_UNSPECIFIED.
std::string_view PrefixOf(const EnumDescriptor& values) {
  const std::string_view unset = values.FindValueByNumber(0)->name();
  return unset.substr(0, unset.size() - kUnset.size());
}

}  // namespace

std::vector<std::string> NamesOf(const EnumDescriptor& values) {
  std::vector<std::string> names;
  for (int i = 0; i < values.value_count(); ++i) {
    if (values.value(i)->number() != 0) {
      names.push_back(WithoutPrefix(values.value(i)->name(), PrefixOf(values)));
    }
  }
  return names;
}

std::string NameOf(const EnumDescriptor& values, int value) {
  const auto* const known = values.FindValueByNumber(value);
  return value == 0 || known == nullptr ? "" : WithoutPrefix(known->name(), PrefixOf(values));
}

int ValueOf(const EnumDescriptor& values, std::string_view name) {
  const auto* const known = values.FindValueByName(absl::StrCat(PrefixOf(values), name));
  return known == nullptr ? 0 : known->number();
}

CLI::Option* AddDecision(CLI::App* command, std::string* decision) {
  return command->add_option("--decision", *decision, "accept or reject")
      ->required()
      ->check(CLI::IsMember({"accept", "reject"}));
}

std::string AreaOf(std::string_view area) {
  return area.empty() ? "" : absl::StrCat("areas/", area);
}

absl::Status FromFile(std::string_view argument, const std::string& file, Message* message) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(file));
  return FromJson(argument, json, message);
}

}  // namespace ruraledu::cli
