#include "common/ingest/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/error.h"

namespace ruraledu::ingest {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(int fd, int64_t size) : fd_(fd), size_(size) {}
  ~FileSource() override { close(fd_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  int64_t size() const override { return size_; }

  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    size_t done = 0;
    while (done < n) {
      ssize_t got = pread(fd_, out + done, n - done, offset + static_cast<int64_t>(done));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return Fail("FILE_UNREADABLE");
      }
      if (got == 0) {
        break;
      }
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  int fd_;
  int64_t size_;
};

class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string bytes) : bytes_(std::move(bytes)) {}
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    if (offset < 0 || offset >= size()) {
      return size_t{0};
    }
    size_t count = std::min(n, bytes_.size() - static_cast<size_t>(offset));
    std::memcpy(out, bytes_.data() + offset, count);
    return count;
  }

 private:
  std::string bytes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    if (fd >= 0) {
      close(fd);
    }
    return Fail("FILE_UNREADABLE");
  }
  return std::make_unique<FileSource>(fd, info.st_size);
}

std::unique_ptr<ByteSource> FromString(std::string bytes) {
  return std::make_unique<StringSource>(std::move(bytes));
}

}  // namespace ruraledu::ingest
