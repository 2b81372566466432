// Debian's Abseil is built with a string_view of its own that neither converts from nor to std::string_view. The suite
// speaks std::string_view; View is the crossing, both ways.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace ruraledu {

inline absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}
#ifndef ABSL_USES_STD_STRING_VIEW
inline std::string_view View(absl::string_view text) {
  return {text.data(), text.size()};
}
#endif

}  // namespace ruraledu
