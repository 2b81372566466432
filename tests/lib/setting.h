// A number of the environment, for tests that can be asked for more, or for the same run again.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace ruraledu::testlib {

inline int64_t Setting(const char* variable, int64_t otherwise) {
  const char* given = std::getenv(variable);
  return given == nullptr ? otherwise : std::atoll(given);
}

}  // namespace ruraledu::testlib
