// A file that is made for its owner's eyes only.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ruraledu::cli {

// It gets its name when it is kept; nothing stays of one that is not.
class PrivateFile {
 public:
  // FILE_EXISTS, FILE_UNWRITABLE.
  static absl::StatusOr<std::unique_ptr<PrivateFile>> Create(std::string path);
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  // FILE_UNWRITABLE, as Keep.
  absl::Status Write(std::string_view data);
  absl::Status Keep();
  int64_t bytes() const { return bytes_; }

 private:
  explicit PrivateFile(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}
  absl::Status Unwritable() const;

  const std::string path_, part_;
  std::ofstream out_;
  int64_t bytes_ = 0;
};

}  // namespace ruraledu::cli
