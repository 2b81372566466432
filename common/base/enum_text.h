// Values of enums by name without what every name of the enum begins with: "VISIT" of ABSENCE_STEP_VISIT. So they stand
// in state machines, tables of policies, keys, reports and on the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace ruraledu {

// "" for a number that the enum does not know.
std::string EnumText(const google::protobuf::EnumDescriptor& values, int value);
std::optional<int> EnumOf(const google::protobuf::EnumDescriptor& values, std::string_view text);
// All but UNSPECIFIED, in the order of the contract.
std::vector<std::string> EnumTexts(const google::protobuf::EnumDescriptor& values);

template <typename Enum>
std::string EnumText(Enum value) {
  return EnumText(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

// Nullopt for a name that the enum does not have.
template <typename Enum>
std::optional<Enum> EnumOf(std::string_view text) {
  const auto value = EnumOf(*google::protobuf::GetEnumDescriptor<Enum>(), text);
  return value.has_value() ? std::optional(static_cast<Enum>(*value)) : std::nullopt;
}

}  // namespace ruraledu
