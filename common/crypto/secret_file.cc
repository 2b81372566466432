#include "common/crypto/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "common/base/error.h"
#include "common/base/write_all.h"
#include "common/crypto/hash.h"

namespace ruraledu::crypto {
namespace {

constexpr off_t kMaxBytes = 1 << 20;

void SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
    fsync(fd);
    close(fd);
  }
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, bool private_only) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return Fail("KEY_FILE_UNREADABLE", {{"path", path}});
  }
  const absl::Cleanup closer = [fd] { close(fd); };
  struct stat info = {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > kMaxBytes) {
    return Fail("KEY_FILE_UNREADABLE", {{"path", path}});
  }
  if (private_only && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Fail("FILE_MODE", {{"path", path}});
  }
  std::string text(info.st_size, '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = read(fd, text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return Fail("KEY_FILE_UNREADABLE", {{"path", path}});
    }
    have += got;
  }
  return text;
}

absl::Status WriteSmallFile(const std::string& path, std::string_view text, int mode, bool must_be_new) {
  const std::string temporary = path + "." + Hex(RandomBytes(6)) + ".new";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) {
    return Fail("FILE_UNWRITABLE", {{"path", path}});
  }
  const absl::Cleanup remover = [&temporary] { unlink(temporary.c_str()); };  // gone already after a rename
  const bool written = fchmod(fd, mode) == 0 && WriteAll(fd, text) && fsync(fd) == 0;
  close(fd);
  if (!written) {
    return Fail("FILE_UNWRITABLE", {{"path", path}});
  }
  // link() refuses an existing name, rename() replaces it.
  const int placed = must_be_new ? link(temporary.c_str(), path.c_str()) : rename(temporary.c_str(), path.c_str());
  if (placed != 0) {
    return Fail(must_be_new && errno == EEXIST ? "FILE_EXISTS" : "FILE_UNWRITABLE", {{"path", path}});
  }
  SyncFolderOf(path);
  return absl::OkStatus();
}

}  // namespace ruraledu::crypto
