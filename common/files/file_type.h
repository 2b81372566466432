// What a file is, found from its bytes: names and stated types of a sender prove nothing. Office documents are archives
// and are told apart by what is in them; they are unpacked here once, with limits, so that nobody who opens one later
// is made to unpack more.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ingest/byte_source.h"

namespace ruraledu::files {

enum class FileType {
  kPdf,
  kJpeg,
  kPng,
  kXlsx,
  kDocx,
  kOfd,       // GB/T 33190, the layout format of official documents
  kText,      // UTF-8 or GB18030 without control characters; no markup and no script
  kIso20022,  // a message between an office and its bank: XML of ISO 20022 namespaces only, without a document type
};

// All of them, in the order of messages.
absl::Span<const FileType> AllFileTypes();
std::string_view FileTypeName(FileType type);  // "PDF"
std::string_view MediaType(FileType type);     // "application/pdf"
// "PDF, JPEG": from a setting. CONFIG_INVALID names `key`.
absl::StatusOr<std::vector<FileType>> ParseFileTypes(std::string_view key, std::string_view text);

struct ArchiveLimits {
  int64_t entries = 2'000;
  int64_t unpacked_bytes = int64_t{256} << 20;
  int64_t ratio = 200;  // unpacked : packed of a part, above 1 MiB unpacked
};

// The type, one of `allowed`. Reads all of the file. Errors:
//   FILE_TYPE       no type of `allowed`, which the error names; documents with macros are of no type
//   FILE_TRUNCATED, FILE_DAMAGED, FILE_ENCRYPTED, ZIP_BOMB   an archive that does not unpack as it says, or to too much
absl::StatusOr<FileType> DetectFileType(std::shared_ptr<ingest::ByteSource> source, absl::Span<const FileType> allowed,
                                        const ArchiveLimits& limits);

}  // namespace ruraledu::files
