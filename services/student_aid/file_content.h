// The content of an attachment as bytes that the parsers read.
#pragma once

#include <string>

#include "common/feed/root.h"
#include "common/files/content.h"
#include "common/ingest/byte_source.h"

namespace ruraledu::student_aid {

// Of a CLEAN file of the shard; a piece of it is in memory. Errors: those of files::Read. The shelf outlives it.
class FileContent final : public ingest::ByteSource {
 public:
  FileContent(const files::Shelf& shelf, std::string shard, std::string file, int64_t size)
      : shelf_(shelf), shard_(std::move(shard)), file_(std::move(file)), size_(size) {}

  int64_t size() const override { return size_; }
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override;

 private:
  const files::Shelf& shelf_;
  const std::string shard_, file_;
  const int64_t size_;
  int64_t start_ = 0;
  std::string piece_;
};

// SHA-256 of the whole content. FILE_TRUNCATED.
absl::StatusOr<std::string> DigestOf(FileContent& content);

// Erases the content of a file (resource name) that nobody needs any more, because what it says was taken over. One
// that is evidence of something, or gone, stays as it is.
absl::Status EraseContent(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& file,
                          feed::RootWriter* writer);

}  // namespace ruraledu::student_aid
