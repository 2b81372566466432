// Encodings of text files (digest 7.6): byte order mark or valid UTF-8 -> UTF-8, everything else GB18030.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ingest/table_reader.h"

struct UConverter;

namespace ruraledu::ingest {

enum class Encoding { kUtf8, kGb18030 };

struct TextStart {
  Encoding encoding = Encoding::kUtf8;
  int64_t offset = 0;  // of the first byte after a byte order mark
};

// Reads the whole source once. A file that is valid UTF-8 but for a character cut off at its very end is UTF-8.
absl::StatusOr<TextStart> DetectEncoding(ByteSource& source);

// Turns the bytes of one cell into UTF-8. Not for two threads at once.
class CellDecoder {
 public:
  explicit CellDecoder(Encoding encoding);
  ~CellDecoder();
  CellDecoder(const CellDecoder&) = delete;
  CellDecoder& operator=(const CellDecoder&) = delete;

  // `cell.text` holds raw bytes and becomes UTF-8; bytes without a meaning set the fault TEXT_UNMAPPABLE (so does
  // U+FFFD, the trace of a character lost by whoever wrote the file), NUL sets TEXT_NUL.
  void Decode(Cell& cell);

 private:
  void DecodeGb18030(Cell& cell);

  Encoding encoding_;
  UConverter* converter_ = nullptr;
  std::u16string units_;
};

// Printable ASCII as it is, every other byte as \xHH.
std::string EscapeBytes(std::string_view bytes);

}  // namespace ruraledu::ingest
