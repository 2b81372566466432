// Joins texts and integers; Abseil's StrCat of this system does not take std::string_view.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace ruraledu::testlib {

inline void AppendOne(std::string& out, std::string_view text) {
  out.append(text);
}
template <std::integral T>
void AppendOne(std::string& out, T number) {
  out.append(std::to_string(number));
}
template <typename... T>
void Append(std::string* out, const T&... parts) {
  (AppendOne(*out, parts), ...);
}
template <typename... T>
std::string Cat(const T&... parts) {
  std::string out;
  Append(&out, parts...);
  return out;
}

}  // namespace ruraledu::testlib
