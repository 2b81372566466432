// The parts of an XLSX package or another archive, read as streams, with limits against archives made to exhaust the
// reader.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/ingest/table_reader.h"

namespace ruraledu::ingest {

class ZipFile {
 public:
  // FILE_TRUNCATED without a complete directory, ZIP_BOMB with too many entries.
  static absl::StatusOr<std::unique_ptr<ZipFile>> Open(std::unique_ptr<ByteSource> source, const TableLimits& limits);
  ~ZipFile();
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  bool Has(const std::string& part);
  // Starts reading `part`; one part at a time. FILE_DAMAGED when it is not there, FILE_ENCRYPTED.
  absl::Status Begin(const std::string& part);
  // All parts one after the other: starts reading the next one and gives its name; nullopt after the last one.
  // FILE_DAMAGED, FILE_ENCRYPTED.
  absl::StatusOr<std::optional<std::string>> BeginNext();
  // The next bytes of the part, 0 at its end, which is given only when length and checksum are right. FILE_DAMAGED,
  // ZIP_BOMB.
  absl::StatusOr<size_t> Read(char* out, size_t n);

 private:
  struct Stream;
  ZipFile() = default;
  absl::Status Start();  // of the part that the archive stands at
  absl::Status Finish();

  std::unique_ptr<Stream> stream_;
  TableLimits limits_;
  void* zip_ = nullptr;
  int64_t entries_ = 0, next_ = 0;
  int64_t packed_ = 0, declared_ = 0, unpacked_ = 0, total_ = 0;
};

}  // namespace ruraledu::ingest
