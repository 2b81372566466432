// Reads a file of reference data. The only I/O of common/domain: everything else takes the text.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ruraledu {

// The whole content of `path`. DATA_FILE_UNREADABLE when it cannot be opened or read.
absl::StatusOr<std::string> LoadFile(const std::string& path);

}  // namespace ruraledu
