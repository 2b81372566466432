// A folder of one test, gone with it.
#pragma once

#include <filesystem>
#include <string>

#include "common/crypto/hash.h"

namespace ruraledu::crypto {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("ruraledu-" + Hex(RandomBytes(8)))) {
    std::filesystem::create_directory(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string File(const std::string& name) const { return path_ / name; }
  std::string path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace ruraledu::crypto
