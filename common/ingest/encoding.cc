#include "common/ingest/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <cstring>
#include <vector>

#include "common/base/error.h"
#include "common/domain/text.h"

namespace ruraledu::ingest {
namespace {

constexpr size_t kChunk = 256 << 10;

size_t SkipAscii(const char* data, size_t at, size_t size) {
  while (at + 8 <= size) {
    uint64_t word = 0;
    std::memcpy(&word, data + at, 8);
    if ((word & 0x8080808080808080u) != 0) {
      break;
    }
    at += 8;
  }
  while (at < size && static_cast<unsigned char>(data[at]) < 0x80) {
    ++at;
  }
  return at;
}

// Length of the longest valid prefix that ends at a character boundary.
size_t ValidPrefix(const char* data, size_t size) {
  size_t at = 0;
  while ((at = SkipAscii(data, at, size)) < size) {
    auto next = static_cast<int64_t>(at);
    UChar32 c = 0;
    U8_NEXT(data, next, static_cast<int64_t>(size), c);
    if (c < 0) {
      return at;
    }
    at = static_cast<size_t>(next);
  }
  return at;
}

// Whether `tail` (1 to 3 bytes) is the beginning of a longer character.
bool IsCutOff(std::string_view tail) {
  auto lead = static_cast<unsigned char>(tail[0]);
  size_t length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (lead > 0xF4 || tail.size() >= length) {
    return false;
  }
  for (char c : tail.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      return false;
    }
  }
  return true;
}

bool HasReplacement(std::string_view utf8) {
  return utf8.find("\xEF\xBF\xBD") != std::string_view::npos;
}

void MarkUnmappable(Cell& cell) {
  cell.text = EscapeBytes(cell.text);
  cell.fault = "TEXT_UNMAPPABLE";
}

}  // namespace

absl::StatusOr<TextStart> DetectEncoding(ByteSource& source) {
  char mark[3];
  ASSIGN_OR_RETURN(size_t got, source.ReadAt(0, mark, 3));
  if (got == 3 && std::memcmp(mark, "\xEF\xBB\xBF", 3) == 0) {
    return TextStart{Encoding::kUtf8, 3};
  }
  std::vector<char> buffer(kChunk);
  size_t kept = 0;
  bool characters = false;  // whether a character beyond ASCII was seen
  for (int64_t offset = 0;;) {
    ASSIGN_OR_RETURN(size_t read, source.ReadAt(offset, buffer.data() + kept, kChunk - kept));
    size_t size = kept + read;
    size_t valid = ValidPrefix(buffer.data(), size);
    kept = size - valid;
    characters = characters || SkipAscii(buffer.data(), 0, valid) != valid;
    if (kept > 3 || (kept > 0 && !IsCutOff({buffer.data() + valid, kept}))) {
      return TextStart{Encoding::kGb18030, 0};
    }
    if (read == 0) {
      // Bytes left over are a cut-off character after UTF-8 text; after nothing but ASCII they say nothing for UTF-8.
      return TextStart{kept == 0 || characters ? Encoding::kUtf8 : Encoding::kGb18030, 0};
    }
    std::memmove(buffer.data(), buffer.data() + valid, kept);
    offset += static_cast<int64_t>(read);
  }
}

CellDecoder::CellDecoder(Encoding encoding) : encoding_(encoding) {
  if (encoding == Encoding::kGb18030) {
    UErrorCode status = U_ZERO_ERROR;
    converter_ = ucnv_open("gb18030", &status);
    ucnv_setToUCallBack(converter_, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  }
}

CellDecoder::~CellDecoder() {
  if (converter_ != nullptr) {
    ucnv_close(converter_);
  }
}

void CellDecoder::Decode(Cell& cell) {
  if (!cell.text.empty() && std::memchr(cell.text.data(), 0, cell.text.size()) != nullptr) {
    cell.text = EscapeBytes(cell.text);
    cell.fault = "TEXT_NUL";
    return;
  }
  size_t ascii = SkipAscii(cell.text.data(), 0, cell.text.size());
  if (ascii == cell.text.size()) {
    return;
  }
  if (encoding_ == Encoding::kGb18030) {
    DecodeGb18030(cell);
  } else if (ValidPrefix(cell.text.data(), cell.text.size()) != cell.text.size() || HasReplacement(cell.text)) {
    MarkUnmappable(cell);
  }
}

void CellDecoder::DecodeGb18030(Cell& cell) {
  units_.resize(cell.text.size() + 1);
  const char* from = cell.text.data();
  char16_t* to = units_.data();
  UErrorCode status = U_ZERO_ERROR;
  ucnv_resetToUnicode(converter_);
  ucnv_toUnicode(converter_, &to, units_.data() + units_.size(), &from, from + cell.text.size(), nullptr, true,
                 &status);
  if (U_FAILURE(status)) {
    MarkUnmappable(cell);
    return;
  }
  auto count = static_cast<int32_t>(to - units_.data());
  std::string utf8;
  utf8.reserve(static_cast<size_t>(count) * 3);
  for (int32_t i = 0; i < count;) {
    UChar32 c = 0;
    U16_NEXT(units_.data(), i, count, c);
    c = static_cast<UChar32>(StandardForm(static_cast<char32_t>(c)));
    char bytes[4];
    int length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    utf8.append(bytes, static_cast<size_t>(length));
  }
  if (HasReplacement(utf8)) {
    MarkUnmappable(cell);
    return;
  }
  cell.text = std::move(utf8);
}

std::string EscapeBytes(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out.push_back(c);
    } else {
      out.append("\\x").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

}  // namespace ruraledu::ingest
