// write(2) until everything is written.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace ruraledu {

// False: errno tells why.
inline bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace ruraledu
