#include "common/base/enum_text.h"

#include "absl/strings/str_cat.h"

namespace ruraledu {
namespace {

using google::protobuf::EnumDescriptor;

constexpr std::string_view kUnset = "UNSPECIFIED";

// "ABSENCE_STEP_" of ABSENCE_STEP_UNSPECIFIED, which every enum has as its zero (a check of the contracts says so).
std::string_view PrefixOf(const EnumDescriptor& values) {
  const std::string_view unset = values.FindValueByNumber(0)->name();
  return unset.substr(0, unset.size() - kUnset.size());
}

}  // namespace

std::string EnumText(const EnumDescriptor& values, int value) {
  const auto* const known = values.FindValueByNumber(value);
  return known == nullptr ? "" : known->name().substr(PrefixOf(values).size());
}

std::optional<int> EnumOf(const EnumDescriptor& values, std::string_view text) {
  const auto* const known = values.FindValueByName(absl::StrCat(PrefixOf(values), text));
  return known == nullptr ? std::nullopt : std::optional(known->number());
}

std::vector<std::string> EnumTexts(const EnumDescriptor& values) {
  std::vector<std::string> texts;
  for (int i = 0; i < values.value_count(); ++i) {
    if (values.value(i)->number() != 0) {
      texts.push_back(EnumText(values, values.value(i)->number()));
    }
  }
  return texts;
}

}  // namespace ruraledu
