// A file that is sent in chunks: its size and digest are known before, its chunks are read when they are wanted.
#pragma once

#include <fstream>
#include <string>

#include "absl/status/statusor.h"

namespace ruraledu::cli {

class ChunkedFile {
 public:
  // Reads it once. CLI_ARGUMENT when it is no regular file or cannot be read.
  static absl::StatusOr<ChunkedFile> Open(const std::string& path);

  const std::string& sha256() const { return sha256_; }
  int64_t bytes() const { return bytes_; }
  // The last part of the path.
  std::string name() const;
  // Up to 1 MiB from `offset`, at least a byte. CLI_ARGUMENT when the file cannot be read or became shorter.
  absl::StatusOr<std::string> Chunk(int64_t offset);

 private:
  absl::StatusOr<std::string> Read(int64_t offset);

  std::string path_, sha256_;
  int64_t bytes_ = 0;
  std::ifstream in_;
};

}  // namespace ruraledu::cli
