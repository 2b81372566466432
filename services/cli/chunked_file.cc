#include "services/cli/chunked_file.h"

#include <filesystem>

#include "common/base/error.h"
#include "common/crypto/hash.h"

namespace ruraledu::cli {
namespace {

constexpr int64_t kChunkBytes = 1 << 20;

absl::Status Problem(const std::string& path, std::string_view problem) {
  return Fail("CLI_ARGUMENT", {{"argument", path}, {"problem", problem}});
}

}  // namespace

absl::StatusOr<ChunkedFile> ChunkedFile::Open(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Problem(path, "is not a file");
  }
  ChunkedFile file;
  file.path_ = path;
  file.in_.open(path, std::ios::binary);
  crypto::Sha256Stream digest;
  while (true) {
    ASSIGN_OR_RETURN(const std::string chunk, file.Read(file.bytes_));
    if (chunk.empty()) {
      file.sha256_ = digest.Finish();
      return file;
    }
    digest.Update(chunk);
    file.bytes_ += static_cast<int64_t>(chunk.size());
  }
}

std::string ChunkedFile::name() const {
  return std::filesystem::path(path_).filename();
}

absl::StatusOr<std::string> ChunkedFile::Chunk(int64_t offset) {
  ASSIGN_OR_RETURN(std::string chunk, Read(offset));
  return chunk.empty() ? Problem(path_, "became shorter while it was read") : absl::StatusOr<std::string>(chunk);
}

absl::StatusOr<std::string> ChunkedFile::Read(int64_t offset) {
  std::string chunk(kChunkBytes, '\0');
  in_.clear();
  in_.seekg(offset);
  in_.read(chunk.data(), kChunkBytes);
  if (in_.bad() || !in_.is_open()) {
    return Problem(path_, "cannot be read");
  }
  chunk.resize(static_cast<size_t>(in_.gcount()));
  return chunk;
}

}  // namespace ruraledu::cli
