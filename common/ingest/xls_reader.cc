// XLS: read by `ruraledu_xls`, a child process with limits on memory and time, because its library reads the whole file
// and was made for files that one trusts. The file goes to the child as an anonymous file in memory, never by a path.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/base/error.h"
#include "common/ingest/formats.h"
#include "common/ingest/xls_frames.h"

namespace ruraledu::ingest {
namespace {

class XlsReader final : public TableReader {
 public:
  XlsReader(pid_t child, int pipe, const TableLimits& limits) : child_(child), pipe_(pipe), limits_(limits) {}
  ~XlsReader() override {
    close(pipe_);
    if (child_ > 0) {
      kill(child_, SIGKILL);
      Reap();
    }
  }
  XlsReader(const XlsReader&) = delete;
  XlsReader& operator=(const XlsReader&) = delete;

  FileKind kind() const override { return FileKind::kXls; }
  std::string detail() const override { return sheet_; }

  // The first frame: the name of the sheet, or why there is none.
  absl::Status Begin() {
    ASSIGN_OR_RETURN(char type, ReadFrame());
    if (type != kXlsSheet) {
      return Fail("FILE_DAMAGED");
    }
    sheet_ = frame_;
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(Row* row) override {
    while (failure_.ok() && !done_) {
      failure_ = Step(row);
      if (failure_.ok() && !done_) {
        if (!std::all_of(row->cells.begin(), row->cells.end(), IsBlank)) {
          return true;
        }
      }
    }
    RETURN_IF_ERROR(failure_);
    return false;
  }

 private:
  absl::Status Step(Row* row) {
    ASSIGN_OR_RETURN(char type, ReadFrame());
    done_ = type == kXlsEnd;
    if (!done_ && (type != kXlsRow || !DecodeXlsRow(frame_, row))) {
      return Fail("FILE_DAMAGED");
    }
    if (row->cells.size() > static_cast<size_t>(limits_.columns) && !done_) {
      return Fail("TOO_MANY_COLUMNS", {{"limit", std::to_string(limits_.columns)}});
    }
    if (!done_ && ++rows_ > limits_.rows) {
      return Fail("TOO_MANY_ROWS", {{"limit", std::to_string(limits_.rows)}});
    }
    if (done_) {
      Reap();
      return absl::OkStatus();
    }
    return CheckLengths(*row);
  }

  absl::Status CheckLengths(const Row& row) const {
    for (const Cell& cell : row.cells) {
      if (static_cast<int64_t>(cell.text.size()) > limits_.cell_bytes) {
        return Fail("CELL_TOO_LONG",
                    {{"line", std::to_string(row.line)}, {"limit", std::to_string(limits_.cell_bytes)}});
      }
    }
    return absl::OkStatus();
  }

  // The type of the next frame, its content in frame_. A child that ended without kXlsEnd read a damaged file or ran
  // into its limits.
  absl::StatusOr<char> ReadFrame() {
    char head[5];
    uint32_t size = 0;
    if (!ReadAll(head, sizeof head)) {
      return Fail("FILE_DAMAGED");
    }
    std::memcpy(&size, head + 1, sizeof size);
    if (size > limits_.row_bytes) {
      return Fail("ROW_TOO_LONG", {{"line", "?"}, {"limit", std::to_string(limits_.row_bytes)}});
    }
    frame_.resize(size);
    if (!ReadAll(frame_.data(), size)) {
      return Fail("FILE_DAMAGED");
    }
    if (head[0] == kXlsError) {
      return frame_ == "FILE_ENCRYPTED"      ? Fail("FILE_ENCRYPTED")
             : frame_ == "FILE_EMPTY"        ? Fail("FILE_EMPTY")
             : frame_ == "FILE_KIND_UNKNOWN" ? Fail("FILE_KIND_UNKNOWN")
                                             : Fail("FILE_DAMAGED");
    }
    return head[0];
  }

  bool ReadAll(char* out, size_t n) {
    while (n > 0) {
      ssize_t got = read(pipe_, out, n);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        return false;
      }
      out += got;
      n -= static_cast<size_t>(got);
    }
    return true;
  }

  void Reap() {
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = 0;
  }

  pid_t child_;
  int pipe_;
  TableLimits limits_;
  std::string sheet_, frame_;
  int64_t rows_ = 0;
  bool done_ = false;
  absl::Status failure_;
};

// Beside the running program as installed, or where the build puts it.
std::string FindProgram(const std::string& given) {
  if (!given.empty()) {
    return given;
  }
  std::error_code error;
  std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"ruraledu_xls", "../common/ruraledu_xls", "../../common/ruraledu_xls"}) {
    if (std::filesystem::exists(folder / place, error)) {
      return folder / place;
    }
  }
  return "";
}

absl::StatusOr<int> CopyToMemory(ByteSource& source) {
  int fd = memfd_create("table", MFD_CLOEXEC);
  if (fd < 0) {
    return Fail("FILE_UNREADABLE");
  }
  std::string buffer(256 << 10, '\0');
  for (int64_t offset = 0; offset < source.size();) {
    auto got = source.ReadAt(offset, buffer.data(), buffer.size());
    if (!got.ok() || *got == 0 || write(fd, buffer.data(), *got) != static_cast<ssize_t>(*got)) {
      close(fd);
      return Fail("FILE_UNREADABLE");
    }
    offset += static_cast<int64_t>(*got);
  }
  return fd;
}

// Starts the program with the file as descriptor 3 and its output on the pipe. Gives the process id.
absl::StatusOr<pid_t> Spawn(const std::string& program, int file, int out, const TableLimits& limits) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, file, 3);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string memory = std::to_string(limits.xls_memory), seconds = std::to_string(limits.xls_seconds);
  char* arguments[] = {const_cast<char*>(program.c_str()), memory.data(), seconds.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t child = 0;
  int error = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Fail("XLS_UNAVAILABLE");
  }
  return child;
}

}  // namespace

TableReaderOr OpenXls(std::unique_ptr<ByteSource> source, const TableOptions& options) {
  std::string program = FindProgram(options.xls_program);
  if (program.empty()) {
    return Fail("XLS_UNAVAILABLE");
  }
  if (source->size() > options.limits.xls_bytes) {
    return Fail("FILE_TOO_LARGE", {{"limit", std::to_string(options.limits.xls_bytes)}});
  }
  ASSIGN_OR_RETURN(int memory, CopyToMemory(*source));
  // Descriptor 3 is the child's input: the two ends must not be it, or dup2 would keep it closed on exec.
  int file = fcntl(memory, F_DUPFD_CLOEXEC, 10);
  close(memory);
  int ends[2];
  if (file < 0 || pipe2(ends, O_CLOEXEC) != 0) {
    close(file);
    return Fail("FILE_UNREADABLE");
  }
  int out = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  close(ends[1]);
  auto child = Spawn(program, file, out, options.limits);
  close(out);
  close(file);
  if (!child.ok()) {
    close(ends[0]);
    return child.status();
  }
  auto reader = std::make_unique<XlsReader>(*child, ends[0], options.limits);
  RETURN_IF_ERROR(reader->Begin());
  return reader;
}

}  // namespace ruraledu::ingest
