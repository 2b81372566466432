// The store in a folder:
//   <path>/<shard>/<aa>/<object>           whole objects; <aa> are the first two characters of the name
//   <path>/<shard>/new/<object>.<random>   being written
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/write_all.h"
#include "common/crypto/hash.h"
#include "common/files/store.h"

namespace ruraledu::files {
namespace {

constexpr std::string_view kNew = "new";
constexpr size_t kFan = 2;

absl::Status StoreError(std::string_view step) {
  return Fail("FILE_STORE", {{"step", step}, {"code", std::to_string(errno)}});
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return StoreError("sync_folder");
  }
  const absl::Cleanup closer = [fd] { close(fd); };
  return fsync(fd) == 0 ? absl::OkStatus() : StoreError("sync_folder");
}

// A folder that is there for good: its own entry is on disk as well.
absl::Status MakeFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) == 0) {
    const size_t slash = folder.rfind('/');
    return SyncFolder(slash == std::string::npos ? "." : folder.substr(0, slash + 1));
  }
  return errno == EEXIST ? absl::OkStatus() : StoreError("make_folder");
}

// Names in a folder, in order; none when there is no such folder.
absl::StatusOr<std::set<std::string>> Names(const std::string& folder) {
  std::set<std::string> names;
  DIR* const stream = opendir(folder.c_str());
  if (stream == nullptr) {
    return errno == ENOENT ? absl::StatusOr<std::set<std::string>>(names) : StoreError("list");
  }
  const absl::Cleanup closer = [stream] { closedir(stream); };
  errno = 0;
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_name[0] != '.') {
      names.insert(entry->d_name);
    }
  }
  return errno == 0 ? absl::StatusOr<std::set<std::string>>(names) : StoreError("list");
}

class FolderStore final : public ContentStore {
 public:
  explicit FolderStore(FolderOptions options) : options_(std::move(options)) {}

