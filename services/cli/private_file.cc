#include "services/cli/private_file.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/cli/table.h"

namespace ruraledu::cli {

absl::StatusOr<std::unique_ptr<PrivateFile>> PrivateFile::Create(std::string path) {
  if (std::filesystem::exists(path)) {
    return Fail("FILE_EXISTS", {{"path", path}});
  }
  std::unique_ptr<PrivateFile> file(new PrivateFile(std::move(path)));
  file->out_.open(file->part_, std::ios::binary | std::ios::trunc);
  std::error_code error;
  std::filesystem::permissions(file->part_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                               error);
  if (error) {
    return file->Unwritable();
  }
  return file;
}

PrivateFile::~PrivateFile() {
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);  // gone already when it was kept
}

absl::Status PrivateFile::Write(std::string_view data) {
  out_ << data;
  bytes_ += static_cast<int64_t>(data.size());
  return out_.good() ? absl::OkStatus() : Unwritable();
}

absl::Status PrivateFile::Keep() {
  out_.close();
  std::error_code error;
  if (out_.good()) {
    std::filesystem::rename(part_, path_, error);
  }
  return error || !out_.good() ? Unwritable() : absl::OkStatus();
}

absl::Status PrivateFile::Unwritable() const {
  return Fail("FILE_UNWRITABLE", {{"path", path_}});
}

absl::Status KeepPrivate(Session& session, PrivateFile* file) {
  RETURN_IF_ERROR(file->Keep());
  session.Say(absl::StrCat(file->path(), ": ", Grouped(file->bytes()), " bytes"),
              {{"file", file->path()}, {"bytes", absl::StrCat(file->bytes())}});
  return absl::OkStatus();
}

}  // namespace ruraledu::cli
