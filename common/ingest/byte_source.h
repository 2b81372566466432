// Where the bytes of a file come from. A spool that is encrypted at rest gives its own ByteSource, so that the plain
// bytes of a department's file are never written to a disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace ruraledu::ingest {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual int64_t size() const = 0;
  // Reads up to `n` bytes at `offset` into `out`; fewer than `n` only at the end. Not called by two threads at once.
  virtual absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) = 0;
};

// A plain file. FILE_UNREADABLE when it cannot be opened or is not a regular file.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path);

// Bytes in memory.
std::unique_ptr<ByteSource> FromString(std::string bytes);

}  // namespace ruraledu::ingest