  absl::Status Put(std::string_view shard, std::string_view object, const Pieces& pieces) override {
    RETURN_IF_ERROR(MakeFolder(ShardFolder(shard)));
    RETURN_IF_ERROR(MakeFolder(NewFolder(shard)));
    RETURN_IF_ERROR(MakeFolder(FolderOf(shard, object)));
    const std::string temporary = absl::StrCat(NewFolder(shard), "/", object, ".", crypto::Hex(crypto::RandomBytes(6)));
    RETURN_IF_ERROR(Step("open"));
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
      return StoreError("open");
    }
    absl::Status written = Write(fd, pieces);
    if (close(fd) != 0 && written.ok()) {
      written = StoreError("close");
    }
    if (written.ok()) {
      written = Place(temporary, shard, object);
    }
    if (!written.ok()) {
      unlink(temporary.c_str());
      return written;
    }
    return RemoveUnfinished(shard, object);
  }

  absl::StatusOr<std::string> Get(std::string_view shard, std::string_view object, int64_t number) override {
    const int fd = open(PathOf(shard, object).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
      return errno == ENOENT ? Fail("FILE_CONTENT_MISSING") : StoreError("open");
    }
    const absl::Cleanup closer = [fd] { close(fd); };
    std::string piece(static_cast<size_t>(kSealedPiece), '\0');
    size_t have = 0;
    while (have < piece.size()) {
      const ssize_t got = pread(fd, piece.data() + have, piece.size() - have,
                                static_cast<off_t>(number * kSealedPiece + static_cast<int64_t>(have)));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return StoreError("read");
      }
      if (got == 0) {
        break;
      }
      have += static_cast<size_t>(got);
    }
    piece.resize(have);
    return have > 0 ? absl::StatusOr<std::string>(std::move(piece)) : Fail("FILE_CONTENT_MISSING");
  }

  absl::Status Remove(std::string_view shard, std::string_view object) override {
    RETURN_IF_ERROR(RemoveUnfinished(shard, object));
    if (unlink(PathOf(shard, object).c_str()) != 0) {
      return errno == ENOENT ? absl::OkStatus() : StoreError("remove");
    }
    return SyncFolder(FolderOf(shard, object));
  }

  absl::StatusOr<std::vector<std::string>> List(std::string_view shard, std::string_view after, size_t limit) override {
    std::set<std::string> found;
    ASSIGN_OR_RETURN(const auto unfinished, Names(NewFolder(shard)));
    for (const std::string& name : unfinished) {
      found.insert(name.substr(0, name.find('.')));
    }
    ASSIGN_OR_RETURN(const auto folders, Names(ShardFolder(shard)));
    for (const std::string& folder : folders) {
      if (folder.size() != kFan || folder < after.substr(0, kFan)) {
        continue;
      }
      ASSIGN_OR_RETURN(const auto names, Names(absl::StrCat(ShardFolder(shard), "/", folder)));
      found.insert(names.begin(), names.end());
      const auto behind = std::distance(found.upper_bound(std::string(after)), found.upper_bound(folder + "~"));
      if (behind >= static_cast<ptrdiff_t>(limit)) {
        break;  // what follows comes after these
      }
    }
    std::vector<std::string> page;
    for (auto it = found.upper_bound(std::string(after)); it != found.end() && page.size() < limit; ++it) {
      page.push_back(*it);
    }
    return page;
  }

 private:
  absl::Status Step(std::string_view step) const {
    return options_.before_step ? options_.before_step(step) : absl::OkStatus();
  }
  std::string ShardFolder(std::string_view shard) const { return absl::StrCat(options_.path, "/", shard); }
  std::string NewFolder(std::string_view shard) const { return absl::StrCat(ShardFolder(shard), "/", kNew); }
  std::string FolderOf(std::string_view shard, std::string_view object) const {
    return absl::StrCat(ShardFolder(shard), "/", object.substr(0, kFan));
  }
  std::string PathOf(std::string_view shard, std::string_view object) const {
    return absl::StrCat(FolderOf(shard, object), "/", object);
  }

  absl::Status Write(int fd, const Pieces& pieces) const {
    while (true) {
      ASSIGN_OR_RETURN(const auto piece, pieces());
      if (!piece.has_value()) {
        break;
      }
      RETURN_IF_ERROR(Step("write"));
      if (!WriteAll(fd, *piece)) {
        return StoreError("write");
      }
    }
    RETURN_IF_ERROR(Step("sync"));
    return fsync(fd) == 0 ? absl::OkStatus() : StoreError("sync");
  }

  absl::Status Place(const std::string& temporary, std::string_view shard, std::string_view object) const {
    RETURN_IF_ERROR(Step("rename"));
    const std::string path = PathOf(shard, object);
    // Who repeats this write may have been faster and have cleaned up behind itself: then the object is there.
    if (rename(temporary.c_str(), path.c_str()) != 0 && (errno != ENOENT || access(path.c_str(), F_OK) != 0)) {
      return StoreError("rename");
    }
    RETURN_IF_ERROR(Step("sync_folder"));
    return SyncFolder(FolderOf(shard, object));
  }

  absl::Status RemoveUnfinished(std::string_view shard, std::string_view object) const {
    ASSIGN_OR_RETURN(const auto names, Names(NewFolder(shard)));
    const std::string prefix = absl::StrCat(object, ".");
    for (auto it = names.lower_bound(prefix); it != names.end() && it->starts_with(prefix); ++it) {
      if (unlink(absl::StrCat(NewFolder(shard), "/", *it).c_str()) != 0 && errno != ENOENT) {
        return StoreError("remove");
      }
    }
    return absl::OkStatus();
  }

  const FolderOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ContentStore>> OpenFolderStore(FolderOptions options) {
  while (options.path.size() > 1 && options.path.ends_with('/')) {
    options.path.pop_back();
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(options.path).parent_path(), error);
  RETURN_IF_ERROR(MakeFolder(options.path));
  if (access(options.path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return StoreError("open");
  }
  return std::make_unique<FolderStore>(std::move(options));
}

}  // namespace ruraledu::files
