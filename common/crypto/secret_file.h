// Small files with keys and certificates, written so that a crash leaves the old or the new one.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ruraledu::crypto {

// The whole regular file (at most 1 MiB). KEY_FILE_UNREADABLE; with `private_only` also FILE_MODE when group or others
// have any permission on it.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, bool private_only);

// New file beside it, sync, rename, sync of the folder. FILE_UNWRITABLE. With `must_be_new` an existing file is left
// alone and the answer is FILE_EXISTS.
absl::Status WriteSmallFile(const std::string& path, std::string_view text, int mode, bool must_be_new);

}  // namespace ruraledu::crypto
