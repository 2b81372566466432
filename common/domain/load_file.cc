#include "common/domain/load_file.h"

#include <fstream>
#include <iterator>

#include "common/base/error.h"

namespace ruraledu {

absl::StatusOr<std::string> LoadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    return Fail("DATA_FILE_UNREADABLE", {{"file", path}});
  }
  return text;
}

}  // namespace ruraledu
